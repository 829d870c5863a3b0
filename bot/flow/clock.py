"""Elapsed and working time.

All instants are int64 microseconds since 1970 in UTC. Working time is a map t -> B(t), the working time elapsed since
the calendar began: it never falls and stands still outside working hours, so the working time of a span is B(end) -
B(start) whatever the time zone, the holidays and the changes of summer time between. One gather an event, no loop
over days.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from bot.flow.instants import DAY, EPOCH, HOUR, MICROSECOND, MINUTE, SECOND, WEEK, days, days_or_none, instant, moment
from bot.flow.model import WEEKDAYS, Calendar

Instants = npt.NDArray[np.int64]

MONTH_END = 3
"""The last working days of a month, which are its end."""

__all__ = [
    "DAY",
    "EPOCH",
    "HOUR",
    "MICROSECOND",
    "MINUTE",
    "SECOND",
    "WEEK",
    "Instants",
    "WorkClock",
    "closing_days",
    "days",
    "days_or_none",
    "holidays_of",
    "instant",
    "is_holiday",
    "moment",
]


class WorkClock:
    """B(t) of a calendar, between two instants. Before and after them no working time passes."""

    def __init__(self, calendar: Calendar, first: int, last: int) -> None:
        zone, (opens, closes) = calendar.zone, calendar.hours
        start, end = (moment(at).astimezone(zone).date() for at in (first, last))
        every = [start + timedelta(days=n) for n in range(-1, (end - start).days + 2)]
        free = holidays_of(calendar, {day.year for day in every})
        worked = [d for d in every if WEEKDAYS[d.weekday()] in calendar.working_days and d not in free]
        self._opens = np.array([instant(datetime.combine(d, opens, zone)) for d in worked], np.int64)
        closed = np.array([instant(datetime.combine(d, closes, zone)) for d in worked], np.int64)
        self._closes, self._lengths = closed, closed - self._opens
        self._before = np.concatenate([[0], np.cumsum(self._lengths)]).astype(np.int64)
        self.day = max(
            instant(datetime.combine(date(1970, 1, 1), closes, UTC))
            - instant(datetime.combine(date(1970, 1, 1), opens, UTC)),
            1,
        )

    def elapsed(self, at: Any) -> Instants:
        """B(t) in microseconds for instants of any shape."""
        instants = np.asarray(at, np.int64)
        if not len(self._opens):
            return np.zeros_like(instants)
        index = np.searchsorted(self._opens, instants, side="right") - 1
        today = np.clip(instants - self._opens[np.maximum(index, 0)], 0, self._lengths[np.maximum(index, 0)])
        worked: Instants = np.where(index < 0, 0, self._before[np.maximum(index, 0)] + today)
        return worked

    def last_instant_of(self, worked: Any) -> Instants:
        """The last instant at which so much working time has elapsed: after a night, the next morning.

        The inverse of `elapsed`, between the first opening and the last closing that the calendar knows.
        """
        amounts = np.asarray(worked, np.int64)
        if not len(self._opens):
            return np.zeros_like(amounts)
        index = np.clip(np.searchsorted(self._before, amounts, side="right") - 1, 0, len(self._opens) - 1)
        found: Instants = self._opens[index] + (amounts - self._before[index])
        return found

    def instant_of(self, worked: Any) -> Instants:
        """The inverse of B: the first instant by which so much working time has passed."""
        amounts = np.asarray(worked, np.int64)
        if not len(self._opens):
            return np.zeros_like(amounts)
        index = np.clip(np.searchsorted(self._before, amounts, side="left") - 1, 0, len(self._opens) - 1)
        found: Instants = self._opens[index] + np.clip(amounts - self._before[index], 0, self._lengths[index])
        return found

    def hours(self, first: int, last: int) -> Instants:
        """When work begins and ends, in turn: rows of two instants that touch [first, last]."""
        touched = (self._closes > first) & (self._opens < last)
        return np.stack([self._opens[touched], self._closes[touched]], axis=1)

    def between(self, start: int, end: int) -> int:
        """Working microseconds of a span."""
        return int(self.elapsed(end) - self.elapsed(start))


def closing_days(calendar: Calendar, first: date, last: date) -> frozenset[date]:
    """The ends of the months between two days: fewer than MONTH_END working days of its month come after each."""
    begin, end = first.replace(day=1), (last.replace(day=28) + timedelta(days=4)).replace(day=1)
    free = holidays_of(calendar, range(begin.year, last.year + 1))
    found, left = list[date](), 0
    for day in (end - timedelta(days=n) for n in range(1, (end - begin).days + 1)):
        left = 0 if (day + timedelta(days=1)).day == 1 else left
        if left < MONTH_END:
            found.append(day)
        left += WEEKDAYS[day.weekday()] in calendar.working_days and day not in free
    return frozenset(found)


def is_holiday(calendar: Calendar, day: date) -> bool:
    """Whether nobody works on a day on which somebody would."""
    return day in holidays_of(calendar, [day.year])


def holidays_of(calendar: Calendar, years: Iterable[int]) -> set[date]:
    """The dates on which nobody works."""
    if not isinstance(calendar.holidays, str):
        return set(calendar.holidays)
    import holidays

    country, _, subdivision = calendar.holidays.partition("-")
    return set(holidays.country_holidays(country, subdiv=subdivision or None, years=sorted(years)))
