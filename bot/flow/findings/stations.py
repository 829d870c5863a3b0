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


class Station(Frozen):
    """A state that items wait or are worked on in, as its visits show it.

    `behaves` null: the data cannot tell, and `reason` says why.
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
    reason: str
