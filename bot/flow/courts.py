"""Whose turn a change request is: neutral verdict events -> states, for any forge.

A fold over the events of one change request. Whoever opened it is its author; reviews by the author and by bots are
not heard. Draft: the author's turn, and a review given meanwhile does not change that. Changes requested: the
author's turn until a re-request, or until the next push where nobody re-requests or reviewers only ever comment. Enough
approvals: the checks' turn, then whoever merges.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import polars as pl

from connectors.records import EventKind, Verdict

RECENT = 200
"""Change requests of a repository from which its habits are read."""


class Court(StrEnum):
    """State of a change request; the configuration maps `<kind of source>:<court>` to stages."""

    DRAFT = "draft"
    AWAITING_REVIEW = "awaiting review"
    CHANGES_REQUESTED = "changes requested"
    CHECKS_FAILED = "checks failed"
    AWAITING_CHECKS = "awaiting checks"
    AWAITING_MERGE = "awaiting merge"
    IN_MERGE_QUEUE = "in merge queue"
    MERGED = "merged"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Happening:
    """One event of a change request."""

    at: int
    kind: str
    actor: str | None
    human: bool
    detail: str | None


@dataclass(frozen=True)
class Habits:
    """How a repository reviews: approvals needed (None: it uses none), and whether a comment asks for changes."""

    approvals: int | None
    comments_ask: bool


@dataclass
class _Request:
    """A change request in the middle of its story."""

    habits: Habits
    author: str | None = None
    open: bool = False
    draft: bool = False
    merged: bool = False
    queued: bool = False
    checks: str | None = None
    approved: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    again: set[str] = field(default_factory=set)
    """reviewers asked once more after they had approved"""

    def court(self) -> Court:
        if not self.open:
            return Court.MERGED if self.merged else Court.CLOSED
        if self.queued:
            return Court.IN_MERGE_QUEUE
        if self.draft:
            return Court.DRAFT
        if self.refused:
            return Court.CHANGES_REQUESTED
        if self.checks == "fail":
            return Court.CHECKS_FAILED
        if self.habits.approvals is None or self.again or len(self.approved) < self.habits.approvals:
            return Court.AWAITING_REVIEW
        return Court.AWAITING_CHECKS if self.checks == "pending" else Court.AWAITING_MERGE


def read_courts(events: pl.DataFrame, repositories: dict[int, str]) -> pl.DataFrame:
    """item, at, court: every change of turn. `repositories`: where each change request lives."""
    stories = _stories(events, repositories)
    habits = _all_habits(stories, repositories)
    rows = [
        (item, at, court) for item, story in stories.items() for at, court in _turns(story, habits[repositories[item]])
    ]
    return pl.DataFrame(rows, {"item": pl.Int64, "at": pl.Int64, "court": pl.String}, orient="row")


def _stories(events: pl.DataFrame, repositories: dict[int, str]) -> dict[int, list[Happening]]:
    stories: dict[int, list[Happening]] = defaultdict(list)
    chosen = events.filter(pl.col("item").is_in(list(repositories)))
    for item, *rest in chosen.select("item", "at", "kind", "actor", "human", "detail").iter_rows():
        stories[item].append(Happening(*rest))
    return {item: story for item, story in stories.items() if any(h.kind == EventKind.OPENED for h in story)}


def _turns(story: Sequence[Happening], habits: Habits) -> Iterator[tuple[int, Court]]:
    """(at, court) whenever it changes; of several changes at one instant the last."""
    request, last = _Request(habits), None
    turns: dict[int, Court] = {}
    push_answers = habits.comments_ask or not _asks_again(story)
    for index, happening in enumerate(story):
        _apply(request, happening, asks=_asks_for_changes(story, index, habits), push_answers=push_answers)
        if request.author is not None or request.open or request.merged:
            turns[happening.at] = request.court()
    for at, court in turns.items():
        if court is not last:
            yield at, court
        last = court


def _apply(request: _Request, happening: Happening, *, asks: bool, push_answers: bool) -> None:
    match happening.kind:
        case EventKind.DRAFTED:
            request.draft = True
        case EventKind.READY:
            request.draft = False
            request.refused.clear()
        case EventKind.QUEUED | EventKind.UNQUEUED:
            request.queued = happening.kind == EventKind.QUEUED
        case EventKind.CHECKED:
            request.checks = happening.detail
        case EventKind.PUSHED | EventKind.FORCE_PUSHED if push_answers:
            request.refused.clear()
    _open_or_close(request, happening)
    _judge(request, happening, asks=asks)


def _open_or_close(request: _Request, happening: Happening) -> None:
    match happening.kind:
        case EventKind.OPENED:
            request.open, request.author = True, happening.actor or "author"
        case EventKind.REOPENED:
            request.open = True
        case EventKind.MERGED:
            request.open, request.merged = False, True
        case EventKind.CLOSED:
            request.open = request.queued = False


def _judge(request: _Request, happening: Happening, *, asks: bool) -> None:
    who = happening.actor or "somebody"
    match happening.kind:
        case EventKind.REQUESTED:
            _ask(request, happening.detail)
        case EventKind.DISMISSED:
            request.approved.discard(happening.detail or who)
            request.refused.discard(happening.detail or who)
        case EventKind.REVIEWED if _heard(request, happening):
            _review(request, who, happening.detail, asks=asks)


def _ask(request: _Request, reviewer: str | None) -> None:
    """A re-request hands the ball back; after an approval of his own it reopens the wait."""
    if reviewer in request.approved:
        request.again.add(reviewer)
    request.refused.discard(reviewer or "")


def _review(request: _Request, who: str, verdict: str | None, *, asks: bool) -> None:
    if verdict == Verdict.APPROVED:
        request.approved.add(who)
        request.again.discard(who)
        request.refused.discard(who)
    elif verdict == Verdict.CHANGES or asks:
        request.approved.discard(who)
        request.refused.add(who)


def _heard(request: _Request, happening: Happening) -> bool:
    return happening.human and happening.actor != request.author


def _asks_again(story: Sequence[Happening]) -> bool:
    """Does anybody ask for another review after one was given? Then a push alone does not hand the ball back."""
    reviewed = False
    for happening in story:
        reviewed = reviewed or happening.kind == EventKind.REVIEWED
        if reviewed and happening.kind == EventKind.REQUESTED:
            return True
    return False


def _asks_for_changes(story: Sequence[Happening], index: int, habits: Habits) -> bool:
    """Comment culture: a commenting review asks for changes if a push comes before the next review or the end.

    Without a push, an open request is with its author after the review.
    """
    if not habits.comments_ask or story[index].kind != EventKind.REVIEWED or story[index].detail != Verdict.COMMENT:
        return False
    author = next((h.actor for h in story if h.kind == EventKind.OPENED), None)
    for later in story[index + 1 :]:
        if later.kind in (EventKind.PUSHED, EventKind.FORCE_PUSHED):
            return True
        if later.kind in (EventKind.MERGED, EventKind.CLOSED):
            return False
        if later.kind == EventKind.REVIEWED and later.human and later.actor != author:
            return False
    return True


def _all_habits(stories: dict[int, list[Happening]], repositories: dict[int, str]) -> dict[str, Habits]:
    by_repository: dict[str, list[list[Happening]]] = defaultdict(list)
    for item, story in stories.items():
        by_repository[repositories[item]].append(story)
    return {name: _habits(found) for name, found in by_repository.items()}


def _habits(stories: Sequence[list[Happening]]) -> Habits:
    """Fewer than 20 % explicit refusals among the newest non-approving reviews mean that comments ask for changes.

    Approvals needed: what nine of ten of the newest merges had.
    """
    newest = sorted(stories, key=lambda story: _first(story, EventKind.OPENED) or 0)[-RECENT:]
    verdicts = [h.detail for story in newest for h in _foreign_reviews(story) if h.detail != Verdict.APPROVED]
    refusals = sum(v == Verdict.CHANGES for v in verdicts)
    merged = sorted(
        (story for story in stories if _first(story, EventKind.MERGED)), key=lambda s: _first(s, EventKind.MERGED) or 0
    )
    approvers = sorted(_approvers_at_merge(story) for story in merged[-RECENT // 2 :])
    approvals = max(approvers[len(approvers) // 10], 1) if any(approvers) else None
    return Habits(approvals, comments_ask=refusals < 0.2 * len(verdicts))


def _first(story: Sequence[Happening], kind: EventKind) -> int | None:
    return next((h.at for h in story if h.kind == kind), None)


def _approvers_at_merge(story: Sequence[Happening]) -> int:
    merged = _first(story, EventKind.MERGED) or 0
    return len({h.actor for h in _foreign_reviews(story) if h.detail == Verdict.APPROVED and h.at <= merged})


def _foreign_reviews(story: Sequence[Happening]) -> list[Happening]:
    author = next((h.actor for h in story if h.kind == EventKind.OPENED), None)
    return [h for h in story if h.kind == EventKind.REVIEWED and h.human and h.actor != author]
