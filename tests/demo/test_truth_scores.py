"""How near the engine comes to the truth, on streams so small that the right score is plain."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from types import SimpleNamespace
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.demo.truth.run import Part, Run
from bot.demo.truth.scores import changes, history, rework, stations, steps, waits
from bot.demo.truth.scores.engine import Return
from bot.demo.truth.world import Cadence, Episode, Station, World
from bot.flow.findings.stations import Cadence as FoundCadence
from bot.flow.findings.stations import QueueKind
from bot.flow.findings.stations import Station as Found
from bot.flow.model import LoopKind
from connectors.records import EventKind
from tests.build import at, change, issue
from tests.demo.scored import ORDER, STATIONS, but, share, world

QUEUES: dict[str, QueueKind] = {"jira:In Review": "approval", "jira:Ready": "deploy"}


def said(
    state: str,
    behaves: Literal["queue", "work"] | None,
    queue: QueueKind | None = None,
    weekdays: tuple[Any, ...] = (),
) -> Found:
    cadence = FoundCadence(every_weeks=1, weekdays=weekdays, hour=None, share=1.0) if weekdays else None
    return Found(
        state=state,
        stage=None,
        configured=None,
        behaves=behaves,
        queue=queue,
        grade="A",
        n=30,
        left_by_others=None,
        worked_in=None,
        cadence=cadence,
        quarter_ends=None,
        quarter_starts=None,
        waiting=(),
        reason="",
    )


def detected(found: Callable[[str], Found | None], **truth: Any) -> Run:
    """A run in which the engine says this of each state."""
    run = Run(world(**truth))
    told = tuple(station for state in STATIONS if (station := found(state)))
    return but(run, blind=replace(run.blind, said=run.blind.said.model_copy(update={"stations": told})))


def oracle(state: str) -> Found:
    return said(state, "queue" if state in QUEUES else "work", QUEUES.get(state))


def test_a_detector_that_knows_everything_scores_one() -> None:
    """And abstains from nothing."""
    run = detected(oracle)

    for score in (stations.precision, stations.recall, stations.recall_of_time, stations.kind_of_queue):
        assert share(score(run)) == 1.0, score
    assert share(stations.abstention(run)) == 0.0


def test_a_detector_that_always_says_queue_is_as_precise_as_there_are_queues() -> None:
    """Two of the four states that are scored; backlog and done are none of them."""
    run = detected(lambda state: said(state, "queue", "approval"))

    assert stations.precision(run) == Part(2, 4, tuple(part_of(run, "jira:In Progress", "jira:Testing")))
    assert share(stations.recall(run)) == 1.0
    assert share(stations.kind_of_queue(run)) == 0.5


def part_of(run: Run, *states: str) -> list[str]:
    return [text for text in (stations.precision(run) or Part(0, 1)).missed if text.startswith(states)]


def test_a_missed_queue_weighs_by_its_time() -> None:
    """Review takes two of the three days in queues."""
    run = detected(lambda state: said(state, "work") if state == "jira:Ready" else oracle(state))

    assert share(stations.recall(run)) == 1 / 2
    assert share(stations.recall_of_time(run)) == pytest.approx(2 / 3)


def test_silence_is_a_miss_and_an_abstention() -> None:
    """Whether the engine names the state and abstains, or does not name it."""
    run = detected(lambda state: {"jira:Ready": None, "jira:In Review": said(state, None)}.get(state, oracle(state)))

    assert share(stations.recall(run)) == 0.0
    assert share(stations.abstention(run)) == 2 / 4
    assert stations.recall_of_decided(run) is None


def test_seldom_visited_states_are_not_scored() -> None:
    """Below 30 visits that ended there is no unit, so there is nothing to be precise about."""
    run = detected(oracle, items=29)

    assert stations.units(run) == []
    assert stations.precision(run) is stations.recall(run) is None


def test_a_gate_counts_with_its_weekdays_only() -> None:
    """One found on other days is missed; one found where there is none is false."""
    gates = {"jira:Ready": Cadence(("mon", "thu"), 10)}
    right = detected(lambda s: said(s, "queue", weekdays=("thu", "mon") if s == "jira:Ready" else ()), cadences=gates)
    wrong = detected(lambda s: said(s, "queue", weekdays=("mon",)), cadences=gates)

    assert (share(stations.gate_recall(right)), share(stations.gate_false(right))) == (1.0, 0.0)
    assert (share(stations.gate_recall(wrong)), share(stations.gate_false(wrong))) == (0.0, 1.0)


def called_gate(state: str) -> Found:
    return said(state, "queue", "batch gate", ("mon",))


def test_a_train_may_be_called_a_gate_and_a_daily_one_is_not_judged() -> None:
    """Deployments by appointment are both."""
    weekly, nearly_daily = (
        detected(called_gate, cadences={"jira:Ready": Cadence(days, 10)})
        for days in (("mon",), ("mon", "tue", "wed", "thu"))
    )

    assert [share(stations.kind_of_queue(run)) for run in (weekly, detected(called_gate))] == [1 / 2, 0.0]
    assert stations.gate_recall(nearly_daily) is None
    assert share(stations.gate_false(weekly)) == 1.0


def test_visits_are_counted_under_the_name_of_today() -> None:
    """As the truth says it, so that a rename that the engine misses does not hide the state."""
    renamed = world(20, *(issue(f"U-{n}", ("Open", n), ("Working", n + 1), ("Done", n + 2)) for n in range(15)))
    before = replace(renamed.truth, renamed={"jira:Working": "jira:In Progress"})

    assert len(stations.stays_of(replace(renamed, truth=before))["jira:In Progress"]) == 35


def episode(item: str, start: float, end: float | None, days: float = 1.0) -> Episode:
    return Episode(item, "jira:In Review", "jira:In Progress", at(start), None if end is None else at(end), days)


def returned() -> World:
    """One item that is sent back from review on day 4 and past it on day 8."""
    moves = issue(
        "R-1", ("Open", 0), ("In Progress", 1), ("In Review", 3), ("In Progress", 4), ("In Review", 6), ("Done", 8)
    )
    return world(0, moves)


def with_episodes(*episodes: Episode) -> Run:
    plain = returned()
    return Run(replace(plain, truth=replace(plain.truth, episodes=episodes)))


def test_a_return_is_found_where_it_overlaps_half_of_the_shorter() -> None:
    """The engine sees day 4 to 8."""
    hit = with_episodes(episode("R-1", 4, 8, 4.0))
    near = with_episodes(episode("R-1", 7, 9, 2.0))
    far = with_episodes(episode("R-1", 7.5, 9, 1.5))

    assert [share(score(run)) for run in (hit, near) for score in (rework.precision, rework.recall)] == [1.0] * 4
    assert [share(score(far)) for score in (rework.precision, rework.recall)] == [0.0, 0.0]


def test_each_return_is_found_once() -> None:
    """Two that happened and one that is said: half of them found, and nothing wrong said. Elsewhere none."""
    run = with_episodes(episode("R-1", 4, 6), episode("R-1", 6, 8))
    elsewhere = with_episodes(episode("R-2", 4, 8))

    assert (share(rework.precision(run)), share(rework.recall(run))) == (1.0, 0.5)
    assert (share(rework.precision(elsewhere)), share(rework.recall(elsewhere))) == (0.0, 0.0)


def test_the_cost_of_returns_has_a_sign() -> None:
    """Four days said; five would be true, or three and a fifth."""
    assert share(rework.cost_bias(with_episodes(episode("R-1", 4, 8, 4.0)))) == pytest.approx(0.0)
    assert share(rework.cost_bias(with_episodes(episode("R-1", 4, 8, 5.0)))) == pytest.approx(-0.2)
    assert share(rework.cost_bias(with_episodes(episode("R-1", 4, 8, 3.2)))) == pytest.approx(0.25)


def test_making_way_for_something_else_is_no_return() -> None:
    """The truth knows only what was sent back."""
    run = with_episodes()
    other = (replace(run.told.found.returns[0], kind=LoopKind.PREEMPTION),)

    assert share(rework.precision(run)) == 0.0
    assert rework.precision(but(run, told=replace(run.told, found=replace(run.told.found, returns=other)))) is None


starts = st.integers(0, 1000)


@given(starts, st.integers(0, 1000), starts, st.integers(0, 1000))
def test_overlap_knows_no_first_and_second(a: int, long: int, b: int, wide: int) -> None:
    """And lies between nothing and all."""
    one, other = Return("R-1", a, a + long, 0.0), Return("R-1", b, b + wide, 0.0)

    assert rework.overlap(one, other) == rework.overlap(other, one)
    assert 0.0 <= rework.overlap(one, other) <= 1.0
    assert rework.overlap(one, one) == 1.0


def ordered(*states: str) -> Run:
    run = Run(world(1, stations=STATIONS | {"jira:On hold": Station.PARKING}))
    order = {"order": SimpleNamespace(states=states)}
    return but(run, blind=replace(run.blind, said=run.blind.said.model_copy(update=order)))


def test_the_order_must_be_right_as_a_whole() -> None:
    """Where a parking state stands does not matter to it, but is a score of its own."""
    swapped = (ORDER[0], ORDER[2], ORDER[1], *ORDER[3:])

    assert share(rework.order_found(ordered(*ORDER))) == 1.0
    assert share(rework.order_found(ordered(ORDER[0], "jira:On hold", *ORDER[1:]))) == 1.0
    assert share(rework.order_found(ordered(*swapped))) == 0.0
    assert share(rework.order_found(ordered(*ORDER[1:]))) == 0.0
    assert share(rework.beside_the_order(ordered(*ORDER))) == 1.0
    assert share(rework.beside_the_order(ordered("jira:On hold", *ORDER))) == 0.0


def test_renames_are_found_and_not_made_up() -> None:
    """The engine says a right one and a wrong one; a third is missing."""
    run = Run(world(1, renamed={"jira:Todo": "jira:Open", "jira:QA": "jira:Testing"}))
    log = replace(run.told.found.log, names={"jira:Todo": "jira:Open", "jira:Old": "jira:Done"})
    told = but(run, told=replace(run.told, found=replace(run.told.found, log=log)))

    assert share(history.rename_recall(told)) == 0.5
    assert share(history.rename_false(told)) == 0.5
    assert history.rename_recall(Run(world(1))) is None


def test_imports_are_known_by_item() -> None:
    """One of two imported items is recognised, and one of two others is called imported."""
    run = Run(world(4, imported=frozenset({"T-0", "T-1"})))
    numbers = {item.name: n for n, item in enumerate(run.told.found.log.items)}
    log = replace(run.told.found.log, trusted_from={numbers["T-1"]: 0, numbers["T-2"]: 0})
    told = but(run, told=replace(run.told, found=replace(run.told.found, log=log)))

    assert share(history.import_recall(told)) == 0.5
    assert share(history.import_false(told)) == 0.5


def test_automation_is_judged_by_account() -> None:
    """`dev` moves everything; whether it is a person is for the truth to say."""
    people, automatic = Run(world(2)), Run(world(2, bots=frozenset({"dev"})))

    assert share(history.bot_false(people)) == 0.0
    assert share(history.bot_recall(automatic)) == 0.0
    assert history.bot_recall(people) is history.bot_false(automatic) is None


def test_bulk_edits_are_known_by_item_and_instant() -> None:
    """Nothing is called bulk here, so a bulk edit is missed and nothing is wrong."""
    edits = [change("T-0", EventKind.EDITED, 3), change("T-1", EventKind.EDITED, 3)]
    run = Run(world(2, *edits, bulk=frozenset({("T-0", at(3)), ("T-1", at(3))})))

    assert share(history.bulk_recall(run)) == 0.0
    assert share(history.bulk_false(run)) == 0.0


def with_queue(run: Run, **changes: Any) -> Run:
    """What the engine says of the review, changed."""
    wait = {str(k): changes.pop(k) for k in ("p50", "low", "high", "holds_for") if k in changes}
    queues = tuple(
        q.model_copy(update={"wait": q.wait.model_copy(update=wait), **changes}) for q in run.told.said.queues
    )
    return but(run, told=replace(run.told, said=run.told.said.model_copy(update={"queues": queues})))


def test_an_interval_covers_what_lies_between_its_ends() -> None:
    """Where it speaks of this period alone it claims nothing."""
    run = Run(world(waits={"jira:In Review": 2.2}))

    assert share(waits.interval_coverage(with_queue(run, low=2.0, high=2.5))) == 1.0
    assert share(waits.interval_coverage(with_queue(run, low=2.0, high=2.1))) == 0.0
    assert waits.interval_coverage(with_queue(run, low=2.0, high=2.5, holds_for="this period")) is None
    assert share(waits.interval_claimed(with_queue(run, low=None, high=None))) == 0.0


def test_the_median_wait_has_a_signed_error() -> None:
    """Two days are said."""
    assert share(waits.median_bias(Run(world(waits={"jira:In Review": 2.0})))) == pytest.approx(0.0)
    assert share(waits.median_bias(Run(world(waits={"jira:In Review": 4.0})))) == pytest.approx(-0.5)


def test_rubber_stamps_are_scored_by_what_they_change() -> None:
    """One that changes every twentieth item is none; one in a hundred is, once it was seen 200 times."""
    honest, stamp = (Run(world(stamps={"jira:In Review": share})) for share in (0.05, 0.01))

    assert share(waits.stamp_false(with_queue(honest, rubber_stamp=True))) == 1.0
    assert share(waits.stamp_false(with_queue(honest, rubber_stamp=False))) == 0.0
    assert waits.stamp_power(with_queue(stamp, rubber_stamp=True)) is None
    assert share(waits.stamp_power(with_queue(stamp, rubber_stamp=True, stamp=None, n=200))) == 1.0
    assert share(waits.stamp_power(with_queue(stamp, rubber_stamp=None, stamp=None, n=200))) == 0.0


def followed(metric: str, verdict: str, noticed: date | None, weeks: int = 78) -> Any:
    """What the engine says of a weekly figure."""
    alarm = SimpleNamespace(noticed=noticed) if noticed else None
    series = [SimpleNamespace(value=1.0)] * weeks
    return SimpleNamespace(metric=metric, verdict=verdict, alarm=alarm, series=series, before=1.0)


def watched(*trends: Any, changed: datetime | None = None) -> Run:
    run = Run(world(1, changed=changed))
    said = replace(run.told, said=run.told.said.model_copy(update={"trend": trends}))
    return Run(run.world, lambda *_: said)


def test_an_alarm_while_nothing_changes_is_false() -> None:
    """One in the two years that two figures were watched after half a year of baseline."""
    run = watched(followed("lead_time", "no change", at(30).date()), followed("wip", "better", None))

    assert share(changes.false_alarms(run)) == pytest.approx(1 / 2)
    assert share(changes.false_differences(run)) == 1 / 2
    assert changes.detected(run) is changes.delay(run) is None


def test_a_change_is_detected_by_what_it_bears_on() -> None:
    """And afterwards: three weeks here; neither throughput nor an earlier alarm tells of a longer wait."""
    seen = watched(followed("lead_time", "worse", at(49).date()), changed=at(28))
    blind = watched(followed("throughput", "worse", at(49).date()), changed=at(28))
    early = watched(followed("lead_time", "worse", at(7).date()), changed=at(28))

    assert (share(changes.detected(seen)), share(changes.delay(seen))) == (1.0, 3.0)
    assert [share(changes.detected(run)) for run in (blind, early)] == [0.0, 0.0]
    assert changes.false_alarms(seen) is changes.false_differences(seen) is None


def test_steps_that_need_each_other_are_not_released() -> None:
    """Not even by way of others: two of three pairs are said to be parallel here, one the other way round."""
    run = Run(world(1, required=frozenset({("sign", "order"), ("order", "set up")})))
    pairs = [("sign", "set up", "parallel"), ("order", "sign", "parallel"), ("order", "set up", "hard")]
    found = SimpleNamespace(pairs=[SimpleNamespace(first=a, then=b, tier=tier) for a, b, tier in pairs])
    said = replace(run.told, said=run.told.said.model_copy(update={"sequences": found}))

    assert share(steps.released(but(run, told=said))) == pytest.approx(2 / 3)
    assert steps.released(run) is None
