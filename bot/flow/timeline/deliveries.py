"""Releases and deployments -> what became of each change request that is in them.

A change request is released with the first release that contains the commit it landed with, and deployed with the
first deployment to production that does and succeeds: merge commits, squashes and rebases alike. It counts only where
the stream gives that state a stage.
"""

from dataclasses import replace
from datetime import datetime

import polars as pl

from bot.flow.history.log import Records
from bot.flow.model import Court, Stream
from bot.frames import ACTOR_KINDS, KINDS, WORDS, link_frame, moment
from connectors.records import PREVIEW, PRODUCTION, EventKind

CONTAINS = "contains"
"""Kind of the links from a release or deployment to its commits."""

HAPPENINGS = {Court.RELEASED: EventKind.RELEASED, Court.DEPLOYED: EventKind.DEPLOYED}

UNDONE = ("pending", "fail")
"""What an event says of a deployment that did not arrive."""


def delivered(records: Records, kind: EventKind) -> tuple[datetime, ...] | None:
    """When each release was published, or each deployment to production first succeeded; None: there never was any."""
    return tuple(map(moment, _delivered(records, kind)["delivered"].sort())) or None


def with_deliveries(stream: Stream, records: Records) -> Records:
    """The same, and for each merged change request when it was released and deployed, as far as the stream asks."""
    asked = {state.partition(":")[2] for stage in stream.stages for state in stage.states}
    events = records.events.frame
    derived = [_arrivals(records, kind, _first(records, kind)) for court, kind in HAPPENINGS.items() if court in asked]
    return replace(records, events=records.events.with_frame(pl.concat([events, *derived]))) if derived else records


def _arrivals(records: Records, kind: EventKind, landed: pl.DataFrame) -> pl.DataFrame:
    """Of each merged change request, when the commit was delivered that it landed with."""
    merged = records.events.frame.filter(pl.col("kind") == EventKind.MERGED)
    told = merged.with_columns(source=records.items.sources(merged["item"]))
    return told.join(landed, on=["source", "detail"], maintain_order="left").select(
        "item",
        pl.col("id") + f":{kind}",
        pl.max_horizontal("at", "delivered").alias("at"),
        pl.lit(kind, KINDS).alias("kind"),
        *("state", "state_id"),
        pl.lit(None, WORDS).alias("actor"),
        pl.lit(None, ACTOR_KINDS).alias("actor_kind"),
        *("detail", "seq"),
    )


def _first(records: Records, kind: EventKind) -> pl.DataFrame:
    """source, detail, delivered: when each commit was delivered first."""
    contained = link_frame(link for link in records.links if link.kind == CONTAINS)
    known = contained.join(_delivered(records, kind), on=["source", "item"])
    return known.group_by("source", pl.col("other").cast(WORDS).alias("detail")).agg(pl.col("delivered").min())


def _delivered(records: Records, kind: EventKind) -> pl.DataFrame:
    """source, item, delivered: releases that are no preview; deployments to production, when they first succeeded."""
    is_done = (pl.col("kind") == kind) & ~pl.col("detail").is_in(UNDONE).fill_null(value=False)
    first = records.events.frame.filter(is_done).group_by("item").agg(delivered=pl.col("at").min())
    told = records.items.frame.select("source", "labels", item="key")[first["item"]]
    return told.with_columns(first["delivered"]).filter(_counts(kind)).drop("labels")


def _counts(kind: EventKind) -> pl.Expr:
    labels = pl.col("labels").list
    return labels.contains(PRODUCTION) if kind is EventKind.DEPLOYED else ~labels.contains(PREVIEW)
