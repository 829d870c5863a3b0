"""Whether groups differ by more than chance explains, where what happens at one time may resemble each other."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from bot.flow.statistics.intervals import Values

Codes = npt.NDArray[np.int64]

BLOCK, MOST_BLOCKS = 12, 4
"""Values that make a block of neighbours in time, and how many blocks there are at most."""

DRAWS, AT_ONCE, ENOUGH = 2000, 200, 20
"""Draws, in portions; after so many that differ as much nobody needs more (Besag and Clifford 1991)."""

MOST_VALUES = 1000
"""The newest that are compared: more would only take time."""

FALSE_ALARMS = 0.05
"""Probability that anything at all is said though no two groups differ."""


def differ(values: Values, groups: Codes, times: npt.NDArray[np.int64]) -> float | None:
    """The p-value of values with the number of the group and the instant of each; None where there is but one group.

    Kruskal-Wallis on ranks within blocks of neighbours in time, divided by their size (van Elteren 1960); chance draws
    the groups again within the blocks. So a month in which all was slow, and in which one group had most, proves
    nothing. The instants should be those of beginnings, which do not depend on the values.
    """
    newest = np.lexsort((groups, values, times))[-MOST_VALUES:]
    values, groups, times = values[newest], groups[newest], times[newest]
    if len(np.unique(groups)) < 2:
        return None
    scores, blocks = _scored(values, times)
    ordered = np.lexsort((groups, scores, blocks))
    scores, blocks, groups = scores[ordered], blocks[ordered], groups[ordered]
    members = (groups[:, None] == np.unique(groups)[None, :]).astype(np.float64)
    seen, random = _apart(scores[None, :], members)[0], np.random.default_rng(0)
    hits = draws = 0
    while draws < DRAWS and hits < ENOUGH:
        shuffled = np.argsort(blocks + random.random((AT_ONCE, len(scores))), axis=1)
        hits += int((_apart(scores[shuffled], members) >= seen - 1e-12).sum())
        draws += AT_ONCE
    return (1 + hits) / (1 + draws)


def _scored(values: Values, times: npt.NDArray[np.int64]) -> tuple[Values, Codes]:
    """Mean ranks within their block, less their mean; and the number of the block. One instant is in one block."""
    n = len(values)
    count = min(max(n // BLOCK, 1), MOST_BLOCKS)
    blocks = np.searchsorted(times, times, side="left") * count // n
    scores = np.zeros(n)
    for block in np.unique(blocks):
        inside = blocks == block
        scores[inside] = _ranks(values[inside]) / (inside.sum() + 1) - 0.5
    return scores, blocks


def _ranks(values: Values) -> Values:
    """From 1; ties share their mean."""
    _, index, counts = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(counts) - (counts - 1) / 2)[index], np.float64)


def _apart(scores: Values, members: Values) -> Values:
    """How far the means of the groups are apart, of each row of scores."""
    sums = scores @ members
    return np.asarray((sums**2 / members.sum(axis=0)).sum(axis=1), np.float64)


def believed(p_values: Sequence[float], rate: float = FALSE_ALARMS) -> list[bool]:
    """Which to believe, so that with this probability at most any of them is chance (Holm 1979)."""
    order = np.argsort(p_values, kind="stable")
    kept = [False] * len(p_values)
    for rank, n in enumerate(order):
        if p_values[n] > rate / (len(p_values) - rank):
            break
        kept[n] = True
    return kept
