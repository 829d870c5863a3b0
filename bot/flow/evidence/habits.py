"""How often people leave traces of their work. Where that changes, figures that rest on traces cannot be compared."""

import polars as pl

from bot.flow.clock import WorkClock, days
from bot.flow.evidence.touch import ENOUGH_GAPS, SHORTEST_GAP
from bot.flow.history.kinds import EVIDENCE


def usual_gap(events: pl.DataFrame, clock: WorkClock, start: int, end: int) -> float | None:
    """Median over people of their median gap between two traces within a day, in days of working time.

    None where nobody left enough traces between the two instants.
    """
    theirs = pl.col("attended") & pl.col("actor").is_not_null()
    inside = pl.col("at").is_between(start, end, closed="left") & pl.col("kind").is_in(EVIDENCE)
    traces = events.filter(inside & theirs).sort("actor", "at")
    worked = traces.with_columns(worked=pl.Series(clock.elapsed(traces["at"].to_numpy())))
    gaps = worked.select("actor", gap=pl.col("worked").diff().over("actor"))
    within = gaps.filter(pl.col("gap").is_between(SHORTEST_GAP, clock.day, closed="none"))
    usual = within.group_by("actor").agg(pl.len(), pl.col("gap").median()).filter(pl.col("len") >= ENOUGH_GAPS)
    median = usual["gap"].median()
    return days(float(median)) if isinstance(median, int | float) else None
