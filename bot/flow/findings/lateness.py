"""What was not ready by the day on which it should have been."""

from typing import Literal

from pydantic import Field

from bot.flow.findings.measures import Grade, Spread
from bot.flow.model import Frozen


class Ready(Frozen):
    """Cases whose anchor came inside the window, and those that had finished every step by then that they must have."""

    n: int
    ready: int
    share: float | None
    low: float | None = Field(description="80 % interval of the share")
    high: float | None


class LateItem(Frozen):
    """How many days after the anchor a step was finished, or that it is late by now; what of it could be avoided."""

    item: str
    late: float
    avoidable: float | None
    finished: bool


class LateStep(Frozen):
    """A step that should be finished by the anchor.

    Late = max(0, finish - anchor). Unavoidable is what remains if the step begins as soon as its predecessors are
    finished and takes as long as it took: max(0, earliest + duration - anchor). Avoidable is the rest.
    """

    step: str
    grade: Grade
    n: int = Field(description="cases in which it was finished, or is overdue")
    late: int
    share: float
    low: float | None = Field(description="80 % interval of the share")
    high: float | None
    missing: int = Field(description="cases in which nothing tells of it")
    lateness: Spread = Field(description="days, of those that were late and are finished")
    avoidable: float | None = Field(description="median days, of the same")
    avoidable_low: float | None = Field(description="80 % interval of that median")
    avoidable_high: float | None
    avoidable_if_free: float | None = Field(
        description="the same if only the orders count that links or rework demand, and not those that may be habit"
    )
    unavoidable: float | None = Field(description="median days, of the same")
    avoidable_total: float | None = Field(description="days, all of them together")
    scheduled_late: float | None = Field(
        description="share of the cases in which it began after the anchor though there was time before it"
    )
    earliest: float | None = Field(description="median day on which it could have begun; negative: before the anchor")
    recommended: float | None = Field(
        description="the day to begin, as many days before the anchor as 85 % of them take, and what is uncertain of it"
    )
    reason: str
    items: tuple[LateItem, ...] = Field(description="those that were late or are, the latest first")


class Group(Frozen):
    """Cases with a label or a type in common."""

    name: str
    by: Literal["label", "type"]
    n: int
    ready: float
    late: float = Field(description="mean avoidable days of a case, over its steps the largest")


class Lateness(Frozen):
    """Steps finished too late for the anchor of the stream."""

    anchor: str
    ready: Ready
    not_ready: tuple[str, ...] = Field(description="the cases that were not")
    steps: tuple[LateStep, ...] = Field(description="the costliest first")
    groups: tuple[Group, ...] = Field(description="of three cases or more; the worst first")
    reason: str | None = Field(description="why something or everything is not told")
