"""Which open items are stuck: they wait longer than they should. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from bot.flow.findings.lead import OpenItem
from bot.flow.model import NotWaste, Waste
from bot.flow.timeline.spans import Label
from bot.govern.document import Document
from bot.govern.remarks import Remarks
from bot.words import listed

STUCK_ELSEWHERE, LONG_STUCK = 7.0, 91.0
"""An item is stuck when it has waited longer than 85 % of its queue do; elsewhere, longer than a week.

After a quarter it is no news any more.
"""

FEWEST = 5
"""Waits from which it is told what is usual."""


@dataclass(frozen=True)
class Stuck:
    """An item that waits longer than it should. `usual`: how long 85 % of its queue wait at most."""

    item: str
    title: str
    url: str
    where: str
    waited: float
    usual: float | None
    holders: tuple[str, ...]

    @property
    def limit(self) -> float:
        return self.usual or STUCK_ELSEWHERE

    @property
    def freed(self) -> str:
        """Who can free it, in words."""
        return f"{listed(self.holders)} can free it" if self.holders else "nobody is asked"

    @property
    def old(self) -> bool:
        return self.waited > LONG_STUCK


def stuck(document: Document, remarks: Remarks, not_waste: Sequence[NotWaste], today: date) -> tuple[Stuck, ...]:
    """The news first, each the longest first; without what is snoozed or said to be no waste."""
    usual = {queue.stage: queue.wait.p85 for queue in document.queues if queue.wait.n >= FEWEST}
    told = (
        _stuck(item, _usual(item, usual))
        for item in document.age.items
        if _waits(item) and not remarks.sleeps(item.item, today) and not _excused(item, not_waste)
    )
    return tuple(sorted((one for one in told if one.waited > one.limit), key=lambda one: (one.old, -one.waited)))


def _stuck(item: OpenItem, usual: float | None) -> Stuck:
    return Stuck(item.item, item.title, item.url, _place(item), item.waited or 0.0, usual, item.holders)


def _usual(item: OpenItem, usual: Mapping[str, float | None]) -> float | None:
    """A queue is called by its stage; where none is an approval, by the state or the turn of the change request."""
    names = (item.stage or "", item.state, item.state.partition(":")[2])
    return next((usual[name] for name in names if name in usual), None)


def _waits(item: OpenItem) -> bool:
    return item.label == Label.BLOCKED or (item.label.startswith("waiting.") and item.label != Label.BACKLOG)


def _excused(item: OpenItem, not_waste: Sequence[NotWaste]) -> bool:
    place = "blocked" if item.label == Label.BLOCKED else item.stage
    return any(
        said.item in (None, item.item) and said.place in (None, place) and said.waste in (None, Waste.WAITING)
        for said in not_waste
    )


def _place(item: OpenItem) -> str:
    if item.label == Label.BLOCKED:
        return f"blocked in {item.stage}" if item.stage else "blocked"
    return f"in {item.stage}" if item.stage else f"in {item.state}"
