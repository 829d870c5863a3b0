"""Items that block others: a block ends when what blocks is resolved, whether or not anybody takes the link away."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from bot.flow.findings.measures import Doubt
from connectors.records import Event, EventKind, Item

FLAG = "flag"
"""A block that no item is the reason of."""

Place = tuple[str, str]
"""(source, key)"""


def settle_blocks(
    items: Sequence[Item], events: Sequence[Event], ends: Collection[str] = ()
) -> tuple[list[Event], tuple[Doubt, ...]]:
    """The events, in which every block by an item ends when that item is resolved.

    Nobody knows when a block ends by an item that was not collected, so it is left out and is a doubt.
    """
    known = {name.upper(): (item.source, item.key) for item in items for name in (*item.aliases, item.name)}
    resolved = _resolved(events, ends)
    settled: list[Event] = []
    strange: dict[Place, None] = {}
    for event in events:
        blocker = _blocker(event)
        if blocker is None:
            settled.append(event)
        elif (place := known.get(blocker)) is None:
            strange[event.source, event.item] = None
        else:
            settled.append(event)
            if event.kind is EventKind.BLOCKED and (over := _over(resolved, place, event.at)):
                settled.append(replace(event, id=f"{event.id}:over", at=over, kind=EventKind.UNBLOCKED, actor=None))
    return settled, _doubts(items, strange)


def _blocker(event: Event) -> str | None:
    if event.kind not in (EventKind.BLOCKED, EventKind.UNBLOCKED) or event.detail in (None, FLAG):
        return None
    return str(event.detail).upper()


def _resolved(events: Sequence[Event], ends: Collection[str]) -> Mapping[Place, list[tuple[datetime, bool]]]:
    """When each item was resolved (True) and taken up again (False); by its state where it never has a resolution."""
    found: dict[EventKind, dict[Place, list[tuple[datetime, bool]]]] = defaultdict(lambda: defaultdict(list))
    for event in events:
        if event.kind in (EventKind.RESOLVED, EventKind.STATE):
            over = event.detail is not None if event.kind is EventKind.RESOLVED else _state(event) in ends
            found[event.kind][event.source, event.item].append((event.at, over))
    turns = {**found[EventKind.STATE], **found[EventKind.RESOLVED]}
    return {place: sorted(story) for place, story in turns.items()}


def _state(event: Event) -> str:
    return f"{event.source.partition('.')[0]}:{event.state}"


def _over(resolved: Mapping[Place, list[tuple[datetime, bool]]], place: Place, at: datetime) -> datetime | None:
    """When the block ends that began then: at once, if what blocks was resolved before."""
    turns = resolved.get(place, [])
    first = bisect_right(turns, (at, True))
    if first and turns[first - 1][1]:
        return at
    return next((when for when, done in turns[first:] if done), None)


def _doubts(items: Sequence[Item], strange: Mapping[Place, None]) -> tuple[Doubt, ...]:
    names = tuple(item.name for item in items if (item.source, item.key) in strange)
    if not names:
        return ()
    detail = "blocked by items that were not collected; this is not counted as blocked time"
    return (Doubt(kind="unknown blocker", detail=detail, items=names, touches=("stages", "wastes")),)
