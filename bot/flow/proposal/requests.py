"""Where the turns of a change request stand among the stages of a tracker, or which stages they make alone."""

from collections import Counter
from collections.abc import Sequence

import polars as pl

from bot.flow.history.log import Log
from bot.flow.model import Court, StageKind
from bot.flow.proposal.stages import ProposedStage
from bot.flow.timeline.cases import Cases
from connectors.records import EventKind

AUTHORS = (Court.DRAFT, Court.CHANGES_REQUESTED, Court.CHECKS_FAILED)
REVIEWERS = (Court.AWAITING_REVIEW, Court.AWAITING_CHECKS, Court.AWAITING_MERGE, Court.IN_MERGE_QUEUE)

DEVELOPMENT, REVIEW = "Development", "Review"


def with_requests(stages: Sequence[ProposedStage], log: Log, cases: Cases) -> tuple[ProposedStage, ...]:
    """The same, where there are no change requests."""
    if not cases.requests:
        return tuple(stages)
    forge = log.items[next(iter(cases.requests))].source.partition(".")[0]
    authors, reviewers = (tuple(f"{forge}:{turn}" for turn in turns) for turns in (AUTHORS, REVIEWERS))
    own = (
        ProposedStage(DEVELOPMENT, StageKind.WORK, authors, ("it is the author's turn",), "sure"),
        ProposedStage(
            REVIEW, StageKind.APPROVAL, reviewers, ("it is the turn of reviewers, checks or who merges",), "sure"
        ),
    )
    if not stages:
        merged = ProposedStage(
            "Merged", StageKind.DONE, (f"{forge}:{Court.MERGED}",), ("merged, and nothing left to do",), "sure"
        )
        closed = ProposedStage(
            "Closed", StageKind.DROPPED, (f"{forge}:{Court.CLOSED}",), ("closed without merging",), "sure"
        )
        return (*own, merged, closed)
    return _among(list(stages), own, _opened_in(log, cases, stages))


def _among(
    stages: list[ProposedStage], own: tuple[ProposedStage, ProposedStage], opened_in: int | None
) -> tuple[ProposedStage, ...]:
    """The author's turn joins the stage in which most are opened, the reviewers' turn an approval after it."""
    development, review = own
    works = [n for n, s in enumerate(stages) if s.kind is StageKind.WORK]
    work = opened_in if opened_in in works else (works[0] if works else None)
    if work is None:
        work = next((n for n, s in enumerate(stages) if s.kind in (StageKind.DONE, StageKind.DROPPED)), len(stages))
        stages.insert(work, development)
    else:
        for state in development.states:
            stages[work] = stages[work].joined(state)
    after = next((n for n, s in enumerate(stages) if n > work and s.kind is StageKind.APPROVAL), None)
    if after is None:
        return (*stages[: work + 1], review, *stages[work + 1 :])
    for state in review.states:
        stages[after] = stages[after].joined(state)
    return tuple(stages)


def _opened_in(log: Log, cases: Cases, stages: Sequence[ProposedStage]) -> int | None:
    """The stage that most of the joined change requests were opened in."""
    joined = cases.members.filter(pl.col("evidence").is_not_null())
    opened = log.events.filter(pl.col("kind") == EventKind.OPENED).select("item", "at")
    pairs = joined.join(opened, on="item").select(root="case", at="at").sort("at")
    moves = log.moves.select(root="item", at="at", state="state").sort("at")
    if not len(pairs) or not len(moves):
        return None
    found = Counter(
        pairs.join_asof(moves, on="at", by="root", strategy="backward", check_sortedness=False)["state"]
        .drop_nulls()
        .to_list()
    )
    places = Counter[int]()
    for state, n in found.items():
        for place, stage in enumerate(stages):
            if state in stage.states and stage.kind is StageKind.WORK:
                places[place] += n
    return places.most_common(1)[0][0] if places else None
