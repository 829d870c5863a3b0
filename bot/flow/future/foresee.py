"""Lens: what changes would do to the lead time, if the past may be trusted to tell."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property

import numpy as np
import polars as pl

from bot.flow.analyse import surroundings
from bot.flow.clock import DAY, Instants, WorkClock, instant
from bot.flow.findings.analysis import Analysis
from bot.flow.findings.future import BackTest, Effect, Future, FutureState, Moved
from bot.flow.findings.stations import Cadence, Station
from bot.flow.future.backtest import WEEK, back_test
from bot.flow.future.by_stage import by_stage
from bot.flow.future.changes import Change, FewerReturns, Parallel, Planned, Removal, TimeBox, as_written
from bot.flow.future.contention import contended
from bot.flow.future.loads import read_loads
from bot.flow.future.replay import Replay, Rule
from bot.flow.future.rules import CannotTell, Known, appointed, perhaps_appointed, rules_of
from bot.flow.future.segments import Flags, segments
from bot.flow.future.suggest import suggested
from bot.flow.model import Waste
from bot.flow.outlook.weeks import known_until
from bot.flow.queues.configured import queue_visits
from bot.flow.queues.discovered import cadences
from bot.flow.reconstruct import Reconstruction
from bot.flow.statistics.prediction import Change as ChangeOf
from bot.flow.statistics.prediction import changed, changed_typical, recalibrated
from bot.flow.timeline.spans import Outcome
from bot.words import amount, count

LATER = timedelta(weeks=52)
"""So far after the window goes the calendar, for what ends later than it did."""

REPLICATIONS = 20
FEWEST_ITEMS = 20
DOUBTED = 0.10
LEAST_GAIN = 0.01
"""Share of the mean lead time below which nothing is suggested."""

Realised = Mapping[str, Sequence[tuple[float, float]]]
EVER = datetime(1980, 1, 1, tzinfo=UTC)
LATER_ONES = (TimeBox, Removal, Parallel, FewerReturns)
"""Changes that shorten what others left, in this order."""


@dataclass(frozen=True)
class Foresight:
    """A stream that can be replayed. Ask it for the effect of changes.

    `realised`: by the leading key of a change, (realised less predicted, predicted) effects of those that were judged.
    """

    found: Reconstruction
    analysis: Analysis
    realised: Realised = field(default_factory=dict)

    @cached_property
    def known(self) -> Known:
        found, window = self.found, self.found.window
        wide = window.model_copy(update={"start": EVER})
        visits = queue_visits(replace(surroundings(found), window=wide))
        cut = segments(found.timeline, self._delivered, visits, found.returns)
        first = min(int(cut.starts.min(initial=instant(window.start))), instant(window.start))
        last = instant(window.end + LATER)
        return Known(
            Replay(cut, WorkClock(found.stream.calendar, first, last)),
            found.stream,
            read_loads(found),
            _cadences(found.stations),
            {queue.stage: queue for queue in self.analysis.queues},
            first,
            last,
        )

    @cached_property
    def appointed(self) -> dict[str, Rule]:
        return appointed(self.known)

    @cached_property
    def perhaps_appointed(self) -> dict[str, Rule]:
        return perhaps_appointed(self.known)

    @cached_property
    def back_test(self) -> BackTest:
        """On all that is known before the end of the window."""
        log = self.found.log
        return self.back_test_at(
            known_until(self.found.window, log.events["at"].to_numpy(), log.moves["at"].to_numpy())
        )

    def back_test_at(self, until: datetime) -> BackTest:
        """As if it were asked at a day of the past, of what had begun by then."""
        going = self.found.timeline.open().filter(~pl.col("late"))
        still = going.select("case", "start", "end", open=pl.lit(value=True))
        over = self._delivered.with_columns(open=pl.lit(value=False))
        begun = pl.concat([over, still]).filter(pl.col("start") < instant(until))
        return back_test(self.known.replay, list(self.appointed.values()), begun, instant(until))

    @cached_property
    def _delivered(self) -> pl.DataFrame:
        """Ever, so that the back-test has a past."""
        over = (pl.col("outcome") == Outcome.DELIVERED) & (pl.col("start") < pl.col("end")) & ~pl.col("late")
        return self.found.timeline.cases.filter(over).select("case", "start", "end").sort("case")

    @cached_property
    def rows(self) -> Instants:
        """Those that were delivered in the window."""
        inside = self.found.timeline.delivered(self.found.window)["case"].to_numpy()
        found: Instants = np.flatnonzero(np.isin(self.known.replay.segments.cases, inside)).astype(np.int64)
        return found

    def one(self, planned: Planned) -> Future:
        """The effect of a change, or why there is none to tell."""
        return self._future(planned.name, planned.change.words, (planned.change,), planned.change.waste)

    def together(self, plan: Sequence[Planned]) -> Future:
        """All of them in one replay, in the order of the stream."""
        ordered = sorted(plan, key=lambda each: self._place(each.change))
        words = "; ".join(each.change.words for each in ordered)
        wastes = {each.change.waste for each in plan}
        return self._future(
            "all together", words, [e.change for e in ordered], wastes.pop() if len(wastes) == 1 else None
        )

    def _place(self, change: Change) -> tuple[int, int]:
        """Where it takes hold; at one place a cadence comes before a time-box, and what leaves out comes last."""
        names = [stage.name for stage in self.found.stream.stages]
        at = min((names.index(place) for place in change.places if place in names), default=len(names))
        return at, next((n for n, kind in enumerate(LATER_ONES, start=1) if isinstance(change, kind)), 0)

    def _future(self, name: str, words: str, changes: Sequence[Change], waste: Waste | None) -> Future:
        rules: list[Rule] = []
        touched, reason = np.zeros(len(self.known.replay.segments), np.bool_), ""
        try:
            rules, touched = self._rules(changes)
        except CannotTell as why:
            reason = str(why)
        visits = touched & np.isin(self.known.replay.segments.row, self.rows)
        items = len(np.unique(self.known.replay.segments.row[visits]))
        reason = reason or self._refused(items) or self._doubted(rules)
        discrepancy = max(self._discrepancy(change) for change in changes)
        return Future(
            name=name,
            what=words,
            waste=waste,
            change=as_written(changes[0]) if len(changes) == 1 else {},
            items=items,
            visits=int(visits.sum()),
            effect=None if reason else self._effect(rules, discrepancy),
            at_least=any(change.at_least for change in changes),
            discrepancy=discrepancy,
            reason=reason,
        )

    def _rules(self, changes: Sequence[Change]) -> tuple[list[Rule], Flags]:
        """With what follows from them, and the segments that they touch themselves; what leaves out comes last."""
        own = [(change, rules_of(self.known, change)) for change in changes]
        kept = [rule for change, rules in own if not isinstance(change, FewerReturns) for rule in rules]
        dropped = [rules for change, rules in own if isinstance(change, FewerReturns)]
        relieved = [rule for rules in dropped for rule in rules[1:]]
        crowd = contended(self.known, [*self.appointed.values(), *kept]) if kept else []
        touched = np.logical_or.reduce([rules[0].concerned for _, rules in own])
        return [*kept, *relieved, *crowd, *(rules[0] for rules in dropped)], touched

    def _discrepancy(self, change: Change) -> float:
        kind = next(iter(type(change).model_fields))
        return recalibrated(change.discrepancy, self.realised.get(kind, ()))

    def _refused(self, items: int) -> str:
        if not self.back_test.passed:
            tested = self.back_test.coverage is not None
            return f"the back-test fails: {self.back_test.reason}" if tested else self.back_test.reason
        if len(self.rows) < FEWEST_ITEMS:
            few = count(len(self.rows), "item was", "items were")
            return f"{few} delivered in the window; it takes {FEWEST_ITEMS}"
        return "" if items else "it touches none of the items that were delivered in the window"

    def _doubted(self, rules: Sequence[Rule]) -> str:
        """Where it matters whether there are appointments that nothing ever waited for."""
        if not self.perhaps_appointed:
            return ""
        replay, rows = self.known.replay, self.rows
        likely, perhaps = (
            float((replay.ends([*there.values(), *rules], 0, rows) - replay.segments.ends[rows]).mean()) / DAY
            for there in (self.appointed, {**self.appointed, **self.perhaps_appointed})
        )
        whole = float((replay.segments.ends - replay.segments.starts)[rows].mean()) / DAY
        if abs(likely - perhaps) <= max(DOUBTED * max(abs(likely), abs(perhaps)), LEAST_GAIN * whole):
            return ""
        between = f"between {amount(min(likely, perhaps))} and {amount(max(likely, perhaps))} days"
        return f"it does not show whether {' and '.join(self.perhaps_appointed)} meets on other days, too: {between}"

    def _effect(self, rules: Sequence[Rule], discrepancy: float) -> Effect:
        replay, rows = self.known.replay, self.rows
        every = [*self.appointed.values(), *rules]
        seeds = 1 if all(rule.draw is None for rule in rules) else REPLICATIONS
        before = (replay.segments.ends - replay.segments.starts)[rows] / DAY
        lives = [replay.lived(every, seed, rows) for seed in range(seeds)]
        after = np.stack([(life.ends - replay.segments.starts[rows]) / DAY for life in lives])
        blocks = _blocks(replay.segments.starts[rows])
        mean, p50, p85 = (_moved(before, after, blocks, discrepancy, p) for p in (None, 0.50, 0.85))
        typical = _as_moved(changed_typical(before, after, blocks, discrepancy))
        weekly = -mean.change * len(rows) / self.found.window.weeks
        stages = by_stage(self.found.stream, replay.segments, rows, lives)
        return Effect(mean=mean, typical=typical, p50=p50, p85=p85, item_days_per_week=weekly, stages=stages)


def foresee(
    found: Reconstruction,
    analysis: Analysis,
    plan: Sequence[Planned],
    *,
    suggest: bool = False,
    realised: Realised | None = None,
) -> FutureState:
    """Every change alone, and all of them together; `realised`: see `Foresight`."""
    return foretold(Foresight(found, analysis, realised or {}), plan, suggest=suggest)


def foretold(sight: Foresight, plan: Sequence[Planned], *, suggest: bool = False) -> FutureState:
    """The same of a stream that can be replayed already."""
    analysis = sight.analysis
    ideas = _best(sight, suggested(analysis, sight.found.stream)) if suggest and sight.back_test.passed else ()
    return FutureState(
        stream=analysis.stream,
        window=sight.found.window,
        items=len(sight.rows),
        clock="working" if sight.known.replay.keeps_hours else "elapsed",
        back_test=sight.back_test,
        changes=tuple(sight.one(each) for each in plan),
        together=sight.together(plan) if len(plan) > 1 else None,
        suggestions=tuple(ideas),
    )


def _best(sight: Foresight, ideas: Iterable[Change]) -> list[Future]:
    """Those that help, the most first."""
    told = [sight.one(Planned(idea.words, idea)) for idea in ideas]
    gains = [(each.effect.mean.change, each) for each in told if each.effect and _helps(each.effect)]
    return [each for _, each in sorted(gains, key=lambda pair: (pair[0], pair[1].name))]


def _helps(effect: Effect) -> bool:
    return effect.mean.high < 0 and -effect.mean.change >= LEAST_GAIN * effect.mean.before


def _moved(before: np.ndarray, after: np.ndarray, blocks: Instants, discrepancy: float, p: float | None) -> Moved:
    return _as_moved(changed(before, after, blocks, discrepancy, p))


def _as_moved(told: ChangeOf) -> Moved:
    return Moved(before=told.before, after=told.after, change=told.after - told.before, low=told.low, high=told.high)


def _blocks(starts: Instants) -> Instants:
    """Two weeks each, numbered from 0 without gaps."""
    _, numbers = np.unique(starts // (2 * WEEK), return_inverse=True)
    return numbers.astype(np.int64)


def _cadences(stations: Sequence[Station]) -> dict[str, Cadence]:
    """Of approvals by their name, of what is deployed by its stage."""
    ships = {s.stage: s.cadence for s in stations if s.cadence and s.stage and s.queue == "deploy"}
    return {**ships, **cadences(stations)}
