"""The plan: changes, each with the one waste it is to reduce, an owner and a due date."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from pydantic import Field

from bot.flow.model import Frozen, Waste


class PlanItem(Frozen):
    """`[[streams.plan]]`; a change that names no waste is refused."""

    name: str
    waste: Waste
    owner: str
    due: date
    change: dict[str, Any] = Field(default_factory=dict)


class PlanPart(Frozen):
    """A change and the days until it is due; negative when it is late."""

    name: str
    waste: Waste
    owner: str
    due: date
    days_left: int


def plan(items: Sequence[PlanItem], now: datetime) -> tuple[PlanPart, ...]:
    """What is planned, the most urgent first."""
    parts = [
        PlanPart(name=i.name, waste=i.waste, owner=i.owner, due=i.due, days_left=(i.due - now.date()).days)
        for i in items
    ]
    return tuple(sorted(parts, key=lambda part: part.days_left))
