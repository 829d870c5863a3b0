"""How often people leave traces of their work. Where that changes, figures that rest on traces cannot be compared."""

import polars as pl

from bot.flow.clock import days_or_none
from bot.flow.evidence.touch import Traces, since_the_last, usual_of


def usual_gap(traces: Traces, start: int, end: int) -> float | None:
    """The usual gap between two traces of work that were left between two instants, in days of working time.

    None where nobody left enough of them.
    """
    inside = traces.frame.lazy().filter(pl.col("at").is_between(start, end, closed="left"))
    return days_or_none(usual_of(inside.select("actor", gap=since_the_last()).collect(), traces.day))
