"""Whose turn a change request is."""

import polars as pl
import pytest

from bot.flow.clock import instant
from bot.flow.history.log import read_log
from bot.flow.timeline.courts import read_courts
from connectors.records import EventKind as K
from connectors.records import Record, Verdict
from tests.build import at, pull, records

APPROVED, CHANGES, COMMENT = Verdict.APPROVED.value, Verdict.CHANGES.value, Verdict.COMMENT.value
OPENED, MERGED = (K.OPENED, 0.0), (K.MERGED, 9.0)

VERDICT_CULTURE = [
    pull(
        100 + n, OPENED, (K.REVIEWED, 1.0, "bob", CHANGES), (K.PUSHED, 2.0), (K.REVIEWED, 3.0, "bob", APPROVED), MERGED
    )
    for n in range(5)
]
"""Others in the repository say "changes requested" when they mean it, and one approval is enough."""

COMMENT_CULTURE = [
    pull(100 + n, OPENED, (K.REVIEWED, 1.0, "bob", COMMENT), (K.REVIEWED, 3.0, "bob", APPROVED), MERGED)
    for n in range(5)
]
"""Others only ever comment before they approve."""


def turns(story: list[Record], others: list[list[Record]]) -> list[tuple[float, str]]:
    """(day, court) of the first pull request."""
    found = records(story, *others)
    log = read_log(found, instant(at(50)))
    courts = read_courts(log.events, dict.fromkeys(range(len(log.items)), "github acme/pay"))
    rows = courts.filter(pl.col("item") == 0).select("at", "court").iter_rows()
    return [((when - instant(at(0))) / 86_400_000_000, court) for when, court in rows]


@pytest.mark.parametrize(
    ("rule", "story", "expected"),
    [
        (
            "it waits for a review, then for whoever merges",
            [OPENED, (K.REVIEWED, 2.0, "bob", APPROVED), MERGED],
            [(0, "awaiting review"), (2, "awaiting merge"), (9, "merged")],
        ),
        (
            "the reviewer's clock starts when a draft is ready",
            [OPENED, (K.DRAFTED, 0.0), (K.REQUESTED, 1.0, "ann", "bob"), (K.READY, 3.0)],
            [(0, "draft"), (3, "awaiting review")],
        ),
        (
            "a review given to a draft does not move the turn",
            [OPENED, (K.DRAFTED, 0.0), (K.REVIEWED, 1.0, "bob", CHANGES), (K.READY, 3.0)],
            [(0, "draft"), (3, "awaiting review")],
        ),
        (
            "back to draft is the author's turn",
            [OPENED, (K.DRAFTED, 2.0), (K.READY, 3.0)],
            [(0, "awaiting review"), (2, "draft"), (3, "awaiting review")],
        ),
        (
            "a push answers requested changes",
            [OPENED, (K.REVIEWED, 1.0, "bob", CHANGES), (K.PUSHED, 2.0)],
            [(0, "awaiting review"), (1, "changes requested"), (2, "awaiting review")],
        ),
        (
            "where people ask again, a push alone does not",
            [OPENED, (K.REVIEWED, 1.0, "bob", CHANGES), (K.PUSHED, 2.0), (K.REQUESTED, 4.0, "ann", "bob")],
            [(0, "awaiting review"), (1, "changes requested"), (4, "awaiting review")],
        ),
        (
            "it does for a reviewer who is not asked again, though another is",
            [
                OPENED,
                (K.REVIEWED, 1.0, "bob", CHANGES),
                (K.PUSHED, 2.0),
                (K.REVIEWED, 3.0, "cyd", CHANGES),
                (K.PUSHED, 4.0),
                (K.REQUESTED, 5.0, "ann", "cyd"),
            ],
            [
                (0, "awaiting review"),
                (1, "changes requested"),
                (2, "awaiting review"),
                (3, "changes requested"),
                (5, "awaiting review"),
            ],
        ),
        (
            "what was asked of an approver again can be taken back",
            [
                OPENED,
                (K.REVIEWED, 1.0, "bob", APPROVED),
                (K.REQUESTED, 2.0, "ann", "bob"),
                (K.UNREQUESTED, 3.0, "ann", "bob"),
            ],
            [(0, "awaiting review"), (1, "awaiting merge"), (2, "awaiting review"), (3, "awaiting merge")],
        ),
        (
            "and is void once his approval is",
            [
                OPENED,
                (K.REVIEWED, 1.0, "bob", APPROVED),
                (K.REQUESTED, 2.0, "ann", "bob"),
                (K.DISMISSED, 3.0, "ann", "bob"),
                (K.REVIEWED, 4.0, "cyd", APPROVED),
            ],
            [(0, "awaiting review"), (1, "awaiting merge"), (2, "awaiting review"), (4, "awaiting merge")],
        ),
        (
            "a bot's push answers nobody",
            [OPENED, (K.REVIEWED, 1.0, "bob", CHANGES), (K.PUSHED, 2.0, "ci[bot]")],
            [(0, "awaiting review"), (1, "changes requested")],
        ),
        (
            "reopened in the instant it was closed, it is open",
            [OPENED, (K.REOPENED, 2.0), (K.CLOSED, 2.0)],
            [(0, "awaiting review")],
        ),
        (
            "the author's own reviews are not heard",
            [OPENED, (K.REVIEWED, 1.0, "ann", APPROVED)],
            [(0, "awaiting review")],
        ),
        (
            "a bot's reviews are not heard",
            [OPENED, (K.REVIEWED, 1.0, "ai[bot]", APPROVED), (K.REVIEWED, 2.0, "ai[bot]", CHANGES)],
            [(0, "awaiting review")],
        ),
        (
            "a comment leaves the turn with the reviewer",
            [OPENED, (K.REVIEWED, 1.0, "bob", COMMENT), (K.PUSHED, 2.0)],
            [(0, "awaiting review")],
        ),
        (
            "a dismissed approval is lost",
            [OPENED, (K.REVIEWED, 1.0, "bob", APPROVED), (K.DISMISSED, 2.0, "ann", "bob")],
            [(0, "awaiting review"), (1, "awaiting merge"), (2, "awaiting review")],
        ),
        (
            "even where another approval would do",
            [
                OPENED,
                (K.REVIEWED, 1.0, "bob", APPROVED),
                (K.REVIEWED, 2.0, "cyd", APPROVED),
                (K.REQUESTED, 3.0, "ann", "bob"),
            ],
            [(0, "awaiting review"), (1, "awaiting merge"), (3, "awaiting review")],
        ),
        (
            "asking an approver again reopens the wait",
            [OPENED, (K.REVIEWED, 1.0, "bob", APPROVED), (K.REQUESTED, 2.0, "ann", "bob")],
            [(0, "awaiting review"), (1, "awaiting merge"), (2, "awaiting review")],
        ),
        (
            "checks hide behind the review, and show after it",
            [
                OPENED,
                (K.CHECKED, 0.5, "ci[bot]", "pending"),
                (K.REVIEWED, 1.0, "bob", APPROVED),
                (K.CHECKED, 1.5, "ci[bot]", "ok"),
            ],
            [(0, "awaiting review"), (1, "awaiting checks"), (1.5, "awaiting merge")],
        ),
        (
            "failed checks are the author's turn",
            [OPENED, (K.CHECKED, 1.0, "ci[bot]", "fail"), (K.CHECKED, 2.0, "ci[bot]", "ok")],
            [(0, "awaiting review"), (1, "checks failed"), (2, "awaiting review")],
        ),
        (
            "the merge queue, and being thrown out of it",
            [OPENED, (K.REVIEWED, 1.0, "bob", APPROVED), (K.QUEUED, 2.0), (K.UNQUEUED, 3.0), MERGED],
            [
                (0, "awaiting review"),
                (1, "awaiting merge"),
                (2, "in merge queue"),
                (3, "awaiting merge"),
                (9, "merged"),
            ],
        ),
        (
            "closed without a merge, and opened again",
            [OPENED, (K.CLOSED, 1.0), (K.REOPENED, 2.0)],
            [(0, "awaiting review"), (1, "closed"), (2, "awaiting review")],
        ),
        (
            "merging closes too, and stays merged",
            [OPENED, (K.MERGED, 1.0), (K.CLOSED, 1.0)],
            [(0, "awaiting review"), (1, "merged")],
        ),
        (
            "a force-push takes no approval away",
            [OPENED, (K.REVIEWED, 1.0, "bob", APPROVED), (K.FORCE_PUSHED, 2.0)],
            [(0, "awaiting review"), (1, "awaiting merge")],
        ),
        (
            "one who refuses outweighs one who approves",
            [OPENED, (K.REVIEWED, 1.0, "cyd", CHANGES), (K.REVIEWED, 2.0, "bob", APPROVED)],
            [(0, "awaiting review"), (1, "changes requested")],
        ),
        (
            "the refuser may change his mind",
            [OPENED, (K.REVIEWED, 1.0, "bob", CHANGES), (K.REVIEWED, 2.0, "bob", APPROVED)],
            [(0, "awaiting review"), (1, "changes requested"), (2, "awaiting merge")],
        ),
    ],
)
def test_turns(rule: str, story: list[tuple[K, float]], expected: list[tuple[float, str]]) -> None:
    assert turns(pull(1, *story), VERDICT_CULTURE) == expected, rule


@pytest.mark.parametrize(
    ("rule", "story", "expected"),
    [
        (
            "a comment followed by a push asked for changes",
            [OPENED, (K.REVIEWED, 1.0, "bob", COMMENT), (K.PUSHED, 2.0), MERGED],
            [(0, "awaiting review"), (1, "changes requested"), (2, "awaiting review"), (9, "merged")],
        ),
        (
            "a comment followed by another review did not",
            [OPENED, (K.REVIEWED, 1.0, "bob", COMMENT), (K.REVIEWED, 1.5, "cyd", COMMENT), (K.PUSHED, 2.0)],
            [(0, "awaiting review"), (1.5, "changes requested"), (2, "awaiting review")],
        ),
        (
            "a comment that nobody answered is the author's turn",
            [OPENED, (K.REVIEWED, 1.0, "bob", COMMENT)],
            [(0, "awaiting review"), (1, "changes requested")],
        ),
        (
            "a comment before the merge asked for nothing",
            [OPENED, (K.REVIEWED, 1.0, "bob", COMMENT), (K.REVIEWED, 2.0, "bob", APPROVED), MERGED],
            [(0, "awaiting review"), (2, "awaiting merge"), (9, "merged")],
        ),
    ],
)
def test_turns_where_only_comments_are_given(
    rule: str, story: list[tuple[K, float]], expected: list[tuple[float, str]]
) -> None:
    assert turns(pull(1, *story), COMMENT_CULTURE) == expected, rule


def test_a_repository_that_never_approves_waits_for_review_until_the_merge() -> None:
    """Nobody can tell when such a change request is approved."""
    others = [pull(100 + n, OPENED, MERGED) for n in range(3)]

    assert turns(pull(1, OPENED, MERGED), others) == [(0, "awaiting review"), (9, "merged")]


def test_two_approvals_where_the_repository_takes_two() -> None:
    """The need is read from what was enough before."""
    others = [
        pull(100 + n, OPENED, (K.REVIEWED, 1.0, "bob", APPROVED), (K.REVIEWED, 2.0, "cyd", APPROVED), MERGED)
        for n in range(20)
    ]
    story = pull(1, OPENED, (K.REVIEWED, 1.0, "bob", APPROVED), (K.REVIEWED, 4.0, "cyd", APPROVED))

    assert turns(story, others) == [(0, "awaiting review"), (4, "awaiting merge")]


def test_stories_differ_by_whether_it_is_the_same_reviewer_and_not_by_who_it_is() -> None:
    """Beside many others of the same events, only he who approved reopens the wait when he is asked again."""

    def story(number: int, reviewer: str, asked: str) -> list[Record]:
        return pull(number, OPENED, (K.REVIEWED, 1.0, reviewer, APPROVED), (K.REQUESTED, 2.0, "ann", asked))

    others = [*VERDICT_CULTURE, *(story(200 + n, *who) for n, who in enumerate([("bob", "cyd"), ("cyd", "cyd")]))]
    again = [(0, "awaiting review"), (1, "awaiting merge"), (2, "awaiting review")]

    assert turns(story(1, "bob", "bob"), others) == turns(story(1, "dan", "dan"), others) == again
    assert turns(story(1, "cyd", "bob"), others) == again[:2]
