"""What comes together waits for each other; what comes one by one does not.

Where a change lets items come to a stage of work at other times, they wait there for those who work as long as they
would in a queue that is emptied at the rate at which the stage is left when it is full. The stage and the buffer before
it are one place, but what waits in the buffer until somebody hears of it is not in that queue yet: it takes batches
apart. Only time in which nobody worked becomes shorter.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from bot.flow.clock import Instants
from bot.flow.future.replay import Replay, Rule
from bot.flow.future.rules import Known, shortened
from bot.flow.future.segments import Segments
from bot.flow.model import StageKind
from bot.flow.statistics.intervals import Values
from bot.flow.statistics.queueing import capacity_of, one_by_one_when_heard, until_heard

FEWEST_STAYS = 30
SHORTEST = 0.10
"""Where no trace tells of idleness, the quickest tenth of the stays waited for nobody."""


@dataclass(frozen=True)
class Stays:
    """Of a place: its segments, the stay of each (from 0), and the first and last segment of each stay."""

    segments: Instants
    stay: Instants
    first: Instants
    last: Instants


def contended(known: Known, rules: Sequence[Rule]) -> list[Rule]:
    """What follows from these rules for the waits at the stages of work, upstream ones first."""
    found: list[Rule] = []
    for positions in _places(known):
        stays = _stays(known.replay.segments, positions)
        if len(stays.first) >= FEWEST_STAYS:
            rule = _rule(known, positions[-1], stays, known.replay.begun([*rules, *found])[stays.first])
            found += [rule] if rule else []
    return found


def _places(known: Known) -> Iterator[tuple[int, ...]]:
    """Each stage of work, with the buffer before it; what lies before the first one is a matter of priorities."""
    for position, stage in enumerate(known.stream.stages):
        if stage.kind is StageKind.WORK:
            between = position > known.stream.first_work and known.is_buffer(position - 1)
            yield (position - 1, position) if between else (position,)


def _stays(segments: Segments, positions: Collection[int]) -> Stays:
    mine = np.flatnonzero(np.isin(segments.position, list(positions)) & (segments.visit < 0)).astype(np.int64)
    apart = (np.diff(mine) > 1) | (np.diff(segments.row[mine]) != 0)
    stay = np.concatenate([[0], np.cumsum(apart)]).astype(np.int64)[: len(mine)]
    ends = np.flatnonzero(apart)
    return Stays(mine, stay, mine[np.concatenate([[0], ends + 1])[: len(mine)]], mine[np.append(ends, -1)[: len(mine)]])


def _heard(replay: Replay, stage: int, stays: Stays) -> Values:
    """Mean working microseconds until somebody hears of what comes, of each stay; 0 of what skips the buffer."""
    segments, clock = replay.segments, replay.clock
    inside = segments.position[stays.segments] == stage
    worked, first = np.unique(stays.stay[inside], return_index=True)
    came = clock.elapsed(segments.began[stays.first])
    entered = clock.elapsed(segments.began[stays.segments[inside][first]])
    left = clock.elapsed(segments.left[stays.last[worked]])
    waits = segments.position[stays.first] != stage
    passed = waits[worked]
    mean = until_heard(came[worked][passed], entered[passed], entered, left) if passed.any() else 0.0
    return np.where(waits, mean, 0.0)


def _rule(known: Known, stage: int, stays: Stays, begins: Instants) -> Rule | None:
    """None where they come as they did, or never wait for each other."""
    replay, clock = known.replay, known.replay.clock
    came, comes = clock.elapsed(replay.segments.began[stays.first]), clock.elapsed(begins)
    rate = capacity_of(came, clock.elapsed(replay.segments.left[stays.last]))
    if rate is None or (came == comes).all():
        return None
    heard = _heard(replay, stage, stays)
    more = one_by_one_when_heard(comes, rate, heard) - one_by_one_when_heard(came, rate, heard)
    idle = _idle(replay, stays)
    whole = np.bincount(stays.stay, idle)
    factor = np.where(whole > 0, np.maximum(1 + more / np.maximum(whole, 1), 0.0), 1.0)
    part = np.ones(len(replay.segments))
    worked = np.maximum(replay.worked[stays.segments], 1)
    part[stays.segments] = np.maximum(1 - (1 - factor[stays.stay]) * idle / worked, 0.0)
    return shortened(known, part != 1.0, part)


def _idle(replay: Replay, stays: Stays) -> Values:
    """Working microseconds of each segment of the stays in which nobody worked."""
    segments, mine = replay.segments, stays.segments
    worked, idle = replay.worked[mine].astype(np.float64), segments.idle[mine].astype(np.float64)
    if segments.busy[mine].any():
        return np.where(segments.busy[mine] + segments.idle[mine] > 0, idle, worked)
    return np.maximum(worked - np.quantile(worked, SHORTEST), 0.0)
