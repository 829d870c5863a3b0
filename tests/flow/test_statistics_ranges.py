"""Sums over ranges are what adding one by one gives."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bot.flow.statistics.ranges import distinct, numbers_below, sums_at, sums_below

ENTRIES = st.lists(st.tuples(st.integers(-3, 12), st.integers(-5, 2**50)), max_size=40)
QUESTIONS = st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1), st.integers(-5, 15)), max_size=20)


@given(ENTRIES, QUESTIONS)
def test_sums_below_a_bound_and_at_it(entries: list[tuple[int, int]], asked: list[tuple[float, float, int]]) -> None:
    """Of any range, also of none, with values that are equal and bounds beyond all of them."""
    values, weights = (np.array([entry[n] for entry in entries], np.int64) for n in (0, 1))
    ranges = [sorted(int(share * len(entries)) for share in question[:2]) for question in asked]
    low, high = (np.array([one[n] for one in ranges], np.int64) for n in (0, 1))
    bound = np.array([question[2] for question in asked], np.int64)
    below = [values[a:b] < limit for (a, b), limit in zip(ranges, bound, strict=True)]

    assert sums_below(values, weights, low, high, bound).tolist() == [
        int(weights[a:b][chosen].sum()) for (a, b), chosen in zip(ranges, below, strict=True)
    ]
    assert numbers_below(values, low, high, bound).tolist() == [int(chosen.sum()) for chosen in below]
    at_bound = [values[a:b] == limit for (a, b), limit in zip(ranges, bound, strict=True)]
    assert sums_at(values, weights, low, high, bound).tolist() == [
        int(weights[a:b][chosen].sum()) for (a, b), chosen in zip(ranges, at_bound, strict=True)
    ]


@given(st.lists(st.integers(-9, 9)))
def test_each_value_once(values: list[int]) -> None:
    """In order, of nothing none."""
    assert distinct(np.array(values, np.int64)).tolist() == sorted(set(values))
