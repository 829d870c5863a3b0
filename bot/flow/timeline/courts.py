"""Whose turn a change request is: neutral verdict events -> states, for any forge.

A fold over the events of one change request. Whoever opened it is its author; reviews by the author and by bots are
not heard. Draft: the author's turn, and a review given meanwhile does not change that. Changes requested: the
author's turn until the reviewer is asked again, or until the next push where that reviewer never is, or where reviewers
only ever comment. Enough approvals: the checks' turn, then whoever merges. What is merged may be released and deployed.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from bot.flow.model import Court
from connectors.records import EventKind, Verdict

RECENT = 200
"""Change requests of a repository from which its habits are read."""

PUSHES = (EventKind.PUSHED, EventKind.FORCE_PUSHED)
SOMEBODY = "somebody"
"""A reviewer whose account is gone."""


@dataclass(frozen=True, slots=True)
class Happening:
    """One event of a change request."""

    at: int
    kind: str
    actor: str | None
    human: bool
    detail: str | None


@dataclass(frozen=True)
class Story:
    """All that happened to a change request, in order, and who opened it."""

    author: str
    happenings: tuple[Happening, ...]

    def is_foreign_review(self, happening: Happening) -> bool:
        """A review that is heard: by a person, and not by the author."""
        return happening.kind == EventKind.REVIEWED and happening.human and happening.actor != self.author

    @property
    def foreign_reviews(self) -> list[Happening]:
        return [h for h in self.happenings if self.is_foreign_review(h)]

    def first(self, kind: EventKind) -> int | None:
        return next((h.at for h in self.happenings if h.kind == kind), None)

    @property
    def approvers_at_merge(self) -> int:
        merged = self.first(EventKind.MERGED) or 0
        return len({h.actor for h in self.foreign_reviews if h.detail == Verdict.APPROVED and h.at <= merged})


@dataclass(frozen=True)
class Habits:
    """How a repository reviews: approvals needed (None: it uses none), and whether a comment asks for changes."""

    approvals: int | None
    comments_ask: bool


@dataclass(frozen=True, slots=True)
class Outlook:
    """What comes after an event: whether a push answers it, and which reviewers are asked again before they review."""

    answered: bool
    awaited: frozenset[str]


@dataclass
class _Request:
    """A change request in the middle of its story."""

    story: Story
    habits: Habits
    open: bool = False
    draft: bool = False
    landed: Court | None = None
    queued: bool = False
    checks: str | None = None
    approved: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    again: set[str] = field(default_factory=set)
    """reviewers asked once more after they had approved"""

    def court(self) -> Court:
        if not self.open:
            return self.landed or Court.CLOSED
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


def read_courts(events: pl.DataFrame, repositories: Mapping[int, str]) -> pl.DataFrame:
    """item, at, court: every change of turn. `repositories`: where each change request lives."""
    stories = _stories(events, repositories)
    habits = _all_habits(stories, repositories)
    rows = [
        (item, at, court) for item, story in stories.items() for at, court in _turns(story, habits[repositories[item]])
    ]
    return pl.DataFrame(rows, {"item": pl.Int64, "at": pl.Int64, "court": pl.String}, orient="row")


def _stories(events: pl.DataFrame, repositories: Mapping[int, str]) -> dict[int, Story]:
    """Those whose opening is known."""
    told: dict[int, list[Happening]] = defaultdict(list)
    chosen = events.filter(pl.col("item").is_in(list(repositories)))
    for item, *rest in chosen.select("item", "at", "kind", "actor", "human", "detail").iter_rows():
        told[item].append(Happening(*rest))
    return {
        item: Story(opening.actor or "author", tuple(happenings))
        for item, happenings in told.items()
        if (opening := next((h for h in happenings if h.kind == EventKind.OPENED), None))
    }


def _turns(story: Story, habits: Habits) -> Iterator[tuple[int, Court]]:
    """(at, court) whenever it changes; of several changes at one instant the last."""
    request, last = _Request(story, habits), None
    turns: dict[int, Court] = {}
    for happening, outlook in zip(story.happenings, _outlooks(story), strict=True):
        _apply(request, happening, outlook)
        if request.open or turns:
            turns[happening.at] = request.court()
    for at, court in turns.items():
        if court is not last:
            yield at, court
        last = court


def _outlooks(story: Story) -> list[Outlook]:
    """For each event what comes after it.

    A push answers a review if it comes before the next review and before the end; an open request without either is
    with its author, too.
    """
    found: list[Outlook] = []
    answered, awaited = True, frozenset[str]()
    for happening in reversed(story.happenings):
        found.append(Outlook(answered, awaited))
        if happening.kind in PUSHES and happening.human:
            answered = True
        elif happening.kind in (EventKind.MERGED, EventKind.CLOSED) or story.is_foreign_review(happening):
            answered = False
        if happening.kind == EventKind.REQUESTED:
            awaited |= {happening.detail or SOMEBODY}
        elif happening.kind == EventKind.REVIEWED:
            awaited -= {happening.actor or SOMEBODY}
    return found[::-1]


def _apply(request: _Request, happening: Happening, outlook: Outlook) -> None:
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
        case EventKind.PUSHED | EventKind.FORCE_PUSHED if happening.human:
            request.refused &= frozenset() if request.habits.comments_ask else outlook.awaited
    _open_or_close(request, happening)
    _judge(request, happening, outlook)


def _open_or_close(request: _Request, happening: Happening) -> None:
    match happening.kind:
        case EventKind.OPENED | EventKind.REOPENED:
            request.open = True
        case EventKind.MERGED:
            request.open, request.landed = False, Court.MERGED
        case EventKind.RELEASED if request.landed is Court.MERGED:
            request.landed = Court.RELEASED
        case EventKind.DEPLOYED if request.landed:
            request.landed = Court.DEPLOYED
        case EventKind.CLOSED:
            request.open = request.queued = False


def _judge(request: _Request, happening: Happening, outlook: Outlook) -> None:
    match happening.kind:
        case EventKind.REQUESTED:
            _ask(request, happening.detail or SOMEBODY)
        case EventKind.UNREQUESTED:
            request.again.discard(happening.detail or SOMEBODY)
        case EventKind.DISMISSED:
            for verdicts in (request.approved, request.refused, request.again):
                verdicts.discard(happening.detail or SOMEBODY)
        case EventKind.REVIEWED if request.story.is_foreign_review(happening):
            comment_asks = request.habits.comments_ask and outlook.answered
            _review(request, happening.actor or SOMEBODY, happening.detail, comment_asks=comment_asks)


def _ask(request: _Request, reviewer: str) -> None:
    """A re-request hands the ball back; after an approval of his own it reopens the wait."""
    if reviewer in request.approved:
        request.again.add(reviewer)
    request.refused.discard(reviewer)


def _review(request: _Request, who: str, verdict: str | None, *, comment_asks: bool) -> None:
    if verdict == Verdict.APPROVED:
        request.approved.add(who)
        request.again.discard(who)
        request.refused.discard(who)
    elif verdict == Verdict.CHANGES or comment_asks:
        request.approved.discard(who)
        request.again.discard(who)
        request.refused.add(who)


def _all_habits(stories: Mapping[int, Story], repositories: Mapping[int, str]) -> dict[str, Habits]:
    by_repository: dict[str, list[Story]] = defaultdict(list)
    for item, story in stories.items():
        by_repository[repositories[item]].append(story)
    return {name: _habits(found) for name, found in by_repository.items()}


def _habits(stories: Sequence[Story]) -> Habits:
    """Fewer than 20 % explicit refusals among the newest non-approving reviews mean that comments ask for changes.

    Approvals needed: what nine of ten of the newest merges had.
    """
    newest = sorted(stories, key=lambda story: story.first(EventKind.OPENED) or 0)[-RECENT:]
    verdicts = [h.detail for story in newest for h in story.foreign_reviews if h.detail != Verdict.APPROVED]
    refusals = sum(v == Verdict.CHANGES for v in verdicts)
    merged = sorted((s for s in stories if s.first(EventKind.MERGED)), key=lambda s: s.first(EventKind.MERGED) or 0)
    approvers = sorted(story.approvers_at_merge for story in merged[-RECENT // 2 :])
    approvals = max(approvers[len(approvers) // 10], 1) if any(approvers) else None
    return Habits(approvals, comments_ask=refusals < 0.2 * len(verdicts))
