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

from bot.flow.clock import WorkClock
from bot.flow.evidence.touch import Traces
from bot.flow.findings.measures import Grade
from bot.flow.findings.trend import Shift, Trend, WeekValue
from bot.flow.history.log import Log
from bot.flow.model import Stream, Window
from bot.flow.outlook.figures import Figure, figures
from bot.flow.outlook.periods import Periods, changed_habits, find_periods, too_few_weeks, verdict_of, within
from bot.flow.outlook.weeks import Weeks
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
from bot.flow.timeline.spans import Timeline

FEWEST_ITEMS = 10
"""Values that each side of a comparison takes."""

MOST_ALARMS = 3
"""Told at a time, the surest first."""

GRADE_A, GRADE_B = 30, 10
"""Independent values on either side."""


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


def trend(
    stream: Stream, timeline: Timeline, log: Log, traces: Traces, window: Window, clock: WorkClock
) -> tuple[Trend, ...]:
    """Every figure that has a value; nothing where the history has no closed week."""
    periods = find_periods(timeline, log, window, stream.calendar.timezone)
    if periods is None:
        return ()
    habits = changed_habits(traces, periods)
    compared = [_compared(figure, periods, habits) for figure in figures(stream, timeline, periods.weeks, clock)]
    tested = [n for n, one in enumerate(compared) if one.found]
    p_values = [found.p_value for one in compared if (found := one.found)]
    believed = {n for n, real in zip(tested, discoveries(p_values), strict=True) if real}
    told = _told(compared)
    return tuple(_trend(one, n in believed, n in told, periods) for n, one in enumerate(compared))


def _compared(figure: Figure, periods: Periods, habits: str) -> _Compared:
    before, after = (within(figure.sample, *bounds) for bounds in (periods.before, periods.after))
    reason = _too_little(figure, before, after, periods) or (habits if figure.evidenced else "")
    values = _weekly(figure, len(periods.weeks))
    return _Compared(
        figure=figure,
        values=values,
        before=before,
        after=after,
        found=None if reason else compare(before, after, figure.p),
        reason=reason,
        alarm=None if figure.evidenced and habits else _lasting(values, _watched_from(periods.weeks)),
    )


def _weekly(figure: Figure, weeks: int) -> tuple[float | None, ...]:
    if figure.sample.weights is None:
        found = weekly_quantile(figure.sample, figure.p)
    else:
        found = dict(zip(*(part.tolist() for part in weekly_means(figure.sample)), strict=True))
    return tuple(found.get(week) for week in range(weeks))


def _too_little(figure: Figure, before: Sample, after: Sample, periods: Periods) -> str:
    """Why nothing can be compared; empty where something can."""
    if reason := too_few_weeks(figure.sample, periods):
        return reason
    for when, sample in (("before", before), ("after", after)):
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


def _trend(one: _Compared, believed: bool, told: bool, periods: Periods) -> Trend:
    found = one.found
    better = one.figure.more_is_better
    verdict, reason = verdict_of(found, one.reason, more_is_better=better, believed=believed)
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
        weeks_before=periods.before[1] - periods.before[0],
        weeks_after=periods.after[1] - periods.after[0],
        alarm=_shift(one, periods.weeks) if told else None,
        limits=natural_limits(one.values[slice(*periods.before)]),
        series=tuple(WeekValue(week=w, value=v) for w, v in _shown(one.values, periods.weeks)),
    )


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
