"""Approval queues."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from pydantic import ConfigDict, Field

from bot.flow.findings.measures import Grade, Wait
from bot.flow.model import Frozen


class QueueWait(Wait):
    """How long until approved. What was withdrawn is never approved, what still waits may be (Aalen-Johansen).

    So `p50` is the age by which half of all that come have been approved; null if they never are, and `reason` says so.
    """

    low: float | None = Field(default=None, description="80 % interval of p50")
    high: float | None = None
    approved: float | None = Field(default=None, description="share approved by the greatest age that was seen")
    holds_for: Literal["the process", "this period"] | None = Field(
        default=None, description="what the interval speaks of; a queue that is full or not stable only of this period"
    )
    reason: str | None = None


class TimeBox(Frozen):
    limit: float
    breaches: int = Field(description="visits, ended or not, that were longer")
    share: float | None
    chance: float | None = Field(default=None, description="that one waits longer, those that still wait counted right")
    low: float | None = Field(default=None, description="80 % interval of chance")
    high: float | None = None


class ProposedBox(Frozen):
    """A time-box for a queue that has none: three of four visits that ended in the last quarter kept it."""

    limit: float
    n: int
    spread: float | None = Field(description="the wait of 95 % by that of half: how far the slow ones lie out")


class Little(Frozen):
    """Whether what came, stood and left fits together (Little's law on the path of the window)."""

    arrivals: int
    exits: int
    at_start: int
    at_end: int
    mean_waiting: float = Field(description="visits that waited at a time, on average")
    coherence: float | None = Field(description="mean_waiting by exit rate times mean wait of what left; 1 when stable")
    drift: float | None = Field(description="growth of the queue by arrivals")
    verdict: Literal["stable", "growing", "shrinking", "lost exits"] | None
    lost: tuple[str, ...] = Field(default=(), description="items that seem to wait for ever")


class Discipline(Frozen):
    """In which order they are taken: 1 oldest first, 0 any order, -1 newest first."""

    index: float
    p: float = Field(description="of an index so far from 0 if each time any of those present were taken")
    n: int = Field(description="exits with at least three present")
    words: str


class Capacity(Frozen):
    """Whether more approvers would help. Null where the data cannot tell; `reason` says why, or what follows.

    `service_time` and `expected` are in working days.
    """

    utilisation: float | None
    servers: float | None = Field(description="people who approve in a week")
    service_time: float | None = Field(description="between two exits by the same person, while the next one waited")
    expected: float | None = Field(description="wait that so much use explains; null where it has no limit")
    ratio: float | None = Field(description="observed by expected wait")
    verdict: Literal["capacity", "attention"] | None
    reason: str


class Causes(Frozen):
    """What the wait inside the window is spent on, in item-days; each instant once, and they sum to the queue's cost.

    The first that holds: batching (for the next appointment, or for the rest of the batch it left with), contention
    (its approver was at one that came before, or at other work), prioritisation (at one that came later),
    unavailability (outside working hours, or while the approver was away), extraneous (nothing that we can see).
    """

    batching: float
    contention: float
    prioritisation: float
    unavailability: float
    extraneous: float


CAUSE_WORDS = {
    "batching": "batching",
    "contention": "the approver being busy",
    "prioritisation": "later ones being taken first",
    "unavailability": "nights, weekends and absence",
    "extraneous": "nobody looking",
}
"""What a cause is called in a sentence."""


class Stamp(Frozen):
    """How often the approval changes anything."""

    n: int = Field(description="verdicts")
    changed: int = Field(description="sent back, dropped, changes asked for, comments that were answered, dismissed")
    upper: float = Field(description="upper bound of the true share of changes, one-sided 95 %")
    approved: int = Field(description="items that it let through for good")
    returned: int = Field(description="of these, items that had to be done again later")
    advice: str | None


@dataclass(frozen=True, slots=True)
class QueueItem:
    """The wait of one item, ended or not."""

    __pydantic_config__: ClassVar = ConfigDict(extra="forbid")

    item: str
    title: str
    url: str
    waited: float
    waiting: bool
    holders: tuple[str, ...]


class Queue(Frozen):
    """An approval queue: only waiting for approval, not for checks or merge. `cost`: item-days inside the window.

    `n`, `waiting` and `withdrawn` count visits that ended, that still wait, and that ended because the item was
    dropped: how long those would have waited is unknown, as it is of those that still wait. `grade`: A from 20
    independent visits on, B from 8 on; C below, and no more is said than counts and what was seen.
    """

    stage: str
    kind: str
    origin: Literal["configured", "discovered", "change requests"]
    n: int
    waiting: int
    withdrawn: int
    effective_n: float = Field(description="how many independent visits these are worth")
    grade: Grade
    wait: QueueWait
    cost: float
    share: float | None
    holders: tuple[str, ...]
    batching: str | None = None
    rubber_stamp: bool | None = None
    stamp: Stamp | None = None
    time_box: TimeBox | None
    proposed_box: ProposedBox | None = None
    little: Little
    discipline: Discipline | None = None
    capacity: Capacity | None = None
    causes: Causes
    items: tuple[QueueItem, ...]
