"""Shares of items that come in groups, and ratios of sums over groups."""

import numpy as np
import pytest

from bot.flow.statistics.intervals import wilson
from bot.flow.statistics.shares import clustered_portion, clustered_share, ratio_interval


@pytest.mark.parametrize(("groups", "alike"), [(5, 0.1), (8, 0.1), (8, 0.3), (13, 0.1), (13, 0.3)])
def test_the_interval_of_a_clustered_share_holds_what_it_promises(groups: int, alike: float) -> None:
    """Eight in ten, with items of one group alike as so much of their variance lies between groups."""
    random, truth, held, runs = np.random.default_rng(groups), 0.6, 0, 400
    for _ in range(runs):
        wholes = random.poisson(10, groups)
        chances = random.beta(truth * (1 / alike - 1), (1 - truth) * (1 / alike - 1), groups)
        low, high = clustered_share(random.binomial(wholes, chances), wholes)
        held += low <= truth <= high

    assert 0.74 <= held / runs <= 0.90


def test_groups_that_differ_make_it_wider_than_that_of_independent_items() -> None:
    """Ten of ten here and none of ten there tell less than five of ten in both."""
    same, apart = (clustered_share(np.array(parts * 4), np.array([10] * 8)) for parts in ([5, 5], [10, 0]))
    low, high = wilson(40, 80)

    assert apart[0] < same[0] <= low < high <= same[1] < apart[1]


def test_of_nothing_there_is_no_share() -> None:
    """And of one group no interval but all there is."""
    nothing, one = (clustered_portion(np.array([0]), np.array([n])) for n in (0, 4))

    assert (nothing.share, nothing.low) == (None, None)
    assert (one.share, one.low, one.high) == (0.0, 0.0, 1.0)


def test_the_interval_of_a_ratio_holds_what_it_promises() -> None:
    """Parts that vary with their group; below five groups none is given."""
    random, held, runs = np.random.default_rng(0), 0, 400
    for _ in range(runs):
        wholes = random.lognormal(2, 0.5, 8)
        low, high = ratio_interval(wholes * random.beta(2, 6, 8), wholes)
        assert low is not None
        assert high is not None
        held += low <= 0.25 <= high

    assert 0.74 <= held / runs <= 0.88
    assert ratio_interval(np.ones(4), np.ones(4)) == (None, None)
