"""Stays in stages: the spans of a visit as one."""

import polars as pl

KEYS = ("case", "position", "visit")


def stays(spans: pl.DataFrame) -> pl.DataFrame:
    """case, position, visit, start, end: a row a stay that took any time, in the order of the timeline.

    `spans`: whole cases, in that order.
    """
    lasting = spans.lazy().select(*KEYS, "start", "end").filter(pl.col("start") < pl.col("end"))
    entered = pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift(1)) for name in KEYS)
    told = lasting.with_columns(entered=entered).with_columns(left=pl.col("entered").shift(-1, fill_value=True))
    edges = told.filter(pl.col("entered") | pl.col("left")).collect()
    return edges.filter("entered").with_columns(end=edges.filter("left")["end"]).select(*KEYS, "start", "end")
