"""Where the scores read the engine: one function for each thing that they compare with the truth."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date

import polars as pl

from bot.demo.truth.run import Reading
from bot.flow.clock import DAY, instant
from bot.flow.findings.future import Effect, FutureState
from bot.flow.findings.queues import Queue
from bot.flow.findings.stations import Station
from bot.flow.loops.walk import Return as Step
from bot.flow.model import LoopKind
from bot.flow.reconstruct import Reconstruction
from bot.flow.timeline.spans import is_active


@dataclass(frozen=True)
class Return:
    """An item was sent back: from when to when in microseconds since 1970, and elapsed days of its own path.

    `round`: a reviewer asked for changes; whether the card was moved back, too, is not said.
    """

    item: str
    start: int
    end: int
    days: float
    round: bool = False


@dataclass(frozen=True)
class Interval:
    """Median wait of an approval in days with its interval, which speaks of the long run or of this period alone."""

    state: str
    n: int
    median: float | None
    low: float | None
    high: float | None
    of_process: bool


@dataclass(frozen=True)
class Prediction:
    """Days by which the mean lead time would change, with the 80 % interval."""

    change: float
    low: float
    high: float


@dataclass(frozen=True)
class StampVerdict:
    """Whether an approval is called a rubber stamp, of how many verdicts, and how many of them changed anything."""

    state: str
    n: int
    changed: int | None
    stamp: bool


@dataclass(frozen=True)
class Trend:
    """A figure that is followed from week to week.

    Of how many weeks there is a value, whether it was compared with the time before the window and differs from it, and
    the Monday of the week in which an alarm was noticed, if any.
    """

    metric: str
    weeks: int
    compared: bool
    differs: bool
    noticed: date | None


def trends(reading: Reading) -> list[Trend]:
    """All figures that are followed from week to week."""
    return [
        Trend(
            found.metric,
            sum(week.value is not None for week in found.series),
            found.before is not None,
            found.verdict in ("better", "worse"),
            found.alarm.noticed if found.alarm else None,
        )
        for found in reading.said.trend
    ]


def stations(reading: Reading) -> tuple[Station, ...]:
    """How the states behave."""
    return reading.said.stations


def spent(found: Reconstruction) -> dict[tuple[str, str], float]:
    """(item, label) -> elapsed days."""
    sums = found.timeline.spans.group_by("case", "label").agg((pl.col("end") - pl.col("start")).sum() / DAY)
    return _by_item(found, sums.iter_rows())


def touched_spans(found: Reconstruction) -> dict[tuple[str, str], float]:
    """(item, label) -> elapsed days with evidence of work."""
    traced = found.timeline.spans.filter("evidenced")
    sums = traced.group_by("case", "label").agg((pl.col("end") - pl.col("start")).sum() / DAY)
    return _by_item(found, sums.iter_rows())


def touched(found: Reconstruction, items: Collection[str]) -> tuple[float, float, float]:
    """Working days that people worked on these items: by traces alone, likely, and at most."""
    numbers = [number for number, item in enumerate(found.log.items) if item.name in items]
    least, likely, most = (
        float(timeline.spans.filter(pl.col("case").is_in(numbers) & rule)["worked"].sum()) / found.clock.day
        for timeline, rule in zip(found.activity.every, (pl.col("evidenced"), is_active(), is_active()), strict=True)
    )
    return least, likely, most


def queue_intervals(reading: Reading) -> list[Interval]:
    """Of the approvals that are one state of the tracker."""
    return [
        Interval(
            state,
            queue.n,
            queue.wait.p50,
            queue.wait.low,
            queue.wait.high,
            queue.wait.holds_for != "this period",
        )
        for state, queue in _queues(reading)
    ]


def stamp_verdicts(reading: Reading) -> list[StampVerdict]:
    """Of the approvals that are one state of the tracker."""
    return [
        StampVerdict(
            state,
            queue.stamp.n if queue.stamp else queue.n,
            queue.stamp.changed if queue.stamp else None,
            bool(queue.rubber_stamp),
        )
        for state, queue in _queues(reading)
    ]


def _queues(reading: Reading) -> Iterator[tuple[str, Queue]]:
    states = {stage.name: stage.states for stage in reading.found.stream.stages}
    for queue in reading.said.queues:
        tracked = [state for state in states.get(queue.stage, ()) if state.startswith("jira:")]
        if len(tracked) == 1:
            yield tracked[0], queue


def parallel_steps(reading: Reading) -> set[tuple[str, str]] | None:
    """The pairs of steps that could run in parallel; None where nothing is said of steps."""
    said = reading.said.sequences
    return None if said is None else {(pair.first, pair.then) for pair in said.pairs if pair.tier == "parallel"}


def returns(found: Reconstruction) -> list[Return]:
    """Every return to an earlier state; making way for something else is none."""
    end = instant(found.window.end)
    return [
        _return(found, r, number, end) for number, r in enumerate(found.returns) if r.kind is not LoopKind.PREEMPTION
    ]


def order(reading: Reading) -> tuple[str, ...] | None:
    """The states from upstream to downstream as the data show them; None where nothing is said."""
    return reading.said.order.states if reading.said.order else None


def _return(found: Reconstruction, said: Step, number: int, end: int) -> Return:
    """A return without an end is still going on."""
    own = found.timeline.spans.filter(pl.col("owner") == number)
    cost = float((own["end"] - own["start"]).sum()) / DAY
    name, is_round = found.log.items[said.case].name, said.kind is LoopKind.REVIEW_ROUND
    return Return(name, said.at, end if said.until is None else said.until, cost, is_round)


def _by_item(found: Reconstruction, rows: Iterable[tuple[int, str, float]]) -> dict[tuple[str, str], float]:
    return {(found.log.items[case].name, label): days for case, label, days in rows}


def predictions(state: FutureState) -> list[Prediction | None]:
    """What is said of each change; None where nothing is."""
    return [_prediction(change.effect) if change.effect else None for change in state.changes]


def _prediction(effect: Effect) -> Prediction:
    return Prediction(effect.mean.change, effect.mean.low, effect.mean.high)
