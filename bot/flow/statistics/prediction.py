"""How sure a prediction is, and whether predictions of the past were right."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, sqrt

import numpy as np
import numpy.typing as npt

from bot.flow.findings.measures import NORMAL_80
from bot.flow.statistics.intervals import RESAMPLES, Values, corrected_inflation, logarithms

PRIOR_WEIGHT = 4.0
"""As so many judged predictions counts what is assumed beforehand of how wrong a replay may be."""

BINS = 5
GRID = FINEST = 1000


@dataclass(frozen=True)
class Change:
    """A figure before and after, and the 80 % interval of their difference."""

    before: float
    after: float
    low: float
    high: float


def changed(
    before: Values, after: npt.NDArray[np.float64], blocks: npt.NDArray[np.int64], discrepancy: float, p: float | None
) -> Change:
    """The p-quantile (None: the mean) of values before, and after in each of several replications (a row each).

    The variance of the difference is that of blocks drawn again together with the replications, and of the model, which
    is wrong by `discrepancy` of the effect. `blocks`: the block of each value, from 0.
    """
    random, many = np.random.default_rng(0), int(blocks.max(initial=0)) + 1
    times = random.multinomial(many, np.full(many, 1 / many), RESAMPLES).astype(np.float64)
    drawn, differences = _drawn(before, blocks, times, p), np.empty(RESAMPLES)
    for number, row in enumerate(after):
        mine = slice(number, None, len(after))
        differences[mine] = _drawn(row, blocks, times[mine], p) - drawn[mine]
    start = _figure(before, p)
    effect = float(np.mean([_figure(row, p) for row in after])) - start
    short = many / (many - 1) if many > 1 else 1.0
    half = NORMAL_80 * sqrt(float(np.var(differences)) * short + (discrepancy * effect) ** 2)
    return Change(start, start + effect, effect - half, effect + half)


def changed_typical(
    before: Values, after: npt.NDArray[np.float64], blocks: npt.NDArray[np.int64], discrepancy: float
) -> Change:
    """The same of the geometric mean of durations in days: of the mean of their logarithms."""
    told = changed(logarithms(before), logarithms(after), blocks, discrepancy, None)
    first = exp(told.before)
    return Change(first, exp(told.after), first * (exp(told.low) - 1), first * (exp(told.high) - 1))


def _figure(values: Values, p: float | None) -> float:
    return float(values.mean() if p is None else np.quantile(values, p))


def _drawn(values: Values, blocks: npt.NDArray[np.int64], times: npt.NDArray[np.float64], p: float | None) -> Values:
    """The figure of values whose blocks count so many times each, a row a draw; quantiles in FINEST steps."""
    many = times.shape[1]
    if p is None:
        whole, parts = np.bincount(blocks, minlength=many), np.bincount(blocks, values, many)
        mean: Values = (times @ parts) / (times @ whole)
        return mean
    order = np.argsort(values, kind="stable")
    step = -(-len(values) // FINEST)
    steps = -(-len(values) // step)
    counts = np.bincount(blocks[order] * steps + np.arange(len(values)) // step, minlength=many * steps)
    reached = np.cumsum(times @ counts.reshape(many, steps).astype(np.float64), axis=1)
    at = (reached < p * reached[:, -1:]).sum(axis=1)
    found: Values = values[order][np.minimum(at * step + step // 2, len(values) - 1)]
    return found


def recalibrated(prior: float, errors: Sequence[tuple[float, float]]) -> float:
    """How wrong a replay may be by its effect, after predictions were judged: (realised less predicted, predicted)."""
    judged = [(error / effect) ** 2 for error, effect in errors if effect]
    return sqrt((PRIOR_WEIGHT * prior**2 + sum(judged)) / (PRIOR_WEIGHT + len(judged)))


def survival_masses(values: Values, ended: npt.NDArray[np.bool_]) -> Values:
    """How likely each value is (Kaplan-Meier): 0 of those that were cut off, whose share goes to all that are larger.

    In the order of the values that were given; they sum to less than 1 where the largest did not end.
    """
    order = np.lexsort((~ended, values))
    at_risk = len(values) - np.arange(len(values))
    hazard = ended[order] / at_risk
    before = np.concatenate([[1.0], np.cumprod(1 - hazard)[:-1]])
    found = np.empty(len(values))
    found[order] = before * hazard
    return found


@dataclass(frozen=True)
class Judged:
    """Coverage of the 80 % interval; mean CRPS; p of the chi-square test that the PIT is uniform."""

    coverage: float
    score: float
    uniform: float


def judged(drawn: Values, outcomes: Values, ended: npt.NDArray[np.bool_]) -> Judged:
    """Outcomes in the order in which they began, some of which are cut off, against draws of a prediction.

    Draws may be infinite. Continuous ranked probability score (Gneiting and Raftery 2007), of what was cut off as far
    as it was seen. Probability integral transform in five bins; neighbours resemble each other, so they are worth
    fewer.
    """
    from scipy.special import chdtrc

    ordered = np.sort(drawn)
    places = (np.searchsorted(ordered, outcomes, "left") + np.searchsorted(ordered, outcomes, "right")) / 2
    pit = places / len(ordered)
    mass = survival_masses(pit, ended)
    rest = max(1.0 - float(mass.sum()), 0.0)
    inside = float(mass[(pit >= 0.1) & (pit <= 0.9)].sum())
    inside += rest * float(pit[~ended].max(initial=0.0) < 0.1)
    shares = np.bincount(np.minimum((pit * BINS).astype(np.int64), BINS - 1), mass, BINS)
    shares[-1] += rest
    independent = int(ended.sum()) / max(corrected_inflation(pit), 1.0)
    distance = independent * float(((shares - 1 / BINS) ** 2).sum()) * BINS
    return Judged(inside, _crps(ordered, outcomes, ended), float(chdtrc(BINS - 1, distance)))


def crps(drawn: Values, outcomes: Values, ended: npt.NDArray[np.bool_]) -> float:
    """Mean continuous ranked probability score of outcomes against draws."""
    return _crps(np.sort(drawn), outcomes, ended)


def _crps(ordered: Values, outcomes: Values, ended: npt.NDArray[np.bool_]) -> float:
    """Integral of (F(t) - 1{t >= y})^2 up to the largest outcome; of what was cut off, up to there."""
    grid = np.linspace(0.0, float(outcomes.max(initial=0.0)), GRID)
    reached = np.searchsorted(ordered, grid, side="right") / len(ordered)
    step = grid[1] - grid[0]
    below, above = (np.concatenate([[0.0], np.cumsum(part[1:] * step)]) for part in (reached**2, (1 - reached) ** 2))
    scores = np.interp(outcomes, grid, below)
    scores += np.where(ended, above[-1] - np.interp(outcomes, grid, above), 0.0)
    return float(scores.mean())
