"""Whether groups differ: what is claimed of the test holds of drawn groups."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.flow.statistics.groups import FALSE_ALARMS, believed, differ

WORLDS = 200


def test_groups_that_are_alike_are_called_so_at_the_claimed_rate() -> None:
    """Of 200 worlds of eight figures each, anything is said in hardly more than one of twenty."""
    random = np.random.default_rng(3)
    alarms = 0
    for _ in range(WORLDS):
        groups = random.integers(0, 3, 40)
        p_values = [differ(random.lognormal(0, 1, 40), groups, np.arange(40)) for _ in range(8)]
        alarms += any(believed([p for p in p_values if p is not None]))

    assert alarms <= 2 * FALSE_ALARMS * WORLDS


@pytest.mark.parametrize(("size", "least"), [(12, 0.75), (30, 0.99)])
def test_a_difference_is_found(size: int, least: float) -> None:
    """One group of three takes twice as long: in most worlds it is seen, among eight figures."""
    random, hits = np.random.default_rng(4), 0
    for _ in range(WORLDS // 4):
        groups = np.repeat([0, 1, 2], size)
        order = random.permutation(3 * size)
        values = random.lognormal(0, 0.5, 3 * size) * np.where(groups == 2, 2.5, 1.0)
        p = differ(values[order], groups[order], np.arange(3 * size))
        hits += p is not None and p <= FALSE_ALARMS / 8

    assert hits >= least * WORLDS // 4


def test_a_drift_is_no_difference() -> None:
    """The first group is early and the second late, and everything grows with time."""
    values = np.arange(48.0)
    groups = np.repeat([0, 1], 24)

    found, mixed = (differ(values, each, np.arange(48)) for each in (groups, np.tile([0, 1], 24)))
    assert found == 1.0
    assert mixed is not None
    assert mixed > 0.1


def test_what_begins_at_one_instant_is_compared_as_one() -> None:
    """However much there is of it."""
    values = np.arange(48.0)

    assert differ(values, np.repeat([0, 1], 24), np.zeros(48, np.int64)) == pytest.approx(1 / 2001)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 2)), max_size=40))
def test_only_ranks_and_parts_count(rows: list[tuple[int, int]]) -> None:
    """Neither the unit nor the number of a group; and one group differs from nobody."""
    values, groups = (np.array([row[k] for row in rows], np.int64) for k in (0, 1))
    times = np.arange(len(rows))
    found = differ(values.astype(np.float64), groups, times)

    assert (found is None) == (len(set(groups.tolist())) < 2)
    assert found is None or 0 < found <= 1
    assert differ((24 * values + 3).astype(np.float64), 7 + groups, times) == found


def test_what_is_believed_goes_by_how_much_is_asked() -> None:
    """The smallest must be below 5 % of their number, the next below 5 % of the rest."""
    assert believed([0.04]) == [True]
    assert believed([0.04, 0.5]) == [False, False]
    assert believed([0.03, 0.02, 0.6]) == [False, False, False]
    assert believed([0.024, 0.001, 0.6]) == [True, True, False]
    assert believed([]) == []
