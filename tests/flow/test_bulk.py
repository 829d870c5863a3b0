"""Bulk edits, and what they close."""

import polars as pl
import pytest

from bot.flow.analyse import analyse
from bot.flow.clock import instant
from bot.flow.findings.analysis import Analysis
from bot.flow.history.log import read_log
from connectors.records import EventKind, Record
from tests.build import STREAM, at, clock, event, issue, records, window

K = EventKind


def closed(count: int, day: int, *before: tuple[str, float]) -> list[list[Record]]:
    """Items born an hour apart, with a past of their own, and closed at once."""
    return [
        issue(f"PAY-{n}", *((state, clock(0, n, 3, n) + when) for state, when in before), ("Done", clock(day, 9, 1, n)))
        for n in range(count)
    ]


def seen(*parts: list[Record]) -> Analysis:
    return analyse(STREAM, records(*parts), window(end=1000))


@pytest.mark.parametrize(("count", "seconds", "bulk"), [(10, 12, True), (9, 12, False), (10, 14, False)])
def test_ten_items_within_two_minutes_are_a_bulk_edit(count: int, seconds: int, bulk: bool) -> None:
    """Which is no evidence of work on any of them; the moves stay."""
    items = [issue(f"PAY-{n}", ("Open", clock(n, 8, 1, 1))) for n in range(count)]
    edits = [event(f"pay-{n}", K.EDITED, clock(40, 9, 0, 1 + seconds * n)) for n in range(count)]
    log = read_log(records(*items, edits), instant(at(90)))

    assert set(log.events["attended"]) == {not bulk}
    assert [d.kind for d in log.doubts] == (["bulk edit"] if bulk else [])
    assert len(log.moves) == count


def test_planning_a_sprint_is_no_repair() -> None:
    """Whoever ends one moves all that is left over; that is no attention to each, and no doubt either."""
    items = [issue(f"PAY-{n}", ("Open", clock(n, 8, 1, 1))) for n in range(12)]
    moved = [event(f"pay-{n}", K.PLANNED, clock(40, 9, 0, 1 + n), detail="sprint/PAY/2") for n in range(12)]
    log = read_log(records(*items, moved), instant(at(90)))

    assert (set(log.events["attended"]), log.doubts) == ({False}, ())


def test_many_edits_of_one_item_are_work() -> None:
    """However fast."""
    edits = [event("pay-1", K.EDITED, clock(1, 9, 0, n), detail=f"{n}") for n in range(30)]
    log = read_log(records(issue("PAY-1", ("Open", clock(0, 1, 1, 1))), edits), instant(at(90)))

    assert log.events.select(pl.col("attended").all()).item()


def test_an_item_that_is_swept_up_after_years_was_not_delivered() -> None:
    """Its lead time would be how long nobody looked."""
    found = seen(*closed(12, 900, ("Open", 0), ("In Progress", 5)))

    assert (found.items.delivered, found.items.reasons) == (0, {"closed in bulk": 12})
    assert found.lead_time.n == 0
    assert found.ledger.total == pytest.approx(12 * 5)
    assert {"closed in bulk", "bulk edit"} <= {d.kind for d in found.doubts}


def test_a_sprint_that_is_closed_in_one_go_was_delivered() -> None:
    """Its items were cared for a few days ago."""
    found = seen(*closed(12, 14, ("Open", 0), ("In Progress", 5)))

    assert (found.items.delivered, found.items.excluded) == (12, 0)


def test_a_forgotten_item_in_a_living_release_was_delivered() -> None:
    """Most of those closed with it were not silent."""
    over = clock(300, 9, 1, 30)
    old = issue("PAY-99", ("Open", clock(0, 5, 5, 5)), ("In Progress", clock(1, 5, 5, 5)), ("Done", over))
    recent = [
        issue(f"PAY-{n}", ("Open", clock(280, n, 3, n)), ("In Progress", clock(290, n, 3, n)), ("Done", over))
        for n in range(12)
    ]
    assert seen(old, *recent).items.delivered == 13


def test_what_waited_for_its_release_is_delivered_with_it() -> None:
    """However long it waited."""
    found = seen(*closed(12, 300, ("Open", 0), ("In Progress", 5), ("Ready", 8)))

    assert found.items.delivered == 12


def test_where_long_silences_are_usual_a_longer_one_is_needed() -> None:
    """Nineteen of twenty items were silent for less before they were closed one by one."""
    usual = [issue(f"PAY-{n + 50}", ("Open", clock(n, 1, 1, n)), ("Done", clock(n + 120, 3, 1, n))) for n in range(20)]

    assert seen(*usual, *closed(12, 100, ("Open", 0))).items.delivered == 32
    assert seen(*usual, *closed(12, 200, ("Open", 0))).items.delivered == 20
