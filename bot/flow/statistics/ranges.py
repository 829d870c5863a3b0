"""Sums over a range of a sequence, of the entries below a bound: many questions at once."""

import numpy as np
import numpy.typing as npt

from bot.flow.clock import Instants

Bits = npt.NDArray[np.bool_]


def sums_below(values: Instants, weights: Instants, low: Instants, high: Instants, bound: Instants) -> Instants:
    """For each question the sum of the weights of the entries [low, high) whose value is below its bound.

    A wavelet matrix (Claude and Navarro 2012, doi 10.1007/978-3-642-34109-0_18): the entries are parted by one bit of
    the rank of their value after the other, so that each question costs a few steps for each bit. Whole numbers, so
    the sums are exact.
    """
    ordered = distinct(values)
    ranks, wanted = np.searchsorted(ordered, values), np.searchsorted(ordered, bound)
    low, high = low.astype(np.int64), high.astype(np.int64)
    found = np.zeros(len(bound), np.int64)
    for bit in reversed(range(len(ordered).bit_length())):
        ones: Bits = (ranks >> bit & 1).astype(np.bool_)
        zeros, below = _before(~ones), _before(np.where(ones, 0, weights))
        up: Bits = (wanted >> bit & 1).astype(np.bool_)
        found += np.where(up, below[high] - below[low], 0)
        low, high = (np.where(up, zeros[-1] + at - zeros[at], zeros[at]) for at in (low, high))
        parted = np.concatenate([np.flatnonzero(~ones), np.flatnonzero(ones)])
        ranks, weights = ranks[parted], weights[parted]
    return found


def sums_at(values: Instants, weights: Instants, low: Instants, high: Instants, wanted: Instants) -> Instants:
    """For each question the sum of the weights of the entries [low, high) that have its value."""
    ordered, number = distinct(values), len(values) + 1
    keys = np.searchsorted(ordered, values) * number + np.arange(len(values))
    order = np.argsort(keys)
    before, rank = _before(weights[order]), np.searchsorted(ordered, wanted)
    known = np.append(ordered, 0)[rank] == wanted
    first, last = (np.searchsorted(keys[order], rank * number + at) for at in (low, high))
    found: Instants = np.where(known & (rank < len(ordered)), before[last] - before[first], 0)
    return found


def distinct(values: Instants) -> Instants:
    """Each once, in order: by sorting, which of many whole numbers is faster than the hashes of `np.unique`."""
    ordered = np.sort(values)
    once: Instants = ordered[np.diff(ordered, prepend=ordered[:1] - 1) != 0]
    return once


def numbers_below(values: Instants, low: Instants, high: Instants, bound: Instants) -> Instants:
    """For each question how many of the entries [low, high) are below its bound."""
    return sums_below(values, np.ones(len(values), np.int64), low, high, bound)


def _before(amounts: npt.NDArray[np.bool_] | Instants) -> Instants:
    """The sum of all that stand before each entry, and of all."""
    return np.concatenate([[0], np.cumsum(amounts, dtype=np.int64)])
