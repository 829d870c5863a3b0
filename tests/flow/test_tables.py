"""Items and spans as tables."""

import polars as pl
import pytest
from hypothesis import given, settings

from bot.flow.analyse import read
from bot.flow.explain.timelines import explain
from bot.flow.history.log import Records
from bot.flow.reconstruct import reconstruct
from bot.flow.tables import items_table, spans_table
from bot.flow.timeline.spans import Outcome
from tests.build import STREAM, issue, records, window
from tests.flow.test_analyse import logs


@settings(max_examples=20)
@given(logs())
def test_tables_say_what_the_analysis_says(found: Records) -> None:
    """Delivered and open items are the same ones, and their days are its lead time; spans sum to their items."""
    known = reconstruct(STREAM, found, window(3, 20))
    analysis, items, spans = read(known), items_table(known), spans_table(known)

    inside = pl.col("end").is_between(known.window.start, known.window.end, closed="left")
    delivered = items.filter((pl.col("outcome") == Outcome.DELIVERED) & inside)
    assert len(delivered) == analysis.items.delivered
    assert delivered["days"].mean() == pytest.approx(analysis.lead_time.mean)
    going = items.filter(pl.col("outcome") == Outcome.OPEN).select("item", "days").rows()
    assert dict(going) == pytest.approx({item.item: item.age for item in analysis.age.items})
    sums = spans.group_by("case").agg(pl.col("days").sum()).join(items, on="case")
    assert sums["days"].to_list() == pytest.approx(sums["days_right"].to_list())


def test_a_row_says_of_an_item_what_explaining_it_says() -> None:
    """Where it went back, and how long it took to do it again."""
    moves = ("In Progress", 0), ("Testing", 3), ("In Progress", 4), ("Testing", 7), ("Done", 9)
    known = reconstruct(STREAM, records(issue("PAY-1", *moves)), window())
    told, row = explain(known, "PAY-1"), items_table(known).row(0, named=True)

    assert (row["days"], row["returns"], row["again"]) == (told.lead_time, told.returns, told.again)
    assert (row["outcome"], row["stage"], row["cycle_days"]) == ("delivered", "Test", 9.0)
    assert [(s["start"], s["end"], s["label"]) for s in spans_table(known).iter_rows(named=True)] == [
        (span.start, span.end, span.label) for span in told.spans
    ]
