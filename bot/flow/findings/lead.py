"""What is looked at, how long it takes, and what each stage takes."""

from datetime import date

from pydantic import Field

from bot.flow.findings.measures import Spread, Survival, Titled
from bot.flow.model import Frozen, StageKind


class StreamPart(Frozen):
    name: str
    trigger: str
    end: str


class ClockPart(Frozen):
    """The working calendar behind every figure called working time."""

    timezone: str
    working_days: tuple[str, ...]
    working_hours: str
    holidays: int = Field(description="holidays inside the window that fall on working days")


class ItemsPart(Frozen):
    delivered: int = Field(description="with a lead time")
    arrived: int = Field(description="delivered, those of which the start is unknown among them; sum of the throughput")
    open: int
    excluded: int
    reasons: dict[str, int] = Field(description="why items are excluded; sums to excluded")


class LinksPart(Frozen):
    """How far change requests could be joined with items."""

    change_requests: int
    linked: int
    items_with_change_request: int
    evidence: dict[str, int] = Field(description="linked change requests by the strongest evidence")
    unlinked: dict[str, int] = Field(description="unlinked change requests by reason")


class LeadTime(Spread):
    """Items delivered in the window. `low` and `high`: 80 % interval of p50. Open items count in `with_open`."""

    low: float | None
    high: float | None
    working: Spread = Field(description="the same in working days")
    with_open: Survival = Field(description="delivered and open items")


class OpenItem(Titled):
    """An open item, where it is, and who can free it."""

    stage: str | None
    state: str
    label: str
    age: float
    in_stage: float
    waited: float | None = Field(description="since when it waits for what it waits for now; null: it is worked on")
    holders: tuple[str, ...]


class Age(Frozen):
    """Work item age: since the trigger, of items not delivered."""

    p50: float | None
    p85: float | None
    items: tuple[OpenItem, ...] = Field(description="all of them, the oldest first")


class Week(Frozen):
    week: date = Field(description="its Monday, in the stream's time zone")
    items: int
    complete: bool = Field(description="false where the window cuts it")


class Frequency(Frozen):
    """How often something happened in the window."""

    n: int
    per_week: float


class StagePart(Frozen):
    """Process and wait time: mean days a delivered item spent there; over all stages they sum to the mean lead time.

    `items` and `visits` count all that were there at some time of the window, `wip` those at its end.
    """

    name: str | None = Field(description="null: time in states that no stage claims")
    kind: StageKind | None
    items: int
    visits: int
    process_time: float | None
    wait_time: float | None
    working_process_time: float | None
    working_wait_time: float | None
    wip: int
    complete_and_accurate: float | None
    complete_and_accurate_low: float | None = Field(default=None, description="80 % interval (Wilson)")
    complete_and_accurate_high: float | None = None
    complete_and_accurate_with_open: float | None = Field(
        default=None, description="of all that passed the stage in the window, with those still open (Aalen-Johansen)"
    )
