"""Hours of people, and what lies about."""

import random

import pytest

from bot.flow.analyse import analyse
from bot.flow.findings.analysis import Analysis
from connectors.records import EventKind as K
from connectors.records import Record, Verdict
from tests.build import STREAM, change, issue, pull, records, window

HOUR, NINE = 1 / 24, 9 / 24


def found(*parts: list[Record], end: float = 28) -> Analysis:
    return analyse(STREAM, records(*parts), window(end=end))


def edits(name: str, actor: str, *days: float) -> list[Record]:
    return [record for day in days for record in change(name, K.EDITED, day, actor=actor)]


def test_who_takes_up_another_item_on_the_same_day_switches() -> None:
    """Twice: from one to two and back; overnight is no switch. Ten to twenty-five minutes each."""
    one, two = (issue(name, ("In Progress", 0), ("Done", 20)) for name in ("PAY-1", "PAY-2"))
    first = edits("PAY-1", "ann", 1 + NINE + HOUR, 1 + NINE + 5 * HOUR)
    capacity = found(one, two, first, edits("PAY-2", "ann", 1 + NINE + 3 * HOUR, 2 + NINE + HOUR)).capacity

    assert capacity.switches == 2
    assert capacity.switch_hours == pytest.approx((1 / 3, 5 / 6))


def test_somebody_else_going_on_with_it_is_a_hand_off() -> None:
    """Ann, Ann, Bob, Ann."""
    one = issue("PAY-1", ("In Progress", 0), ("Done", 20))
    traces = [edits("PAY-1", who, 1 + n + NINE + HOUR) for n, who in enumerate(("ann", "ann", "bob", "ann"))]

    assert found(one, *traces).capacity.hand_offs == 2


def test_hours_grow_with_the_reach_of_a_trace() -> None:
    """Half an hour, an hour and a half, or four; and what is done again is counted among them."""
    once = issue("PAY-1", ("In Progress", 0), ("Done", 20))
    again = issue("PAY-2", ("In Progress", 0), ("In Review", 7), ("In Progress", 8), ("Done", 20))
    capacity = found(once, again, edits("PAY-1", "ann", 8 + NINE + 6 * HOUR), edits("PAY-2", "bob", 9.625)).capacity

    assert (capacity.worked.low, capacity.worked.mid, capacity.worked.high) == pytest.approx((1, 3, 8))
    assert (capacity.rework.low, capacity.rework.mid, capacity.rework.high) == pytest.approx((0.5, 1.5, 4))


def test_what_nobody_has_touched_for_a_week_is_stale() -> None:
    """More than five working days; the backlog may lie."""
    lies, goes, waits = (
        issue("PAY-1", ("In Progress", 0)),
        issue("PAY-2", ("In Progress", 0)),
        issue("PAY-3", ("Open", 0)),
    )
    stock = found(lies, goes, waits, edits("PAY-2", "ann", 12), end=14).stock

    assert (stock.stale_after, stock.stale) == (5.0, ("PAY-1",))
    assert stock.wip == pytest.approx(3.0)


def test_what_lies_about_beyond_what_the_pace_needs_is_excess() -> None:
    """Of eight days each two are work: two items in four weeks need a mean of 1/7, and 4/7 were there."""
    items = [issue(name, ("In Progress", 0), ("In Review", 2), ("Done", 8)) for name in ("PAY-1", "PAY-2")]
    stock = found(*items).stock

    assert (stock.wip, stock.needed, stock.excess) == pytest.approx((4 / 7, 1 / 7, 3 / 7))
    assert found(issue("PAY-1", ("In Progress", 0))).stock.excess is None


def test_hours_of_reviews_that_change_nothing_are_told() -> None:
    """Sixty approvals, each of half an hour, of one and a half or of four; of 58 nobody can tell."""
    draw, days = random.Random(1), [7 * week + day for week in range(30) for day in (0, 2)]
    reviewed = [n + NINE + draw.uniform(5, 7) * HOUR for n in days]
    asked = [
        pull(
            n,
            (K.OPENED, n + NINE),
            (K.REVIEWED, at, "bob", Verdict.APPROVED.value),
            (K.MERGED, at + 0.001),
            names=[f"PAY-{n}"],
        )
        for n, at in zip(days, reviewed, strict=True)
    ]
    items = [issue(f"PAY-{n}", ("In Progress", n + NINE), ("Done", n + 0.9)) for n in days]
    every, few = (found(*items[:k], *asked[:k], end=217).capacity.stamps for k in (60, 58))

    assert (every.low, every.mid, every.high) == pytest.approx((30, 90, 240))
    assert few.high == 0
