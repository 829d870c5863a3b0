"""Intervals of predicted changes, and judging predictions by what came."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.flow.statistics.prediction import changed, changed_typical, crps, judged, recalibrated, survival_masses

RANDOM = np.random.default_rng(7)


def ended(number: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return np.ones(number, np.bool_)


def test_a_change_of_the_same_for_all_is_sure_but_for_the_model() -> None:
    """A day less for each: the interval is that of the discrepancy alone."""
    before = RANDOM.gamma(2, 3, 200)
    found = changed(before, before[None, :] - 1, np.arange(200) // 20, 0.1, None)

    assert found.after - found.before == pytest.approx(-1)
    assert [found.low, found.high] == pytest.approx([-1.12816, -0.87184])


def test_no_change_has_no_width() -> None:
    """Neither of the mean nor of a quantile, which is the usual one."""
    before = RANDOM.gamma(2, 3, 200)
    for p in (None, 0.5, 0.85):
        found = changed(before, before[None, :], np.arange(200) // 20, 0.4, p)

        assert found.low == found.high == 0
        assert found.before == pytest.approx(before.mean() if p is None else np.quantile(before, p))


def test_the_interval_holds_the_true_mean_change_in_about_eight_of_ten() -> None:
    """Of blocks that resemble each other within, each with an effect of its own."""
    held = 0
    for seed in range(200):
        random = np.random.default_rng(seed)
        blocks = np.repeat(np.arange(15), 10)
        saved = random.gamma(2, 0.5, 15)[blocks] * random.uniform(0.5, 1.5, 150)
        before = random.gamma(2, 3, 150) + saved
        found = changed(before, (before - saved)[None, :], blocks, 0.0, None)
        held += found.low <= -1 <= found.high

    assert 0.72 <= held / 200 <= 0.88


def test_what_was_judged_wrong_is_trusted_less() -> None:
    """Four times the assumed counts, and every judged one once; what had no effect tells nothing."""
    assert recalibrated(0.1, []) == 0.1
    assert recalibrated(0.1, [(0.0, 0.0)]) == 0.1
    assert recalibrated(0.1, [(1.0, -2.0)]) == pytest.approx(np.sqrt((4 * 0.01 + 0.25) / 5))
    assert recalibrated(0.5, [(0.0, -2.0)] * 12) == pytest.approx(0.25)


def test_the_share_of_what_was_cut_off_goes_to_what_is_larger() -> None:
    """Four values, the second of which was cut off: the last two share its quarter."""
    mass = survival_masses(np.array([1.0, 2, 3, 4]), np.array([True, False, True, True]))

    assert mass == pytest.approx([0.25, 0, 0.375, 0.375])
    assert survival_masses(np.array([1.0, 2]), np.array([True, False])) == pytest.approx([0.5, 0])


@given(st.lists(st.tuples(st.floats(0, 100), st.booleans()), min_size=1, max_size=40))
def test_masses_are_a_distribution(told: list[tuple[float, bool]]) -> None:
    """None is negative, what was cut off has none, and they sum to at most 1."""
    values, flags = (np.array(column) for column in zip(*told, strict=True))
    mass = survival_masses(values, flags)

    assert (mass >= 0).all()
    assert (mass[~flags] == 0).all()
    assert mass.sum() <= 1 + 1e-9


def test_the_score_is_that_of_two_samples() -> None:
    """E|X - y| - E|X - X'| / 2 (Gneiting and Raftery 2007), to the fineness of the grid."""
    drawn, outcomes = RANDOM.uniform(0, 10, 300), RANDOM.uniform(0, 10, 50)
    apart = np.abs(drawn[:, None] - outcomes).mean() - np.abs(drawn[:, None] - drawn).mean() / 2

    assert crps(drawn, outcomes, ended(50)) == pytest.approx(apart, rel=0.02)


def test_a_right_prediction_is_told_from_a_wrong_one() -> None:
    """Of outcomes from where the draws are from, a third of them cut off, about 80 % are inside; of others not."""
    draws, times = RANDOM.gamma(2, 3, 2000), RANDOM.gamma(2, 3, 400)
    until = np.where(RANDOM.random(400) < 0.3, RANDOM.uniform(0, 15, 400), np.inf)
    right = judged(draws, np.minimum(times, until), times <= until)
    wrong = judged(draws * 3, np.minimum(times, until), times <= until)

    assert right.coverage == pytest.approx(0.8, abs=0.06)
    assert right.uniform > 0.01
    assert wrong.coverage < 0.6
    assert wrong.uniform < 0.01
    assert wrong.score > right.score


def test_the_change_of_the_typical_value_is_that_of_the_geometric_mean() -> None:
    """Values of 2 and 8 that become 1 and 4: from 4 to 2, without doubt."""
    before, after = np.array([2.0, 8.0] * 20), np.array([[1.0, 4.0] * 20])
    told = changed_typical(before, after, np.arange(40) // 2, 0.0)

    assert [told.before, told.after, told.low, told.high] == pytest.approx([4, 2, -2, -2])
