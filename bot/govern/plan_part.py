"""How planned changes stand: what is late or nobody's, what each was to bring, and what came of it."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import Field

from bot.flow.findings.realised import Realised
from bot.flow.model import Frozen, Waste
from bot.govern.plan import Course, Followed, Milestone, Prediction, Status
from bot.govern.realising import PlanVerdict, judged_change
from bot.words import count

AFTER_THE_FACT = timedelta(days=2)
"""A prediction that was noted so long after a change began is told with that."""


class MilestonePart(Frozen):
    """A milestone; `days_left` is negative when it is late, and null once it is reached."""

    name: str
    due: date
    reached_at: datetime | None
    days_left: int | None


class PlanPart(Frozen):
    """A planned change: what it is, how it stands, what it was to bring, and what came of it."""

    name: str
    waste: Waste
    owner: str
    due: date
    days_left: int | None = Field(description="negative when it is late; null once it is done or dropped")
    change: dict[str, Any] = Field(description="as it is written in the configuration; empty: none that is replayed")
    status: Status
    started_at: datetime | None
    done_at: datetime | None
    dropped: str | None = Field(description="why it was dropped")
    milestones: tuple[MilestonePart, ...]
    issue: Followed | None
    prediction: Prediction | None
    realised: Realised | None
    beside: tuple[str, ...] = Field(description="other changes of the same time, which cannot be told apart from it")
    verdict: PlanVerdict | None = Field(description="null until it is done and something was collected")
    reason: str = Field(description="of the verdict")
    faults: tuple[str, ...] = Field(
        description="late, nobody's, without effect, predicted after the fact, rewritten since, or not to be replayed"
    )


def plan(
    courses: Sequence[Course],
    realised: Mapping[str, Realised],
    now: datetime,
    zone: ZoneInfo | None = None,
    untraced: Mapping[str, str] = MappingProxyType({}),
) -> tuple[PlanPart, ...]:
    """How the changes stand: what is under way, the most urgent first; then what is done, and what was dropped.

    By name, `realised`: what came of those that are done; `untraced`: why some cannot be replayed any more.
    """
    today = now.astimezone(zone).date()
    parts = [_part(each, courses, realised.get(each.item.name), today) for each in courses]
    parts = [_with_faults(part, each, untraced) for part, each in zip(parts, courses, strict=True)]
    return tuple(sorted(parts, key=_urgency))


def _urgency(part: PlanPart) -> tuple[int, float, str]:
    if part.done_at is not None:
        return 1, -part.done_at.timestamp(), part.name
    return (2 if part.status == "dropped" else 0), part.days_left or 0, part.name


def _part(each: Course, every: Sequence[Course], realised: Realised | None, today: date) -> PlanPart:
    going = each.status in ("planned", "started")
    days_left = (each.item.due - today).days if going else None
    milestones = tuple(_milestone(milestone, each, today) for milestone in each.item.milestones)
    verdict, reason = _verdict(each, realised)
    return PlanPart(
        **each.item.model_dump(include={"name", "waste", "owner", "due", "change"}),
        days_left=days_left,
        status=each.status,
        started_at=each.started_at,
        done_at=each.done_at,
        dropped=each.dropped,
        milestones=milestones,
        issue=each.issue,
        prediction=each.prediction,
        realised=realised,
        beside=tuple(sorted(other.item.name for other in every if each.beside(other))),
        verdict=verdict,
        reason=reason,
        faults=(),
    )


def _with_faults(part: PlanPart, each: Course, untraced: Mapping[str, str]) -> PlanPart:
    faults = [*_faults(part)]
    if each.rewritten:
        faults.append("its change was written otherwise when it was predicted")
    if each.item.name in untraced:
        faults.append(f"it cannot be replayed: {untraced[each.item.name]}")
    return part.model_copy(update={"faults": tuple(faults)})


def _verdict(each: Course, realised: Realised | None) -> tuple[PlanVerdict | None, str]:
    if each.status != "done" or realised is None:
        return None, ""
    future = each.prediction.future if each.prediction else None
    moved = each.prediction.moved if each.prediction else None
    return judged_change(moved, realised, at_least=future is not None and future.at_least)


def _milestone(milestone: Milestone, each: Course, today: date) -> MilestonePart:
    reached = each.reached.get(milestone.name)
    left = (milestone.due - today).days if reached is None else None
    return MilestonePart(name=milestone.name, due=milestone.due, reached_at=reached, days_left=left)


def _faults(part: PlanPart) -> Iterator[str]:
    """In sentences without a stop."""
    if part.days_left is not None:
        yield from _late(part.days_left, "")
        for milestone in part.milestones:
            yield from _late(milestone.days_left or 0, f'the milestone "{milestone.name}" is ')
        if part.issue and not part.issue.assigned:
            yield f"nobody is assigned to {part.issue.key}"
    predicted = part.prediction is not None and part.prediction.moved is not None
    if predicted and part.prediction and part.started_at and part.prediction.made - part.started_at > AFTER_THE_FACT:
        yield f"its prediction was noted {count((part.prediction.made - part.started_at).days, 'day')} after it began"
    if part.verdict in ("no effect", "worse"):
        yield f"{part.verdict}: {part.reason}"


def _late(days_left: int, what: str) -> Iterator[str]:
    if days_left < 0:
        yield f"{what}{count(-days_left, 'day')} late"
