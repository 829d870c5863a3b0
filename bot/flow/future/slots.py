"""The appointments of a gate as instants, as they are kept and as they might be."""

from datetime import date, datetime, time, timedelta

import numpy as np
import polars as pl

from bot.flow.clock import Instants, closing_days, holidays_of, instant, moment
from bot.flow.findings.stations import Cadence
from bot.flow.model import WEEKDAYS, Calendar

EARLY = 0.05
"""Where the hour is not fixed, a session begins when the earliest of twenty items leave."""


def kept(cadence: Cadence, left: Instants, calendar: Calendar, first: int, last: int) -> tuple[Instants, int]:
    """The appointments between two instants, and their minute of the day; `left`: when items left."""
    days = working_days(calendar, first, last)
    minute = _minute(left, calendar) if cadence.hour is None else cadence.hour * 60
    if not cadence.weekdays:
        closing = closing_days(calendar, days[0], days[-1]) if days else frozenset()
        return at_minute([d for d in days if d in closing], minute, calendar), minute
    chosen = [d for d in days if WEEKDAYS[d.weekday()] in cadence.weekdays]
    if cadence.every_weeks > 1:
        phase = _phase(left, calendar, cadence.every_weeks)
        chosen = [d for d in chosen if _week(d) % cadence.every_weeks == phase]
    return at_minute(chosen, minute, calendar), minute


def working_days(calendar: Calendar, first: int, last: int) -> list[date]:
    """Of the team, from the day of one instant to that of another."""
    start, end = (moment(at).astimezone(calendar.zone).date() for at in (first, last))
    free = holidays_of(calendar, range(start.year, end.year + 1))
    every = (start + timedelta(days=n) for n in range((end - start).days + 1))
    return [d for d in every if WEEKDAYS[d.weekday()] in calendar.working_days and d not in free]


def at_minute(days: list[date], minute: int, calendar: Calendar) -> Instants:
    """That minute of each day, on the clock on the wall."""
    begins = time(minute // 60, minute % 60)
    return np.array([instant(datetime.combine(day, begins, calendar.zone)) for day in days], np.int64)


def _local(at: Instants, calendar: Calendar) -> pl.Series:
    return pl.Series(at).cast(pl.Datetime("us", "UTC")).dt.convert_time_zone(calendar.timezone)


def _minute(left: Instants, calendar: Calendar) -> int:
    local = _local(left, calendar)
    minutes = local.dt.hour().cast(pl.Int64).to_numpy() * 60 + local.dt.minute().cast(pl.Int64).to_numpy()
    return int(np.quantile(minutes, EARLY, method="lower")) if len(minutes) else 0


def _phase(left: Instants, calendar: Calendar, every: int) -> int:
    """Which of so many weeks in turn most items leave in."""
    weeks = [_week(day) % every for day in _local(left, calendar).dt.date().to_list()]
    return int(np.bincount(weeks, minlength=every).argmax()) if weeks else 0


def _week(day: date) -> int:
    return (day.toordinal() - 1) // 7
