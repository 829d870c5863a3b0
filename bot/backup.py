"""A copy of the whole store while it is in use: always one SQLite file at the same revision, which gemba can open.

A part of the store: `Store.care.backup`. What is read is of one moment, whatever is written meanwhile.
"""

import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, Column, Connection, DateTime, MetaData, Table, create_engine, inspect, select, text
from sqlmodel.sql.sqltypes import UTCDateTime

from bot.database import CHUNK, Database, failing
from bot.errors import NothingYet, StoreError
from bot.files import beside
from bot.revisions import bring, revision_of
from bot.tables import Json

ONLY_MINE = 0o600
UNUSED = "alembic_version"


def back_up(database: Database, target: Path) -> None:
    """Raises NothingYet where nothing is kept, and StoreError where it cannot be read, or the file not be written.

    The file is there when all of it lies on the disk, and only its owner can read it.
    """
    with database.read() as connection:
        if revision_of(connection) is None:
            raise NothingYet("the database is empty, so there is nothing to copy; run `gemba collect` first")
    with _placed(target) as new:
        if database.is_sqlite:
            _compact(database, new)
        else:
            _read_out(database, new)


@contextmanager
def _placed(target: Path) -> Iterator[Path]:
    """A file to be written, which is then moved to a place where nothing is."""
    new = beside(target)
    if target.exists():
        raise _taken(target)
    try:
        os.close(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, ONLY_MINE))
        yield new
        _settle(new)
        _move(new, target)
        _settle(target.parent)
    except OSError as problem:
        raise StoreError(
            f"{target} cannot be written: {problem.strerror}; name another place, or make room"
        ) from problem
    finally:
        for leftover in (new, Path(f"{new}-journal")):
            with suppress(OSError):
                leftover.unlink()


def _move(new: Path, target: Path) -> None:
    """Whoever was there first stays. Not every file system has links."""
    try:
        os.link(new, target)
    except FileExistsError as problem:
        raise _taken(target) from problem
    except OSError:
        new.rename(target)


def _taken(target: Path) -> StoreError:
    return StoreError(f"{target} exists already; name a new file")


def _settle(path: Path) -> None:
    """Until it lies on the disk."""
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _compact(database: Database, new: Path) -> None:
    """Source: sqlite.org/lang_vacuum.html, VACUUM INTO: a snapshot, into a file that is empty."""
    with failing(database.address), closing(database.engine.raw_connection()) as connection:
        cursor = connection.cursor()
        before = cursor.execute("PRAGMA query_only").fetchone()[0]
        try:
            cursor.execute("PRAGMA query_only=OFF")
            with _written(new):
                cursor.execute("VACUUM INTO ?", (str(new),))
        finally:
            cursor.execute(f"PRAGMA query_only={before}")


@contextmanager
def _written(new: Path) -> Iterator[None]:
    """What goes wrong here is rather the new file's fault."""
    try:
        yield
    except sqlite3.Error as problem:
        if problem.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN):
            raise
        raise StoreError(
            f"{new.parent} has no room for the copy, or cannot be written ({problem}); make room, or name another place"
        ) from problem


def _read_out(database: Database, new: Path) -> None:
    """Nobody upgrades meanwhile: which tables there are is no part of PostgreSQL's snapshots."""
    engine = create_engine(f"sqlite:///{new}")
    try:
        with _nobody_upgrades(database), database.snapshot() as source, engine.begin() as copy:
            with failing(str(new)):
                for pragma in ("journal_mode=OFF", "synchronous=OFF"):
                    copy.exec_driver_sql(f"PRAGMA {pragma}")
                bring(copy, revision_of(source) or "head")
            copy_rows(source, copy, tables_of(copy))
    finally:
        engine.dispose()


@contextmanager
def _nobody_upgrades(database: Database) -> Iterator[None]:
    with database.read() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock_shared(hashtext('gemba upgrade'))"))
        yield


def tables_of(connection: Connection) -> list[Table]:
    """Those that are there, of whatever revision, so that their rows fit into another database's."""
    inspector, found = inspect(connection), MetaData()
    names = sorted({*inspector.get_table_names()} - {UNUSED})
    return [Table(name, found, *map(_column, inspector.get_columns(name))) for name in names]


def _column(known: Mapping[str, Any]) -> Column[Any]:
    return Column(known["name"], _plain(known["type"]), nullable=known["nullable"])


def _plain(kind: Any) -> Any:
    """What both databases understand by a type."""
    if isinstance(kind, DateTime):
        return UTCDateTime()
    return Json if isinstance(kind, JSON) else kind


def copy_rows(source: Connection, target: Connection, tables: Sequence[Table]) -> Mapping[str, int]:
    """All of the tables, a few at a time; how many each has."""
    return {table.name: _copied(source, target, table) for table in tables}


def _copied(source: Connection, target: Connection, table: Table) -> int:
    rows, number = source.execute(select(table), execution_options={"yield_per": CHUNK}).mappings(), 0
    for some in rows.partitions():
        with failing(target.engine.url.render_as_string()):
            target.execute(table.insert(), [dict(row) for row in some])
        number += len(some)
    return number
