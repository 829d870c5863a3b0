"""Stores with something in every table, and what is in them."""

import json
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, Boolean, Column, Float, Integer, Table, select
from sqlmodel.sql.sqltypes import UTCDateTime

from bot.store import Saved, Store
from bot.tables import Rows
from connectors.records import ActorKind, Event, EventKind, Item, Page, Payload, Person, Record

SOURCE = "jira.acme"
SCOPE = (SOURCE, "PAY")
NOW = datetime(2026, 1, 5, 10, 0, 0, 123456, tzinfo=UTC)


def payload(key: str, updated: datetime = NOW, words: str = "Open", source: str = SOURCE) -> Payload:
    return Payload(source, "PAY", "issue", key, updated, {"words": words}, "mark")


def translate(found: Payload) -> Iterator[Record]:
    """An item and two events, by somebody who asks another."""
    source, key, at = found.source, found.key, found.updated_at
    yield Item(source, found.scope, key, "issue", f"PAY-{key}", "Title", "https://x", NOW)
    yield Event(source, f"{key}:0", key, at, EventKind.STATE, found.body["words"], "ann")
    yield Event(source, f"{key}:1", key, at, EventKind.ASSIGNED, actor="u1", detail="u2")


def save(store: Store, *payloads: Payload, cursor: str | None = None, people: tuple[Person, ...] = ()) -> Saved:
    scope = (payloads[0].source if payloads else SOURCE, "PAY")
    return store.save(scope, Page(payloads, cursor, people=people), translate)


def person(key: str, name: str, kind: ActorKind = ActorKind.HUMAN) -> Person:
    return Person(SOURCE, key, name, kind)


def value(column: Column[Any], number: int, word: str) -> Any:
    """Something that a column holds, and that is easily lost on the way; nothing where nothing may be."""
    if column.nullable and number == 1:
        return None
    if isinstance(column.type, JSON):
        return {"ü": [1.5, None, "it's"], "n": number, "w": word}
    if isinstance(column.type, UTCDateTime):
        return NOW + timedelta(days=number)
    if isinstance(column.type, Boolean):
        return number == 1
    if isinstance(column.type, Float):
        return number + 0.1
    return number + 10 * int(word or 0) if isinstance(column.type, Integer) else f"{column.name} {word} {number} „ß“"


def fill(connection: Any, tables: Mapping[str, Table], word: str = "") -> None:
    """Two rows in each table."""
    for table in tables.values():
        rows = [{column.name: value(column, number, word) for column in table.columns} for number in (1, 2)]
        connection.execute(table.insert(), rows)


def filled(path: Path) -> Path:
    with closing(Store.open(f"sqlite:///{path}")) as store, store._database.write() as connection:
        fill(connection, Rows.metadata.tables)
    return path


def everything(store: Store) -> dict[str, list[str]]:
    """The rows of all tables, in an order of their own."""
    with store._database.read() as connection:
        return {
            table.name: sorted(
                json.dumps(dict(row), default=str, sort_keys=True)
                for row in connection.execute(select(table)).mappings()
            )
            for table in Rows.metadata.tables.values()
        }


def kept_in(path: Path) -> dict[str, list[str]]:
    with closing(Store.open(f"sqlite:///{path}")) as store:
        return everything(store)
