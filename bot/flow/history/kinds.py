"""What the kinds of events tell: which causes which, which are evidence of work, and whose clock told their time."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from bot.flow.clock import HOUR, MINUTE
from connectors.records import EventKind

Rows = npt.NDArray[np.int64]

ORDER = {
    kind: rank
    for rank, kind in enumerate(
        (
            EventKind.OPENED,
            EventKind.DRAFTED,
            EventKind.READY,
            EventKind.REQUESTED,
            EventKind.UNREQUESTED,
            EventKind.COMMITTED,
            EventKind.PUSHED,
            EventKind.FORCE_PUSHED,
            EventKind.CHECKED,
            EventKind.DISMISSED,
            EventKind.REVIEWED,
            EventKind.STATE,
            EventKind.QUEUED,
            EventKind.UNQUEUED,
            EventKind.MERGED,
            EventKind.RELEASED,
            EventKind.DEPLOYED,
            EventKind.CLOSED,
            EventKind.REOPENED,
        )
    )
}
"""What causes what when two things happen at one instant; kinds not named come last."""

CLIENT_TIMES = (EventKind.COMMITTED, EventKind.PUSHED)
"""Their times were told by somebody's own computer."""

PRODUCING = (EventKind.COMMITTED, EventKind.EDITED, EventKind.LOGGED_WORK)
EVIDENCE = (*PRODUCING, EventKind.REVIEWED)
"""Traces of work."""

ENOUGH_EXACT = 0.5
"""Of the instants of a source, so many would not stand on whole minutes or hours if they were told exactly."""

CAUSES = ("item", "at", "rank", "seq", "id", "word", "state", "detail", "actor")
"""What puts events in order; only those of one item at one instant need more than the first two."""


def in_order(events: pl.DataFrame) -> pl.DataFrame:
    """By item and time, at one instant by cause and then as the source tells it, however they were delivered."""
    item, at = events["item"].to_numpy(), events["at"].to_numpy()
    order = np.lexsort((at, item))
    same = (np.diff(item[order]) == 0) & (np.diff(at[order]) == 0)
    tied = np.flatnonzero(np.pad(same, (0, 1)) | np.pad(same, (1, 0)))
    order[tied] = _by_cause(events[order[tied]], order[tied])
    return events[order]


def _by_cause(events: pl.DataFrame, rows: Rows) -> Rows:
    """The rows in the order of their causes."""
    rank = pl.col("kind").replace_strict(ORDER, default=len(ORDER), return_dtype=pl.Int64)
    told = events.with_columns(rank=rank, word=pl.col("kind").cast(pl.String), row=pl.Series(rows))
    return told.sort(*CAUSES)["row"].to_numpy()


@dataclass(frozen=True)
class Exactness:
    """The sources that tell times more exactly than in whole minutes, and than in whole hours."""

    to_seconds: tuple[str, ...]
    to_minutes: tuple[str, ...]


def exactness(events: pl.DataFrame) -> Exactness:
    at, told = pl.col("at"), events.filter(~pl.col("kind").is_in(CLIENT_TIMES)).group_by("source")
    instants = told.agg(
        every=at.n_unique(),
        minutes=at.filter(at % MINUTE == 0).n_unique(),
        hours=at.filter(at % HOUR == 0).n_unique(),
    )
    return Exactness(*(_exact(instants, unit) for unit in ("minutes", "hours")))


def _exact(instants: pl.DataFrame, unit: str) -> tuple[str, ...]:
    """The sources of which hardly any instants are whole ones."""
    share = (pl.col("every") - pl.col(unit)) / pl.col("every")
    return tuple(instants.filter(share >= ENOUGH_EXACT)["source"].cast(pl.String).sort())
