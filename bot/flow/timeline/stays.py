"""Neighbouring spans as one."""

import polars as pl

from bot.flow.timeline.spans import Timeline

STAY = ("case", "position", "visit")


def joined(spans: pl.DataFrame | pl.LazyFrame, *says: str) -> pl.DataFrame:
    """What the spans say, start, end: those that follow each other without a hole and say the same are one row.

    `spans`: in the order of the timeline.
    """
    another = [pl.col(name).ne_missing(pl.col(name).shift(1)) for name in says]
    begins = pl.any_horizontal(*another, pl.col("start") != pl.col("end").shift(1))
    told = spans.lazy().select(*says, "start", "end").with_columns(begins=begins)
    ends = pl.col("begins").shift(-1, fill_value=True)
    edges = told.with_columns(ends=ends).filter(pl.col("begins") | pl.col("ends")).collect()
    return edges.filter("begins").select(*says, "start").with_columns(edges.filter("ends")["end"])


def stays(timeline: Timeline) -> pl.DataFrame:
    """case, position, visit, start, end: a row a stay in a stage that took any time, in the order of the timeline."""
    return joined(timeline.spans.lazy().filter(pl.col("start") < pl.col("end")), *STAY)
