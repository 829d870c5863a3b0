"""Releases and deployments -> what became of each change request that is in them.

A change request is released with the first release that contains the commit it landed with, and deployed with the
first deployment to production that does and succeeds: merge commits, squashes and rebases alike. It counts only where
the stream gives that state a stage.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

import polars as pl

from bot.flow.history.log import Records
from bot.flow.model import Stream
from bot.flow.timeline.courts import Court
from bot.frames import ACTOR_KINDS, KINDS, WORDS, instant
from connectors.records import PREVIEW, PRODUCTION, EventKind, Item, Link

CONTAINS = "contains"
"""Kind of the links from a release or deployment to its commits."""

HAPPENINGS = {Court.RELEASED: EventKind.RELEASED, Court.DEPLOYED: EventKind.DEPLOYED}

Commit = tuple[str, str]
"""(source, id)"""


def delivered(records: Records, kind: EventKind) -> tuple[datetime, ...] | None:
    """When each release was published, or each deployment to production first succeeded; None: there never was any."""
    return tuple(sorted(_delivered(records, kind).values())) or None


def with_deliveries(stream: Stream, records: Records) -> Records:
    """The same, and for each merged change request when it was released and deployed, as far as the stream asks."""
    asked = {state.partition(":")[2] for stage in stream.stages for state in stage.states}
    events = records.events.frame
    derived = [_arrivals(records, kind, _first(records, kind)) for court, kind in HAPPENINGS.items() if court in asked]
    return replace(records, events=records.events.with_frame(pl.concat([events, *derived]))) if derived else records


def _arrivals(records: Records, kind: EventKind, first: Mapping[Commit, datetime]) -> pl.DataFrame:
    """Of each merged change request, when the commit was delivered that it landed with."""
    rows = [(source, commit, instant(at)) for (source, commit), at in first.items()]
    landed = pl.DataFrame(rows, {"source": pl.String, "detail": WORDS, "delivered": pl.Int64}, orient="row")
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


def _first(records: Records, kind: EventKind) -> dict[Commit, datetime]:
    """When each commit was delivered first."""
    delivered = _delivered(records, kind)
    found: dict[Commit, datetime] = {}
    for link in records.links:
        if (at := _at(delivered, link)) is not None:
            commit = link.source, link.other
            found[commit] = min(at, found.get(commit, at))
    return found


def _at(delivered: Mapping[tuple[str, str], datetime], link: Link) -> datetime | None:
    return delivered.get((link.source, link.item)) if link.kind == CONTAINS else None


def _delivered(records: Records, kind: EventKind) -> dict[tuple[str, str], datetime]:
    """When each release that is no preview was published, or each deployment to production first succeeded."""
    events = records.events.frame.filter(pl.col("kind") == kind)
    found: dict[tuple[str, str], datetime] = {}
    for event in records.events.with_frame(events):
        place = event.source, event.item
        if event.detail not in ("pending", "fail") and _counts(records.items[records.items.numbers[place]], kind):
            found[place] = min(event.at, found.get(place, event.at))
    return found


def _counts(item: Item, kind: EventKind) -> bool:
    return PRODUCTION in item.labels if kind is EventKind.DEPLOYED else PREVIEW not in item.labels
