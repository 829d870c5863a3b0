"""How likely a figure reaches its goal in time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.flow.statistics.reaching import probability_of_reaching

WEEKS = (1.0, 2.0, 3.0, 4.0, 5.0, 6.0)
SERIES = st.lists(st.floats(-2, 3), min_size=2, max_size=12)


def odds(*progress: float, goal: float = 1.0, looks_back: float = 0.0) -> float:
    found = probability_of_reaching(WEEKS[: len(progress)], progress, 13, goal, looks_back)
    assert found is not None
    return found


@given(SERIES, st.sampled_from([0.0, 4.0]))
def test_it_is_a_probability_that_falls_with_the_goal(progress: list[float], looks_back: float) -> None:
    """For any series."""
    weeks = [float(n + 1) for n in range(len(progress))]
    low, high = (probability_of_reaching(weeks, progress, 13, goal, looks_back) for goal in (0.5, 1.0))

    assert low is not None
    assert high is not None
    assert 0 <= high <= low <= 1


@given(SERIES, st.floats(1, 10))
def test_the_unit_of_time_does_not_matter(progress: list[float], unit: float) -> None:
    """Where the noise is more than rounding, and the steps are no shorter than a week."""
    progress = [value + (-1) ** n for n, value in enumerate(progress)]
    weeks = [float(n + 1) for n in range(len(progress))]
    other = [week * unit for week in weeks]

    found = probability_of_reaching(weeks, progress, 13, 1.0)
    assert found == pytest.approx(probability_of_reaching(other, progress, 13 * unit, 1.0), abs=0.05)


def test_who_is_on_the_way_gets_there_and_who_stands_still_does_not() -> None:
    """A thirteenth of the way a week arrives just in time: even odds."""
    assert odds(0.2, 0.35, 0.65, 0.8, 1.0, 1.15) > 0.9
    assert odds(0.02, -0.03, 0.01, 0.0, 0.02, -0.01) < 0.05
    assert odds(*(n / 13 + 0.03 * (-1) ** n for n in range(1, 7))) == pytest.approx(0.5, abs=0.15)


def test_few_values_are_less_sure_than_many() -> None:
    """Of the same pace."""
    assert 0.5 < odds(0.12, 0.2) < odds(0.12, 0.2, 0.32, 0.4, 0.52, 0.6)


def test_a_mean_over_four_weeks_is_known_to_lag() -> None:
    """And its values are worth fewer, so that nothing is as sure."""
    lagging = (0.01, 0.04, 0.09, 0.16, 0.24, 0.32)

    assert odds(*lagging, looks_back=4) > odds(*lagging)
    assert odds(*(2 * value for value in lagging), looks_back=4) < 1


def test_what_is_known_at_the_end_decides() -> None:
    """Before that, one value tells nothing."""
    assert probability_of_reaching([4.0, 13.0], [2.0, 0.9], 13, 1.0) == 0
    assert probability_of_reaching([4.0, 13.0], [0.0, 1.0], 13, 1.0) == 1
    assert probability_of_reaching([4.0], [2.0], 13, 1.0) is None


def test_a_value_soon_after_the_beginning_is_no_wilder_than_one_of_a_week() -> None:
    """The first Monday may be the first day of the quarter."""
    values = (0.5, 0.5, 0.5, 0.5, 0.6)
    soon = probability_of_reaching([0.01, 1.0, 2.0, 3.0, 4.0], values, 13, 1.0)
    late = probability_of_reaching([0.9, 1.0, 2.0, 3.0, 4.0], values, 13, 1.0)

    assert soon == pytest.approx(late, abs=0.05)
