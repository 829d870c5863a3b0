"""Who can free an item now: who was asked for a review or an approval, the author who must answer, or the assignee."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import polars as pl

from bot.flow.history.log import Log
from bot.flow.model import Court
from connectors.records import EventKind, Person

KINDS = (EventKind.OPENED, EventKind.ASSIGNED, EventKind.REQUESTED, EventKind.UNREQUESTED, EventKind.REVIEWED)
AUTHORS_TURN = (Court.DRAFT, Court.CHANGES_REQUESTED, Court.CHECKS_FAILED, Court.AWAITING_MERGE)

Account = tuple[str, str]
"""(source, what it is called there)"""


class Holders:
    """Names by item, as things stood at the end of the log."""

    def __init__(self, log: Log, people: Sequence[Person]) -> None:
        self._names = {(p.source, p.key): p.name for p in people}
        self._items = log.items
        self._author: dict[int, str | None] = {}
        self._assignee: dict[int, str | None] = {}
        self._asked: dict[int, dict[str, None]] = defaultdict(dict)
        for item, kind, actor, detail in (
            log.events.filter(pl.col("kind").is_in(KINDS)).select("item", "kind", "actor", "detail").iter_rows()
        ):
            self._hear(item, kind, actor, detail)

    def of(self, case: int, item: int, court: str | None) -> tuple[str, ...]:
        """Who can free this case, which waits in this state of this item; empty if nobody is known."""
        return self.named(self.accounts(case, item, court))

    def accounts(self, case: int, item: int, court: str | None) -> tuple[Account, ...]:
        """The same by their accounts."""
        if court == Court.AWAITING_REVIEW:
            return self._accounts(item, sorted(self._asked[item]))
        if court is None and self._asked[case]:
            return self._accounts(case, sorted(self._asked[case]))
        if court in AUTHORS_TURN:
            return self._accounts(item, [self._author.get(item)])
        return self._accounts(case, [self._assignee.get(case)])

    def named(self, accounts: Iterable[Account]) -> tuple[str, ...]:
        """What people call them, as far as that is known."""
        return tuple(self._names.get(account, account[1]) for account in accounts)

    def _hear(self, item: int, kind: str, actor: str | None, detail: str | None) -> None:
        match kind:
            case EventKind.OPENED:
                self._author[item] = actor
            case EventKind.ASSIGNED:
                self._assignee[item] = detail
            case EventKind.REQUESTED if detail:
                self._asked[item][detail] = None
            case EventKind.UNREQUESTED:
                self._asked[item].pop(detail or "", None)
            case EventKind.REVIEWED:
                self._asked[item].pop(actor or "", None)

    def _accounts(self, item: int, people: Sequence[str | None]) -> tuple[Account, ...]:
        source = self._items[item].source
        return tuple((source, person) for person in people if person)
