"""The order of a queue, and the wait that its use explains."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.flow.statistics.queueing import expected_wait, leaving_ranks, order_index

visits = st.lists(st.tuples(st.integers(0, 30), st.integers(1, 10)), max_size=25)


def ranks(rows: list[tuple[int, int]]) -> tuple[list[float], list[int]]:
    starts, lengths = (np.array([row[n] for row in rows], np.int64) for n in (0, 1))
    found, others = leaving_ranks(starts, starts + lengths, np.ones(len(rows), bool))
    return found.tolist(), others.tolist()


@given(visits)
def test_the_rank_is_the_share_of_the_others_that_came_before(rows: list[tuple[int, int]]) -> None:
    """Counted one by one; of those that came in the same instant half."""
    counted = []
    for start, end in sorted(((s, s + d) for s, d in rows), key=lambda r: r[1]):
        others = [s for s, d in rows if s <= end < s + d]
        if len(others) >= 2:
            older = sum(s < start for s in others) + sum(s == start for s in others) / 2
            counted.append((older / len(others), len(others)))

    assert sorted(zip(*ranks(rows), strict=True)) == sorted(counted)


def test_oldest_first_is_one_and_newest_first_minus_one() -> None:
    """Twenty wait; they leave in their order, or against it."""
    first, last = ([(n, 100 + sign * n - n) for n in range(20)] for sign in (1, -1))

    for rows, index in ((first, 1.0), (last, -1.0)):
        found, others = (np.array(each) for each in ranks(rows))
        assert order_index(found, others) == (index, 0.001)


def test_those_that_leave_together_left_in_no_order() -> None:
    """A queue that is emptied at once says nothing."""
    assert ranks([(n, 50 - n) for n in range(10)]) == ([], [])


def test_the_wait_of_one_server_is_that_of_the_textbook() -> None:
    """M/M/1 waits rho / (1 - rho) services; from full use on there is no end to it."""
    assert expected_wait(0.5, 1, 3.0, 1, 1) == pytest.approx(3.0)
    assert expected_wait(0.9, 1, 1.0, 1, 1) == pytest.approx(9.0)
    assert expected_wait(0.9, 3, 1.0, 1, 1) < expected_wait(0.9, 2, 1.0, 1, 1)
    assert expected_wait(1.0, 2, 1.0, 1, 1) == math.inf
