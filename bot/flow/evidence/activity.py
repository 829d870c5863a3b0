"""Spans and windows of work -> what each instant was really spent on.

Evidence beats everything that a state says: an instant inside a window of work is work, and inside one of review it is
review, wherever the card is. Where a state claims work and nobody worked, the item was idle: while the one who works on
it worked on another, while nobody did, or while nobody was there who ever does. That is told only of states in which
traces of work are usual; in the others the claim stands, since work that leaves no trace cannot be told from waiting.

The one who works on an item is who leaves the next trace of work on it, or else left the last, or else whom it is
assigned to.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from bot.flow.clock import WorkClock
from bot.flow.evidence.touch import Reach, Traces
from bot.flow.history.log import Log
from bot.flow.statistics.intervals import wilson
from bot.flow.timeline.cases import Cases
from bot.flow.timeline.spans import Label, Outcome, Spent, Timeline
from connectors.records import EventKind

ENOUGH_VISITS = 10
USUAL = 0.25
"""A state is told to be worked in with traces if surely more than this share of its visits hold one.

Where cards are moved late, many traces lie in the state before; where nobody leaves any, hardly a visit holds one.
"""


@dataclass(frozen=True)
class Activity:
    """The timeline as evidence shows it, with too little reach, with the likely one, and with too much.

    `traced`: the states in which traces of work are usual.
    """

    low: Timeline
    mid: Timeline
    high: Timeline
    traced: tuple[str, ...]

    @property
    def every(self) -> tuple[Timeline, Timeline, Timeline]:
        return self.low, self.mid, self.high


def with_activity(timeline: Timeline, log: Log, cases: Cases, traces: Traces, clock: WorkClock) -> Activity:
    """Cut the spans of a timeline at the windows of work, for each reach of a trace."""
    placed = {reach: _placed(timeline, traces.windows(reach, clock), cases) for reach in Reach}
    traced = _traced(timeline, placed[Reach.MID])
    low, mid, high = (
        Timeline(timeline.cases, _spent(timeline, placed[reach], traced, _assigned(log), clock)) for reach in Reach
    )
    return Activity(low, mid, high, traced)


def _placed(timeline: Timeline, windows: pl.DataFrame, cases: Cases) -> pl.DataFrame:
    """span, case, actor, begin, at, producing: each window as far as it lies in the span in which it ends."""
    spans = timeline.spans.with_row_index("span").filter(pl.col("start") < pl.col("end"))
    targets = spans.select("span", "case", "start", "end", at=pl.col("start") + 1).sort("at")
    found = (
        windows.join(cases.members.select("case", "item"), on="item")
        .sort("at")
        .join_asof(targets, on="at", by="case", check_sortedness=False)
        .filter(pl.col("at") <= pl.col("end"))
        .with_columns(begin=pl.max_horizontal("begin", "start"))
    )
    return found.filter(pl.col("begin") < pl.col("at")).select("span", "case", "actor", "begin", "at", "producing")


def _traced(timeline: Timeline, windows: pl.DataFrame) -> tuple[str, ...]:
    """States called work in which traces of work are usual in visits that ended."""
    ends = timeline.cases.select("case", over="end", going=pl.col("outcome") == Outcome.OPEN)
    spans = timeline.spans.with_row_index("span").filter((pl.col("label") == Label.WORK) & (pl.col("worked") > 0))
    worked_in = spans.with_columns(trace=pl.col("span").is_in(windows.filter("producing")["span"].unique().implode()))
    visits = worked_in.group_by("state", "case", "visit").agg(pl.col("trace").any(), pl.col("end").last())
    ended = visits.join(ends, on="case").filter(~(pl.col("going") & (pl.col("end") == pl.col("over"))))
    counts = ended.group_by("state").agg(pl.len(), pl.col("trace").sum()).sort("state")
    return tuple(
        state for state, visits, traces in counts.iter_rows() if visits >= ENOUGH_VISITS and _usual(traces, visits)
    )


def _usual(traces: int, visits: int) -> bool:
    return wilson(traces, visits)[0] >= USUAL


def _assigned(log: Log) -> pl.DataFrame:
    """case, at, actor: to whom an item is assigned from then on."""
    return log.events.filter(pl.col("kind") == EventKind.ASSIGNED).select("at", case="item", actor="detail").sort("at")


def _spent(
    timeline: Timeline, windows: pl.DataFrame, traced: Sequence[str], assigned: pl.DataFrame, clock: WorkClock
) -> pl.DataFrame:
    spans = timeline.spans.with_row_index("span")
    works = windows.with_columns(
        working=pl.col("producing").cast(pl.Int64), reviewing=(~pl.col("producing")).cast(pl.Int64)
    )
    cut = _cut(spans, works.drop("case", "actor"), ("working", "reviewing"))
    claims = (pl.col("label") == Label.WORK) & pl.col("state").is_in(list(traced))
    seen = cut.with_columns(
        spent=pl.when(pl.col("working") > 0)
        .then(pl.lit(Spent.WORK.value))
        .when(pl.col("reviewing") > 0)
        .then(pl.lit(Spent.REVIEW.value))
        .when(claims)
        .then(pl.lit(Spent.UNOWNED.value))
        .otherwise("label"),
        evidenced=(pl.col("working") > 0) | (pl.col("reviewing") > 0),
    ).with_row_index("part")
    lain = seen.filter((pl.col("spent") == Spent.UNOWNED) & (pl.col("start") < pl.col("end")))
    idle = _owned(lain, windows, assigned)
    whole = _with_idleness(seen, idle, windows)
    worked = clock.elapsed(whole["end"].to_numpy()) - clock.elapsed(whole["start"].to_numpy())
    return whole.with_columns(worked=pl.Series(worked)).select(*timeline.spans.columns, "spent", "evidenced")


def _cut(spans: pl.DataFrame, marks: pl.DataFrame, counts: Sequence[str]) -> pl.DataFrame:
    """The spans, numbered by their rows, cut at the marks (span, begin, at and the counts that each adds).

    With how much of each holds there; what a mark adds it takes away again within its span.
    """
    bounds = spans.select("span", "start", last="end", first="start", **{n: pl.lit(0, pl.Int64) for n in counts})
    ends = bounds["span", "first", "last"]
    marked = marks.with_columns(ends[name].gather(marks["span"]) for name in ("first", "last"))
    began = marked.select("span", "first", "last", *counts, start="begin")
    ended = marked.select("span", "first", "last", *(-pl.col(name) for name in counts), start="at")
    deltas = pl.concat([bounds, began, ended], how="diagonal").sort("span", "start")
    held = deltas.with_columns(pl.col(counts).cum_sum()).filter(_differs("span", "start").shift(-1, fill_value=True))
    cut = held.with_columns(end=pl.when(~_differs("span").shift(-1, fill_value=True)).then(pl.col("start").shift(-1)))
    cut = cut.with_columns(pl.col("end").fill_null(pl.col("last")))
    kept = cut.filter((pl.col("start") < pl.col("end")) | (pl.col("first") == pl.col("last")))
    changed = pl.any_horizontal(_differs("span"), *((pl.col(n) > 0) != (pl.col(n).shift(1) > 0) for n in counts))
    runs = kept.select("span", "start", "end", *counts, begins=changed.fill_null(value=True))
    lasts = runs.filter(pl.col("begins").shift(-1, fill_value=True))["end"]
    merged = runs.filter("begins").with_columns(end=lasts).drop("begins")
    return merged.hstack(spans.drop("span", "start", "end")[merged["span"]])


def _differs(*names: str) -> pl.Expr:
    """From the row before."""
    return pl.any_horizontal([pl.col(name) != pl.col(name).shift(1) for name in names]).fill_null(value=True)


def _owned(idle: pl.DataFrame, windows: pl.DataFrame, assigned: pl.DataFrame) -> pl.DataFrame:
    """The idle parts with the `actor` who works on the item; null where nobody is known."""
    traces = windows.filter("producing").sort("at").select("case", "actor", "at")
    asked = idle.select("part", "case", "start", "end", at="start").sort("at")
    later = asked.join_asof(traces, on="at", by="case", strategy="forward", check_sortedness=False)
    earlier = asked.join_asof(traces, on="at", by="case", strategy="backward", check_sortedness=False)
    given = asked.join_asof(assigned, on="at", by="case", strategy="backward", check_sortedness=False)
    actors = [found["actor"].alias(name) for name, found in (("next", later), ("last", earlier), ("given", given))]
    return asked.with_columns(actors).select("part", "start", "end", actor=pl.coalesce("next", "last", "given"))


def _with_idleness(seen: pl.DataFrame, idle: pl.DataFrame, windows: pl.DataFrame) -> pl.DataFrame:
    """Idle parts cut where the one who works on the item was on another one."""
    elsewhere = _overlaps(idle.drop_nulls("actor"), windows)
    parts = seen.drop("span").rename({"part": "span"})
    cut = _cut(parts, elsewhere.with_columns(elsewhere=pl.lit(1, pl.Int64)), ("elsewhere",))
    known = idle.drop_nulls("actor")["part"].implode()
    busy = pl.when(pl.col("elsewhere") > 0).then(pl.lit(Spent.MULTITASK.value)).otherwise(pl.lit(Spent.ABSENT.value))
    owned = (pl.col("spent") == Spent.UNOWNED) & pl.col("span").is_in(known)
    told = cut.with_columns(spent=pl.when(owned).then(busy).otherwise("spent"))
    return told.sort("span", "start", maintain_order=True).drop("span")


def _overlaps(idle: pl.DataFrame, windows: pl.DataFrame) -> pl.DataFrame:
    """span, begin, at: where a person's windows of work fall into the idle parts that wait for that person."""
    found: list[pl.DataFrame] = [pl.DataFrame(schema={"span": pl.UInt32, "begin": pl.Int64, "at": pl.Int64})]
    stretches = windows.sort("at").partition_by("actor", as_dict=True)
    for (actor,), parts in idle.partition_by("actor", as_dict=True).items():
        if (theirs := stretches.get((actor,))) is not None:
            found.append(_overlaps_of(parts, theirs))
    return pl.concat(found)


def _overlaps_of(parts: pl.DataFrame, windows: pl.DataFrame) -> pl.DataFrame:
    """For one person, whose windows do not overlap one another."""
    begins, ends = (np.sort(windows[name].to_numpy()) for name in ("begin", "at"))
    starts, stops = parts["start"].to_numpy(), parts["end"].to_numpy()
    first, beyond = np.searchsorted(ends, starts, side="right"), np.searchsorted(begins, stops, side="left")
    many = np.maximum(beyond - first, 0)
    which = np.repeat(np.arange(len(parts)), many)
    window = np.arange(int(many.sum())) - np.repeat(np.cumsum(many) - many, many) + np.repeat(first, many)
    return pl.DataFrame(
        {
            "span": parts["part"].to_numpy()[which],
            "begin": np.maximum(begins[window], starts[which]),
            "at": np.minimum(ends[window], stops[which]),
        },
        schema={"span": pl.UInt32, "begin": pl.Int64, "at": pl.Int64},
    )
