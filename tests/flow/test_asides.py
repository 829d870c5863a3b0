"""Returns that no move of a card tells: review rounds, reverts, and defects that escaped."""

import pytest

from bot.flow.analyse import analyse
from connectors.records import EventKind as K
from connectors.records import Link, Verdict
from tests.build import GITHUB, JIRA, STREAM, issue, pull, records, window
from tests.flow.test_returns import loops

CHANGES, APPROVED = Verdict.CHANGES.value, Verdict.APPROVED.value


CULTURE = [
    pull(
        90 + n, (K.OPENED, 0.0), (K.REVIEWED, 1.0, "bob", CHANGES), (K.PUSHED, 2.0), (K.REVIEWED, 3.0, "bob", APPROVED)
    )
    for n in range(3)
]
"""Others in the repository say "changes requested" when they mean it."""


def test_a_review_round_is_counted_once() -> None:
    """It moves the item from Review to Build and back, and is no second loop."""
    story = pull(
        1,
        (K.OPENED, 1.0),
        (K.REVIEWED, 2.0, "bob", CHANGES),
        (K.PUSHED, 4.0),
        (K.REVIEWED, 5.0, "bob", APPROVED),
        (K.MERGED, 6.0),
        names=["PAY-1"],
    )

    assert loops(analyse(STREAM, records(issue("PAY-1", ("In Progress", 0), ("Done", 9)), story), window())) == [
        ("awaiting review", "changes requested", "review round", 1, 3.0)
    ]


def test_a_round_belongs_to_its_pull_request() -> None:
    """While another one is shown, the time is not spent on answering the reviewer."""
    refused = pull(1, (K.OPENED, 1.0), (K.REVIEWED, 2.0, "bob", CHANGES), (K.MERGED, 8.0), names=["PAY-1"])
    later = pull(2, (K.OPENED, 4.0), (K.REVIEWED, 8.5, "bob", APPROVED), (K.MERGED, 9.0), names=["PAY-1"])
    story = issue("PAY-1", ("In Progress", 0), ("Done", 10))

    assert loops(analyse(STREAM, records(story, refused, later), window())) == [
        ("awaiting review", "changes requested", "review round", 1, 2.0)
    ]


def test_a_refusal_after_failed_checks_is_a_round() -> None:
    """The reviewer had it all the same."""
    story = pull(
        1,
        (K.OPENED, 1.0),
        (K.CHECKED, 1.5, "ci[bot]", "fail"),
        (K.REVIEWED, 2.0, "bob", CHANGES),
        (K.PUSHED, 3.0),
        (K.CHECKED, 3.0, "ci[bot]", "ok"),
        (K.REVIEWED, 4.0, "bob", APPROVED),
        (K.MERGED, 5.0),
        names=["PAY-1"],
    )

    assert loops(analyse(STREAM, records(issue("PAY-1", ("In Progress", 0), ("Done", 9)), story), window())) == [
        ("awaiting review", "changes requested", "review round", 1, 2.0)
    ]


def test_a_return_while_a_round_is_open_is_counted_too() -> None:
    """Testing sends the card back while the pull request is with its author."""
    story = issue("PAY-1", ("In Progress", 0), ("Testing", 0.5), ("In Progress", 4), ("Ready", 6), ("Done", 9))
    refused = pull(
        1,
        (K.OPENED, 1.0),
        (K.REVIEWED, 2.0, "bob", CHANGES),
        (K.PUSHED, 3.0),
        (K.REVIEWED, 8.0, "bob", APPROVED),
        (K.MERGED, 8.0),
        names=["PAY-1"],
    )
    found = analyse(STREAM, records(story, refused, *CULTURE), window())

    assert sorted(loops(found)) == [
        ("Test", "Build", "rework", 1, 2.0),
        ("awaiting review", "changes requested", "review round", 1, 4.0),
    ]
    assert {s.name: s.complete_and_accurate for s in found.stages}["Build"] == 0.0


def test_a_reopening_while_changes_are_requested_is_one() -> None:
    """Moving the card back to work along with the round would be none."""
    story = issue("PAY-1", ("In Progress", 0), ("Done", 5), ("In Progress", 8), ("Done", 15))
    refused = pull(
        1,
        (K.OPENED, 1.0),
        (K.REVIEWED, 4.0, "bob", CHANGES),
        (K.PUSHED, 12.0),
        (K.REVIEWED, 13.0, "bob", APPROVED),
        (K.MERGED, 14.0),
        names=["PAY-1"],
    )

    assert sorted(loops(analyse(STREAM, records(story, refused, *CULTURE), window()))) == [
        ("Done", "Build", "reopen", 1, 7.0),
        ("awaiting review", "changes requested", "review round", 1, 1.0),
    ]


def test_a_dismissed_approval_is_a_round() -> None:
    """Asking again after an approval is none."""
    story = pull(
        1,
        (K.OPENED, 1.0),
        (K.REVIEWED, 2.0, "bob", APPROVED),
        (K.DISMISSED, 3.0, "ann", "bob"),
        (K.REVIEWED, 5.0, "bob", APPROVED),
        (K.MERGED, 6.0),
        names=["PAY-1"],
    )
    found = analyse(STREAM, records(issue("PAY-1", ("In Progress", 0), ("Done", 9)), story), window())

    assert loops(found) == [("awaiting merge", "awaiting review", "review round", 1, 2.0)]


def test_a_hidden_round_is_counted() -> None:
    """Another pull request, which was merged later, is shown all the time."""
    hidden = pull(
        1,
        (K.OPENED, 2.0),
        (K.REVIEWED, 3.0, "bob", CHANGES),
        (K.REVIEWED, 5.0, "bob", APPROVED),
        (K.MERGED, 6.0),
        names=["PAY-1"],
    )
    shown = pull(2, (K.OPENED, 1.0), (K.REVIEWED, 7.0, "bob", APPROVED), (K.MERGED, 8.0), names=["PAY-1"])
    found = analyse(STREAM, records(issue("PAY-1", ("In Progress", 0), ("Done", 9)), hidden, shown, *CULTURE), window())

    assert loops(found) == [("awaiting review", "changes requested", "review round", 1, 0.0)]


@pytest.mark.parametrize("names", ["acme/pay#1", "abcdef1234"])
def test_a_revert_is_rework_until_something_lands_again(names: str) -> None:
    """By the name of what it takes back, or by its commit."""
    first = pull(1, (K.OPENED, 1.0), (K.MERGED, 2.0, "ann", "abcdef1234567"), names=["PAY-1"])
    revert = pull(2, (K.OPENED, 2.5), (K.MERGED, 3.0), names=["PAY-1"])
    again = pull(3, (K.OPENED, 4.0), (K.MERGED, 6.0), names=["PAY-1"])
    story = issue("PAY-1", ("In Progress", 0), ("Done", 9))
    found = analyse(
        STREAM, records(story, first, revert, again, [Link(GITHUB, "PR2", names, "reverts", "body")]), window()
    )

    assert loops(found) == [("merged", "Build", "revert", 1, 3.0)]


@pytest.mark.parametrize(("born", "item_type", "cost"), [(10, "Bug", 5.0), (60, "Bug", 0.0), (10, "Story", 0.0)])
def test_a_defect_that_escaped_is_failure_demand(born: int, item_type: str, cost: float) -> None:
    """All its life, if it was born soon enough after what caused it was delivered."""
    cause = issue("PAY-1", ("In Progress", 0), ("Done", 5))
    defect = issue("PAY-2", ("Open", born), ("In Progress", born + 2), ("Done", born + 5), item_type=item_type)
    found = analyse(STREAM, records(cause, defect, [Link(JIRA, "pay-2", "PAY-1", "causes", "api")]), window())

    assert sum(loop.cost for loop in found.loops) == pytest.approx(cost)
    assert all(loop.kind == "escaped defect" for loop in found.loops)
