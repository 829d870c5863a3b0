"""Figures that add up as they are printed."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.report.ladder import Ladder, apportioned, ladder, moved, unit_for
from tests.report.gallery import CASES, case

DAYS = st.floats(0, 400, allow_nan=False)


def figure(told: str) -> Decimal:
    """What is printed, as it is read."""
    number = told.partition("\u00a0")[0].replace(",", "")
    return Decimal(0) if number.startswith("<") else Decimal(number)


def assert_adds_up(found: Ladder) -> None:
    waits = sum((figure(step.waits_told) for step in found.steps), Decimal(0))
    works = sum((figure(step.works_told) for step in found.steps), Decimal(0))
    assert (waits, works) == (figure(found.whole.waits_told), figure(found.whole.works_told))
    assert waits + works == figure(found.whole.total)


@given(st.lists(st.tuples(DAYS, DAYS), min_size=1, max_size=25))
def test_printed_steps_add_up_and_none_is_off_by_more_than_a_digit(times: list[tuple[float, float]]) -> None:
    """Waits to their sum, works to theirs, both to the mean lead time."""
    found = ladder(times)
    step = Decimal(str(found.unit.least))

    assert_adds_up(found)
    for (waits, works), told in zip(times, found.steps, strict=True):
        for days, said in ((waits, told.waits_told), (works, told.works_told)):
            assert abs(Decimal(days * found.unit.per_day) - figure(said)) <= step * Decimal("1.0001")


@given(st.lists(st.tuples(DAYS, DAYS, st.floats(0, 1), st.booleans()), min_size=1, max_size=25))
def test_differences_add_up_and_what_did_not_change_is_told_as_before(
    times: list[tuple[float, float, float, bool]],
) -> None:
    """Of the waits of some stages a part is left; nothing is told to be less than nothing."""
    now = ladder([(waits, works) for waits, works, _, _ in times])
    then = moved(now, [(waits * part if cut else waits, works) for waits, works, part, cut in times])
    change = (then.whole.waits or 0) - (now.whole.waits or 0)

    assert_adds_up(then)
    assert then.whole.ticks - now.whole.ticks == now.unit.ticks(change)
    for (*_, cut), a, b in zip(times, now.steps, then.steps, strict=True):
        assert cut or a == b
        assert min(b.waits_ticks, b.works_ticks) >= 0


@pytest.mark.parametrize("name", [name for name in CASES if name not in ("empty", "nothing delivered", "25 stages")])
def test_the_ladder_of_a_stream_comes_to_its_mean_lead_time(name: str) -> None:
    """To the last digit that is printed, times that no stage claims among them."""
    document, _ = case(name)
    found = ladder([(part.wait_time, part.process_time) for part in document.stages])
    exact = (document.lead_time.mean or 0) * found.unit.per_day

    assert_adds_up(found)
    assert float(figure(found.whole.total)) == pytest.approx(exact, abs=found.unit.least / 2 + 1e-9)


def test_a_step_that_is_too_short_to_be_told_is_not_nothing() -> None:
    """Five minutes of thirty days."""
    short, long = ladder([(5 / 1440, 0.0), (30.0, 0.0)]).steps

    assert (short.waits_told, short.works_told, long.waits_told) == ("<0.1\u00a0d", "0", "30.0\u00a0d")


@pytest.mark.parametrize(("days", "unit"), [(150, "d"), (2, "d"), (0.5, "h"), (0.02, "min")])
def test_one_unit_for_the_whole_map(days: float, unit: str) -> None:
    """By how long the whole takes."""
    assert unit_for(days).name == unit
    assert all(step.waits_told.endswith(unit) for step in ladder([(days / 2, None), (days / 2, None)]).steps)


def test_what_is_missing_goes_to_the_largest_remainder() -> None:
    """And the parts of a step add up to it, too."""
    assert apportioned([0.6, 0.3, 0.1], 1) == [1, 0, 0]
    assert apportioned([0.34, 0.33, 0.33], 1) == [1, 0, 0]
    assert ladder([(1.0, 2.0), (0.55, 0.45)]).split(-1, [0.25, 0.75]) == ["0.3\u00a0d", "0.7\u00a0d"]
