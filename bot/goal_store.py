"""What is kept of key results and gates. Rows are only ever added.

A part of the store: `Store.goals`.
"""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from bot.database import Database, Row, insert_once
from bot.tables import Rows

READING, DEFINITION, GATE_RECORD = (Rows.metadata.tables[name] for name in ("reading", "definition", "gate_record"))


@dataclass(frozen=True)
class Noted:
    """The value of a key result at an instant, how it was measured, and when it was noted."""

    stream: str
    name: str
    measure: str
    at: datetime
    value: float | None
    noted_at: datetime


class GoalStore:
    """Readings, definitions and gate records of streams."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def readings(self, stream: str) -> list[Noted]:
        """In the order of their time; of one time what was noted last is the last."""
        query = select(READING).where(READING.c.stream == stream).order_by(READING.c.at, READING.c.noted_at)
        with self._database.read() as connection:
            return [Noted(**row) for row in connection.execute(query).mappings()]

    def note(self, readings: Iterable[Noted]) -> None:
        """Keep values; one that is noted twice at one moment is kept once."""
        with self._database.write() as connection:
            for reading in readings:
                connection.execute(insert_once(connection, READING, dict(vars(reading))))

    def define(self, stream: str, goals: Iterable[tuple[str, str, str]], now: datetime) -> None:
        """Note (kind, name, text) of what is written down, where it is new."""
        known = self.definitions(stream)
        fresh = [goal for goal in goals if goal not in known]
        if not fresh:
            return
        with self._database.write() as connection:
            for kind, name, text in fresh:
                digest = hashlib.sha256(text.encode()).hexdigest()
                row: Row = {"stream": stream, "kind": kind, "name": name, "digest": digest, "text": text}
                connection.execute(insert_once(connection, DEFINITION, row | {"first_at": now}))

    def definitions(self, stream: str) -> dict[tuple[str, str, str], datetime]:
        """Since when each (kind, name, text) is written down."""
        query = select(DEFINITION).where(DEFINITION.c.stream == stream)
        with self._database.read() as connection:
            return {(row.kind, row.name, row.text): row.first_at for row in connection.execute(query)}

    def gate_records(self, stream: str) -> list[Row]:
        """In the order of their numbers."""
        query = select(GATE_RECORD).where(GATE_RECORD.c.stream == stream).order_by(GATE_RECORD.c.number)
        with self._database.read() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    def record_gate(self, stream: str, make: Callable[[list[Row]], Row]) -> Row:
        """Add the record that `make` makes of all that there are; nobody adds another one meanwhile."""
        query = select(GATE_RECORD).where(GATE_RECORD.c.stream == stream).order_by(GATE_RECORD.c.number)
        with self._database.write("gate records") as connection:
            row = make([dict(found) for found in connection.execute(query).mappings()])
            connection.execute(GATE_RECORD.insert().values(row))
        return row
