"""Rows into a table, fast: a statement is compiled once, and rows go to the driver as tuples.

Every value is bound as SQLAlchemy binds it; how that is, is looked up once, too.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from itertools import islice
from operator import attrgetter, itemgetter
from typing import Any

from sqlalchemy import Column, Connection, Dialect, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import psycopg
from sqlmodel.sql.sqltypes import UTCDateTime

from bot.database import Row
from connectors.records import ActorKind, EventKind, ItemKind

AT_ONCE = 600
"""Rows that the driver is given at once."""


class Words(dict[Any, Any]):
    """Members of an enumeration -> their words, which drivers bind twice as fast; what is none stays as it is."""

    def __missing__(self, word: Any) -> Any:
        return word


KINDS = Words({member: member.value for kinds in (EventKind, ActorKind, ItemKind) for member in kinds})

Bound = Callable[[Any], Any] | None
"""What makes a value one that the driver takes; None: it takes it as it is."""


Get = Callable[..., Callable[[Any], Any]]
"""What takes columns by name out of a row: itemgetter, attrgetter."""


@dataclass(frozen=True)
class Upsert:
    """A compiled statement, and how each of its parameters is bound."""

    statement: str
    parameters: Sequence[tuple[str, Bound]]

    def bound(self, rows: Sequence[Any], get: Get) -> list[tuple[Any, ...]]:
        """As the driver takes them."""
        columns = ((map(get(name), rows), bind) for name, bind in self.parameters)
        return list(zip(*(map(bind, column) if bind else column for column, bind in columns), strict=True))


def upsert(connection: Connection, table: Table, rows: Iterable[Row], *, keep: bool = False) -> None:
    """Insert, or overwrite (unless `keep`) what has the same key; of several rows with one key the last counts.

    All rows have the same columns.
    """
    known = itemgetter(*(column.name for column in table.primary_key))
    some = list({known(row): row for row in rows}.values())
    if some:
        _write(connection, _compiled(table, tuple(some[0]), keep, connection.dialect.name), some, itemgetter)


def upsert_records(connection: Connection, table: Table, names: tuple[str, ...], records: Iterable[Any]) -> None:
    """The same of objects whose attributes have the names of columns; the last overwrites the others by itself."""
    _write(connection, _compiled(table, names, False, connection.dialect.name), records, attrgetter)


def _write(connection: Connection, compiled: Upsert, rows: Iterable[Any], get: Get) -> None:
    coming = iter(rows)
    while some := list(islice(coming, AT_ONCE)):
        connection.exec_driver_sql(compiled.statement, compiled.bound(some, get))


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
    return Upsert(str(done), [(name, _bound(table.c[name], dialect)) for name in done.positiontup or ()])


def _placing(dialect_name: str) -> Dialect:
    """The dialect whose parameters have only places."""
    known: Callable[..., Dialect] = psycopg.dialect if dialect_name == "postgresql" else sqlite.dialect
    return known(paramstyle="format" if dialect_name == "postgresql" else "qmark")


def _bound(column: Column[Any], dialect: Dialect) -> Bound:
    if column.name in ("kind", "actor_kind"):
        return KINDS.__getitem__
    bind: Bound = column.type.dialect_impl(dialect).bind_processor(dialect)
    return _written(bind) if bind and dialect.name == "sqlite" and isinstance(column.type, UTCDateTime) else bind


def _written(bind: Callable[[Any], Any]) -> Bound:
    """An instant as SQLAlchemy writes it into SQLite, several times as fast where it is in UTC."""

    def written(at: datetime | None) -> Any:
        return at.isoformat(" ", "microseconds")[:26] if at is not None and at.tzinfo is UTC else bind(at)

    return written
