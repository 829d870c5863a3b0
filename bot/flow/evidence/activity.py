"""Spans and windows of work -> what each instant was really spent on.

Evidence beats everything that a state says: an instant inside a window of work is work, and inside one of review it is
review, wherever the card is. Where a state claims work and nobody worked, the item was idle: while the one who works on
it worked on another, while nobody did, or while nobody was there who ever does. That is told only of states in which
traces of work are usual; in the others the claim stands, since work that leaves no trace cannot be told from waiting.

The one who works on an item is who leaves the next trace of work on it, or else left the last, or else whom it is
assigned to.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from bot.flow.clock import WorkClock
from bot.flow.evidence.touch import Reach, Traces
from bot.flow.history.log import Log
from bot.flow.statistics.intervals import wilson
from bot.flow.timeline.cases import Cases
from bot.flow.timeline.spans import Label, Outcome, Spent, Timeline, code
from connectors.records import EventKind

ENOUGH_VISITS = 10
USUAL = 0.25
"""A state is told to be worked in with traces if surely more than this share of its visits hold one.

Where cards are moved late, many traces lie in the state before; where nobody leaves any, hardly a visit holds one.
"""


@dataclass(frozen=True)
class Activity:
    """The timeline as evidence shows it, with too little reach, with the likely one, and with too much.

    `mid` is kept whole, the others as their parts: span (of `stated`), start, end, worked, spent, evidenced. `traced`:
    the states in which traces of work are usual.
    """

    stated: Timeline
    mid: Timeline
    least: pl.DataFrame
    most: pl.DataFrame
    traced: tuple[str, ...]

    @property
    def low(self) -> Timeline:
        return told(self.stated, self.least)

    @property
    def high(self) -> Timeline:
        return told(self.stated, self.most)

    @property
    def every(self) -> Iterator[Timeline]:
        """From the shortest reach to the longest, one after the other."""
        yield self.low
        yield self.mid
        yield self.high


def told(stated: Timeline, parts: pl.DataFrame) -> Timeline:
    """The timeline in parts, each with what its span says."""
    says = stated.spans.drop("start", "end", "worked")[parts["span"]]
    return Timeline(stated.cases, says.hstack(parts.drop("span")).select(*stated.spans.columns, "spent", "evidenced"))


def with_activity(timeline: Timeline, log: Log, cases: Cases, traces: Traces, clock: WorkClock) -> Activity:
    """Cut the spans of a timeline at the windows of work, for each reach of a trace."""
    likely = _placed(timeline, traces.windows(Reach.MID, clock), cases)
    traced, assigned = _traced(timeline, likely), _assigned(log)
    mid = told(timeline, _spent(timeline, likely, traced, assigned, clock))
    least, most = (
        _spent(timeline, _placed(timeline, traces.windows(reach, clock), cases), traced, assigned, clock)
        for reach in (Reach.LOW, Reach.HIGH)
    )
    return Activity(timeline, mid, least, most, traced)


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
    """span, start, end, worked, spent, evidenced: the parts of all spans, in order."""
    seen = _seen(timeline, windows, traced)
    lain = seen.filter((pl.col("spent") == Spent.UNOWNED) & (pl.col("start") < pl.col("end")))
    idle = _owned(lain.with_columns(case=timeline.spans["case"].gather(lain["span"])), windows, assigned)
    whole = _with_idleness(seen, idle, windows)
    worked = clock.elapsed(whole["end"].to_numpy()) - clock.elapsed(whole["start"].to_numpy())
    return whole.select("span", "start", "end", pl.Series("worked", worked), "spent", "evidenced")


def _seen(timeline: Timeline, windows: pl.DataFrame, traced: Sequence[str]) -> pl.DataFrame:
    """part, span, start, end, spent, evidenced: the spans cut at the windows; where work is claimed none is owned."""
    works = windows.select("span", "begin", "at", working="producing", reviewing=~pl.col("producing"))
    bounds = timeline.spans.select("start", "end").with_row_index("span")
    claims = (pl.col("label") == Label.WORK) & pl.col("state").is_in(list(traced))
    stated = pl.when(claims).then(code(Spent.UNOWNED)).otherwise("label")
    cut = _cut(bounds, works, ("working", "reviewing"))
    worked, reviewed = pl.col("working") > 0, pl.col("reviewing") > 0
    spent = pl.when(worked).then(code(Spent.WORK)).when(reviewed).then(code(Spent.REVIEW)).otherwise("stated")
    says = timeline.spans.select(stated=stated).to_series().gather(cut["span"])
    told = cut.with_columns(says).select("span", "start", "end", spent=spent, evidenced=worked | reviewed)
    return told.with_row_index("part")


def _cut(spans: pl.DataFrame, marks: pl.DataFrame, counts: Sequence[str]) -> pl.DataFrame:
    """The spans (span, start, end), numbered by their rows, cut at the marks (span, begin, at and what each counts as).

    With how much of each count holds there.
    """
    within = marks.with_columns(first=spans["start"].gather(marks["span"]), last=spans["end"].gather(marks["span"]))
    marked = pl.col("span").is_in(marks["span"].unique().implode())
    whole = spans.filter(~marked).with_columns(pl.lit(0, pl.Int64).alias(name) for name in counts)
    return whole.merge_sorted(_parts(spans.filter(marked), within, counts), key="span")


def _parts(spans: pl.DataFrame, marks: pl.DataFrame, counts: Sequence[str]) -> pl.DataFrame:
    """Of spans that have marks; what a mark adds it takes away again within its span."""
    zero = {name: pl.lit(0, pl.Int16) for name in counts}
    added = [pl.col(name).cast(pl.Int16) for name in counts]
    whole = spans.select("span", "start", first="start", last="end", **zero)
    began = marks.select("span", "first", "last", *added, start="begin")
    ended = marks.select("span", "first", "last", *(-name for name in added), start="at")
    deltas = pl.concat([whole, began, ended], how="diagonal").sort("span", "start")
    held = deltas.with_columns(pl.col(counts).cum_sum()).filter(_differs("span", "start").shift(-1, fill_value=True))
    following = pl.when(~_differs("span").shift(-1, fill_value=True)).then(pl.col("start").shift(-1))
    cut = held.with_columns(end=following.fill_null(pl.col("last")))
    kept = cut.filter((pl.col("start") < pl.col("end")) | (pl.col("first") == pl.col("last")))
    changed = pl.any_horizontal(_differs("span"), *((pl.col(n) > 0) != (pl.col(n).shift(1) > 0) for n in counts))
    runs = kept.select("span", "start", "end", *counts, begins=changed.fill_null(value=True))
    lasts = runs.filter(pl.col("begins").shift(-1, fill_value=True))["end"]
    return runs.filter("begins").with_columns(end=lasts).drop("begins")


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
    owned = idle.drop_nulls("actor")
    elsewhere = _overlaps(owned, windows).with_columns(elsewhere=pl.lit(value=True))
    cut = _cut(seen.select(pl.col("part").alias("span"), "start", "end"), elsewhere, ("elsewhere",))
    parts = cut.hstack(seen.select(part="span", spent="spent", evidenced="evidenced")[cut["span"]])
    busy = pl.when(pl.col("elsewhere") > 0).then(code(Spent.MULTITASK)).otherwise(code(Spent.ABSENT))
    lain = (pl.col("spent") == Spent.UNOWNED) & pl.col("span").is_in(owned["part"].implode())
    return parts.select("start", "end", "evidenced", span="part", spent=pl.when(lain).then(busy).otherwise("spent"))


def _overlaps(idle: pl.DataFrame, windows: pl.DataFrame) -> pl.DataFrame:
    """span, begin, at: where a person's windows of work fall into the idle parts that wait for that person.

    The windows of one person do not overlap one another, so those in a part follow one another.
    """
    stretches = windows.sort("actor", "at").select("actor", "begin", "at").with_row_index("number")
    first = _last(idle, stretches.select("actor", "number", at="at"), pl.col("start"))
    last = _last(idle, stretches.select("actor", "number", at="begin"), pl.col("end") - 1)
    bounds = idle.select("part", "actor", "start", "end").with_columns(first=first, last=last)
    begins = stretches.group_by("actor").agg(begins=pl.col("number").min())
    known = bounds.join(begins, on="actor").with_columns(
        first=pl.coalesce(pl.col("first") + 1, "begins"),
    )
    inside = known.filter(pl.col("first") <= pl.col("last"))
    each = inside.with_columns(number=pl.int_ranges("first", pl.col("last") + 1)).explode("number", empty_as_null=False)
    within = stretches[each["number"]].rename({"begin": "begun", "at": "until"}).drop("actor", "number")
    return each.hstack(within).select(
        span="part", begin=pl.max_horizontal("begun", "start"), at=pl.min_horizontal("until", "end")
    )


def _last(idle: pl.DataFrame, stretches: pl.DataFrame, until: pl.Expr) -> pl.Series:
    """The number of the last stretch of the same person that has come by then; null: none has."""
    asked = idle.select("actor", at=until).with_row_index("row").sort("at")
    found = asked.join_asof(stretches.sort("at"), on="at", by="actor", check_sortedness=False)
    return found.sort("row")["number"]
