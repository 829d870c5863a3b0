"""Real calendars: every one is read or refused, and three of them are counted by hand."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from connectors.calendar import FIRST_READ, Calendar
from connectors.calendar_settings import CalendarSettings
from connectors.errors import SourceError
from connectors.records import Page
from tests.real.conftest import DATA

FILES = sorted((DATA / "ics").rglob("*.ics"))
NOWS = [datetime(year, 6, 1, tzinfo=UTC) for year in (2010, 2018, 2026)]

Met = Callable[[date], bool]

pytestmark = pytest.mark.skipif(not FILES, reason=f"the calendars are not here: {DATA / 'ics'}")


def read(path: Path, now: datetime) -> Page:
    calendar = Calendar("calendar.real", CalendarSettings.model_validate({"calendars": [str(path)]}), lambda: now)
    (page,) = calendar.fetch(str(path), None)
    return page


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_calendar_is_read_or_refused(path: Path) -> None:
    """Nothing but a SourceError, whatever is in it; what is told has ended and has a key of its own."""
    for now in NOWS:
        try:
            page = read(path, now)
        except SourceError:
            continue
        assert all(now - FIRST_READ <= payload.updated_at <= now for payload in page.payloads)
        assert len({payload.key for payload in page.payloads}) == len(page.payloads)


def days(zone: str, at: time, took: timedelta, met: Met, now: datetime) -> Iterator[str]:
    """When a meeting began that took place at that time of every day which `met` knows, by looking at each day."""
    for number in range(FIRST_READ.days + 5):
        day = (now - FIRST_READ).date() + timedelta(days=number - 2)
        start = datetime.combine(day, at, ZoneInfo(zone)).astimezone(UTC)
        if met(day) and now - FIRST_READ <= start + took <= now:
            yield start.isoformat()


def standup(day: date) -> bool:
    """FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR from 2009-03-10."""
    return day >= date(2009, 3, 10) and day.weekday() < 5


def friday_13(day: date) -> bool:
    """FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13 from 1997-09-02."""
    return day > date(1997, 9, 2) and day.day == 13 and day.weekday() == 4


def thursdays(day: date) -> bool:
    """FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=MO,TH from 2017-02-16 to 2017-08-14, without four days."""
    out = [date(2017, 7, 6), date(2017, 7, 17), date(2017, 7, 20), date(2017, 8, 3)]
    even = (day - date(2017, 2, 12)).days // 7 % 2 == 0
    return date(2017, 2, 16) <= day < date(2017, 8, 14) and even and day.weekday() in (0, 3) and day not in out


def tuesdays(day: date) -> bool:
    """FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=MO,TU from 2017-08-14; its EXDATEs name other times."""
    even = (day - date(2017, 8, 13)).days // 7 % 2 == 0
    return day >= date(2017, 8, 14) and even and day.weekday() in (0, 1)


@pytest.mark.parametrize("now", [*NOWS, datetime(2017, 12, 19, tzinfo=UTC)], ids=lambda now: str(now.date()))
@pytest.mark.parametrize(
    ("name", "series"),
    [
        ("ical4j/Standup.ics", [("Australia/Sydney", time(9, 30), timedelta(minutes=15), standup)]),
        ("ical4j/friday13.ics", [("US/Eastern", time(9), timedelta(hours=24), friday_13)]),
        (
            "ical.js/test14.ics",
            [
                ("US/Central", time(9), timedelta(hours=10), thursdays),
                ("UTC", time(14), timedelta(hours=10), tuesdays),
            ],
        ),
    ],
)
def test_meetings_are_those_that_a_person_counts(
    name: str, series: list[tuple[str, time, timedelta, Met]], now: datetime
) -> None:
    """Day by day, from what the rule says."""
    counted = sorted(start for zone, at, took, met in series for start in days(zone, at, took, met, now))

    assert sorted(payload.body["start"] for payload in read(DATA / "ics" / name, now).payloads) == counted
    assert counted or now.year == 2010
