"""Forecast: what to expect if things stay as they are, and why not where that cannot be told."""

from bot.flow.analyse import analyse
from bot.flow.findings.forecast import Forecast, Remaining
from bot.flow.history.log import Records
from connectors.records import Record
from tests.build import STREAM, at, issue, records, window

END = 200


def forecast(found: Records, end: float = END) -> Forecast:
    return analyse(STREAM, found, window(end - 91, end)).forecast


def steady(end: float = END) -> list[list[Record]]:
    """An item a day: half a day of work, then two days of review, or every fourth time twelve."""
    parts = []
    for n in range(int(end)):
        moves = [("Open", n), ("In Review", n + 0.5), ("Done", n + (12.5 if n % 4 == 0 else 2.5))]
        parts.append(issue(f"PAY-{n}", *[move for move in moves if move[1] < end]))
    return parts


def open_items(found: Forecast) -> dict[str, Remaining]:
    return {item.item: item for item in found.open_items}


def test_a_new_item_takes_as_long_as_those_delivered_of_late() -> None:
    """Three of four take two and a half days."""
    new = forecast(records(*steady())).new_items

    assert (new.p10, new.p50, new.p85, new.p90) == (2.5, 2.5, 12.5, 12.5)
    assert (new.weeks, new.reason) == (13, "")


def test_an_open_item_takes_what_others_took_that_were_as_long_there() -> None:
    """What has been in review for longer than two days takes the twelve."""
    found = open_items(forecast(records(*steady())))
    old, new = found["PAY-192"], found["PAY-199"]

    assert (old.like, old.stage) == ("stage", "Review")
    assert old.p50 is not None
    assert new.p50 is not None
    assert abs(old.p50 - 4.5) < 0.3
    assert abs(new.p50 - 1.5) < 0.3
    assert old.p50_date == at(204).date()


def test_an_item_older_than_all_is_said_to_be() -> None:
    """Nothing is known of how long it will take."""
    ancient = issue("PAY-OLD", ("Open", 0), ("In Progress", 1))
    found = open_items(forecast(records(ancient, *steady())))["PAY-OLD"]

    assert (found.oldest, found.like, found.p50, found.p85_date) == (True, None, None, None)
    assert found.reason == "older than anything that was delivered"


def test_how_many_by_when_and_when_as_many_as_are_open() -> None:
    """Seven a week."""
    found = forecast(records(*steady()))

    assert [(d.weeks, d.until) for d in found.deliveries] == [(n, at(END + 7 * n).date()) for n in (1, 2, 4, 8)]
    assert all(abs(d.p50 - 7 * d.weeks) <= 1 and 0 <= d.p50 - d.p85 <= 2 for d in found.deliveries)
    assert found.all_open is not None
    assert (found.all_open.items, found.all_open.p85) == (5, at(END + 7).date())


def test_a_dropped_item_is_no_delivery() -> None:
    """Nor does its age say when it would have been one."""
    dropped = [issue(f"PAY-X{n}", ("Open", n), ("Cancelled", n + 30)) for n in range(150)]
    found, plain = (forecast(records(*steady(), *more)) for more in (dropped, []))

    assert found.new_items == plain.new_items
    assert found.deliveries == plain.deliveries


def test_a_short_history_is_refused_with_the_reason() -> None:
    """Two weeks, and few items."""
    found = forecast(records(*steady(13)), end=13)

    assert (found.deliveries, found.all_open) == ((), None)
    assert "it takes 12" in found.reason
    assert found.new_items.p50 is None
    assert found.new_items.reason == "9 items were delivered in 26 weeks; it takes 10"


def test_a_stream_that_seldom_delivers_is_refused() -> None:
    """Four weeks of half a year."""
    found = forecast(records(*(issue(f"PAY-{n}", ("Open", 0), ("Done", 50 * n + 10)) for n in range(4))), end=165)

    assert found.reason == "something was delivered in 4 of 23 weeks; it takes 6"


def test_nothing_at_all_is_told_so() -> None:
    """No record."""
    found = forecast(records())

    assert (found.open_items, found.deliveries, found.weeks) == ((), (), 0)
    assert found.reason


def test_a_window_that_reaches_into_the_future_is_refused() -> None:
    """The weeks without records are no standstill."""
    found = analyse(STREAM, records(*steady()), window(END - 91, END + 60)).forecast

    assert found.reason == found.new_items.reason == "nothing is recorded since 2026-07-23"
    assert {item.p50 for item in found.open_items} == {None}


def test_the_order_of_the_records_does_not_matter() -> None:
    """The same draws whatever comes first."""
    parts = steady()

    assert forecast(records(*parts)) == forecast(records(*parts[::-1]))
