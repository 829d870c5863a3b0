"""The plan: changes, each with the one waste it is to reduce, an owner, a due date, and what it was to bring.

What a change will do is predicted when it starts and frozen; what came of it is compared with that once it is done.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from bot.flow.findings.future import Future, Moved
from bot.flow.model import Day, Frozen, Waste

Status = Literal["planned", "started", "done", "dropped"]
StepKind = Literal["added", "started", "done", "dropped", "reached", "followed"]

JUDGED_BEFORE, JUDGED_AFTER = timedelta(weeks=26), timedelta(weeks=20)
"""How long before it began and since it is in force the time lies by which a change is judged, at most."""


class Milestone(Frozen):
    """A step on the way, and when it is due."""

    name: str
    """what is reached"""
    due: Day
    """by when"""


class PlanItem(Frozen):
    """`[[streams.plan]]`; a change that names no waste is refused, and one without an owner."""

    name: str
    """what it is called"""
    waste: Waste
    """the one waste that it is to reduce"""
    owner: str
    """who sees to it"""
    due: Day
    """by when it is in force"""
    change: dict[str, Any] = Field(default_factory=dict)
    """what is done, in a form that can be replayed (see below); without it nothing is predicted"""
    milestones: tuple[Milestone, ...] = ()
    """steps on the way"""
    issue: str | None = None
    """the project in which an issue is made for it, once, and followed: `PAY`, or `jira.acme/PAY`"""

    @field_validator("name", "owner")
    @classmethod
    def _said(cls, text: str) -> str:
        if not text.strip():
            raise ValueError("is empty; write what the change is called, and who owns it")
        return text.strip()

    @model_validator(mode="after")
    def _milestones_differ(self) -> "PlanItem":
        names = [milestone.name.casefold() for milestone in self.milestones]
        if len(set(names)) < len(names):
            raise ValueError(f'two milestones of "{self.name}" have the same name; rename one')
        late = next((each for each in self.milestones if each.due > self.due), None)
        if late is not None:
            raise ValueError(
                f'the milestone "{late.name}" is due on {late.due}, after "{self.name}", which is on {self.due}; '
                "correct one of the days"
            )
        return self


class Prediction(Frozen):
    """What a change was said to bring, frozen when it started: as known at `seen`, and noted at `made`."""

    seen: datetime
    made: datetime
    future: Future | None = Field(description="null: nothing that could be replayed was planned")
    reason: str = Field(description="why nothing could be predicted; empty where something is")

    @property
    def moved(self) -> Moved | None:
        """The predicted change of the typical lead time, by which it is judged."""
        return self.future.effect.typical if self.future and self.future.effect else None


class Followed(Frozen):
    """The issue of a change, as it was last seen."""

    key: str
    url: str
    state: str
    category: Status
    since: datetime | None
    assigned: bool
    resolution: str | None


@dataclass(frozen=True)
class Step:
    """Something that happened to a planned change, when, and when it was noted; steps are only ever added.

    `told`: the definition (added), the prediction and the definition (started), the reason (dropped), the milestone
    (reached), or how its issue stands (followed).
    """

    name: str
    kind: StepKind
    at: datetime
    noted_at: datetime
    told: Mapping[str, Any]


@dataclass(frozen=True)
class Course:
    """What became of an item so far, read from its steps."""

    item: PlanItem
    status: Status = "planned"
    started_at: datetime | None = None
    done_at: datetime | None = None
    dropped: str | None = None
    reached: Mapping[str, datetime] = field(default_factory=dict)
    issue: Followed | None = None
    prediction: Prediction | None = None
    rewritten: bool = False
    """its change is written otherwise now than when it was predicted"""

    @property
    def wanted(self) -> bool:
        return self.status != "dropped"

    def beside(self, other: "Course") -> bool:
        """Whether the other one was made while this one is judged, so that their effects cannot be told apart."""
        if other.item.name == self.item.name or not other.wanted:
            return False
        if self.started_at is None or self.done_at is None or other.started_at is None:
            return False
        begun_in_time = other.started_at < self.done_at + JUDGED_AFTER
        return begun_in_time and (other.done_at is None or other.done_at > self.started_at - JUDGED_BEFORE)


def course(item: PlanItem, steps: Sequence[Step]) -> Course:
    """The first prediction stays; of other things that are said twice the last counts."""
    mine = [step for step in steps if step.name.casefold() == item.name.casefold()]
    started = [step for step in mine if step.kind == "started"]
    last = {step.kind: step for step in mine}
    moves = [step for step in mine if step.kind in ("started", "done", "dropped")]
    status: Status = moves[-1].kind if moves else "planned"  # type: ignore[assignment]
    return Course(
        item=item,
        status=status,
        started_at=started[0].at if started else None,
        done_at=last["done"].at if status == "done" else None,
        dropped=str(last["dropped"].told["reason"]) if status == "dropped" else None,
        reached={step.told["milestone"]: step.at for step in mine if step.kind == "reached"},
        issue=Followed.model_validate(last["followed"].told) if "followed" in last else None,
        prediction=Prediction.model_validate(started[0].told["prediction"]) if started else None,
        rewritten=bool(started) and PlanItem.model_validate(started[0].told["item"]).change != item.change,
    )


def courses(configured: Sequence[PlanItem], steps: Sequence[Step]) -> tuple[Course, ...]:
    """Of what is configured, and of what was added by command or has begun and stands in no configuration any more."""
    known = {item.name.casefold(): item for item in configured}
    for step in steps:
        if "item" in step.told:
            known.setdefault(step.name.casefold(), PlanItem.model_validate(step.told["item"]))
    return tuple(course(item, steps) for item in known.values())
