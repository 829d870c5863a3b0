"""Gates: which key results they judge when, by what, and records that nobody changes unseen."""

from dataclasses import replace
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.flow.analyse import analyse
from bot.govern.chain import GateRecord, faults, seal
from bot.govern.gates import Gate, GatePart, Removable, gates, largest_removable
from bot.govern.key_results import KeyResult, Reading, key_results
from tests.build import STREAM, at, issue, records, window

UTC = ZoneInfo("UTC")
QUARTER = Gate(name="Quarter", every="quarter")
FALLING: list[float] = [13, 12, 11, 10, 9, 8, 7, 6]
STANDING: list[float] = [14, 14.2, 13.9, 14.1, 14, 13.8, 14.1, 14]


def result(name: str, *, quarter: str = "2026-Q1", kind: str = "committed") -> KeyResult:
    told = {"objective": "o", "by_hand": True, "baseline": 14, "target": 4}
    return KeyResult.model_validate({**told, "name": name, "quarter": quarter, "kind": kind})


def judged(
    *results: tuple[KeyResult, list[float]], end: float = 50, gate: Gate = QUARTER, removable: Removable | None = None
) -> GatePart:
    """Values of each from the first Monday of the year on."""
    known = {one.name: [Reading(at=at(7 * n), value=value) for n, value in enumerate(v)] for one, v in results}
    configured = [one for one, _ in results]
    (part,) = gates([gate], configured, key_results(configured, known, at(end)), removable, at(end), UTC)
    return part


def test_the_gate_of_a_quarter_is_on_its_last_day() -> None:
    """Until three weeks after it; then comes the next."""
    assert QUARTER.day(date(2026, 3, 1)) == date(2026, 3, 31)
    assert QUARTER.day(date(2026, 4, 20)) == date(2026, 3, 31)
    assert QUARTER.day(date(2026, 4, 22)) == date(2026, 6, 30)
    assert QUARTER.day(date(2027, 1, 10)) == date(2026, 12, 31)


def test_a_gate_judges_the_key_results_of_its_quarter() -> None:
    """Or else of the quarter before; of those that it names."""
    results = [result("a"), result("b"), result("c", quarter="2026-Q2")]
    day, named = date(2026, 3, 31), Gate(name="g", on=date(2026, 3, 31), key_results=("b",))

    assert QUARTER.judges(results, day) == ["a", "b"]
    assert QUARTER.judges(results, date(2026, 9, 30)) == ["c"]
    assert named.judges(results, day) == ["b"]
    assert named.judges(results, date(2026, 12, 31)) == []


@pytest.mark.parametrize(
    ("series", "verdict"),
    [
        ([FALLING], "continue"),
        ([STANDING], "stop"),
        ([FALLING, STANDING], "pivot"),
        ([FALLING, [9]], "insufficient"),
        ([], "insufficient"),
    ],
)
def test_all_committed_key_results_must_agree(series: list[list[float]], verdict: str) -> None:
    """Else it is a pivot; where data are missing there is no verdict."""
    part = judged(*((result(f"k{n}"), values) for n, values in enumerate(series)))

    assert part.verdict == verdict


def test_stretch_key_results_decide_nothing_beside_committed_ones() -> None:
    """Alone they do."""
    stretch = result("s", kind="stretch")

    assert judged((result("c"), FALLING), (stretch, STANDING)).verdict == "continue"
    assert judged((stretch, STANDING)).verdict == "stop"


def test_a_gate_decides_by_its_own_thresholds() -> None:
    """And says what they are."""
    strict = QUARTER.model_copy(update={"continue_at": 0.9999})
    part = judged((result("k"), FALLING), gate=strict)

    assert (part.verdict, part.continue_at, part.days_left) == ("pivot", 0.9999, 35)


def test_a_pivot_names_the_largest_waste_that_may_be_removed() -> None:
    """Not an approval that the law asks for."""
    story = records(*(issue(f"PAY-{n}", ("Open", 0), ("In Review", 2), ("Done", 9)) for n in range(3)))
    analysis = analyse(STREAM, story, window(end=14))
    largest, other = largest_removable(analysis, []), largest_removable(analysis, ["Review"])

    assert largest is not None
    assert other is not None
    assert (largest.waste, largest.what) == ("waiting", "Review")
    assert largest.cost_per_week == pytest.approx(3 * 7 / 2)
    assert (other.waste, other.what) == ("inventory", "Backlog")
    pivot = judged((result("k"), FALLING), (result("l"), STANDING), removable=largest)
    assert (pivot.verdict, pivot.removable) == ("pivot", largest)
    assert "Review" in pivot.reason


@pytest.mark.parametrize(
    ("table", "fault"),
    [
        ({}, 'needs either on = 2026-12-18 or every = "quarter"'),
        ({"on": "2026-12-18", "every": "quarter"}, "needs either on"),
        ({"every": "quarter", "continue_at": 0.1}, "the first below the second"),
        ({"every": "quarter", "continue_at": 60}, "must be probabilities between 0 and 1"),
    ],
)
def test_a_gate_that_cannot_be_is_refused(table: dict[str, object], fault: str) -> None:
    """When the configuration is read."""
    with pytest.raises(ValidationError, match=fault):
        Gate.model_validate({"name": "g", **table})


def chain(length: int) -> list[GateRecord]:
    found: list[GateRecord] = []
    for number in range(1, length + 1):
        new = GateRecord("s", number, "g", "2026-03-31", at(number), "pivot", "pivot", f"r{number}", '{"a": 1}')
        new = replace(new, previous=found[-1].hash if found else "")
        found.append(replace(new, hash=seal(new)))
    return found


@given(
    st.integers(1, 5).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n - 1))),
    st.sampled_from(["gate", "day", "verdict", "decision", "reason", "pack", "previous", "hash"]),
)
def test_a_changed_record_is_seen(place: tuple[int, int], part: str) -> None:
    """Whatever is changed, in whichever."""
    length, number = place
    whole = chain(length)
    other: dict[str, Any] = {part: "other"}
    changed = [replace(r, **other) if n == number else r for n, r in enumerate(whole)]

    assert faults(whole) == {}
    assert min(faults(changed)) == number + 1


def test_a_record_that_was_resealed_removed_or_moved_is_seen() -> None:
    """By the one after it."""
    whole = chain(3)
    forged = replace(whole[0], reason="other")
    resealed = [replace(forged, hash=seal(forged)), *whole[1:]]

    assert list(faults(resealed)) == [2]
    assert list(faults(whole[1:])) == [2, 3]
    assert list(faults([whole[0], whole[2], whole[1]])) == [3, 2]
