"""Bulk edits: what one account does to ten items or more within two minutes is no work on any of them.

The moves themselves count, for the states did change. Times of git are left out: a rebase gives many commits one time.
A source that tells only whole hours or days cannot say what was done at once.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl

from bot.flow.clock import MINUTE, Instants
from bot.flow.findings.measures import Doubt
from bot.frames import Items
from connectors.records import EventKind

FEWEST_ITEMS = 10
TOGETHER = 2 * MINUTE

PLANNING = (EventKind.PLANNED, EventKind.UNPLANNED)
"""Whoever ends a sprint moves all that is left over into the next one: that is no repair to speak of."""


def with_bulk(events: pl.DataFrame, acts: pl.DataFrame, items: Items) -> tuple[pl.DataFrame, tuple[Doubt, ...]]:
    """The same with `bulk`; what is bulk is not attended. `acts`: `by_account`."""
    runs = _runs(acts)
    rows = [
        row
        for account in runs.partition_by("account", maintain_order=True)
        for row in _together(account["at"].to_numpy(), account["item"].to_list(), account["row"].to_list())
    ]
    is_bulk = np.zeros(len(events), np.bool_)
    is_bulk[rows] = True
    marked = events.with_columns(bulk=pl.Series(is_bulk))
    return marked.with_columns(attended=pl.col("attended") & ~pl.col("bulk")), _doubts(marked.filter("bulk"), items)


def _runs(acts: pl.DataFrame) -> pl.DataFrame:
    """Of each account's acts in order, those that are among so many within two minutes, of whatever items."""
    same = pl.col("account").shift(1 - FEWEST_ITEMS) == pl.col("account")
    begins = same & (pl.col("at").shift(1 - FEWEST_ITEMS) - pl.col("at") <= TOGETHER)
    inside = begins.fill_null(value=False).cast(pl.UInt8).rolling_max(FEWEST_ITEMS, min_samples=1)
    return acts.filter(inside == 1)


def _together(at: Instants, items: Sequence[int], rows: Sequence[int]) -> Iterator[int]:
    """The rows of one account that lie in any two minutes in which it touched so many items."""
    first, done, present = 0, 0, Counter[int]()
    most = np.searchsorted(at, at - TOGETHER, side="left")
    for last, item in enumerate(items):
        present[item] += 1
        while first < most[last]:
            present[items[first]] -= 1
            if not present[items[first]]:
                del present[items[first]]
            first += 1
        if len(present) >= FEWEST_ITEMS:
            yield from rows[max(first, done) : last + 1]
            done = last + 1


def _doubts(bulk: pl.DataFrame, items: Items) -> tuple[Doubt, ...]:
    bulk = bulk.filter(~pl.col("kind").is_in(PLANNING))
    touched = bulk["item"].unique().sort().to_list()
    if not touched:
        return ()
    detail = (
        f"{len(bulk)} changes were made to many items at once, to {len(touched)} in all; they are no evidence of work"
    )
    names = tuple(items.names[n] for n in touched)
    return (Doubt(kind="bulk edit", detail=detail, items=names, touches=("value_added_ratio", "queues")),)
