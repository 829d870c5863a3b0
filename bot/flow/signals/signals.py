"""Lens: the three signals that a map works.

Lead time falls without more people; the value-added ratio rises; status meetings take fewer hours. Each compares the
closed weeks of the window with those before it. That lead time fell is the trend's verdict, which withstands the other
figures that are compared; it is a signal only if nothing else explains it: more people, less delivered by each, less
demand, or easier work. What people there were is told by their traces of work; what meetings there were only by
calendars.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import exp

import numpy as np
import polars as pl

from bot.flow.evidence.touch import Traces
from bot.flow.findings.signals import (
    Change,
    Confounder,
    LeadTimeSignal,
    MeetingSignal,
    RatioSignal,
    Signal,
    Signals,
)
from bot.flow.findings.trend import Trend
from bot.flow.history.beside import Beside
from bot.flow.history.log import Log
from bot.flow.model import Stream, Window
from bot.flow.outlook.periods import (
    FEWEST_WEEKS,
    Periods,
    changed_habits,
    find_periods,
    too_few_weeks,
    verdict_of,
    within,
)
from bot.flow.signals.headcount import FEWEST_PEOPLE, Headcount, configured, headcount
from bot.flow.signals.meetings import Meetings, status_meetings
from bot.flow.statistics.intervals import Values
from bot.flow.statistics.trend import Comparison, Sample, compare
from bot.flow.timeline.spans import Outcome, Timeline
from bot.words import amount, share
from connectors.records import Person

MOST_PEOPLE, LEAST_PER_PERSON, LEAST_ARRIVALS, EASIER, LEAST_WIP = 1.05, 0.95, 0.85, 1.10, 0.7
"""Ratios after by before beyond which something else may explain a shorter lead time, if they are more than chance: of
simulated teams in which nobody came or left a third would seem to have more people otherwise. That of work in progress
is no such thing: less of it with as much delivered is how lead time falls for good."""

FEWEST_OF_A_TYPE = 5
NO_WEEKS = "the history has no closed week"
TOO_FEW = f"fewer than {FEWEST_PEOPLE} people a week are known to have worked on it"


@dataclass(frozen=True)
class _People:
    """Who was there at all, full-time equivalents and what each gets done, or why that cannot be compared."""

    people: Comparison | None
    headcount: Comparison | None
    per_person: Comparison | None
    reason: str


def signals(
    stream: Stream,
    timeline: Timeline,
    log: Log,
    traces: Traces,
    beside: Beside,
    people: Sequence[Person],
    trends: Sequence[Trend],
    window: Window,
) -> Signals:
    """`trends`: what became of the stream's figures."""
    zone = stream.calendar.timezone
    told = {trend.metric: trend for trend in trends}
    periods = find_periods(timeline, log, window, zone)
    if periods is None:
        return Signals(
            lead_time=_no_lead_time(NO_WEEKS), value_added_ratio=_ratio(None), status_meetings=_no_meetings(NO_WEEKS)
        )
    if stream.headcount:
        counted, habits = configured(stream.headcount, periods.weeks, stream.calendar), ""
    else:
        counted = headcount(log, people, periods.weeks, stream.calendar)
        habits = changed_habits(traces, periods)
    return Signals(
        lead_time=_lead_time(told, timeline, log, counted, periods, habits),
        value_added_ratio=_ratio(told.get("value_added_ratio")),
        status_meetings=_meetings(status_meetings(beside, periods.weeks), counted, periods),
    )


def _lead_time(
    told: Mapping[str, Trend], timeline: Timeline, log: Log, counted: Headcount, periods: Periods, habits: str
) -> LeadTimeSignal:
    found = told.get("lead_time")
    if found is None or found.before is None:
        return _no_lead_time(found.reason if found else "nothing was delivered")
    ended = _ended(timeline, log, periods)
    people = _people(counted, ended, periods, habits)
    arrivals = _compared(_arrivals(timeline, counted, periods), periods)
    like, came = _mix(ended, periods)
    confounders = tuple(_confounders(people, arrivals, like, came))
    verdict, reason = _judged(found, people, confounders, told)
    return LeadTimeSignal(
        verdict=verdict,
        reason=reason,
        lead_time=_change(found),
        people=_change(people.people),
        headcount=_change(people.headcount),
        per_person=_change(people.per_person),
        arrivals=_change(arrivals),
        wip=_change(told.get("wip")),
        like_for_like=like,
        as_it_came=came,
        confounders=confounders,
    )


def _judged(
    found: Trend, people: _People, confounders: Sequence[Confounder], told: Mapping[str, Trend]
) -> tuple[Signal, str]:
    """What the trend of the lead time is worth."""
    if found.verdict == "no change":
        return "no change", "what was improved, if anything was, treated symptoms rather than causes"
    if found.verdict != "better":
        return found.verdict, found.reason
    if people.headcount is None:
        return "cannot tell", f"lead time fell; with how many people cannot be told: {people.reason}"
    if confounders:
        return "confounded", f"lead time fell, but {'; '.join(c.detail for c in confounders)}"
    fewer = _fell(told.get("wip"), LEAST_WIP) and not _fell(told.get("throughput"), LEAST_PER_PERSON)
    less = ", with less work in progress and as much delivered" if fewer else ""
    return "better", f"lead time fell without more people{less}"


def _fell(trend: Trend | None, least: float) -> bool:
    return trend is not None and trend.change is not None and 1 + trend.change < least


def _confounders(
    people: _People, arrivals: Comparison | None, like: float | None, came: float | None
) -> Iterator[Confounder]:
    more, each, fewer = (_changed(found) for found in (people.headcount, people.per_person, arrivals))
    if _rose(people.headcount, MOST_PEOPLE) or _rose(people.people, MOST_PEOPLE):
        worked = f"people worked {share(more)} more on it" if more > 0 else "more people worked on it"
        yield Confounder(kind="headcount", detail=f"{worked}{_heads(people)}")
    if _sank(people.per_person, LEAST_PER_PERSON):
        yield Confounder(kind="less per person", detail=f"each person delivered {share(-each)} less")
    if _sank(arrivals, LEAST_ARRIVALS):
        yield Confounder(kind="less demand", detail=f"{share(-fewer)} fewer items came")
    if like is not None and came is not None and (1 + like) / (1 + came) > EASIER:
        detail = f"more of the items were of quick types: with the same mix it changed by {share(like)}"
        yield Confounder(kind="easier work", detail=detail)


def _heads(people: _People) -> str:
    heads = people.people
    return "" if heads is None else f" ({amount(heads.before)} a week before, {amount(heads.after)} now)"


def _changed(found: Comparison | None) -> float:
    return 0.0 if found is None or found.change is None else found.change


def _rose(found: Comparison | None, most: float) -> bool:
    """By so much, and its interval leaves no doubt that it did."""
    return 1 + _changed(found) > most and (found is None or found.low is None or found.low > 0)


def _sank(found: Comparison | None, least: float) -> bool:
    return 1 + _changed(found) < least and (found is None or found.high is None or found.high < 0)


def _ended(timeline: Timeline, log: Log, periods: Periods) -> pl.DataFrame:
    """case, week, length, type: the items delivered in the closed weeks, in the order of their ends."""
    cases = timeline.cases.filter(pl.col("outcome") == Outcome.DELIVERED).sort("end", "case")
    week = pl.Series(periods.weeks.number(cases["end"].to_numpy()), dtype=pl.Int64)
    types = log.items.frame["type"].gather(cases["case"])
    told = cases.select("case", length=pl.col("end") - pl.col("start")).with_columns(week=week, type=types)
    return told.filter(pl.col("week").is_between(0, len(periods.weeks) - 1))


def _people(counted: Headcount, ended: pl.DataFrame, periods: Periods, habits: str) -> _People:
    if habits:
        return _People(None, None, None, habits)
    if not (counted.told(*periods.before) and counted.told(*periods.after)):
        return _People(None, None, None, TOO_FEW)
    reason = too_few_weeks(counted.sample, periods)
    if reason:
        return _People(None, None, None, reason)
    delivered = np.bincount(ended["week"].to_numpy(), minlength=len(periods.weeks)).astype(np.float64)
    each = _compared(_by(delivered, counted.full_time_weeks()), periods)
    return _People(_compared(counted.heads, periods), _compared(counted.sample, periods), each, "")


def _arrivals(timeline: Timeline, counted: Headcount, periods: Periods) -> Sample:
    """Items begun on a working day."""
    begun = timeline.cases.drop_nulls("start").filter(
        ~pl.col("outcome").is_in([Outcome.NO_TIME, Outcome.IMPORTED]) & ~pl.col("late")
    )
    week = periods.weeks.number(begun["start"].to_numpy())
    inside = week[(week >= 0) & (week < len(periods.weeks))]
    came = np.bincount(inside, minlength=len(periods.weeks)).astype(np.float64)
    return _by(came, counted.working_days)


def _by(amounts: Values, weights: Values) -> Sample:
    """Amounts for each unit of weight, of the weeks that have any."""
    weeks = np.flatnonzero(weights > 0)
    return Sample(amounts[weeks] / weights[weeks], weeks, weights[weeks])


def _compared(sample: Sample, periods: Periods) -> Comparison | None:
    return compare(within(sample, *periods.before), within(sample, *periods.after))


def _mix(ended: pl.DataFrame, periods: Periods) -> tuple[float | None, float | None]:
    """Change of the geometric mean lead time with the mix of types held, and as it came.

    Direct standardisation on the items of both sides together, of the types that both have. None where there is but one
    type.
    """
    known = ended.filter((pl.col("length") > 0) & (pl.col("week") >= periods.before[0]))
    week = known["week"].to_numpy()
    names, kind = np.unique(known["type"].fill_null("").to_numpy().astype(str), return_inverse=True)
    length = np.log(known["length"].to_numpy().astype(np.float64))
    sides = [week < periods.before[1], week >= periods.after[0]]
    sizes = [np.bincount(kind[side], minlength=len(names)) for side in sides]
    both = (sizes[0] >= FEWEST_OF_A_TYPE) & (sizes[1] >= FEWEST_OF_A_TYPE)
    if len(names) < 2 or not both.any():
        return None, None
    sums = [np.bincount(kind[side], length[side], len(names)) for side in sides]
    means = [total[both] / size[both] for total, size in zip(sums, sizes, strict=True)]
    like = float(np.average(means[1] - means[0], weights=(sizes[0] + sizes[1])[both]))
    came = float(length[sides[1]].mean() - length[sides[0]].mean())
    return exp(like) - 1, exp(came) - 1


def _no_lead_time(reason: str) -> LeadTimeSignal:
    return LeadTimeSignal(
        verdict="cannot tell",
        reason=reason,
        lead_time=None,
        people=None,
        headcount=None,
        per_person=None,
        arrivals=None,
        wip=None,
        like_for_like=None,
        as_it_came=None,
        confounders=(),
    )


def _ratio(found: Trend | None) -> RatioSignal:
    if found is None:
        return RatioSignal(verdict="cannot tell", reason="nothing was delivered in closed weeks", ratio=None)
    return RatioSignal(verdict=found.verdict, reason=found.reason, ratio=_change(found))


def _meetings(held: Meetings, counted: Headcount, periods: Periods) -> MeetingSignal:
    if held.reason is not None:
        return _no_meetings(held.reason)
    first, last = (max(periods.after[0], held.covered[0]), min(periods.after[1], held.covered[1]))
    if last <= first:
        return _no_meetings("the calendars tell of no closed week of the window")
    known = _no_meetings("the calendars do not tell how many were invited").model_copy(
        update={"meetings": float(held.number[first:last].mean()), "invited": held.invited}
    )
    if held.person_hours is None:
        return known
    known = known.model_copy(update={"person_hours": float(held.person_hours[first:last].mean())})
    if not counted.told(first, last):
        few = f"for each person it cannot be told: {TOO_FEW}"
        return known.model_copy(update={"reason": few})
    sample = within(_by(held.person_hours, counted.full_time_weeks()), *held.covered)
    found, reason = _fairly_compared(sample, held, counted, periods)
    verdict, why = verdict_of(found, reason, more_is_better=False)
    now = within(sample, first, last)
    mean = float(np.average(now.values, weights=now.weights)) if len(now.values) else None
    told = {"verdict": verdict, "reason": why, "hours": _change(found), "now": mean}
    return known.model_copy(update=told)


def _fairly_compared(
    sample: Sample, held: Meetings, counted: Headcount, periods: Periods
) -> tuple[Comparison | None, str]:
    """None, and why, where the weeks before are not told of."""
    before = max(periods.before[0], held.covered[0]), min(periods.before[1], held.covered[1])
    if before[1] - before[0] < FEWEST_WEEKS:
        return (
            None,
            f"the calendars tell of {max(before[1] - before[0], 0)} closed weeks before; it takes {FEWEST_WEEKS}",
        )
    if not counted.told(*before):
        return None, f"{TOO_FEW} before"
    reason = too_few_weeks(sample, periods)
    return (None, reason) if reason else (_compared(sample, periods), "")


def _no_meetings(reason: str) -> MeetingSignal:
    return MeetingSignal(
        verdict="not measured", reason=reason, hours=None, now=None, person_hours=None, meetings=None, invited=None
    )


def _change(found: Trend | Comparison | None) -> Change | None:
    if found is None or found.before is None or found.after is None:
        return None
    return Change(before=found.before, after=found.after, change=found.change, low=found.low, high=found.high)
