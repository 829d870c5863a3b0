"""Whose turn a change request is: neutral verdict events -> states, for any forge.

A fold over the events of one change request. Whoever opened it is its author; reviews by the author and by bots are
not heard. Draft: the author's turn, and a review given meanwhile does not change that. Changes requested: the
author's turn until the reviewer is asked again, or until the next push where that reviewer never is, or where reviewers
only ever comment. Enough approvals: the checks' turn, then whoever merges. What is merged may be released and deployed.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from bot.flow.model import Court
from bot.flow.timeline.habits import Habits, read_habits
from bot.flow.timeline.stories import PUSHES, Happening, Reviewer, happening, read_stories
from connectors.records import EventKind, Verdict


@dataclass(frozen=True, slots=True)
class Outlook:
    """What comes after an event: whether a push answers it, and which reviewers are asked again before they review."""

    answered: bool
    awaited: frozenset[Reviewer]


@dataclass
class _Request:
    """A change request in the middle of its story."""

    habits: Habits
    open: bool = False
    draft: bool = False
    landed: Court | None = None
    queued: bool = False
    checks: str | None = None
    approved: set[Reviewer] = field(default_factory=set)
    refused: set[Reviewer] = field(default_factory=set)
    again: set[Reviewer] = field(default_factory=set)
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
    told = read_stories(events, repositories)
    known = told.select("item", "at", court=_courts(told, read_habits(told))).drop_nulls("court")
    same = pl.col("item") == pl.col("item").shift(1)
    last = (pl.col("item") != pl.col("item").shift(-1)) | (pl.col("at") != pl.col("at").shift(-1))
    at_each_instant = known.filter(last.fill_null(value=True))
    return at_each_instant.filter((~same | (pl.col("court") != pl.col("court").shift(1))).fill_null(value=True))


def _courts(told: pl.DataFrame, habits: pl.DataFrame) -> pl.Series:
    """After each happening, None before the change request is opened; each story is understood once."""
    stories = told.group_by("item", maintain_order=True).agg(pl.col("repository").first(), "happening")
    known = stories.join(habits, on="repository", how="left", maintain_order="left")
    alike = known.select("approvals", "comments_ask", "happening").unique()
    courts = [
        list(_turns([happening(number) for number in numbers], Habits(approvals, comments_ask)))
        for approvals, comments_ask, numbers in alike.iter_rows()
    ]
    understood = alike.with_columns(court=pl.Series(courts, dtype=pl.List(pl.String)))
    found = known.join(understood, on=alike.columns, how="left", nulls_equal=True, maintain_order="left")
    return found["court"].explode(empty_as_null=False)


def _turns(story: Sequence[Happening], habits: Habits) -> Iterator[Court | None]:
    request, begun = _Request(habits), False
    for one, outlook in zip(story, _outlooks(story), strict=True):
        _apply(request, one, outlook)
        begun = begun or request.open
        yield request.court() if begun else None


def _outlooks(story: Sequence[Happening]) -> list[Outlook]:
    """For each event what comes after it.

    A push answers a review if it comes before the next review and before the end; an open request without either is
    with its author, too.
    """
    found: list[Outlook] = []
    answered, awaited = True, frozenset[Reviewer]()
    for one in reversed(story):
        found.append(Outlook(answered, awaited))
        if one.kind in PUSHES and one.heard:
            answered = True
        elif one.kind in (EventKind.MERGED, EventKind.CLOSED) or one.is_heard_review:
            answered = False
        if one.kind == EventKind.REQUESTED:
            awaited |= {one.who}
        elif one.kind == EventKind.REVIEWED:
            awaited -= {one.who}
    return found[::-1]


def _apply(request: _Request, one: Happening, outlook: Outlook) -> None:
    match one.kind:
        case EventKind.DRAFTED:
            request.draft = True
        case EventKind.READY:
            request.draft = False
            request.refused.clear()
        case EventKind.QUEUED | EventKind.UNQUEUED:
            request.queued = one.kind == EventKind.QUEUED
        case EventKind.CHECKED:
            request.checks = one.said
        case EventKind.PUSHED | EventKind.FORCE_PUSHED if one.heard:
            request.refused &= frozenset() if request.habits.comments_ask else outlook.awaited
    _open_or_close(request, one)
    _judge(request, one, outlook)


def _open_or_close(request: _Request, one: Happening) -> None:
    match one.kind:
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


def _judge(request: _Request, one: Happening, outlook: Outlook) -> None:
    match one.kind:
        case EventKind.REQUESTED:
            _ask(request, one.who)
        case EventKind.UNREQUESTED:
            request.again.discard(one.who)
        case EventKind.DISMISSED:
            for verdicts in (request.approved, request.refused, request.again):
                verdicts.discard(one.who)
        case EventKind.REVIEWED if one.is_heard_review:
            comment_asks = request.habits.comments_ask and outlook.answered
            _review(request, one.who, one.said, comment_asks=comment_asks)


def _ask(request: _Request, reviewer: Reviewer) -> None:
    """A re-request hands the ball back; after an approval of his own it reopens the wait."""
    if reviewer in request.approved:
        request.again.add(reviewer)
    request.refused.discard(reviewer)


def _review(request: _Request, who: Reviewer, verdict: str | None, *, comment_asks: bool) -> None:
    if verdict == Verdict.APPROVED:
        request.approved.add(who)
        request.again.discard(who)
        request.refused.discard(who)
    elif verdict == Verdict.CHANGES or comment_asks:
        request.approved.discard(who)
        request.again.discard(who)
        request.refused.add(who)
