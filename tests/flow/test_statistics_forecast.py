"""Expectation: so many come true as were promised."""

import numpy as np
import pytest

from bot.flow.statistics.forecast import at_least, expected_quantile, paths, remaining, weeks_until

RANDOM = np.random.default_rng(20260105)


@pytest.mark.parametrize("n", [10, 20, 50])
def test_eight_of_ten_new_values_lie_between(n: int) -> None:
    """Also from few; the plain quantiles of ten values hold 0.68 of what comes."""
    draws = RANDOM.lognormal(size=(3000, n + 1))
    hits = sum(
        low <= new <= high
        for *past, new in draws.tolist()
        if (low := expected_quantile(past, 0.10)) is not None and (high := expected_quantile(past, 0.90)) is not None
    )

    assert 0.77 < hits / 3000 < 0.83


def test_few_values_promise_no_far_quantile() -> None:
    """The largest of five is exceeded by one in six."""
    assert expected_quantile([1.0, 2.0, 3.0, 4.0, 5.0], 0.85) is None
    assert expected_quantile([1.0, 2.0, 3.0, 4.0, 5.0], 0.50) == 3.0
    assert expected_quantile([], 0.50) is None


def test_what_remains_is_read_from_those_that_were_as_old() -> None:
    """Half of the items take one day, half ten: after two days eight remain."""
    since = np.arange(40.0)
    until = since + np.where(np.arange(40) % 2, 10.0, 1.0)
    found = remaining(since, until, np.ones(40, bool), -1e9, 2.0, (0.5, 0.85), 20)

    assert found == (8.0, 8.0)
    assert remaining(since, until, np.ones(40, bool), -1e9, 2.0, (0.5, 0.85), 21) is None


def test_those_that_still_run_count() -> None:
    """Of four that reached the age three never ended: the median is not reached."""
    since, until = np.zeros(4), np.array([3.0, 9.0, 9.0, 9.0])
    ended = np.array([True, False, False, False])

    assert remaining(since, until, ended, -1e9, 1.0, (0.25, 0.5), 1) == (2.0, None)


def test_what_was_over_before_says_nothing() -> None:
    """Only what was seen since the instant from which things are as today."""
    since, until = np.array([0.0, 100.0]), np.array([5.0, 109.0])

    assert remaining(since, until, np.ones(2, bool), 50.0, 1.0, (0.5,), 1) == (8.0,)


def test_a_steady_stream_delivers_as_ever() -> None:
    """Three a week."""
    reached = paths([3] * 26, 26)

    assert at_least(reached, 4, 0.85) == at_least(reached, 4, 0.5) == 12
    assert (weeks_until(reached, 12, 0.85), weeks_until(reached, 13, 0.5)) == (4, 5)
    assert weeks_until(reached, 79, 0.5) is None


def test_what_is_promised_of_deliveries_comes_true() -> None:
    """More than so many in 8 weeks, in 85 of 100 futures of a stream like this."""
    hits = 0
    for past in RANDOM.poisson(5, (300, 26)):
        hits += RANDOM.poisson(40) >= at_least(paths(past.tolist(), 8), 8, 0.85)

    assert 0.80 < hits / 300 < 0.96


def test_a_shorter_past_promises_less() -> None:
    """The same weeks, seen once and twice."""
    past = RANDOM.poisson(5, 12).tolist()

    assert np.ptp(paths(past, 8)[:, -1]) > 0
    assert paths(past, 8)[:, -1].std() > paths(past * 4, 8)[:, -1].std()
