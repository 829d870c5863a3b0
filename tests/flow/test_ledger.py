"""Where all item-days went."""

import polars as pl
import pytest

from bot.flow.analyse import analyse
from bot.flow.clock import DAY
from bot.flow.findings.analysis import Analysis
from bot.flow.model import NotWaste, Waste
from bot.flow.timeline.spans import item_days
from connectors.records import EventKind as K
from connectors.records import Record
from tests.build import STREAM, change, issue, pull, records, window


def costs(*parts: list[Record]) -> dict[str, float]:
    """Item-days by account."""
    found = analyse(STREAM, records(*parts), window(end=28))
    whole = found.ledger
    others = {"value added": whole.value_added, "necessary": whole.necessary, "done": whole.done}
    return {k: round(v, 6) for k, v in (_wastes(found) | others).items() if v}


def _wastes(found: Analysis) -> dict[str, float]:
    return {part.waste.value: part.cost_per_week * found.ledger.weeks for part in found.wastes}


@pytest.mark.parametrize(
    ("rule", "moves", "expected"),
    [
        (
            "put aside in the middle of the work is motion, until it is taken up",
            [("In Progress", 0), ("Open", 2), ("In Progress", 6), ("Done", 9)],
            {"motion": 4.0, "value added": 5.0},
        ),
        (
            "thought done is neither waste nor work",
            [("In Progress", 0), ("Done", 2), ("In Progress", 6), ("Done", 9)],
            {"done": 4.0, "value added": 2.0, "defects": 3.0},
        ),
        (
            "cancelled, and taken up again",
            [("In Progress", 0), ("Cancelled", 2), ("Done", 9)],
            {"done": 7.0, "value added": 2.0},
        ),
        (
            "dropped before anybody worked on it is only inventory",
            [("Open", 0), ("Cancelled", 3)],
            {"inventory": 3.0},
        ),
        (
            "dropped after that is overproduction from the beginning",
            [("Open", 0), ("In Progress", 3), ("Cancelled", 5)],
            {"overproduction": 5.0},
        ),
        (
            "a state that no stage claims is inventory",
            [("Limbo", 0), ("Done", 3)],
            {"inventory": 3.0},
        ),
        (
            "ready to deploy waits, testing is necessary",
            [("Testing", 0), ("Ready", 2), ("Done", 5)],
            {"necessary": 2.0, "waiting": 3.0},
        ),
    ],
)
def test_each_instant_is_in_one_account(rule: str, moves: list[tuple[str, float]], expected: dict[str, float]) -> None:
    assert costs(issue("PAY-1", *moves)) == expected, rule


def test_dropped_work_is_overproduction_though_nobody_saw_it() -> None:
    """Blocked all the time, or a draft behind a card in Review."""
    blocked = issue("PAY-1", ("In Progress", 0), ("Cancelled", 4))
    drafted = issue("PAY-2", ("In Review", 0), ("Cancelled", 5))
    draft = pull(2, (K.OPENED, 1.0), (K.DRAFTED, 1.0), names=["PAY-2"])

    assert costs(blocked, change("PAY-1", K.BLOCKED, 0), drafted, draft) == {"overproduction": 9.0}


def test_passing_through_work_is_no_work() -> None:
    """In and out in one instant: put aside at once, and dropped without having been worked on."""
    assert costs(issue("PAY-1", ("Open", 0), ("In Progress", 2), ("Open", 2), ("Cancelled", 4))) == {
        "inventory": 2.0,
        "motion": 2.0,
    }


def test_a_block_waits_wherever_it_is() -> None:
    """Also in the middle of the work."""
    story = issue("PAY-1", ("In Progress", 0), ("Done", 9))

    assert costs(story, change("PAY-1", K.BLOCKED, 2), change("PAY-1", K.UNBLOCKED, 6)) == {
        "waiting": 4.0,
        "value added": 5.0,
    }


def test_the_interval_of_a_waste_holds_its_cost() -> None:
    """And knows that one item of many is chance."""
    stuck = issue("PAY-1", ("In Review", 0), ("Done", 20))
    others = [issue(f"PAY-{n}", ("In Progress", 0), ("Done", 20)) for n in range(2, 30)]
    (waiting,) = (
        part for part in analyse(STREAM, records(stuck, *others), window(end=28)).wastes if part.waste is Waste.WAITING
    )

    assert waiting.cost_per_week == pytest.approx(5.0)
    assert waiting.low == 0.0
    assert waiting.high >= 2 * waiting.cost_per_week


def test_sums_are_the_same_in_every_order() -> None:
    """Threads group rows as they come; a figure may not depend on that."""
    starts = [n * 7 * DAY // 3 + n % 11 for n in range(1000)]
    spans = pl.DataFrame({"start": starts, "end": [start + DAY // 7 + n for n, start in enumerate(starts)]})

    assert {spans.sample(fraction=1, shuffle=True, seed=n).select(item_days()).item() for n in range(20)} == {
        spans.select(item_days()).item()
    }


@pytest.mark.parametrize(
    ("said", "moved"),
    [
        (NotWaste(place="Review", reason="r"), 6.0),
        (NotWaste(item="PAY-1", reason="r"), 5.0),
        (NotWaste(place="Review", item="PAY-1", reason="r"), 2.0),
        (NotWaste(place="Review", waste=Waste.INVENTORY, reason="r"), 0.0),
    ],
)
def test_what_is_said_to_be_no_waste_is_necessary(said: NotWaste, moved: float) -> None:
    """By place, item and waste; nothing is lost, and it is a doubt."""
    found = records(
        issue("PAY-1", ("Open", 0), ("In Review", 3), ("Done", 5)), issue("PAY-2", ("In Review", 0), ("Done", 4))
    )
    before = analyse(STREAM, found, window(end=28))
    after = analyse(STREAM.model_copy(update={"not_waste": (said,)}), found, window(end=28))

    assert after.ledger.total == before.ledger.total
    assert before.ledger.wastes - after.ledger.wastes == pytest.approx(moved)
    assert after.ledger.necessary - before.ledger.necessary == pytest.approx(moved)
    assert [doubt.kind for doubt in after.doubts if doubt not in before.doubts] == ["said to be no waste"]
