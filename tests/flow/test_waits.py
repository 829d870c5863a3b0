"""How long a queue keeps items, and what time-box it could keep."""

from datetime import timedelta

import pytest

from bot.flow.analyse import analyse
from bot.flow.findings.queues import Queue
from bot.flow.queues.waits import grade_of
from tests.build import STREAM, issue, records, window

LENGTHS = (1.0, 3.0, 2.0, 5.0, 4.0, 6.0, 2.5, 1.5, 3.5, 4.5)


def queue(count: int, *more: object, box: timedelta | None = None, end: float = 100) -> Queue:
    """So many visits, one every two days, whose lengths repeat themselves."""
    items = [issue(f"PAY-{n}", ("In Review", 2.0 * n), ("Done", 2.0 * n + LENGTHS[n * 7 % 10])) for n in range(count)]
    stages = tuple(s.model_copy(update={"time_box": box}) if s.name == "Review" else s for s in STREAM.stages)
    found = analyse(STREAM.model_copy(update={"stages": stages}), records(*items, *more), window(0, end))  # type: ignore[arg-type]
    return next(q for q in found.queues if q.stage == "Review")


def test_the_median_comes_with_an_interval() -> None:
    """And every one is approved in the end."""
    wait = queue(45).wait

    assert wait.low is not None
    assert wait.high is not None
    assert wait.low <= (wait.p50 or 0) <= wait.high
    assert wait.approved == pytest.approx(1.0)


def test_a_queue_that_grows_speaks_of_this_period_only() -> None:
    """Half of what came is still there; where they come and go one by one it is the process."""
    apart = [issue(f"PAY-{n}", ("In Review", 5.0 * n), ("Done", 5.0 * n + LENGTHS[n % 10] / 2)) for n in range(20)]
    stuck = [issue(f"OLD-{n}", ("In Review", 2.0 * n)) for n in range(40)]

    assert queue(0, *apart).wait.holds_for == "the process"
    assert queue(45, *stuck).wait.holds_for == "this period"


def test_below_eight_visits_only_counts_are_told() -> None:
    """No interval below five, no order, no use of the approvers below eight; the rest is what was seen."""
    few = queue(4)

    assert (few.grade, few.n, few.wait.low, few.discipline, few.capacity, few.proposed_box) == ("C", 4, *[None] * 4)
    assert [grade_of(n) for n in (7.9, 8, 19.9, 20)] == ["C", "B", "B", "A"]


def test_a_median_that_is_never_reached_says_so() -> None:
    """All still wait; or all were withdrawn, and so nothing ever is approved."""
    still = queue(0, *(issue(f"PAY-{n}", ("In Review", n)) for n in range(10)), end=20).wait
    gone = queue(0, *(issue(f"PAY-{n}", ("In Review", n), ("Cancelled", n + 3)) for n in range(10))).wait

    assert (still.p50, still.low, still.approved) == (None, None, None)
    assert still.reason == "0% were approved by 20.0 days, the longest wait seen; half never were"
    assert (gone.p50, gone.approved, gone.mean) == (None, 0.0, None)


def test_one_visit_is_a_queue() -> None:
    """A short one."""
    only = queue(1)

    assert (only.wait.p50, only.wait.low, only.grade, only.little.verdict) == (1.0, None, "C", None)
    assert sum(only.causes.model_dump().values()) == pytest.approx(1.0)


def test_a_time_box_tells_the_chance_to_break_it() -> None:
    """Six of ten take longer than two days and a half; those that wait since yesterday say nothing of that."""
    young = [issue(f"NEW-{n}", ("In Review", 99)) for n in range(20)]
    box = queue(40, *young, box=timedelta(days=2.6)).time_box

    assert box is not None
    assert box.low is not None
    assert box.high is not None
    assert box.share == pytest.approx(24 / 60)
    assert box.chance == pytest.approx(0.6, abs=0.05)
    assert box.low < 0.6 < box.high


def test_a_queue_without_a_time_box_is_given_one() -> None:
    """Three of four that ended in the last thirteen weeks kept it; one that has a box is left alone."""
    found = queue(45).proposed_box

    assert found is not None
    assert found.limit == pytest.approx(4.4, abs=0.2)
    assert found.n == 41
    assert found.spread == pytest.approx(6 / 3.25, rel=0.1)
    assert queue(45, box=timedelta(days=1)).proposed_box is None
