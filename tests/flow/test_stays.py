"""Neighbouring spans as one."""

import polars as pl

from bot.flow.reconstruct import reconstruct
from bot.flow.timeline.stays import joined, stays
from tests.build import STREAM, issue, records, window


def test_neighbours_that_say_the_same_are_one_unless_a_hole_parts_them() -> None:
    """What says nothing is a row like any other."""
    rows = [(1, "a", 0, 2), (1, "a", 2, 5), (1, "a", 6, 7), (1, None, 7, 8), (2, None, 8, 9), (2, "a", 9, 9)]
    spans = pl.DataFrame(rows, ["case", "says", "start", "end"], orient="row")

    assert joined(spans, "case", "says").rows() == [
        (1, "a", 0, 5),
        (1, "a", 6, 7),
        (1, None, 7, 8),
        (2, None, 8, 9),
        (2, "a", 9, 9),
    ]
    assert joined(spans.clear(), "case").is_empty()


def test_a_stay_is_all_that_passed_until_its_stage_was_left() -> None:
    """There and back: two stays in progress, which sum to the time between."""
    moves = [("Open", 0), ("In Progress", 1), ("In Review", 4), ("In Progress", 5), ("Done", 9)]
    done = reconstruct(STREAM, records(issue("PAY-1", *moves)), window(0, 20))
    found = stays(done.timeline).with_columns(days=(pl.col("end") - pl.col("start")) / 86_400_000_000)

    assert found.filter(pl.col("position") == found["position"][1])["visit"].to_list() == [1, 2]
    assert found["days"].to_list() == [1.0, 3.0, 1.0, 4.0]
