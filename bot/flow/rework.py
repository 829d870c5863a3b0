"""Returns to an earlier stage, and what each costs until it is made good.

An episode opens with a return and closes when the item gets past the stage it was returned from, or ends. Further
returns inside it belong to it: each owns the time until the next, so costs add up without overlap.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

import polars as pl

from bot.flow.clock import days, instant
from bot.flow.courts import Court
from bot.flow.model import Loop, LoopKind, StageKind, Stream, Window
from bot.flow.timeline import Outcome, Timeline

RETURN_STAGE = 0.7
"""A stage that this share of its items first enter by a return is where work is mended, not where it is done."""

AUTHOR = (Court.CHANGES_REQUESTED, Court.CHECKS_FAILED, Court.DRAFT)


@dataclass(frozen=True, slots=True)
class Stay:
    """A span, as far as loops care."""

    case: int
    position: int | None
    kind: str | None
    state: str
    court: str | None
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Return:
    """One step back: from which place to which, and the time until the next one or until it is made good.

    `charged` is the position of the stage whose result could not be used.
    """

    case: int
    origin: str
    back_to: str
    kind: LoopKind
    charged: int
    start: int
    end: int


def find_returns(stream: Stream, timeline: Timeline) -> list[Return]:
    """All returns of all cases, in order."""
    columns = timeline.spans.select("case", "position", "kind", "state", "court", "start", "end")
    stays: dict[int, list[Stay]] = defaultdict(list)
    for row in columns.iter_rows():
        stays[row[0]].append(Stay(*row))
    return [found for story in stays.values() for found in _episodes(stream, story)]


def mark_rework(timeline: Timeline, returns: Sequence[Return]) -> Timeline:
    """Add `redone` to the spans: the kind of return that a span is spent on, or null."""
    rows = [(r.case, r.start, r.end, r.kind) for r in returns]
    schema = {"case": pl.Int64, "start": pl.Int64, "until": pl.Int64, "redone": pl.String}
    begun = pl.DataFrame(rows, schema, orient="row").sort("start")
    marked = (
        timeline.spans.with_row_index("row")
        .sort("start")
        .join_asof(begun, on="start", by="case", check_sortedness=False)
    )
    within = pl.when(pl.col("start") < pl.col("until")).then("redone")
    return Timeline(timeline.cases, marked.with_columns(redone=within).sort("row").drop("row", "until"))


def rework(
    stream: Stream, timeline: Timeline, returns: Sequence[Return], names: Sequence[str], window: Window, total: float
) -> tuple[Loop, ...]:
    """The loops of the window, the most expensive first. `total`: item-days of the window."""
    start, end = instant(window.start), instant(window.end)
    groups: dict[tuple[str, str, LoopKind], list[Return]] = defaultdict(list)
    for found in returns:
        if found.start < end and max(found.start, found.end) >= start:
            groups[found.origin, found.back_to, found.kind].append(found)
    loops = [_loop(stream, timeline, found, names, (start, end), total) for found in groups.values()]
    return tuple(
        sorted((loop for loop in loops if loop.count), key=lambda loop: (-loop.cost, loop.origin, loop.back_to))
    )


def complete_and_accurate(
    stream: Stream, timeline: Timeline, returns: Sequence[Return], cases: Collection[int]
) -> dict[str, float]:
    """%C&A (Martin and Osterling): share of the given cases that passed a work stage and were never returned to it.

    A stage that items first enter by being returned ("fix it") has none.
    """
    begun = {(r.case, r.charged, r.start) for r in returns if r.kind is not LoopKind.PREEMPTION and r.case in cases}
    visits = timeline.spans.filter(pl.col("case").is_in(list(cases)) & (pl.col("kind") == StageKind.WORK))
    firsts = visits.group_by("position", "case").agg(pl.col("start").min()).sort("position", "case")
    found: dict[str, float] = {}
    for (position,), group in firsts.group_by("position", maintain_order=True):
        returned = {case for case, charged, _ in begun if charged == position}
        first_by_return = sum((case, position, start) in begun for _, case, start in group.iter_rows())
        if first_by_return < RETURN_STAGE * len(group):
            found[stream.stages[int(str(position))].name] = 1 - len(returned) / len(group)
    return found


def _episodes(stream: Stream, story: Sequence[Stay]) -> Iterator[Return]:
    """Walk the stays; `frontier` is the furthest place that the open episode was returned from."""
    pending: Return | None = None
    frontier = last = None
    for stay in (s for s in story if s.position is not None):
        step = _step_back(stream, last, stay) if last else None
        made_good = frontier is not None and _is_past(stay, frontier)
        if pending and (step or made_good):
            yield replace(pending, end=stay.start)
            pending = None
        if step and last:
            frontier = last if frontier is None or made_good or _is_past(last, frontier) else frontier
            pending = Return(stay.case, *step, stay.start, stay.start)
        elif pending is None:
            frontier = None
        last = stay
    if pending:
        yield replace(pending, end=story[-1].end)


def _step_back(stream: Stream, last: Stay, stay: Stay) -> tuple[str, str, LoopKind, int] | None:
    """(origin, back to, kind, charged) if this stay is a return from the last one."""
    if stay.position is None or last.position is None or StageKind.DROPPED in (stay.kind, last.kind):
        return None
    if stay.court == Court.CHANGES_REQUESTED and last.court is not None and last.court not in AUTHOR:
        return str(last.court), str(stay.court), LoopKind.REVIEW_ROUND, stay.position
    if stay.position >= last.position:
        return None
    return stream.stages[last.position].name, stream.stages[stay.position].name, _kind(last, stay), stay.position


def _kind(last: Stay, stay: Stay) -> LoopKind:
    if last.kind == StageKind.DONE:
        return LoopKind.REOPEN
    return LoopKind.PREEMPTION if stay.kind == StageKind.WAIT and last.kind == StageKind.WORK else LoopKind.REWORK


def _is_past(stay: Stay, other: Stay) -> bool:
    """Further down the stream; within a stage, further on in the turns of a change request."""
    if stay.position != other.position:
        return (stay.position or 0) > (other.position or 0)
    return stay.court is not None and other.court is not None and _turn(stay.court) > _turn(other.court)


def _turn(court: str) -> int:
    return 0 if court in AUTHOR else 1 if court == Court.AWAITING_REVIEW else 2


def _loop(
    stream: Stream,
    timeline: Timeline,
    found: Sequence[Return],
    names: Sequence[str],
    window: tuple[int, int],
    total: float,
) -> Loop:
    start, end = window
    cost = days(sum(max(min(r.end, end) - max(r.start, start), 0) for r in found))
    within = [r for r in found if start <= r.start < end]
    cases = sorted({r.case for r in within})
    there = _were_there(stream, timeline, found[0].origin, start, end)
    return Loop(
        origin=found[0].origin,
        back_to=found[0].back_to,
        kind=found[0].kind,
        count=len(within),
        items=len(cases),
        rate=len(cases) / there if there else None,
        cost=cost,
        share=cost / total if total else None,
        examples=tuple(names[case] for case in cases),
    )


def _were_there(stream: Stream, timeline: Timeline, origin: str, start: int, end: int) -> int:
    """Items that were at a place in the window; at the end stage also those that stayed."""
    position = next((n for n, stage in enumerate(stream.stages) if stage.name == origin), None)
    at = pl.col("court") == origin if position is None else pl.col("position") == position
    seen = set(timeline.spans.filter((pl.col("end") > start) & (pl.col("start") < end) & at)["case"])
    if position is not None and position >= stream.position(stream.end):
        seen |= set(
            timeline.cases.filter((pl.col("outcome") == Outcome.DELIVERED) & pl.col("end").is_between(start, end))[
                "case"
            ]
        )
    return len(seen)
