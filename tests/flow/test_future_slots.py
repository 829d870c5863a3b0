"""The appointments of a gate as instants."""

from datetime import UTC, date, datetime

import numpy as np

from bot.flow.clock import instant, moment
from bot.flow.findings.stations import Cadence
from bot.flow.future.slots import at_minute, kept, working_days
from bot.flow.model import Calendar, Weekday

FIRST, LAST = instant(datetime(2026, 3, 1, tzinfo=UTC)), instant(datetime(2026, 4, 30, tzinfo=UTC))
BERLIN = Calendar(timezone="Europe/Berlin", holidays=(date(2026, 4, 6),))


def slots(every: int, weekdays: tuple[Weekday, ...], hour: int | None, left: list[datetime]) -> list[datetime]:
    cadence = Cadence(every_weeks=every, weekdays=weekdays, hour=hour, share=1.0)
    found, _ = kept(cadence, np.array([instant(at) for at in left], np.int64), BERLIN, FIRST, LAST)
    return [moment(int(at)) for at in found]


def test_an_hour_is_one_on_the_wall_and_a_holiday_has_none() -> None:
    """Mondays at ten, before and after the change to summer time, without Easter Monday."""
    found = slots(1, ("mon",), 10, [])

    assert datetime(2026, 3, 23, 9, tzinfo=UTC) in found
    assert datetime(2026, 3, 30, 8, tzinfo=UTC) in found
    assert date(2026, 4, 6) not in {at.date() for at in found}


def test_every_other_week_is_the_one_in_which_items_left() -> None:
    """Weeks of 2 and 16 March and so on."""
    found = slots(2, ("tue",), 10, [datetime(2026, 3, 17, 9, tzinfo=UTC), datetime(2026, 3, 31, 8, tzinfo=UTC)])

    assert [at.date() for at in found][:3] == [date(2026, 3, 3), date(2026, 3, 17), date(2026, 3, 31)]


def test_the_end_of_a_month_is_its_last_three_working_days() -> None:
    """A gate without weekdays."""
    found = slots(1, (), 9, [])

    assert [at.date().day for at in found if at.month == 3] == [27, 30, 31]


def test_where_a_record_ends_no_month_does() -> None:
    """The middle of April is no end of it; and the last three days of one without its holidays are earlier."""
    cadence = Cadence(every_weeks=4, weekdays=(), hour=9, share=1.0)
    middle = instant(datetime(2026, 4, 15, tzinfo=UTC))
    calendar = BERLIN.model_copy(update={"holidays": (date(2026, 3, 31),)})
    found, _ = kept(cadence, np.array([], np.int64), calendar, FIRST, middle)

    assert [moment(int(at)).date() for at in found] == [date(2026, 3, day) for day in (26, 27, 30)]


def test_without_an_hour_it_begins_when_the_first_leave() -> None:
    """Of many that leave one after the other."""
    left = [datetime(2026, 3, day, 13, minute, tzinfo=UTC) for day in (3, 10, 17) for minute in range(10, 50, 2)]
    found = slots(1, ("tue",), None, left)

    assert found[0] == datetime(2026, 3, 3, 13, 10, tzinfo=UTC)


def test_nobody_meets_on_a_free_day() -> None:
    """Neither at the weekend."""
    days = working_days(BERLIN, FIRST, LAST)

    assert {day.weekday() for day in days} == {0, 1, 2, 3, 4}
    assert date(2026, 4, 6) not in days
    assert len(at_minute(days, 600, BERLIN)) == len(days)
