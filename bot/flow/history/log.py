"""Records -> event log: in order, each event once, with one name for each state, and with gaps closed.

The way of the data, each step in a file of its own: repetitions dropped (`repeats`), the clocks of git set (`skew`),
automation and bulk edits told from attention (`automation`, `bulk`), imports recognised (`imports`), states named
(`renames`), missing moves assumed (`gaps`). Whatever is repaired or guessed is said as a doubt, one for each kind.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import polars as pl

from bot.flow.clock import DAY, instant
from bot.flow.findings.measures import Doubt
from bot.flow.history.automation import with_automation
from bot.flow.history.blocks import settle_blocks
from bot.flow.history.bulk import with_bulk
from bot.flow.history.gaps import close_gaps, gaps
from bot.flow.history.imports import enter_late, find_imports
from bot.flow.history.kinds import in_order
from bot.flow.history.renames import named
from bot.flow.history.repeats import drop_repeats
from bot.flow.history.skew import with_server_times
from bot.flow.model import Stream
from connectors.records import FLOWING, ActorKind, Event, EventKind, Item, Link, Person

GONE = "gone"
"""Kind of the doubt about items that were deleted."""

UP_TO_DATE = DAY
"""A day without a collection is no reason to doubt."""

SCHEMA = {
    "source": pl.String,
    "id": pl.String,
    "item": pl.Int64,
    "at": pl.Int64,
    "kind": pl.String,
    "state": pl.String,
    "state_id": pl.String,
    "actor": pl.String,
    "human": pl.Boolean,
    "attended": pl.Boolean,
    "detail": pl.String,
    "seq": pl.Int64,
}


@dataclass(frozen=True)
class Records:
    """What the store gives for one stream."""

    items: Sequence[Item]
    events: Sequence[Event]
    links: Sequence[Link]
    people: Sequence[Person]
    read_until: Mapping[str, datetime | None] = field(default_factory=dict)
    """of each project and repository: until when everything is here, None if it was never read to the end"""


@dataclass(frozen=True)
class Log:
    """Items by number, and what happened to them in order.

    `events`: item, at, kind, actor, human, attended, bulk, detail. `moves`: item, at, state, by, assumed, human, bulk:
    the states (`<kind of source>:<name>`) that sources name themselves, without repetitions. `attended`: a person did
    it, for this item alone, so it is evidence of work. `names`: former name -> name of today, of renamed states.
    `trusted_from`: of items that were imported, since when their history is known.
    """

    items: tuple[Item, ...]
    events: pl.DataFrame
    moves: pl.DataFrame
    names: dict[str, str]
    doubts: tuple[Doubt, ...]
    trusted_from: Mapping[int, int] = field(default_factory=dict)

    def claims(self, stream: Stream) -> dict[str, int]:
        """State, by its name of today -> the position of the stage that claims it."""
        return {self.names.get(state, state): n for state, n in stream.claims.items()}

    def refused(self, stream: Stream) -> list[int]:
        """Items that were last resolved as duplicates and the like."""
        resolved = self.events.filter(pl.col("kind") == EventKind.RESOLVED).group_by("item", maintain_order=True).last()
        names = [name.lower() for name in stream.not_delivered]
        return resolved.filter(pl.col("detail").str.to_lowercase().is_in(names))["item"].to_list()


def read_log(records: Records, end: int, ends: Collection[str] = (), claims: Mapping[str, int] | None = None) -> Log:
    """The log as it was known at `end`: what happens at that instant comes later.

    `ends`: states of what is over; `claims`: the number of the stage that each state was given.
    """
    known = sorted(records.items, key=lambda i: (i.created_at, i.source, i.key))
    begun = [i for i in known if i.kind in FLOWING and instant(i.created_at) < end]
    items = tuple(i for i in begun if not _is_gone(i, end))
    settled, blocked = settle_blocks(items, records.events, ends)
    numbers = {(i.source, i.key): n for n, i in enumerate(items)}
    told = in_order(_frame(settled, numbers, records.people).filter(pl.col("at") < end))
    once, repeated = drop_repeats(told, items)
    timed, clocks = with_server_times(once, items, records.links)
    persons = {(p.source, p.key) for p in records.people if p.configured and p.kind is ActorKind.HUMAN}
    acted, automatic = with_automation(in_order(timed), items, persons)
    events, bulk = with_bulk(acted, items)
    trusted, imported = find_imports(events, items)
    moves, names, renamed = named(events.filter(pl.col("kind") == EventKind.STATE), claims or {})
    closed = close_gaps(moves)
    doubts = (
        *_incomplete(records, end),
        *_gone(begun, end),
        *blocked,
        *(*repeated, *clocks, *automatic, *bulk, *imported, *renamed),
        *gaps(closed, items),
        *_histories(items),
    )
    kept = enter_late(_without_repetition(closed), trusted)
    return Log(items, events.filter(pl.col("kind") != EventKind.STATE).drop("seq"), kept, names, doubts, trusted)


def _is_gone(item: Item, end: int) -> bool:
    return item.gone_at is not None and instant(item.gone_at) < end


def _gone(items: Sequence[Item], end: int) -> Iterator[Doubt]:
    """What was deleted counts as if it had never been."""
    names = tuple(item.name for item in items if _is_gone(item, end))
    if names:
        detail = "deleted at the source, or hidden from us; left out"
        yield Doubt(kind=GONE, detail=detail, items=names, touches=("lead_time", "wip", "age", "stages"))


def _frame(events: Sequence[Event], numbers: dict[tuple[str, str], int], people: Sequence[Person]) -> pl.DataFrame:
    """Who acted is a person or a bot by what is known of the account, or else by what the event says."""
    kinds = {(p.source, p.key): p.kind for p in people}
    rows = [
        (
            e.source,
            e.id,
            number,
            instant(e.at),
            e.kind,
            e.state,
            e.state_id,
            e.actor,
            human := kinds.get((e.source, e.actor or ""), e.actor_kind) is not ActorKind.BOT,
            human,
            e.detail,
            e.seq,
        )
        for e in events
        if (number := numbers.get((e.source, e.item))) is not None
    ]
    return pl.DataFrame(rows, SCHEMA, orient="row")


def _without_repetition(moves: pl.DataFrame) -> pl.DataFrame:
    repeated = (pl.col("item") == pl.col("item").shift(1)) & (pl.col("state") == pl.col("state").shift(1))
    return moves.filter(~repeated.fill_null(value=False))


def _incomplete(records: Records, end: int) -> Iterator[Doubt]:
    """What is not here cannot be told, and what was read long ago is out of date."""
    for place, until in records.read_until.items():
        if until is None or end - instant(until) > UP_TO_DATE:
            how_far = "was not read to the end yet" if until is None else f"was read until {until:%Y-%m-%d}"
            yield Doubt(
                kind="incomplete data",
                detail=f"{place} {how_far}; run `gemba collect`, after a new export if it is a file",
                touches=("lead_time", "wip", "age", "stages", "queues", "loops", "wastes"),
            )


def _histories(items: Sequence[Item]) -> list[Doubt]:
    """What the connectors could not read whole, grouped by what is wrong."""
    found: dict[str, list[str]] = {}
    for item in items:
        for doubt in item.doubts:
            found.setdefault(doubt.partition(":")[0], []).append(item.name)
    return [
        Doubt(kind="history", detail=detail, items=tuple(names), touches=("lead_time", "stages", "loops"))
        for detail, names in sorted(found.items())
    ]
