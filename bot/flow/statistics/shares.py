"""Shares, and what chance alone makes of them."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from bot.flow.findings.measures import Portion
from bot.flow.statistics.intervals import LEVEL, ROUNDING, Values, wilson, wilson_share

Numbers = npt.NDArray[np.int64]

FEWEST_GROUPS = 5


def most_by_chance(base: Numbers, size: int, measure: Callable[[Numbers], Values], draws: int) -> float:
    """The largest value of a measure over samples of `size` from a base, drawn with repetition from a fixed seed.

    `measure`: draws × size -> draws.
    """
    random = np.random.default_rng(0)
    return float(measure(random.choice(np.sort(base), (draws, size))).max())


def share_of_shifts(counts: Numbers, marked: npt.NDArray[np.bool_], shifts: int) -> tuple[float | None, float]:
    """Ratio of the mean count of marked days to that of the others, and how many circular shifts reach it.

    None where nothing happened on the other days. The shift by nothing is one of them, so the share is never 0.
    """
    ratio = _ratio(counts, marked)
    reached = [
        shifted is None or (ratio is not None and shifted >= ratio - ROUNDING)
        for shifted in (_ratio(counts, np.roll(marked, n)) for n in range(shifts))
    ]
    return ratio, sum(reached) / shifts


def _ratio(counts: Numbers, marked: npt.NDArray[np.bool_]) -> float | None:
    others = float(counts[~marked].mean()) if (~marked).any() else 0.0
    return float(counts[marked].mean()) / others if others and marked.any() else None


def clustered_share(parts: Numbers, wholes: Numbers) -> tuple[float, float]:
    """80 % interval of a share whose items come in groups that resemble each other, as those of a sprint do.

    Wilson's, with as many independent items as the variance of the ratio estimator over groups leaves (never more
    than there are), fewer still where few groups tell that variance (Korn and Graubard 1998): times the square of the
    normal quantile by that of Student.
    """
    from scipy.special import ndtri, stdtrit

    whole, groups = int(wholes.sum()), int((wholes > 0).sum())
    if not whole or groups < 2:
        return 0.0, 1.0
    found = float(parts.sum()) / whole
    rest = parts - found * wholes
    variance = groups / (groups - 1) * float((rest**2).sum()) / whole**2
    usual = found * (1 - found) / whole
    size = whole * min(usual / variance, 1.0) if variance > 0 else float(whole)
    tail = (1 + LEVEL) / 2
    few = float(ndtri(tail)) / float(stdtrit(groups - 1, tail))
    return wilson_share(found, size * few**2)


def portion(part: int, whole: int) -> Portion:
    """So many of so many independent items."""
    low, high = wilson(part, whole) if whole else (None, None)
    return Portion(part=part, whole=whole, share=part / whole if whole else None, low=low, high=high)


def clustered_portion(parts: Numbers, wholes: Numbers) -> Portion:
    """So many of so many items in groups that resemble each other, as a ratio of sums."""
    part, whole = int(parts.sum()), int(wholes.sum())
    low, high = clustered_share(parts, wholes) if whole else (None, None)
    return Portion(part=part, whole=whole, share=part / whole if whole else None, low=low, high=high)


def ratio_interval(parts: Values, wholes: Values) -> tuple[float | None, float | None]:
    """80 % interval of the ratio of two sums over groups: Student's, with the linearised variance (Cochran 1977).

    None of fewer than five groups. A part is never more than its whole.
    """
    from scipy.special import stdtrit

    groups, whole = len(wholes), float(wholes.sum())
    if groups < FEWEST_GROUPS or not whole:
        return None, None
    found = float(parts.sum()) / whole
    spread = float(np.sqrt(groups / (groups - 1) * ((parts - found * wholes) ** 2).sum())) / whole
    reach = float(stdtrit(groups - 1, (1 + LEVEL) / 2)) * spread
    return max(found - reach, 0.0), min(found + reach, 1.0)
