"""A change is traced to the one waste it reduces, or refused with a sentence."""

from typing import Any

import pytest

from bot.flow.future.changes import KINDS, UNTOLD, Change, TimeBox, as_written, read_change
from bot.flow.model import Waste
from tests.build import STREAM

WRITTEN: tuple[tuple[dict[str, Any], Waste], ...] = (
    ({"cadence": "Review", "on": ["mon", "thu"]}, Waste.WAITING),
    ({"cap": "Review", "at": "24h"}, Waste.WAITING),
    ({"remove": "Review", "share": 0.5}, Waste.OVER_PROCESSING),
    ({"deploy": "Deploy", "on": "daily", "hour": 14}, Waste.WAITING),
    ({"rework": "Test", "by": 0.5}, Waste.DEFECTS),
    ({"attention": "awaiting review", "times": 2.0}, Waste.WAITING),
    ({"parallel": ["Build", "Test"]}, Waste.WAITING),
)


@pytest.mark.parametrize(("written", "waste"), WRITTEN)
def test_a_change_is_read_with_the_waste_it_reduces(written: dict[str, Any], waste: Waste) -> None:
    """And what is written of it again says the same."""
    found = read_change(written, waste, STREAM)

    assert found.waste is waste
    assert read_change(as_written(found), waste, STREAM) == found


@pytest.mark.parametrize(("written", "waste"), WRITTEN)
def test_a_change_that_names_another_waste_or_none_is_refused_by_name(written: dict[str, Any], waste: Waste) -> None:
    """With the waste it would reduce, or the one it does not."""
    for other in set(Waste) - {waste}:
        with pytest.raises(ValueError, match=f"reduces {waste}, not {other}"):
            read_change(written, other, STREAM)
    with pytest.raises(ValueError, match="is no waste; did you mean"):
        read_change(written, [str(waste)], STREAM)
    with pytest.raises(ValueError, match=f'names no waste; it reduces {waste}, so say waste = "{waste}"'):
        read_change(written, None, STREAM)


def test_every_kind_of_change_is_tried_here() -> None:
    """What can be written is what is tested."""
    assert {next(iter(written)) for written, _ in WRITTEN} == set(KINDS)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ({}, "a change begins with"),
        ({"capp": "Review"}, 'did you mean "cap"'),
        ({"wip": 3}, '"wip" is not supported'),
        ({"cap": "Reveiw", "at": "24h"}, 'did you mean "Review"'),
        ({"cap": "Build", "at": "24h"}, '"Build" is no approval'),
        ({"cap": "Done", "at": "24h"}, '"Done" is no approval'),
        ({"cap": "Review", "at": "24x"}, "no duration"),
        ({"cap": "Review"}, "at is missing"),
        ({"cap": "Review", "at": "24h", "complience": 0.5}, 'did you mean "compliance"'),
        ({"cap": "Review", "at": "24h", "compliance": 1.5}, "compliance"),
        ({"cadence": "Review", "on": []}, "no day"),
        ({"cadence": "Review", "on": ["monday"]}, "wants"),
        ({"cadence": "Review", "cap": "Review"}, "write two"),
        ({"attention": "Review", "times": 1}, "times"),
        ({"rework": "Test", "by": 0}, "by"),
        ({"parallel": ["Build"]}, "parallel"),
    ],
)
def test_nonsense_is_refused_with_what_is_wrong(written: dict[str, Any], said: str) -> None:
    """Each with a sentence that names it."""
    kind = KINDS.get(next(iter(written), ""))
    with pytest.raises(ValueError, match=said):
        read_change(written, kind.waste if kind else Waste.WAITING, STREAM)


def test_what_a_law_requires_is_never_removed() -> None:
    """It may be made quicker."""
    stages = [s.model_copy(update={"necessary": "SOX"}) if s.name == "Review" else s for s in STREAM.stages]
    bound = STREAM.model_copy(update={"stages": tuple(stages)})

    with pytest.raises(ValueError, match="required by SOX"):
        read_change({"remove": "Review"}, Waste.OVER_PROCESSING, bound)
    assert isinstance(read_change({"cap": "Review", "at": "2d"}, Waste.WAITING, bound), TimeBox)


def test_what_cannot_be_told_is_not_among_what_can() -> None:
    """A kind is refused by name, or read; and each kind has one waste and a discrepancy."""
    assert not set(UNTOLD) & set(KINDS)
    assert all(isinstance(kind.waste, Waste) and 0 < kind.discrepancy < 1 for kind in KINDS.values())
    assert all(issubclass(kind, Change) for kind in KINDS.values())
