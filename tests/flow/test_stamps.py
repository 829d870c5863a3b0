"""Whether an approval ever changes anything."""

import pytest

from bot.flow.analyse import analyse
from bot.flow.findings.queues import Queue, Stamp
from bot.flow.model import Stage, StageKind
from connectors.records import EventKind as K
from connectors.records import Record, Verdict
from tests.build import STREAM, issue, pull, records, window


def queue(*parts: list[Record], necessary: str | None = None) -> Queue:
    stages = tuple(s.model_copy(update={"necessary": necessary}) if s.name == "Review" else s for s in STREAM.stages)
    found = analyse(STREAM.model_copy(update={"stages": stages}), records(*parts), window())
    return next(q for q in found.queues if q.stage == "Review")


def stamp(*parts: list[Record], necessary: str | None = None) -> Stamp:
    found = queue(*parts, necessary=necessary).stamp
    assert found is not None
    return found


def approved(count: int, first: int = 0) -> list[list[Record]]:
    return [
        issue(f"PAY-{n}", ("In Progress", n), ("In Review", n + 0.1), ("Testing", n + 0.5), ("Done", n + 0.6))
        for n in range(first, first + count)
    ]


def sent_back(number: int) -> list[Record]:
    return issue(f"PAY-{number}", ("In Review", number), ("In Progress", number + 0.5))


def test_an_approval_that_never_changed_anything_is_a_rubber_stamp() -> None:
    """From 59 verdicts on; a single change among so few, or one verdict fewer, and it cannot be told."""
    assert queue(*approved(59)).rubber_stamp is True
    assert queue(*approved(58)).rubber_stamp is None
    assert queue(*approved(70), sent_back(80)).rubber_stamp is None


def test_the_bound_of_what_an_approval_changes_is_one_of_95_in_a_hundred() -> None:
    """Of 60 verdicts none changed anything: the share for which that happens once in twenty times."""
    found = stamp(*approved(60))

    assert (found.n, found.changed) == (60, 0)
    assert found.upper == pytest.approx(1 - 0.05 ** (1 / 60))


def test_an_approval_that_sends_back_is_none() -> None:
    """Three of ten were sent back or dropped."""
    found = queue(*approved(7), sent_back(80), sent_back(81), issue("PAY-9", ("In Review", 9), ("Cancelled", 10)))

    assert found.rubber_stamp is False
    assert found.stamp is not None
    assert (found.stamp.n, found.stamp.changed, found.stamp.advice) == (10, 3, None)


def test_a_card_that_stays_where_it_is_is_not_sent_back_by_a_merge() -> None:
    """It was in progress before the review and after it; only one that was moved back, or never merged, was changed."""
    approval = Verdict.APPROVED.value
    asked = [
        pull(n, (K.OPENED, n + 0.4), (K.REVIEWED, n + 0.5, "bob", approval), (K.MERGED, n + 0.6), names=[f"PAY-{n}"])
        for n in range(60)
    ]
    items = [issue(f"PAY-{n}", ("In Progress", n + 0.3), ("Done", n + 0.9)) for n in range(62)]
    closed = (K.OPENED, 60.4), (K.REVIEWED, 60.5, "bob", Verdict.CHANGES.value), (K.CLOSED, 60.6)

    assert (stamp(*items, *asked).n, stamp(*items, *asked).changed) == (60, 0)
    assert queue(*items, *asked).rubber_stamp is True
    assert stamp(*items, *asked, pull(60, *closed, names=["PAY-60"])).changed == 1


def test_being_rejected_changes_something_wherever_that_stage_stands() -> None:
    """A state that leads back is no step ahead, though it is configured after the approval."""
    rejected = Stage(name="Rejected", kind=StageKind.WAIT, states=("jira:Rejected",))
    stream = STREAM.model_copy(update={"stages": (*STREAM.stages[:5], rejected, *STREAM.stages[5:])})
    moves = ("In Progress", 0), ("In Review", 1), ("Rejected", 2), ("In Progress", 3), ("In Review", 4), ("Done", 5)
    refused = [issue(f"PAY-{n}", *((state, n + at / 10) for state, at in moves)) for n in range(80, 90)]
    [found] = analyse(stream, records(*approved(70), *refused), window()).queues

    assert found.stamp is not None
    assert (found.stamp.n, found.stamp.changed, found.rubber_stamp) == (90, 10, False)


def test_what_a_law_requires_is_not_put_in_question() -> None:
    """It is kept, and made quicker."""
    asked, kept = stamp(*approved(60)).advice, stamp(*approved(60), necessary="segregation of duties").advice

    assert asked == "ask what it is for: it changed 0 of 60"
    assert kept is not None
    assert kept.startswith("keep it, for segregation of duties requires it")


def test_what_lets_faults_through_is_made_effective() -> None:
    """A fifth of what it approved came back from Testing to be built again."""
    faulty = [
        issue(
            f"PAY-{n}", ("In Progress", n), ("In Review", n + 0.1), ("Testing", n + 0.5), ("In Progress", n + 0.6),
            ("Testing", n + 0.8), ("Done", n + 0.9),
        )
        for n in range(60, 72)
    ]  # fmt: skip
    found = stamp(*approved(48), *faulty)

    assert (found.approved, found.returned) == (60, 12)
    assert found.advice is not None
    assert found.advice.startswith("make it effective")


def review(number: int, *happenings: tuple[K, float, str, str] | tuple[K, float, str]) -> list[Record]:
    """A pull request that is opened on day 1 and merged on day 9 by its author."""
    return pull(number, (K.OPENED, 1.0), *happenings, (K.MERGED, 9.0))


def reviews(*stories: list[Record]) -> Stamp | None:
    found = analyse(STREAM.model_copy(update={"end": "Done"}), records(*stories), window())
    return next((q.stamp for q in found.queues), None)


def test_a_review_changes_what_it_asks_to_change() -> None:
    """Changes asked for, a comment that a push answered, a dismissal; not a plain approval, nor a comment alone."""
    approve = (K.REVIEWED, 4.0, "bob", Verdict.APPROVED.value)
    comment = (K.REVIEWED, 2.0, "bob", Verdict.COMMENT.value)
    stories = {
        "plain": review(1, approve),
        "comment": review(2, comment, approve),
        "answered": review(3, comment, (K.PUSHED, 3.0, "ann"), approve),
        "dismissed": review(4, (K.DISMISSED, 3.0, "bob", "bob"), approve),
        "asked": review(5, (K.REVIEWED, 2.0, "bob", Verdict.CHANGES.value), (K.PUSHED, 3.0, "ann"), approve),
    }
    base = [review(n, (K.REVIEWED, 2.0, "bob", Verdict.CHANGES.value)) for n in (8, 9)]
    start = reviews(*base)
    changed = {}
    for name, story in stories.items():
        found = reviews(*base, story)
        changed[name] = found.changed - (start.changed if start else 0) if found else None

    assert changed == {"plain": 0, "comment": 0, "answered": 1, "dismissed": 1, "asked": 1}


def test_a_merge_without_a_review_is_no_verdict() -> None:
    """Nobody approved it."""
    assert reviews(review(1)) is None
