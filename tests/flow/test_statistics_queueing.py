"""The order of a queue, and the wait that its use explains."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.flow.statistics.queueing import (
    capacity_of,
    expected_wait,
    leaving_ranks,
    looked_at,
    one_by_one,
    one_by_one_when_heard,
    order_index,
    relief,
    until_heard,
)

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


def test_what_no_draw_can_show_is_not_drawn() -> None:
    """A slight order of many exits is as sure as one that is drawn: more than of all but one of a thousand."""
    found, others = np.tile([0.0, 0.0, 0.5, 1.0], 2000), np.full(8000, 2)

    assert order_index(found, others) == (0.25, 0.001)
    assert order_index(found[:200], others[:200])[1] == pytest.approx(0.001)


def test_those_that_leave_together_left_in_no_order() -> None:
    """A queue that is emptied at once says nothing."""
    assert ranks([(n, 50 - n) for n in range(10)]) == ([], [])


def test_the_wait_of_one_server_is_that_of_the_textbook() -> None:
    """M/M/1 waits rho / (1 - rho) services; from full use on there is no end to it."""
    assert expected_wait(0.5, 1, 3.0, 1, 1) == pytest.approx(3.0)
    assert expected_wait(0.9, 1, 1.0, 1, 1) == pytest.approx(9.0)
    assert expected_wait(0.9, 3, 1.0, 1, 1) < expected_wait(0.9, 2, 1.0, 1, 1)
    assert expected_wait(1.0, 2, 1.0, 1, 1) == math.inf


def test_who_is_looked_at_twice_as_often_waits_half_as_long_where_nothing_queues() -> None:
    """Of looks at random at what comes now and then; where a look takes one of many, more than that is saved."""
    random = np.random.default_rng(3)
    came = np.cumsum(random.exponential(1000, 400)).astype(np.int64)
    went = came + random.exponential(100, 400).astype(np.int64)

    assert looked_at(came, went, 2.0, 800) == pytest.approx(0.5, abs=0.08)
    assert looked_at(came[:5], went[:5], 2.0, 800) is None


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=40), st.floats(0.00001, 1))
def test_one_leaves_after_the_other(came: list[int], rate: float) -> None:
    """Nobody begins before he came, nor sooner after another than the rate lets."""
    arrivals = np.array(came, np.int64)
    waits = one_by_one(arrivals, rate)
    begins = np.sort(arrivals + waits)

    assert (waits >= -1e-6).all()
    assert (np.diff(begins) >= 1 / rate * (1 - 1e-6) - 1e-3).all()


def test_the_capacity_is_the_rate_of_leaving_while_it_is_full() -> None:
    """Twenty come at once and leave one every ten; what comes alone and leaves at once tells nothing."""
    came = np.repeat(np.arange(0, 10_000, 1000), 20)
    went = came + np.tile(np.arange(10, 210, 10), 10)

    assert capacity_of(came, went) == pytest.approx(0.1, rel=0.15)
    assert capacity_of(np.arange(0, 1000, 100), np.arange(5, 1005, 100)) is None


def buffered(mean: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Twelve come every hundred hours, are heard of after a while and taken by two who need about 14 each."""
    random = np.random.default_rng(5)
    came = np.repeat(np.arange(0, 20_000, 100), 12)
    heard = came + random.exponential(mean, len(came))
    free, taken = [0.0, 0.0], np.zeros(len(came))
    for n in np.argsort(heard):
        taken[n] = max(heard[n], min(free))
        free[free.index(min(free))] = taken[n] + random.uniform(10, 18)
    at, left = ((hours * 1000).astype(np.int64) for hours in (taken, taken + 14))
    return came * 1000, at, left


@pytest.mark.parametrize("mean", [2.0, 20.0, 40.0])
def test_how_long_nobody_hears_of_what_waits_shows_while_there_is_room(mean: float) -> None:
    """Whatever waits for those who work as well; where few are taken while there is room nothing shows."""
    came, taken, left = buffered(mean)

    assert until_heard(came, taken, taken, left) / 1000 == pytest.approx(mean, rel=0.25)
    assert until_heard(came[:12], taken[:12], taken, left) == 0.0


def test_what_is_heard_of_one_by_one_does_not_wait_as_a_batch_does() -> None:
    """Batches of twelve and even arrivals differ by much at once, and by little when heard of within half the time."""
    batches, even, rate = np.repeat(np.arange(0, 20_000, 100), 12), np.arange(0, 20_000, 100 / 12), 1 / 7
    apart = [
        one_by_one_when_heard(batches, rate, np.full(2400, mean)).mean()
        - one_by_one_when_heard(even.astype(np.int64), rate, np.full(2400, mean)).mean()
        for mean in (0.0, 50.0)
    ]

    assert apart[0] == pytest.approx(7 * 5.5, abs=1)
    assert apart[1] < apart[0] / 3


def test_relief_is_less_of_a_wait_and_the_more_the_fuller() -> None:
    """A tenth of the load taken from those who are busy helps more than from those who are not."""
    assert relief(0.9, 3, 1.0) == 1.0
    assert relief(0.9, 3, 0.9) < relief(0.5, 3, 0.9) < 1.0
    assert relief(0.0, 3, 0.9) == 1.0
