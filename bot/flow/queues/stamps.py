"""Whether an approval ever changes anything: what it sends back, refuses or has changed, and what comes back later."""

import polars as pl

from bot.flow.findings.queues import Stamp
from bot.flow.history.log import Log
from bot.flow.model import Court, Stage
from bot.flow.statistics.intervals import clopper_pearson, wilson
from bot.flow.timeline.spans import Timeline, redone
from connectors.records import EventKind, Verdict

FEWEST_VERDICTS = 59
TOLERATED, SURE = 0.05, 0.95
"""A rubber stamp changes at most one of twenty, and we are as sure of it: 59 verdicts are the fewest that can tell."""

COMES_BACK = 0.10
"""Surely more than this share of what it let through had to be done again: it lets faults through."""

PUSHES = (EventKind.PUSHED, EventKind.FORCE_PUSHED)


def stamp(stage: Stage | None, visits: pl.DataFrame, timeline: Timeline, log: Log) -> tuple[bool | None, Stamp | None]:
    """Whether it is a rubber stamp (None: cannot be told), and on what evidence.

    A verdict is the end of a visit that a person gave: not a move in bulk, and for a review not a merge without one.
    """
    verdicts = _verdicts(visits, log)
    n, changed = len(verdicts), int(verdicts["changed"].sum())
    if not n:
        return None, None
    low, upper = clopper_pearson(changed, n, SURE)
    approved, returned = _returned(verdicts, timeline)
    stamps = True if n >= FEWEST_VERDICTS and upper <= TOLERATED else False if low > TOLERATED else None
    advice = _advice(stage, n, changed, approved, returned) if stamps else None
    return stamps, Stamp(n=n, changed=changed, upper=upper, approved=approved, returned=returned, advice=advice)


def _verdicts(visits: pl.DataFrame, log: Log) -> pl.DataFrame:
    """case, end, changed: of every verdict."""
    ended = visits.filter(pl.col("ended") & ~pl.col("bulk"))
    review = pl.col("court") == Court.AWAITING_REVIEW
    told = ended.join(_reviews(ended.filter(review), log), on="run", how="left", maintain_order="left")
    reviewed = pl.col("reviewed").fill_null(value=False)
    answered = review & (pl.col("answered") | (pl.col("into_court") == Court.CHANGES_REQUESTED))
    changed = pl.col("withdrawn") | pl.col("back") | answered.fill_null(value=False)
    given = ~review.fill_null(value=False) | reviewed | (pl.col("into_court") == Court.CHANGES_REQUESTED)
    return told.filter(given.fill_null(value=False)).select("case", "end", changed=changed.fill_null(value=False))


def _reviews(visits: pl.DataFrame, log: Log) -> pl.DataFrame:
    """run, reviewed (somebody but the author said something), answered (it was dismissed, or a push followed it)."""
    said = log.events.filter(pl.col("kind").is_in([EventKind.OPENED, EventKind.REVIEWED, EventKind.DISMISSED, *PUSHES]))
    author = said.filter(pl.col("kind") == EventKind.OPENED).group_by("item").agg(author=pl.col("actor").first())
    inside = (
        visits.select("run", "item", "start", "end")
        .join(said.select("item", "at", "kind", "actor", "human", "detail"), on="item", maintain_order="left_right")
        .filter(pl.col("at").is_between(pl.col("start"), pl.col("end")))
        .join(author, on="item", how="left", maintain_order="left")
    )
    foreign = pl.col("human") & pl.col("actor").ne_missing(pl.col("author"))
    review = (pl.col("kind") == EventKind.REVIEWED) & foreign
    comment = review & (pl.col("detail") != Verdict.APPROVED)
    pushed = pl.col("kind").is_in(PUSHES) & pl.col("human")
    return inside.group_by("run", maintain_order=True).agg(
        reviewed=review.any(),
        answered=((pl.col("kind") == EventKind.DISMISSED) & (pl.col("human"))).any()
        | (pl.col("at").filter(comment).min() < pl.col("at").filter(pushed).max()).fill_null(value=False),
    )


def _returned(verdicts: pl.DataFrame, timeline: Timeline) -> tuple[int, int]:
    """Items let through for good, and how many of them had to be done again after that."""
    through = verdicts.sort("end").group_by("case", maintain_order=True).last().filter(~pl.col("changed"))
    again = timeline.spans.filter(redone()).group_by("case").agg(again=pl.col("start").max())
    came_back = through.join(again, on="case").filter(pl.col("again") >= pl.col("end"))
    return len(through), len(came_back)


def _advice(stage: Stage | None, n: int, changed: int, approved: int, returned: int) -> str:
    """What follows from a rubber stamp; what a law requires stays, and what lets faults through is not removed."""
    evidence = f"it changed {changed} of {n}"
    if wilson(returned, approved)[0] > COMES_BACK:
        return f"make it effective: {evidence}, yet {returned} of the {approved} it let through had to be done again"
    if stage is not None and stage.necessary:
        return f"keep it, for {stage.necessary} requires it, and give it a time-box: {evidence}"
    return f"ask what it is for: {evidence}"
