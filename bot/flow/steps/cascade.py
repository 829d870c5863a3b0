"""Lens: from "decided" to "being worked on": how long it takes an initiative to reach the work, and whose work none is.

An initiative is an item that came to the state in which initiatives are decided; the first time counts. Its work is
what lies under it by parent links. A trace of work is a commit, a review, an edit or a work log of a person on an item
under it, or on a change request of that item; where an item has none of these, that a person took it to work. Since
only the parents of today are known, an item that is older than the decision was already in flight, and what happened to
it before does not count.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
import polars as pl

from bot.flow.clock import DAY, days_or_none, instant, moment
from bot.flow.evidence.activity import Activity
from bot.flow.findings.cascade import Alignment, Cascade, Initiative, Lag, LevelLag
from bot.flow.findings.measures import Doubt, Portion
from bot.flow.history.kinds import EVIDENCE
from bot.flow.history.log import Log
from bot.flow.model import StageKind, Stream, Window
from bot.flow.statistics.exact import drawn_survival
from bot.flow.statistics.intervals import survival
from bot.flow.statistics.shares import clustered_portion
from bot.flow.steps.checkpoints import Checkpoints, checkpoints
from bot.flow.steps.lineage import Lineage, children_of, lineage
from bot.flow.steps.milestones import claimed_moves, first_entries, states_of
from bot.flow.timeline.cases import Cases
from bot.flow.timeline.spans import Timeline
from bot.frames import Items

FEWEST = 5
"""Initiatives that have an interval."""

HALF, MOST = 0.5, 0.8
"""Shares of the parts of an initiative that were worked on."""


@dataclass(frozen=True)
class Reached:
    """When, in instants: an initiative was decided, each level under it was created, and its parts were worked on."""

    item: int
    decided: int
    created: tuple[int, ...]
    leaves: tuple[int, ...]
    in_flight: int
    parts: int
    worked: tuple[int, ...]
    """the first trace of work on each part that has one, in order"""

    def when(self, share: float) -> int | None:
        """When so many of its parts were worked on, at least one."""
        needed = max(ceil(share * self.parts - 1e-9), 1)
        return self.worked[needed - 1] if len(self.worked) >= needed else None


def cascade(stream: Stream, log: Log, cases: Cases, activity: Activity, window: Window) -> Cascade | None:
    """None where the stream does not say when an initiative is decided."""
    if stream.decided is None:
        return None
    children = children_of(log.items)
    decided = first_entries(stream, log, stream.decided)
    under = lineage(log.items, children, set(decided))
    traces = _traces(stream, log, cases)
    first = _first_traces(traces, decided, under)
    every = [_reached(n, at, log.items, under, children, first) for n, at in sorted(decided.items())]
    looked = checkpoints(stream, log, cases, decided, under, window)
    start, end = instant(window.start), instant(window.end)
    seen = [r for r in every if r.decided >= start or (r.when(0) or end) >= start]
    return Cascade(
        decided=stream.decided,
        initiatives=len(seen),
        lag_first=_lag(seen, 0, start, end),
        lag_half=_lag(every, HALF, start, end),
        lag_most=_lag(every, MOST, start, end),
        levels=tuple(_levels(seen, under, log.items, end)),
        alignment=_alignment(traces, activity, decided, under, window),
        checkpoints_missed=_missed(looked),
        without_items=tuple(sorted(log.items.names[r.item] for r in every if _is_empty(r, looked[r.item]))),
        never_connected=tuple(sorted(log.items.names[r.item] for r in every if not r.worked)),
        items=tuple(
            _initiative(r, looked[r.item], log.items, end)
            for r in sorted(seen, key=lambda r: _urgency(r, log.items, end))
        ),
        reason=" ".join(_reasons(stream, seen)) or None,
        doubts=tuple(_doubts(stream, log, every, under)),
    )


def _traces(stream: Stream, log: Log, cases: Cases) -> pl.DataFrame:
    """item, at, who: every trace of a person's work, on an item or on a change request of it."""
    roots = cases.members.filter(pl.col("case") != pl.col("item")).select("item", of="case")
    left = log.events.filter(pl.col("kind").is_in(EVIDENCE) & pl.col("attended")).select("item", "at", who="actor")
    joined = left.join(roots, on="item", how="left").with_columns(pl.coalesce("of", "item").alias("item")).drop("of")
    moves = claimed_moves(stream, log).filter(
        (pl.col("kind") == StageKind.WORK) & pl.col("human") & ~pl.col("bulk") & ~pl.col("assumed")
    )
    return pl.concat([joined, moves.join(joined, on="item", how="anti").select("item", "at", who="by")])


def _first_traces(traces: pl.DataFrame, decided: Mapping[int, int], under: Lineage) -> dict[tuple[int, int], int]:
    """(initiative, item under it) -> the first trace of work since the decision."""
    rows = [(top, n, decided[top]) for top, parts in under.parts.items() for n in parts]
    places = pl.DataFrame(rows, {"top": pl.Int64, "item": pl.Int64, "decided": pl.Int64}, orient="row")
    since = traces.join(places, on="item").filter(pl.col("at") >= pl.col("decided"))
    return {(top, n): at for top, n, at in since.group_by("top", "item").agg(pl.col("at").min()).iter_rows()}


def _reached(
    top: int,
    at: int,
    items: Items,
    under: Lineage,
    children: Mapping[int, Sequence[int]],
    first: Mapping[tuple[int, int], int],
) -> Reached:
    leaves = tuple(under.leaves(top, children))
    worked: dict[int, int] = {}
    for n in leaves:
        trace, part = first.get((top, n)), under.parts[top][n]
        if trace is not None:
            worked[part] = min(trace, worked.get(part, trace))
    born = {n: instant(items[n].created_at) for n in under.parts[top]}
    created = tuple(max(at, min(born[n] for n in level)) for level in under.levels[top])
    older = sum(born[n] < at for n in leaves)
    parts = len(set(under.parts[top].values()))
    return Reached(top, at, created, leaves, older, parts, tuple(sorted(worked.values())))


def _lag(reached: Sequence[Reached], share: float, start: int, end: int) -> Lag:
    """Of those decided in the window, and of those decided before that were not there when it began."""
    seen = [r for r in reached if r.decided >= start or (r.when(share) or end) >= start]
    durations, ended = _durations([(r.decided, r.when(share)) for r in seen], end)
    entered = np.array([max(start - r.decided, 0) for r in seen], np.float64)
    low, high = drawn_survival(durations, ended, entered, 0.5)
    return Lag(
        **survival(durations, ended, entered).model_dump(),
        waiting=int((~ended).sum()),
        low=days_or_none(low),
        high=days_or_none(high),
    )


def _durations(
    pairs: Sequence[tuple[int, int | None]], end: int
) -> tuple[np.ndarray[tuple[int], np.dtype[np.float64]], np.ndarray[tuple[int], np.dtype[np.bool_]]]:
    """From one instant to the other, or to the end; and whether the other came. What took no time took an instant."""
    ended = np.array([over is not None for _, over in pairs], np.bool_)
    lengths = [max((end if over is None else over) - since, 1) for since, over in pairs]
    return np.array(lengths, np.float64), ended


def _levels(seen: Sequence[Reached], under: Lineage, items: Items, end: int) -> Iterator[LevelLag]:
    """From the decision to the first item of each level, and from the last level that there is to the work."""
    depth = max((len(r.created) for r in seen), default=0)
    for level in range(depth):
        pairs = [
            (r.created[level - 1] if level else r.decided, r.created[level] if level < len(r.created) else None)
            for r in seen
            if level <= len(r.created)
        ]
        yield _level(f"first {_called(seen, under, items, level)} created", pairs, end)
    last = [(r.created[-1], r.when(0)) for r in seen if r.created]
    if last:
        yield _level("first work on it", last, end)


def _level(name: str, pairs: Sequence[tuple[int, int | None]], end: int) -> LevelLag:
    durations, ended = _durations([(since, None if at is None else max(at, since)) for since, at in pairs], end)
    found = survival(durations, ended, np.zeros(len(durations)))
    return LevelLag(**found.model_dump(), level=name, waiting=int((~ended).sum()))


def _called(seen: Sequence[Reached], under: Lineage, items: Items, level: int) -> str:
    """The most frequent type of a level."""
    types = [items[n].type or "item" for r in seen if level < len(r.created) for n in under.levels[r.item][level]]
    return max(sorted(set(types)), key=types.count).lower()


def _alignment(
    traces: pl.DataFrame, activity: Activity, decided: Mapping[int, int], under: Lineage, window: Window
) -> Alignment:
    """By what the spans hold and by days with a trace; only what comes after the decision is aligned."""
    since = {n: decided[top] for top, parts in under.parts.items() for n in parts}
    start, end = instant(window.start), instant(window.end)
    inside = traces.filter(pl.col("at").is_between(start, end, closed="left")).drop_nulls("who")
    days = inside.select("item", "who", day=pl.col("at") // DAY, own=_aligned("item", "at", since))
    shares = [_share(timeline, since, start, end) for timeline in (activity.low, activity.high)]
    active = days.group_by("item", "who", "day").agg(pl.col("own").any())
    by_days = float(active["own"].to_numpy().mean()) if len(active) else None
    known = [s for s in (*shares, by_days) if s is not None]
    low, high = (min(known), max(known)) if known else (None, None)
    return Alignment(
        low=low,
        high=high,
        shortest=shares[0],
        longest=shares[1],
        days=by_days,
        orphan_low=None if high is None else 1 - high,
        orphan_high=None if low is None else 1 - low,
    )


def _aligned(item: str, at: str, since: Mapping[int, int]) -> pl.Expr:
    decided = pl.col(item).replace_strict(dict(since), default=None, return_dtype=pl.Int64)
    return (pl.col(at) >= decided).fill_null(value=False)


def _share(timeline: Timeline, since: Mapping[int, int], start: int, end: int) -> float | None:
    """Of the evidence in the spans, as far as they lie inside the window, what lies under a decided initiative."""
    length = (pl.col("end") - pl.col("start")).clip(lower_bound=1)
    inside = (pl.col("end").clip(start, end) - pl.col("start").clip(start, end)) / length
    weighed = timeline.spans.filter("evidenced").select(
        weight=inside * pl.col("worked"), own=_aligned("case", "end", since)
    )
    whole = float(weighed["weight"].sum())
    return float(weighed.filter("own")["weight"].sum()) / whole if whole else None


def _urgency(reached: Reached, items: Items, end: int) -> tuple[bool, int, str]:
    first = reached.when(0)
    return first is not None, reached.decided - (end if first is None else first), items.names[reached.item]


def _missed(looked: Mapping[int, Checkpoints]) -> Portion:
    due = [one for one in looked.values() if one.due]
    missed, whole = (np.array(numbers, np.int64) for numbers in ([o.missed for o in due], [o.due for o in due]))
    return clustered_portion(missed, whole)


def _is_empty(reached: Reached, looked: Checkpoints) -> bool:
    return not reached.leaves and looked.over is None


def _initiative(reached: Reached, looked: Checkpoints, items: Items, end: int) -> Initiative:
    first, half, most = (_days(reached.decided, reached.when(share)) for share in (0, HALF, MOST))
    item = items[reached.item]
    return Initiative(
        item=item.name,
        title=item.title,
        url=item.url,
        decided=moment(reached.decided),
        leaves=len(reached.leaves),
        in_flight=reached.in_flight,
        first=first,
        half=half,
        most=most,
        waited=(end - reached.decided) / DAY,
        over=looked.over is not None,
        checkpoints=looked.due,
        missed=looked.missed,
        idle=None if looked.acted is None or looked.over is not None else (end - looked.acted) / DAY,
    )


def _days(since: int, at: int | None) -> float | None:
    return None if at is None else (at - since) / DAY


def _reasons(stream: Stream, seen: Sequence[Reached]) -> Iterator[str]:
    if not seen:
        yield f'No item came to "{stream.decided}" by the end of the window.'
    elif not any(r.leaves for r in seen):
        yield "Nothing lies under any initiative; are the projects of its work in the sources of the stream?"
    elif len(seen) < FEWEST:
        yield f"{len(seen)} initiatives are too few for an interval."


def _doubts(stream: Stream, log: Log, every: Sequence[Reached], under: Lineage) -> Iterator[Doubt]:
    names = log.items.names
    if any(r.leaves for r in every):
        yield Doubt(
            kind="link times",
            detail="when items were put under an initiative is not known; work on one that was linked later counts "
            "since the decision",
            touches=("cascade",),
        )
    if older := [r for r in every if r.in_flight]:
        yield _in_flight(older, names)
    for kind, detail, found in (
        ("decided again", "decided more than once; the first time counts", _decided_again(stream, log)),
        ("circle of parents", "these are their own ancestors by parent links", under.cyclic),
    ):
        if found:
            yield Doubt(kind=kind, detail=detail, items=tuple(sorted(names[n] for n in found)), touches=("cascade",))


def _in_flight(older: Sequence[Reached], names: Sequence[str]) -> Doubt:
    flying = sum(r.in_flight for r in older)
    return Doubt(
        kind="already in flight",
        detail=f"{flying} items are older than the decision they lie under; what happened to them before it does "
        "not count",
        items=tuple(sorted(names[r.item] for r in older)),
        touches=("cascade.lag_first", "cascade.lag_half", "cascade.lag_most"),
    )


def _decided_again(stream: Stream, log: Log) -> list[int]:
    """Items that came to the state of decision more than once."""
    there = pl.col("state").is_in(states_of(stream, log, stream.decided or ""))
    entered = there & ~there.shift(1, fill_value=False).over("item")
    times = log.moves.filter(entered).group_by("item").len()
    return times.filter(pl.col("len") > 1)["item"].sort().to_list()
