"""Before and after: which closed weeks are compared, whether they can be, and what a comparison comes to."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from bot.flow.clock import instant, moment
from bot.flow.evidence.habits import usual_gap
from bot.flow.evidence.touch import Traces
from bot.flow.findings.trend import Verdict
from bot.flow.history.log import Log
from bot.flow.model import Window
from bot.flow.outlook.weeks import A_WEEK, Weeks, closed_weeks, known_until
from bot.flow.statistics.intervals import quantile
from bot.flow.statistics.trend import BASELINE_WEEKS, BELIEVED, MONITORED_WEEKS, Comparison, Sample
from bot.flow.timeline.spans import Outcome, Timeline
from bot.words import share

MOST_BEFORE, FEWEST_WEEKS = BASELINE_WEEKS, 8
"""Closed weeks before the window that are compared at most; weeks that each side takes."""

SMALL = 1 / 4
"""No change: whatever change there may be is smaller than by a quarter (or to four fifths, the other way)."""

SAME_HABITS = (0.8, 1.25)
"""Usual gap between traces after by that before: between these, people leave traces as they did."""


@dataclass(frozen=True)
class Periods:
    """The closed weeks, and the numbers of those before and after: half-open."""

    weeks: Weeks
    before: tuple[int, int]
    after: tuple[int, int]


def find_periods(timeline: Timeline, log: Log, window: Window, zone: str) -> Periods | None:
    """From when the history is steady, at most a year and a half or half a year before the window, to what is known.

    A window of fewer than 8 closed weeks is compared by the last 8. None where the history has no closed week.
    """
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
    return Periods(weeks, (max(last - MOST_BEFORE, 0), last), (split, len(weeks)))


def changed_habits(traces: Traces, periods: Periods) -> str:
    """Why figures that rest on traces of work cannot be compared; empty where they can."""
    cuts = periods.weeks.cuts
    gaps = [usual_gap(traces, int(cuts[a]), int(cuts[b])) for a, b in (periods.before, periods.after)]
    before, after = gaps
    if before is None or after is None:
        return "too few traces of work to tell whether habits changed"
    low, high = SAME_HABITS
    return "" if low <= after / before <= high else "evidence habits changed"


def within(sample: Sample, first: int, end: int) -> Sample:
    """What of a sample lies in the weeks from one number up to another."""
    inside = (sample.weeks >= first) & (sample.weeks < end)
    weights = None if sample.weights is None else sample.weights[inside]
    return Sample(sample.values[inside], sample.weeks[inside], weights)


def too_few_weeks(sample: Sample, periods: Periods) -> str:
    """Why nothing can be compared; empty where something can."""
    for when, (first, end) in (("before", periods.before), ("after", periods.after)):
        weeks = len(np.unique(within(sample, first, end).weeks))
        if weeks < FEWEST_WEEKS:
            return f"{weeks} of {end - first} closed weeks {when} have a value; it takes {FEWEST_WEEKS}"
    return ""


def verdict_of(
    found: Comparison | None, reason: str, *, more_is_better: bool, believed: bool | None = None
) -> tuple[Verdict, str]:
    """What a comparison comes to, and why. `reason`: why there is none.

    `believed`: that it is no chance, also considering what else was compared; None: nothing else was.
    """
    if found is None:
        return "cannot tell", reason or "too few weeks"
    if (found.p_value <= BELIEVED if believed is None else believed) and found.apart:
        return _direction(found, more_is_better=more_is_better), "more than chance explains"
    if found.low is None or found.high is None:
        same = found.before == found.after
        return ("no change", "the same before and after") if same else ("cannot tell", "no more than chance explains")
    if found.apart and believed is not None:
        return "cannot tell", "among several figures that much may be chance"
    if found.low > 1 / (1 + SMALL) - 1 and found.high < SMALL:
        return "no change", "any change is smaller than by a quarter"
    return "cannot tell", undecided(found.low, found.high)


def undecided(low: float, high: float) -> str:
    """Why a relative change with this interval is no verdict: where it leaves out 0, the difference itself does not."""
    if low > 0 or high < 0:
        return "no more than chance explains"
    return f"anything between {_signed(low)} and {_signed(high)} is possible"


def _direction(found: Comparison, *, more_is_better: bool) -> Verdict:
    return "better" if (found.after > found.before) == more_is_better else "worse"


def _signed(change: float) -> str:
    return f"{'+' if change > 0 else ''}{share(change)}"
