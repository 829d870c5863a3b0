"""What digests told, and what people said of it. Rows are only ever added, so the remarks are their own audit.

A part of the store: `Store.said`.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select

from bot.database import Database, Row, insert_once
from bot.tables import Rows

TOLD, REMARK, HEARD = (Rows.metadata.tables[name] for name in ("told", "remark", "heard"))


class SaidStore:
    """Told digests and remarks of streams, and which requests were heard."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def told_before(self, stream: str, end: date) -> dict[str, Any] | None:
        """What the last digest before that of a day told."""
        query = select(TOLD.c.body).where(TOLD.c.stream == stream, TOLD.c.end < end.isoformat())
        with self._database.read() as connection:
            found: dict[str, Any] | None = connection.execute(query.order_by(TOLD.c.end.desc()).limit(1)).scalar()
        return found

    def told_of(self, stream: str, end: date) -> dict[str, Any] | None:
        """What the digest up to that day told."""
        query = select(TOLD.c.body).where(TOLD.c.stream == stream, TOLD.c.end == end.isoformat())
        with self._database.read() as connection:
            found: dict[str, Any] | None = connection.execute(query).scalar()
        return found

    def tell(self, stream: str, end: date, body: Mapping[str, Any], now: datetime) -> None:
        """Keep what the digest up to that day told, as it told it first."""
        row: Row = {"stream": stream, "end": end.isoformat(), "told_at": now, "body": dict(body)}
        with self._database.write() as connection:
            connection.execute(insert_once(connection, TOLD, row))

    def remarks(self, stream: str, until: datetime) -> list[Row]:
        """In the order in which they were made."""
        with self._database.read() as connection:
            return [dict(row) for row in connection.execute(_said(stream).where(REMARK.c.at <= until)).mappings()]

    def hear(self, request: str, now: datetime) -> bool:
        """True for the one who is to answer a request, however often it is delivered."""
        with self._database.write() as connection:
            return _hear(connection, request, now)

    def remark(
        self,
        request: str,
        remark: Mapping[str, Any],
        now: datetime,
        judge: Callable[[Sequence[Row]], None] | None = None,
    ) -> bool:
        """Keep what was said in a request, once; False where that was done already.

        `judge` is shown all that was said of the stream while nobody else says anything; where it raises, nothing is
        kept.
        """
        with self._database.write("remarks") as connection:
            if not _hear(connection, request, now):
                return False
            if judge is not None:
                judge([dict(row) for row in connection.execute(_said(remark["stream"])).mappings()])
            last = connection.execute(select(func.max(REMARK.c.number))).scalar()
            connection.execute(REMARK.insert().values(number=(last or 0) + 1, request=request, **remark))
        return True


def _said(stream: str) -> Any:
    return select(REMARK).where(REMARK.c.stream == stream).order_by(REMARK.c.number)


def _hear(connection: Any, request: str, now: datetime) -> bool:
    return bool(connection.execute(insert_once(connection, HEARD, {"request": request, "at": now})).first())
