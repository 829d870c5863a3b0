"""Records -> what stands beside the flow: sprints, meetings and links, as they were known at the end of the window."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from bot.flow.clock import instant
from bot.flow.history.log import Records
from bot.frames import Items
from connectors.records import Event, EventKind, Item, ItemKind, Link

BESIDE = (ItemKind.SPRINT, ItemKind.MEETING)
HAPPENING = (EventKind.STARTED, EventKind.ENDED, EventKind.MET)

MEETINGS = {
    "scope": pl.String,
    "at": pl.Int64,
    "seconds": pl.Int64,
    "invited": pl.Int64,
    "pattern": pl.String,
}


@dataclass(frozen=True)
class SprintRecord:
    """A sprint that began; projects that share it each have a key of it. `ended`: None while it runs."""

    source: str
    keys: tuple[str, ...]
    name: str
    goal: str | None
    url: str
    started: int
    ended: int | None


@dataclass(frozen=True)
class Beside:
    """`sprints`: by their beginning.

    `meetings`: scope, at, seconds, invited (null: the calendar does not tell), pattern (that its title matched; null:
    none), each meeting once, in the order of time; `meetings_until`: until when the calendars were read, as far as that
    is known.
    """

    sprints: tuple[SprintRecord, ...]
    links: tuple[Link, ...]
    meetings: pl.DataFrame
    meetings_until: int | None


def read_beside(records: Records, end: int) -> Beside:
    """What happens at `end` or later is not known."""
    is_there = pl.col("gone_at").is_null() | (pl.col("gone_at") >= end)
    there = Items(records.items.frame.filter(is_there & pl.col("kind").is_in(BESIDE)))
    known = pl.col("kind").is_in(HAPPENING) & (pl.col("at") < end)
    told = list(records.events.with_frame(records.events.frame.filter(known)))
    meetings = _meetings(there, told)
    return Beside(
        sprints=tuple(_sprints(there, told)),
        links=tuple(records.links),
        meetings=meetings,
        meetings_until=_until(records.read_until, meetings, there),
    )


def _sprints(items: Items, events: Sequence[Event]) -> Iterator[SprintRecord]:
    """One of several projects stands in the store once for each; they lead to one address."""
    started, ended = (_times(events, kind) for kind in (EventKind.STARTED, EventKind.ENDED))
    alike: dict[tuple[str, str], list[Item]] = defaultdict(list)
    for item in sorted((i for i in items if i.kind == ItemKind.SPRINT), key=lambda i: (i.source, i.key)):
        if (item.source, item.key) in started:
            alike[item.source, item.url or item.key].append(item)
    found = [
        SprintRecord(
            source=source,
            keys=tuple(i.key for i in same),
            name=same[0].title,
            goal=next((i.about for i in same if i.about), None),
            url=same[0].url,
            started=min(started[source, i.key] for i in same),
            ended=max(ended[source, i.key] for i in same) if all((source, i.key) in ended for i in same) else None,
        )
        for (source, _), same in alike.items()
    ]
    yield from sorted(found, key=lambda s: (s.started, s.source, s.keys))


def _times(events: Sequence[Event], kind: EventKind) -> dict[tuple[str, str], int]:
    return {(e.source, e.item): instant(e.at) for e in events if e.kind is kind}


def _meetings(items: Items, events: Sequence[Event]) -> pl.DataFrame:
    """One that stands in several calendars at the same time, with as many people, was held once."""
    known = {(i.source, i.key): i for i in items if i.kind == ItemKind.MEETING}
    rows = [
        (
            f"{item.source}/{item.scope}",
            instant(e.at),
            int(e.detail or 0),
            _invited(item),
            next(iter(item.labels), None),
        )
        for e in events
        if e.kind is EventKind.MET and (item := known.get((e.source, e.item))) is not None
    ]
    told = pl.DataFrame(rows, MEETINGS, orient="row").sort("at", "scope", "seconds", "invited", "pattern")
    alike = ("at", "seconds", "invited", "pattern")
    numbered = told.with_columns(number=pl.int_range(pl.len()).over("scope", *alike))
    return numbered.unique([*alike, "number"], keep="first", maintain_order=True).drop("number")


def _invited(item: Item) -> int | None:
    number = int(item.about) if item.about and item.about.isdigit() else 0
    return number or None


def _until(read: Mapping[str, datetime | None], meetings: pl.DataFrame, items: Items) -> int | None:
    """The calendar that was read least far says; where none says, the last meeting."""
    places = {f"{i.source}/{i.scope}" for i in items if i.kind == ItemKind.MEETING}
    known = [instant(at) for place in places if (at := read.get(place)) is not None]
    last = meetings["at"].max()
    return min(known) if known else last if isinstance(last, int) else None
