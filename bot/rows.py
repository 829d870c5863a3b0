"""Records as rows of the database, and rows as records."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from bot.database import Row
from connectors.records import ActorKind, Event, EventKind, Item, Link, Payload, Person, Record

COLUMNS: dict[type[Record], tuple[str, ...]] = {
    Item: tuple(name for name in Item.__slots__ if name != "gone_at"),
    Event: Event.__slots__,
    Link: Link.__slots__,
}
"""What is written of each record. Whether an item is gone is not the source's to say."""


def row_of(record: Any) -> Row:
    """The fields of a record, each in the column of its name."""
    return {name: getattr(record, name) for name in record.__slots__}


def person_rows(people: Iterable[Person]) -> Iterator[Row]:
    """How a person is known is not kept."""
    for person in people:
        yield {name: value for name, value in row_of(person).items() if name not in ("hearsay", "configured")}


def payload_row(payload: Payload) -> Row:
    return {**row_of(payload), "digest": _digest(payload)}


def is_news(payload: Payload, kept: tuple[datetime, str] | None) -> bool:
    """`kept`: when the payload that is kept was updated, and its digest; None: there is none."""
    return kept is None or (payload.updated_at >= kept[0] and _digest(payload) != kept[1])


def _digest(payload: Payload) -> str:
    text_of_all = json.dumps([payload.scope, payload.mark, payload.body], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text_of_all.encode()).hexdigest()


def item_of(row: Row) -> Item:
    lists = {name: tuple(row[name]) for name in ("labels", "aliases", "doubts")}
    return Item(**row | lists)


def event_of(row: Row) -> Event:
    kind = row["actor_kind"]
    return Event(**row | {"kind": EventKind(row["kind"]), "actor_kind": ActorKind(kind) if kind else None})


def person_of(row: Row) -> Person:
    return Person(**{**row, "kind": ActorKind(row["kind"])})
