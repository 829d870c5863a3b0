"""Planned changes: what became of them, how they stand, and what is wrong with them."""

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from bot.flow.findings.future import Effect, Future, Moved
from bot.flow.findings.realised import Realised
from bot.flow.model import Waste
from bot.govern.plan import Followed, Milestone, PlanItem, Prediction, Step, courses
from bot.govern.plan_part import PlanPart, plan
from bot.govern.plan_words import standing
from bot.govern.realising import judged_change, model_error
from tests.build import at

BOX = PlanItem(
    name="Box",
    waste=Waste.WAITING,
    owner="mara",
    due=date(2026, 2, 1),
    change={"cap": "Review", "at": "24h"},
    milestones=(Milestone(name="Agreed", due=date(2026, 1, 20)),),
)


def moved(change: float, half: float = 1.0, before: float = 10.0) -> Moved:
    return Moved(before=before, after=before + change, change=change, low=change - half, high=change + half)


def future(typical: Moved, **more: Any) -> Future:
    effect = Effect(mean=typical, typical=typical, p50=typical, p85=typical, item_days_per_week=1)
    told = {"name": "Box", "what": "w", "waste": "waiting", "change": {}, "items": 9, "visits": 9, "discrepancy": 0.3}
    return Future.model_validate({**told, "at_least": False, "reason": "", "effect": effect, **more})


PREDICTED = Prediction(seen=at(1), made=at(1), future=future(moved(-3)), reason="")


def realised(change: float, half: float = 1.0, *, differs: bool = True, **more: Any) -> Realised:
    told: dict[str, Any] = {"waits": False, "first_week": date(2026, 2, 2), "weeks": 13, "final": True}
    told |= {"n_before": 50, "n_after": 30, "begun_before": None, "begun_after": None}
    figures = {"before": 10.0, "after": 10.0 + change, "change": change, "low": change - half, "high": change + half}
    return Realised.model_validate({**told, **figures, "differs": differs, "reason": "", **more})


REALISED = realised(0)


def step(kind: str, day: float, noted: float | None = None, **told: Any) -> Step:
    return Step("box", kind, at(day), at(day if noted is None else noted), told)  # type: ignore[arg-type]


def started(day: float = 1, noted: float | None = None, item: PlanItem = BOX) -> Step:
    told = {"item": item.model_dump(mode="json"), "prediction": PREDICTED.model_dump(mode="json")}
    return step("started", day, noted, **told)


def stands(*steps: Step, now: float = 10, came: Realised | None = None, item: PlanItem = BOX) -> PlanPart:
    return plan(courses([item], steps), {"Box": came} if came else {}, at(now))[0]


def test_a_change_without_an_owner_or_with_milestones_of_one_name_is_refused() -> None:
    """Whoever plans, says who sees to it."""
    with pytest.raises(ValidationError, match="and who owns it"):
        PlanItem(name="Box", waste=Waste.WAITING, owner=" ", due=date(2026, 2, 1))
    with pytest.raises(ValidationError, match='"Agreed" is due on 2026-03-01, after "Box", which is'):
        PlanItem.model_validate({**BOX.model_dump(), "milestones": [{"name": "Agreed", "due": "2026-03-01"}]})
    with pytest.raises(ValidationError, match='two milestones of "Box" have the same name'):
        PlanItem.model_validate({**BOX.model_dump(), "milestones": [*BOX.milestones, *BOX.milestones]})


def test_steps_tell_what_became_of_it() -> None:
    """Planned, started, done; done is taken back when it is made again; the first prediction stays."""
    again = step("started", 9)
    every = [started(), step("done", 5), again, step("dropped", 12, reason="board abolished")]

    told = [stands(*every[:n], now=n) for n in range(5)]

    assert [part.status for part in told] == ["planned", "started", "done", "started", "dropped"]
    assert [part.started_at for part in told[1:4]] == [at(1)] * 3
    assert [part.done_at for part in told] == [None, None, at(5), None, None]
    assert told[3].prediction == PREDICTED
    assert told[4].dropped == "board abolished"


def test_of_a_time_that_is_said_twice_the_last_counts() -> None:
    """A day that was mistaken can be mended, and what was said first stays in the store."""
    assert stands(started(), step("done", 5), step("done", 4, noted=6)).done_at == at(4)


def test_late_changes_and_milestones_are_told_with_their_days() -> None:
    """Until they are reached or done."""
    late = stands(now=40)
    reached = stands(step("reached", 20, milestone="Agreed"), now=40)

    assert late.faults == ("13 days late", 'the milestone "Agreed" is 25 days late')
    assert reached.faults == ("13 days late",)
    assert (late.days_left, reached.milestones[0].reached_at) == (-13, at(20))
    assert stands(started(), step("done", 30), now=40).faults == ()


def test_an_issue_that_nobody_is_assigned_to_is_told() -> None:
    """As long as there is something to do."""
    seen = Followed(
        key="PAY-7", url="u", state="To Do", category="planned", since=None, assigned=False, resolution=None
    )
    followed = step("followed", 2, **seen.model_dump(mode="json"))

    assert stands(followed).faults == ("nobody is assigned to PAY-7",)
    assert stands(started(), step("done", 3), followed).faults == ()


def test_what_was_predicted_after_the_fact_or_of_another_change_is_told() -> None:
    """A prophecy that was noted afterwards, or is of something else, is worth less."""
    other = BOX.model_copy(update={"change": {"cap": "Review", "at": "48h"}})

    late = {
        "item": BOX.model_dump(mode="json"),
        "prediction": PREDICTED.model_copy(update={"made": at(6)}).model_dump(),
    }

    assert stands(step("started", 1, 6, **late)).faults == ("its prediction was noted 5 days after it began",)
    assert stands(started()).faults == ()
    assert stands(started(item=other)).faults == ("its change was written otherwise when it was predicted",)


def test_what_was_added_by_command_or_left_the_configuration_stays_on_the_list() -> None:
    """Nothing that was begun vanishes by an edit."""
    added = step("added", 0, item=BOX.model_dump(mode="json"))

    assert [each.item for each in courses([], [added])] == [BOX]
    assert [each.status for each in courses([], [started()])] == ["started"]


def test_the_most_urgent_change_comes_first_and_what_is_done_after_it() -> None:
    """Late ones have negative days."""
    items = [
        BOX.model_copy(update={"name": n, "due": d})
        for n, d in (("later", date(2026, 2, 1)), ("late", date(2026, 1, 10)))
    ]
    found = plan(courses([BOX, *items], [started(), step("done", 3)]), {}, at(15))

    assert [(part.name, part.days_left) for part in found] == [("late", -10), ("later", 12), ("Box", None)]


@pytest.mark.parametrize(
    ("came", "verdict"),
    [
        (realised(-3.5), "as predicted"),
        (realised(-0.8, 0.5), "less than predicted"),
        (realised(-6.0), "more than predicted"),
        (realised(2.0), "worse"),
        (realised(0.5, differs=False), "no effect"),
        (realised(-1.5, 3, differs=False), "cannot tell"),
        (realised(-1.5, differs=False, final=False), "too early"),
        (realised(-3.5, begun_before=10.0, begun_after=12.0), "cannot tell"),
        (realised(-3.5, begun_before=10.0, begun_after=7.5), "as predicted"),
    ],
)
def test_what_came_is_judged_by_what_was_predicted(came: Realised, verdict: str) -> None:
    """Predicted were −3 days, −4 to −2."""
    assert judged_change(moved(-3), came)[0] == verdict


def test_at_least_is_kept_by_more() -> None:
    """Where the replay is known to find too little, more is what was said."""
    assert judged_change(moved(-3), realised(-6.0), at_least=True)[0] == "as predicted"
    assert judged_change(None, realised(-6.0))[0] == "better"


def test_before_the_first_look_it_is_too_early() -> None:
    """After it, what is missing is the reason why nothing can be told."""
    nothing: dict[str, Any] = {
        "change": None,
        "before": None,
        "after": None,
        "low": None,
        "high": None,
        "reason": "few",
    }

    assert judged_change(moved(-3), REALISED.model_copy(update={**nothing, "waits": True, "final": False})) == (
        "too early",
        "few",
    )
    assert judged_change(moved(-3), REALISED.model_copy(update=nothing)) == ("cannot tell", "few")


def test_without_effect_is_a_fault_that_every_page_says() -> None:
    """With what was before, what is since, and what was promised."""
    part = stands(started(), step("done", 5), now=150, came=realised(0.5, differs=False))

    assert part.verdict == "no effect"
    assert standing(part, "UTC").startswith("done on 10 Jan 2026, no effect: typically")
    assert standing(part, "UTC").count("no effect") == 1
    assert "predicted −3.0\u00a0d (−4.0\u00a0d to −2.0\u00a0d)" in part.reason


def test_changes_of_one_time_cannot_be_told_apart() -> None:
    """Each names the other; one that was over half a year before is none."""
    other = BOX.model_copy(update={"name": "Other"})
    told = {"item": other.model_dump(mode="json"), "prediction": PREDICTED.model_dump(mode="json")}
    mine = [started(300), step("done", 310)]

    def beside(begun: float, done: float) -> tuple[str, ...]:
        theirs = [Step("Other", "started", at(begun), at(begun), told), Step("Other", "done", at(done), at(done), {})]
        parts = plan(courses([BOX, other], [*mine, *theirs]), {}, at(500))
        return next(part.beside for part in parts if part.name == "Box")

    assert beside(290, 305) == ("Other",)
    assert beside(20, 40) == ()


def test_the_error_of_the_model_is_what_chance_does_not_explain() -> None:
    """Found −6 ± 1 where −3 ± 1 was predicted; the latter is no more than was allowed for the model (3 · 0.3)."""
    error, predicted = model_error(PREDICTED, realised(-6.0)) or (0.0, 0.0)

    assert error == pytest.approx((9 - (1 / 1.2816) ** 2) ** 0.5, rel=0.001)
    assert predicted == -3
    assert model_error(PREDICTED, realised(-3.2)) == (0.0, -3)
    assert model_error(PREDICTED, realised(-6.0, final=False)) is None


def test_what_was_done_without_a_prediction_says_so() -> None:
    """And not that a prediction was noted late, where there is none."""
    none = Prediction(seen=at(1), made=at(30), future=None, reason="too few items")
    told: dict[str, Any] = {"item": BOX.model_dump(mode="json"), "prediction": none.model_dump(mode="json")}
    part = stands(step("started", 1, **told), step("done", 5))

    assert part.faults == ()
    assert standing(part, "UTC") == "done on 10 Jan 2026, too early to tell; nothing was predicted (too few items)"
