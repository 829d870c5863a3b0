"""Quantiles, intervals and survival."""

import numpy as np
import pytest

from bot.flow.statistics.intervals import (
    NORMAL,
    effective_n,
    quantile,
    quantile_interval,
    survival_quantile,
    total_intervals,
    wilson,
)

RANDOM = np.random.default_rng(20260105)


def test_quantiles_interpolate() -> None:
    """Half-way between the middle two."""
    assert quantile([1.0, 2.0, 3.0, 4.0], 0.5) == 2.5
    assert quantile([], 0.5) is None


def test_few_values_have_no_interval() -> None:
    """Below five the points themselves say more."""
    assert quantile_interval([1.0, 2.0, 3.0, 4.0], 0.5) == (None, None)


@pytest.mark.parametrize("n", [5, 10, 20, 50])
def test_intervals_of_independent_values_cover(n: int) -> None:
    """About eight of ten intervals hold the true median; 2,000 draws leave an error of about 0.009."""
    hits = 0
    for _ in range(2000):
        low, high = quantile_interval(RANDOM.lognormal(size=n), 0.5)
        assert low is not None
        assert high is not None
        hits += low <= 1.0 <= high

    assert 0.76 < hits / 2000 < 0.90


def test_values_that_follow_each_other_are_worth_less() -> None:
    """A slow wave of 200 values tells about as much as a few."""
    wave = np.sin(np.linspace(0, 12, 200))

    assert effective_n(wave, 0.5) < 20
    assert effective_n(RANDOM.normal(size=200), 0.5) > 100


def test_survival_without_censoring_is_the_plain_quantile() -> None:
    """The first age by which half have ended."""
    ages = np.array([1.0, 2.0, 3.0, 4.0])

    assert survival_quantile(ages, np.ones(4, bool), np.zeros(4), 0.5) == 2.0


def test_those_that_still_wait_count() -> None:
    """By hand: at 1 four at risk (3/4), at 3 two at risk (3/8): the median is 3, not 2."""
    ages, ended = np.array([1.0, 2.0, 3.0, 4.0]), np.array([True, False, True, False])

    assert survival_quantile(ages, ended, np.zeros(4), 0.5) == 3.0
    assert survival_quantile(ages, ended, np.zeros(4), 0.85) is None


def test_those_that_came_late_are_not_at_risk_before() -> None:
    """A wait that was already three days old when it came into view says nothing about younger ages."""
    ages, ended = np.array([1.0, 2.0, 5.0]), np.ones(3, bool)

    assert survival_quantile(ages, ended, np.array([0.0, 0.0, 3.0]), 0.5) == 1.0
    assert survival_quantile(ages, ended, np.zeros(3), 0.5) == 2.0


def test_the_interval_of_a_sum_holds_it_and_repeats() -> None:
    """Same amounts, same interval."""
    amounts = RANDOM.exponential(size=50)
    both = np.column_stack([amounts, 2 * amounts])
    (low, high), (twice_low, twice_high) = total_intervals(both, 50)

    assert low < amounts.sum() < high
    assert (twice_low, twice_high) == (2 * low, 2 * high)
    assert total_intervals(both, 50).tolist() == [[low, high], [twice_low, twice_high]]
    assert total_intervals(np.zeros((0, 1)), 0).tolist() == [[0.0, 0.0]]


def test_items_that_add_nothing_make_a_sum_less_certain() -> None:
    """One of fifty items that costs ten days might as well not have been there."""
    assert total_intervals(np.array([[10.0]]), 1).tolist() == [[10.0, 10.0]]

    ((low, high),) = total_intervals(np.array([[10.0]]), 50)
    assert low == 0.0
    assert high >= 20.0


def test_what_ended_as_the_window_began_decides_nothing() -> None:
    """It was not watched at all."""
    ages, entered = np.array([1.0, 5.0, 6.0]), np.array([1.0, 0.0, 0.0])

    assert survival_quantile(ages, np.ones(3, bool), entered, 0.5) == 5.0


def test_a_handful_watched_early_does_not_decide() -> None:
    """Two fresh waits, of which the first ends at once, among fifty that came into view when they were old."""
    ages = np.concatenate([[1.0, 100.0], np.full(50, 30.0) + np.arange(50)])
    entered = np.concatenate([[0.0, 0.0], np.full(50, 20.0)])

    assert survival_quantile(ages, np.ones(52, bool), entered, 0.5) == 55.0


def test_a_share_of_few_is_not_certain() -> None:
    """Ten of ten is not all; nothing seen is anything."""
    low, high = wilson(10, 10)

    assert (round(low, 2), high) == (0.86, 1.0)
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(50, 100) == pytest.approx((0.436, 0.564), abs=0.001)


def test_the_normal_quantiles_are_those_of_scipy() -> None:
    """To the last digit; only the import is saved."""
    from scipy.special import ndtri

    assert {level: float(ndtri((1 + level) / 2)) for level in NORMAL} == NORMAL
