"""Hours that status meetings took in each week, as far as calendars tell."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from bot.flow.clock import Instants
from bot.flow.history.beside import Beside
from bot.flow.outlook.weeks import Weeks
from bot.flow.statistics.intervals import Values

HOUR = 3600
FEWEST_INVITED = 3
MOST_UNKNOWN = 0.2
"""Share of status meetings of which a calendar may not say how many were invited; their hours count with the mean."""


@dataclass(frozen=True)
class Meetings:
    """Of each closed week: status meetings, and hours of people in them (None: who was invited is not told).

    `covered`: the weeks of which the calendars tell, half-open; `reason`: why nothing is measured.
    """

    number: Values
    person_hours: Values | None
    covered: tuple[int, int]
    invited: float | None
    reason: str | None


def status_meetings(beside: Beside, weeks: Weeks) -> Meetings:
    """From the first meeting of any kind to where the calendars were read to: before and after nothing is known."""
    held = beside.meetings
    nothing = np.zeros(len(weeks))
    if held.is_empty() or beside.meetings_until is None:
        return Meetings(nothing, None, (0, 0), None, "no calendar tells of meetings; add one to the sources")
    status = held.filter(pl.col("pattern").is_not_null() & (pl.col("invited") >= FEWEST_INVITED).fill_null(value=True))
    if status.is_empty():
        why = (
            "no meeting of three or more matches status_meetings; compare its patterns with the titles in the calendar"
        )
        return Meetings(nothing, None, (0, 0), None, why)
    week = weeks.number(status["at"].to_numpy())
    inside = (week >= 0) & (week < len(weeks))
    number = np.bincount(week[inside], minlength=len(weeks)).astype(np.float64)
    invited = status["invited"].mean()
    mean = float(invited) if isinstance(invited, int | float) else None
    hours = None if mean is None or _unknown(status) else _hours(status, mean)
    taken = None if hours is None else np.bincount(week[inside], hours[inside], len(weeks)).astype(np.float64)
    return Meetings(number, taken, _covered(held["at"].to_numpy(), beside.meetings_until, weeks), mean, None)


def _unknown(status: pl.DataFrame) -> bool:
    return status["invited"].null_count() > MOST_UNKNOWN * len(status)


def _hours(status: pl.DataFrame, mean: float) -> Values:
    people = status["invited"].cast(pl.Float64).fill_null(mean).to_numpy()
    return np.asarray(status["seconds"].to_numpy() / HOUR * people, np.float64)


def _covered(at: Instants, until: int, weeks: Weeks) -> tuple[int, int]:
    """The whole weeks between the first meeting, or the Monday of its week, and the end of what was read."""
    first = max(int(weeks.number(at.min())), 0)
    last = int(np.searchsorted(weeks.cuts[1:], until, side="right"))
    return first, max(last, first)
