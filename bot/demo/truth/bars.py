"""What the engine must reach on streams whose truth is known: one line a bar.

A rate is held if it would still be good enough, less a tolerance of 0.03, at the worse end of its 95 % interval
(Wilson 1927). A mean is held if it is good enough itself; its interval draws the streams again (percentile
bootstrap). A worst case is held if the worst stream holds it, and the widest of several classes if the mean of each
that has twenty cases holds it. What nothing was measured of is not held.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import sqrt

import numpy as np

from bot.demo.truth.cells import (
    ANY_CLEAN,
    ANY_NOISY,
    CELLS,
    CHANGED,
    CLEAN,
    FORESEEN,
    HIRES,
    HONEST,
    JUDGED,
    JUDGED_NOISY,
    LATE,
    LATE_RESULTS,
    LONG,
    NOISY,
    OVERLOADED,
    OWN,
    RESULTS,
    RESULTS_OF_FIGURES,
    SCRIBE,
    STAMPED,
    STEADY,
    Cell,
)
from bot.demo.truth.run import Part, Run
from bot.demo.truth.scores import accounts, changes, future, history, odds, rework, stations, steps, waits

TOLERANCE, NORMAL, DRAWS = 0.03, 1.959964, 1000
FEWEST_OF_A_CLASS = 20


class Side(StrEnum):
    """On which side of its value a bar is held."""

    LEAST = "at least"
    MOST = "at most"
    WITHIN = "within ±"


class How(StrEnum):
    """How the parts of many streams become one value."""

    RATE = "rate"
    MEAN = "mean"
    WORST = "worst"
    WIDEST = "widest"


@dataclass(frozen=True)
class Score:
    """Something measured over the streams of some cells."""

    name: str
    of: Callable[[Run], Part | None]
    cells: tuple[Cell, ...]
    how: How = How.RATE


@dataclass(frozen=True)
class Bar:
    """A value to be reached by a score."""

    score: Score
    side: Side
    value: float

    @property
    def name(self) -> str:
        return self.score.name


@dataclass(frozen=True)
class Figure:
    """A value with its 95 % interval (None: nothing measured), and over how many cases, or streams if no rate."""

    value: float | None
    low: float | None
    high: float | None
    n: float


LEAST, MOST, WITHIN = Side.LEAST, Side.MOST, Side.WITHIN
MEAN, WORST, WIDEST = How.MEAN, How.WORST, How.WIDEST

BARS = (
    Bar(Score("queue precision", stations.precision, JUDGED_NOISY), LEAST, 0.95),
    Bar(Score("queue recall", stations.recall, JUDGED_NOISY), LEAST, 0.90),
    Bar(Score("queue recall by time", stations.recall_of_time, JUDGED_NOISY, MEAN), LEAST, 0.97),
    Bar(Score("queue precision, own movers", stations.precision, OWN), LEAST, 0.95),
    Bar(Score("queue recall, own movers", stations.recall, OWN), LEAST, 0.95),
    Bar(Score("abstention", stations.abstention, JUDGED), MOST, 0.05),
    Bar(Score("kind of queue", stations.kind_of_queue, CELLS), LEAST, 0.95),
    Bar(Score("calendar gate recall", stations.gate_recall, JUDGED), LEAST, 0.95),
    Bar(Score("calendar gate false", stations.gate_false, CELLS), MOST, 0.01),
    Bar(Score("decomposition, clean", accounts.decomposition, CLEAN, MEAN), MOST, 0.02),
    Bar(Score("decomposition, noisy", accounts.decomposition, NOISY, MEAN), MOST, 0.04),
    Bar(Score("decomposition, late moves", accounts.decomposition_of_late, (*LATE, *NOISY), MEAN), MOST, 0.10),
    Bar(Score("touch bias", accounts.touch_bias, CELLS, MEAN), WITHIN, 0.20),
    Bar(Score("touch range holds", accounts.touch_contained, CELLS), LEAST, 0.85),
    Bar(Score("rework precision, clean", rework.precision, CLEAN), LEAST, 0.98),
    Bar(Score("rework recall, clean", rework.recall, CLEAN), LEAST, 0.98),
    Bar(Score("rework precision, noisy", rework.precision, NOISY), LEAST, 0.95),
    Bar(Score("rework recall, noisy", rework.recall, NOISY), LEAST, 0.95),
    Bar(Score("rework cost, clean", rework.cost_bias, CLEAN, MEAN), WITHIN, 0.02),
    Bar(Score("rework cost, noisy", rework.cost_bias, NOISY, MEAN), WITHIN, 0.05),
    Bar(Score("order, clean", rework.order_found, ANY_CLEAN), LEAST, 1.00),
    Bar(Score("order, noisy", rework.order_found, ANY_NOISY), LEAST, 0.95),
    Bar(Score("renames recall", history.rename_recall, ANY_NOISY), LEAST, 0.95),
    Bar(Score("renames false", history.rename_false, CELLS), MOST, 0.00),
    Bar(Score("imports recall", history.import_recall, ANY_NOISY), LEAST, 0.90),
    Bar(Score("bots recall", history.bot_recall, ANY_NOISY), LEAST, 0.95),
    Bar(Score("bots false", history.bot_false, CELLS), MOST, 0.01),
    Bar(Score("median wait, overloaded", waits.median_bias, (OVERLOADED,), MEAN), WITHIN, 0.10),
    Bar(Score("interval coverage, least", waits.interval_coverage, (LONG,)), LEAST, 0.75),
    Bar(Score("interval coverage, most", waits.interval_coverage, (LONG,)), MOST, 0.85),
    Bar(Score("rubber stamp false", waits.stamp_false, (HONEST,)), MOST, 0.10),
    Bar(Score("rubber stamp power", waits.stamp_power, (STAMPED,)), LEAST, 0.90),
    Bar(Score("false alarms a year", changes.false_alarms, (STEADY,), MEAN), MOST, 0.10),
    Bar(Score("false differences", changes.false_differences, (STEADY,)), MOST, 0.12),
    Bar(Score("required order released", steps.released, HIRES), MOST, 0.01),
    Bar(Score("odds, Brier, week 4", odds.brier(4), (RESULTS,), MEAN), MOST, 0.15),
    Bar(Score("odds, Brier, week 4, of four weeks", odds.brier(4), (RESULTS_OF_FIGURES,), MEAN), MOST, 0.15),
    *(
        Bar(Score(f"odds, reliability gap, week {week}{of}", odds.reliability(week), (cell,), WIDEST), MOST, 0.10)
        for cell, of in ((RESULTS, ""), (RESULTS_OF_FIGURES, ", of four weeks"))
        for week in (4, 6, 9)
    ),
    Bar(Score("gate change, error", future.gate_error, (FORESEEN,), MEAN), WITHIN, 0.10),
    Bar(Score("gate change, coverage, least", future.gate_coverage, (FORESEEN,)), LEAST, 0.75),
    Bar(Score("gate change, coverage, most", future.gate_coverage, (FORESEEN,)), MOST, 0.97),
    Bar(Score("time-box, stamp, deploy, parallel, error", future.step_error, (FORESEEN,), MEAN), WITHIN, 0.20),
    Bar(Score("rework, attention, error", future.load_error, (FORESEEN,), MEAN), WITHIN, 0.40),
    Bar(Score("rework, attention, coverage", future.load_coverage, (FORESEEN,)), LEAST, 0.70),
    Bar(Score("right sign of changes", future.sign, (FORESEEN,)), LEAST, 1.00),
    Bar(Score("replay without a change", future.reproduced, (FORESEEN, *CELLS), WORST), MOST, 0.0),
    Bar(Score("ledger", accounts.ledger_error, CELLS, WORST), MOST, 1e-9),
)

BESIDE = (
    Score("queue recall of decided", stations.recall_of_decided, CELLS),
    Score("queue recall, scribe", stations.recall, SCRIBE),
    Score("rework precision, late moves", rework.precision, LATE),
    Score("rework recall, late moves", rework.recall, LATE),
    Score("rework cost, late moves", rework.cost_bias, LATE, MEAN),
    Score("decomposition of totals", accounts.decomposition_of_totals, CELLS, MEAN),
    Score("decomposition with touch", accounts.decomposition_with_touch, CELLS, MEAN),
    Score("beside the order", rework.beside_the_order, CELLS),
    Score("imports false", history.import_false, CELLS),
    Score("bulk recall", history.bulk_recall, ANY_NOISY),
    Score("bulk false", history.bulk_false, CELLS),
    Score("changes detected", changes.detected, (CHANGED,)),
    Score("weeks until detected", changes.delay, (CHANGED,), MEAN),
    Score("time-box, stamp, deploy, parallel, coverage", future.step_coverage, (FORESEEN,)),
    Score("time-box, error", future.cap_error, (FORESEEN,), MEAN),
    Score("rubber stamp, error", future.remove_error, (FORESEEN,), MEAN),
    Score("deploy, error", future.deploy_error, (FORESEEN,), MEAN),
    Score("parallel, error", future.parallel_error, (FORESEEN,), MEAN),
    Score("rework, error", future.rework_error, (FORESEEN,), MEAN),
    Score("attention, error", future.attention_error, (FORESEEN,), MEAN),
    Score("back-test holds", future.tested, (FORESEEN,)),
    Score("changes answered", future.answered, (FORESEEN,)),
    Score("interval claimed", waits.interval_claimed, (LONG,)),
    *(
        score
        for cell, of in ((RESULTS, ""), (RESULTS_OF_FIGURES, ", of four weeks"), (LATE_RESULTS, ", late effect"))
        for week in (4, 6, 9)
        for score in (
            Score(f"Brier, week {week}{of}", odds.brier(week), (cell,), MEAN),
            Score(f"continue that hit, week {week}{of}", odds.hits_of("continue", week), (cell,)),
        )
    ),
    *(
        score
        for cell, of in ((RESULTS, ""), (RESULTS_OF_FIGURES, ", of four weeks"), (LATE_RESULTS, ", late effect"))
        for week in (8, 10)
        for score in (
            Score(f"stopped, week {week}{of}", odds.share_of("stop", week), (cell,)),
            Score(f"stop that would have hit, week {week}{of}", odds.hits_of("stop", week), (cell,)),
        )
    ),
)
"""Scores without a bar, which explain the others."""


def judge(bar: Bar, parts: Sequence[Part]) -> bool:
    """Whether a bar is held by what its streams add up to."""
    found = measure(bar.score.how, parts)
    if found.value is None or found.low is None or found.high is None:
        return False
    rate = bar.score.how is How.RATE
    match bar.side:
        case Side.LEAST:
            return found.low >= bar.value - TOLERANCE if rate else found.value >= bar.value
        case Side.MOST:
            return found.high <= bar.value + TOLERANCE if rate else found.value <= bar.value
        case Side.WITHIN:
            return abs(found.value) <= bar.value


def measure(how: How, parts: Sequence[Part]) -> Figure:
    """What the parts of many streams add up to."""
    hits, of = sum(part.hits for part in parts), sum(part.of for part in parts)
    if not of:
        return Figure(None, None, None, 0)
    match how:
        case How.RATE:
            return Figure(hits / of, *wilson(hits, of), of)
        case How.MEAN:
            return Figure(hits / of, *_redrawn(parts), len(parts))
        case How.WORST:
            worst = max(part.hits / part.of for part in parts)
            return Figure(worst, worst, worst, len(parts))
        case How.WIDEST:
            return Figure(*_widest(parts), of)


def wilson(hits: float, of: float) -> tuple[float, float]:
    """95 % interval of a rate (Wilson 1927, doi 10.1080/01621459.1927.10502953)."""
    share, square = hits / of, NORMAL**2
    middle = (share + square / (2 * of)) / (1 + square / of)
    half = NORMAL / (1 + square / of) * sqrt(share * (1 - share) / of + square / (4 * of**2))
    return middle - half if hits else 0.0, middle + half if hits < of else 1.0


def _widest(parts: Sequence[Part]) -> tuple[float, float, float]:
    """The mean of the class whose mean is farthest from 0, as a distance, with its 95 % interval over streams."""
    classes = [[Part(*one) for one in of_all] for of_all in zip(*(part.classes for part in parts), strict=True)]
    enough = [one for one in classes if sum(part.of for part in one) >= FEWEST_OF_A_CLASS]
    means = [abs(sum(part.hits for part in one) / sum(part.of for part in one)) for one in enough]
    widest = max(range(len(means)), key=means.__getitem__)
    low, high = sorted(abs(end) for end in _redrawn(enough[widest]))
    return means[widest], low, high


def _redrawn(parts: Sequence[Part]) -> tuple[float, float]:
    """95 % interval of a ratio of sums, with the streams drawn again."""
    both = np.array([(part.hits, part.of) for part in parts])
    random = np.random.default_rng(0)
    sums = both[random.integers(0, len(both), (DRAWS, len(both)))].sum(axis=1)
    found = sums[:, 0] / np.maximum(sums[:, 1], 1e-12)
    low, high = np.quantile(found, [0.025, 0.975])
    return float(low), float(high)
