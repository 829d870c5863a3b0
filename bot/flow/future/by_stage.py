"""Where the time of replayed items goes, stage by stage; over all stages it sums to their mean lead time."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from bot.flow.clock import DAY, Instants
from bot.flow.findings.future import StageMoved
from bot.flow.future.replay import Lived
from bot.flow.future.segments import NONE, Segments
from bot.flow.model import StageKind, Stream
from bot.flow.statistics.intervals import Values

Times = dict[tuple[int, bool], float]


def by_stage(stream: Stream, segments: Segments, rows: Instants, lives: Sequence[Lived]) -> tuple[StageMoved, ...]:
    """`lives`: the same cases, replayed several times; their mean is told."""
    mine = segments.places.filter(np.isin(segments.row, rows)[segments.places["segment"].to_numpy()])
    before = _summed(mine["place"].to_numpy(), mine["works"].to_numpy(), mine["lasted"].to_numpy(), len(rows))
    after = _after(segments, mine, rows, lives)
    places = [n if n < len(stream.stages) else NONE for n in range(len(stream.stages) + 1)]
    return tuple(
        _moved(stream, place, before, after)
        for place in places
        if _stands(stream, place) or _time(place, before, after)
    )


def _time(place: int, *found: Times) -> float:
    return sum(times.get((place, works), 0.0) for times in found for works in (True, False))


def _stands(stream: Stream, place: int) -> bool:
    """On the way to the end."""
    on_the_way = NONE < place < stream.position(stream.end)
    return on_the_way and stream.stages[place].kind is not StageKind.DROPPED


def _moved(stream: Stream, place: int, before: Times, after: Times) -> StageMoved:
    stage = None if place == NONE else stream.stages[place]
    (process_before, process_after), (wait_before, wait_after) = (
        tuple(times.get((place, works), 0.0) for times in (before, after)) for works in (True, False)
    )
    return StageMoved(
        name=stage.name if stage else None,
        kind=stage.kind if stage else None,
        process_before=process_before,
        process_after=process_after,
        wait_before=wait_before,
        wait_after=wait_after,
    )


def _after(segments: Segments, mine: pl.DataFrame, rows: Instants, lives: Sequence[Lived]) -> Times:
    """Each segment's new time, spread over its places as its old one was; a wait that is new is where it begins."""
    known = len(segments)
    place, works = mine["place"].to_numpy(), mine["works"].to_numpy()
    segment, lasted = mine["segment"].to_numpy(), mine["lasted"].to_numpy()
    worked, waited = (np.bincount(segment[at], lasted[at], known).astype(np.float64) for at in (works, ~works))
    now_worked, now_waited = _split(segments, worked, lives)
    part = np.where(works, _by(now_worked, worked)[segment], _by(now_waited, waited)[segment])
    new = np.flatnonzero((waited == 0) & (now_waited > 0) & np.isin(segments.row, rows))
    return _summed(
        np.concatenate([place, segments.position[new]]),
        np.concatenate([works, np.zeros(len(new), np.bool_)]),
        np.concatenate([lasted * part, now_waited[new]]),
        len(rows),
    )


def _split(segments: Segments, worked: Values, lives: Sequence[Lived]) -> tuple[Values, Values]:
    """Working and waiting of each segment now: what a rule changes is waiting first; what merely moves stays mixed."""
    whole = (segments.left - segments.began).astype(np.float64)
    works, lasts = np.zeros(len(segments)), np.zeros(len(segments))
    for life in lives:
        moved = life.added * _by(worked, whole)
        works += np.where(life.ruled, np.minimum(worked, life.added), moved) / len(lives)
        lasts += life.added / len(lives)
    return works, lasts - works


def _by(part: Values, whole: Values) -> Values:
    return np.divide(part, whole, out=np.zeros(len(whole)), where=whole > 0)


def _summed(place: Instants, works: np.ndarray, lasted: Values, items: int) -> Times:
    """(position, whether somebody works) -> mean days of an item, added up in the same order each time."""
    sums = np.bincount((place - NONE) * 2 + works, lasted)
    return {(n // 2 + NONE, bool(n % 2)): float(days) / DAY / max(items, 1) for n, days in enumerate(sums) if days}
