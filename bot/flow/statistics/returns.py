"""What would have remained of a wait, competing ends, and comparison with what is alike."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bot.flow.statistics.intervals import LEVEL, RESAMPLES, ROUNDING, Values

Flags = npt.NDArray[np.bool_]
Labels = npt.NDArray[np.int64]

DECIDED = 0.95


def is_interrupted(broken_off: Values, ended: Values, least: float = 0.01, ratio: float = 0.5) -> bool:
    """Stays that were broken off are shorter than those that came to their end, clearly and by half.

    Mann-Whitney test at 1 % and ratio of the medians. A decision comes at the end of a stay, an interruption anywhere
    in it.
    """
    if min(len(broken_off), len(ended)) == 0 or not np.median(broken_off) < ratio * np.median(ended):
        return False
    from scipy.stats import mannwhitneyu

    return bool(mannwhitneyu(broken_off, ended, alternative="two-sided").pvalue < least)


def mean_residual(durations: Values, ended: Flags, ages: Values) -> Values:
    """How much longer a stay of each age would have lasted on average (Kaplan-Meier, up to the longest seen)."""
    steps = np.unique(durations)
    at_risk = len(durations) - np.searchsorted(np.sort(durations), steps, side="left")
    ends = np.searchsorted(np.sort(durations[ended]), steps, side="right") - np.searchsorted(
        np.sort(durations[ended]), steps, side="left"
    )
    surviving = np.concatenate([[1.0], np.cumprod(1 - ends / at_risk)])
    knots = np.concatenate([[0.0], steps])
    areas = np.concatenate([[0.0], np.cumsum(np.diff(knots) * surviving[:-1])])
    there = surviving[np.searchsorted(knots, ages, side="right") - 1]
    left = areas[-1] - np.interp(ages, knots, areas)
    return np.where(there > 0, left / np.maximum(there, ROUNDING), 0.0)


def incidence(times: Values, cause: Labels) -> float | None:
    """Share that ends by cause 1 rather than by 2 when 95 % are decided (Aalen-Johansen); cause 0 still runs.

    None where that many are never decided.
    """
    steps = np.unique(times[cause > 0])
    at_risk = len(times) - np.searchsorted(np.sort(times), steps, side="left")
    first, both = (
        np.searchsorted(np.sort(chosen), steps, side="right") - np.searchsorted(np.sort(chosen), steps, side="left")
        for chosen in (times[cause == 1], times[cause > 0])
    )
    surviving = np.cumprod(1 - both / at_risk)
    before = np.concatenate([[1.0], surviving[:-1]])
    reached = np.flatnonzero(surviving <= 1 - DECIDED + ROUNDING)
    if not len(reached):
        return None
    until = reached[0] + 1
    decided = 1 - surviving[until - 1]
    return float((before * first / at_risk)[:until].sum() / decided)


def sum_interval(amounts: Values, among: int) -> tuple[float, float]:
    """80 % interval of a sum over `among` items, of which only these add anything (percentile bootstrap, fixed seed).

    The same as drawing all items again: how many of these come up is binomial.
    """
    if not len(amounts):
        return 0.0, 0.0
    random = np.random.default_rng(0)
    sizes = random.binomial(among, len(amounts) / among, RESAMPLES)
    draws = [amounts[random.integers(0, len(amounts), size)].sum() for size in sizes]
    low, high = np.quantile(draws, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


@dataclass(frozen=True)
class Difference:
    value: float
    low: float
    high: float
    matched: int


def matched_difference(values: Values, treated: Flags, cells: Labels, blocks: Labels) -> Difference | None:
    """Mean difference between treated and others of the same cell, weighted by the treated of each cell.

    80 % interval: blocks of neighbours are drawn again, with repetition (percentile bootstrap, fixed seed). None where
    no cell has both.
    """
    _, cell = np.unique(cells, return_inverse=True)
    _, block = np.unique(blocks, return_inverse=True)
    shape = (int(block.max(initial=-1)) + 1, int(cell.max(initial=-1)) + 1)
    sums = np.zeros((4, *shape))
    for n, (chosen, weight) in enumerate(
        ((treated, values), (treated, np.ones_like(values)), (~treated, values), (~treated, np.ones_like(values)))
    ):
        np.add.at(sums[n], (block[chosen], cell[chosen]), weight[chosen])
    whole = _difference(sums.sum(axis=1)[:, None, :])
    if not len(values) or np.isnan(whole[0]):
        return None
    draws = np.random.default_rng(0).multinomial(shape[0], np.full(shape[0], 1 / shape[0]), RESAMPLES)
    again = _difference(np.einsum("rb,kbc->krc", draws.astype(np.float64), sums))
    low, high = np.nanquantile(again, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    both = sums.sum(axis=1)
    matched = int(both[1][(both[1] > 0) & (both[3] > 0)].sum())
    return Difference(float(whole[0]), float(low), float(high), matched)


def _difference(sums: npt.NDArray[np.float64]) -> Values:
    """Of each draw; `sums` (kind, draw, cell): total and number of the treated, total and number of the others."""
    total, n, others, m = sums
    weight = np.where((n > 0) & (m > 0), n, 0.0)
    difference = total / np.maximum(n, 1) - others / np.maximum(m, 1)
    weights = weight.sum(axis=1)
    return np.where(weights > 0, (weight * difference).sum(axis=1) / np.maximum(weights, 1), np.nan)
