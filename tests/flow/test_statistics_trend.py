"""Comparison, monitoring and limits: they see what is there and seldom cry wolf, though weeks resemble each other."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.flow.statistics.trend import (
    Sample,
    autoregressive,
    compare,
    compare_typical,
    discoveries,
    monitor,
    natural_limits,
    weekly_means,
    weekly_quantile,
)

Values = npt.NDArray[np.float64]


def lead_times(weeks: int, phi: float, seed: int, factor: float = 1.0) -> tuple[Sample, Sample]:
    """About six items a week, whose weeks resemble each other, in 26 weeks before and the rest after a change."""
    random = np.random.default_rng(seed)
    level = 0.3 * autoregressive(np.array([phi]), weeks, random)[0]
    week = np.repeat(np.arange(weeks), random.poisson(6, weeks))
    values = np.exp(2 + level[week] + random.normal(size=len(week)) * 0.7) * np.where(week < 26, 1, factor)
    return Sample(values[week < 26], week[week < 26]), Sample(values[week >= 26], week[week >= 26])


def series(phi: float, seed: int, factor: float = 1.0, change: int = 40) -> list[float | None]:
    """A year and a half of weeks."""
    path = 0.3 * autoregressive(np.array([phi]), 78, np.random.default_rng(seed))[0]
    return list(np.exp(2 + path) * np.where(np.arange(78) < change, 1, factor))


@pytest.mark.parametrize("phi", [0.0, 0.5])
def test_a_comparison_seldom_sees_a_change_where_there_is_none(phi: float) -> None:
    """At most 0.12 of 150, with the error of so few draws; a test that takes items for independent: 0.2 to 0.4."""
    found = [compare(*lead_times(39, phi, seed)) for seed in range(150)]

    assert sum(f is not None and f.p_value <= 0.10 for f in found) / 150 <= 0.12 + 0.04


def test_a_comparison_sees_a_change_and_its_interval_holds_it() -> None:
    """Half as long."""
    found = [f for seed in range(100) if (f := compare(*lead_times(39, 0.3, seed, factor=0.5)))]

    assert sum(f.p_value <= 0.10 and f.apart and f.after < f.before for f in found) >= 85
    assert 70 <= sum(f.low is not None and f.high is not None and f.low <= -0.5 <= f.high for f in found) <= 95


def test_a_comparison_is_the_same_the_other_way_round() -> None:
    """What is a third shorter one way is half longer the other."""
    before, after = lead_times(52, 0.3, 1, factor=0.7)
    there, back = compare(before, after), compare(after, before)

    assert there is not None
    assert back is not None
    assert there.change is not None
    assert back.change is not None
    assert (1 + there.change) * (1 + back.change) == pytest.approx(1)
    assert there.p_value == pytest.approx(back.p_value, abs=0.02)


def test_too_few_weeks_are_not_compared() -> None:
    """Nor is nothing."""
    few = Sample(np.ones(9), np.repeat(np.arange(3), 3))
    before, after = lead_times(39, 0, 1)
    nothing = Sample(np.array([]), np.array([], np.int64))

    assert compare(before, few) is None
    assert compare(nothing, after) is None


def test_constant_figures_do_not_differ_and_constant_different_ones_do() -> None:
    """No division by nothing."""
    same = Sample(np.full(10, 3.0), np.arange(10))
    other = Sample(np.full(10, 6.0), np.arange(10))
    zero = Sample(np.zeros(10), np.arange(10), np.ones(10))
    alike, apart, none = compare(same, same), compare(same, other), compare(zero, zero)

    assert alike is not None
    assert (alike.change, alike.p_value, alike.apart) == (0.0, 1.0, False)
    assert apart is not None
    assert (apart.change, apart.p_value, apart.apart) == (1.0, 0.0, True)
    assert none is not None
    assert (none.change, none.p_value) == (None, 1.0)


def test_a_weighted_figure_is_a_ratio_of_sums() -> None:
    """Long items count for more; a week's mean likewise."""
    one = Sample(np.array([1.0, 0.0] * 4), np.repeat(np.arange(4), 2), np.array([1.0, 3.0] * 4))
    found = compare(one, one)

    assert found is not None
    assert found.before == 0.25
    assert weekly_means(one)[1].tolist() == [0.25] * 4


@pytest.mark.parametrize("phi", [0.0, 0.5])
def test_false_alarms_are_kept(phi: float) -> None:
    """At most one in ten years of a metric, with the error of 150 draws; a control chart: 0.5 to 0.9."""
    assert sum(monitor(series(phi, seed)) is not None for seed in range(150)) / 150 <= 0.10 + 0.04


def test_a_lasting_change_is_noticed_within_the_year() -> None:
    """Times that halve, and when they did."""
    alarms = [a for seed in range(60) if (a := monitor(series(0.3, seed, factor=0.5)))]

    assert len(alarms) >= 55
    assert np.median([a.at - 40 for a in alarms]) <= 10
    assert abs(np.median([a.since for a in alarms]) - 40) <= 2
    assert np.median([a.recent / a.baseline for a in alarms]) == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize(
    "values",
    [[], [5.0], [5.0] * 26, [5.0] * 78, [0.0] * 78, [None] * 78, [None, 3.0] * 20],
    ids=["none", "one", "baseline alone", "constant", "zero", "unknown", "too few known"],
)
def test_where_nothing_can_be_told_there_is_no_alarm(values: list[float | None]) -> None:
    """A baseline that is short or does not vary."""
    assert monitor(values) is None


def test_one_wild_week_is_no_alarm() -> None:
    """A thousand times as long, once; in the baseline it does not blind either."""
    calm, changed = series(0.0, 3), series(0.0, 3, factor=0.4)
    calm[50] = changed[5] = 7000.0

    assert monitor(calm) is None
    assert monitor(changed) is not None


def test_weeks_without_a_figure_are_passed_over() -> None:
    """The alarm names the week it was noticed in, counted with those that have none."""
    gappy = [value for known in series(0.0, 4, factor=0.4) for value in (known, None)]
    plain, found = monitor(series(0.0, 4, factor=0.4)), monitor(gappy)

    assert plain is not None
    assert found is not None
    assert found.at == 2 * plain.at


@given(st.lists(st.none() | st.floats(0, 1e6), max_size=90))
def test_monitoring_never_fails_and_repeats(values: list[float | None]) -> None:
    """Whatever the series; what comes after an alarm does not change it."""
    found = monitor(values)

    assert found == monitor(values)
    if found:
        assert found.since <= found.at < len(values)
        assert 0 < found.p_value <= 1


def test_of_many_findings_those_are_believed_that_stand_out() -> None:
    """By hand at 10 %: of five the k-th smallest must be at most 0.02 k."""
    assert discoveries([0.3, 0.03, 0.001, 0.9, 0.06]) == [False, True, True, False, True]
    assert discoveries([0.03, 0.5, 0.9]) == [True, False, False]
    assert discoveries([0.04, 0.5, 0.9]) == [False, False, False]
    assert discoveries([]) == []


def test_limits_say_how_often_they_cry_wolf() -> None:
    """More often where neighbours resemble each other; none of too few weeks."""
    calm, wavy = natural_limits(series(0.0, 1)), natural_limits(series(0.8, 1))

    assert calm is not None
    assert wavy is not None
    assert calm.low is not None
    assert calm.low < calm.centre < calm.high
    assert 0.2 < calm.false_signals < wavy.false_signals
    assert natural_limits([1.0] * 19) is None


def test_a_lower_limit_below_nothing_is_none() -> None:
    """A week without deliveries is nothing unusual where most have none or one."""
    found = natural_limits([0.0, 1.0] * 12)

    assert found is not None
    assert found.low is None


def test_a_week_has_the_quantile_of_its_values() -> None:
    """And none where it has none."""
    sample = Sample(np.array([1.0, 3.0, 8.0]), np.array([2, 2, 5]))

    assert weekly_quantile(sample, 0.5) == {2: 2.0, 5: 8.0}
    assert weekly_quantile(Sample(np.array([]), np.array([], np.int64)), 0.5) == {}


def test_a_change_is_told_apart_by_the_interval_that_is_told() -> None:
    """Never a verdict beside an interval that holds no change, nor none beside one that does not."""
    random = np.random.default_rng(3)
    for factor in (0.6, 0.7, 1.4, 1.6) * 25:
        weeks = [np.repeat(np.arange(length), random.poisson(3, length) + 1) for length in (20, 10)]
        before, after = (Sample(random.lognormal(0, 1, len(week)), week) for week in weeks)
        found = compare(before, Sample(after.values * factor, after.weeks))

        assert found is not None
        assert found.low is not None
        assert found.high is not None
        assert found.apart == (found.low > 0 or found.high < 0)


def test_the_typical_value_is_the_geometric_mean() -> None:
    """Half of each value: half of it, whatever the values are; the interval is that of the ratio."""
    random = np.random.default_rng(5)
    weeks = np.repeat(np.arange(20), 6)
    before = Sample(random.lognormal(2.0, 0.4, 120), weeks)
    after = Sample(random.permutation(before.values) / 2, weeks)

    found = compare_typical(before, after)

    assert found is not None
    assert found.before == pytest.approx(np.exp(np.log(before.values).mean()))
    assert found.change == pytest.approx(-0.5)
    assert found.low is not None
    assert found.high is not None
    assert found.low < -0.5 < found.high < 0
    assert found.apart
    assert found.p_value < 0.05


def test_the_typical_value_of_three_weeks_is_not_compared() -> None:
    """As no other is."""
    few = Sample(np.array([1.0, 2.0, 3.0]), np.array([0, 1, 2]))

    assert compare_typical(few, few) is None
