"""What gates cost: getting ready for them, waiting for them, and doing again what they sent back."""

from pydantic import Field

from bot.flow.findings.measures import Grade, Portion
from bot.flow.model import Frozen


class GateInSprint(Frozen):
    """How long items of a sprint waited for a gate while it ran, in item-days.

    `until_appointment`: the part that ended with the first appointment at which the gate was held; the rest was waited
    for other reasons, or for an appointment that was left out. `held`: the items that lay in the gate when the sprint
    ended, or lie there now.
    """

    sprint: str
    items: int
    waited: float
    until_appointment: float
    held: tuple[str, ...]


class StageGate(Frozen):
    """One gate: item-days inside the window, each instant of an item once.

    `preparation`: in stages that only prepare it; `queue`: until it decided; `rework`: from being sent back by it until
    the item is past it, without what it waits for approval meanwhile. Null where it cannot be told.
    """

    gate: str
    origin: str = Field(description="as of its queue: configured, discovered or change requests")
    grade: Grade
    appointments: str | None
    preparation: float | None
    queue: float
    rework: float
    share: float | None = Field(description="of all three in all item-days")
    low: float | None = Field(description="80 % interval of share, by how items differ; null below five")
    high: float | None
    sent_back: Portion = Field(description="of what it decided in the window, what went back")
    sprints: tuple[GateInSprint, ...] = Field(
        description="of a gate with appointments, where items of sprints that began in the window waited for it"
    )
    sprint_share: float | None = Field(
        description="of the time of items in sprints that ended, what was spent until this gate's next appointment"
    )
    sprint_low: float | None = Field(description="80 % interval of sprint_share, by how sprints differ")
    sprint_high: float | None
    reason: str | None = Field(description="why figures are missing")
