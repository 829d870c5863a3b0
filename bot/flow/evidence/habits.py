"""How often people leave traces of their work. Where that changes, figures that rest on traces cannot be compared."""

import polars as pl

from bot.flow.clock import WorkClock, days_or_none
from bot.flow.evidence.touch import read_traces
from connectors.records import EventKind


def usual_gap(events: pl.DataFrame, clock: WorkClock, start: int, end: int) -> float | None:
    """The usual gap between two traces of work that were left between two instants, in days of working time.

    None where nobody left enough of them.
    """
    inside = pl.col("at").is_between(start, end, closed="left")
    told = events.filter(inside | (pl.col("kind") == EventKind.OPENED))
    return days_or_none(read_traces(told, clock).usual)
