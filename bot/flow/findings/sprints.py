"""Sprints, and what the work serves."""

from datetime import datetime

from pydantic import Field

from bot.flow.findings.measures import Doubt, Portion
from bot.flow.model import Frozen


class Served(Frozen):
    """What of the work serves one key result; an item may serve several.

    `finished` counts items. `touch_low` and `touch_high` are the share of the time of which traces tell that somebody
    worked, as a range over how far the traces reach.
    """

    key_result: str
    finished: Portion
    touch_low: float | None
    touch_high: float | None


class Serving(Frozen):
    """What the work serves. `nothing`: the share that serves no key result."""

    key_results: tuple[Served, ...]
    nothing: Served | None = Field(description="null: no key result says what serves it")
    disconnected: tuple[str, ...] = Field(description="finished items that serve none")
    reason: str | None = Field(description="why figures are missing")


class Sprint(Frozen):
    """One sprint, by the items of this stream that were in it.

    `committed`: in it when it began, and not over; `added` and `removed` while it ran; `done`: delivered while they
    were in it, and not reopened since; `remaining`: neither done nor dropped when it ended, or now while it runs.
    """

    name: str
    goal: str | None
    url: str
    started: datetime
    ended: datetime | None
    committed: int
    added: int
    removed: int
    dropped: int
    done: int
    kept: Portion = Field(description="of what was committed, what was done")
    remaining: tuple[str, ...]
    carried_in: int = Field(description="of what was committed, what an earlier sprint had left over")
    serving: Serving


class Sprints(Frozen):
    """The sprints that ended in the window, or run at its end, in the order of their beginning.

    The shares are of all that ended, as ratios of sums; their intervals know that items of one sprint resemble each
    other.
    """

    closed: int
    without_goal: int
    kept: Portion | None = Field(description="of what was committed, what was done; null: `reason` says why")
    added: Portion | None = Field(description="of all that was in them, what was added while they ran")
    carry_over: Portion | None = Field(description="of what was in them at their end, what was not done")
    sprints: tuple[Sprint, ...]
    reason: str | None
    doubts: tuple[Doubt, ...]
