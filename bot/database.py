"""One way to open, read and write a database, be it SQLite or PostgreSQL."""

import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from threading import Lock
from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine, event, make_url, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from bot.errors import NothingYet, StoreError
from bot.redaction import redacted
from connectors.secrets import remember

WAL_ATTEMPTS, WAL_PAUSE_S = 100, 0.1
CHUNK = 500
"""Rows a statement."""

Row = dict[str, Any]


class Database:
    """An address, opened; `read_only`: so that nothing can be written. Whatever it refuses becomes a StoreError."""

    def __init__(self, url: str, *, read_only: bool = False) -> None:
        self.read_only = read_only
        self.engine = _engine(url, read_only=read_only)
        self._writer = self.engine.execution_options(writes=True)
        self._one_by_one: AbstractContextManager[Any] = Lock() if self.is_sqlite else nullcontext()

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Connection]:
        with _failing(self.engine), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self, turn: str | None = None) -> Iterator[Connection]:
        """One writer at a time: of the whole database in SQLite, of those with the same `turn` in PostgreSQL."""
        if self.read_only:
            raise StoreError(f"the database {_place(self.engine)} was opened to be read only")
        with _failing(self.engine), self._one_by_one, self._writer.begin() as connection:
            if turn is not None and connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(hashtext(:turn))"), {"turn": f"gemba {turn}"})
            yield connection

    def forget(self) -> None:
        """Leave nothing of what was overwritten in the files."""
        if self.is_sqlite:
            with _failing(self.engine), self.engine.connect() as connection:
                connection.connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")


@contextmanager
def _failing(engine: Engine) -> Iterator[None]:
    """Whatever the database refuses, in a sentence."""
    try:
        yield
    except SQLAlchemyError as problem:
        cause = problem.orig if isinstance(problem, DBAPIError) else problem
        raise StoreError(f"the database {_place(engine)} cannot be used: {redacted(str(cause))}") from problem


def _place(engine: Engine) -> str:
    """Without passwords, of which libpq takes one from the query, too."""
    return redacted(engine.url.render_as_string())


def _engine(url: str, *, read_only: bool) -> Engine:
    """`postgresql_readonly`: every transaction is one that PostgreSQL lets read only; SQLite does not know it."""
    remember(os.environ.get("PGPASSWORD"))
    try:
        remember(make_url(url).password)
        options = {"postgresql_readonly": read_only}
        engine = create_engine(url, max_overflow=-1, execution_options=options, hide_parameters=True)
    except (ArgumentError, NoSuchModuleError, ImportError) as problem:
        raise StoreError(
            f"the database address in [store] url is not understood: {redacted(str(problem))}; "
            "write sqlite:///gemba.db or postgresql+psycopg://user@host/name"
        ) from problem
    except ValueError as problem:
        raise StoreError("the port in [store] url is no number; write :5432, and of a password / as %2F") from problem
    if engine.dialect.name == "sqlite":
        folder = Path(engine.url.database or ".").parent
        if not folder.is_dir():
            raise StoreError(f"there is no folder {folder} for the database; make it, or change [store] url")
        if read_only and not (engine.url.query or Path(engine.url.database or ".").exists()):
            raise NothingYet(f"there is no database {engine.url.database} yet; run `gemba collect`")
        _prepare_sqlite(engine, read_only=read_only)
    return engine


def _prepare_sqlite(engine: Engine, *, read_only: bool) -> None:
    """Readers never wait; writers take the lock when they begin.

    Without this, a SELECT runs outside the transaction and two writers lose updates silently.
    Source: sqlite.org/lang_transaction.html; SQLAlchemy, dialects/sqlite, transaction isolation.
    """

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _: Any) -> None:
        connection.isolation_level = None
        for pragma in ("busy_timeout=30000", "synchronous=NORMAL", "temp_store=MEMORY", "secure_delete=ON"):
            connection.execute(f"PRAGMA {pragma}")
        if read_only:
            connection.execute("PRAGMA query_only=ON")
        else:
            _write_ahead(connection)

    if read_only:
        event.listen(engine, "do_connect", _only_what_is_there)

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _only_what_is_there(_: Any, __: Any, arguments: list[Any], options: dict[str, Any]) -> None:
    """No file is made, and none is changed. Source: sqlite.org/uri.html."""
    if arguments[0] != ":memory:" and not options.get("uri"):
        arguments[0] = f"{Path(arguments[0]).resolve().as_uri()}?mode=ro"
        options["uri"] = True


def _write_ahead(connection: Any) -> None:
    """Switching to WAL needs the file alone for a moment, and does not wait for it by itself."""
    for left in reversed(range(WAL_ATTEMPTS)):
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            if not left:
                raise
            time.sleep(WAL_PAUSE_S)
        else:
            return


def upsert(connection: Connection, table: Table, rows: Iterable[Row], *, keep: bool = False) -> None:
    """Insert, or overwrite (unless `keep`) what has the same key; of several rows with one key the last counts."""
    names = [column.name for column in table.primary_key]
    latest = {tuple(row[n] for n in names): row for row in rows}
    statement = dialect_insert(connection)(table)
    for some in chunks(list(latest.values())):
        changed = {n: statement.excluded[n] for n in some[0] if n not in names}
        action = (
            statement.on_conflict_do_update(index_elements=names, set_=changed)
            if changed and not keep
            else statement.on_conflict_do_nothing()
        )
        connection.execute(action, some)


def insert_once(connection: Connection, table: Table, row: Row) -> Any:
    """Returns a row where it was new."""
    return dialect_insert(connection)(table).values(row).on_conflict_do_nothing().returning(*table.primary_key)


def dialect_insert(connection: Connection) -> Callable[[Any], Any]:
    """The insert that knows what to do about a conflict."""
    return postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert


def chunks(rows: Sequence[Any]) -> Iterator[list[Any]]:
    """As many as a statement takes."""
    for start in range(0, len(rows), CHUNK):
        yield list(rows[start : start + CHUNK])
