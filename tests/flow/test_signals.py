"""Three signals that the map works, and what keeps each of them honest."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from bot.flow.analyse import analyse
from bot.flow.findings.signals import Signals
from bot.flow.history.log import Records
from bot.flow.model import Staff
from connectors.records import Record
from tests.build import STREAM, at, records, window
from tests.flow.weekly import TEAM, delivered, met, worked

WEEKS, CHANGE = 40, 27
"""So many weeks, and the one in which something changed: the window begins with it."""

Weekly = Callable[[int], list[Record]]


def steady(week: int, days: float, number: int = 4, people: int = 5, item_type: str = "Story") -> list[Record]:
    """Lead times vary from item to item, and from week to week."""
    items = [delivered(n, week, days * (0.7 + 0.2 * ((n + week) % 4)), item_type) for n in range(number)]
    return [*(r for item in items for r in item), *worked(week, TEAM[:people], f"PAY-{week}-0")]


def seen(weekly: Weekly) -> Signals:
    return analyse(STREAM, told(weekly), window(CHANGE * 7, WEEKS * 7)).signals


def told(weekly: Weekly) -> Records:
    return records(*(weekly(week) for week in range(WEEKS)))


def test_lead_time_that_falls_without_more_people_is_the_first_signal() -> None:
    """With the people, what each delivers, and what comes, all as they were."""
    found = seen(lambda week: steady(week, 12 if week < CHANGE else 6)).lead_time

    assert (found.verdict, found.confounders) == ("better", ())
    assert found.lead_time is not None
    assert (found.lead_time.high or 0) < 0
    assert found.headcount is not None
    assert found.headcount.before == found.headcount.after == 5.0
    assert found.per_person is not None
    assert found.per_person.after == pytest.approx(4 / 5)


def test_more_people_explain_it_as_well() -> None:
    """Six instead of five is a fifth more, and each delivers less."""
    found = seen(lambda week: steady(week, 12 if week < CHANGE else 6, people=5 if week < CHANGE else 6)).lead_time

    assert found.verdict == "confounded"
    assert [c.kind for c in found.confounders] == ["headcount", "less per person"]
    assert "worked 20 % more on it (5.0 a week before, 6.0 now)" in found.reason.replace("\u00a0", " ")


def test_less_demand_explains_it_as_well() -> None:
    """Two items a week instead of four."""
    found = seen(lambda week: steady(week, 12 if week < CHANGE else 6, number=4 if week < CHANGE else 2)).lead_time

    assert {c.kind for c in found.confounders} == {"less per person", "less demand"}


def test_easier_work_explains_it_as_well() -> None:
    """Each type takes as long as ever, and there are more of the quick ones."""

    def weekly(week: int) -> list[Record]:
        quick = 1 if week < CHANGE else 4
        stories = [delivered(n, week, 12 * (0.7 + 0.2 * ((n + week) % 4))) for n in range(5 - quick)]
        bugs = [delivered(9 + n, week, 3 * (0.7 + 0.2 * ((n + week) % 4)), "Bug") for n in range(quick)]
        return [r for item in (*stories, *bugs) for r in item] + worked(week, TEAM[:5], f"PAY-{week}-0")

    found = seen(weekly).lead_time
    assert (found.verdict, [c.kind for c in found.confounders]) == ("confounded", ["easier work"])
    assert found.like_for_like == pytest.approx(0, abs=0.1)


def test_lead_time_as_it_came_and_with_the_mix_held() -> None:
    """Stories take twelve days and bugs three, as ever; of five a week one was a bug, now four are: (1/4) ** (3/5)."""

    def weekly(week: int) -> list[Record]:
        bugs = 1 if week < CHANGE else 4
        items = [delivered(n, week, 3 if n < bugs else 12, "Bug" if n < bugs else "Story") for n in range(5)]
        return [r for item in items for r in item] + worked(week, TEAM[:5], f"PAY-{week}-0")

    found = seen(weekly).lead_time
    assert found.like_for_like == pytest.approx(0, abs=1e-9)
    assert found.as_it_came == pytest.approx(0.25**0.6 - 1)


def test_a_quick_type_that_is_new_is_easier_work_too() -> None:
    """Stories take as long as ever."""

    def weekly(week: int) -> list[Record]:
        few = range(2 if week < CHANGE else 1)
        stories = [delivered(n, week, 12 * (0.7 + 0.2 * ((n + week) % 4))) for n in few]
        chores = [delivered(9 + n, week, 2, "Chore") for n in range(3 if week >= CHANGE else 0)]
        return [r for item in (*stories, *chores) for r in item] + worked(week, TEAM[:5], f"PAY-{week}-0")

    assert "easier work" in {c.kind for c in seen(weekly).lead_time.confounders}


def test_nothing_is_said_of_fewer_than_three_people() -> None:
    """Teams are measured, never persons: what two do is nobody's business."""
    found = seen(lambda week: steady(week, 12 if week < CHANGE else 6, people=2)).lead_time

    assert (found.verdict, found.headcount, found.per_person) == ("cannot tell", None, None)
    assert "fewer than 3 people" in found.reason


def test_what_stayed_the_same_was_not_improved() -> None:
    found = seen(lambda week: steady(week, 12)).lead_time

    assert found.verdict == "no change"
    assert "symptoms" in found.reason


def test_without_a_calendar_meetings_are_not_measured() -> None:
    """However many people work on it."""
    found = seen(lambda week: steady(week, 12)).status_meetings

    assert (found.verdict, found.now, found.meetings) == ("not measured", None, None)


def test_hours_of_status_meetings_a_person_and_week() -> None:
    """Six of an hour are asked for 6 hours; five people work: 1.2 hours each. Then it takes half an hour."""
    found = seen(
        lambda week: [*steady(week, 12), *met(week, 0.4, 1 if week < CHANGE else 0.5, invited=6)]
    ).status_meetings

    assert found.verdict == "better"
    assert found.hours is not None
    assert (found.hours.before, found.hours.after, found.now) == pytest.approx((1.2, 0.6, 0.6))
    assert (found.meetings, found.person_hours, found.invited) == (1, 3, 6)


@pytest.mark.parametrize(
    ("meeting", "reason"),
    [
        ((1.0, 2, "status"), "no meeting of three or more"),
        ((1.0, 6, None), "no meeting of three or more"),
        ((1.0, 0, "status"), "do not tell how many were invited"),
    ],
)
def test_what_calendars_do_not_tell_is_not_measured(meeting: tuple[float, int, str | None], reason: str) -> None:
    """Two who talk are no status meeting; without a title that matches, or without guests, nobody can tell."""
    hours, invited, pattern = meeting
    found = seen(lambda week: [*steady(week, 12), *met(week, 0.4, hours, invited, pattern)]).status_meetings

    assert (found.verdict, found.hours, found.now) == ("not measured", None, None)
    assert reason in found.reason


def test_before_a_calendar_began_nothing_is_known() -> None:
    """Weeks without a calendar are no weeks without meetings."""
    found = seen(
        lambda week: [*steady(week, 12), *(met(week, 0.4, 1, invited=6) if week >= CHANGE - 3 else [])]
    ).status_meetings

    assert (found.verdict, found.hours) == ("cannot tell", None)
    assert found.now == pytest.approx(1.2)
    assert "3 closed weeks before" in found.reason


def test_a_meeting_in_two_calendars_was_held_once() -> None:
    """And two meetings of one calendar at the same time are two."""
    both = seen(
        lambda week: [
            *steady(week, 12),
            *(r for scope in ("a.ics", "b.ics") for r in met(week, 0.4, 1, 6, scope=scope)),
        ]
    ).status_meetings

    assert both.meetings == 1


def test_weeks_are_those_of_the_stream_that_ended() -> None:
    """A meeting of the week that is not over does not count yet."""
    log = told(lambda week: [*steady(week, 12), *met(week, 0.4, 1 if week < WEEKS - 1 else 40, invited=6)])
    part = window(CHANGE * 7, WEEKS * 7 - 1)

    assert analyse(STREAM, log, part).signals.status_meetings.now == pytest.approx(1.2)
    assert part.end - part.start < timedelta(weeks=13)


def test_people_as_configured_count_instead_of_their_traces() -> None:
    """Eight since ever, ten since the change: a quarter more, whatever traces tell."""
    staff = Staff(since=at(0).date(), people=8), Staff(since=at(CHANGE * 7).date(), people=10)
    stream = STREAM.model_copy(update={"headcount": staff})
    log = told(lambda week: steady(week, 12 if week < CHANGE else 6))
    found = analyse(stream, log, window(CHANGE * 7, WEEKS * 7)).signals.lead_time

    assert found.headcount is not None
    assert (found.headcount.before, found.headcount.after, found.headcount.change) == (8, 10, 0.25)
    assert [c.kind for c in found.confounders] == ["headcount", "less per person"]


def test_before_the_first_configured_day_nobody_is_known() -> None:
    """So nothing is compared with it."""
    stream = STREAM.model_copy(update={"headcount": (Staff(since=at(CHANGE * 7).date(), people=10),)})
    log = told(lambda week: steady(week, 12 if week < CHANGE else 6))
    found = analyse(stream, log, window(CHANGE * 7, WEEKS * 7)).signals.lead_time

    assert (found.verdict, found.headcount) == ("cannot tell", None)
