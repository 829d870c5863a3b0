"""Releases and deployments -> what became of each change request that is in them.

A change request is released with the first release that contains the commit it landed with, and deployed with the
first deployment to production that does and succeeds: merge commits, squashes and rebases alike. It counts only where
the stream gives that state a stage.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from bot.flow.history.log import Records
from bot.flow.model import Court, Stream
from connectors.records import PREVIEW, PRODUCTION, Event, EventKind, Item, Link

CONTAINS = "contains"
"""Kind of the links from a release or deployment to its commits."""

HAPPENINGS = {Court.RELEASED: EventKind.RELEASED, Court.DEPLOYED: EventKind.DEPLOYED}

Commit = tuple[str, str]
"""(source, id)"""


def delivered(records: Records, kind: EventKind) -> tuple[datetime, ...] | None:
    """When each release was published, or each deployment to production first succeeded; None: there never was any."""
    return tuple(sorted(_delivered(records.items, records.events, kind).values())) or None


def with_deliveries(stream: Stream, records: Records) -> Records:
    """The same, and for each merged change request when it was released and deployed, as far as the stream asks."""
    asked = {state.partition(":")[2] for stage in stream.stages for state in stage.states}
    derived = [
        event
        for court, kind in HAPPENINGS.items()
        if court in asked
        for event in _arrivals(records.events, kind, _first(records, kind))
    ]
    return replace(records, events=[*records.events, *derived]) if derived else records


def _arrivals(events: Sequence[Event], kind: EventKind, first: Mapping[Commit, datetime]) -> Iterator[Event]:
    for event in events:
        at = first.get((event.source, event.detail or "")) if event.kind is EventKind.MERGED else None
        if at:
            yield replace(event, id=f"{event.id}:{kind}", at=max(at, event.at), kind=kind, actor=None, actor_kind=None)


def _first(records: Records, kind: EventKind) -> dict[Commit, datetime]:
    """When each commit was delivered first."""
    delivered = _delivered(records.items, records.events, kind)
    found: dict[Commit, datetime] = {}
    for link in records.links:
        if (at := _at(delivered, link)) is not None:
            commit = link.source, link.other
            found[commit] = min(at, found.get(commit, at))
    return found


def _at(delivered: Mapping[tuple[str, str], datetime], link: Link) -> datetime | None:
    return delivered.get((link.source, link.item)) if link.kind == CONTAINS else None


def _delivered(items: Sequence[Item], events: Sequence[Event], kind: EventKind) -> dict[tuple[str, str], datetime]:
    """When each release that is no preview was published, or each deployment to production first succeeded."""
    counting = {(item.source, item.key) for item in items if _counts(item, kind)}
    found: dict[tuple[str, str], datetime] = {}
    for event in events:
        place = event.source, event.item
        if event.kind is kind and place in counting and event.detail not in ("pending", "fail"):
            found[place] = min(event.at, found.get(place, event.at))
    return found


def _counts(item: Item, kind: EventKind) -> bool:
    return PRODUCTION in item.labels if kind is EventKind.DEPLOYED else PREVIEW not in item.labels
