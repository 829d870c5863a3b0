"""Change requests as stories that can be compared: what happened in what order, whoever it was and whenever.

Most change requests of a repository tell one of a few stories. So a story is a row of numbers, in which a reviewer is
the place at which the story names him first: equal stories are equal rows, and need to be understood once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import polars as pl

from bot.frames import KINDS
from connectors.records import EventKind, Verdict

PUSHES = (EventKind.PUSHED, EventKind.FORCE_PUSHED)
HEARD = (EventKind.REVIEWED, *PUSHES)
"""Kinds of which those of bots do not count."""
ABOUT_A_REVIEWER = (EventKind.REQUESTED, EventKind.UNREQUESTED, EventKind.DISMISSED)
"""`detail` tells which."""

TOLD = (
    EventKind.OPENED,
    EventKind.DRAFTED,
    EventKind.READY,
    *ABOUT_A_REVIEWER,
    EventKind.REVIEWED,
    *PUSHES,
    EventKind.CHECKED,
    EventKind.QUEUED,
    EventKind.UNQUEUED,
    EventKind.MERGED,
    EventKind.RELEASED,
    EventKind.DEPLOYED,
    EventKind.CLOSED,
    EventKind.REOPENED,
)
"""Nothing else moves the turn."""

SAID = (None, Verdict.APPROVED.value, Verdict.CHANGES.value, "pending", "fail")
"""What a review or a check may say that matters."""

SOMEBODY = "somebody"
"""A reviewer whose account is gone."""

MANY = 64
"""More than there are kinds of events."""


Reviewer = int | None
"""The place at which a story names him first; None: nobody."""


@dataclass(frozen=True, slots=True)
class Happening:
    """One event of a change request. `heard`: a push or a review that counts; `who`: the reviewer it is about."""

    kind: EventKind
    said: str | None
    heard: bool
    who: Reviewer

    @property
    def is_heard_review(self) -> bool:
        return self.kind is EventKind.REVIEWED and self.heard


def read_stories(events: pl.DataFrame, repositories: Mapping[int, str]) -> pl.DataFrame:
    """item, at, repository, kind, actor, said, heard, happening: of each whose opening is known, in order.

    `said`: its place in SAID; `happening`: a number that `happening` understands.
    """
    schema = {"item": pl.Int64, "repository": pl.String}
    homes = pl.DataFrame([list(repositories), list(repositories.values())], schema)
    opened = events.filter(pl.col("kind") == EventKind.OPENED).unique("item", keep="first", maintain_order=True)
    authors = opened.select("item", author=_known("actor", "author")).join(homes, on="item")
    told = events.filter(pl.col("kind").is_in(TOLD)).select("item", "at", "kind", "actor", "human", "detail")
    known = told.join(authors, on="item", maintain_order="left").with_columns(
        heard=_is_heard(), who=_who(), place=_place()
    )
    said = pl.when(pl.col("kind").is_in([EventKind.REVIEWED, EventKind.CHECKED])).then("detail")
    numbered = known.with_columns(
        said=said.replace_strict({word: n for n, word in enumerate(SAID) if word}, default=0, return_dtype=pl.Int64),
        named=pl.when(pl.col("who").is_not_null()).then(pl.col("place").first().over("item", "who") + 1).fill_null(0),
    )
    return numbered.select("item", "at", "repository", "kind", "actor", "said", "heard", happening=_number())


def _is_heard() -> pl.Expr:
    of_others = (pl.col("kind") != EventKind.REVIEWED) | pl.col("actor").ne_missing(pl.col("author"))
    return pl.col("human") & pl.col("kind").is_in(HEARD) & of_others


def _who() -> pl.Expr:
    """The reviewer, by name."""
    asked = pl.when(pl.col("kind").is_in(ABOUT_A_REVIEWER)).then(_known("detail", SOMEBODY))
    return asked.when(pl.col("kind") == EventKind.REVIEWED).then(_known("actor", SOMEBODY))


def _known(name: str, otherwise: str) -> pl.Expr:
    return pl.when(pl.col(name) != "").then(name).otherwise(pl.lit(otherwise))


def _place() -> pl.Expr:
    """In the story."""
    row = pl.int_range(pl.len())
    begins = (pl.col("item") != pl.col("item").shift(1)).fill_null(value=True)
    return row - pl.when(begins).then(row).forward_fill()


def _number() -> pl.Expr:
    kind = pl.col("kind").cast(KINDS).to_physical().cast(pl.Int64)
    return ((pl.col("named") * 2 + pl.col("heard")) * len(SAID) + pl.col("said")) * MANY + kind


@cache
def happening(number: int) -> Happening:
    """What a number of `read_stories` says."""
    rest, kind = divmod(number, MANY)
    rest, said = divmod(rest, len(SAID))
    named, heard = divmod(rest, 2)
    return Happening(EventKind(KINDS.categories[kind]), SAID[said], bool(heard), named - 1 if named else None)
