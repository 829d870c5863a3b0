"""How each repository reviews, as its newest change requests show it."""

from dataclasses import dataclass

import polars as pl

from bot.flow.timeline.stories import SAID
from connectors.records import EventKind, Verdict

RECENT = 200
"""Change requests of a repository from which its habits are read."""

APPROVED, CHANGES = SAID.index(Verdict.APPROVED), SAID.index(Verdict.CHANGES)


@dataclass(frozen=True)
class Habits:
    """How a repository reviews: approvals needed (None: it uses none), and whether a comment asks for changes."""

    approvals: int | None
    comments_ask: bool


def read_habits(told: pl.DataFrame) -> pl.DataFrame:
    """repository, approvals, comments_ask: the `Habits` of each, from stories as `read_stories` tells them."""
    reviews = told.filter((pl.col("kind") == EventKind.REVIEWED) & pl.col("heard"))
    asking = _where_comments_ask(reviews, _newest(told, EventKind.OPENED, RECENT))
    needed = _approvals(reviews, _newest(told, EventKind.MERGED, RECENT // 2))
    every = told.select("repository").unique().with_columns(comments_ask=pl.col("repository").is_in(asking.implode()))
    return every.join(needed, on="repository", how="left")


def _newest(told: pl.DataFrame, kind: EventKind, many: int) -> pl.DataFrame:
    """repository, item, since: the newest of each repository, by when this happened to them first."""
    first = told.filter(pl.col("kind") == kind).group_by("item", maintain_order=True).first()
    ordered = first.select("repository", "item", since="at").sort("since", maintain_order=True)
    return ordered.group_by("repository", maintain_order=True).tail(many)


def _where_comments_ask(reviews: pl.DataFrame, newest: pl.DataFrame) -> pl.Series:
    """Fewer than 20 % explicit refusals among the non-approving reviews mean that comments ask for changes."""
    others = reviews.join(newest, on="item", how="semi").filter(pl.col("said") != APPROVED)
    refusals = (pl.col("said") == CHANGES).sum()
    return others.group_by("repository").agg(ask=refusals < 0.2 * pl.len()).filter("ask")["repository"]


def _approvals(reviews: pl.DataFrame, merged: pl.DataFrame) -> pl.DataFrame:
    """repository, approvals: what nine of ten of the newest merges had; null where none had any."""
    approving = reviews.filter(pl.col("said") == APPROVED).join(merged.select("item", "since"), on="item")
    in_time = approving.filter(pl.col("at") <= pl.col("since")).group_by("item").agg(had=pl.col("actor").n_unique())
    had = merged.join(in_time, on="item", how="left").with_columns(pl.col("had").fill_null(0))
    usual = pl.col("had").sort().get(pl.len() // 10).clip(1)
    return had.group_by("repository").agg(approvals=pl.when((pl.col("had") > 0).any()).then(usual))
