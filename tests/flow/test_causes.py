"""What a wait for approval is spent on."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.flow.findings.queues import Causes, Queue
from bot.flow.findings.stations import Cadence
from bot.flow.queues.configured import Surroundings, queues
from bot.flow.reconstruct import reconstruct
from connectors.records import EventKind as K
from connectors.records import Record, Verdict
from tests.build import STREAM, change, issue, pull, records, window

HOUR = 1 / 24
THURSDAYS = Cadence(every_weeks=1, weekdays=("thu",), hour=14, share=1.0)


def queue(*parts: list[Record], cadence: Cadence | None = None, start: float = 0, end: float = 100) -> Queue:
    done = reconstruct(STREAM, records(*parts), window(start, end))
    cadences = {"Review": cadence} if cadence else {}
    around = Surroundings(done.stream, done.timeline, done.log, done.holders, done.clock, done.window, cadences)
    return next(q for q in queues(around, 1.0) if q.stage == "Review")


def causes(*parts: list[Record], cadence: Cadence | None = None, end: float = 100) -> Causes:
    return queue(*parts, cadence=cadence, end=end).causes


def waited(name: str, start: float, end: float) -> list[Record]:
    return issue(name, ("In Review", start), ("Done", end))


moves = st.tuples(st.integers(0, 400), st.integers(1, 300), st.sampled_from(["Done", "Cancelled", "In Progress", None]))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(moves, min_size=1, max_size=12),
    st.lists(st.integers(0, 1400), max_size=6),
    st.sampled_from([None, THURSDAYS]),
    st.integers(0, 30),
)
def test_the_causes_sum_to_the_wait(
    visits: list[tuple[int, int, str | None]], traces: list[int], cadence: Cadence | None, start: int
) -> None:
    """Whoever came when, whatever the approver did besides, and wherever the window begins."""
    items = [
        issue(f"PAY-{n}", ("In Review", s / 10), *([(state, (s + d) / 10)] if state else []))
        for n, (s, d, state) in enumerate(visits)
    ]
    other = [issue("PAY-99", ("In Progress", 0)), *(change("PAY-99", K.EDITED, at / 10) for at in traces)]
    late = issue("PAY-98", ("In Review", 40), ("Done", 45))
    found = queue(*items, *other, late, cadence=cadence, start=start)

    assert sum(found.causes.model_dump().values()) == pytest.approx(found.cost, abs=1e-9)
    assert min(found.causes.model_dump().values()) >= 0


def test_the_wait_for_an_appointment_is_batching() -> None:
    """From Monday to Thursday, 14:00; what was passed over there waited its second week for another reason."""
    on_time, passed_over = waited("PAY-1", 0.5, 3 + 14 * HOUR), waited("PAY-2", 0.5, 10 + 14 * HOUR)
    found = causes(on_time, passed_over, cadence=THURSDAYS)

    assert found.batching == pytest.approx(2 * (2.5 + 14 * HOUR))
    assert found.contention == 0


def test_the_end_of_a_month_is_its_last_three_working_days() -> None:
    """Passed over on Friday, February 27th, and let go on March 31st: batching until the first of them."""
    month_end = Cadence(every_weeks=4, weekdays=(), hour=None, share=1.0)
    other, passed_over = waited("PAY-1", 53 + 8 * HOUR, 53 + 10 * HOUR), waited("PAY-2", 40, 85 + 10 * HOUR)
    found = causes(other, passed_over, cadence=month_end)

    assert found.batching == pytest.approx((53 + 10 * HOUR - 40) + 2 * HOUR)


def test_the_wait_for_the_last_of_a_batch_is_batching() -> None:
    """Two left together and nothing stayed behind: the first waited two days for the second to come."""
    found = causes(waited("PAY-1", 0.5, 4.5), waited("PAY-2", 2.5, 4.5 + HOUR))

    assert found.batching == pytest.approx(2.0)


def test_what_leaves_others_behind_is_no_batch() -> None:
    """A third one stays."""
    assert causes(waited("PAY-1", 0.5, 4.5), waited("PAY-2", 2.5, 4.5 + HOUR), waited("PAY-3", 1, 9)).batching == 0


def test_those_before_it_are_contention_and_those_after_it_prioritisation() -> None:
    """A quarter of an hour each: the second sees the first leave and the third, which sees the first leave.

    Besides, the approver puts them there himself: 0.02 days of the first, 0.01 of the second.
    """
    items = [waited("PAY-1", 0.40, 1.5), waited("PAY-2", 0.41, 3.5), waited("PAY-3", 0.42, 2.5)]
    found = causes(*items)

    assert found.contention == pytest.approx(2 * 0.25 * HOUR + 0.03)
    assert found.prioritisation == pytest.approx(0.25 * HOUR)


def test_nights_and_weekends_are_nobodys_time() -> None:
    """From Friday noon to Monday noon: eight hours of work, and all the rest is off."""
    found = causes(waited("PAY-1", 4.5, 7.5))

    assert found.unavailability == pytest.approx(3 - 8 * HOUR)
    assert found.extraneous == pytest.approx(8 * HOUR)


def test_what_the_approver_does_elsewhere_is_contention() -> None:
    """On Tuesday from ten to twelve at another item, with a quarter of an hour before the first trace."""
    other = [issue("PAY-9", ("In Progress", 0.1)), *(change("PAY-9", K.EDITED, 1 + h * HOUR) for h in (10, 11, 12))]
    found = causes(waited("PAY-1", 0.5, 2.5), *other)

    assert found.contention == pytest.approx(2.25 * HOUR)


def test_an_approver_who_is_there_every_day_and_then_a_week_not_was_away() -> None:
    """But for the quarter of an hour in which it was answered at last."""
    days = [*range(2), *range(8, 12), *range(14, 19)]
    other = [issue("PAY-9", ("In Progress", 0.1)), *(change("PAY-9", K.EDITED, d + 0.5) for d in days)]
    with_traces = causes(waited("PAY-1", 1.6, 8.4), *other, end=20)
    without = causes(waited("PAY-1", 1.6, 8.4), end=20)

    assert with_traces.unavailability == pytest.approx(6.8 - 0.25 * HOUR)
    assert without.unavailability < 6


def test_an_open_wait_is_split_like_the_others() -> None:
    """Nobody has looked at it yet."""
    found = causes(issue("PAY-1", ("In Review", 0.5)), end=2.5)

    assert sum(found.model_dump().values()) == pytest.approx(2.0)
    assert found.extraneous == pytest.approx(16 * HOUR)


def test_a_wait_with_a_hole_counts_without_it() -> None:
    """Two days until approved, three until merged, and again one: the three are none of the approver's."""
    story = pull(
        1,
        (K.OPENED, 1.0),
        (K.REVIEWED, 3.0, "bob", Verdict.APPROVED.value),
        (K.DISMISSED, 6.0, "bob", "bob"),
        (K.REVIEWED, 7.0, "bob", Verdict.APPROVED.value),
        (K.MERGED, 7.0, "bob"),
        names=["PAY-1"],
    )
    found = queue(issue("PAY-1", ("In Progress", 0), ("Done", 9)), story)

    assert sum(found.causes.model_dump().values()) == pytest.approx(found.cost)


def test_an_account_that_many_share_says_nothing_of_one_approver() -> None:
    """Thirty items are moved by it every day: that it is busy elsewhere does not hold up this one."""
    crowd = [
        issue(f"ALL-{n}", ("Open", 0.1), *((("In Progress", "Open")[d % 2], d + 0.4) for d in range(9)))
        for n in range(30)
    ]
    found = causes(*crowd, waited("PAY-1", 0.6, 8.5))

    assert found.contention == 0
