"""Little's law, as an identity of the code and as a check of the data."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.flow.analyse import analyse
from bot.flow.clock import DAY, instant
from bot.flow.findings.queues import Little
from bot.flow.queues.little import LOST, little, path_presence
from tests.build import MONDAY, STREAM, issue, records, window

START = instant(MONDAY)
NAMES = [f"PAY-{n}" for n in range(500)]


def balance(*visits: tuple[float, float | None], end: float = 100) -> Little:
    """Visits from day to day, None for those that still wait."""
    rows = [(n, s, end if e is None else e, e is not None) for n, (s, e) in enumerate(visits) if s < end]
    schema = {"case": pl.Int64, "start": pl.Float64, "end": pl.Float64, "ended": pl.Boolean}
    frame = pl.DataFrame(rows, schema, orient="row").with_columns((pl.col("start", "end") * DAY + START).cast(pl.Int64))
    inside = frame.filter(pl.col("end") > START).with_columns(waited=pl.col("end") - pl.col("start"))
    return little(inside, window(0, end), NAMES)


@given(st.lists(st.tuples(st.integers(-50, 150), st.integers(0, 90)), max_size=40))
def test_the_path_and_the_visits_tell_the_same_presence(visits: list[tuple[int, int]]) -> None:
    """Two computations of one integral, to the microsecond: nothing is lost between arrivals and exits."""
    starts = np.array([s for s, _ in visits], np.int64)
    ends = starts + np.array([d for _, d in visits], np.int64)

    assert path_presence(starts, ends, 0, 100) == (ends.clip(0, 100) - starts.clip(0, 100)).sum()


@given(st.lists(st.tuples(st.integers(-50, 99), st.one_of(st.none(), st.integers(1, 90))), max_size=40))
def test_what_came_and_did_not_leave_is_there(visits: list[tuple[int, int | None]]) -> None:
    """At the start, and came, and left, and at the end: they balance whatever happened."""
    found = balance(*((s, None if d is None or s + d >= 100 else s + d) for s, d in visits))

    assert found.at_start + found.arrivals - found.exits == found.at_end
    assert found.mean_waiting >= 0


def test_a_queue_in_which_as_many_leave_as_come_is_stable() -> None:
    """One a day, each for three days: three wait at a time."""
    found = balance(*((n, n + 3 if n < 97 else None) for n in range(-10, 100)))

    assert found.verdict == "stable"
    assert found.mean_waiting == pytest.approx(3.0)
    assert found.coherence == pytest.approx(1.0, abs=0.05)


def test_a_queue_in_which_more_come_than_leave_grows() -> None:
    """Two a day come, one a day leaves; afterwards it shrinks."""
    growing = balance(*((n / 2, n * 1.0 if n < 100 else None) for n in range(200)))
    shrinking = balance(
        *((-50 + n / 2, n * 1.0) for n in range(1, 100)), (99.5, None), *((n, n + 0.1) for n in range(90))
    )

    assert (growing.verdict, shrinking.verdict) == ("growing", "shrinking")


def test_items_that_wait_for_ever_are_named() -> None:
    """Of two hundred that waited for a day four never left: their exits are not recorded."""
    visits = [(n / 2, n / 2 + 1 if n % 50 else None) for n in range(195)]
    found = balance(*visits)

    assert found.verdict == "lost exits"
    assert found.lost == ("PAY-0", "PAY-50", "PAY-100", "PAY-150")


def test_a_young_queue_says_nothing() -> None:
    """Fewer than eight exits are no balance; nor is nothing at all."""
    assert (balance((0, 1), (1, None)).verdict, balance().coherence, balance((0, None)).drift) == (None, None, 1.0)


def test_lost_exits_are_a_doubt() -> None:
    """It says which items, and where."""
    items = [issue(f"PAY-{n}", ("In Review", n / 2), *([("Done", n / 2 + 1)] if n % 50 else [])) for n in range(1, 196)]
    found = [d for d in analyse(STREAM, records(*items), window(0, 100)).doubts if d.kind == LOST]

    assert [d.items for d in found] == [("PAY-50", "PAY-100", "PAY-150")]
    assert "Review" in found[0].detail
