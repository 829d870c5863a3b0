"""Items that were imported from elsewhere."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from bot.flow.analyse import analyse
from bot.flow.clock import instant
from bot.flow.history.log import Log, read_log
from connectors.records import Event, EventKind, Item, Record
from tests.build import STREAM, at, clock, event, issue, records, window

K = EventKind


def numbered(number: int, *moves: tuple[str, float], by: str = "ann", first: str | None = None) -> list[Record]:
    """An issue with a numeric id, created by `first` and moved by `by`."""
    found = issue(f"PAY-{number}", *moves)
    item = next(r for r in found if isinstance(r, Item))
    events = [replace(r, item=f"{number}", id=f"{number}:{r.id}") for r in found if isinstance(r, Event)]
    acted = [replace(e, actor=(first or by) if n == 0 else by) for n, e in enumerate(events)]
    return [replace(item, key=f"{number}"), *acted]


def natives(count: int, by: str = "ann") -> list[list[Record]]:
    """One every second day, worked on by whoever created it."""
    days = [clock(2 * n, 9, n, n) for n in range(count)]
    items = [numbered(100 + n, ("Open", day), ("Done", day + 9)) for n, day in enumerate(days)]
    edits: list[list[Record]] = [[event(f"{100 + n}", K.EDITED, clock(2 * n + 1, 8, n, 7), by)] for n in range(count)]
    return [*items, *edits]


def read(*parts: Sequence[Record]) -> Log:
    return read_log(records(*parts), instant(at(400)))


def imported(log: Log) -> set[str]:
    return {log.items[n].name for n in log.trusted_from}


def test_an_issue_that_is_older_than_its_number_was_imported() -> None:
    """Since the newest issue before it; and it is said."""
    old = numbered(111, ("Open", clock(2, 1, 1, 1)), ("Done", clock(40, 1, 1, 1)))
    log = read(*natives(11), old, *[numbered(112 + n, ("Open", clock(22 + n, 9, n, n))) for n in range(9)])

    assert imported(log) == {"PAY-111"}
    assert list(log.trusted_from.values()) == [instant(at(clock(20, 9, 10, 10)))]
    assert [(d.kind, d.items) for d in log.doubts] == [("imported", ("PAY-111",))]


@pytest.mark.parametrize("days", [0.5, -0.5])
def test_numbers_that_are_a_little_out_of_order_are_no_import(days: float) -> None:
    """Two servers give out numbers beside each other."""
    beside = numbered(111, ("Open", clock(20, 9, 10, 10) + days))

    assert imported(read(*natives(11), beside, numbered(112, ("Open", 30)))) == set()


def test_one_number_that_was_given_out_late_makes_no_imports_of_the_others() -> None:
    """It is the one that is out of order."""
    late = numbered(99, ("Open", clock(300, 9, 10, 10)))

    assert imported(read(*natives(20), late)) == set()


def test_numbers_that_do_not_follow_time_tell_nothing() -> None:
    """Of cases that somebody else numbered."""
    items = [numbered(n * 7919 % 1000, ("Open", clock(n, 9, n, n))) for n in range(60)]

    assert imported(read(*items)) == set()


def test_an_issue_that_moved_to_another_project_was_not_imported() -> None:
    """It has a new name and its old id."""
    moved = [replace(r, name="PAY-999", aliases=("OLD-7",)) if isinstance(r, Item) else r for r in natives(1)[0]]

    assert imported(read(*natives(20)[1:20], moved)) == set()


def backlog(by: str, mover: str, *days: float, planned: int = 60) -> list[list[Record]]:
    """Created by one account, moved in one go."""
    return [
        issue_by(f"OLD-{n}", by, mover, ("Open", clock(0, n, n, n) + day), ("In Progress", clock(planned, 9, 0, n)))
        for n, day in enumerate(days)
    ]


def issue_by(name: str, by: str, mover: str, *moves: tuple[str, float]) -> list[Record]:
    found = issue(name, *moves)
    return [replace(r, actor=by if r.id.endswith(":0") else mover) if isinstance(r, Event) else r for r in found]


def test_what_one_account_wrote_down_and_touched_at_once_was_imported() -> None:
    """It does nothing else and never comes back."""
    log = read(*natives(20), *backlog("importer", "importer", 3, 9, 14, 20, 33, 47))

    assert imported(log) == {f"OLD-{n}" for n in range(6)}
    assert set(log.trusted_from.values()) == {instant(at(clock(60, 9, 0, 0)))}


@pytest.mark.parametrize(
    ("more", "mover"),
    [
        (issue_by("OLD-9", "owner", "ann", ("Open", 80)), "owner"),
        ([event("old-1", K.EDITED, clock(2, 8, 8, 8), "owner")], "owner"),
        ([], "admin"),
    ],
    ids=["who plans creates more later", "who plans works", "somebody else sweeps"],
)
def test_a_backlog_that_is_planned_in_one_go_was_not_imported(more: list[Record], mover: str) -> None:
    """It was created over weeks by one person."""
    log = read(*natives(20), *backlog("owner", mover, 3, 9, 14, 20, 33, 47), more)

    assert imported(log) == set()


def test_what_was_created_and_put_in_its_place_within_minutes_was_imported() -> None:
    """Twelve items in three states; twelve sub-tasks in one state are a plan."""
    places = ["Open", "In Progress", "Testing"]
    placed = [issue(f"OLD-{n}", ("Open", clock(5, 9, 0, n)), (places[n % 3], clock(5, 9, 1, n))) for n in range(12)]
    planned = [issue(f"SUB-{n}", ("Open", clock(7, 9, 0, n)), ("Ready", clock(7, 9, 1, n))) for n in range(12)]

    assert imported(read(*natives(20), *placed, *planned)) == {f"OLD-{n}" for n in range(12)}


def test_the_lead_time_of_an_imported_item_is_unknown_and_its_stays_after_count() -> None:
    """Delivered, it is in the throughput; open, it is work in progress whose age is at least so much."""
    old = numbered(111, ("Open", clock(2, 1, 1, 1)), ("In Review", clock(25, 1, 1, 1)), ("Done", clock(30, 1, 1, 1)))
    still = numbered(112, ("In Review", clock(3, 1, 1, 1)))
    whole = [*natives(11), old, still, *[numbered(113 + n, ("Open", clock(22 + n, 9, n, n))) for n in range(9)]]
    found = analyse(STREAM, records(*whole), window(end=400))

    assert (found.items.delivered, found.items.reasons) == (11, {"imported: its start is unknown": 1})
    assert sum(week.items for week in found.throughput) == found.items.arrived == 12
    assert (found.lead_time.n, found.lead_time.with_open.n) == (11, 11 + 9)
    (review,) = found.queues
    assert (review.n, review.waiting) == (1, 1)
    assert next(i.age for i in found.age.items if i.item == "PAY-112") == pytest.approx(400 - clock(20, 9, 10, 10))


def test_deliveries_of_imported_items_are_in_every_figure_of_the_pace() -> None:
    """Forecast and trends speak of the throughput that is told: 48 items came at once and went one every third day."""
    places = ["Open", "In Progress", "In Review"]
    parts = [
        issue(
            f"OLD-{n}",
            ("Open", clock(0, 9, 0, n)),
            (places[n % 3], clock(0, 9, 1, n)),
            ("Testing", 3 * n + 2.4),
            ("Done", 3 * n + 2.5),
        )
        for n in range(48)
    ]
    found = analyse(STREAM, records(*parts), window(end=140))
    trends = {trend.metric: {week.week: week.value for week in trend.series} for trend in found.trend}

    told = {week.week: week.items for week in found.throughput if week.complete}
    assert sum(told.values()) == found.items.arrived == 46
    assert {week: told[week] for week in trends["throughput"]} == trends["throughput"]
    gone = {week: sum(items for past, items in told.items() if past <= week) for week in told}
    assert trends["wip"] == {week: 48 - gone[week] for week in trends["throughput"]}
    assert (found.forecast.reason, found.forecast.deliveries[-1].p50) == ("", 19)
    why = next(d.detail for d in found.doubts if d.kind == "nothing delivered")
    assert why.startswith("of no item that was delivered it is known when it began: all 46 were imported")
