"""Items, lived once more: the same without a change, and with one as long as it says."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cache

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.flow.analyse import read
from bot.flow.clock import DAY
from bot.flow.findings.stations import Cadence
from bot.flow.future.changes import (
    Attention,
    Change,
    Deploy,
    FewerReturns,
    GateCadence,
    Parallel,
    Planned,
    Removal,
    TimeBox,
)
from bot.flow.future.contention import contended
from bot.flow.future.foresee import Foresight, foresee
from bot.flow.future.rules import CannotTell, Known, appointed, perhaps_appointed, rule_of
from bot.flow.model import Calendar
from bot.flow.reconstruct import reconstruct
from connectors.records import Record
from tests.build import STREAM, issue, records, window
from tests.demo.truth import GATED, clean

HOUR = timedelta(hours=1)
AROUND_THE_CLOCK = Calendar(working_days=("mon", "tue", "wed", "thu", "fri", "sat", "sun"), working_hours="00:00-23:59")


def foresight(items: Sequence[list[Record]], **changes: object) -> Foresight:
    found = reconstruct(STREAM.model_copy(update=changes), records(*items), window(0, 200))
    return Foresight(found, read(found))


def known(items: Sequence[list[Record]], **changes: object) -> Known:
    return foresight(items, **changes).known


def took(told: Known, *changes: Change) -> list[float]:
    """Days that each item takes with these changes."""
    ends = told.replay.ends([rule_of(told, change) for change in changes])
    return [round(float(days), 4) for days in (ends - told.replay.segments.starts) / DAY]


def stories(wait: float, many: int = 12, apart: float = 1.0) -> list[list[Record]]:
    """Each is built for a day, waits for a review, is tested for a day and waits a day to be deployed."""
    return [
        issue(
            f"PAY-{n}",
            ("Open", n * apart),
            ("In Progress", n * apart + 1),
            ("In Review", n * apart + 2),
            ("Testing", n * apart + 2 + wait),
            ("Ready", n * apart + 3 + wait),
            ("Done", n * apart + 4 + wait),
        )
        for n in range(many)
    ]


def test_a_case_that_is_drawn_twice_lives_twice() -> None:
    """From whichever day each begins, it ends as it would if it were drawn alone; weekends fall otherwise."""
    worked = [
        issue(f"PAY-{n}", ("Open", n * 7 + 0.4), ("In Progress", n * 7 + 1.4), ("Done", n * 7 + 3.5)) for n in range(12)
    ]
    replay = known(worked).replay
    rows = np.zeros(3, np.int64)
    starts = replay.segments.starts[rows] + np.array([0, 2, 3]) * DAY
    alone = [int(replay.ends([], 0, rows[:1], starts[n : n + 1])[0]) for n in range(3)]

    assert replay.ends([], 0, rows, starts).tolist() == alone
    assert len({end - start for end, start in zip(alone, starts.tolist(), strict=True)}) > 1


def test_a_time_box_cuts_the_wait_and_nothing_else() -> None:
    """Of three days of waiting one is left; the days before and after stay."""
    told = known(stories(3), calendar=AROUND_THE_CLOCK)

    assert took(told) == [7.0] * 12
    assert took(told, TimeBox(cap="Review", at=24 * HOUR)) == [5.0] * 12
    assert took(told, TimeBox(cap="Review", at=5 * 24 * HOUR)) == [7.0] * 12


def test_a_time_box_that_ends_at_night_is_answered_when_work_begins() -> None:
    """Asked on Friday noon, due on Saturday noon, answered on Monday at nine."""
    one = [
        issue(f"PAY-{n}", ("Open", 7 * n + 4.4), ("In Review", 7 * n + 4.5), ("Done", 7 * n + 9.5)) for n in range(12)
    ]
    told = known(one)

    assert took(told, TimeBox(cap="Review", at=24 * HOUR)) == [pytest.approx(7 + 0.375 - 4.4, abs=1e-4)] * 12


def test_what_is_kept_in_some_cases_saves_about_their_share() -> None:
    """The draw is the same each time."""
    told = known(stories(3, many=200, apart=0.5), calendar=AROUND_THE_CLOCK)
    half = took(told, TimeBox(cap="Review", at=1 * 24 * HOUR, compliance=0.5))

    assert set(half) == {5.0, 7.0}
    assert 0.4 < half.count(5.0) / len(half) < 0.6
    assert half == took(told, TimeBox(cap="Review", at=1 * 24 * HOUR, compliance=0.5))


def gated(many: int = 15) -> Known:
    """Ready on any day, let through on Tuesdays at ten; then a day of work."""
    items = []
    for n in range(many):
        ready = 3.4 * n + 0.5
        board = 7 * np.ceil((ready - 1 - 10 / 24) / 7) + 1 + 10 / 24
        items.append(issue(f"PAY-{n}", ("Open", ready - 0.2), ("In Review", ready), ("Done", float(board) + 0.01)))
    told = known(items, calendar=AROUND_THE_CLOCK)
    return replace(told, cadences={"Review": Cadence(every_weeks=1, weekdays=("tue",), hour=10, share=1.0)})


def test_a_gate_lets_through_at_the_next_appointment() -> None:
    """Of a board that meets daily nobody waits longer than a day; of the one there is, as long as now."""
    told = gated()
    same = took(told, GateCadence(cadence="Review", on=("tue",)))
    daily = took(told, GateCadence(cadence="Review", on="daily"))

    assert same == took(told)
    assert max(same) > 5
    assert max(daily) <= 0.2 + 1 + 0.0101
    assert all(less <= more for less, more in zip(daily, same, strict=True))


def test_a_free_day_has_no_appointment() -> None:
    """The board of a team that works from Monday to Friday meets on none of the others."""
    told = gated()
    weekdays = replace(told, stream=told.stream.model_copy(update={"calendar": Calendar()}))
    ends = weekdays.replay.ends([rule_of(weekdays, GateCadence(cadence="Review", on=("sat", "mon")))])
    left = pl.Series(ends[weekdays.replay.segments.many > 0]).cast(pl.Datetime("us")).dt.weekday()

    assert set(left) == {1}


def test_a_gate_without_appointments_is_no_matter_of_its_calendar() -> None:
    """It is said what could be asked instead."""
    with pytest.raises(CannotTell, match="no appointments were found at Review"):
        rule_of(known(stories(3)), GateCadence(cadence="Review", on="daily"))


def test_what_was_sent_back_less_saves_the_whole_detour() -> None:
    """Sent back from the test, and there again after three days: without it those are gone, and all else stays."""
    items = [
        issue(
            f"PAY-{n}",
            ("Open", n),
            ("In Progress", n + 1),
            ("Testing", n + 2),
            ("In Progress", n + 3),
            ("Testing", n + 5),
            ("Ready", n + 6),
            ("Done", n + 7),
        )
        for n in range(12)
    ]
    told = known(items, calendar=AROUND_THE_CLOCK)
    half = took(told, FewerReturns(rework="Test", by=0.5))

    assert took(told, FewerReturns(rework="Test", by=1)) == [4.0] * 12
    assert set(half) == {4.0, 7.0}


def test_deployed_by_a_machine_is_as_quick_as_the_quickest_tenth() -> None:
    """One of ten waited an hour, the others a day."""
    items = [
        issue(
            f"PAY-{n}",
            ("Open", n),
            ("In Progress", n + 1),
            ("Ready", n + 2),
            ("Done", n + 2 + (1 / 24 if n % 10 == 0 else 1)),
        )
        for n in range(20)
    ]
    told = known(items, calendar=AROUND_THE_CLOCK)

    assert set(took(told, Deploy(deploy="Deploy"))) == {round(2 + 1 / 24, 4)}


def test_of_stages_in_parallel_only_the_longest_takes_time() -> None:
    """A day of test and a day until it is deployed become one; a review of three days and a day of test three."""
    told = known(stories(3), calendar=AROUND_THE_CLOCK)

    assert took(told, Parallel(parallel=("Test", "Deploy"))) == [6.0] * 12
    assert took(told, Parallel(parallel=("Review", "Test", "Deploy"))) == [5.0] * 12
    with pytest.raises(CannotTell, match="hardly ever followed each other"):
        rule_of(told, Parallel(parallel=("Backlog", "Deploy")))


def boarded() -> Known:
    """Reviewed for three days from Monday on, then deployed on Fridays at ten."""
    items = [
        issue(
            f"PAY-{n}",
            ("Open", 7 * n + 0.3),
            ("In Review", 7 * n + 0.5),
            ("Ready", 7 * n + 3.5),
            ("Done", 7 * n + 4 + 10 / 24 + 0.01),
        )
        for n in range(15)
    ]
    told = known(items, calendar=AROUND_THE_CLOCK)
    return replace(told, cadences={"Deploy": Cadence(every_weeks=1, weekdays=("fri",), hour=10, share=1.0)})


def test_what_is_saved_before_an_appointment_is_waited_for_there() -> None:
    """A time-box of a day saves nothing where all is deployed on Fridays, and two and a half days where it is daily."""
    told = boarded()
    box, daily = TimeBox(cap="Review", at=24 * HOUR), Deploy(deploy="Deploy", on="daily")
    fixed = list(appointed(told).values())
    ends = [told.replay.ends([*fixed, rule_of(told, change)]) for change in (box, daily)]
    both = told.replay.ends([*fixed, rule_of(told, box), rule_of(told, daily)])

    assert (ends[0] == told.replay.segments.ends).all()
    assert (ends[1] == told.replay.segments.ends).all()
    assert ((told.replay.segments.ends - both) / DAY == 2).all()


def test_beside_a_stage_an_appointment_is_the_first_since_both_began() -> None:
    """Reviewed from Monday to Thursday noon, deployed on Fridays; deployed daily, only the review is waited for."""
    told = boarded()
    beside, daily = rule_of(told, Parallel(parallel=("Review", "Deploy"))), Deploy(deploy="Deploy", on="daily")
    for fixed, saved in (([*appointed(told).values()], 0.0), ([rule_of(told, daily)], 0.5 + 10 / 24 + 0.01)):
        sooner = told.replay.segments.ends - told.replay.ends([*fixed, beside])
        assert sooner / DAY == pytest.approx(saved)


def test_days_on_which_nothing_ever_waited_may_be_appointments() -> None:
    """All comes on Thursdays and leaves on Fridays: Monday to Wednesday say nothing of whether it could leave then."""
    assert set(perhaps_appointed(boarded())) == {"Deploy"}
    assert perhaps_appointed(gated(many=60)) == {}


def test_what_comes_one_by_one_waits_less_for_those_who_work() -> None:
    """Ten at a time come from a board to a stage that lets two a day pass; daily ones hardly wait."""
    items = []
    for n in range(100):
        week, place = divmod(n, 10)
        came, board = 7 * week + 0.6 * place + 0.5, 7 * week + 8 + 10 / 24
        done = board + 0.5 * (place + 1)
        items.append(
            issue(f"PAY-{n}", ("Open", came - 0.1), ("In Review", came), ("Testing", board + 0.001), ("Done", done))
        )
    told = replace(
        known(items, calendar=AROUND_THE_CLOCK),
        cadences={"Review": Cadence(every_weeks=1, weekdays=("tue",), hour=10, share=1.0)},
    )
    daily = rule_of(told, GateCadence(cadence="Review", on="daily"))
    alone, crowd = (told.replay.ends(rules) for rules in ([daily], [daily, *contended(told, [daily])]))

    assert contended(told, list(appointed(told).values())) == []
    assert (alone - crowd).mean() > DAY


def test_only_a_rubber_stamp_is_given_up() -> None:
    """A dozen verdicts cannot tell; and what cannot be told is not predicted."""
    with pytest.raises(CannotTell, match="12 verdicts cannot tell whether Review is a rubber stamp"):
        rule_of(known(stories(3)), Removal(remove="Review"))


def test_a_rubber_stamp_that_is_given_up_takes_no_time() -> None:
    """Of many verdicts none changed anything."""
    told = known(stories(3, many=80), calendar=AROUND_THE_CLOCK)

    assert took(told, Removal(remove="Review")) == [4.0] * 80
    assert set(took(told, Removal(remove="Review", share=0.5))) == {4.0, 7.0}


def test_looked_at_more_often_waits_less() -> None:
    """What comes alone waits half as long where it is looked at twice as often; at a board it is no matter of that."""
    told = known(stories(3, apart=9), calendar=AROUND_THE_CLOCK)

    assert took(told, Attention(attention="Review", times=2))[0] == pytest.approx(5.5, abs=0.5)
    with pytest.raises(CannotTell, match="change its cadence"):
        rule_of(gated(), Attention(attention="Review", times=2))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(st.floats(0.001, 9), min_size=3, max_size=7), min_size=1, max_size=12))
def test_without_a_change_everything_is_as_it_was(lengths: list[list[float]]) -> None:
    """To the microsecond, whatever the items did and when."""
    states = ("Open", "In Progress", "In Review", "In Progress", "Testing", "Ready", "Done")
    items = []
    for n, stays in enumerate(lengths):
        days = np.cumsum([n / 7, *stays[:-1]])
        path = [*states[: len(stays) - 1], "Done"]
        items.append(issue(f"PAY-{n}", *[(state, float(day)) for state, day in zip(path, days, strict=True)]))
    sight = foresight(items)

    assert (sight.known.replay.ends(list(sight.appointed.values())) == sight.known.replay.segments.ends).all()


@cache
def world_foresight(seed: int) -> Foresight:
    found = clean(seed, GATED)
    done = reconstruct(found.told, found.records, found.window)
    return Foresight(done, read(done))


@pytest.mark.parametrize("seed", range(2))
def test_a_simulated_team_is_reproduced_exactly(seed: int) -> None:
    """Segments hold every instant of every delivered item, and the replay ends when it did."""
    sight = world_foresight(seed)
    cut = sight.known.replay.segments

    assert len(cut.cases) > 100
    assert (np.bincount(cut.row, cut.left - cut.began) == cut.ends - cut.starts).all()
    assert (sight.known.replay.ends(list(sight.appointed.values())) == cut.ends).all()


def test_where_the_back_test_fails_nothing_is_predicted() -> None:
    """A dozen items are no past to be tested on, and that is said at each change."""
    sight = foresight(stories(3))
    told = foresee(sight.found, sight.analysis, [Planned("box", TimeBox(cap="Review", at=24 * HOUR))], suggest=True)

    assert not told.back_test.passed
    assert "it cannot be tested" in told.back_test.reason
    assert told.changes[0].effect is None
    assert told.changes[0].reason.startswith("it cannot be tested")
    assert told.suggestions == ()


def test_the_back_test_is_told_what_was_over_and_tells_what_began_later() -> None:
    """The record ends on day 177 with the last delivery; its last third began on day 118, when 12 had come and gone."""
    sight = foresight(stories(3, many=18, apart=10))
    told = foresee(sight.found, sight.analysis, []).back_test

    assert (told.trained, told.tested, told.open) == (12, 5, 1)
    assert told.weeks == pytest.approx(177 / 7 / 3)


def test_what_is_told_traces_to_a_waste_and_has_an_interval() -> None:
    """The effect lies in its interval, and counts for all items."""
    random = np.random.default_rng(1)
    items = []
    for n in range(300):
        came, wait = n * 0.6, float(random.gamma(2, 1.5))
        items.append(
            issue(
                f"PAY-{n}",
                ("Open", came),
                ("In Progress", came + 1),
                ("In Review", came + 2),
                ("Done", came + 2 + wait),
            )
        )
    sight = foresight(items, calendar=AROUND_THE_CLOCK)
    plan = [
        Planned("box", TimeBox(cap="Review", at=24 * HOUR)),
        Planned("half", TimeBox(cap="Review", at=24 * HOUR, compliance=0.5)),
    ]
    told = foresee(sight.found, sight.analysis, plan)
    whole, half = (each.effect for each in told.changes)

    assert told.back_test.passed, told.back_test.reason
    assert told.changes[0].waste == "waiting"
    assert whole is not None
    assert half is not None
    assert whole.mean.low < whole.mean.change < whole.mean.high < 0
    assert whole.mean.change < half.mean.change < half.mean.high < 0
    assert whole.item_days_per_week == pytest.approx(-whole.mean.change * told.items / sight.found.window.weeks)
    assert told.together is not None
    assert told.together.effect is not None
    assert told.together.effect.mean.change == pytest.approx(whole.mean.change)


def test_what_was_judged_before_widens_or_narrows_the_interval() -> None:
    """Two time-boxes that brought half of what was predicted make the third one less sure."""
    items = [
        issue(f"PAY-{n}", ("Open", n * 0.6), ("In Review", n * 0.6 + 1), ("Done", n * 0.6 + 2 + (n * 7919 % 100) / 20))
        for n in range(300)
    ]
    sight = foresight(items, calendar=AROUND_THE_CLOCK)
    plan = [Planned("box", TimeBox(cap="Review", at=24 * HOUR))]
    plain, doubted = (
        foresee(sight.found, sight.analysis, plan, realised=past).changes[0]
        for past in ({}, {"cap": [(1.0, -2.0), (0.5, -1.0)]})
    )

    assert plain.discrepancy == 0.3
    assert doubted.discrepancy > 0.35
    assert plain.effect is not None
    assert doubted.effect is not None
    assert doubted.effect.mean.low < plain.effect.mean.low


def test_together_does_not_depend_on_the_order_in_which_it_is_written() -> None:
    """At one place the cadence comes before the time-box, and what is not sent back any more takes no time."""
    random = np.random.default_rng(2)
    items = []
    for n in range(300):
        came, wait, again = n * 0.6, float(random.gamma(2, 1.5)), n % 4 == 0
        tested = came + 2 + wait
        path = [("Open", came), ("In Progress", came + 1), ("In Review", came + 2), ("Testing", tested)]
        back = [("In Progress", tested + 1), ("Testing", tested + 2)] if again else []
        items.append(issue(f"PAY-{n}", *path, *back, ("Done", tested + (3 if again else 1))))
    sight = foresight(items, calendar=AROUND_THE_CLOCK)
    plan = [
        Planned("box", TimeBox(cap="Review", at=24 * HOUR)),
        Planned("right", FewerReturns(rework="Test", by=1.0)),
    ]
    one, other = (foresee(sight.found, sight.analysis, each).together for each in (plan, plan[::-1]))

    assert one is not None
    assert one == other
    assert one.waste is None
    assert one.effect is not None, one.reason
    single = [sight.one(each).effect for each in plan]
    assert one.effect.mean.change < min(effect.mean.change for effect in single if effect)
