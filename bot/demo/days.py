"""The working days of a simulated company."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/Berlin")
OPENS, CLOSES = time(9), time(17)


def first_day(now: datetime, weeks: int) -> datetime:
    """Midnight of the Monday so many weeks before that of `now`."""
    today = now.astimezone(ZONE).date()
    return datetime.combine(today - timedelta(days=today.weekday(), weeks=weeks), time(0), ZONE)


def later(at: datetime, hours: float) -> datetime:
    """So many working hours later."""
    left = timedelta(hours=hours)
    at = at_work(at)
    while True:
        close = datetime.combine(at.date(), CLOSES, ZONE)
        if at + left <= close:
            return at + left
        left -= close - at
        at = at_work(close)


def at_work(at: datetime) -> datetime:
    """The first working moment from here on."""
    at = at.astimezone(ZONE)
    if at.time() >= CLOSES:
        at = datetime.combine(at.date() + timedelta(days=1), OPENS, ZONE)
    at = max(at, datetime.combine(at.date(), OPENS, ZONE))
    while at.weekday() >= 5:
        at = datetime.combine(at.date() + timedelta(days=1), OPENS, ZONE)
    return at


def next_of(at: datetime, weekdays: tuple[int, ...], *, hour: int) -> datetime:
    """The next of the appointments of a week."""
    days = (at.date() + timedelta(days=n) for n in range(8))
    slots = (datetime.combine(day, time(hour), ZONE) for day in days if day.weekday() in weekdays)
    return next(slot for slot in slots if slot > at)
