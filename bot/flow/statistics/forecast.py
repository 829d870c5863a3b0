"""What to expect of items and of weeks to come, from those that were."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from bot.flow.statistics.intervals import Values, survival_quantiles

Flags = npt.NDArray[np.bool_]

DRAWS = 2000
BLOCK = 2
"""Weeks drawn together, since neighbours resemble each other."""


def expected_quantile(values: Sequence[float] | Values, p: float) -> float | None:
    """The value below which the next one lies with probability p; None where so few values cannot tell.

    Rank p * (n + 1) of the ordered values (Weibull 1939; Hyndman and Fan, type 6): exact for exchangeable values,
    where the plain quantile of few values promises too much.
    """
    rank = p * (len(values) + 1)
    if not 1 <= rank <= len(values):
        return None
    ordered = np.sort(np.asarray(values, np.float64))
    return float(np.interp(rank, np.arange(1, len(ordered) + 1), ordered))


def remaining(
    since: Values, until: Values, ended: Flags, watched_from: float, age: float, quantiles: Sequence[float], fewest: int
) -> tuple[float | None, ...] | None:
    """Quantiles of the time an item of an age still takes; None where fewer than `fewest` ended at that age or older.

    Those that reached the age are followed from then on (landmark; Kaplan-Meier with late entry), so nothing is
    assumed about how age and the rest hang together. A quantile that was not reached is None.

    `since`, `until`: when each began and was last seen, in any unit; `ended`: whether it ended then; `watched_from`:
    what happened before says nothing about today.
    """
    reached = (until - since > age) & (until > watched_from)
    start, stop, over = since[reached] + age, until[reached], ended[reached]
    if int(over.sum()) < fewest:
        return None
    entered = np.maximum(watched_from - start, 0.0)
    return survival_quantiles(stop - start, over, entered, quantiles)


def paths(history: Sequence[int], weeks: int) -> npt.NDArray[np.int64]:
    """DRAWS futures of so many weeks (draw, week -> deliveries so far), drawn from the weeks of the past.

    Blocks of two weeks; each future draws from a past that was itself drawn again, so that a short past promises less.
    """
    past = np.asarray(history, np.int64)
    random, many = np.random.default_rng(0), len(past) - BLOCK + 1
    firsts = random.integers(0, many, (DRAWS, -(-len(past) // BLOCK)))
    chosen = random.integers(0, firsts.shape[1], (DRAWS, -(-weeks // BLOCK)))
    starts = np.take_along_axis(firsts, chosen, axis=1)
    drawn = past[starts[:, :, None] + np.arange(BLOCK)].reshape(DRAWS, -1)[:, :weeks]
    return np.asarray(np.cumsum(drawn, axis=1), np.int64)


def at_least(reached: npt.NDArray[np.int64], week: int, confidence: float) -> int:
    """So many are delivered by the end of a week (from 1), with that confidence."""
    return int(np.quantile(reached[:, week - 1], 1 - confidence, method="inverted_cdf"))


def weeks_until(reached: npt.NDArray[np.int64], items: int, confidence: float) -> int | None:
    """After how many weeks so many are delivered, with that confidence; None: later than was looked ahead."""
    share = (reached >= items).mean(axis=0)
    weeks = np.flatnonzero(share >= confidence)
    return int(weeks[0]) + 1 if len(weeks) else None
