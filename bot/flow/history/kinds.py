"""What the kinds of events tell: which causes which, which are evidence of work, and whose clock told their time."""

from dataclasses import dataclass

import polars as pl

from bot.flow.clock import HOUR, MINUTE
from connectors.records import EventKind

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


def in_order(events: pl.DataFrame) -> pl.DataFrame:
    """By item and time, at one instant by cause and then as the source tells it, however they were delivered."""
    rank = pl.col("kind").replace_strict(ORDER, default=len(ORDER), return_dtype=pl.Int64)
    keys = ("item", "at", "rank", "seq", "id", "kind", "state", "detail", "actor")
    return events.with_columns(rank=rank).sort(*keys).drop("rank")


@dataclass(frozen=True)
class Exactness:
    """The sources that tell times more exactly than in whole minutes, and than in whole hours."""

    to_seconds: tuple[str, ...]
    to_minutes: tuple[str, ...]


def exactness(events: pl.DataFrame) -> Exactness:
    instants = events.filter(~pl.col("kind").is_in(CLIENT_TIMES)).select("source", "at").unique()
    shares = instants.group_by("source").agg(
        *((pl.col("at") % unit != 0).mean().alias(name) for name, unit in (("seconds", MINUTE), ("minutes", HOUR)))
    )
    exact = (shares.filter(pl.col(name) >= ENOUGH_EXACT)["source"].sort() for name in ("seconds", "minutes"))
    return Exactness(*map(tuple, exact))
