"""Which of several processes does what is due: one at a time, and another as soon as that one is gone.

With PostgreSQL by an advisory lock on a connection of its own, which the server gives up with the connection; behind a
pooler it needs session pooling. With SQLite there is one such process: a file beside the database is locked.
It only spares work: that nothing is done twice is what claims are for (`bot.run_store`).
Source: postgresql.org/docs, explicit locking, advisory locks; flock(2).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress

from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from bot.database import Database, failing
from bot.errors import StoreError

LOCK = text("SELECT pg_try_advisory_lock(hashtext('gemba run'))")
PING = text("SELECT 1")
MISSED = text(
    """SELECT set_config('tcp_keepalives_idle', '30', false), set_config('tcp_keepalives_interval', '10', false),
       set_config('tcp_keepalives_count', '3', false), set_config('tcp_user_timeout', '60000', false)"""
)
"""A leader that vanished without a word has the lock for a minute, not for hours, as the server has it otherwise."""

Leads = Callable[[], bool]
"""Whether this process leads now; it tries to where none does. Raises StoreError where nobody can know."""


@contextmanager
def leading(database: Database) -> Iterator[Leads]:
    """While the block runs. Raises StoreError where another process has a SQLite database to itself."""
    if not database.is_sqlite:
        candidate = _Candidate(database)
        try:
            yield candidate.leads
        finally:
            candidate.resign()
        return
    name = database.engine.url.database
    with _alone(f"{name}.lock") if name and name != ":memory:" else nullcontext():
        yield lambda: True


@contextmanager
def _alone(path: str) -> Iterator[None]:
    from filelock import FileLock, Timeout

    lock = FileLock(path, timeout=0, mode=0o600)
    try:
        lock.acquire()
    except Timeout as problem:
        raise StoreError(
            "another `gemba run` uses this database; stop it first, or use PostgreSQL, which several may share"
        ) from problem
    except OSError as problem:
        raise StoreError(f"{path} cannot be written: {problem.strerror}; let gemba write there") from problem
    try:
        yield
    finally:
        lock.release()


class _Candidate:
    """One process among several."""

    def __init__(self, database: Database) -> None:
        self._address = database.address
        self._engine = database.engine.execution_options(isolation_level="AUTOCOMMIT")
        self._connection: Connection | None = None
        self._has_lock = False

    def leads(self) -> bool:
        """A connection that is lost has lost its lock, too. Raises StoreError where there is no other."""
        try:
            return self._asked()
        except SQLAlchemyError:
            self.resign()
        try:
            with failing(self._address):
                return self._asked()
        except StoreError:
            self.resign()
            raise

    def _asked(self) -> bool:
        if self._connection is None:
            self._connection, self._has_lock = self._engine.connect(), False
            self._connection.detach()
            self._connection.execute(MISSED)
        if self._has_lock:
            self._connection.execute(PING)
        else:
            self._has_lock = bool(self._connection.execute(LOCK).scalar())
        return self._has_lock

    def resign(self) -> None:
        connection, self._connection, self._has_lock = self._connection, None, False
        if connection is not None:
            with suppress(SQLAlchemyError):
                connection.close()
