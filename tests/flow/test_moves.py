"""What moved since a day, and how many items were where."""

from datetime import date

import pytest
from hypothesis import given, settings

from bot.flow.analyse import read
from bot.flow.history.log import Records
from bot.flow.moves import Way, moves_since
from bot.flow.pictures import pace, standing
from bot.flow.reconstruct import reconstruct
from tests.build import STREAM, at, clock, issue, records, window
from tests.flow.test_analyse import logs


def test_each_item_that_moved_is_told_once_by_what_became_of_it() -> None:
    """One that went on and came back stands where it stood."""
    found = records(
        issue("PAY-1", ("In Progress", 0), ("Testing", 12)),
        issue("PAY-2", ("Testing", 0), ("In Progress", 12)),
        issue("PAY-3", ("In Progress", 11)),
        issue("PAY-4", ("In Progress", 0), ("Testing", 11), ("Done", 12)),
        issue("PAY-5", ("In Progress", 0), ("Cancelled", 12)),
        issue("PAY-6", ("In Progress", 0), ("Testing", 11), ("In Progress", 12)),
        issue("PAY-7", ("In Progress", 0), ("Done", 9)),
    )
    moves = moves_since(reconstruct(STREAM, found, window(0, 14)), at(10))

    assert [(move.item, move.way, move.before, move.after) for move in moves] == [
        ("PAY-4", Way.DELIVERED, "Build", "Done"),
        ("PAY-1", Way.ON, "Build", "Test"),
        ("PAY-3", Way.BEGUN, None, "Build"),
        ("PAY-2", Way.BACK, "Test", "Build"),
        ("PAY-5", Way.DROPPED, "Build", None),
    ]


def test_what_has_not_passed_the_trigger_has_not_moved() -> None:
    """Whether it waits before it, or was dropped there."""
    stream = STREAM.model_copy(update={"trigger": "Build"})
    found = records(
        issue("PAY-1", ("Open", 12)),
        issue("PAY-2", ("Open", 0), ("Cancelled", 12)),
        issue("PAY-3", ("Open", 0), ("In Progress", 12)),
    )
    moves = moves_since(reconstruct(stream, found, window(0, 14)), at(10))

    assert [(move.item, move.way) for move in moves] == [("PAY-3", Way.BEGUN)]


def test_imported_items_are_delivered_and_never_begun() -> None:
    """As many are delivered as the analysis says, though nobody knows when they began."""
    places = ["Open", "In Progress", "In Review"]
    ends: list[list[tuple[str, float]]] = [[("Testing", 3), ("Done", 5)], []]
    parts = [
        issue(f"OLD-{n}", ("Open", clock(1, 9, 0, n)), (places[n % 3], clock(1, 9, 1, n)), *ends[n % 2])
        for n in range(48)
    ]
    known = reconstruct(STREAM, records(*parts), window(0, 6))
    ways = [move.way for move in moves_since(known, at(0))]

    assert ways.count(Way.DELIVERED) == read(known).items.arrived == 24
    assert Way.BEGUN not in ways


@settings(max_examples=20)
@given(logs())
def test_who_stands_where_at_the_end_is_who_is_under_way(found: Records) -> None:
    """The stages together are the items under way, and what was delivered what the analysis says."""
    known = reconstruct(STREAM, found, window(3, 20))
    analysis, stood = read(known), standing(known)

    assert sum(numbers[-1] for numbers in stood.stages.values()) == analysis.wip
    assert stood.delivered[-1] == analysis.items.arrived
    for part in analysis.stages:
        assert stood.stages.get(part.name, (0,))[-1] == part.wip


def test_days_are_those_of_the_stream_and_items_are_counted_when_they_end() -> None:
    found = reconstruct(STREAM, records(issue("PAY-1", ("In Progress", 1.5), ("Done", 3.5))), window(0, 5))
    stood = standing(found)

    assert stood.days == tuple(date(2026, 1, 5 + n) for n in range(5))
    assert stood.delivered == (0, 0, 0, 1, 1)
    assert stood.stages == {"Build": (0, 1, 1, 0, 0)}


def test_how_old_items_are_when_they_leave_a_stage_is_told_of_five_or_more() -> None:
    """By the last time they left it; of fewer nothing is said."""
    items = [issue(f"PAY-{n}", ("Open", 0), ("In Progress", 2), ("Done", 4 + n)) for n in range(5)]
    told = {part.stage: part for part in pace(reconstruct(STREAM, records(*items), window(0, 30)))}

    assert told["Build"].n == 5
    assert told["Build"].p50 == pytest.approx(6.0)
    assert told["Backlog"].p85 == pytest.approx(2.0)
    few = {part.stage: part for part in pace(reconstruct(STREAM, records(*items[:4]), window(0, 30)))}
    assert (few["Build"].n, few["Build"].p50) == (4, None)
