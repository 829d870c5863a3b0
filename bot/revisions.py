"""Which tables there are, and how they come to be those of the newest revision. Alembic does it, in one transaction."""

from pathlib import Path

from sqlalchemy import Connection, func, inspect, select, text

from bot.errors import StoreError
from bot.tables import Rows

HEAD = "0007"
"""The newest revision in `bot/migrations`."""

TABLES = Rows.metadata.tables

OURS = "watermark"
"""A table of which nobody wants to know how many rows it has."""


def revision_of(connection: Connection) -> str | None:
    """None: nothing was made yet. Raises StoreError where a newer gemba made it."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    if found is not None and found > HEAD:
        raise StoreError(f"the database is at revision {found}, of a newer gemba: install that version")
    return found


def bring(connection: Connection, revision: str = "head") -> None:
    """Up to a revision; what is there already stays."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def counts(connection: Connection) -> dict[str, int]:
    """Rows of each table that is there and holds what somebody wants to know of, in the order of their making."""
    there = {*inspect(connection).get_table_names()} - {OURS}
    known = [table for name, table in TABLES.items() if name in there]
    return {table.name: connection.execute(select(func.count()).select_from(table)).scalar_one() for table in known}
