"""What a database hands over, as frames of the engine (`bot.frames`).

From SQLite, words that repeat come as one text of JSON, which is read once for each that is different, and times come
before ids in one text: a column more costs more than joining it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
from sqlalchemy import ColumnElement, Table, Text, cast, func, type_coerce

from bot.frames import EVENT_SCHEMA, ITEM_SCHEMA, Events, Items
from bot.queries import EVENT, ITEM

CODED = ("kind", "state", "state_id", "actor", "actor_kind", "detail")
JOINED = (*CODED, "source")
LISTS = ("labels", "aliases", "doubts")
COMMON = ("source", "scope", "kind", "type", "parent", *LISTS, "about", "gone_at")
"""What many items have alike."""

WRITTEN, LENGTH = "%Y-%m-%d %H:%M:%S.%6f", len("2026-01-31 09:00:00.000000")
"""How SQLAlchemy writes a time into SQLite."""

Columns = Sequence[ColumnElement[Any]]


@dataclass(frozen=True)
class Told:
    """Events as they were handed over: `rows` of item, id, at, seq, and said: which row of `words` the rest is in."""

    rows: pl.DataFrame
    words: pl.DataFrame

    def of(self, source: str) -> pl.DataFrame:
        """The rows of a source; all, where none is told."""
        if "source" not in self.words.columns:
            return self.rows
        return self.rows.filter((self.words["source"] == source).gather(self.rows["said"]))


class Lite:
    """SQLite. No column is ever NULL, since ADBC takes the type of a column from its first rows."""

    def __init__(self, *, one_source: bool) -> None:
        self._joined = CODED if one_source else JOINED

    def item_columns(self) -> Columns:
        return [*(ITEM.c[name] for name in ITEM_SCHEMA if name not in COMMON), _joined(ITEM, COMMON)]

    def event_columns(self) -> Columns:
        at_id = type_coerce(EVENT.c.at, Text).concat(EVENT.c.id)
        return [EVENT.c.item, at_id.label("at_id"), EVENT.c.seq, _joined(EVENT, self._joined)]

    def items(self, found: pl.DataFrame) -> pl.DataFrame:
        common, said = _parted(found["joined"], COMMON)
        known = common.with_columns(_microseconds(pl.col("gone_at")), *_lists())
        own = found.drop("joined").with_columns(_microseconds(pl.col("created_at")))
        return own.hstack(known[said])

    def events(self, found: pl.DataFrame) -> Told:
        words, said = _parted(found["joined"], self._joined)
        at, name = pl.col("at_id").str.head(LENGTH), pl.col("at_id").str.slice(LENGTH)
        return Told(found.select("item", name.alias("id"), _microseconds(at).alias("at"), "seq", said), _coded(words))


class Server:
    """PostgreSQL."""

    def __init__(self, *, one_source: bool) -> None:
        self._words = CODED if one_source else JOINED

    def item_columns(self) -> Columns:
        return [cast(ITEM.c[name], Text).label(name) if name in LISTS else ITEM.c[name] for name in ITEM_SCHEMA]

    def event_columns(self) -> Columns:
        return [EVENT.c[name] for name in ("item", "id", "at", "seq", *self._words)]

    def items(self, found: pl.DataFrame) -> pl.DataFrame:
        return found.with_columns(pl.col("created_at", "gone_at").to_physical(), *_lists())

    def events(self, found: pl.DataFrame) -> Told:
        said = pl.int_range(pl.len(), dtype=pl.UInt32).alias("said")
        rows = found.select("item", "id", pl.col("at").to_physical(), "seq", said)
        return Told(rows, _coded(found.select(self._words)))


def items_of(way: Lite | Server, found: pl.DataFrame) -> Items:
    """Ordered by source and key."""
    if found.is_empty():
        return Items(pl.DataFrame(schema=ITEM_SCHEMA))
    return Items(way.items(found).select(_as(ITEM_SCHEMA)).sort("source", "key"))


def events_of(way: Lite | Server, found: pl.DataFrame, items: Items) -> Events:
    """Those of the items, ordered by source and id; where no source is told, it is that of all items."""
    if found.is_empty() or not items:
        return Events(pl.DataFrame(schema=EVENT_SCHEMA), items)
    return Events(pl.concat(_by_source(way.events(found), items.frame)), items)


def _by_source(told: Told, items: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Each with the number of its item, which is where its key stands among all keys.

    Several threads would take twice the processor time to sort them, and gain next to nothing.
    """
    first = 0
    for (source,), some in items.group_by("source", maintain_order=True):
        number = pl.col("item").cast(pl.Enum(some["key"]), strict=False).to_physical().cast(pl.UInt32) + first
        rows = told.of(str(source)).with_columns(number).drop_nulls("item")
        rows = rows.sort("id", multithreaded=False)
        yield rows.hstack(told.words[rows["said"]]).select(_as(EVENT_SCHEMA))
        first += len(some)


def _lists() -> list[pl.Expr]:
    return [pl.col(name).str.json_decode(pl.List(pl.String)) for name in LISTS]


def _joined(table: Table, names: Sequence[str]) -> ColumnElement[Any]:
    """As JSON, which tells nothing from an empty word."""
    return func.json_array(*(type_coerce(table.c[name], Text) for name in names)).label("joined")


def _parted(joined: pl.Series, names: Sequence[str]) -> tuple[pl.DataFrame, pl.Series]:
    """The different ones, a row each, and `said`: which of them stands in each row."""
    codes = joined.cast(pl.Categorical(pl.Categories.random()))
    different = codes.unique().to_frame("word").sort(pl.col("word").to_physical())["word"].cast(pl.String)
    parts = different.str.json_decode(pl.List(pl.String)).list.to_struct(fields=names).struct.unnest()
    return parts, codes.to_physical().alias("said")


def _as(schema: Mapping[str, Any]) -> list[pl.Expr]:
    return [pl.col(name).cast(kind) for name, kind in schema.items()]


def _coded(words: pl.DataFrame) -> pl.DataFrame:
    return words.with_columns(pl.col(name).cast(EVENT_SCHEMA[name]) for name in words.columns if name in CODED)


def _microseconds(written: pl.Expr) -> pl.Expr:
    """Hardly any time is the same as another, so none is remembered."""
    return written.str.to_datetime(WRITTEN, time_unit="us", cache=False).to_physical()
