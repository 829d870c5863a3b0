"""The plan in the store: on SQLite and on PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from bot import plan_results, plans
from bot.config import ConfiguredStream
from bot.errors import UsageError
from bot.flow.model import Calendar, Waste
from bot.flow.reconstruct import Reconstruction, reconstruct
from bot.govern.plan import Course, Milestone, PlanItem, Prediction
from bot.govern.plan_part import plan
from bot.report.plan_text import plan_text
from bot.store import Store
from tests.build import STREAM, at, issue, records, window

BOX = PlanItem(
    name="Box",
    waste=Waste.WAITING,
    owner="mara",
    due=date(2026, 6, 1),
    change={"cap": "Review", "at": "24h"},
    milestones=(Milestone(name="Agreed", due=date(2026, 3, 1)),),
)
PLANNED = ConfiguredStream.model_validate({**STREAM.model_dump(), "plan": [BOX.model_dump()]})
EMPTY = ConfiguredStream.model_validate(STREAM.model_dump())
NOTHING = Prediction(seen=at(1), made=at(1), future=None, reason="nothing")


def nothing(course: Course) -> Prediction:
    return NOTHING


def only(store: Store, stream: ConfiguredStream = PLANNED, day: float = 100) -> Course:
    (course,) = plans.courses_of(store, stream, at(day))
    return course


def test_a_change_goes_its_way_and_every_step_is_kept(store: Store) -> None:
    """Its day and the moment it was noted; a past day is seen as it was then."""
    plans.start(store, PLANNED, "box", at(10), at(11), nothing)
    plans.reach(store, PLANNED, "Box", "agreed", at(12), at(12))
    plans.finish(store, PLANNED, "Box", at(20), at(21))

    assert [only(store, day=day).status for day in (9, 10, 20)] == ["planned", "started", "done"]
    assert only(store).reached == {"Agreed": at(12)}
    assert [(step["kind"], step["at"]) for step in store.plans.steps("Payments")] == [
        ("started", at(10)),
        ("reached", at(12)),
        ("done", at(20)),
    ]


def test_what_is_added_by_command_stands_beside_what_is_configured(store: Store) -> None:
    """Once: a name is taken, however it is written."""
    plans.add(store, EMPTY, BOX, at(1))

    assert only(store, EMPTY).item == BOX
    for stream, item in ((EMPTY, BOX), (PLANNED, BOX.model_copy(update={"name": "BOX"}))):
        with pytest.raises(UsageError, match="is on the plan already"):
            plans.add(store, stream, item, at(1))


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"due": date(2026, 1, 5)}, "2026-01-05 is past"),
        ({"waste": Waste.MOTION}, 'cap = "Review" reduces waiting, not motion'),
        ({"change": {"cap": "Nowhere", "at": "24h"}}, '"Nowhere" is no approval of this stream'),
    ],
)
def test_nonsense_is_not_planned(store: Store, changed: dict[str, Any], words: str) -> None:
    """Late already, another waste than it reduces, or a place that there is not."""
    with pytest.raises(UsageError, match=words):
        plans.add(store, EMPTY, BOX.model_copy(update=changed), at(1.5))
    assert store.plans.steps("Payments") == []


def test_steps_that_make_no_sense_are_refused(store: Store) -> None:
    """In an order that cannot be, to come, unknown, or given up."""

    def refused(words: str, act: Any, *args: Any) -> None:
        with pytest.raises(UsageError, match=words):
            act(store, PLANNED, *args)

    refused("was not started, so nothing was predicted", plans.finish, "Box", at(5), at(5))
    refused("has not come yet", plans.start, "Box", at(6), at(5), nothing)
    refused('nothing on the plan is called "Bax"; did you mean "Box"', plans.start, "Bax", at(5), at(5), nothing)
    plans.start(store, PLANNED, "Box", at(5), at(5), nothing)
    refused("was started on 2026-01-10; what was predicted then stays", plans.start, "Box", at(6), at(6), nothing)
    refused("it began on 2026-01-10 00:00", plans.finish, "Box", at(4), at(6))
    refused('has no milestone "Agred"; did you mean "Agreed"', plans.reach, "Box", "Agred", at(6), at(6))
    plans.drop(store, PLANNED, "Box", "no board", at(7))
    refused("is dropped already", plans.drop, "Box", "again", at(8))
    refused("was dropped; add it under another name", plans.finish, "Box", at(8), at(8))


def test_days_are_those_of_the_stream(store: Store) -> None:
    """Shortly before midnight in Greenwich it is the next day in Berlin."""
    berlin = PLANNED.model_copy(update={"calendar": Calendar(timezone="Europe/Berlin")})
    plans.start(store, berlin, "Box", at(4.98), at(6), nothing)
    plans.reach(store, berlin, "Box", "Agreed", at(4.98), at(6))

    with pytest.raises(UsageError, match="was started on 2026-01-10;"):
        plans.start(store, berlin, "Box", at(5), at(6), nothing)
    with pytest.raises(UsageError, match="it began on 2026-01-10 00:31"):
        plans.finish(store, berlin, "Box", at(4), at(6))
    with pytest.raises(UsageError, match="2026-01-12 00:31 has not come yet"):
        plans.finish(store, berlin, "Box", at(6.98), at(6))
    shown = Console(width=200, file=StringIO())
    shown.print(plan_text(plan(plans.courses_of(store, berlin, at(6)), {}, at(6)), "Europe/Berlin"))
    assert "Agreed: reached on 10 Jan 2026" in shown.file.getvalue()  # type: ignore[attr-defined]


def test_of_two_that_start_a_change_at_once_one_predicts(store: Store) -> None:
    """The other is told that it was started."""

    def begin(number: int) -> str:
        prediction = NOTHING.model_copy(update={"reason": str(number)})
        try:
            plans.start(store, PLANNED, "Box", at(5), at(5), lambda _: prediction)
        except UsageError as problem:
            return str(problem)
        return ""

    with ThreadPoolExecutor(4) as pool:
        said = list(pool.map(begin, range(4)))

    assert sum(not words for words in said) == 1
    assert len(store.plans.steps("Payments")) == 1


def seen(since: float, end: float = 350) -> Reconstruction:
    """Four reviews a week of four days, and of `since` days from day 182 on."""
    every = [
        issue(f"PAY-{n}", ("Open", day), ("In Review", day + 3 + n % 5), ("Done", day + 3 + n % 5 + waited))
        for n in range(196)
        for day in (n * 1.75,)
        for waited in ((since if day > 182 else 4.0),)
        if day + 7 + waited < end
    ]
    return reconstruct(PLANNED, records(*every), window(start=end - 91, end=end))


def predict(course: Course) -> Prediction:
    """As known a week before the change is in force."""
    return plan_results.predicted(PLANNED, seen(1, end=175), course, {}, at(175))


def test_what_was_predicted_is_frozen_and_judged_when_it_is_done(store: Store) -> None:
    """Reviews take a day instead of four; what comes to be known later does not change the prediction."""
    plans.start(store, PLANNED, "Box", at(175), at(175), predict)
    plans.finish(store, PLANNED, "Box", at(182), at(182))
    came = plan_results.outcomes(seen(1), [only(store, day=350)])["Box"]

    prediction = only(store, day=350).prediction
    assert prediction is not None
    assert prediction.moved is not None
    assert prediction.moved.change == pytest.approx(-3, abs=0.2)
    assert came.differs
    assert came.change == pytest.approx(-3, abs=0.5)


def test_a_wrong_prediction_makes_later_ones_less_sure(store: Store) -> None:
    """Of the same kind; where another change was made meanwhile, nothing is learnt."""
    plans.start(
        store,
        PLANNED,
        "Box",
        at(175),
        at(175),
        lambda c: plan_results.predicted(PLANNED, seen(1, end=175), c, {}, at(175)),
    )
    plans.finish(store, PLANNED, "Box", at(182), at(182))
    course = only(store, day=350)

    right, wrong = (plan_results.lessons([course], plan_results.outcomes(seen(since), [course])) for since in (1, 4))

    assert right["cap"][0][0] == pytest.approx(0, abs=0.5)
    assert wrong["cap"][0][0] > 2
    assert plan_results.lessons([], {}) == {}


def test_a_change_whose_place_is_gone_is_told_instead_of_replayed(store: Store) -> None:
    """It was added when the stage had another name."""
    plans.add(store, EMPTY, BOX, at(1))
    stages = [{**stage.model_dump(), "name": stage.name.replace("Review", "Check")} for stage in STREAM.stages]
    renamed = ConfiguredStream.model_validate({**STREAM.model_dump(), "stages": stages})

    found, untraced = plans.traced(renamed, plans.courses_of(store, renamed, at(2)))

    assert found == []
    assert untraced["Box"].startswith('"Review" is no approval of this stream')


def test_the_clocks_of_two_machines_may_differ_a_little(store: Store) -> None:
    """What was noted half a minute from now is known."""
    plans.start(store, PLANNED, "Box", at(5) + timedelta(seconds=30), at(5), nothing)

    assert only(store, day=5).status == "started"
