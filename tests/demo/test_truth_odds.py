"""Simulated key results, and how their odds are scored."""

from dataclasses import replace

import pytest

from bot.demo.truth.bars import How, measure
from bot.demo.truth.cells import LATE_RESULTS, RESULTS, RESULTS_OF_FIGURES
from bot.demo.truth.results import LAWS, WEEKS, Series, series
from bot.demo.truth.run import Part, Run
from bot.demo.truth.scores.odds import brier, hits_of, reliability, share_of

SURE = Series("steady", tuple(n / 10 for n in range(1, WEEKS + 1)), 1.0, 0)
HOPELESS = Series("steady", tuple(0.02 * (-1) ** n for n in range(WEEKS)), 1.0, 0)
LATE = Series("late effect", (*HOPELESS.weekly[:10], 0.5, 1.0, 1.1), 1.0, 0)


def run(*some: Series) -> Run:
    world = RESULTS.world(0)
    return Run(replace(world, truth=replace(world.truth, results=some)))


def test_about_half_of_the_series_are_reached() -> None:
    """Each law in the same number, committed and stretch; the same seed makes the same."""
    made = [one for seed in range(30) for one in series(seed)]

    assert {one.law for one in made} == {*LAWS}
    assert 0.35 < sum(one.hit for one in made) / len(made) < 0.65
    assert {one.goal for one in made} == {1.0, 0.7}
    assert series(3) == series(3) != series(4)


def test_means_over_weeks_lag() -> None:
    """They know the weeks before the start, too."""
    plain, mean = series(1), RESULTS_OF_FIGURES.world(1).truth.results

    assert {one.looks_back for one in mean} == {4}
    assert len(mean) == len(plain)
    assert {one.law for one in LATE_RESULTS.world(1).truth.results} == {"late effect"}


def test_the_score_of_odds_is_that_of_brier() -> None:
    """Nothing for who is sure and right, one for who is sure and wrong."""
    right, wrong = brier(9)(run(SURE, HOPELESS)), brier(9)(run(LATE))

    assert right is not None
    assert wrong is not None
    assert right.hits / right.of < 0.02
    assert wrong.hits / wrong.of > 0.9
    assert brier(1)(run(SURE)) is None


def test_verdicts_are_counted_with_what_became_of_them() -> None:
    """Those that were continued and those that were stopped."""
    some = run(SURE, HOPELESS, LATE)
    continued, stopped, share = hits_of("continue", 8)(some), hits_of("stop", 8)(some), share_of("stop", 8)(some)

    assert (continued and (continued.hits, continued.of)) == (1, 1)
    assert (stopped and (stopped.hits, stopped.of)) == (1, 2)
    assert (share and (share.hits, share.of)) == (2, 3)


def test_the_widest_gap_of_all_classes_counts() -> None:
    """Where a class has enough cases to tell."""
    part = Part(0.0, 65, classes=((0.1 * 40, 40), (-0.2 * 20, 20), (5.0, 5)))

    assert measure(How.WIDEST, [part]).value == pytest.approx(0.2)
    found = reliability(8)(run(SURE, HOPELESS, LATE))
    assert found is not None
    assert [number for _, number in found.classes] == [2, 0, 0, 0, 1]
    assert found.classes[0][0] == pytest.approx(-1, abs=0.1)
