"""One way to open, read and write a database, be it SQLite or PostgreSQL."""

import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from threading import Lock
from typing import Any

from sqlalchemy import URL, Connection, Engine, Table, create_engine, event, make_url, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from bot.database_faults import is_busy, is_damage, sentence
from bot.errors import Damaged, NothingYet, StoreError
from bot.openings import opened
from bot.redaction import redacted
from connectors.secrets import remember

WAL_ATTEMPTS, WAL_PAUSE_S = 100, 0.1
BUSY_MS, READERS_MS = 30_000, 1_000
"""How long a writer waits for its turn, and how long readers are waited for."""

CHUNK = 500
"""Rows a statement."""

NAME = "gemba"
"""As which a connection is known to PostgreSQL, unless the address says otherwise."""

IMPATIENT = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}
"""A server that vanished without a word is missed after a minute, not hours. Source: postgresql.org/docs, libpq."""

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

    def close(self) -> None:
        self.engine.dispose()

    @property
    def address(self) -> str:
        """Without passwords, of which libpq takes one from the query, too."""
        return redacted(self.engine.url.render_as_string())

    @contextmanager
    def read(self) -> Iterator[Connection]:
        with failing(self.address), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """Whatever is read in it is of one moment, and rows come as they are asked for."""
        options = {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with failing(self.address), self.engine.execution_options(**options).connect() as connection:
            yield connection

    @contextmanager
    def write(self, turn: str | None = None) -> Iterator[Connection]:
        """One writer at a time: of the whole database in SQLite, of those with the same `turn` in PostgreSQL."""
        if self.read_only:
            raise StoreError(
                f"the database {self.address} was opened to be read only; run a command that writes, as `gemba collect`"
            )
        with failing(self.address), self._one_by_one, self._writer.begin() as connection:
            if turn is not None and connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(hashtext(:turn))"), {"turn": f"gemba {turn}"})
            yield connection

    def forget(self) -> bool:
        """Leave nothing of what was overwritten in the files; False while somebody still reads it there.

        Writers wait as long as this does for readers, so it does not wait for long.
        """
        if not self.is_sqlite:
            return True
        (held, _, _) = self._plainly(f"PRAGMA busy_timeout={READERS_MS}", "PRAGMA wal_checkpoint(TRUNCATE)")
        return bool(held == 0)

    def shrink(self) -> None:
        """Give back what a SQLite file has no use for. PostgreSQL does so by itself (autovacuum).

        The copy that is made on the way lies in a file, since it may be larger than the memory.
        """
        if self.is_sqlite:
            self._plainly("PRAGMA temp_store=FILE", "VACUUM", "PRAGMA temp_store=MEMORY")

    def _plainly(self, *statements: str) -> Any:
        """Outside of any transaction; what the last one answers."""
        with failing(self.address), self.engine.connect() as connection:
            cursor = connection.connection.cursor()
            try:
                return [cursor.execute(statement).fetchone() for statement in statements][-1]
            finally:
                cursor.execute(f"PRAGMA busy_timeout={BUSY_MS}")


@contextmanager
def failing(address: str) -> Iterator[None]:
    """Whatever the database refuses, in a sentence."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as problem:
        cause = problem.orig if isinstance(problem, DBAPIError) and problem.orig else problem
        raise (Damaged if is_damage(cause) else StoreError)(sentence(address, cause)) from problem


def _engine(url: str, *, read_only: bool) -> Engine:
    remember(os.environ.get("PGPASSWORD"))
    try:
        parsed = make_url(url)
        remember(parsed.password)
        options = {**of_server(parsed), "execution_options": _options(read_only=read_only)}
        engine = create_engine(url, max_overflow=-1, hide_parameters=True, **options)
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


def _options(*, read_only: bool) -> dict[str, Any]:
    """Every transaction is one that PostgreSQL lets read only, or as the server has it; SQLite does not know it."""
    return {"postgresql_readonly": True} if read_only else {}


def of_server(url: URL) -> dict[str, Any]:
    """A server may have been started anew since it was asked last, and knows us by a name."""
    if url.get_backend_name() != "postgresql":
        return {}
    usual = {"application_name": NAME, **IMPATIENT}
    return {"pool_pre_ping": True, "connect_args": {k: v for k, v in usual.items() if k not in url.query}}


def _prepare_sqlite(engine: Engine, *, read_only: bool) -> None:
    """Readers never wait; writers take the lock when they begin.

    Without this, a SELECT runs outside the transaction and two writers lose updates silently.
    Source: sqlite.org/lang_transaction.html; SQLAlchemy, dialects/sqlite, transaction isolation.
    """

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _: Any) -> None:
        connection.isolation_level = None
        for pragma in (f"busy_timeout={BUSY_MS}", "synchronous=NORMAL", "temp_store=MEMORY", "secure_delete=ON"):
            connection.execute(f"PRAGMA {pragma}")
        if read_only:
            connection.execute("PRAGMA query_only=ON")
        else:
            _write_ahead(connection)

    @event.listens_for(engine, "do_connect")
    def connecting(_: Any, __: Any, arguments: list[Any], options: dict[str, Any]) -> Any:
        if read_only:
            _only_what_is_there(arguments, options)
        path = file_of(engine.url)
        return opened(path, *arguments, **options) if path else None

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def file_of(url: URL) -> Path | None:
    """Where a SQLite database lies; None where it lies in memory, or its address says more than a path."""
    plain = url.get_backend_name() == "sqlite" and not url.query and url.database not in (None, "", ":memory:")
    return Path(url.database or "") if plain else None


def _only_what_is_there(arguments: list[Any], options: dict[str, Any]) -> None:
    """No file is made, and none is changed. Source: sqlite.org/uri.html."""
    if arguments[0] != ":memory:" and not options.get("uri"):
        arguments[0] = f"{Path(arguments[0]).resolve().as_uri()}?mode=ro"
        options["uri"] = True


def _write_ahead(connection: Any) -> None:
    """Switching to WAL needs the file alone for a moment, and does not wait for it by itself."""
    for left in reversed(range(WAL_ATTEMPTS)):
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as problem:
            if not left or not is_busy(problem):
                raise
            time.sleep(WAL_PAUSE_S)
        else:
            return


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
