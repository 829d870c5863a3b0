"""Lens: the loops that items go through, what they cost, and what it would be without them.

The gross cost of a return is its own time until it is made good. Where it broke off a wait, the item would have stayed
there anyway: the net cost is without the mean residual of that wait at its age (Kaplan-Meier, with stays that were
broken off as censored). A verdict is given at the end of a stay, so nothing is taken off. Beside it stands how much
longer returned items took than others that began in the same month and were as large.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from bot.flow.clock import DAY, WEEK, instant
from bot.flow.findings.loops import Counterfactual, Loop, PerReturn
from bot.flow.findings.measures import Grade
from bot.flow.loops.walk import Return
from bot.flow.model import LoopKind, Stream, Window
from bot.flow.statistics.intervals import Values
from bot.flow.statistics.returns import (
    Flags,
    Labels,
    is_interrupted,
    matched_difference,
    mean_residual,
    sum_interval,
)
from bot.flow.timeline.spans import Label, Outcome, Timeline, item_days
from bot.flow.timeline.stays import joined

ENOUGH, FEW = 20, 8
"""Items for the best grade, and below which nothing but the count is sure."""

QUINTILES = (0.2, 0.4, 0.6, 0.8)

Key = tuple[str, str, LoopKind]


@dataclass(frozen=True)
class _Costs:
    """Days by number of return: inside the window, in its whole life, and net of what would have come anyway."""

    within: Mapping[int, float]
    gross: Mapping[int, float]
    net: Mapping[int, float]
    interrupting: frozenset[tuple[str, LoopKind]]


@dataclass(frozen=True)
class _Delivered:
    """Of each item delivered in the window: its lead time in days, what it can be compared with, and its first week."""

    case: Labels
    lead: Values
    cell: Labels
    week: Labels


@dataclass(frozen=True)
class _Seen:
    """What every loop is measured against. `among`: items in the window; `total`: its item-days."""

    stream: Stream
    timeline: Timeline
    window: Window
    returns: Sequence[Return]
    names: Sequence[str]
    costs: _Costs
    delivered: _Delivered
    among: int
    total: float


def rework(
    stream: Stream, timeline: Timeline, returns: Sequence[Return], names: Sequence[str], window: Window, total: float
) -> tuple[Loop, ...]:
    """The loops that happened or cost something in the window, the most expensive first.

    `names`: of the items, by number; `total`: item-days of the window.
    """
    inside = timeline.within(window, "case", "owner")
    costs, among = _costs(stream, timeline, returns, inside), inside["case"].n_unique()
    seen = _Seen(stream, timeline, window, returns, names, costs, _delivered(timeline, window), among, total)
    groups: dict[Key, list[int]] = defaultdict(list)
    first, last = instant(window.start), instant(window.end)
    for number, found in enumerate(returns):
        if number in costs.within or first <= found.at < last:
            groups[found.origin, found.back_to, found.kind].append(number)
    loops = [_loop(key, numbers, seen) for key, numbers in groups.items()]
    return tuple(sorted(loops, key=lambda loop: (-loop.cost, loop.origin, loop.back_to, loop.kind)))


def _loop(key: Key, numbers: Sequence[int], seen: _Seen) -> Loop:
    """`numbers`: of its returns."""
    chosen, costs = [seen.returns[number] for number in numbers], seen.costs
    first, last = instant(seen.window.start), instant(seen.window.end)
    within = [found.case for found in chosen if first <= found.at < last]
    there = pl.concat([*_were_there(seen, key[0]), pl.Series("case", within, pl.Int64)]).n_unique()
    by_case = _by_case(chosen, [costs.within.get(number, 0.0) for number in numbers])
    cost, days = sum(by_case.values()), np.array([by_case[case] for case in sorted(by_case)])
    low, high = sum_interval(days, max(seen.among, len(days)))
    compared = _counterfactual(key[2], chosen, [costs.net.get(number, 0.0) for number in numbers], seen.delivered)
    return Loop(
        origin=key[0],
        back_to=key[1],
        kind=key[2],
        count=len(within),
        items=len(by_case),
        rate=len(set(within)) / there if there else None,
        cost=cost,
        share=cost / seen.total if seen.total else None,
        examples=tuple(seen.names[case] for case in sorted(by_case, key=lambda case: (-by_case[case], case))),
        low=low,
        high=high,
        open=sum(found.until is None for found in chosen),
        rounds=len(within) / len(set(within)) if within else None,
        escape_distance=chosen[0].distance,
        per_return=_per_return(key, numbers, seen.returns, costs),
        counterfactual=compared,
        grade=_grade(len(by_case), compared),
    )


def _by_case(returns: Sequence[Return], days: Sequence[float]) -> dict[int, float]:
    found: dict[int, float] = defaultdict(float)
    for one, cost in zip(returns, days, strict=True):
        found[one.case] += cost
    return found


def _grade(items: int, compared: Counterfactual | None) -> Grade:
    if items < FEW:
        return "C"
    return "A" if items >= ENOUGH and compared and compared.agrees else "B"


def _costs(stream: Stream, timeline: Timeline, returns: Sequence[Return], inside: pl.DataFrame) -> _Costs:
    """`inside`: the spans in the window."""
    owned, within = (
        spans.filter(pl.col("owner").is_not_null()).group_by("owner").agg(item_days())
        for spans in (timeline.spans.select("owner", "start", "end"), inside)
    )
    gross = {number: days for number, days in owned.sort("owner").iter_rows() if returns[number].until is not None}
    stays = _stays(stream, timeline, returns)
    net, interrupting = dict(gross), set()
    for (origin,), group in stays.group_by("origin", maintain_order=True):
        durations = group["days"].to_numpy()
        forward, back = (group["exit"] == way for way in ("forward", "back"))
        if is_interrupted(durations[back.to_numpy()], durations[forward.to_numpy()]):
            interrupting.add((str(origin), LoopKind.REWORK))
            broken = group.filter(back).filter(~pl.col("again"))
            residual = mean_residual(durations, forward.to_numpy(), broken["days"].to_numpy())
            for number, rest in zip(broken["number"], residual, strict=True):
                if number in net:
                    net[number] -= float(rest)
    return _Costs(dict(within.iter_rows()), gross, net, frozenset(interrupting))


def _stays(stream: Stream, timeline: Timeline, returns: Sequence[Return]) -> pl.DataFrame:
    """origin, days, exit (forward, back or else), number (of the return that ended it), again."""
    stays = joined(timeline.spans, "case", "own_position")
    follows = pl.when(pl.col("case") == pl.col("case").shift(-1)).then(pl.col("own_position").shift(-1))
    stays = stays.with_columns(next=follows).drop_nulls("own_position")
    over = timeline.cases.select("case", ended=pl.col("outcome") == Outcome.DELIVERED, at="end")
    ends = [(r.case, r.origin, r.at, number, r.again) for number, r in enumerate(returns) if r.kind is LoopKind.REWORK]
    schema = {"case": pl.Int64, "origin": pl.String, "end": pl.Int64, "number": pl.Int64, "again": pl.Boolean}
    back = pl.DataFrame(ends, schema, orient="row").unique(["case", "origin", "end"], keep="first", maintain_order=True)
    stages = {n: stage.name for n, stage in enumerate(stream.stages)}
    named = stays.with_columns(origin=pl.col("own_position").replace_strict(stages, return_dtype=pl.String))
    known = named.join(back, on=["case", "origin", "end"], how="left", maintain_order="left").join(
        over, on="case", maintain_order="left"
    )
    forward = (pl.col("next") > pl.col("own_position")) | (pl.col("ended") & (pl.col("end") == pl.col("at")))
    leaves = pl.when(pl.col("number").is_not_null()).then(pl.lit("back")).when(forward).then(pl.lit("forward"))
    days = (pl.col("end") - pl.col("start")) / DAY
    told = known.select("origin", "number", "again", days=days, exit=leaves)
    return told.with_columns(pl.col("exit").fill_null("else"), pl.col("again").fill_null(value=False))


def _per_return(key: Key, numbers: Sequence[int], returns: Sequence[Return], costs: _Costs) -> PerReturn | None:
    closed = [n for n in numbers if returns[n].until is not None]
    if not closed:
        return None
    gross, net = (sum(days.get(n, 0.0) for n in closed) / len(closed) for days in (costs.gross, costs.net))
    return PerReturn(n=len(closed), gross=gross, net=max(net, 0.0), interrupts=(key[0], key[2]) in costs.interrupting)


def _delivered(timeline: Timeline, window: Window) -> _Delivered:
    """Size is the time of the first stay in work that was not itself a return."""
    cases = timeline.delivered(window)
    spans = timeline.spans.select("case", "position", "label", "visit", "owner", "start", "end")
    works = spans.filter(pl.col("label") == Label.WORK, pl.col("visit") == 1, pl.col("owner").is_null())
    first = works.group_by("case", "position", maintain_order=True).agg(
        (pl.col("end") - pl.col("start")).sum().alias("size")
    )
    sizes = first.group_by("case", maintain_order=True).first()
    known = cases.join(sizes.select("case", "size"), on="case", how="left", maintain_order="left")
    size = known["size"].fill_null(-1).to_numpy().astype(np.float64)
    start = known["start"].to_numpy().astype(np.int64)
    cuts = np.quantile(size[size >= 0], QUINTILES) if (size >= 0).any() else np.zeros(0)
    quintile = np.where(size < 0, -1, np.searchsorted(cuts, size, side="right"))
    month = start.astype("datetime64[us]").astype("datetime64[M]").astype(np.int64)
    lead = (known["end"].to_numpy() - start) / DAY
    return _Delivered(known["case"].to_numpy(), lead, month * 10 + quintile, start // WEEK)


def _counterfactual(
    kind: LoopKind, returns: Sequence[Return], net: Sequence[float], delivered: _Delivered
) -> Counterfactual | None:
    """A defect that escaped is an item of its own, and has nothing to be compared with."""
    by_case = _by_case(returns, net)
    treated: Flags = np.isin(delivered.case, list(by_case))
    if kind is LoopKind.ESCAPED or min(treated.sum(), (~treated).sum()) < FEW:
        return None
    found = matched_difference(delivered.lead, treated, delivered.cell, delivered.week)
    if found is None or found.matched < FEW:
        return None
    own = max(float(np.mean([by_case[case] for case in delivered.case[treated]])), 0.0)
    agrees = found.low <= own <= found.high
    return Counterfactual(
        days=found.value, low=found.low, high=found.high, matched=found.matched, net=own, agrees=agrees
    )


def _were_there(seen: _Seen, origin: str) -> Iterator[pl.Series]:
    """Items that were at a place in the window; at the end stage also those that ended there and stayed."""
    stream, start, end = seen.stream, instant(seen.window.start), instant(seen.window.end)
    position = next((n for n, stage in enumerate(stream.stages) if stage.name == origin), None)
    named = (pl.col("court") == origin) | pl.col("own_state").cast(pl.String).str.ends_with(f":{origin}")
    at = named if position is None else pl.col("own_position") == position
    touched = (pl.col("end") >= start) & (pl.col("start") < end)
    yield seen.timeline.spans.lazy().filter(touched & at).select("case").collect().to_series()
    if position is not None and position >= stream.position(stream.end):
        over = pl.col("outcome").is_in([Outcome.DELIVERED, Outcome.DROPPED]) & pl.col("end").is_between(start, end)
        yield seen.timeline.cases.filter(over)["case"]
