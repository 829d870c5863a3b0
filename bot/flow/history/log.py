"""Records -> event log: in order, each event once, with one name for each state, and with gaps closed.

The way of the data, each step in a file of its own: repetitions dropped (`repeats`), the clocks of git set (`skew`),
automation and bulk edits told from attention (`automation`, `bulk`), imports recognised (`imports`), states named
(`renames`), missing moves assumed (`gaps`). Whatever is repaired or guessed is said as a doubt, one for each kind.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

import polars as pl

from bot.flow.clock import DAY, instant
from bot.flow.findings.measures import Doubt
from bot.flow.history.accounts import account, by_account
from bot.flow.history.automation import with_automation
from bot.flow.history.blocks import settle_blocks
from bot.flow.history.bulk import with_bulk
from bot.flow.history.gaps import close_gaps, gaps
from bot.flow.history.imports import enter_late, find_imports
from bot.flow.history.kinds import Exactness, exactness, in_order
from bot.flow.history.renames import named
from bot.flow.history.repeats import drop_repeats
from bot.flow.history.skew import with_server_times
from bot.flow.model import Stream
from bot.frames import KINDS, WORDS, Events, Items
from connectors.records import FLOWING, ActorKind, Event, EventKind, Item, Link, Person

NOTHING: Mapping[str, datetime | None] = MappingProxyType({})

HAPPENED = ("source", "item", "at", "kind", "actor", "human", "attended", "detail", "bulk")

GONE = "gone"
"""Kind of the doubt about items that were deleted."""

UP_TO_DATE = DAY
"""A day without a collection is no reason to doubt."""


@dataclass(frozen=True)
class Records:
    """What the store gives for one stream."""

    items: Items
    events: Events
    links: Sequence[Link]
    people: Sequence[Person]
    read_until: Mapping[str, datetime | None]
    """of each project and repository: until when everything is here, None if it was never read to the end"""

    @classmethod
    def of(
        cls,
        items: Iterable[Item],
        events: Iterable[Event],
        links: Sequence[Link] = (),
        people: Sequence[Person] = (),
        read_until: Mapping[str, datetime | None] = NOTHING,
    ) -> "Records":
        """Without the events of items that are not among them."""
        known = Items.of(items)
        return cls(known, Events.of(events, known), links, people, read_until)

    def told_of(self, items: Iterable[Item], events: Iterable[Event] | None = None) -> "Records":
        """Of these items, and with these events (None: those that were told before of them)."""
        return Records.of(items, self.events if events is None else events, self.links, self.people, self.read_until)


@dataclass(frozen=True)
class Log:
    """Items by number, and what happened to them in order.

    `events`: item, at, kind, actor, human, attended, bulk, detail. `moves`: item, at, state, by, assumed, human, bulk:
    the states (`<kind of source>:<name>`) that sources name themselves, without repetitions. `attended`: a person did
    it, for this item alone, so it is evidence of work. `names`: former name -> name of today, of renamed states.
    `trusted_from`: of items that were imported, since when their history is known.
    """

    items: Items
    events: pl.DataFrame
    moves: pl.DataFrame
    names: dict[str, str]
    doubts: tuple[Doubt, ...]
    trusted_from: Mapping[int, int] = field(default_factory=dict)

    def begins(self, end: int) -> int:
        """The first instant that anything is told of, at most `end`."""
        first = pl.concat([self.events["at"], self.moves["at"]]).min()
        return min(first, end) if isinstance(first, int) else end

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
    begun = _begun(records.items.frame, end)
    there = begun.filter(~_is_gone(end))
    items = Items(there.drop("row"))
    events, repaired = _repaired(records, items, _told(records, there["row"], end), ends)
    events, exact = events.drop("id", "seq"), exactness(events)
    events, unattended = _attended(events, items, records.people, exact)
    trusted, imported = find_imports(events, items, exact)
    moves, names, renamed = named(events.filter(pl.col("kind") == EventKind.STATE), claims or {})
    closed = close_gaps(moves)
    doubts = (
        *_incomplete(records, end),
        *_gone(begun.filter(_is_gone(end))["name"].to_list()),
        *(*repaired, *unattended, *imported, *renamed),
        *gaps(closed, items),
        *_histories(items.frame),
    )
    kept = enter_late(_without_repetition(closed), trusted)
    happened = events.filter(pl.col("kind") != EventKind.STATE).select(HAPPENED)
    return Log(items, _in_words(happened), _in_words(kept), names, doubts, trusted)


def _repaired(
    records: Records, items: Items, events: pl.DataFrame, ends: Collection[str]
) -> tuple[pl.DataFrame, tuple[Doubt, ...]]:
    """Each once, in order, with blocks that end and clocks that are right."""
    events, blocked = settle_blocks(events, items, ends)
    events, repeated = drop_repeats(in_order(events), items)
    events, clocks = with_server_times(events, items, records.links)
    return events, (*blocked, *repeated, *clocks)


def _attended(
    events: pl.DataFrame, items: Items, people: Sequence[Person], exact: Exactness
) -> tuple[pl.DataFrame, tuple[Doubt, ...]]:
    """With automation and bulk edits told from attention."""
    persons = {(p.source, p.key) for p in people if p.configured and p.kind is ActorKind.HUMAN}
    acts = by_account(events, exact)
    events, automatic = with_automation(events, acts, items, persons, exact)
    events, bulk = with_bulk(events, acts, items)
    return events, (*automatic, *bulk)


def _in_words(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(pl.col(KINDS, WORDS).cast(pl.String))


def _begun(items: pl.DataFrame, end: int) -> pl.DataFrame:
    """Items of the flow by the time they were created, each with the `row` it had."""
    begun = pl.col("kind").is_in(FLOWING) & (pl.col("created_at") < end)
    return items.with_row_index("row").filter(begun).sort("created_at", "source", "key")


def _is_gone(end: int) -> pl.Expr:
    return (pl.col("gone_at") < end).fill_null(value=False)


def _gone(names: Sequence[str]) -> Iterator[Doubt]:
    """What was deleted counts as if it had never been."""
    if names:
        detail = "deleted at the source, or hidden from us; left out"
        yield Doubt(kind=GONE, detail=detail, items=tuple(names), touches=("lead_time", "wip", "age", "stages"))


def _told(records: Records, rows: pl.Series, end: int) -> pl.DataFrame:
    """The events of the items of these rows until then, by the numbers of the items among them.

    Who acted is a person or a bot by what is known of the account, or else by what the event says.
    """
    items, events = records.items.frame, records.events.frame
    numbers, sources = _numbers(rows, len(items)), items["source"].cast(WORDS)
    told = events.with_columns(item=numbers.gather(events["item"]), source=sources.gather(events["item"]))
    known = told.filter((pl.col("at") < end) & pl.col("item").is_not_null()).with_columns(account=account())
    persons, bots = (_is_known(records.people, kind) for kind in (ActorKind.HUMAN, ActorKind.BOT))
    says_bot = (pl.col("actor_kind") == ActorKind.BOT).fill_null(value=False)
    human = persons | ~(bots | says_bot)
    return known.with_columns(human=human, attended=human).drop("actor_kind")


def _numbers(rows: pl.Series, many: int) -> pl.Series:
    """The number of each of so many rows, null of those that are not among these."""
    numbered = pl.DataFrame({"row": rows, "number": pl.int_range(len(rows), eager=True)})
    every = pl.DataFrame({"row": pl.int_range(many, dtype=pl.UInt32, eager=True)})
    return every.join(numbered, on="row", how="left", maintain_order="left")["number"]


def _is_known(people: Sequence[Person], kind: ActorKind) -> pl.Expr:
    """The account is one of those."""
    known = [(p.source, p.key) for p in people if p.kind is kind]
    accounts = pl.DataFrame(known, {"source": WORDS, "actor": WORDS}, orient="row").select(account()).to_series()
    return pl.col("account").is_in(accounts.implode()).fill_null(value=False)


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


def _histories(items: pl.DataFrame) -> list[Doubt]:
    """What the connectors could not read whole, grouped by what is wrong."""
    found: dict[str, list[str]] = {}
    for name, doubts in items.filter(pl.col("doubts").list.len() > 0).select("name", "doubts").iter_rows():
        for doubt in doubts:
            found.setdefault(doubt.partition(":")[0], []).append(name)
    return [
        Doubt(kind="history", detail=detail, items=tuple(names), touches=("lead_time", "stages", "loops"))
        for detail, names in sorted(found.items())
    ]
