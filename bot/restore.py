"""A backup back into a database, all or nothing. A part of the store: `Store.care.restore`."""

import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Connection, text

from bot.backup import back_up, copy_rows, tables_of
from bot.database import Database, failing
from bot.database_faults import is_busy, is_damage
from bot.errors import StoreError
from bot.integrity import check_file, opened
from bot.revisions import HEAD, TABLES, bring

SIDES = ("", "-wal", "-shm", "-journal")
"""What belongs to a SQLite database. Source: sqlite.org/tempfiles.html."""

WAIT_S, LOOKS = 1.0, 10
IN_USE = "is in use; stop `gemba run`, `gemba serve` and every other command, and restore again"


def restore(database: Database, file: Path, first: Callable[[], None] = lambda: None) -> None:
    """Put what a backup holds in place of everything; one of an older revision is upgraded first, the file stays.

    `first`: done when the file was found sound. Raises StoreError where it is not, or the database is in use.
    """
    found = check_file(file)
    first()
    database.close()
    path = path_of(database)
    with _at_head(file, found, path.parent if path else None) as whole:
        if path is None:
            _into_postgresql(database, whole)
        else:
            with failing(database.address):
                _into_sqlite(path, whole)


def put_aside(database: Database, target: Path) -> None:
    """What a damaged SQLite database consists of, as it is, for whoever may be able to read it."""
    path = path_of(database)
    if path is None:
        raise StoreError(f"the database {database.address} is damaged; make a new one, and restore into that")
    try:
        for side in SIDES:
            if Path(f"{path}{side}").exists():
                shutil.copy2(f"{path}{side}", f"{target}{side}")
    except OSError as problem:
        raise StoreError(
            f"{target} cannot be written: {problem.strerror}; make room, or name another file"
        ) from problem


@contextmanager
def _at_head(file: Path, found: str, folder: Path | None) -> Iterator[Path]:
    """The file itself, or a copy of it that was upgraded."""
    if found == HEAD:
        yield file
        return
    with TemporaryDirectory(prefix=".gemba-", dir=folder) as temporary:
        copy = Path(temporary) / "upgraded.db"
        with closing(opened(file)) as kept:
            back_up(kept, copy)
        with closing(Database(f"sqlite:///{copy}")) as upgraded, upgraded.write() as connection:
            bring(connection)
        yield copy


def path_of(database: Database) -> Path | None:
    """Where a SQLite database lies."""
    return Path(database.engine.url.database or "") if database.is_sqlite else None


def _into_sqlite(path: Path, file: Path) -> None:
    """In one transaction of SQLite's own, so that no reader and no kill sees half of it.

    Source: sqlite.org/backup.html. What is damaged beyond opening makes room first.
    """
    with closing(_reader(file)) as source:
        try:
            _replaced(source, path)
        except sqlite3.DatabaseError as problem:
            if not is_damage(problem):
                raise
            os.truncate(path, 0)
            for side in SIDES[1:]:
                Path(f"{path}{side}").unlink(missing_ok=True)
            _replaced(source, path)


def _reader(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)


def _replaced(source: sqlite3.Connection, path: Path) -> None:
    with closing(sqlite3.connect(path, timeout=WAIT_S, isolation_level=None)) as target:
        _alone(target, path)
        source.backup(target)
        with suppress(sqlite3.OperationalError):
            target.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _alone(target: sqlite3.Connection, path: Path) -> None:
    """Hold it so that nobody else can open it. Every process that has opened it for anything is in the way.

    Source: sqlite.org/pragma.html#pragma_locking_mode.
    """
    try:
        for statement in ("PRAGMA locking_mode=EXCLUSIVE", "BEGIN EXCLUSIVE", "COMMIT"):
            target.execute(statement)
    except sqlite3.OperationalError as problem:
        if is_busy(problem):
            raise StoreError(f"the database {path} {IN_USE}") from problem
        raise


def _into_postgresql(database: Database, file: Path) -> None:
    """In one transaction; whoever comes meanwhile waits until it ends."""
    with database.write("upgrade") as target, closing(opened(file)) as kept, kept.snapshot() as source:
        target.execute(text(f"SET LOCAL lock_timeout = '{WAIT_S:.0f}s'"))
        bring(target)
        tables = [table for table in tables_of(source) if table.name in TABLES]
        target.execute(text(f"TRUNCATE {', '.join(table.name for table in tables)}"))
        _check_alone(target, database.address)
        copy_rows(source, target, tables)


def _check_alone(connection: Connection, address: str) -> None:
    """Raises StoreError where others call themselves as this session does; one that closed takes a moment."""
    query = """SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
               AND application_name = current_setting('application_name') AND backend_type = 'client backend'"""
    for left in reversed(range(LOOKS)):
        connection.execute(text("SELECT pg_stat_clear_snapshot()"))
        if not connection.execute(text(query)).scalar_one():
            return
        if left:
            time.sleep(WAIT_S / LOOKS)
    raise StoreError(f"the database {address} {IN_USE}")
