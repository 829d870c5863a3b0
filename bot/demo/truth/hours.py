"""The hours of a simulated team: working hours since the beginning, and the wall clock they stand for."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property

from bot.flow.clock import holidays_of
from bot.flow.model import WEEKDAYS, Calendar

HOUR = 3_600_000
"""Milliseconds: the finest that a tracker tells."""

DAY_HOURS = 8
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Hours:
    """`monday`: the first day; `calendar`: eight hours a day, in one time zone."""

    monday: date
    weeks: int
    calendar: Calendar

    @cached_property
    def days(self) -> tuple[date, ...]:
        """On which anybody works."""
        every = [self.monday + timedelta(days=n) for n in range(7 * (self.weeks + 6))]
        free = holidays_of(self.calendar, {day.year for day in every})
        return tuple(d for d in every if WEEKDAYS[d.weekday()] in self.calendar.working_days and d not in free)

    @cached_property
    def _opens(self) -> list[int]:
        opens, _ = self.calendar.hours
        return [_milliseconds(datetime.combine(day, opens, self.calendar.zone)) for day in self.days]

    @cached_property
    def end(self) -> float:
        """Working hours until the last week is over."""
        last = self.monday + timedelta(weeks=self.weeks)
        return float(DAY_HOURS * sum(day < last for day in self.days))

    def wall(self, hours: float) -> int:
        """Milliseconds since 1970."""
        day, rest = divmod(round(hours * HOUR), DAY_HOURS * HOUR)
        return self._opens[day] + rest

    def later(self, hours: float, days: float) -> float:
        """Working hours by which so many elapsed days have passed since, or when work begins again after them."""
        wanted = self.wall(hours) + round(days * 24 * HOUR)
        day = bisect_right(self._opens, wanted) - 1
        return DAY_HOURS * day + min((wanted - self._opens[day]) / HOUR, float(DAY_HOURS))

    def midnight(self, week: int) -> datetime:
        """When a week begins, in UTC."""
        return datetime.combine(self.monday + timedelta(weeks=week), time(0), self.calendar.zone).astimezone(UTC)

    def begins(self, week: int) -> float:
        """In working hours."""
        first = self.monday + timedelta(weeks=week)
        return float(DAY_HOURS * sum(day < first for day in self.days))

    def appointments(self, weekdays: tuple[str, ...], hour: int) -> list[float]:
        """Working hours of every appointment; one that falls on a free day is left out."""
        opens, _ = self.calendar.hours
        return [
            DAY_HOURS * n + hour - opens.hour for n, day in enumerate(self.days) if WEEKDAYS[day.weekday()] in weekdays
        ]


def _milliseconds(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(milliseconds=1)


def moment(milliseconds: int) -> datetime:
    return EPOCH + timedelta(milliseconds=milliseconds)
