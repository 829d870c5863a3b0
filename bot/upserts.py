"""Rows into a table, fast: a statement is compiled once, and rows go to the driver as tuples.

Every value is bound as SQLAlchemy binds it; how that is, is looked up once, too.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from itertools import islice
from operator import itemgetter
from typing import Any

from sqlalchemy import Column, Connection, Dialect, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import psycopg
from sqlmodel.sql.sqltypes import UTCDateTime

from bot.database import CHUNK, Row

Values = tuple[Any, ...]
Bound = Callable[[Any], Any] | None
"""What makes a value one that the driver takes; None: it takes it as it is."""


@dataclass(frozen=True)
class Upsert:
    """A compiled statement. `taken`: where in a row each of its parameters stands; `key`: what a row is known by."""

    statement: str
    taken: tuple[tuple[int, Bound], ...]
    key: Callable[[Values], Any]

    def bound(self, rows: Sequence[Values]) -> list[Values]:
        """As the driver takes them."""
        columns = list(zip(*rows, strict=True))
        return list(zip(*(map(bind, columns[at]) if bind else columns[at] for at, bind in self.taken), strict=True))

    def last(self, rows: Iterable[Values]) -> Iterable[Values]:
        """Of several rows with one key the last."""
        return {self.key(row): row for row in rows}.values()


def upsert(connection: Connection, table: Table, rows: Iterable[Row], *, keep: bool = False) -> None:
    """Insert, or overwrite (unless `keep`) what has the same key; of several rows with one key the last counts.

    All rows have the same columns.
    """
    some = list(rows)
    if some:
        names = tuple(some[0])
        upsert_values(connection, table, names, ([row[name] for name in names] for row in some), keep=keep)


def upsert_values(
    connection: Connection, table: Table, names: tuple[str, ...], rows: Iterable[Any], *, keep: bool = False
) -> None:
    """The same of plain sequences, whose values stand in the order of `names`.

    Drivers execute a statement row by row, so the last row overwrites the others by itself.
    """
    compiled = _compiled(table, names, keep, connection.dialect.name)
    coming = iter(compiled.last(rows) if keep else rows)
    while some := list(islice(coming, CHUNK)):
        connection.exec_driver_sql(compiled.statement, compiled.bound(some))


@cache
def _compiled(table: Table, names: tuple[str, ...], keep: bool, dialect_name: str) -> Upsert:
    insert = postgresql.insert if dialect_name == "postgresql" else sqlite.insert
    dialect = _placing(dialect_name)
    key, statement = [column.name for column in table.primary_key], insert(table)
    changed = {name: statement.excluded[name] for name in names if name not in key}
    done = (
        statement.on_conflict_do_update(index_elements=key, set_=changed)
        if changed and not keep
        else statement.on_conflict_do_nothing()
    ).compile(dialect=dialect, column_keys=names)
    taken = tuple((names.index(name), _bound(table.c[name], dialect)) for name in done.positiontup or ())
    return Upsert(str(done), taken, itemgetter(*map(names.index, key)))


def _placing(dialect_name: str) -> Dialect:
    """The dialect whose parameters have only places."""
    known: Callable[..., Dialect] = psycopg.dialect if dialect_name == "postgresql" else sqlite.dialect
    return known(paramstyle="format" if dialect_name == "postgresql" else "qmark")


def _bound(column: Column[Any], dialect: Dialect) -> Bound:
    bind: Bound = column.type.dialect_impl(dialect).bind_processor(dialect)
    return _written(bind) if bind and dialect.name == "sqlite" and isinstance(column.type, UTCDateTime) else bind


def _written(bind: Callable[[Any], Any]) -> Bound:
    """An instant as SQLAlchemy writes it into SQLite, several times as fast where it is in UTC."""

    def written(at: datetime | None) -> Any:
        return at.isoformat(" ", "microseconds")[:26] if at is not None and at.tzinfo is UTC else bind(at)

    return written
