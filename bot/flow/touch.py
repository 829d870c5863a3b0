"""Evidence of work -> working time touched, as a lower bound.

Every commit, edit, log entry or review ends a stretch of work of its author. It began when the same person last left
a trace anywhere, but at most `cap` before: the median over people of their median gap within a day (worker-timeline
attribution; the principle of start-time repair, arXiv 2208.06370). So nobody works on two items at once. Only what
is attended is evidence. Assumes that a session of work leaves a trace at its end; people whose tools name them
differently count as two.
"""

from datetime import timedelta

import numpy as np
import polars as pl

from bot.flow.cases import Cases
from bot.flow.clock import MICROSECOND, WorkClock
from bot.flow.kinds import EVIDENCE, PRODUCING
from bot.flow.spans import Timeline

ENOUGH_GAPS = 10
SHORTEST_GAP = timedelta(minutes=1) // MICROSECOND
UNKNOWN_CAP = timedelta(minutes=30) // MICROSECOND
"""Where nobody left enough traces to tell."""


def read_touch(events: pl.DataFrame, clock: WorkClock) -> pl.DataFrame:
    """item, at, worked, producing, touched: for each trace of work the working time before it that it stands for.

    `worked` and `touched` in working microseconds: since the beginning of the clock, and of this stretch of work.
    """
    traces = events.filter(pl.col("kind").is_in(EVIDENCE) & pl.col("attended") & pl.col("actor").is_not_null()).sort(
        "actor", "at"
    )
    traces = traces.with_columns(worked=pl.Series(clock.elapsed(traces["at"].to_numpy())))
    same = pl.col("actor") == pl.col("actor").shift(1)
    gaps = traces.with_columns(gap=pl.when(same).then(pl.col("worked") - pl.col("worked").shift(1)))
    cap = _cap(gaps, clock.day)
    return gaps.select(
        "item",
        "at",
        "worked",
        producing=pl.col("kind").is_in(PRODUCING),
        touched=pl.col("gap").fill_null(cap).clip(0, cap),
    )


def with_touch(timeline: Timeline, cases: Cases, touch: pl.DataFrame, clock: WorkClock) -> Timeline:
    """Add to each span the evidence that ends inside it, as far as it began inside; never more than the span itself."""
    entered = pl.Series("entered", clock.elapsed(timeline.spans["start"].to_numpy()))
    spans = timeline.spans.with_columns(entered).with_row_index("span")
    traces = touch.join(cases.members, on="item").filter(pl.col("touched") > 0).sort("at")
    begun = (
        spans.filter(pl.col("start") < pl.col("end"))
        .select("case", "span", "entered", ends="end", at=pl.col("start") + 1)
        .sort("at")
    )
    placed = traces.join_asof(begun, on="at", by="case", check_sortedness=False).filter(pl.col("at") <= pl.col("ends"))
    placed = placed.with_columns(pl.min_horizontal("touched", pl.col("worked") - pl.col("entered")))
    sums = placed.group_by("span").agg(
        touched=pl.col("touched").sum(), produced=pl.col("touched").filter("producing").sum()
    )
    within = [pl.min_horizontal(pl.col(name).fill_null(0), "worked").alias(name) for name in ("touched", "produced")]
    return Timeline(
        timeline.cases,
        spans.join(sums, on="span", how="left").sort("span").drop("span", "entered").with_columns(within),
    )


def _cap(gaps: pl.DataFrame, day: int) -> int:
    """The usual gap between two traces of one person within a day, between a minute and a working day."""
    within = gaps.filter(pl.col("gap").is_between(SHORTEST_GAP, day, closed="none"))
    habits = within.group_by("actor").agg(pl.len(), pl.col("gap").median()).filter(pl.col("len") >= ENOUGH_GAPS)["gap"]
    usual = int(np.median(habits.to_numpy())) if len(habits) else UNKNOWN_CAP
    return min(max(usual, SHORTEST_GAP), day)
