"""Whether a weekly figure changed: comparison of two spans of time, monitoring week by week, and natural limits.

All of it is for data in which neighbouring weeks resemble each other: tests that take every item for independent see
changes where there are none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import exp, sqrt

import numpy as np
import numpy.typing as npt

from bot.flow.findings.trend import ProcessLimits
from bot.flow.statistics.intervals import LEVEL, RESAMPLES, Values, logarithms

BASELINE_WEEKS, MONITORED_WEEKS, RECENT_WEEKS = 26, 52, 8
SLACK, AIMED, LEAST_CHANGE = 0.5, 0.08, 0.15
"""CUSUM: half the shift of one standard deviation it is tuned to; false alarms a year aimed at, so that 0.10 is kept;
what change is worth an alarm."""

BELIEVED = 0.10
"""At most so many of the changes that are told are chance."""

FAR = 3.0
"""Standard deviations beyond which a week counts no more: one wild week is no change."""

PATHS, ALIKE = 20_000, 2_000
"""Simulated series, and how many of them are compared with: those whose autocorrelation is estimated most alike."""

MOST_WEEKS = 2_000_000
"""Simulated weeks in all: fewer series where spans of years are compared."""

MOST_TRUE_PHI, MOST_PHI, STEPS_OF_PHI = 0.9, 0.95, 20
"""Autocorrelation of neighbouring weeks: in simulated series (any from 0 is as likely), and as estimated."""

FEWEST_WEEKS, FINEST = 4, 1000
"""Of each side of a comparison; and the steps in which the bootstrap reads a quantile."""

FEWEST_FOR_LIMITS = 20
MOVING_RANGE, RUN = 2.66, 8
"""3 / d2 for ranges of two values (Wheeler, Understanding Variation, 1993); so many on one side are a signal too."""

_TAIL_OF_NORMAL, _SPREAD_OF_NORMAL = 1.2816, 1.4826
"""Of a normal distribution: half the width of its middle 80 %, and its deviation by its median absolute deviation."""


@dataclass(frozen=True)
class Sample:
    """Values in time order with the number of the week of each; with weights their mean is meant, else a quantile."""

    values: Values
    weeks: npt.NDArray[np.int64]
    weights: Values | None = None


@dataclass(frozen=True)
class Comparison:
    """A figure before and after, and its relative change with an 80 % interval (None: it was 0 before).

    `p_value`: of as large a difference by chance. `apart`: it leaves out 0 (if None: that of the difference).
    """

    before: float
    after: float
    change: float | None
    low: float | None
    high: float | None
    p_value: float
    apart: bool
    effective: tuple[float, float]


@dataclass(frozen=True)
class Alarm:
    """A weekly figure left its baseline: at which index it was noticed, and since when it probably differs.

    `p_value`: probability of such an alarm in the weeks watched while nothing changes. `baseline` and `recent`:
    medians.
    """

    at: int
    since: int
    baseline: float
    recent: float
    p_value: float


def compare(before: Sample, after: Sample, p: float = 0.5) -> Comparison | None:
    """What a figure was before and is after a known date; None where either side spans less than 4 weeks.

    Mann-Whitney test with the variance that values in time order really have; the figure is the p-quantile of the
    values, or with weights their weighted mean, which is tested week by week. How far chance alone leads is read from
    simulated weeks whose autocorrelation is estimated alike. The interval draws whole weeks again, widened likewise.
    """
    found = _compared(before, after, p)
    if found is None:
        return None
    first, second = found.figures
    difference = _widened(found.drawn[1] - found.drawn[0], second - first, found.widening)
    change, low, high = _relative(first, second, *found.drawn, found.widening)
    return Comparison(
        before=first,
        after=second,
        change=change,
        low=low,
        high=high,
        p_value=found.p_value,
        apart=(difference[0] if low is None else low) > 0 or (difference[1] if high is None else high) < 0,
        effective=found.effective,
    )


def compare_typical(before: Sample, after: Sample) -> Comparison | None:
    """The same of the geometric mean of durations in days: the mean of their logarithms, tested week by week."""
    found = _compared(_logarithms(before), _logarithms(after), 0.5)
    if found is None:
        return None
    first, second = found.figures
    low, high = _widened(found.drawn[1] - found.drawn[0], second - first, found.widening)
    return Comparison(
        before=exp(first),
        after=exp(second),
        change=exp(second - first) - 1,
        low=exp(low) - 1,
        high=exp(high) - 1,
        p_value=found.p_value,
        apart=low > 0 or high < 0,
        effective=found.effective,
    )


def _logarithms(sample: Sample) -> Sample:
    return Sample(logarithms(sample.values), sample.weeks, np.ones(len(sample.values)))


@dataclass(frozen=True)
class _Compared:
    """Two figures, what they are drawn again, and how far chance leads."""

    figures: tuple[float, float]
    drawn: tuple[Values, Values]
    widening: float
    p_value: float
    effective: tuple[float, float]


def _compared(before: Sample, after: Sample, p: float) -> _Compared | None:
    sides = before, after
    spans = [int(np.ptp(sample.weeks)) + 1 if len(sample.weeks) else 0 for sample in sides]
    if min(spans) < FEWEST_WEEKS:
        return None
    tested = [_tested(sample, before, after, p) for sample in sides]
    ranked = _ranked(tested[0], tested[1], *spans)
    usual = _by_chance(ranked.phi, *spans)
    return _Compared(
        figures=(_figure(before, p), _figure(after, p)),
        drawn=(_drawn(before, p, 0), _drawn(after, p, 1)),
        widening=sqrt(_long_run(ranked.phi)) * float(np.quantile(usual, LEVEL)) / _TAIL_OF_NORMAL,
        p_value=float((usual >= ranked.distance).mean()),
        effective=(len(before.values) / ranked.inflation, len(after.values) / ranked.inflation),
    )


@dataclass(frozen=True)
class _Ranked:
    """Standardised distance of the rank sums, autocorrelation of the weeks, and by how much variance is larger."""

    distance: float
    phi: float
    inflation: float


def _ranked(before: Sample, after: Sample, weeks_before: int, weeks_after: int) -> _Ranked:
    """The rank-sum statistic; ties share their mean rank.

    Its variance is larger than that of independent values by two factors: items of one week resemble each other
    (sums of ranks by week), and so do weeks that follow each other.
    """
    n, m = len(before.values), len(after.values)
    every = np.concatenate([before.values, after.values])
    _, index, counts = np.unique(every, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[index]
    rest = np.concatenate([ranks[:n] - ranks[:n].mean(), ranks[n:] - ranks[n:].mean()])
    if not rest.any():
        return _Ranked(float("inf") if np.ptp(ranks) else 0.0, 0.0, 1.0)
    weeks = np.concatenate([before.weeks - before.weeks.min(), after.weeks - after.weeks.min() + weeks_before])
    sums = np.bincount(weeks, rest, weeks_before + weeks_after).astype(np.float64)[None, :]
    clustered = max(float((sums**2).sum() / (rest**2).sum()), 1.0)
    phi = float(_phi(sums, weeks_before)[0])
    inflation = clustered * _long_run(phi)
    variance = float((rest**2).sum()) / (n + m) * (1 / n + 1 / m) * inflation
    return _Ranked(abs(float(ranks[n:].mean() - ranks[:n].mean())) / sqrt(variance), phi, inflation)


def _phi(rest: Values, weeks_before: int) -> Values:
    """Lag-1 autocorrelation of rows of deviations from the means of two sides.

    That of a short series is too low, by about (1 + 4 phi) / n for one mean (Kendall 1954), by twice that for two.
    """
    n = rest.shape[1]
    sides = rest[:, :weeks_before], rest[:, weeks_before:]
    products, squares = sum((s[:, 1:] * s[:, :-1]).sum(axis=1) for s in sides), (rest**2).sum(axis=1)
    raw = np.divide(products, squares, out=np.zeros(len(rest)), where=squares > 0)
    return np.asarray(np.clip((n * raw + 2) / max(n - 8, n / 2), 0.0, MOST_PHI), np.float64)


def _long_run(phi: float) -> float:
    """By how much the variance of a mean is larger in a first-order autoregressive series."""
    return (1 + phi) / (1 - phi)


@lru_cache(maxsize=64)
def _differences(weeks_before: int, weeks_after: int) -> tuple[Values, Values]:
    """Of series in which nothing changes, in the order of their estimated phi: that, and the standardised distance."""
    random = np.random.default_rng(0)
    true = random.uniform(0.0, MOST_TRUE_PHI, min(PATHS, MOST_WEEKS // (weeks_before + weeks_after)))
    paths = autoregressive(true, weeks_before + weeks_after, random)
    means = [side.mean(axis=1, keepdims=True) for side in (paths[:, :weeks_before], paths[:, weeks_before:])]
    rest = np.concatenate([paths[:, :weeks_before] - means[0], paths[:, weeks_before:] - means[1]], axis=1)
    phi = _phi(rest, weeks_before)
    variance = (rest**2).mean(axis=1) * (1 / weeks_before + 1 / weeks_after) * (1 + phi) / (1 - phi)
    order = np.argsort(phi, kind="stable")
    return phi[order], (np.abs(means[1] - means[0])[:, 0] / np.sqrt(variance))[order]


def _by_chance(phi: float, weeks_before: int, weeks_after: int) -> Values:
    return _alike(phi, *_differences(weeks_before, weeks_after))


def _alike(phi: float, phis: Values, found: Values) -> Values:
    """What was found in the simulated series whose phi is estimated most alike; `phis` ascending."""
    low, high = np.searchsorted(phis, phi, side="left"), np.searchsorted(phis, phi, side="right")
    middle = int(low + high) // 2
    alike = len(phis) * ALIKE // PATHS
    begin = min(max(middle - alike // 2, 0), len(phis) - alike)
    return found[min(begin, int(low)) : max(begin + alike, int(high))]


def _widened(drawn: Values, middle: float, widening: float) -> tuple[float, float]:
    """80 % interval of draws whose distance from the middle is multiplied."""
    low, high = np.quantile(middle + widening * (drawn - middle), [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def _figure(sample: Sample, p: float) -> float:
    if sample.weights is None:
        return float(np.quantile(sample.values, p))
    whole = float(sample.weights.sum())
    return float((sample.values * sample.weights).sum()) / whole if whole else 0.0


def _tested(sample: Sample, before: Sample, after: Sample, p: float) -> Sample:
    """What is ranked: the values; for another quantile than the median, which lie above it; or the means of weeks."""
    if sample.weights is not None:
        weeks, means = weekly_means(sample)
        return Sample(means, weeks)
    if p == 0.5:
        return sample
    cut = np.quantile(np.concatenate([before.values, after.values]), p)
    return Sample((sample.values > cut).astype(np.float64), sample.weeks)


def weekly_means(sample: Sample) -> tuple[npt.NDArray[np.int64], Values]:
    """The weeks that have any weight, and the weighted mean of each."""
    weights = np.ones(len(sample.values)) if sample.weights is None else sample.weights
    weeks, index = np.unique(sample.weeks, return_inverse=True)
    whole = np.bincount(index, weights, len(weeks))
    parts = np.bincount(index, weights * sample.values, len(weeks))
    return weeks[whole > 0], parts[whole > 0] / whole[whole > 0]


def _relative(
    before: float, after: float, first: Values, second: Values, widening: float
) -> tuple[float | None, float | None, float | None]:
    """The ratio less 1 and its interval, on the logarithmic scale; an interval only of what is never 0."""
    if before <= 0:
        return None, None, None
    if after <= 0 or not (first > 0).all() or not (second > 0).all():
        return after / before - 1, None, None
    low, high = _widened(np.log(second / first), float(np.log(after / before)), widening)
    return after / before - 1, float(np.exp(low)) - 1, float(np.exp(high)) - 1


def _drawn(sample: Sample, p: float, seed: int) -> Values:
    """The figure of RESAMPLES draws of whole weeks, with repetition (block bootstrap, fixed seed)."""
    weeks, index = np.unique(sample.weeks, return_inverse=True)
    random = np.random.default_rng(seed)
    times = random.multinomial(len(weeks), np.full(len(weeks), 1 / len(weeks)), RESAMPLES).astype(np.float64)
    if sample.weights is not None:
        whole = times @ np.bincount(index, sample.weights)
        parts = times @ np.bincount(index, sample.weights * sample.values)
        return np.divide(parts, whole, out=np.zeros(RESAMPLES), where=whole > 0)
    ordered = np.argsort(sample.values, kind="stable")
    step = -(-len(ordered) // FINEST)
    counts = np.zeros((-(-len(ordered) // step), len(weeks)))
    np.add.at(counts, (np.arange(len(ordered)) // step, index[ordered]), 1)
    reached = times @ np.cumsum(counts, axis=0).T
    first = (reached >= p * reached[:, -1:]).argmax(axis=1)
    return np.asarray(sample.values[ordered[first * step]], np.float64)


def discoveries(p_values: Sequence[float], rate: float = BELIEVED) -> list[bool]:
    """Which of several findings to believe, so that at most `rate` of the believed are chance (Benjamini-Hochberg)."""
    ordered = sorted(p_values)
    passed = [p for rank, p in enumerate(ordered, start=1) if p <= rank * rate / len(ordered)]
    return [p <= max(passed, default=-1.0) for p in p_values]


def monitor(values: Sequence[float | None], baseline: int = BASELINE_WEEKS) -> Alarm | None:
    """The first alarm of a weekly series of figures that are not negative; None where a week has none.

    Two-sided CUSUM of the weeks after the first `baseline` that have a figure. Its threshold is the 92 % quantile of
    its maximum over a year in simulated series in which nothing changes: first-order autoregressive, their mean,
    deviation and autocorrelation estimated from as short a baseline. It is an alarm only if the median of the last 8
    weeks differs by 15 % as well. None too where the baseline is short or does not vary: nothing can be told.
    """
    weeks = [n for n, value in enumerate(values) if value is not None]
    known = np.array([values[n] for n in weeks], np.float64)
    if len(known) <= baseline or baseline < RECENT_WEEKS:
        return None
    level, deviation, phi = _baseline(_even(known)[None, :baseline])
    if not deviation[0] > 0:
        return None
    sums = _cusum(((_even(known) - level[0]) / deviation[0])[None, baseline:])[0]
    maxima = _maxima(round(float(phi[0]) * STEPS_OF_PHI), baseline)
    usual = float(np.median(known[:baseline]))
    for n in np.flatnonzero(np.abs(sums).max(axis=0) > np.quantile(maxima, 1 - AIMED)):
        recent = float(np.median(known[baseline + n + 1 - RECENT_WEEKS : baseline + n + 1]))
        up = bool(sums[0, n] > -sums[1, n])
        if abs(recent - usual) >= LEAST_CHANGE * usual and (recent > usual) == up:
            side = np.abs(sums[0 if up else 1])
            at_rest = np.flatnonzero(side[: n + 1] == 0)
            since = baseline + (int(at_rest[-1]) + 1 if len(at_rest) else 0)
            p_value = float((maxima >= side.max()).mean())
            return Alarm(weeks[baseline + n], weeks[since], usual, recent, max(p_value, 1 / ALIKE))
    return None


def _even(values: Values) -> Values:
    """On the scale on which such figures vary evenly: the logarithm, or with zeros the square root."""
    return np.log(values) if (values > 0).all() else np.sign(values) * np.sqrt(np.abs(values))


def _baseline(paths: Values) -> tuple[Values, Values, Values]:
    """Mean, standard deviation and lag-1 autocorrelation of each row, far values drawn in.

    The autocorrelation of a short series is too low by about (1 + 4 phi) / n (Kendall 1954); none is taken for
    negative, which would only raise the alarm sooner.
    """
    middle = np.median(paths, axis=1, keepdims=True)
    reach = FAR * _SPREAD_OF_NORMAL * np.median(np.abs(paths - middle), axis=1, keepdims=True)
    drawn_in = np.where(reach > 0, np.clip(paths, middle - reach, middle + reach), paths)
    level, n = drawn_in.mean(axis=1), paths.shape[1]
    centred = drawn_in - level[:, None]
    squares = (centred**2).sum(axis=1)
    raw = np.divide(
        (centred[:, 1:] * centred[:, :-1]).sum(axis=1), squares, out=np.zeros(len(paths)), where=squares > 0
    )
    phi = np.clip((n * raw + 1) / (n - 4), 0.0, MOST_PHI)
    return level, np.sqrt(squares / (n - 1)), phi


def _cusum(z: Values) -> npt.NDArray[np.float64]:
    """Rows of standardised weeks -> row, side (upper, lower), week: the two cumulative sums, the lower one negative."""
    steps = np.clip(z, -FAR, FAR)
    sums = np.zeros((len(z), 2, z.shape[1]))
    up, down = np.zeros(len(z)), np.zeros(len(z))
    for week in range(z.shape[1]):
        up = np.maximum(up + steps[:, week] - SLACK, 0.0)
        down = np.minimum(down + steps[:, week] + SLACK, 0.0)
        sums[:, 0, week], sums[:, 1, week] = up, down
    return sums


@lru_cache(maxsize=64)
def _maxima(step_of_phi: int, baseline: int) -> Values:
    """Of years in which nothing changes, the largest sum of each, where phi is estimated so from the baseline.

    The estimate has a standard error of about sqrt((1 - phi^2) / n); mean and deviation are estimated again.
    """
    random, phi = np.random.default_rng(0), step_of_phi / STEPS_OF_PHI
    true = phi + random.normal(size=ALIKE) * sqrt((1 - phi**2) / baseline)
    paths = autoregressive(np.clip(true, 0.0, MOST_PHI), baseline + MONITORED_WEEKS, random)
    level, deviation, _ = _baseline(paths[:, :baseline])
    z = (paths[:, baseline:] - level[:, None]) / deviation[:, None]
    return np.asarray(np.abs(_cusum(z)).max(axis=(1, 2)), np.float64)


def autoregressive(phi: Values, length: int, random: np.random.Generator) -> Values:
    """A stationary series of variance 1 for each phi."""
    noise = random.normal(size=(len(phi), length))
    paths = np.empty_like(noise)
    paths[:, 0] = noise[:, 0]
    for n in range(1, length):
        paths[:, n] = phi * paths[:, n - 1] + np.sqrt(1 - phi**2) * noise[:, n]
    return paths


def natural_limits(values: Sequence[float | None]) -> ProcessLimits | None:
    """XmR chart of a weekly series, drawn on the scale on which it varies evenly; None below 20 values.

    A lower limit at or below 0 says nothing and is None. For display: such charts cry wolf in series in which
    neighbours resemble each other, and how often is said.
    """
    known = np.array([value for value in values if value is not None], np.float64)
    if len(known) < FEWEST_FOR_LIMITS:
        return None
    even, logarithmic = _even(known), bool((known > 0).all())
    centre, width = float(even.mean()), MOVING_RANGE * float(np.abs(np.diff(even)).mean())
    back = np.exp if logarithmic else np.square
    phi = float(_baseline(even[None, :])[2][0])
    return ProcessLimits(
        centre=float(back(centre)),
        low=float(back(centre - width)) if logarithmic or centre > width else None,
        high=float(back(centre + width)),
        false_signals=_false_signals(round(phi * 10)),
    )


@lru_cache(maxsize=16)
def _false_signals(tenths_of_phi: int) -> float:
    """Signals in a year in which nothing changes: points beyond the limits, and runs of 8 that begin."""
    random, baseline = np.random.default_rng(0), BASELINE_WEEKS
    paths = autoregressive(np.full(ALIKE, tenths_of_phi / 10), baseline + MONITORED_WEEKS, random)
    level = paths[:, :baseline].mean(axis=1, keepdims=True)
    width = MOVING_RANGE * np.abs(np.diff(paths[:, :baseline], axis=1)).mean(axis=1, keepdims=True)
    watched = paths[:, baseline:] - level
    run, begun = np.zeros(ALIKE), np.zeros(ALIKE)
    for week in range(MONITORED_WEEKS):
        same = np.sign(watched[:, week]) == np.sign(watched[:, max(week - 1, 0)])
        run = np.where(same, run + 1, 1)
        begun += run == RUN
    return float(((np.abs(watched) > width).sum(axis=1) + begun).mean())


def weekly_quantile(sample: Sample, p: float) -> dict[int, float]:
    """Of each week that has values, as `intervals.quantile` has it."""
    weeks, counts = np.unique(sample.weeks, return_counts=True)
    first = np.cumsum(counts) - counts
    ordered = sample.values[np.lexsort((sample.values, sample.weeks))]
    places = (counts - 1) * p
    low = np.floor(places).astype(np.int64)
    below, above = ordered[first + low], ordered[first + np.minimum(low + 1, counts - 1)]
    share, apart = places - low, above - below
    found = np.where(share < 0.5, below + apart * share, above - apart * (1 - share))
    return dict(zip(weeks.tolist(), found.tolist(), strict=True))
