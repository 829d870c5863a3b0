"""Which items were in a sprint, since when, and what became of them in it."""

from collections.abc import Sequence

import polars as pl

from bot.flow.history.beside import SprintRecord
from bot.flow.history.log import Log
from bot.flow.timeline.cases import Cases
from bot.flow.timeline.spans import Outcome, Timeline
from connectors.records import EventKind

ENDED = (Outcome.DELIVERED, Outcome.IMPORTED, Outcome.NO_TIME, Outcome.DROPPED)
"""Outcomes of which it is known when they came about."""

FOREVER = 2**62


def read_scope(log: Log, cases: Cases, timeline: Timeline, sprints: Sequence[SprintRecord], end: int) -> pl.DataFrame:
    """Every item that was in a sprint while it ran; a row for each.

    sprint (its number in `sprints`), case, started, until (the sprint's end, or `end`), over (of the item; null: not
    yet), joined (first while it ran, at the earliest when it began), left (for good; null: it stayed), committed,
    removed, done, dropped, remaining. What was over before it came is not in it.
    """
    stays = _stays(log, cases, sprints, end).join(_overs(timeline), on="case", how="left", maintain_order="left")
    over = pl.col("over").fill_null(FOREVER)
    in_it = stays.filter(
        (pl.col("came") < pl.col("until"))
        & (pl.col("went").fill_null(FOREVER) > pl.col("started"))
        & (over > pl.max_horizontal("came", "started"))
    )
    rows = in_it.group_by("sprint", "case", maintain_order=True).agg(
        pl.col("started", "until", "over", "dropped").first(),
        joined=pl.max_horizontal(pl.col("came").min(), pl.col("started").first()),
        committed=(pl.col("came") <= pl.col("started")).any(),
        left=pl.col("went").last(),
    )
    left, over = pl.col("left").fill_null(FOREVER), pl.col("over").fill_null(FOREVER)
    in_time = over <= pl.min_horizontal("until", left)
    removed = ~in_time & (left < pl.col("until"))
    told = rows.with_columns(
        removed=removed,
        done=in_time & ~pl.col("dropped").fill_null(value=False),
        dropped=in_time & pl.col("dropped").fill_null(value=False),
        remaining=~in_time & ~removed,
    )
    return told.sort("sprint", "case")


def _stays(log: Log, cases: Cases, sprints: Sequence[SprintRecord], end: int) -> pl.DataFrame:
    """sprint, started, until, case, came, went (null: not yet): each time an item was in a sprint, in order."""
    keys = [
        (n, sprint.source, key, sprint.started, end if sprint.ended is None else sprint.ended)
        for n, sprint in enumerate(sprints)
        for key in sprint.keys
    ]
    schema = {"sprint": pl.Int64, "source": pl.String, "detail": pl.String, "started": pl.Int64, "until": pl.Int64}
    named = pl.DataFrame(keys, schema, orient="row")
    told = log.events.filter(
        pl.col("kind").is_in([EventKind.PLANNED, EventKind.UNPLANNED]) & pl.col("item").is_in(list(cases.roots))
    )
    placed = told.join(named, on=["source", "detail"]).sort("sprint", "item", "at", maintain_order=True)
    planned = pl.col("kind") == EventKind.PLANNED
    place = ("sprint", "item")
    turned = placed.with_columns(planned=planned).filter(
        pl.col("planned").ne_missing(pl.col("planned").shift(1).over(place))
    )
    stays = turned.with_columns(went=pl.col("at").shift(-1).over(place)).filter("planned")
    return stays.select("sprint", "started", "until", "went", case="item", came="at")


def _overs(timeline: Timeline) -> pl.DataFrame:
    """case, over, dropped: of the items that came to an end."""
    ended = timeline.cases.filter(pl.col("outcome").is_in([*ENDED]))
    return ended.select("case", over="end", dropped=pl.col("outcome") == Outcome.DROPPED)
