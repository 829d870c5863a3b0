"""Evidence of work."""

import pytest

from bot.flow.clock import WorkClock, instant
from bot.flow.log import read_log
from bot.flow.model import Calendar
from bot.flow.touch import read_touch
from connectors.records import EventKind as K
from connectors.records import Record
from tests.build import at, change, issue, records

HOUR, NINE = 1 / 24, 9 / 24
CLOCK = WorkClock(Calendar(), instant(at(0)), instant(at(60)))


def touched(*parts: list[Record]) -> list[float]:
    """Minutes of each trace, in the order of time."""
    log = read_log(records(issue("PAY-1", ("Open", 0)), *parts), instant(at(50)))
    found = read_touch(log.events, CLOCK).sort("at")
    return [round(t / 60e6, 6) for t in found["touched"]]


def test_the_first_trace_of_a_person_stands_for_the_usual_half_hour() -> None:
    """The next one for the time since, if it is shorter."""
    edits = [change("PAY-1", K.EDITED, NINE + hours * HOUR, actor="ann") for hours in (1, 1.2, 5)]

    assert touched(*edits) == [30.0, 12.0, 30.0]


def test_two_people_work_at_once_and_one_does_not() -> None:
    """Each has a time line of their own."""
    edits = [change("PAY-1", K.EDITED, NINE + 1 * HOUR, actor=who) for who in ("ann", "bob")]

    assert touched(*edits) == [30.0, 30.0]


def test_bots_and_remarks_leave_no_evidence() -> None:
    """Nor does what nobody did."""
    nobody = change("PAY-1", K.EDITED, NINE + HOUR, actor=None)
    assigned = change("PAY-1", K.ASSIGNED, NINE + HOUR, "ann")
    bot = [_by_a_bot(event) for event in change("PAY-1", K.EDITED, NINE + 2 * HOUR, actor="ci")]

    assert touched(nobody, assigned, bot) == []


@pytest.mark.parametrize(("minutes", "expected"), [(10, 10.0), (90, 90.0)])
def test_habits_say_how_long_a_stretch_of_work_is(minutes: int, expected: float) -> None:
    """Who leaves a trace every ten minutes has worked ten minutes before the first of the day."""
    steps = [NINE + HOUR + minutes / 1440 * n for n in range(5)]
    edits = [change("PAY-1", K.EDITED, day + step, actor="ann") for day in range(4) for step in steps]

    assert touched(*edits)[0] == expected


def test_nights_are_not_worked() -> None:
    """The trace of the next morning stands for the morning."""
    evening, morning = 17 / 24 - HOUR / 60, 1 + NINE + HOUR / 60
    edits = [change("PAY-1", K.EDITED, when, actor="ann") for when in (evening, morning)]

    assert touched(*edits) == [30.0, 2.0]


def _by_a_bot(record: Record) -> Record:
    from dataclasses import replace

    from connectors.records import ActorKind, Event

    assert isinstance(record, Event)
    return replace(record, actor_kind=ActorKind.BOT)
