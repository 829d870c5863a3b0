"""How each state behaves, whatever it is called."""

from typing import Literal

from pydantic import Field

from bot.flow.findings.measures import Grade
from bot.flow.model import Frozen, StageKind, Weekday

QueueKind = Literal["approval", "batch gate", "hand-off buffer", "deploy"]


class Cadence(Frozen):
    """Appointments at which a station is emptied: so many weeks apart, on these days, at this hour (None: any)."""

    every_weeks: int
    weekdays: tuple[Weekday, ...] = Field(description="empty: at the end of the month")
    hour: int | None = Field(description="in the stream's time zone")
    share: float = Field(description="of the sessions that were held at them")


class QuarterEffect(Frozen):
    """How many more items a day leave (or arrive) at the turn of a quarter than on other days."""

    ratio: float | None = Field(description="null: nothing happened on other days")
    chance: float = Field(description="how often chance alone would show as much")
    quarters: int = Field(description="turns of a quarter that were seen")
    claimed: bool = Field(description="at least half as many again, and hardly by chance")


class Station(Frozen):
    """A state that items wait or are worked on in, as its visits show it.

    `behaves` null: the data cannot tell, and `reason` says why. `queue` null of a queue: the backlog, in which items
    wait before anybody has worked on them. Shares are intervals of 90 %.
    """

    state: str
    stage: str | None
    configured: StageKind | None
    behaves: Literal["queue", "work"] | None
    queue: QueueKind | None
    grade: Grade
    n: int = Field(description="visits that ended")
    left_by_others: tuple[float, float] | None = Field(description="share left by somebody else than worked before")
    worked_in: tuple[float, float] | None = Field(description="share with a trace of work inside")
    cadence: Cadence | None
    quarter_ends: QuarterEffect | None = Field(description="of what leaves; null: fewer than four were seen")
    quarter_starts: QuarterEffect | None = Field(description="of what arrives")
    waiting: tuple[str, ...] = Field(description="the items that are in it now")
    reason: str
