"""What is kept of the plan: the steps of its changes. Rows are only ever added.

A part of the store: `Store.plans`.
"""

from collections.abc import Callable

from sqlalchemy import Connection, select

from bot.database import Database, Row
from bot.tables import Rows

PLAN_STEP = Rows.metadata.tables["plan_step"]


class PlanStore:
    """Steps of planned changes, by stream."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def steps(self, stream: str) -> list[Row]:
        """In the order in which they were noted."""
        with self._database.read() as connection:
            return _steps(connection, stream)

    def note(self, stream: str, make: Callable[[list[Row]], Row]) -> None:
        """Add the step that `make` makes of all that there are; nobody adds another one meanwhile."""
        with self._database.write("plan") as connection:
            known = _steps(connection, stream)
            numbered = {"stream": stream, "number": len(known) + 1, **make(known)}
            connection.execute(PLAN_STEP.insert().values(numbered))


def _steps(connection: Connection, stream: str) -> list[Row]:
    columns = [column for column in PLAN_STEP.c if column.name not in ("stream", "number")]
    query = select(*columns).where(PLAN_STEP.c.stream == stream).order_by(PLAN_STEP.c.number)
    return [dict(row) for row in connection.execute(query).mappings()]
