"""Rows of a query as a frame, without an object a row: by ADBC.

A part of the store. Where it cannot be, there is the usual way, which says what is wrong in its own words.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import polars as pl
import psycopg
from sqlalchemy import Select

from bot.database import BUSY_MS, Database, file_of, of_server
from bot.openings import alone

BATCH = 65_536
"""Rows that SQLite's driver hands over at once."""

Ask = Callable[[Select[Any]], pl.DataFrame]
"""What a query finds; each in the same moment as all others."""


class Closed(Exception):
    """ADBC cannot be used here."""


@contextmanager
def direct(database: Database) -> Iterator[Ask]:
    """Raises Closed where the database lies in memory, is in use by this process, or cannot be read by ADBC.

    What the driver says may hold the address with its password, and is not told.
    """
    failed = False
    try:
        import adbc_driver_manager
    except ImportError:
        raise Closed from None
    try:
        with _by_sqlite(database) if database.is_sqlite else _by_postgresql(database) as ask:
            yield ask
    except (adbc_driver_manager.Error, psycopg.Error, pl.exceptions.PolarsError):
        failed = True
    if failed:
        raise Closed


@contextmanager
def _by_sqlite(database: Database) -> Iterator[Ask]:
    """Nobody else in this process has the file open meanwhile (`bot.openings`)."""
    from adbc_driver_sqlite import dbapi

    path = file_of(database.engine.url)
    if path is None or not path.exists():
        raise Closed
    database.engine.dispose()
    with alone(path) as is_alone:
        if not is_alone:
            raise Closed
        mode = "ro" if database.read_only else "rw"
        with dbapi.connect(f"{path.resolve().as_uri()}?mode={mode}") as connection, connection.cursor() as cursor:
            cursor.adbc_statement.set_options(**{"adbc.sqlite.query.batch_rows": str(BATCH)})
            for pragma in (f"busy_timeout={BUSY_MS}", "query_only=ON"):
                cursor.execute(f"PRAGMA {pragma}")
            yield lambda query: _found(cursor, _in_words(database, query))


@contextmanager
def _by_postgresql(database: Database) -> Iterator[Ask]:
    from adbc_driver_postgresql import dbapi
    from psycopg.conninfo import make_conninfo

    url = database.engine.url
    options = {**of_server(url)["connect_args"], **database.engine.dialect.create_connect_args(url)[1]}
    known = {name: value for name, value in options.items() if isinstance(value, str | int)}
    with dbapi.connect(make_conninfo("", **known)) as connection, connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield lambda query: _found(cursor, _in_words(database, query) % ())


def _in_words(database: Database, query: Select[Any]) -> str:
    """With its values in it, quoted."""
    return str(query.compile(database.engine, compile_kwargs={"literal_binds": True}))


def _found(cursor: Any, words: str) -> pl.DataFrame:
    cursor.execute(words)
    frame: pl.DataFrame = cursor.fetch_polars()
    return frame
