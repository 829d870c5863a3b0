"""What returns cost, and compared with what."""

import pytest
from hypothesis import given

from bot.flow.analyse import analyse, read
from bot.flow.history.log import Records
from bot.flow.reconstruct import reconstruct
from bot.flow.timeline.spans import item_days
from tests.build import STREAM, issue, records, window
from tests.flow.test_analyse import logs
from tests.flow.test_returns import loops, many


def test_dropped_items_were_at_the_end_too() -> None:
    """One of two that had ended was reopened."""
    found = analyse(
        STREAM,
        records(
            issue("PAY-1", ("In Progress", 0), ("Done", 2), ("In Progress", 4), ("Done", 5)),
            issue("PAY-2", ("In Progress", 0), ("Done", 3), resolution="Duplicate"),
        ),
        window(),
    )

    assert [loop.rate for loop in found.loops] == [0.5]


def test_a_return_before_the_window_costs_in_it() -> None:
    """It is listed with its item, and not counted."""
    story = issue("PAY-1", ("In Progress", 0), ("Testing", 1), ("In Progress", 3), ("Testing", 14), ("Done", 15))
    found = analyse(STREAM, records(story), window(10, 20))

    assert loops(found) == [("Test", "Build", "rework", 0, 5.0)]
    assert (found.loops[0].items, found.loops[0].examples) == (1, ("PAY-1",))


def test_costs_are_cut_to_the_window_and_returns_counted_in_it() -> None:
    """A return before the window costs inside it, but is not counted again."""
    story = issue(
        "PAY-1",
        ("In Progress", 0),
        ("Testing", 3),
        ("In Progress", 4),
        ("Testing", 7),
        ("In Progress", 8),
        ("Testing", 9),
        ("Done", 10),
    )

    assert loops(analyse(STREAM, records(story), window(6, 20))) == [("Test", "Build", "rework", 1, 4.0)]


def test_rate_is_of_the_items_that_were_there() -> None:
    """One of two items that were tested came back."""
    found = analyse(
        STREAM,
        records(
            issue("PAY-1", ("In Progress", 0), ("Testing", 3), ("In Progress", 4), ("Testing", 5), ("Done", 6)),
            issue("PAY-2", ("In Progress", 0), ("Testing", 3), ("Done", 6)),
            issue("PAY-3", ("In Progress", 0)),
        ),
        window(),
    )

    assert [(loop.rate, loop.items, loop.examples) for loop in found.loops] == [(0.5, 1, ("PAY-1",))]


def test_a_wait_that_was_broken_off_is_taken_off_the_net_cost() -> None:
    """Items stay in Test for 10 days; some are taken out after one day, and then stay 10 days again."""
    usual = many(("In Progress", 0), ("Testing", 1), ("Done", 11), n=12)
    broken = many(("In Progress", 0), ("Testing", 1), ("In Progress", 2), ("Testing", 3), ("Done", 13), first=50, n=12)
    (loop,) = analyse(STREAM, records(usual, broken), window()).loops

    assert loop.per_return is not None
    assert (loop.per_return.interrupts, loop.per_return.gross) == (True, 11.0)
    assert loop.per_return.net == pytest.approx(2.0)


def test_returned_items_are_compared_with_others_of_their_month_and_size() -> None:
    """They took four days longer, as much as the return cost them."""
    usual = many(("In Progress", 0), ("Testing", 3), ("Done", 5), n=30)
    back = many(("In Progress", 0), ("Testing", 3), ("In Progress", 5), ("Testing", 8), ("Done", 9), first=50, n=20)
    (loop,) = analyse(STREAM, records(usual, back), window()).loops

    assert loop.counterfactual is not None
    assert (loop.counterfactual.days, loop.counterfactual.net) == (4.0, 4.0)
    assert (loop.counterfactual.agrees, loop.grade) == (True, "A")


@given(logs())
def test_costs_never_overlap(found: Records) -> None:
    """What loops cost is the time that is spent on doing again, each instant once, whatever happened."""
    done = reconstruct(STREAM, found, window(0, 80))
    owned = done.timeline.within(window(0, 80)).drop_nulls("owner")

    costs = sum(loop.cost for loop in read(done).loops)
    assert costs == pytest.approx(owned.select(item_days()).item(), abs=1e-9)
    for one in done.returns:
        assert one.until is None or one.until >= one.at
    for number, start, end in owned.select("owner", "start", "end").iter_rows():
        made_good = done.returns[number].until
        assert done.returns[number].at <= start
        assert made_good is None or end <= made_good


def test_work_that_only_a_return_brought_is_no_size() -> None:
    """Sent back to Build from Review, where others never were: they are compared all the same."""
    straight = [issue(f"PAY-{n}", ("In Review", n), ("Done", n + 2.0)) for n in range(12)]
    sent_back = [
        issue(f"PAY-{n}", ("In Review", n - 20), ("In Progress", n - 19), ("In Review", n - 16), ("Done", n - 15))
        for n in range(20, 32)
    ]
    [loop] = analyse(STREAM, records(*straight, *sent_back), window(0, 60)).loops

    assert loop.counterfactual is not None
    assert loop.counterfactual.matched == 12
    assert loop.counterfactual.days == pytest.approx(3.0)


def test_how_often_an_item_goes_round_and_how_far_back() -> None:
    """One came back twice and one once, from testing over the review to building: two stages."""
    again = ("Testing", 1), ("In Progress", 2), ("Testing", 3)
    twice = issue("PAY-1", ("In Progress", 0), *again, ("In Progress", 4), ("Testing", 5), ("Done", 6))
    once = issue("PAY-2", ("In Progress", 0), *again, ("Done", 6))
    (loop,) = analyse(STREAM, records(twice, once), window()).loops

    assert (loop.count, loop.items, loop.rounds, loop.escape_distance) == (3, 2, 1.5, 2)
