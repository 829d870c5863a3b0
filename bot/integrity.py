"""Whether a database, or a file that is to become one, is as it should be."""

from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, inspect

from bot.database import Database
from bot.database_faults import DAMAGED, RESTORE
from bot.errors import Damaged, StoreError
from bot.revisions import HEAD, TABLES, revision_of


def check_whole(database: Database, *, thoroughly: bool = False) -> None:
    """Raises Damaged where a page of a SQLite file is not as it should be, or a table is missing.

    PostgreSQL looks after its pages itself. `thoroughly`: whether indexes tell the same as their tables, too; takes
    several times as long. Source: sqlite.org/pragma.html#pragma_quick_check.
    """
    with database.read() as connection:
        if database.is_sqlite:
            _check_pages(connection, database.address, "integrity_check" if thoroughly else "quick_check")
        if revision_of(connection) == HEAD:
            _check_tables(connection, database.address)


def check_file(file: Path) -> str:
    """The revision of a backup. Raises StoreError unless it is sound, and of this gemba or an older one."""
    if not file.is_file():
        raise StoreError(f"there is no file {file}; name a backup that is there")
    with closing(opened(file)) as kept:
        try:
            check_whole(kept, thoroughly=True)
        except Damaged as problem:
            raise Damaged(f"the backup {file} is damaged; take another one") from problem
        with kept.read() as connection:
            found = revision_of(connection)
    if found is None:
        raise StoreError(f"{file} is no backup of gemba: no store was ever made in it; name another file")
    return found


def opened(file: Path) -> Database:
    """A file that is only looked at."""
    return Database(f"sqlite:///{file.resolve()}", read_only=True)


def _check_pages(connection: Connection, address: str, pragma: str) -> None:
    found = connection.exec_driver_sql(f"PRAGMA {pragma}(1)").scalar()
    if found != "ok":
        raise Damaged(f"the database {address} {DAMAGED} ({found})")


def _check_tables(connection: Connection, address: str) -> None:
    inspector = inspect(connection)
    known = {*inspector.get_table_names()}
    for name, table in TABLES.items():
        there = {column["name"] for column in inspector.get_columns(name)} if name in known else set()
        missing = [column.name for column in table.columns if column.name not in there]
        if missing:
            what = f'{", ".join(missing)} of "{name}"' if there else f'the table "{name}"'
            raise Damaged(f"the database {address} lacks {what}; {RESTORE}")
