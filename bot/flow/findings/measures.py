"""Measures that several parts use."""

from pydantic import Field

from bot.flow.model import Frozen


class Spread(Frozen):
    """A distribution of durations in days."""

    n: int
    mean: float | None
    p50: float | None
    p85: float | None


class Survival(Frozen):
    """A distribution of durations in days, with those that still run (Kaplan-Meier); null where it is not reached."""

    n: int
    p50: float | None
    p85: float | None


class Wait(Survival):
    """Waits that ended and waits that did not."""

    mean: float | None = Field(description="of those that ended")


class Ratio(Frozen):
    """Value-added time by total lead time, in working time: evidenced by activity (low), claimed by states (high)."""

    low: float | None
    high: float | None
    coverage: float | None = Field(description="share of delivered items with any evidence of work")


class Doubt(Frozen):
    """Something dropped, guessed or missing; without blame."""

    kind: str
    detail: str
    items: tuple[str, ...] = ()
    touches: tuple[str, ...] = Field(default=(), description="the figures it bears on")
