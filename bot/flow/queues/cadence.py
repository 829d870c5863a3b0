"""Appointments: on which days and at which hour a station is emptied, and what the end of a quarter does.

What one person moves with pauses of at most two hours is one session. Sessions are what is counted, since the items of
a session leave together. A day or an hour is an appointment only where the sessions keep to it more than the moves of
the whole stream do by chance, so that a team that works on three days, or meets every morning, has no gate.
"""

from collections.abc import Callable
from datetime import date, timedelta
from itertools import combinations
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import polars as pl

from bot.flow.clock import EPOCH, HOUR, MINUTE, Instants, closing_days, holidays_of, moment
from bot.flow.findings.stations import Cadence, QuarterEffect
from bot.flow.model import WEEKDAYS, Calendar
from bot.flow.statistics.intervals import Values
from bot.flow.statistics.shares import Numbers, most_by_chance, share_of_shifts

PAUSE = 2 * HOUR
"""After a longer pause of one person another session begins."""

KEPT = 0.90
"""Share of the session days that lie on the days of an appointment."""

BEFORE = (4, 0, 1, 2, 3, 4, 4)
"""Of each weekday, from Monday on, the last from Monday to Friday before it."""

MOST_WEEKDAYS = 3
"""Of an appointment; who comes on more days comes every day."""

STRAGGLERS = 0.25
"""Days with fewer exits than this share of what usually leaves together are no session days."""

FEWEST_DAYS = 6
"""Session days, or weeks, from which an appointment is told; twice as many where it is on several weekdays."""

FEWEST_FORTNIGHTS = 8
"""Days on which a weekly session would fall into every other week by chance once in a hundred times."""

FEWEST_MONTHS = 5
"""Months with session days from which an appointment at their end is told."""

HOUR_KEPT = 0.75
"""Share of the sessions that begin within the hour of an appointment."""

DAY_DRAWS, HOUR_DRAWS = 400, 200
DAY_MARGIN, HOUR_MARGIN = 0.05, 0.15
"""Samples of what the whole stream does, and by how much more than in any of them the sessions must keep to it."""

QUARTER_END, QUARTER_DAYS, FEWEST_QUARTERS = 5, 65, 4
"""Working days that are the end (or the beginning) of a quarter, and that it has; ends of quarters that can tell."""

LEAST_RATIO, MOST_CHANCE = 1.5, 0.05
"""An effect is claimed where so many times more leave a day, and chance shows that so seldom."""


def find_cadence(exits: pl.DataFrame, base: Instants, calendar: Calendar) -> Cadence | None:
    """The appointments at which a station is emptied; None where it has none.

    `exits`: at, by, entered, whenever an item left it. `base`: when people moved items anywhere in the stream.
    """
    if not len(exits) or not len(base):
        return None
    zone = calendar.zone
    base_dates, base_minutes = _local(np.asarray(base, np.int64), zone)
    days = _busy_days(_recorded_in_time(exits, zone))
    dates, minutes = _local(_sessions(exits), zone)
    hour = _hour(minutes[np.isin(dates, days)], base_minutes)
    found = _weekly(days, base_dates) or _month_end(days, base_dates, calendar) or _daily(days, hour)
    if found is None:
        return None
    every, weekdays, share = found
    return Cadence(every_weeks=every, weekdays=tuple(WEEKDAYS[n] for n in weekdays), hour=hour, share=share)


def is_daily(cadence: Cadence | None) -> bool:
    """Whether only the hour is fixed, and any day will do."""
    return cadence is not None and len(cadence.weekdays) > MOST_WEEKDAYS


def quarter_effect(
    at: Instants, calendar: Calendar, first: int, last: int, *, first_month: int = 1, arrivals: bool = False
) -> QuarterEffect | None:
    """Exits on the last five working days of a quarter, against those on all others.

    With `arrivals`, the mirror: arrivals on the first five, which come because work waited for the gate. `first`,
    `last`: what was observed. `first_month`: of a fiscal year. None where there are fewer than four quarter ends.
    The probability is the share of the 65 circular shifts of the boundary that show as much.
    """
    days = _working_days(calendar, first, last)
    quarters = np.array([(d.year * 12 + d.month - first_month) // 3 for d in days], np.int64)
    if len(days) < 2 or len(np.unique(quarters)) <= FEWEST_QUARTERS:
        return None
    marked = _boundary(quarters, arrivals=arrivals)
    local, _ = _local(np.asarray(at, np.int64), calendar.zone)
    numbers = np.array([(day - EPOCH.date()).days for day in days], np.int64)
    place = np.searchsorted(numbers, local) if arrivals else np.searchsorted(numbers, local, side="right") - 1
    counts = np.bincount(np.clip(place, 0, len(days) - 1), minlength=len(days))
    ratio, chance = share_of_shifts(counts.astype(np.int64), marked, QUARTER_DAYS)
    boundaries = len(np.unique(quarters)) - 1
    claimed = ratio is not None and ratio >= LEAST_RATIO and chance <= MOST_CHANCE
    return QuarterEffect(ratio=ratio, chance=chance, quarters=boundaries, claimed=claimed)


def _sessions(exits: pl.DataFrame) -> Instants:
    """When each session began."""
    ordered = exits.select("at", "by").sort("by", "at")
    same = pl.col("by").eq_missing(pl.col("by").shift(1)) & (pl.col("at") - pl.col("at").shift(1) <= PAUSE)
    return ordered.filter(~same.fill_null(value=False))["at"].sort().to_numpy()


def _recorded_in_time(exits: pl.DataFrame, zone: ZoneInfo) -> Numbers:
    """The day on which each item left, or the weekday before where its card was moved the next morning.

    So it is where a few weekdays and the mornings after them hold nine of ten exits, and what leaves on such a morning
    was there at the appointment before: who empties a station leaves nothing behind.
    """
    days, minutes = _local(exits["at"].to_numpy(), zone)
    weekdays, came = np.bincount(_weekday(days), minlength=7), np.stack(_local(exits["entered"].to_numpy(), zone))
    for number in (1, 2):
        for chosen in combinations(range(5), number):
            near = [day for day in range(7) if day in chosen or BEFORE[day] in chosen]
            if weekdays[near].sum() < KEPT * len(days):
                continue
            on = np.isin(_weekday(days), chosen)
            late = _next_morning(days, minutes, came, on)
            if (on | late).sum() >= KEPT * len(days) and late.any():
                recorded: Numbers = np.where(late, _weekday_before(days), days)
                return recorded
    return days


def _next_morning(days: Numbers, minutes: Numbers, came: Numbers, on: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Which items left within a day of an appointment that took place when they were there; `came`: days, minutes."""
    before = _weekday_before(days)
    if not on.any():
        return on
    hour = np.median(minutes[on])
    there = (came[0] < before) | ((came[0] == before) & (came[1] <= hour))
    appointed = np.isin(_weekday(before), np.unique(_weekday(days[on])))
    late: npt.NDArray[np.bool_] = ~on & appointed & there & (minutes < hour)
    return late


def _weekday_before(days: Numbers) -> Numbers:
    """The last from Monday to Friday before each day."""
    weekdays = _weekday(days)
    before: Numbers = days - (weekdays - np.array(BEFORE)[weekdays]) % 7
    return before


def _busy_days(dates: Numbers) -> Numbers:
    """The days on which it was emptied, without those of stragglers that were recorded late.

    A straggler: less than a quarter of what leaves together with an item on average.
    """
    days, counts = np.unique(dates, return_counts=True)
    return days[counts >= STRAGGLERS * float((counts**2).sum() / counts.sum())]


def _local(at: Instants, zone: ZoneInfo) -> tuple[Numbers, Numbers]:
    """The day (since 1970) and the minute of the day, on the clock on the wall."""
    there = pl.Series(at).cast(pl.Datetime("us", "UTC")).dt.convert_time_zone(zone.key).dt.replace_time_zone(None)
    micros = there.cast(pl.Int64).to_numpy() // MINUTE
    return micros // 1440, micros % 1440


def _weekday(days: Numbers) -> Numbers:
    return (days + 3) % 7


def _weekly(days: Numbers, base: Numbers) -> tuple[int, tuple[int, ...], float] | None:
    """(weeks, weekdays, share): the fewest weekdays that hold nine of ten session days, if they are three at most."""
    counts = np.bincount(_weekday(days), minlength=7)
    ranked = sorted(range(7), key=lambda day: (-counts[day], day))
    number = int(np.searchsorted(np.cumsum(counts[ranked]), KEPT * len(days) - 1e-9)) + 1
    share = float(counts[ranked[:number]].sum() / len(days))
    if number > MOST_WEEKDAYS or len(days) < FEWEST_DAYS * min(number, 2):
        return None
    if share <= most_by_chance(_weekday(base), len(days), _top_share(number), DAY_DRAWS) + DAY_MARGIN:
        return None
    chosen = tuple(sorted(ranked[:number]))
    return _weeks_apart(days[np.isin(_weekday(days), chosen)]), chosen, share


def _top_share(number: int) -> Callable[[Numbers], Values]:
    def measure(drawn: Numbers) -> Values:
        counts = np.stack([(drawn == day).sum(axis=1) for day in range(7)], axis=1)
        top: Values = np.sort(counts, axis=1)[:, -number:].sum(axis=1) / drawn.shape[1]
        return top

    return measure


def _weeks_apart(days: Numbers) -> int:
    """Whether they fall into every fourth week, every other, or any."""
    weeks = np.unique((days + 3) // 7)
    for apart in (4, 2):
        if len(weeks) >= (FEWEST_FORTNIGHTS if apart == 2 else FEWEST_DAYS):
            most = np.bincount(weeks % apart).max() / len(weeks)
            if most >= KEPT:
                return apart
    return 1


def _month_end(days: Numbers, base: Numbers, calendar: Calendar) -> tuple[int, tuple[int, ...], float] | None:
    """Nine of ten session days are among the last working days of a month."""
    late, months = _closes_month(days, calendar), {_date(day).replace(day=1) for day in days}
    if len(months) < FEWEST_MONTHS or late.mean() < KEPT:
        return None
    closing = _closes_month(base, calendar).astype(np.int64)
    usual = most_by_chance(closing, len(days), lambda drawn: drawn.mean(axis=1), DAY_DRAWS)
    return (4, (), float(late.mean())) if late.mean() > usual + DAY_MARGIN else None


def _closes_month(days: Numbers, calendar: Calendar) -> npt.NDArray[np.bool_]:
    closing = closing_days(calendar, _date(days.min()), _date(days.max()))
    known = {day: _date(day) in closing for day in np.unique(days)}
    return np.array([known[day] for day in days], np.bool_)


def _daily(days: Numbers, hour: int | None) -> tuple[int, tuple[int, ...], float] | None:
    """Any day will do, as long as it is at one hour."""
    if hour is None:
        return None
    counts = np.bincount(_weekday(days), minlength=7)
    weekdays = tuple(int(n) for n in np.flatnonzero(counts >= counts.max() / 4))
    return 1, weekdays, float(counts[list(weekdays)].sum() / len(days))


def _hour(minutes: Numbers, base: Numbers) -> int | None:
    """The hour of the day at which three of four sessions begin, if the stream as a whole does not keep it."""
    if len(minutes) < FEWEST_DAYS:
        return None
    share = float(_within_an_hour(minutes[None, :])[0])
    if share < HOUR_KEPT or share <= most_by_chance(base, len(minutes), _within_an_hour, HOUR_DRAWS) + HOUR_MARGIN:
        return None
    ordered = np.sort(minutes)
    inside = (ordered[None, :] >= ordered[:, None]) & (ordered[None, :] < ordered[:, None] + 60)
    best = ordered[inside[int(inside.sum(axis=1).argmax())]]
    return int(best[len(best) // 2] // 60)


def _within_an_hour(minutes: Numbers) -> Values:
    """The largest share of each row that lies within sixty minutes."""
    ordered = np.sort(minutes, axis=1)
    counts = np.stack([np.searchsorted(row, row + 60, side="left") - np.arange(len(row)) for row in ordered])
    share: Values = counts.max(axis=1) / minutes.shape[1]
    return share


def _date(day: int) -> date:
    return EPOCH.date() + timedelta(days=int(day))


def _working_days(calendar: Calendar, first: int, last: int) -> list[date]:
    start, end = (moment(at).astimezone(calendar.zone).date() for at in (first, last))
    free = holidays_of(calendar, range(start.year, end.year + 1))
    every = (start + timedelta(days=n) for n in range((end - start).days + 1))
    return [d for d in every if WEEKDAYS[d.weekday()] in calendar.working_days and d not in free]


def _boundary(quarters: Numbers, *, arrivals: bool) -> npt.NDArray[np.bool_]:
    """The last (or first) days of each quarter; the quarter that is cut by the end of the record has no last ones."""
    turns = np.flatnonzero(np.diff(quarters)) + 1
    offsets = np.arange(QUARTER_END) if arrivals else -1 - np.arange(QUARTER_END)
    places = (turns[:, None] + offsets[None, :]).ravel()
    marked = np.zeros(len(quarters), np.bool_)
    marked[places[(places >= 0) & (places < len(quarters))]] = True
    return marked
