"""Lens: what came of a change whose date is known.

Lead times of what was delivered before it began and since it is in force are compared by their geometric mean
(Mann-Whitney of its weeks, with the variance that weeks in order really have; the interval draws whole weeks again).
What is delivered right after a change had mostly begun before it and would hide the effect, so as many weeks are left
out as half of the items took before. There are two looks, after 6 weeks and after 13; the first asks for more, so that
looking twice does not cry wolf.
"""

from dataclasses import dataclass
from datetime import datetime
from math import ceil

import numpy as np
import polars as pl

from bot.flow.clock import DAY, instant, moment
from bot.flow.findings.realised import FINAL_LOOK, FIRST_LOOK, Realised
from bot.flow.history.log import Log
from bot.flow.model import Window
from bot.flow.outlook.periods import MOST_BEFORE
from bot.flow.outlook.weeks import A_WEEK, Weeks, closed_weeks, known_until, weeks_later
from bot.flow.statistics.intervals import quantile
from bot.flow.statistics.survival import Watched, incidence
from bot.flow.statistics.trend import FEWEST_WEEKS as FEWEST_SPANNED
from bot.flow.statistics.trend import Comparison, Sample, compare_typical
from bot.flow.timeline.spans import Outcome, Timeline
from bot.words import count

LOOKS = {FIRST_LOOK: 0.05, FINAL_LOOK: 0.10}
"""Weeks after which it is looked, and how likely by chance a difference may be that is then believed."""

FEWEST_WEEKS, FEWEST_ITEMS = 8, 10
"""Weeks before, and items on either side."""

STEADY = 0.98
"""So many of all items took less than the history must be old before what is delivered counts."""


@dataclass(frozen=True)
class Made:
    """A change: when it began to be made, and since when it is in force."""

    begun: datetime
    done: datetime


@dataclass(frozen=True)
class _Sides:
    """What was delivered, in the order of its end, and the weeks that count on either side."""

    before: Sample
    after: Sample
    weeks_before: int
    weeks_after: Weeks


def realised(timeline: Timeline, log: Log, window: Window, made: Made) -> Realised:
    """As known at the end of the window."""
    ended = timeline.cases.filter((pl.col("outcome") == Outcome.DELIVERED) & ~pl.col("late")).sort("end", "case")
    known = known_until(window, log.events["at"].to_numpy(), log.moves["at"].to_numpy())
    sides = _sides(ended, made, known, window.timezone)
    weeks = len(sides.weeks_after)
    look = max((number for number in LOOKS if number <= weeks), default=None)
    after = _first(sides.after, look or weeks)
    young = _too_young(sides)
    reason = young or _too_few(sides, after, look)
    found = None if reason else compare_typical(sides.before, after)
    before_begun, after_begun = _begun(timeline, made, window)
    return Realised(
        first_week=sides.weeks_after.mondays[0] if weeks else None,
        weeks=min(weeks, FINAL_LOOK),
        n_before=len(sides.before.values),
        n_after=len(after.values),
        before=found.before if found else None,
        after=found.after if found else None,
        change=found.after - found.before if found else None,
        low=_days(found, found.low) if found else None,
        high=_days(found, found.high) if found else None,
        differs=found is not None and found.apart and found.p_value <= LOOKS[look or FINAL_LOOK],
        final=weeks >= FINAL_LOOK,
        begun_before=before_begun,
        begun_after=after_begun,
        waits=bool(reason) and not young and weeks < FINAL_LOOK,
        reason=reason,
    )


def _sides(ended: pl.DataFrame, made: Made, known: datetime, zone: str) -> _Sides:
    steady = _steady(ended.filter(pl.col("end") < instant(made.begun)))
    first = max(weeks_later(made.begun, -MOST_BEFORE, zone), steady)
    before = closed_weeks(first, min(made.begun, known), zone)
    earlier = _in(ended, before)
    usual = quantile(earlier.values, 0.5) or 0.0
    after = closed_weeks(weeks_later(made.done, ceil(usual / 7), zone), known, zone)
    return _Sides(earlier, _in(ended, after), len(before), after)


def _steady(ended: pl.DataFrame) -> datetime:
    """Before it only what was quick could have been delivered, since nothing is known of the time before."""
    lasted = (ended["end"] - ended["start"]).to_numpy().astype(np.float64)
    begun = ended["start"].to_numpy()
    return moment(int(begun.min(initial=begun.max(initial=0)) + (quantile(lasted, STEADY) or 0.0)))


def _in(ended: pl.DataFrame, weeks: Weeks) -> Sample:
    numbers = weeks.number(ended["end"].to_numpy()) if len(weeks) else np.full(len(ended), -1, np.int64)
    inside = (numbers >= 0) & (numbers < len(weeks))
    lasted = (ended["end"] - ended["start"]).to_numpy() / DAY
    return Sample(lasted[inside], numbers[inside])


def _first(sample: Sample, weeks: int) -> Sample:
    inside = sample.weeks < weeks
    return Sample(sample.values[inside], sample.weeks[inside])


def _too_young(sides: _Sides) -> str:
    """Why the time before does not suffice; empty where it does."""
    if sides.weeks_before < FEWEST_WEEKS:
        return f"{sides.weeks_before} closed weeks of deliveries before it began; it takes {FEWEST_WEEKS}"
    return _too_little(sides.before, "before it")


def _too_few(sides: _Sides, after: Sample, look: int | None) -> str:
    """Why the time since does not suffice; empty where it does."""
    if look is None:
        weeks = f"{len(sides.weeks_after)} of the {FIRST_LOOK} weeks that it takes"
        return f"{weeks}; a week counts once most of what it delivers was begun since"
    return _too_little(after, "since")


def _too_little(sample: Sample, when: str) -> str:
    if len(sample.values) < FEWEST_ITEMS:
        return f"{len(sample.values)} items delivered {when}; it takes {FEWEST_ITEMS}"
    spanned = int(np.ptp(sample.weeks)) + 1
    if spanned < FEWEST_SPANNED:
        return f"all that was delivered {when} was within {count(spanned, 'week')}; it takes {FEWEST_SPANNED}"
    return ""


def _days(found: Comparison, share: float | None) -> float | None:
    return None if share is None else share * found.before


def _begun(timeline: Timeline, made: Made, window: Window) -> tuple[float | None, float | None]:
    """The median of what began before and since; what was dropped is left out."""
    ends = pl.col("outcome").is_in([Outcome.DELIVERED, Outcome.OPEN])
    cases = timeline.cases.filter(ends & ~pl.col("late") & pl.col("start").is_not_null()).sort("start", "case")
    first, begun, done, end = (
        instant(at) for at in (made.begun - MOST_BEFORE * A_WEEK, made.begun, made.done, window.end)
    )
    return _usual(cases, first, begun, begun), _usual(cases, done, end, end)


def _usual(cases: pl.DataFrame, first: int, last: int, known: int) -> float | None:
    """Of what began in a span of time, as known at an instant."""
    rows = cases.filter(pl.col("start").is_between(first, last, closed="left"))
    if len(rows) < FEWEST_ITEMS:
        return None
    over = (rows["outcome"] == Outcome.DELIVERED).to_numpy() & (rows["end"].to_numpy() < known)
    lasted = (np.minimum(rows["end"].to_numpy(), known) - rows["start"].to_numpy()) / DAY
    nothing = np.zeros(len(rows))
    return incidence(Watched(lasted, over, nothing.astype(np.bool_), nothing)).reached(0.5)
