"""Who can free an item now: who was asked for a review or an approval, the author who must answer, or the assignee."""

from collections.abc import Iterable, Sequence

import polars as pl

from bot.flow.history.log import Log
from bot.flow.model import Court
from connectors.records import EventKind, Person

ASKING = (EventKind.REQUESTED, EventKind.UNREQUESTED)
"""`detail` tells who is asked, or not any more."""

AUTHORS_TURN = (Court.DRAFT, Court.CHANGES_REQUESTED, Court.CHECKS_FAILED, Court.AWAITING_MERGE)

Account = tuple[str, str]
"""(source, what it is called there)"""


class Holders:
    """Names by item, as things stood at the end of the log."""

    def __init__(self, log: Log, people: Sequence[Person]) -> None:
        self._names = {(p.source, p.key): p.name for p in people}
        self._sources = log.items.frame["source"]
        self._author = _last(log, EventKind.OPENED, "actor")
        self._assignee = _last(log, EventKind.ASSIGNED, "detail")
        self._asked = _asked(log)

    def of(self, case: int, item: int, court: str | None) -> tuple[str, ...]:
        """Who can free this case, which waits in this state of this item; empty if nobody is known."""
        return self.named(self.accounts(case, item, court))

    def accounts(self, case: int, item: int, court: str | None) -> tuple[Account, ...]:
        """The same by their accounts."""
        if court == Court.AWAITING_REVIEW:
            return self._accounts(item, self._asked.get(item, ()))
        if court is None and case in self._asked:
            return self._accounts(case, self._asked[case])
        if court in AUTHORS_TURN:
            return self._accounts(item, [self._author.get(item)])
        return self._accounts(case, [self._assignee.get(case)])

    def named(self, accounts: Iterable[Account]) -> tuple[str, ...]:
        """What people call them, as far as that is known."""
        return tuple(self._names.get(account, account[1]) for account in accounts)

    def _accounts(self, item: int, people: Sequence[str | None]) -> tuple[Account, ...]:
        source = self._sources[item]
        return tuple((source, person) for person in people if person)


def _last(log: Log, kind: EventKind, name: str) -> dict[int, str | None]:
    """Item -> whom the last event of the kind named."""
    told = log.events.filter(pl.col("kind") == kind).group_by("item").agg(pl.col(name).last())
    return dict(told.iter_rows())


def _asked(log: Log) -> dict[int, list[str]]:
    """Item -> who is asked and has not answered, in the order of their names."""
    told = log.events.filter(pl.col("kind").is_in([*ASKING, EventKind.REVIEWED]))
    who = pl.when(pl.col("kind") == EventKind.REVIEWED).then("actor").otherwise("detail").alias("who")
    last = told.group_by("item", who).agg(pl.col("kind").last())
    asked = last.filter((pl.col("kind") == EventKind.REQUESTED) & (pl.col("who") != ""))
    return dict(asked.group_by("item").agg(pl.col("who").sort()).iter_rows())
