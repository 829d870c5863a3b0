"""What each preset's stream is known for is found where the simulated company does it, and not where it does not.

The companies are collected by the real connectors and analysed once each. Each assertion about one that does it has a
sibling about the same company without that habit.
"""

from collections.abc import Sequence
from typing import NamedTuple

import pytest

from bot.demo.company import Habits, simulate
from bot.demo.gates import GateHabits, simulate_gates
from bot.demo.onboarding import ACCOUNTS, LAPTOP, MANAGER, ORDER, TRAINING, WORKPLACE, OnboardingHabits
from bot.demo.onboarding import simulate_onboarding as simulate_people
from bot.demo.strategy import StrategyHabits, simulate_strategy
from bot.demo.told import known_for
from bot.flow.findings.analysis import Analysis
from bot.flow.findings.cascade import Cascade
from bot.flow.findings.queues import Queue
from bot.flow.findings.sprints import Served
from bot.flow.findings.stage_gates import StageGate
from tests.presets.seen import NOW, analysed


class Both(NamedTuple):
    """The streams of a company with its habits, and of the same without them."""

    wasteful: Sequence[Analysis]
    better: Sequence[Analysis]


# -- software delivery -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def software() -> Both:
    every_day = (0, 1, 2, 3, 4)
    better = Habits(releases=every_day, board=every_day, tested_back=0.0)
    return Both(analysed("software-delivery"), analysed("software-delivery", simulate(NOW, habits=better)))


def queue(document: Analysis, stage: str) -> Queue:
    return next(found for found in document.queues if found.stage == stage)


def waits(document: Analysis, stage: str) -> float:
    return next(found.wait_time or 0.0 for found in document.stages if found.name == stage)


def test_software_testing_sends_work_back(software: Both) -> None:
    """Every fourth item; what comes back costs a week or so each."""
    [loop] = [loop for loop in software.wasteful[0].loops if loop.origin == "Testing"]

    assert loop.back_to == "Development"
    assert 10 <= loop.count <= 30
    assert 3 <= loop.cost / loop.count <= 15
    assert not [loop for loop in software.better[0].loops if loop.origin == "Testing"]


def test_software_designs_wait_for_an_approval_that_no_time_box_bounds(software: Both) -> None:
    """The board meets on Thursdays; most wait for it alone, and longer than a day."""
    found, better = (queue(each[0], "Design approval") for each in software)

    assert found.batching == "Thu, 10:00"
    assert found.causes.batching > 0.5 * found.cost
    assert found.time_box is not None
    assert found.time_box.share is not None
    assert found.time_box.share > 0.7
    assert 3 <= (found.wait.p50 or 0) <= 8
    assert (better.wait.p50 or 0) <= 1.5


def test_software_is_deployed_by_hand_on_tuesdays(software: Both) -> None:
    """Days that could be hours."""
    states = ([s for s in each[0].stations if s.state == "jira:Ready to deploy"] for each in software)
    found, better = (station.cadence for [station] in states)

    assert found is not None
    assert found.weekdays == ("tue",)
    assert 2.5 <= waits(software.wasteful[0], "Ready to deploy") <= 5
    assert better is None
    assert waits(software.better[0], "Ready to deploy") <= 1


# -- onboarding --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def people() -> Both:
    better = OnboardingHabits(in_sequence=0.0, training_late=0.0, managers={})
    return Both(analysed("hr-onboarding"), analysed("hr-onboarding", simulate_people(NOW, habits=better)))


def gain(document: Analysis) -> float:
    assert document.sequences is not None
    assert document.sequences.gain is not None
    return document.sequences.gain.p50


def late(document: Analysis, step: str) -> float:
    assert document.lateness is not None
    return next(found.share for found in document.lateness.steps if found.step == step)


def uneven(document: Analysis) -> set[tuple[str, str]]:
    assert document.uneven is not None
    return {(found.place, found.measure) for found in document.uneven.places if found.uneven}


def test_people_get_equipment_in_sequence_that_could_come_in_parallel(people: Both) -> None:
    """By habit; what really needs another step is no finding, and without the habit hardly anything is gained."""
    assert people.wasteful[0].sequences is not None
    tiers = {(pair.first, pair.then): pair.tier for pair in people.wasteful[0].sequences.pairs}

    assert tiers[ACCOUNTS, ORDER] == tiers[LAPTOP, WORKPLACE] == "parallel"
    assert tiers[ORDER, LAPTOP] != "parallel"
    assert 6 <= gain(people.wasteful[0]) <= 16
    assert gain(people.better[0]) <= 2


def test_people_are_trained_after_their_first_day(people: Both) -> None:
    """Half of them, by a week or two that could all have been avoided."""
    assert people.wasteful[0].lateness is not None
    training = people.wasteful[0].lateness.steps[0]

    assert training.step == TRAINING
    assert 0.4 <= training.share <= 0.8
    assert 4 <= (training.avoidable or 0) <= 12
    assert (training.scheduled_late or 0) >= 0.4
    assert late(people.better[0], TRAINING) == 0


def test_people_are_awaited_otherwise_in_one_department(people: Both) -> None:
    """Sales prepares when somebody asks: late, and slowly. Nothing else differs, and with one list for all nothing."""
    assert people.wasteful[0].uneven is not None
    [in_time] = [p for p in people.wasteful[0].uneven.places if (p.place, p.measure) == (MANAGER, "in time")]

    assert uneven(people.wasteful[0]) == {(MANAGER, "in time"), (MANAGER, "takes")}
    assert in_time.groups[-1].group == "Sales"
    assert in_time.groups[-1].value <= 0.5
    assert in_time.groups[0].value >= 0.9
    assert uneven(people.better[0]) == set()


# -- strategy ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def strategy() -> Both:
    better = StrategyHabits(lag=2.0, unconnected=0.0, unasked=0.0)
    return Both(analysed("strategic-planning"), analysed("strategic-planning", simulate_strategy(NOW, habits=better)))


def cascade(documents: Sequence[Analysis]) -> Cascade:
    assert documents[0].cascade is not None
    return documents[0].cascade


def nothing(documents: Sequence[Analysis]) -> Served:
    assert documents[1].serving is not None
    assert documents[1].serving.nothing is not None
    return documents[1].serving.nothing


def test_strategy_takes_weeks_from_decided_to_worked_on(strategy: Both) -> None:
    """Of those that still wait as well; the map shows the same wait."""
    found, better = (cascade(each).lag_first for each in strategy)

    assert 25 <= (found.p50 or 0) <= 65
    assert 15 <= waits(strategy.wasteful[0], "Decided") <= 60
    assert (better.p50 or 99) <= 10


def test_strategy_has_initiatives_that_no_work_is_connected_with(strategy: Both) -> None:
    """Every fifth, for ever; and every two weeks nothing happens to them. Those decided just now are not meant."""
    found, better = map(cascade, strategy)
    forgotten = [one for one in found.items if one.first is None and one.waited > 120]

    assert len(forgotten) >= 4
    assert {one.item for one in forgotten} <= {*found.without_items}
    assert (found.checkpoints_missed.share or 0) >= 0.4
    assert not [one for one in better.items if one.first is None and one.waited > 30]


def test_strategy_is_not_what_half_of_the_stories_serve(strategy: Both) -> None:
    """Four of ten lie under no initiative by plan, and their teams do not wait for one."""
    found, better = map(nothing, strategy)

    assert 0.35 <= (found.finished.share or 0) <= 0.65
    assert (cascade(strategy.wasteful).alignment.orphan_low or 0) >= 0.35
    assert better.finished.part == 0


# -- stage gates -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def gated() -> Both:
    better = GateHabits(monthly=False, committee_weeks=0, pack=0.0, back=(0.0, 0.0))
    return Both(analysed("stage-gate"), analysed("stage-gate", simulate_gates(NOW, habits=better)))


def gate(document: Analysis, name: str) -> StageGate:
    return next(found for found in document.stage_gates if found.gate == name)


GATES = pytest.mark.parametrize(
    ("name", "meets"), [("Investment gate", "end of the month"), ("Launch gate", "Thu, every 2 weeks, 14:00")]
)


@GATES
def test_gates_that_meet_seldom_are_queues(gated: Both, name: str, meets: str) -> None:
    """Nearly all of the wait is for the next meeting."""
    found, better = (queue(each[0], name) for each in gated)

    assert found.batching == meets
    assert found.causes.batching > 0.8 * found.cost
    assert (found.wait.p50 or 0) >= 5
    assert better.batching is None
    assert (better.wait.p50 or 0) <= 1.5


@GATES
def test_gates_want_to_be_prepared_and_send_back(gated: Both, name: str, meets: str) -> None:
    """Both cost item-days of their own, and no day counts twice."""
    found, better = (gate(each[0], name) for each in gated)

    assert (found.preparation or 0) >= 80
    assert found.rework >= 40
    assert 0.1 <= (found.sent_back.share or 0) <= 0.6
    assert (better.preparation, better.rework, better.sent_back.part) == (0, 0, 0)


def test_gates_make_sprints_wait(gated: Both) -> None:
    """A sprint ends on a Friday, and the committee comes every other Thursday."""
    found, better = (gate(each[0], "Launch gate") for each in gated)

    assert 0.08 <= (found.sprint_share or 0) <= 0.3
    assert any(sprint.held for sprint in found.sprints)
    assert better.sprint_share is None


# -- what the demo says ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("preset", "company", "words"),
    [
        ("software-delivery", "software", ("Testing sent work back", "given on Thu", "done on Tue")),
        ("hr-onboarding", "people", ("which it does not need", TRAINING, "in Sales")),
        ("strategic-planning", "strategy", ("From decided to the first work", "Nothing lies under", "serve no goal")),
        ("stage-gate", "gated", ("Investment gate:", "Launch gate:", "end of the month", "every 2 weeks", "Sprints")),
    ],
)
def test_the_demo_says_so(preset: str, company: str, words: Sequence[str], request: pytest.FixtureRequest) -> None:
    """With figures, in a few sentences; where a company does not do it, nothing is said of it."""
    both: Both = request.getfixturevalue(company)
    wasteful, better = (known_for(preset, documents) for documents in both)

    for sentence, word in zip(wasteful, words, strict=True):
        assert word in sentence
        assert any(letter.isdigit() for letter in sentence)
    assert len(better) < len(wasteful)
