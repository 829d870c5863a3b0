"""Quantiles, intervals of quantiles, shares and sums, and the survival curve that they rest on."""

import math
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from bot.flow.clock import days, days_or_none
from bot.flow.findings.measures import Spread, Survival

Values = npt.NDArray[np.float64]

LEVEL = 0.80
"""Of all intervals: in eight of ten cases the truth lies inside."""

NORMAL = {LEVEL: 1.2815515655446004, 0.90: 1.6448536269514722, 0.95: 1.959963984540054}
"""Level of an interval -> the normal quantile of its upper end: what SciPy's `ndtri` says, without its import."""

FEWEST_FOR_INTERVAL, FEWEST_FOR_CORRELATION = 5, 15
SLACK_OF_RANK = 0.25
"""How far beyond the outermost value a rank may lie."""

FEWEST_AT_RISK = 0.25
"""Share of those watched at any later age, below which an age is left out."""

RESAMPLES = 400
"""Draws of every bootstrap."""

DRAWN_AT_ONCE = 2_000_000
"""Numbers of items that are drawn before they are summed."""

ROUNDING = 1e-12
"""What sums of shares may miss."""


def quantile(values: Sequence[float] | Values, p: float) -> float | None:
    """Linear interpolation between order statistics (Hyndman and Fan, type 7); None of nothing."""
    return float(np.quantile(np.asarray(values, np.float64), p)) if len(values) else None


def quantile_interval(values: Sequence[float] | Values, p: float) -> tuple[float | None, float | None]:
    """80 % interval of a quantile, for values in time order.

    Fractional order statistics (Hutson 1999, doi 10.1080/02664769922458) with the effective number of values, since
    neighbours in time resemble each other. Below 5 values there is none, nor where a rank lies beyond all of them.
    """
    n = len(values)
    if n < FEWEST_FOR_INTERVAL:
        return None, None
    ordered, size = np.sort(np.asarray(values, np.float64)), effective_n(values, p) + 1
    tail = (1 - LEVEL) / 2
    low, high = (beta_share(size, p, q) * (n + 1) for q in (1 - tail, tail))
    if low < 1 - SLACK_OF_RANK or high > n + SLACK_OF_RANK:
        return None, None
    return _at_rank(ordered, low), _at_rank(ordered, high)


def beta_share(size: float, p: float, q: float) -> float:
    """The u for which Beta(size * u, size * (1 - u)) lies below p with probability q; it falls as q rises."""
    from scipy.special import betainc

    low, high = 0.0, 1.0
    for _ in range(60):
        u = (low + high) / 2
        low, high = (u, high) if betainc(size * u, size * (1 - u), p) > q else (low, u)
    return (low + high) / 2


def _at_rank(ordered: Values, rank: float) -> float:
    return float(np.interp(rank, np.arange(1, len(ordered) + 1), ordered))


def effective_n(values: Sequence[float] | Values, p: float) -> float:
    """How many independent values these are worth for a quantile: n / `inflation` of {x > quantile}.

    In a short series that is too many; no more are counted than its values are worth if each only resembles the one
    before.
    """
    x = np.asarray(values, np.float64)
    return max(min(len(x) / inflation((x > np.quantile(x, p)).astype(np.float64)), _autoregressive_n(x)), 1.0)


def _autoregressive_n(x: Values) -> float:
    """Effective number for a median, if the normal scores of the values are a first-order autoregressive series.

    Their lag-1 correlation is corrected for its bias in short series (Kendall 1954); that of being above the median is
    2 / pi * arcsin of it (Sheppard 1899).
    """
    from scipy.special import ndtri

    n = len(x)
    _, index, counts = np.unique(x, return_inverse=True, return_counts=True)
    scores = ndtri((np.cumsum(counts) - counts / 2)[index] / n)
    squares = float(scores @ scores)
    if n < FEWEST_FOR_CORRELATION or squares == 0:
        return float(n)
    phi = min(max((n * float(scores[1:] @ scores[:-1]) / squares + 1) / (n - 4), 0.0), 0.95)
    return n / (1 + 2 * float((2 / np.pi * np.arcsin(phi ** np.arange(1, min(n, 100)))).sum()))


def inflation(x: Values, missing: float = 0.0) -> float:
    """By how much the variance of a mean grows because neighbours resemble each other: 1 + 2 * sum of autocorrelations.

    The sum ends at the first pair of lags that is not positive (initial positive sequence, Geyer 1992). `missing`: what
    each autocorrelation lacks.
    """
    return _summed(_pairs(x), missing)


def corrected_inflation(x: Values) -> float:
    """The same for few values: taken around their own mean, each autocorrelation lacks about inflation / n.

    (Marriott and Pope 1954, doi 10.1093/biomet/41.3-4.390.) Found in three steps.
    """
    pairs = _pairs(x)
    found = _summed(pairs, 0.0)
    for _ in range(3):
        found = _summed(pairs, min(found / len(x), 0.25))
    return found


def _pairs(x: Values) -> Values:
    """Sums of the autocorrelations at lags 1 and 2, 3 and 4 ... up to half the length; nothing where x is constant."""
    n, variance = len(x), x.var()
    if variance == 0:
        return np.zeros(0)
    spectrum = np.fft.rfft(x - x.mean(), 1 << (2 * n - 1).bit_length())
    lags = np.fft.irfft(np.abs(spectrum) ** 2)[:n] / (n * variance)
    pairs = len(range(1, n // 2, 2))
    sums: Values = lags[1 : 1 + 2 * pairs].reshape(pairs, 2).sum(axis=1)
    return sums


def _summed(pairs: Values, missing: float) -> float:
    lasting = pairs + 2 * missing
    ends = np.flatnonzero(lasting <= ROUNDING)
    return 1 + 2 * float(lasting[: ends[0] if len(ends) else None].sum())


def survival_quantile(durations: Values, ended: npt.NDArray[np.bool_], entered: Values, p: float) -> float | None:
    """Kaplan-Meier with late entry: the first age by which a share p has ended; None if it is not reached.

    At young ages late entry can leave a handful under observation, and one end would outweigh all that follow: ages at
    which fewer are watched than FEWEST_AT_RISK of the most at any later age are left out.

    `durations`: age at which each was last seen; `ended`: whether it ended then or is still running; `entered`: age
    at which it came under observation.
    """
    return survival_quantiles(durations, ended, entered, (p,))[0]


def survival_quantiles(
    durations: Values, ended: npt.NDArray[np.bool_], entered: Values, quantiles: Sequence[float]
) -> tuple[float | None, ...]:
    """The same of several shares."""
    watched = entered < durations
    ages, ends = np.unique(durations[watched & ended], return_counts=True)
    late = entered[watched & (entered >= ages[0])] if len(ages) else ages
    at_risk = _as_old(durations[watched], ages) - _as_old(late, ages)
    most_later = np.maximum.accumulate(at_risk[::-1])[::-1]
    share = np.where(at_risk < FEWEST_AT_RISK * most_later, 0.0, ends / np.maximum(at_risk, 1))
    surviving = np.cumprod(1 - share)
    reached = [np.flatnonzero(surviving <= 1 - p + ROUNDING) for p in quantiles]
    return tuple(float(ages[first[0]]) if len(first) else None for first in reached)


def _as_old(values: Values, ages: Values) -> npt.NDArray[np.int64]:
    """How many are as old as each age, or older."""
    return len(values) - np.searchsorted(np.sort(values), ages)


def spread(durations: Sequence[float] | Values) -> Spread:
    """Distribution of durations in microseconds."""
    found = np.asarray(durations, np.float64)
    return Spread(
        n=len(found),
        mean=days(float(found.mean())) if len(found) else None,
        p50=days_or_none(quantile(found, 0.50)),
        p85=days_or_none(quantile(found, 0.85)),
    )


def survival(durations: Values, ended: npt.NDArray[np.bool_], entered: Values) -> Survival:
    """The same with those that still run."""
    p50, p85 = (days_or_none(age) for age in survival_quantiles(durations, ended, entered, (0.50, 0.85)))
    return Survival(n=len(durations), p50=p50, p85=p85)


def wilson(successes: int, n: int, level: float = LEVEL) -> tuple[float, float]:
    """Interval of a share (Wilson 1927, doi 10.1080/01621459.1927.10502953); of nothing it is 0 to 1.

    `level`: one of `NORMAL`.
    """
    return wilson_share(successes / n if n else 0.0, n, level)


def wilson_share(share: float, n: float, level: float = LEVEL) -> tuple[float, float]:
    """The same for a share that so many independent values are behind, which need not be whole."""
    if not n:
        return 0.0, 1.0
    z = NORMAL[level]
    middle, half = share + z * z / (2 * n), z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    low, high = (middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n)
    return (0.0 if share == 0 else max(low, 0.0)), (1.0 if share == 1 else min(high, 1.0))


def clopper_pearson(successes: int, n: int, level: float = 0.90) -> tuple[float, float]:
    """One-sided bounds of a share, each held at `level` (Clopper and Pearson 1934, doi 10.1093/biomet/26.4.404)."""
    from scipy.special import betaincinv

    low = float(betaincinv(successes, n - successes + 1, 1 - level)) if successes else 0.0
    high = float(betaincinv(successes + 1, n - successes, level)) if successes < n else 1.0
    return low, high


def total_intervals(amounts: npt.NDArray[np.float64], among: int) -> npt.NDArray[np.float64]:
    """80 % intervals of sums over items: they are drawn again, with repetition (percentile bootstrap, fixed seed).

    `amounts`: a row an item, a column a sum; `among`: how many items there are, with those that add nothing to any.
    Returns a row a sum: low, high.
    """
    found = np.zeros((amounts.shape[1], 2))
    some = amounts.any(axis=0)
    if among and some.any():
        added = amounts[:, some]
        sums = np.concatenate([times @ added for times in _drawn_again(len(amounts), among)])
        found[some] = np.quantile(sums, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0).T
    return found


def _drawn_again(rows: int, among: int) -> Iterator[npt.NDArray[np.float64]]:
    """How often each of the first rows is drawn, a row a draw, as many draws at a time as take little memory."""
    random, at_once = np.random.default_rng(0), max(DRAWN_AT_ONCE // among, 1)
    for first in range(0, RESAMPLES, at_once):
        times = np.empty((min(at_once, RESAMPLES - first), rows))
        for row in times:
            row[:] = np.bincount(random.integers(0, among, among), minlength=among)[:rows]
        yield times


def logarithms(days: Values) -> Values:
    """Of durations in days; what took less than a minute counts as one, so that it has a logarithm."""
    found: Values = np.log(np.maximum(days, 1 / 1440))
    return found
