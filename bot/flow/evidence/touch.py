"""Evidence of work -> windows of work, as a range.

Every commit, edit, log entry or review ends a stretch of work of its author. It began when the same person last left a
trace anywhere, but at most a cap before (worker-timeline attribution; the principle of start-time repair, arXiv
2208.06370). So nobody works on two items at once. The cap is so many times the usual gap: the median over people of
their median gap within a day. Once is surely too little and eight times surely too much; three times came nearest where
the truth was known. Only what is attended is evidence: no bots, no bulk edits; nor are remarks on one's own request.

Assumes that a session of work leaves a trace at its end. People whose tools name them differently count as two.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import polars as pl

from bot.flow.clock import MINUTE, SECOND, WorkClock
from bot.flow.history.kinds import EVIDENCE, PRODUCING
from connectors.records import EventKind

ENOUGH_GAPS = 10
SHORTEST_GAP = MINUTE
UNKNOWN_GAP = 30 * MINUTE
"""Where nobody left enough traces to tell."""


class Reach(IntEnum):
    """How many usual gaps a trace reaches back."""

    LOW = 1
    MID = 3
    HIGH = 8


@dataclass(frozen=True)
class Traces:
    """All traces of work, and how usual it is to leave one.

    `frame`: item, actor, at, worked, gap, logged, producing, by actor and time. In working microseconds: `worked` since
    the beginning of the clock, `gap` since the person's last trace (null: there is none), `logged` as a work log says.
    `usual`: the usual gap; None where it is a guess.
    """

    frame: pl.DataFrame
    usual: int | None
    day: int

    def cap(self, reach: Reach) -> int:
        """Between a minute and a working day."""
        usual = UNKNOWN_GAP if self.usual is None else self.usual
        return min(max(reach * usual, SHORTEST_GAP), self.day)

    def windows(self, reach: Reach, clock: WorkClock) -> pl.DataFrame:
        """item, actor, begin, at, producing: stretches of work, none of a person overlapping another of the same."""
        longest = pl.max_horizontal(pl.lit(self.cap(reach)), pl.col("logged").fill_null(0))
        length = pl.min_horizontal(pl.col("gap"), longest)
        found = self.frame.with_columns(length=length).filter(pl.col("length") > 0)
        begin = pl.Series(clock.last_instant_of((found["worked"] - found["length"]).to_numpy()))
        return found.select("item", "actor", "at", "producing", begin=begin)


def read_traces(events: pl.DataFrame, clock: WorkClock) -> Traces:
    """Every trace of work in the log."""
    authors = events.filter(pl.col("kind") == EventKind.OPENED).select("item", author="actor").unique("item")
    traces = (
        events.filter(pl.col("kind").is_in(EVIDENCE) & pl.col("attended") & pl.col("actor").is_not_null())
        .join(authors, on="item", how="left")
        .filter((pl.col("kind") != EventKind.REVIEWED) | pl.col("actor").ne_missing(pl.col("author")))
        .sort("actor", "at", "item", "kind")
    )
    traces = traces.with_columns(worked=pl.Series(clock.elapsed(traces["at"].to_numpy())))
    gaps = traces.with_columns(
        gap=since_the_last(),
        logged=pl.when(pl.col("kind") == EventKind.LOGGED_WORK).then(
            pl.col("detail").cast(pl.Float64, strict=False) * SECOND
        ),
    )
    frame = gaps.select(
        "item",
        "actor",
        "at",
        "worked",
        "gap",
        pl.col("logged").cast(pl.Int64),
        producing=pl.col("kind").is_in(PRODUCING),
    )
    return Traces(frame, usual_of(frame, clock.day), clock.day)


def since_the_last() -> pl.Expr:
    """Working time since the person's last trace, of traces by actor and time."""
    same = pl.col("actor") == pl.col("actor").shift(1)
    return pl.when(same).then(pl.col("worked") - pl.col("worked").shift(1))


def usual_of(traces: pl.DataFrame, day: int) -> int | None:
    """The usual gap between two traces of one person within a day."""
    within = traces.filter(pl.col("gap").is_between(SHORTEST_GAP, day, closed="none"))
    habits = within.group_by("actor").agg(pl.len(), pl.col("gap").median()).filter(pl.col("len") >= ENOUGH_GAPS)["gap"]
    return int(np.median(habits.to_numpy())) if len(habits) else None
