"""Lens: whether figures got better or worse, and whether that is more than chance.

Two questions. Did a figure differ in this window from the time before it (a comparison)? And did it leave its baseline
since a fixed day of the last year (an alarm)? Both ask of several figures at once and believe only what withstands that
(Benjamini-Hochberg). Where the data cannot tell, the verdict says so and why.

Only closed weeks count. The past is seen as known at the end of the window, so it is not quite what a report of then
would have said: an item that was reopened later counts in the week it was delivered for good.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from bot.flow.clock import WorkClock, instant, moment
from bot.flow.evidence.habits import usual_gap
from bot.flow.findings.measures import Grade
from bot.flow.findings.trend import Shift, Trend, Verdict, WeekValue
from bot.flow.history.log import Log
from bot.flow.model import Stream, Window
from bot.flow.outlook.figures import Figure, figures
from bot.flow.outlook.weeks import A_WEEK, Weeks, closed_weeks, known_until
from bot.flow.statistics.intervals import quantile
from bot.flow.statistics.trend import (
    BASELINE_WEEKS,
    LEAST_CHANGE,
    MONITORED_WEEKS,
    RECENT_WEEKS,
    Alarm,
    Comparison,
    Sample,
    compare,
    discoveries,
    monitor,
    natural_limits,
    weekly_means,
    weekly_quantile,
)
from bot.flow.timeline.spans import Outcome, Timeline
from bot.words import share

MOST_BEFORE, FEWEST_WEEKS, FEWEST_ITEMS = BASELINE_WEEKS, 8, 10
"""Closed weeks before the window that are compared at most; weeks and values that each side takes."""

MOST_ALARMS = 3
"""Told at a time, the surest first."""

SMALL = 1 / 4
"""No change: whatever change there may be is smaller than by a quarter (or to four fifths, the other way)."""

SAME_HABITS = (0.8, 1.25)
"""Usual gap between traces after by that before: between these, people leave traces as they did."""

GRADE_A, GRADE_B = 30, 10
"""Independent values on either side."""


@dataclass(frozen=True)
class _Spans:
    """The closed weeks, and the numbers of those before and after: half-open."""

    weeks: Weeks
    before: tuple[int, int]
    after: tuple[int, int]


@dataclass(frozen=True)
class _Compared:
    """A figure with its weekly values, its comparison (None: `reason` says why) and its alarm."""

    figure: Figure
    values: tuple[float | None, ...]
    before: Sample
    after: Sample
    found: Comparison | None
    reason: str
    alarm: Alarm | None


def trend(stream: Stream, timeline: Timeline, log: Log, window: Window, clock: WorkClock) -> tuple[Trend, ...]:
    """Every figure that has a value; nothing where the history has no closed week."""
    spans = _spans(timeline, log, window, stream.calendar.timezone)
    if spans is None:
        return ()
    habits = _habits(log, clock, spans)
    compared = [_compared(figure, spans, habits) for figure in figures(stream, timeline, spans.weeks, clock)]
    tested = [n for n, one in enumerate(compared) if one.found]
    p_values = [found.p_value for one in compared if (found := one.found)]
    believed = {n for n, real in zip(tested, discoveries(p_values), strict=True) if real}
    told = _told(compared)
    return tuple(_trend(one, n in believed, n in told, spans) for n, one in enumerate(compared))


def _spans(timeline: Timeline, log: Log, window: Window, zone: str) -> _Spans | None:
    """From when the history is steady, at most a year and a half or half a year before the window, to what is known."""
    begun = timeline.cases.drop_nulls("start").filter(pl.col("outcome") != Outcome.NO_TIME)
    if begun.is_empty():
        return None
    delivered = begun.filter(pl.col("outcome") == Outcome.DELIVERED)
    usual = quantile((delivered["end"] - delivered["start"]).to_numpy().astype(np.float64), 0.85) or 0.0
    steady = moment(int(begun["start"].to_numpy().min() + usual))
    earliest = min(window.start - MOST_BEFORE * A_WEEK, window.end - (BASELINE_WEEKS + MONITORED_WEEKS + 1) * A_WEEK)
    known = known_until(window, log.events["at"].to_numpy(), log.moves["at"].to_numpy())
    weeks = closed_weeks(max(earliest, steady), known, zone)
    if not len(weeks):
        return None
    split = int(np.searchsorted(weeks.cuts[:-1], instant(window.start)))
    split = max(min(split, len(weeks) - FEWEST_WEEKS), 0)
    whole = int(np.searchsorted(weeks.cuts[1:], instant(window.start), side="right"))
    last = min(split, whole)
    return _Spans(weeks, (max(last - MOST_BEFORE, 0), last), (split, len(weeks)))


def _habits(log: Log, clock: WorkClock, spans: _Spans) -> str:
    """Why figures that rest on traces of work cannot be compared; empty where they can."""
    cuts = spans.weeks.cuts
    gaps = [usual_gap(log.events, clock, int(cuts[a]), int(cuts[b])) for a, b in (spans.before, spans.after)]
    before, after = gaps
    if before is None or after is None:
        return "too few traces of work to tell whether habits changed"
    low, high = SAME_HABITS
    return "" if low <= after / before <= high else "evidence habits changed"


def _compared(figure: Figure, spans: _Spans, habits: str) -> _Compared:
    before, after = (_within(figure.sample, *bounds) for bounds in (spans.before, spans.after))
    reason = _too_little(figure, before, after, spans) or (habits if figure.evidenced else "")
    values = _weekly(figure, len(spans.weeks))
    return _Compared(
        figure=figure,
        values=values,
        before=before,
        after=after,
        found=None if reason else compare(before, after, figure.p),
        reason=reason,
        alarm=None if figure.evidenced and habits else _lasting(values, _watched_from(spans.weeks)),
    )


def _within(sample: Sample, first: int, end: int) -> Sample:
    inside = (sample.weeks >= first) & (sample.weeks < end)
    weights = None if sample.weights is None else sample.weights[inside]
    return Sample(sample.values[inside], sample.weeks[inside], weights)


def _weekly(figure: Figure, weeks: int) -> tuple[float | None, ...]:
    if figure.sample.weights is None:
        found = weekly_quantile(figure.sample, figure.p)
    else:
        found = dict(zip(*(part.tolist() for part in weekly_means(figure.sample)), strict=True))
    return tuple(found.get(week) for week in range(weeks))


def _too_little(figure: Figure, before: Sample, after: Sample, spans: _Spans) -> str:
    """Why nothing can be compared; empty where something can."""
    for when, sample, (first, end) in (("before", before, spans.before), ("after", after, spans.after)):
        weeks = len(np.unique(sample.weeks))
        if weeks < FEWEST_WEEKS:
            return f"{weeks} of {end - first} closed weeks {when} have a value; it takes {FEWEST_WEEKS}"
        if figure.sample.weights is None and len(sample.values) < FEWEST_ITEMS:
            return f"{len(sample.values)} values {when}; it takes {FEWEST_ITEMS}"
    return ""


def _lasting(values: Sequence[float | None], watched_from: int) -> Alarm | None:
    """The alarm since the half-year that is watched began, if the figure is not back at its baseline."""
    offset = max(watched_from - BASELINE_WEEKS, 0)
    watched = values[offset:]
    alarm = monitor(watched)
    if alarm is None:
        return None
    now = quantile([value for value in watched if value is not None][-RECENT_WEEKS:], 0.5) or 0.0
    up = alarm.recent > alarm.baseline
    if abs(now - alarm.baseline) < LEAST_CHANGE * alarm.baseline or (now > alarm.baseline) != up:
        return None
    return Alarm(alarm.at + offset, alarm.since + offset, alarm.baseline, now, alarm.p_value)


def _watched_from(weeks: Weeks) -> int:
    """The week in which the last half-year began that is at least 26 weeks old; before it lies the baseline.

    A baseline that moved on with every week would be another test every week, and one of them would cry wolf.
    """
    begins = [n for n, day in enumerate(weeks.mondays) if day.month in (1, 7) and day.day <= 7]
    return max((n for n in begins if len(weeks) - n >= BASELINE_WEEKS), default=0)


def _told(compared: Sequence[_Compared]) -> set[int]:
    """The alarms that are believed, the surest first, and no more than three."""
    p_values = [one.alarm.p_value if one.alarm else 1.0 for one in compared]
    believed = [n for n, real in enumerate(discoveries(p_values)) if real and compared[n].alarm]
    return set(sorted(believed, key=lambda n: p_values[n])[:MOST_ALARMS])


def _trend(one: _Compared, believed: bool, told: bool, spans: _Spans) -> Trend:
    verdict, reason = _verdict(one, believed)
    found = one.found
    return Trend(
        metric=one.figure.metric,
        before=found.before if found else None,
        after=found.after if found else None,
        change=found.change if found else None,
        low=found.low if found else None,
        high=found.high if found else None,
        verdict=verdict,
        reason=reason,
        grade=_grade(found),
        n_before=len(one.before.values),
        n_after=len(one.after.values),
        effective_before=found.effective[0] if found else None,
        effective_after=found.effective[1] if found else None,
        weeks_before=spans.before[1] - spans.before[0],
        weeks_after=spans.after[1] - spans.after[0],
        alarm=_shift(one, spans.weeks) if told else None,
        limits=natural_limits(one.values[slice(*spans.before)]),
        series=tuple(WeekValue(week=w, value=v) for w, v in _shown(one.values, spans.weeks)),
    )


def _verdict(one: _Compared, believed: bool) -> tuple[Verdict, str]:
    found = one.found
    if found is None:
        return "cannot tell", one.reason or "too few weeks"
    if believed and found.apart:
        return _direction(one.figure, found.after > found.before), "more than chance explains"
    if found.low is None or found.high is None:
        same = found.before == found.after
        return ("no change", "the same before and after") if same else ("cannot tell", "no more than chance explains")
    if found.apart:
        return "cannot tell", "among several figures that much may be chance"
    if found.low > 1 / (1 + SMALL) - 1 and found.high < SMALL:
        return "no change", "any change is smaller than by a quarter"
    return "cannot tell", undecided(found.low, found.high)


def undecided(low: float, high: float) -> str:
    """Why a relative change with this interval is no verdict: where it leaves out 0, the difference itself does not."""
    if low > 0 or high < 0:
        return "no more than chance explains"
    return f"anything between {_signed(low)} and {_signed(high)} is possible"


def _direction(figure: Figure, more: bool) -> Verdict:
    return "better" if more == figure.more_is_better else "worse"


def _signed(change: float) -> str:
    return f"{'+' if change > 0 else ''}{share(change)}"


def _grade(found: Comparison | None) -> Grade:
    least = min(found.effective) if found else 0.0
    return "A" if least >= GRADE_A else "B" if least >= GRADE_B else "C"


def _shift(one: _Compared, weeks: Weeks) -> Shift | None:
    alarm = one.alarm
    if alarm is None:
        return None
    return Shift(
        noticed=weeks.mondays[alarm.at],
        since=weeks.mondays[alarm.since],
        baseline=alarm.baseline,
        recent=alarm.recent,
        verdict="better" if (alarm.recent > alarm.baseline) == one.figure.more_is_better else "worse",
    )


def _shown(values: Sequence[float | None], weeks: Weeks) -> Iterator[tuple[date, float | None]]:
    yield from list(zip(weeks.mondays, values, strict=True))[-(BASELINE_WEEKS + MONITORED_WEEKS) :]
