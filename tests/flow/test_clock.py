"""Elapsed and working time."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bot.flow.clock import DAY, WorkClock, instant, moment
from bot.flow.model import Calendar

HOUR = 3_600_000_000
YEAR = (instant(datetime(2026, 1, 1, tzinfo=UTC)), instant(datetime(2027, 1, 1, tzinfo=UTC)))
BERLIN = Calendar(timezone="Europe/Berlin", holidays="DE-BY")
INSTANTS = st.integers(YEAR[0] + DAY, YEAR[1] - DAY)


def worked(calendar: Calendar, start: datetime, end: datetime) -> float:
    return WorkClock(calendar, *YEAR).between(instant(start), instant(end)) / HOUR


def test_a_weekend_takes_no_working_time() -> None:
    """From Friday 16:00 to Monday 10:00 there are two working hours."""
    assert worked(Calendar(), datetime(2026, 1, 9, 16, tzinfo=UTC), datetime(2026, 1, 12, 10, tzinfo=UTC)) == 2


def test_a_holiday_takes_none_either() -> None:
    """Epiphany, 6 January, is free in Bavaria and worked in Berlin."""
    span = (datetime(2026, 1, 6, tzinfo=UTC), datetime(2026, 1, 7, tzinfo=UTC))

    assert worked(BERLIN, *span) == 0
    assert worked(Calendar(timezone="Europe/Berlin", holidays="DE-BE"), *span) == 8


def test_dates_may_be_given_as_holidays() -> None:
    """A list of dates instead of a country."""
    assert (
        worked(
            Calendar(holidays=(date(2026, 1, 7),)), datetime(2026, 1, 7, tzinfo=UTC), datetime(2026, 1, 8, tzinfo=UTC)
        )
        == 0
    )


def test_a_day_of_summer_time_has_its_eight_hours() -> None:
    """The clocks go forward on 29 March; Monday the 30th works 07:00 to 15:00 UTC, Friday the 27th 08:00 to 16:00."""
    assert worked(BERLIN, datetime(2026, 3, 27, 7, tzinfo=UTC), datetime(2026, 3, 27, 9, tzinfo=UTC)) == 1
    assert worked(BERLIN, datetime(2026, 3, 30, 7, tzinfo=UTC), datetime(2026, 3, 30, 9, tzinfo=UTC)) == 2
    assert worked(BERLIN, datetime(2026, 3, 27, tzinfo=UTC), datetime(2026, 3, 31, tzinfo=UTC)) == 16


def test_a_calendar_without_working_days_never_works() -> None:
    """Odd, but no crash."""
    assert worked(Calendar(working_days=()), datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 2, 5, tzinfo=UTC)) == 0


@given(st.lists(INSTANTS, min_size=3, max_size=3))
def test_working_time_adds_up(three: list[int]) -> None:
    """B(c) - B(a) = (B(b) - B(a)) + (B(c) - B(b)), never negative, never more than elapsed time."""
    a, b, c = sorted(three)
    clock = WorkClock(BERLIN, *YEAR)

    assert clock.between(a, c) == clock.between(a, b) + clock.between(b, c)
    assert 0 <= clock.between(a, b) <= b - a


@given(INSTANTS, INSTANTS)
def test_the_sum_over_days_is_the_whole(first: int, second: int) -> None:
    """Cutting a span at every midnight changes nothing."""
    a, b = sorted((first, second))
    clock = WorkClock(BERLIN, *YEAR)
    midnights = [instant(datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=n)) for n in range(366)]
    cuts = [a, *(m for m in midnights if a < m < b), b]

    assert int(np.diff(clock.elapsed(cuts)).sum()) == clock.between(a, b)


@given(INSTANTS)
def test_instants_are_exact(at: int) -> None:
    """No microsecond is lost between a time and its number."""
    assert instant(moment(at)) == at


@given(st.integers(0, 20 * 86_400 * 1_000_000))
def test_the_working_time_that_has_passed_leads_back_to_its_instant(later: int) -> None:
    """And in the night to the evening before, when it had passed."""
    first = instant(datetime(2026, 1, 5, tzinfo=UTC))
    clock = WorkClock(Calendar(), first, first + 30 * DAY)
    worked = clock.elapsed(first + later)

    assert clock.elapsed(clock.instant_of(worked)) == worked
    assert clock.instant_of(worked) <= max(first + later, first + 9 * DAY // 24)


def test_the_hours_of_a_week() -> None:
    """Five rows of a beginning and an end; nothing where nobody works."""
    first = instant(datetime(2026, 1, 5, tzinfo=UTC))
    clock = WorkClock(Calendar(), first, first + 30 * DAY)

    assert [tuple((row - first) * 24 / DAY) for row in clock.hours(first, first + 7 * DAY)][:2] == [(9, 17), (33, 41)]
    assert len(clock.hours(first, first + 7 * DAY)) == 5
    assert len(clock.hours(first + 5 * DAY, first + 7 * DAY)) == 0
