"""What a change really does, and how predictions of it are scored."""

from dataclasses import replace
from functools import cache
from statistics import fmean

import pytest

from bot.demo.truth.cells import FORESEEN
from bot.demo.truth.effects import AT_ONCE, BOX, SameChances, _one_of_each, interventions, mean_lead_time
from bot.demo.truth.process import Design, design
from bot.demo.truth.run import Part, Run
from bot.demo.truth.scores.engine import Prediction
from bot.demo.truth.scores.future import _holds
from bot.demo.truth.world import Movers, Plan, Station, TrueEffect
from bot.demo.truth.worlds import world
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


def test_who_judges_together_is_done_sooner() -> None:
    """An approval and the gate behind it: nothing is delivered that has not passed both, and nothing twice."""
    seed, both = next((seed, i) for seed in range(12) for i in interventions(made(seed), ("parallel",)))
    first, last = both.design.together
    done = [story for story in SameChances(both.design, 1).run() if story.delivered]
    seen = [[place for _, place, _ in story.moves] for story in done]

    assert {made(seed).places[n].kind for n in (first, last)} == {Station.APPROVAL, Station.BATCH_GATE}
    assert all(first in places and last not in places for places in seen)
    assert all(
        places.count(made(seed).done) == 1 and not story.judges for places, story in zip(seen, done, strict=True)
    )
    assert mean_lead_time(both.design, 1) < mean_lead_time(made(seed), 1) - 0.2


def test_returns_are_made_fewer_where_most_is_sent_back() -> None:
    """An approval that changes nothing leaves nothing to be told of returns."""
    teams = [design(seed, FORESEEN.plan or Plan(), 8, 0, long=60) for seed in range(30)]
    several = [made for made in teams if len({loop.chance for loop in made.loops.values()}) > 1]
    for one in several:
        most = max(one.loops, key=lambda n: one.loops[n].chance)
        assert _one_of_each(one)["rework"].place == one.places[most].name

    assert len(several) > 5


def test_sizes_stay_the_same_whoever_works_when() -> None:
    """With a daily gate everything downstream happens at other times, and each item is as much work as before."""
    daily = next(iter(interventions(made(3), ("cadence",))))
    sizes = [
        {s.number: s.whole for s in SameChances(d, 1).run() if s.delivered and not s.rounds}
        for d in (made(3), daily.design)
    ]
    both = sizes[0].keys() & sizes[1].keys()

    assert len(both) > 100
    assert [sizes[0][n] for n in both] == [sizes[1][n] for n in both]


@pytest.mark.parametrize(("seed", "kind"), [(109, "cadence"), (105, "parallel")])
def test_what_is_foretold_happens(seed: int, kind: str) -> None:
    """Where a buffer behind the gate takes its batches apart, and where an approval and a gate begin together."""
    plan = FORESEEN.plan or Plan()
    as_it_is = design(seed, plan, 8, 0, long=80)
    changed = next(iter(interventions(as_it_is, (kind,))))
    true = fmean(mean_lead_time(changed.design, chance) - mean_lead_time(as_it_is, chance) for chance in range(2))
    known = world(seed, Movers.OWN, noisy=False, plan=plan)
    told = replace(
        known, truth=replace(known.truth, effects=(TrueEffect(kind, changed.change, changed.waste, true, 0),))
    )
    effect = Run(told).foreseen.changes[0].effect

    assert effect is not None
    assert effect.mean.change == pytest.approx(true, rel=0.25)


def _slow(one: Design, name: str) -> bool:
    return any(place.name == name and place.every > 14 for place in one.places)


@pytest.mark.parametrize(("true", "held"), [(-2.0, True), (-2.9, True), (-3.2, False)])
def test_an_interval_holds_what_is_known_with_an_error(true: float, held: bool) -> None:
    """A day and a half wide to each side, with the error of the long runs."""
    said = Prediction(change=-2.0, low=-3.0, high=-1.0)

    assert _holds(said, TrueEffect("cap", {}, Waste.WAITING, true, 0.2)) is held
    assert Part(1, 1).hits == 1
