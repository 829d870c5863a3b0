"""Where the time of replayed items goes, stage by stage."""

import pytest

from bot.flow.analyse import read
from bot.flow.findings.future import Effect
from bot.flow.future.by_stage import by_stage
from bot.flow.future.changes import Change, FewerReturns, Parallel, Planned, TimeBox
from bot.flow.future.foresee import Foresight
from bot.flow.future.rules import rules_of
from bot.flow.model import StageKind
from tests.build import STREAM, issue
from tests.flow.test_future import HOUR, foresight, stories, world_foresight

SEED = 4


def moved(sight: Foresight, *changes: Change) -> dict[str | None, tuple[float, float, float, float]]:
    """Name -> works before and after, waits before and after."""
    rules = [rule for change in changes for rule in rules_of(sight.known, change)]
    lives = [sight.known.replay.lived(rules, 0, sight.rows)]
    return {
        one.name: (one.process_before, one.process_after, one.wait_before, one.wait_after)
        for one in by_stage(sight.found.stream, sight.known.replay.segments, sight.rows, lives)
    }


def test_a_time_box_takes_from_its_own_wait() -> None:
    """Two days of three; what was worked stays as it was."""
    found = moved(foresight(stories(3)), TimeBox(cap="Review", at=24 * HOUR))

    assert found["Review"][2] - found["Review"][3] == pytest.approx(2.0)
    assert all(one[:2] == pytest.approx((one[0], one[0])) for one in found.values())
    assert all(one[2] == pytest.approx(one[3]) for name, one in found.items() if name != "Review")


def test_what_is_not_sent_back_takes_neither_work_nor_wait() -> None:
    """The detour of every item is undone: two days of building again, one of testing again."""
    moves = (("In Progress", 0), ("Testing", 1), ("In Progress", 2), ("Testing", 4), ("Done", 5))
    items = [issue(f"PAY-{n}", *((state, n + day) for state, day in moves)) for n in range(12)]
    found = moved(foresight(items), FewerReturns(rework="Test", by=1.0))

    assert sum(found["Build"][::2]) == pytest.approx(3.0)
    assert sum(found["Build"][1::2]) == pytest.approx(1.0)
    assert sum(found["Test"][1::2]) == pytest.approx(1.0)


def test_of_stages_in_parallel_each_counts_as_what_it_adds() -> None:
    """A day of building and two of testing, begun together: the second adds the day by which it is longer."""
    moves = (("In Progress", 0), ("Testing", 1), ("Done", 3))
    items = [issue(f"PAY-{n}", *((state, 7 * n + day) for state, day in moves)) for n in range(12)]
    found = moved(foresight(items), Parallel(parallel=("Build", "Test")))

    assert sum(found["Build"][1::2]) == pytest.approx(1.0)
    assert sum(found["Test"][1::2]) == pytest.approx(1.0)


@pytest.fixture(scope="module")
def simulated() -> Foresight:
    return world_foresight(SEED)


def effects(sight: Foresight) -> list[Effect]:
    approvals = [stage.name for stage in sight.found.stream.stages if stage.kind is StageKind.APPROVAL]
    plan = [Planned(name, TimeBox(cap=name, at=24 * HOUR, compliance=0.8)) for name in approvals]
    works = [stage.name for stage in sight.found.stream.stages if stage.kind is StageKind.WORK]
    plan += [Planned(name, FewerReturns(rework=name, by=0.5)) for name in works]
    told = [*(sight.one(each) for each in plan), sight.together(plan)]
    return [each.effect for each in told if each.effect]


def test_stages_sum_to_the_mean_lead_time_before_and_after(simulated: Foresight) -> None:
    """Of every change that can be told, and none is negative."""
    found = effects(simulated)

    assert found
    for effect in found:
        assert sum(s.process_before + s.wait_before for s in effect.stages) == pytest.approx(effect.mean.before)
        assert sum(s.process_after + s.wait_after for s in effect.stages) == pytest.approx(effect.mean.after)
        assert min(min(s.process_after, s.wait_after) for s in effect.stages) >= 0


def test_stages_before_are_those_of_the_analysis(simulated: Foresight) -> None:
    """To the microsecond, so that both maps say the same of today."""
    told = {part.name: (part.process_time or 0.0) for part in read(simulated.found).stages}
    waits = {part.name: (part.wait_time or 0.0) for part in read(simulated.found).stages}

    for effect in effects(simulated):
        assert {s.name: s.process_before for s in effect.stages} == pytest.approx(told)
        assert {s.name: s.wait_before for s in effect.stages} == pytest.approx(waits)


def test_without_a_change_every_stage_is_as_it_was() -> None:
    """And all stages on the way are there, those in which nothing is spent, too."""
    found = moved(foresight(stories(2)))

    assert {"Backlog", "Build", "Review", "Test", "Deploy"} <= found.keys() <= {s.name for s in STREAM.stages}
    assert all(one[0] == one[1] and one[2] == one[3] for one in found.values())
