"""Calendar weeks of a time zone, from Monday to Monday."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from bot.flow.clock import Instants, instant, moment
from bot.flow.model import Window

A_WEEK = timedelta(weeks=1)


@dataclass(frozen=True)
class Weeks:
    """Whole weeks in a row: their Mondays, and the instants that bound them, one more than weeks."""

    mondays: tuple[date, ...]
    cuts: Instants

    def __len__(self) -> int:
        return len(self.mondays)

    def number(self, at: Instants) -> Instants:
        """Which week each instant lies in; -1 before the first, and their number after the last."""
        return np.searchsorted(self.cuts, at, side="right") - 1


def closed_weeks(first: datetime, last: datetime, zone: str) -> Weeks:
    """The weeks that lie wholly between two instants; none where there is no such week."""
    start = monday(first, zone)
    if midnight(start, zone) < first:
        start += A_WEEK
    mondays = []
    while midnight(start + A_WEEK, zone) <= last:
        mondays.append(start)
        start += A_WEEK
    bounds = [*mondays, mondays[-1] + A_WEEK] if mondays else []
    return Weeks(tuple(mondays), np.array([instant(midnight(day, zone)) for day in bounds], np.int64))


def known_until(window: Window, *recorded: Instants) -> datetime:
    """The end of the window; where nothing was recorded in its last week, the last that was."""
    last = moment(max((int(at.max()) for at in recorded if len(at)), default=0))
    return window.end if window.end - last <= A_WEEK else last


def weeks_later(at: datetime, weeks: int, zone: str) -> datetime:
    """At the same time of day, also where the clocks were changed in between."""
    return at.astimezone(ZoneInfo(zone)) + weeks * A_WEEK


def monday(at: datetime, zone: str) -> date:
    """Of the week in which an instant lies."""
    day = at.astimezone(ZoneInfo(zone)).date()
    return day - timedelta(days=day.weekday())


def midnight(day: date, zone: str) -> datetime:
    """When a day begins."""
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone))
