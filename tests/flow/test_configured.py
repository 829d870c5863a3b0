"""Approval queues."""

from datetime import timedelta

import pytest

from bot.flow.analyse import analyse
from bot.flow.findings.queues import Queue
from bot.flow.model import Stage
from connectors.records import EventKind as K
from connectors.records import Person, Verdict
from tests.build import GITHUB, JIRA, STREAM, change, issue, pull, records, window


def queue(*parts: object, start: float = 0, end: float = 100, box: timedelta | None = None) -> Queue:
    stages = tuple(Stage(**s.model_dump() | {"time_box": box}) if s.name == "Review" else s for s in STREAM.stages)
    found = analyse(STREAM.model_copy(update={"stages": stages}), records(*parts), window(start, end))  # type: ignore[arg-type]
    return next(q for q in found.queues if q.stage == "Review")


def test_items_that_still_wait_count() -> None:
    """Two were approved after a day; two wait since ten days: the 85th percentile is not one day."""
    items = [issue(f"PAY-{n}", ("In Review", 0), ("Done", 1)) for n in (1, 2)] + [
        issue(f"PAY-{n}", ("In Review", 0)) for n in (3, 4)
    ]
    found = queue(*items, end=10)

    assert (found.n, found.waiting, found.wait.p50, found.wait.p85) == (2, 2, 1.0, None)
    assert found.cost == pytest.approx(22)
    assert [i.item for i in found.items] == ["PAY-3", "PAY-4", "PAY-1", "PAY-2"]


def test_a_wait_that_ended_before_the_window_is_not_in_it() -> None:
    """One that reaches into it is, with its whole length, and costs what lies inside."""
    found = queue(
        issue("PAY-1", ("In Review", 0), ("Done", 5)), issue("PAY-2", ("In Review", 0), ("Done", 15)), start=10, end=20
    )

    assert [(i.item, i.waited) for i in found.items] == [("PAY-2", 15.0)]
    assert found.cost == pytest.approx(5)


def test_a_time_box_counts_its_breaches_open_ones_too() -> None:
    """One day allowed: half a day is fine, two days are not, and neither is waiting still."""
    items = [
        issue("PAY-1", ("In Review", 0), ("Done", 0.5)),
        issue("PAY-2", ("In Review", 0), ("Done", 2)),
        issue("PAY-3", ("In Review", 0)),
    ]
    found = queue(*items, box=timedelta(days=1))

    assert found.time_box is not None
    assert (found.time_box.limit, found.time_box.breaches) == (1.0, 2)
    assert found.time_box.share == pytest.approx(2 / 3)


def test_a_block_does_not_end_the_wait() -> None:
    """It waits for its approval all the same."""
    found = queue(
        issue("PAY-1", ("In Review", 0), ("Done", 9)), change("PAY-1", K.BLOCKED, 2), change("PAY-1", K.UNBLOCKED, 5)
    )

    assert [i.waited for i in found.items] == [9.0]


def test_the_assignee_holds_what_the_tracker_says_waits() -> None:
    """By the name people know."""
    found = queue(
        issue("PAY-1", ("In Review", 0)),
        change("PAY-1", K.ASSIGNED, 0, "u1"),
        change("PAY-1", K.ASSIGNED, 1, "u2"),
        [Person(JIRA, "u2", "Lead")],
    )

    assert found.holders == ("Lead",)


def test_the_reviewers_who_are_asked_hold_a_review() -> None:
    """Not the one who reviewed already, nor the one who was let off."""
    story = pull(
        1,
        (K.OPENED, 1.0),
        (K.REQUESTED, 1.0, "ann", "bob"),
        (K.REQUESTED, 1.0, "ann", "cyd"),
        (K.REQUESTED, 1.0, "ann", "dan"),
        (K.UNREQUESTED, 2.0, "ann", "dan"),
        (K.REVIEWED, 3.0, "bob", Verdict.COMMENT.value),
        names=["PAY-1"],
    )
    verdicts = [pull(n, (K.OPENED, 0.0), (K.REVIEWED, 1.0, "bob", Verdict.CHANGES.value)) for n in (8, 9)]
    found = queue(issue("PAY-1", ("In Progress", 0)), story, *verdicts, [Person(GITHUB, "cyd", "Cyd")])

    assert found.holders == ("Cyd",)


def test_reviews_that_no_stage_claims_are_a_queue_all_the_same() -> None:
    """Hidden inside the stage that the card shows."""
    stages = tuple(
        s.model_copy(update={"states": tuple(x for x in s.states if not x.startswith("github"))}) for s in STREAM.stages
    )
    found = analyse(
        STREAM.model_copy(update={"stages": stages}),
        records(
            issue("PAY-1", ("In Progress", 0), ("Done", 9)), pull(1, (K.OPENED, 1.0), (K.MERGED, 5.0), names=["PAY-1"])
        ),
        window(),
    )

    assert [(q.stage, q.origin, q.wait.mean) for q in found.queues] == [("awaiting review", "change requests", 4.0)]
    assert {s.name: (s.process_time, s.wait_time) for s in found.stages}["Build"] == (5.0, 4.0)


def test_waiting_to_be_merged_neither_ends_nor_lengthens_a_wait_for_approval() -> None:
    """Nor does the moment in which the merge is seen before the card is moved on count as another wait."""
    stages = tuple(
        s.model_copy(update={"states": (*s.states, "github:awaiting merge")}) if s.name == "Review" else s
        for s in STREAM.stages
    )
    story = pull(1, (K.OPENED, 1.0), (K.REVIEWED, 3.0, "bob", Verdict.APPROVED.value), (K.MERGED, 6.0), names=["PAY-1"])
    card = issue("PAY-1", ("In Progress", 0), ("In Review", 1.0), ("Testing", 6.00001), ("Done", 9))
    found = analyse(STREAM.model_copy(update={"stages": stages}), records(card, story), window())

    (only,) = found.queues
    assert (only.n, round(only.wait.mean or 0, 3), round(only.cost, 3)) == (1, 2.0, 2.0)


def test_what_took_less_than_a_minute_was_passed_through() -> None:
    """Dragging a card across the board is no approval; one that waits since a moment is waiting."""
    minute = 1 / 1440
    dragged = issue("PAY-1", ("In Progress", 0), ("In Review", 1), ("Done", 1 + minute / 2))

    assert [q.n for q in analyse(STREAM, records(dragged), window()).queues] == []
    assert queue(issue("PAY-2", ("In Review", 2)), end=2 + minute / 2).waiting == 1


def test_what_was_dropped_while_it_waited_was_not_approved() -> None:
    """It will never be, so half of the three are approved when the second is: after six days."""
    found = queue(
        issue("PAY-1", ("In Review", 0), ("Cancelled", 2)),
        issue("PAY-2", ("In Review", 0), ("Done", 4)),
        issue("PAY-3", ("In Review", 0), ("Done", 6)),
    )

    assert (found.n, found.waiting, found.withdrawn) == (2, 0, 1)
    assert (found.wait.mean, found.wait.p50) == (5.0, 6.0)
    assert found.wait.approved == pytest.approx(2 / 3)


def test_a_state_left_at_once_does_not_split_a_wait() -> None:
    """Review, for no time Build, Review again: one wait of five days."""
    found = queue(issue("PAY-1", ("In Review", 0), ("In Progress", 3), ("In Review", 3), ("Done", 5)))

    assert (found.n, found.wait.mean) == (1, 5.0)


def test_a_block_while_it_waits_to_be_merged_is_no_wait_for_approval() -> None:
    """The card stands in Review from day 1; its pull request waits from 1 to 2, the card alone from 8.5 to 9."""
    found = queue(
        issue("PAY-1", ("In Progress", 0), ("In Review", 1), ("Done", 9)),
        change("PAY-1", K.BLOCKED, 5),
        change("PAY-1", K.UNBLOCKED, 8),
        pull(
            1,
            (K.OPENED, 1.0),
            (K.REVIEWED, 2.0, "bob", Verdict.APPROVED.value),
            (K.MERGED, 8.5),
            names=["PAY-1"],
        ),
    )

    assert found.n == 1
    assert found.cost == pytest.approx(1.5)


def test_reviews_of_two_pull_requests_are_two_waits() -> None:
    """Though the second was opened before the first was merged."""
    found = queue(
        issue("PAY-1", ("In Progress", 0), ("Done", 9)),
        pull(1, (K.OPENED, 1.0), (K.REVIEWED, 2.0, "bob", Verdict.APPROVED.value), (K.MERGED, 4.0), names=["PAY-1"]),
        pull(2, (K.OPENED, 4.0), (K.REVIEWED, 7.0, "bob", Verdict.APPROVED.value), (K.MERGED, 7.0), names=["PAY-1"]),
    )

    assert sorted(i.waited for i in found.items) == [1.0, 3.0]


def test_dropped_from_the_queue_and_taken_up_later_was_not_approved() -> None:
    """Its first wait ended without an answer."""
    found = queue(issue("PAY-1", ("In Review", 0), ("Cancelled", 2), ("In Review", 3), ("Done", 7)))

    assert (found.n, found.withdrawn, found.wait.mean) == (1, 1, 4.0)
