"""What a database hands over, as frames of the engine (`bot.frames`).

From SQLite, words that repeat come joined to one, which is parted once for each that is different: a column more costs
more than joining it.
"""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl
from sqlalchemy import ColumnElement, Text, cast, func, literal, literal_column

from bot.frames import EVENT_SCHEMA, ITEM_SCHEMA, Events, Items
from bot.queries import EVENT, ITEM

JOINED = ("kind", "state", "state_id", "actor", "actor_kind", "detail", "source")
CODED = JOINED[:-1]
APART = "\x1f"
LISTS = ("labels", "aliases", "doubts")
WRITTEN = "%Y-%m-%d %H:%M:%S.%6f"
"""How SQLAlchemy writes a time into SQLite."""

Columns = Sequence[ColumnElement[Any]]


class Ambiguous(Exception):
    """A word has in it what words are joined by."""


class Lite:
    """SQLite. Nothing is NULL on the way, since ADBC takes the type of a column from its first rows."""

    def __init__(self, *, one_source: bool) -> None:
        self._nothing = f"\x1e{secrets.token_hex(3)}"
        self._joined = CODED if one_source else JOINED

    def item_columns(self) -> Columns:
        return [self._there(ITEM.c[name]) for name in ITEM_SCHEMA]

    def event_columns(self) -> Columns:
        joined = func.concat_ws(literal_column("char(31)"), *(self._there(EVENT.c[name]) for name in self._joined))
        return [EVENT.c.item, EVENT.c.id, EVENT.c.at, EVENT.c.seq, joined.label("joined")]

    def items(self, found: pl.DataFrame) -> pl.DataFrame:
        known = found.with_columns(self._known(name) for name in ITEM_SCHEMA)
        return known.with_columns(_microseconds("created_at"), _microseconds("gone_at"))

    def events(self, found: pl.DataFrame) -> pl.DataFrame:
        """Raises Ambiguous."""
        codes = found["joined"].cast(pl.Categorical(pl.Categories.random()))
        different = codes.unique().to_frame().sort(pl.col("joined").to_physical())["joined"].cast(pl.String)
        last = len(self._joined) - 1
        if (different.str.count_matches(APART, literal=True) != last).any():
            raise Ambiguous
        parts = different.str.split_exact(APART, last).struct.rename_fields(self._joined).struct.unnest()
        words = _coded(parts.with_columns(self._known(name) for name in self._joined))
        plain = found.select("item", "id", _microseconds("at"), "seq")
        return plain.hstack(words[codes.to_physical()])

    def _there(self, column: Any) -> ColumnElement[Any]:
        return func.ifnull(column, literal(self._nothing)).label(column.name) if column.nullable else column

    def _known(self, name: str) -> pl.Expr:
        return pl.when(pl.col(name) != self._nothing).then(pl.col(name))


class Server:
    """PostgreSQL."""

    def __init__(self, *, one_source: bool) -> None:
        self._words = CODED if one_source else JOINED

    def item_columns(self) -> Columns:
        return [cast(ITEM.c[name], Text).label(name) if name in LISTS else ITEM.c[name] for name in ITEM_SCHEMA]

    def event_columns(self) -> Columns:
        return [EVENT.c[name] for name in ("item", "id", "at", "seq", *self._words)]

    def items(self, found: pl.DataFrame) -> pl.DataFrame:
        return found.with_columns(pl.col("created_at", "gone_at").to_physical())

    def events(self, found: pl.DataFrame) -> pl.DataFrame:
        return _coded(found.with_columns(pl.col("at").to_physical()))


def items_of(way: Lite | Server, found: pl.DataFrame) -> Items:
    """Ordered by source and key."""
    if found.is_empty():
        return Items(pl.DataFrame(schema=ITEM_SCHEMA))
    lists = [pl.col(name).str.json_decode(pl.List(pl.String)) for name in LISTS]
    return Items(way.items(found).with_columns(lists).select(_as(ITEM_SCHEMA)).sort("source", "key"))


def events_of(way: Lite | Server, found: pl.DataFrame, items: Items) -> Events:
    """Those of the items, ordered by source and id; where no source is told, it is that of all items.

    Raises Ambiguous.
    """
    if found.is_empty() or not items:
        return Events(pl.DataFrame(schema=EVENT_SCHEMA), items)
    return Events(pl.concat(_by_source(way.events(found), items.frame)), items)


def _by_source(events: pl.DataFrame, items: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Each with the number of its item, which is where its key stands among all keys."""
    first = 0
    for (source,), some in items.group_by("source", maintain_order=True):
        own = events.filter(pl.col("source") == source) if "source" in events.columns else events
        number = pl.col("item").cast(pl.Enum(some["key"]), strict=False).to_physical().cast(pl.UInt32) + first
        yield own.with_columns(number).drop_nulls("item").sort("id").select(_as(EVENT_SCHEMA))
        first += len(some)


def _as(schema: Mapping[str, Any]) -> list[pl.Expr]:
    return [pl.col(name).cast(kind) for name, kind in schema.items()]


def _coded(words: pl.DataFrame) -> pl.DataFrame:
    return words.with_columns(pl.col(name).cast(EVENT_SCHEMA[name]) for name in words.columns if name in CODED)


def _microseconds(name: str) -> pl.Expr:
    return pl.col(name).str.to_datetime(WRITTEN, time_unit="us").to_physical()
