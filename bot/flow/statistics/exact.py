"""Tests of small counts that need no approximation, and intervals by drawing cases again."""

import numpy as np
import numpy.typing as npt

from bot.flow.statistics.intervals import FEWEST_FOR_INTERVAL, LEVEL, RESAMPLES, Values, quantile, survival_quantile


def at_least(count: int, n: int, rate: float) -> float:
    """Probability of `count` or more among n if each happens with this rate (binomial tail)."""
    from scipy.special import bdtrc

    return 1.0 if count <= 0 else float(bdtrc(count - 1, n, rate))


def more_often(hits: int, among: int, other_hits: int, other_among: int) -> float:
    """One-sided p of Fisher's exact test: that so many hits fall on the first group by chance."""
    from scipy.stats import hypergeom

    return float(hypergeom.sf(hits - 1, among + other_among, hits + other_hits, among))


def drawn_quantile(values: Values, p: float) -> tuple[float | None, float | None]:
    """80 % interval of a quantile over cases, which are drawn again with repetition (fixed seed).

    For values that are often zero, where order statistics say little. Below 5 values there is none.
    """
    if len(values) < FEWEST_FOR_INTERVAL:
        return None, None
    ordered = np.sort(values)
    random = np.random.default_rng(0)
    draws = [quantile(ordered[random.integers(0, len(ordered), len(ordered))], p) for _ in range(RESAMPLES)]
    return _middle(np.asarray(draws, np.float64))


def drawn_survival(
    durations: Values, ended: npt.NDArray[np.bool_], entered: Values, p: float
) -> tuple[float | None, float | None]:
    """80 % interval of a Kaplan-Meier quantile, by drawing cases again; an end that is not reached is None."""
    if len(durations) < FEWEST_FOR_INTERVAL:
        return None, None
    order = np.lexsort((entered, ended, durations))
    durations, ended, entered = durations[order], ended[order], entered[order]
    random = np.random.default_rng(0)
    draws = []
    for _ in range(RESAMPLES):
        chosen = random.integers(0, len(durations), len(durations))
        found = survival_quantile(durations[chosen], ended[chosen], entered[chosen], p)
        draws.append(np.inf if found is None else found)
    low, high = _middle(np.asarray(draws, np.float64))
    return (low if np.isfinite(low) else None), (high if np.isfinite(high) else None)


def _middle(draws: Values) -> tuple[float, float]:
    low, high = np.quantile(draws, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], method="nearest")
    return float(low), float(high)
