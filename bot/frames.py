"""Records in columns, with codes in place of words that repeat; and each as a record again when one is asked for.

Times are microseconds since 1970 in UTC.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, overload

import polars as pl

from connectors.records import ActorKind, Event, EventKind, Item, Link

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

KINDS = pl.Enum([kind.value for kind in EventKind])
ACTOR_KINDS = pl.Enum([kind.value for kind in ActorKind])
WORDS = pl.Categorical()

ITEM_SCHEMA: Mapping[str, Any] = {
    "source": pl.String,
    "scope": pl.String,
    "key": pl.String,
    "kind": pl.String,
    "name": pl.String,
    "title": pl.String,
    "url": pl.String,
    "created_at": pl.Int64,
    "type": pl.String,
    "parent": pl.String,
    "labels": pl.List(pl.String),
    "aliases": pl.List(pl.String),
    "doubts": pl.List(pl.String),
    "about": pl.String,
    "gone_at": pl.Int64,
}
"""A row an item; its number is its row."""

EVENT_SCHEMA: Mapping[str, Any] = {
    "item": pl.UInt32,
    "id": pl.String,
    "at": pl.Int64,
    "kind": KINDS,
    "state": WORDS,
    "state_id": WORDS,
    "actor": WORDS,
    "actor_kind": ACTOR_KINDS,
    "detail": WORDS,
    "seq": pl.Int64,
}
"""`item`: its number; whose source is that of the event."""

LINK_SCHEMA = dict.fromkeys(("source", "item", "other", "kind", "evidence"), pl.String)


def instant(at: datetime) -> int:
    """Microseconds since 1970, exact."""
    return (at - EPOCH) // MICROSECOND


def moment(at: int) -> datetime:
    return EPOCH + at * MICROSECOND


def link_frame(links: Iterable[Link]) -> pl.DataFrame:
    """source, item, other, kind, evidence of each."""
    told = list(links)
    return pl.DataFrame(
        {
            "source": [link.source for link in told],
            "item": [link.item for link in told],
            "other": [link.other for link in told],
            "kind": [link.kind for link in told],
            "evidence": [link.evidence for link in told],
        },
        schema_overrides=LINK_SCHEMA,
    )


class Items(Sequence[Item]):
    """`frame`: of ITEM_SCHEMA."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self.frame = frame

    @classmethod
    def of(cls, items: Iterable[Item]) -> "Items":
        if isinstance(items, Items):
            return items
        rows = [
            (
                *(
                    i.source,
                    i.scope,
                    i.key,
                    str(i.kind),
                    i.name,
                    i.title,
                    i.url,
                    instant(i.created_at),
                    i.type,
                    i.parent,
                ),
                *(list(i.labels), list(i.aliases), list(i.doubts), i.about, i.gone_at and instant(i.gone_at)),
            )
            for i in items
        ]
        return cls(pl.DataFrame(rows, ITEM_SCHEMA, orient="row"))

    def __len__(self) -> int:
        return len(self.frame)

    @overload
    def __getitem__(self, number: int) -> Item: ...
    @overload
    def __getitem__(self, number: slice) -> "Items": ...
    def __getitem__(self, number: int | slice) -> "Item | Items":
        if isinstance(number, slice):
            return Items(self.frame[number])
        return _item(self.frame.row(number))

    def __repr__(self) -> str:
        return f"Items({list(self)})"

    def __iter__(self) -> Iterator[Item]:
        return map(_item, self.frame.iter_rows())

    def __eq__(self, other: object) -> bool:
        return list(self) == list(other) if isinstance(other, Sequence) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    @cached_property
    def names(self) -> Sequence[str]:
        """What people call each."""
        return self.frame["name"].to_list()

    @cached_property
    def places(self) -> Sequence[tuple[str, str]]:
        """(source, key) of each."""
        return list(zip(self.frame["source"], self.frame["key"], strict=True))

    @cached_property
    def numbers(self) -> Mapping[tuple[str, str], int]:
        """(source, key) -> number."""
        return {place: n for n, place in enumerate(self.places)}

    @cached_property
    def called(self) -> Mapping[str, int]:
        """Name in capitals, also a former one -> number; of several the last."""
        return dict(self.calls().iter_rows())

    def calls(self, numbers: Sequence[int] | None = None) -> pl.DataFrame:
        """The same as rows of name and number; of these items only, or of all."""
        told = self.frame.select("name", "aliases").with_row_index("number")
        if numbers is not None:
            told = told[pl.Series(numbers, dtype=pl.Int64)]
        former = told.filter(pl.col("aliases").list.len() > 0).select("number", name="aliases").explode("name")
        names = pl.concat([told.select("number", "name"), former]).drop_nulls("name")
        return names.group_by(pl.col("name").str.to_uppercase()).agg(pl.col("number").max().cast(pl.Int64))

    def numbered(self, places: pl.DataFrame) -> pl.Series:
        """The numbers of the items of these places, rows of source and key; null of those that are not here."""
        known = self.frame.select("source", "key", number=pl.int_range(pl.len()))
        return places.join(known, on=["source", "key"], how="left", maintain_order="left")["number"]

    def sources(self, numbers: pl.Series) -> pl.Series:
        """Of the items of these numbers."""
        return self.frame["source"].gather(numbers)


class Events(Sequence[Event]):
    """`frame`: of EVENT_SCHEMA; `items`: whose they are."""

    def __init__(self, frame: pl.DataFrame, items: Items) -> None:
        self.frame, self.items = frame, items

    @classmethod
    def of(cls, events: Iterable[Event], items: Items) -> "Events":
        """Those of known items."""
        if isinstance(events, Events) and events.items is items:
            return events
        numbers = items.numbers
        rows = [
            (n, e.id, instant(e.at), str(e.kind), e.state, e.state_id, e.actor, e.actor_kind, e.detail, e.seq)
            for e in events
            if (n := numbers.get((e.source, e.item))) is not None
        ]
        return cls(pl.DataFrame(rows, EVENT_SCHEMA, orient="row"), items)

    def with_frame(self, frame: pl.DataFrame) -> "Events":
        """Others of the same items."""
        return Events(frame, self.items)

    def __len__(self) -> int:
        return len(self.frame)

    @overload
    def __getitem__(self, number: int) -> Event: ...
    @overload
    def __getitem__(self, number: slice) -> "Events": ...
    def __getitem__(self, number: int | slice) -> "Event | Events":
        if isinstance(number, slice):
            return self.with_frame(self.frame[number])
        return next(self._events(self.frame[[number]]))

    def __repr__(self) -> str:
        return f"Events({list(self)})"

    def __iter__(self) -> Iterator[Event]:
        return self._events(self.frame)

    def __eq__(self, other: object) -> bool:
        return list(self) == list(other) if isinstance(other, Sequence) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def _events(self, frame: pl.DataFrame) -> Iterator[Event]:
        places = (self.items.frame[name].gather(frame["item"]) for name in ("source", "key"))
        return map(_event, *places, frame.iter_rows())


def _event(source: str, key: str, row: tuple[Any, ...]) -> Event:
    _, name, at, kind, state, state_id, actor, actor_kind, detail, seq = row
    who = ActorKind(actor_kind) if actor_kind else None
    return Event(source, name, key, moment(at), EventKind(kind), state, state_id, actor, who, detail, seq)


def _item(row: tuple[Any, ...]) -> Item:
    told = dict(zip(ITEM_SCHEMA, row, strict=True))
    gone_at = told["gone_at"]
    times = {"created_at": moment(told["created_at"]), "gone_at": None if gone_at is None else moment(gone_at)}
    return Item(**told | times | {name: tuple(told[name]) for name in ("labels", "aliases", "doubts")})
