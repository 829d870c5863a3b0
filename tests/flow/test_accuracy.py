"""What was right the first time."""

import pytest

from bot.flow.analyse import analyse
from connectors.records import EventKind as K
from tests.build import STREAM, issue, pull, records, window


def test_right_first_time_is_a_share() -> None:
    """Of those whose card stood there, though a pull request hid it."""
    returned = [issue(f"PAY-{n}", ("Testing", 0), ("In Progress", 3), ("Testing", 4), ("Done", 9)) for n in (1, 2)]
    hidden = [pull(n, (K.OPENED, 0.0), (K.MERGED, 5.0), names=[f"PAY-{n}"]) for n in (1, 2)]
    straight = issue("PAY-3", ("In Progress", 0), ("Done", 5))
    found = analyse(STREAM, records(*returned, *hidden, straight), window())

    assert {s.name: s.complete_and_accurate for s in found.stages}["Build"] == pytest.approx(1 / 3)


def test_right_first_time_charges_the_stage_returned_to() -> None:
    """One of two items had to be built again, none tested again."""
    found = analyse(
        STREAM,
        records(
            issue("PAY-1", ("In Progress", 0), ("Testing", 3), ("In Progress", 4), ("Testing", 5), ("Done", 6)),
            issue("PAY-2", ("In Progress", 0), ("Testing", 3), ("Done", 6)),
        ),
        window(),
    )

    assert {s.name: s.complete_and_accurate for s in found.stages if s.complete_and_accurate is not None} == {
        "Build": 0.5,
        "Test": 1.0,
    }


def test_first_pass_yield_is_what_was_observed() -> None:
    """The product of the stages is another figure: where one item is returned to both, the other still passes."""
    back_twice = (("In Progress", 0), ("Testing", 3), ("In Progress", 4), ("Testing", 5), ("Ready", 6), ("Testing", 7))
    found = analyse(
        STREAM,
        records(
            issue("PAY-1", *back_twice, ("Done", 8)),
            issue("PAY-2", ("In Progress", 0), ("Testing", 3), ("Done", 6)),
        ),
        window(),
    )

    assert found.quality is not None
    assert (found.quality.first_pass_yield, found.quality.rolled, found.quality.n) == (0.5, 0.25, 2)
