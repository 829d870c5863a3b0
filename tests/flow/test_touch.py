"""Evidence of work."""

import pytest

from bot.flow.clock import WorkClock, instant
from bot.flow.evidence.habits import usual_gap
from bot.flow.evidence.touch import Reach, read_traces
from bot.flow.history.log import read_log
from bot.flow.model import Calendar
from connectors.records import EventKind as K
from connectors.records import Record, Verdict
from tests.build import at, change, issue, pull, records

HOUR, NINE = 1 / 24, 9 / 24
CLOCK = WorkClock(Calendar(), instant(at(0)), instant(at(60)))


def touched(*parts: list[Record], reach: Reach = Reach.LOW) -> list[float]:
    """Working minutes of each window, in the order of time."""
    log = read_log(records(issue("PAY-1", ("Open", 0)), *parts), instant(at(50)))
    found = read_traces(log.events, CLOCK).windows(reach, CLOCK).sort("at", "actor")
    return [CLOCK.between(begin, end) / 60e6 for begin, end in found.select("begin", "at").iter_rows()]


def test_the_first_trace_of_a_person_stands_for_the_usual_half_hour() -> None:
    """The next one for the time since, if it is shorter."""
    edits = [change("PAY-1", K.EDITED, NINE + hours * HOUR, actor="ann") for hours in (1, 1.2, 5)]

    assert touched(*edits) == pytest.approx([30.0, 12.0, 30.0])


def test_two_people_work_at_once_and_one_does_not() -> None:
    """Each has a time line of their own."""
    edits = [change("PAY-1", K.EDITED, NINE + 1 * HOUR, actor=who) for who in ("ann", "bob")]

    assert touched(*edits) == [30.0, 30.0]


def test_a_trace_reaches_back_as_far_as_habits_make_likely() -> None:
    """Once, three times or eight times the usual gap, but never beyond the last trace of the same person."""
    edits = [change("PAY-1", K.EDITED, 7 + NINE + hours * HOUR, actor="ann") for hours in (3, 4, 8)]

    assert touched(*edits) == [30.0, 30.0, 30.0]
    assert touched(*edits, reach=Reach.MID) == [90.0, 60.0, 90.0]
    assert touched(*edits, reach=Reach.HIGH) == [240.0, 60.0, 240.0]


def test_a_work_log_says_itself_how_long_it_was() -> None:
    """Three hours, as far as nothing else was done in them."""
    logged = change("PAY-1", K.LOGGED_WORK, NINE + 5 * HOUR, str(3 * 3600), actor="ann")
    edited = change("PAY-1", K.EDITED, NINE + 3 * HOUR, actor="ann")

    assert touched(logged) == [180.0]
    assert touched(edited, logged) == [30.0, 120.0]


def test_bots_and_remarks_leave_no_evidence() -> None:
    """Nor does what nobody did."""
    nobody = change("PAY-1", K.EDITED, NINE + HOUR, actor=None)
    assigned = change("PAY-1", K.ASSIGNED, NINE + HOUR, "ann")
    bot = [_by_a_bot(event) for event in change("PAY-1", K.EDITED, NINE + 2 * HOUR, actor="ci")]

    remark = pull(1, (K.OPENED, NINE), (K.REVIEWED, NINE + HOUR, "ann", Verdict.COMMENT.value))

    assert touched(nobody, assigned, bot, remark) == []


@pytest.mark.parametrize(("minutes", "expected"), [(10, 10.0), (90, 90.0)])
def test_habits_say_how_long_a_stretch_of_work_is(minutes: int, expected: float) -> None:
    """Who leaves a trace every ten minutes has worked ten minutes before the first of the day."""
    steps = [NINE + HOUR + minutes / 1440 * n for n in range(5)]
    edits = [change("PAY-1", K.EDITED, day + step, actor="ann") for day in range(1, 5) for step in steps]

    assert touched(*edits)[0] == pytest.approx(expected)


def test_nights_are_not_worked() -> None:
    """The trace of the next morning stands for the morning."""
    evening, morning = 17 / 24 - HOUR / 60, 1 + NINE + HOUR / 60
    edits = [change("PAY-1", K.EDITED, when, actor="ann") for when in (evening, morning)]

    assert touched(*edits) == pytest.approx([30.0, 2.0])


def _by_a_bot(record: Record) -> Record:
    from dataclasses import replace

    from connectors.records import ActorKind, Event

    assert isinstance(record, Event)
    return replace(record, actor_kind=ActorKind.BOT)


def test_the_habits_of_a_period_are_those_that_make_the_stretches() -> None:
    """An edit every hour of two days; what one says on one's own request beside it is no trace of work."""
    edits = [change("PAY-1", K.EDITED, day + NINE + n * HOUR, actor="ann") for day in (7, 8) for n in range(1, 8)]
    replies = [(K.REVIEWED, day + NINE + (n + 0.2) * HOUR, "ann", "commented") for day in (7, 8) for n in range(1, 8)]
    request = pull(1, (K.OPENED, 1.0), *replies, names=["PAY-1"], author="ann")
    log = read_log(records(issue("PAY-1", ("Open", 0)), *edits, request), instant(at(50)))
    traces = read_traces(log.events, CLOCK)

    assert usual_gap(traces, instant(at(7)), instant(at(9))) == pytest.approx(HOUR)
    assert traces.usual == pytest.approx(HOUR * 86_400e6)
    assert usual_gap(traces, instant(at(8)), instant(at(9))) is None
