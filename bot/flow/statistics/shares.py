"""Shares, and what chance alone makes of them."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from bot.flow.statistics.intervals import ROUNDING, Values

Numbers = npt.NDArray[np.int64]


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
