"""How long an approval queue keeps items, with those it still keeps, and what time-box it keeps or could keep."""

import numpy as np
import polars as pl

from bot.flow.clock import MICROSECOND, WEEK, days, days_or_none
from bot.flow.findings.measures import Grade
from bot.flow.findings.queues import Capacity, Little, ProposedBox, QueueWait, TimeBox
from bot.flow.model import Stage
from bot.flow.queues.little import COHERENT
from bot.flow.statistics.intervals import quantile, spread
from bot.flow.statistics.survival import (
    Incidence,
    Watched,
    effective_visits,
    incidence_interval,
    longer_than,
)

FOR_GRADE_A, FOR_GRADE_B = 20, 8
"""Independent, complete visits."""

BUSY = 0.5
"""Use above which the wait of one depends so much on that of the next that an interval speaks of this period only.

In simulated queues with a use of 0.7 to 0.9 it held the median of the process in 0.72 to 0.40 of the windows.
"""

QUARTER = 13 * WEEK
BOX_KEPT, SLOW = 0.75, 0.95
"""Share of the waits of a quarter that keep a proposed time-box; its spread is that of the slow ones by the median."""


def watched_visits(visits: pl.DataFrame) -> Watched:
    """Visits in the order of their starts, as durations in microseconds; those that were withdrawn ended otherwise."""
    withdrawn = visits["withdrawn"].to_numpy()
    waited, before = (visits[name].to_numpy().astype(np.float64) for name in ("waited", "before"))
    return Watched(waited, visits["ended"].to_numpy() & ~withdrawn, withdrawn, before)


def wait_of(watched: Watched, found: Incidence, size: float, *, steady: bool) -> QueueWait:
    """`steady`: the queue is neither full nor growing, so its interval speaks of the process."""
    p50, p85 = (days_or_none(found.reached(p)) for p in (0.50, 0.85))
    low, high = (days_or_none(age) for age in incidence_interval(found, 0.5, size))
    return QueueWait(
        n=len(watched.durations),
        p50=p50,
        p85=p85,
        mean=spread(watched.durations[watched.wanted]).mean,
        low=low,
        high=high,
        approved=float(found.share[-1]) if len(found.share) else None,
        holds_for=None if low is None else "the process" if steady else "this period",
        reason=_reason(watched, found) if p50 is None else None,
    )


def _reason(watched: Watched, found: Incidence) -> str:
    if not len(watched.durations):
        return "nothing waited"
    share = found.share[-1] if len(found.share) else 0.0
    seen = days(float(watched.durations.max()))
    return f"{share:.0%} were approved by {seen:.1f} days, the longest wait seen; half never were"


def is_steady(little: Little, capacity: Capacity | None) -> bool:
    """What came, stood and left fits together, and the approvers are not full."""
    fits = little.coherence is not None and COHERENT[0] <= little.coherence <= COHERENT[1]
    full = capacity is not None and capacity.utilisation is not None and capacity.utilisation > BUSY
    return fits and not full


def effective_number(watched: Watched, found: Incidence) -> float:
    """Independent, complete visits behind the median; where it is not reached, the visits that were approved."""
    half = found.reached(0.5)
    return float(watched.wanted.sum()) if half is None else effective_visits(watched, found, half)


def grade_of(size: float) -> Grade:
    return "A" if size >= FOR_GRADE_A else "B" if size >= FOR_GRADE_B else "C"


def time_box(stage: Stage | None, watched: Watched, found: Incidence) -> TimeBox | None:
    """How often the configured box was broken, and the chance to break it."""
    if stage is None or stage.time_box is None:
        return None
    limit = float(stage.time_box // MICROSECOND)
    breaches = int((watched.durations > limit).sum())
    chance, low, high = longer_than(watched, found, limit) or (None, None, None)
    return TimeBox(
        limit=days(limit),
        breaches=breaches,
        share=breaches / len(watched.durations) if len(watched.durations) else None,
        chance=chance,
        low=low,
        high=high,
    )


def proposed_box(visits: pl.DataFrame, end: int) -> ProposedBox | None:
    """The wait that three of four kept of those that were approved in the 13 weeks before the end of the window."""
    late = visits.filter(pl.col("ended") & ~pl.col("withdrawn") & (pl.col("end") > end - QUARTER))["waited"].to_numpy()
    limit, half, slow = (quantile(late, p) for p in (BOX_KEPT, 0.50, SLOW))
    if len(late) < FOR_GRADE_B or limit is None:
        return None
    return ProposedBox(limit=days(limit), n=len(late), spread=slow / half if half and slow else None)
