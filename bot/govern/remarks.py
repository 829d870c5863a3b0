"""What people said of what they were told: that they take it, that it can wait, that it is no waste. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from bot.flow.model import Frozen, NotWaste, Waste
from bot.words import tame

ITEM, PLAN, WASTE, AT = "item ", "plan ", "waste ", " at "
"""How a subject begins, and what stands between a waste and its place."""


def is_subject(text: str) -> bool:
    """Whether it names an item, a change of the plan, or a waste that there is with its place."""
    if text.startswith((ITEM, PLAN)):
        return bool(tame(text.partition(" ")[2]))
    waste, _, place = text.removeprefix(WASTE).partition(AT)
    return text.startswith(WASTE) and waste in list(Waste) and bool(tame(place))


class RemarkKind(StrEnum):
    CLAIM = "claim"
    SNOOZE = "snooze"
    NOT_WASTE = "not waste"
    WITHDRAWN = "withdrawn"


class Remark(Frozen):
    """`subject`: "item PAY-1", "plan NAME", "waste waiting at Review", or the number of what is withdrawn.

    `by`: the id of who said it; `number`: which one of all that were kept.
    """

    number: int = 0
    stream: str
    at: datetime
    by: str
    kind: RemarkKind
    subject: str
    reason: str = ""
    until: date | None = None


class Remarks:
    """What holds of all that was said: what was not withdrawn, and of one subject the last."""

    def __init__(self, said: Sequence[Remark] = ()) -> None:
        gone = {one.subject for one in said if one.kind is RemarkKind.WITHDRAWN}
        self._last = {(one.kind, one.subject): one for one in said if f"{one.number}" not in gone}

    @classmethod
    def of(cls, rows: Sequence[Mapping[str, Any]]) -> "Remarks":
        """As they are kept."""
        return cls([Remark(**{name: row[name] for name in Remark.model_fields}) for row in rows])

    def taken(self, subject: str) -> Remark | None:
        """Who takes it."""
        return self._last.get((RemarkKind.CLAIM, subject))

    def sleeps(self, item: str, today: date) -> bool:
        """Whether it is snoozed on a day."""
        found = self._last.get((RemarkKind.SNOOZE, ITEM + item))
        return found is not None and found.until is not None and today < found.until

    def excused(self, subject: str) -> bool:
        """Whether it is said to be no waste."""
        return (RemarkKind.NOT_WASTE, subject) in self._last

    @property
    def not_waste(self) -> tuple[NotWaste, ...]:
        """What cannot be understood excuses nothing, and stops no analysis."""
        return tuple(self._excuses())

    def _excuses(self) -> Iterator[NotWaste]:
        for (kind, subject), one in self._last.items():
            if kind is RemarkKind.NOT_WASTE and is_subject(subject):
                with suppress(ValueError):
                    yield _excuse(one)


def _excuse(said: Remark) -> NotWaste:
    if said.subject.startswith(ITEM):
        return NotWaste(item=said.subject.removeprefix(ITEM), reason=said.reason)
    waste, _, place = said.subject.removeprefix(WASTE).partition(AT)
    return NotWaste(waste=Waste(waste), place=place, reason=said.reason)
