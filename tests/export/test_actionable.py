"""What ActionableAgile reads."""

from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl
from hypothesis import given, settings

from bot.export.actionable import actionable_table, columns_of
from bot.export.kinds import Kind
from bot.flow.history.log import Records
from bot.flow.timeline.spans import Outcome
from connectors.records import EventKind as K
from tests.build import STREAM, change, issue, window
from tests.export.told import of, one, told_of, written
from tests.flow.test_analyse import logs

STAGES = ["Backlog", "Build", "Review", "Test", "Deploy", "Done"]


def row(*moves: tuple[str, float]) -> dict[str, Any]:
    return actionable_table(of(issue("PAY-1", *moves))).row(0, named=True)


def days(found: dict[str, Any]) -> list[int | None]:
    """Of January 2026 that an item came to each stage; the first Monday is the 5th."""
    return [found[stage] and found[stage].day for stage in STAGES]


def test_each_stage_has_the_day_on_which_it_was_entered() -> None:
    """In the order of the stream, without the stage of what is dropped."""
    found = actionable_table(of(issue("PAY-1", ("Open", 0), ("In Progress", 2), ("In Review", 4), ("Done", 9))))

    assert found.columns == ["ID", "Link", "Name", *STAGES, "Type", "Parent", "Labels", "Blocked Days"]
    assert days(found.row(0, named=True)) == [5, 7, 9, 14, 14, 14]
    assert found.row(0, named=True)["Build"] == date(2026, 1, 7)


def test_a_move_back_takes_the_later_dates_away() -> None:
    """It is where it went back to, since it was first there; so dates only rise."""
    back = ("Open", 0), ("In Progress", 2), ("In Review", 4), ("Testing", 5), ("In Progress", 6)

    assert days(row(*back)) == [5, 7, None, None, None, None]
    assert days(row(*back, ("In Review", 8), ("Done", 9))) == [5, 7, 13, 14, 14, 14]


def test_what_was_thought_done_is_not_delivered() -> None:
    """It has no date at the end until it is there for good, wherever it is meanwhile."""
    assert days(row(("Open", 0), ("Done", 2), ("Mystery", 3))) == [5, None, None, None, None, None]
    assert days(row(("Open", 0), ("Done", 2), ("Mystery", 3), ("Done", 5))) == [5, 10, 10, 10, 10, 10]


def test_a_skipped_stage_has_the_date_of_the_next() -> None:
    """As the loader demands; what is still to come has none."""
    assert days(row(("Open", 0), ("In Review", 3))) == [5, 8, 8, None, None, None]


def test_what_was_dropped_is_left_out() -> None:
    """It would look delivered, or stuck for ever."""
    told = of(issue("PAY-1", ("Open", 0), ("In Progress", 1), ("Cancelled", 3)), issue("PAY-2", ("Open", 0)))

    assert actionable_table(told)["ID"].to_list() == ["PAY-2"]


def test_days_that_it_was_blocked_stand_beside_it() -> None:
    """Rounded to a tenth."""
    moves = issue("PAY-1", ("Open", 0), ("In Progress", 1), ("Done", 9))
    told = of(moves, change("PAY-1", K.BLOCKED, 2, "flag"), change("PAY-1", K.UNBLOCKED, 4.5, "flag"))

    assert actionable_table(told)["Blocked Days"].to_list() == [2.5]


def test_days_are_those_of_the_stream(tmp_path: Path) -> None:
    """What happened late in the evening in Auckland is of that day."""
    far = STREAM.model_copy(update={"calendar": STREAM.calendar.model_copy(update={"timezone": "Pacific/Auckland"})})
    told = told_of(of(issue("PAY-1", ("Open", 0.5), ("Done", 3))).records, far)

    assert actionable_table(told)["Backlog"].to_list() == [date(2026, 1, 6)]


def test_signs_that_the_loader_stumbles_over_are_left_out(tmp_path: Path) -> None:
    """Commas and line breaks in titles, special signs in names of columns; and no title is a formula."""
    text = written(one('=Pay, "now"\nplease'), Kind.ACTIONABLE, tmp_path).read_text()
    odd = [
        stage.model_copy(update={"name": name})
        for stage, name in zip(STREAM.stages, ["a;b", "Type", "漢"], strict=False)
    ]
    stream = STREAM.model_copy(update={"stages": (*odd, *STREAM.stages[3:])})

    assert '\'=Pay ""now"" please' in text
    assert list(columns_of(stream).values())[:3] == ["a b", "Type (2)", "漢"]


@settings(max_examples=30)
@given(logs())
def test_dates_only_rise(found: Records) -> None:
    """And the last one of what was delivered is that of its delivery, whatever happened before."""
    told = told_of(found, seen=window(0, 30))
    table = actionable_table(told)

    for dates in table.select(STAGES).iter_rows():
        known = [day for day in dates if day is not None]
        assert all(one <= other for one, other in pairwise(known))
        assert dates[: len(known)] == tuple(known)
    over = told.items.filter(pl.col("outcome") == Outcome.DELIVERED)
    both = over.join(table, left_on="item", right_on="ID")
    assert both["Done"].to_list() == both["end"].dt.date().to_list()
    assert set(table["ID"]) == set(told.items.filter(pl.col("outcome").is_in(["delivered", "open"]))["item"])
