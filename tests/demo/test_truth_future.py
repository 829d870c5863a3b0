"""What a change really does, and how predictions of it are scored."""

from functools import cache

import pytest

from bot.demo.truth.effects import AT_ONCE, BOX, interventions, mean_lead_time
from bot.demo.truth.process import Design, design
from bot.demo.truth.run import Part
from bot.demo.truth.scores.engine import Prediction
from bot.demo.truth.scores.future import _holds
from bot.demo.truth.world import Plan, Station, TrueEffect
from bot.flow.model import Waste

PLANNED = Plan(approval=True, gate=True, deploy=True, loops=True, overloaded=False)


@cache
def made(seed: int) -> Design:
    return design(seed, PLANNED, 8, 0, long=60)


def test_the_changes_of_a_team_are_of_its_places() -> None:
    """A gate that meets daily, an approval with a time-box, looked at twice as often or at once, a daily deployment."""
    found = {each.kind: each for each in interventions(made(3), ("cadence", "cap", "remove", "deploy", "attention"))}
    kinds = {place.name: place.kind for place in made(3).places}

    assert {kinds[found[kind].place] for kind in ("cap", "remove", "attention")} == {Station.APPROVAL}
    assert kinds[found["cadence"].place] is Station.BATCH_GATE
    assert kinds[found["deploy"].place] is Station.DEPLOY
    changed = {place.name: place for place in found["cap"].design.places}
    assert changed[found["cap"].place].box == BOX
    quick = {place.name: place for place in found["remove"].design.places}
    assert quick[found["remove"].place].every == AT_ONCE


def test_the_same_chances_give_the_same_run_and_a_daily_train_a_shorter_one() -> None:
    """So that the difference of two runs is what was changed."""
    daily = next(iter(interventions(made(3), ("deploy",))))

    assert mean_lead_time(made(3), 1) == mean_lead_time(made(3), 1)
    assert mean_lead_time(daily.design, 1) < mean_lead_time(made(3), 1) - 1


def test_a_time_box_makes_somebody_look() -> None:
    """Where approvers come every other day nothing waits much longer than a day any more."""
    seeds = [seed for seed in range(12) if any(p.kind is Station.APPROVAL and p.every > 14 for p in made(seed).places)]
    boxed = [i for i in interventions(made(seeds[0]), ("cap",)) if _slow(made(seeds[0]), i.place)]

    assert mean_lead_time(boxed[0].design, 1) < mean_lead_time(made(seeds[0]), 1)


def _slow(one: Design, name: str) -> bool:
    return any(place.name == name and place.every > 14 for place in one.places)


@pytest.mark.parametrize(("true", "held"), [(-2.0, True), (-2.9, True), (-3.2, False)])
def test_an_interval_holds_what_is_known_with_an_error(true: float, held: bool) -> None:
    """A day and a half wide to each side, with the error of the long runs."""
    said = Prediction(change=-2.0, low=-3.0, high=-1.0)

    assert _holds(said, TrueEffect("cap", {}, Waste.WAITING, true, 0.2)) is held
    assert Part(1, 1).hits == 1
