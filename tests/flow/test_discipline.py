"""In which order a queue is served, and whether more approvers would help."""

from collections.abc import Sequence

import numpy as np
import polars as pl
import pytest

from bot.flow.clock import DAY, WorkClock, instant
from bot.flow.findings.queues import Capacity
from bot.flow.model import Calendar
from bot.flow.queues.discipline import capacity, discipline, order_words
from tests.build import MONDAY, window

START = instant(MONDAY)
HOUR = 1 / 24
CLOCK = WorkClock(Calendar(), START, START + 200 * DAY)


def visits(rows: Sequence[tuple[float, float]], by: Sequence[str] = ()) -> pl.DataFrame:
    """From day to day, all approved, by the one approver unless said."""
    return pl.DataFrame(
        {
            "case": range(len(rows)),
            "start": [START + round(start * DAY) for start, _ in rows],
            "end": [START + round(end * DAY) for _, end in rows],
            "ended": [True] * len(rows),
            "withdrawn": [False] * len(rows),
            "by": list(by) or ["lead"] * len(rows),
        },
        schema_overrides={
            **dict.fromkeys(("case", "start", "end"), pl.Int64),
            **dict.fromkeys(("ended", "withdrawn"), pl.Boolean),
            "by": pl.String,
        },
    )


def use(rows: Sequence[tuple[float, float]], by: Sequence[str] = (), days: float = 98) -> Capacity:
    told = visits(rows, by)
    found = capacity(told, CLOCK, window(0, days), discipline(told))
    assert found is not None
    return found


def test_a_stack_is_served_newest_first() -> None:
    """Each morning three come, and the youngest is taken; the rest in the end."""
    stack = [(day + n / 100, day + 0.5 if n == 2 else 90 - day + n / 100) for day in range(30) for n in range(3)]
    found = discipline(visits(stack))

    assert found is not None
    assert (found.words, found.index < -0.9, found.p) == ("newest first", True, 0.001)


def test_too_few_choices_tell_no_order() -> None:
    """One after the other there is nothing to choose."""
    assert discipline(visits([(n, n + 0.5) for n in range(50)])) is None
    assert discipline(visits([])) is None


def test_an_order_is_said_only_if_it_is_one() -> None:
    """Notable, and more than chance."""
    words = [order_words(index, p) for index, p in ((0.9, 0.001), (0.3, 0.001), (-0.3, 0.01), (0.9, 0.2), (0.1, 0.001))]
    assert words == ["oldest first", "rather oldest first", "rather newest first", "in no order", "in no order"]


def test_who_answers_once_a_week_is_not_short_of_time() -> None:
    """One item a day; on Thursdays all that wait are approved, ten minutes each."""
    rows = [(week * 7 + day + 10 * HOUR, week * 7 + 10.5 + day / 144) for week in range(12) for day in range(5)]
    found = use(rows)

    assert found.verdict == "attention"
    assert found.utilisation is not None
    assert found.utilisation < 0.05
    assert found.ratio is not None
    assert found.ratio > 20


def test_who_is_never_idle_needs_help() -> None:
    """An approval takes an hour of the working day; nine come every day, and the queue grows and grows."""
    rows = []
    for n in range(8 * 60):
        day, hour = divmod(n, 8)
        arrival = n * 8 // 9
        came, weeks = divmod(arrival, 8)[0], day // 5 * 2
        rows.append((came + came // 5 * 2 + 9 * HOUR, day + weeks + (10 + hour) * HOUR))
    found = use(rows, days=84)

    assert found.verdict == "capacity"
    assert found.service_time == pytest.approx(1 / 8)
    assert found.utilisation is not None
    assert found.utilisation > 0.85


def test_items_that_never_meet_do_not_show_how_long_an_approval_takes() -> None:
    """Each came after the one before was gone."""
    found = use([(n + 9 * HOUR, n + 12 * HOUR) for n in range(50)])

    assert (found.utilisation, found.verdict) == (None, None)
    assert "hardly ever" in found.reason


def test_nothing_approved_has_no_capacity() -> None:
    """Nor has a window without working time."""
    assert capacity(visits([]), CLOCK, window(), None) is None
    assert capacity(visits([(0.1, 0.2)]), CLOCK, window(0, 0.25), None) is None


def test_two_approvers_have_twice_the_time() -> None:
    """The same exits by two people in turn."""
    rows = [(n // 16 * 1.0 + 9 * HOUR, n // 16 + (9 + (n % 16 + 1) / 2) * HOUR) for n in range(400)]
    one, two = use(rows), use(rows, ["ann", "bob"] * 200)

    assert (one.servers, two.servers) == (1.0, 2.0)
    assert one.utilisation == pytest.approx(two.utilisation, rel=0.1)


def test_who_approves_must_be_known() -> None:
    """Without names ten approvals an hour may be the work of one or of ten."""
    rows = [(n // 16 * 1.0 + 9 * HOUR, n // 16 + (9 + (n % 16 + 1) / 2) * HOUR) for n in range(400)]
    nobody = visits(rows).with_columns(by=pl.lit(None, pl.String))
    found = capacity(nobody, CLOCK, window(0, 98), None)

    assert found is not None
    assert (found.verdict, found.reason) == (None, "it is not recorded who approves")


def test_approvals_in_quick_succession_do_not_show_that_anybody_is_full() -> None:
    """Forty a day, all clicked within minutes: the quarter of an hour that each is given is more than it takes."""
    rows = [(n // 40 * 1.0 + 9 * HOUR, n // 40 + (16 + n % 40 / 60) * HOUR) for n in range(40 * 98)]
    found = use(rows)

    assert (found.verdict, found.utilisation) == (None, None)
    assert "too quickly" in found.reason


def test_what_just_takes_its_time_is_not_a_matter_of_capacity() -> None:
    """Everything lies there for a month or so, and the more there are the more leave: nobody is full."""
    random = np.random.default_rng(1)
    came = random.uniform(0, 180, 260)
    found = use([(start, start + wait) for start, wait in zip(came, random.gamma(4, 8, 260), strict=True)], days=180)

    assert found.verdict != "capacity"


@pytest.mark.parametrize(("hours", "told"), [(4, "it waits 3.4 times as long"), (1, "no longer than the use")])
def test_what_is_said_of_a_short_wait_fits_its_ratio(hours: int, told: str) -> None:
    """Two come every morning; some hours later one is approved, and an hour after it the other."""
    days = [week * 7 + day for week in range(12) for day in range(5)]
    came, gone = (9, 9.5), (9 + hours, 10 + hours)
    found = use([(day + a * HOUR, day + b * HOUR) for day in days for a, b in zip(came, gone, strict=True)])

    assert found.verdict is None
    assert found.ratio is not None
    assert (found.ratio > 1.05) == (hours == 4)
    assert told in found.reason
