"""Measures and shapes that several parts use."""

from typing import Literal

from pydantic import ConfigDict, Field

from bot.flow.model import Frozen

Grade = Literal["A", "B", "C"]
"""How sure a finding is: told by states and many items; by evidence of work or fewer items; or only a candidate."""

NORMAL_80 = 1.2816
"""Normal quantile of the ends of an 80 % interval."""


class Answer(Frozen):
    """A document that names its schema: `schema` in JSON, `schema_` here."""

    model_config = ConfigDict(populate_by_name=True)


class Titled(Frozen):
    """An item, as people know it."""

    item: str
    title: str
    url: str


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
    """Value-added time by total lead time, in working time.

    From what traces evidence with the shortest reach, to the longest reach with what states claim in which nobody
    leaves traces.
    """

    low: float | None
    mid: float | None
    high: float | None
    coverage: float | None = Field(description="share of delivered items with any evidence of work")


class Portion(Frozen):
    """So many of so many, and the 80 % interval of the share; null where there is nothing to count."""

    part: int
    whole: int
    share: float | None
    low: float | None
    high: float | None


class Doubt(Frozen):
    """Something dropped, guessed or missing; without blame."""

    kind: str
    detail: str
    items: tuple[str, ...] = ()
    touches: tuple[str, ...] = Field(default=(), description="the figures it bears on")
