"""Items, lived once more: each from its own start, or from another, with what is changed.

What is not changed keeps its working time (its elapsed time where most of the stream is not done in working hours), so
that it goes on after a night; checks keep their elapsed time. What waits for an appointment waits for as many of them
as it did, from when it now comes. Whatever begins when it did, ends when it did: nothing changes without a change.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from bot.flow.clock import Instants, WorkClock
from bot.flow.future.segments import Flags, Segments
from bot.flow.statistics.intervals import Values

KEEPS_HOURS = 0.75
"""Share of what ends in working hours, from which on the stream keeps them."""

Draw = Callable[[np.random.Generator], Flags]
Retimed = Callable[[Instants, Instants, Instants], Instants]


@dataclass(frozen=True)
class Lanes:
    """Segments that follow each other and would begin together, each stage on a lane of its own.

    Of each segment: `first` of all that begin together (-1: it begins when the one before it is over), and the
    `previous` one on its lane (-1: none, it begins with the first).
    """

    first: Instants
    previous: Instants


@dataclass(frozen=True)
class Rule:
    """When the segments that a change concerns end now.

    `left`: (segments, when each begins now, when each would end now by what stands before) -> when they end. `draw`:
    which of those concerned it is this time; None: all of them, each time. `lanes`: None where nothing begins together.
    """

    concerned: Flags
    left: Retimed
    draw: Draw | None = None
    lanes: Lanes | None = None

    def drawn(self, random: np.random.Generator) -> Flags:
        """The segments of one replication."""
        return self.concerned if self.draw is None else self.concerned & self.draw(random)


@dataclass(frozen=True)
class Lived:
    """A replay: when each case ends now, and what becomes of each segment.

    `begun`: when it begins now; `added`: by how much it moves the end of its case, which sums to the lead time (0 of
    cases that were not replayed); `ruled`: whether a rule has a say in when it ends.
    """

    ends: Instants
    begun: Instants
    added: Instants
    ruled: Flags


class Replay:
    """Of these segments, by this clock, which must know the time after them, too."""

    def __init__(self, segments: Segments, clock: WorkClock) -> None:
        self.segments, self.clock = segments, clock
        self.worked = clock.elapsed(segments.left) - clock.elapsed(segments.began)
        closing = clock.instant_of(clock.elapsed(segments.left))
        self._after_hours = segments.left - closing
        night = clock.last_instant_of(clock.elapsed(segments.left)) - closing
        inside = (self._after_hours == 0) | (self._after_hours >= night)
        self.keeps_hours = bool(inside.mean() >= KEEPS_HOURS) if len(segments) else True
        self._elapsed = segments.machine | (self.worked == 0) | (not self.keeps_hours)

    def ends(
        self, rules: Sequence[Rule], seed: int = 0, rows: Instants | None = None, starts: Instants | None = None
    ) -> Instants:
        """When each case of `rows` (default: every one) ends now, begun at `starts` (default: when it was)."""
        return self.lived(rules, seed, rows, starts).ends

    def begun(self, rules: Sequence[Rule]) -> Instants:
        """When each segment begins now."""
        return self.lived(rules).begun

    def lived(
        self, rules: Sequence[Rule], seed: int = 0, rows: Instants | None = None, starts: Instants | None = None
    ) -> Lived:
        """The same with what becomes of each segment."""
        random, known = np.random.default_rng(seed), self.segments
        begun, ended = known.began.copy(), known.began.copy()
        added, ruled = np.zeros(len(known), np.int64), np.zeros(len(known), np.bool_)
        beside = [rule.lanes for rule in rules if rule.lanes]
        drawn = [(rule.drawn(random), rule) for rule in rules]
        rows = np.arange(len(known.cases)) if rows is None else rows
        order = np.argsort(-known.many[rows], kind="stable")
        now = (known.starts[rows] if starts is None else starts)[order]
        first, many = known.first[rows][order], known.many[rows][order]
        for k in range(int(many.max(initial=0))):
            active = slice(int(np.searchsorted(-many, -k, side="left")))
            here, begins = first[active] + k, now[active]
            for lanes in beside:
                begins = _on_lane(lanes, here, begins, begun, ended)
            alone = self.after(here, begins)
            ends = _left(here, begins, alone.copy(), drawn)
            begun[here], ruled[here] = begins, ends != alone
            if beside:
                ended[here] = ends
            added[here] = gained = np.maximum(ends - now[active], 0)
            now[active] += gained
        over = np.empty_like(now)
        over[order] = now
        return Lived(over, begun, added, ruled)

    def after(self, here: Instants, arrived: Instants, part: float | Values = 1.0) -> Instants:
        """When these segments end that begin so, if they take that part of their time."""
        found: Instants = self.segments.left[here]
        parts = np.broadcast_to(part, here.shape)
        moved = np.flatnonzero((arrived != self.segments.began[here]) | (parts != 1.0))
        found[moved] = self._moved(here[moved], arrived[moved], parts[moved])
        return found

    def _moved(self, here: Instants, arrived: Instants, part: Values) -> Instants:
        """The same of what begins at another time or takes another."""
        known = self.segments
        left = arrived + np.rint((known.left[here] - known.began[here]) * part).astype(np.int64)
        by_hours = np.flatnonzero(~self._elapsed[here])
        left[by_hours] = self._after_work(here[by_hours], arrived[by_hours], part[by_hours])
        return left

    def _after_work(self, here: Instants, arrived: Instants, part: Values) -> Instants:
        """Of what keeps its working time."""
        clock = self.clock
        worked = np.rint(self.worked[here] * part).astype(np.int64)
        base = clock.instant_of(clock.elapsed(arrived) + worked)
        night = clock.last_instant_of(clock.elapsed(base)) - base
        found: Instants = np.maximum(base + np.minimum(self._after_hours[here], night), arrived)
        return found

    def on_duty(self, at: Instants) -> Instants:
        """Each instant, or when work begins again after it."""
        if not self.keeps_hours:
            return at
        found: Instants = np.maximum(self.clock.last_instant_of(self.clock.elapsed(at)), at)
        return found


def _left(here: Instants, arrived: Instants, left: Instants, drawn: Sequence[tuple[Flags, Rule]]) -> Instants:
    """`left`: when they would end by themselves, which is overwritten."""
    for concerned, rule in drawn:
        hit = concerned[here]
        if hit.any():
            left[hit] = rule.left(here[hit], arrived[hit], left[hit])
    return left


def _on_lane(lanes: Lanes, here: Instants, begins: Instants, begun: Instants, ended: Instants) -> Instants:
    """When these segments begin: after the previous one on their lane, or with the first of all."""
    first, previous = lanes.first[here], lanes.previous[here]
    together = np.where(previous >= 0, ended[previous], begun[first])
    found: Instants = np.where(first >= 0, together, begins)
    return found
