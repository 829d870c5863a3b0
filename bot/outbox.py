"""What is to be sent once: claimed by one process at a time, and remembered with where it stands.

A part of the store: `Store.outbox`.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import and_, select, true, update

from bot.database import Database, Row, insert_once
from bot.tables import OutboxRow, Rows

OUTBOX = Rows.metadata.tables["outbox"]

SENDING = timedelta(minutes=5)
"""A claim that was not renewed for so long is of a process that died."""

NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class Outbox:
    """Messages by channel and key."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def claim(self, channel: str, key: str, now: datetime) -> OutboxRow | None:
        """The row of a message, made if it is new; None while somebody else is sending it."""
        free = and_(_is(channel, key), OUTBOX.c.state == "sending", OUTBOX.c.claimed_at <= now - SENDING)
        with self._database.write() as connection:
            row: Row = {"channel": channel, "key": key, "state": "sending", "first_at": now, "claimed_at": now}
            if connection.execute(insert_once(connection, OUTBOX, row)).first():
                return OutboxRow(**row)
            taken = connection.execute(update(OUTBOX).where(free).values(claimed_at=now)).rowcount > 0
            found = connection.execute(select(OUTBOX).where(_is(channel, key))).mappings().one()
        return OutboxRow(**dict(found)) if taken or found["state"] == "sent" else None

    def hold(self, channel: str, key: str, claimed: datetime, now: datetime, message: str | None = None) -> bool:
        """Renew a claim of that time; False where somebody else has taken it over since.

        `message`: under which name it is sent now, for whoever finds that nobody remembers what became of it.
        """
        mine = and_(_is(channel, key), OUTBOX.c.state == "sending", OUTBOX.c.claimed_at == claimed)
        known = {"message": message} if message else {}
        with self._database.write() as connection:
            return connection.execute(update(OUTBOX).where(mine).values(claimed_at=now, **known)).rowcount > 0

    def release(self, channel: str, key: str, claimed: datetime | None = None) -> None:
        """Let anybody try again at once, unless somebody else took over a claim of that time."""
        mine = OUTBOX.c.claimed_at == claimed if claimed is not None else true()
        with self._database.write() as connection:
            connection.execute(update(OUTBOX).where(_is(channel, key), mine).values(claimed_at=NEVER))

    def undo(self, row: OutboxRow) -> None:
        """It was certainly not sent since it was claimed or held at that time: as before, and free."""
        mine = and_(_is(row.channel, row.key), OUTBOX.c.state == "sending", OUTBOX.c.claimed_at == row.claimed_at)
        with self._database.write() as connection:
            connection.execute(update(OUTBOX).where(mine).values(claimed_at=NEVER, message=row.message))

    def sent(self, channel: str, key: str, message: str, mark: str | None = None) -> None:
        """Remember where the message stands, and what tells its content from another."""
        self._set(channel, key, state="sent", message=message, mark=mark)

    def keep_file(self, channel: str, key: str, file: str | None) -> None:
        """Remember the picture that was uploaded for a message, or that it shows none."""
        self._set(channel, key, file=file)

    def standing(self, channel: str, key: str) -> OutboxRow | None:
        """The message, if it was sent."""
        query = select(OUTBOX).where(_is(channel, key), OUTBOX.c.state == "sent")
        with self._database.read() as connection:
            found = connection.execute(query).mappings().first()
        return OutboxRow(**dict(found)) if found else None

    def waiting(self) -> Sequence[datetime]:
        """Since when each message is to be sent that was not sent yet; the oldest first."""
        query = select(OUTBOX.c.first_at).where(OUTBOX.c.state == "sending").order_by(OUTBOX.c.first_at)
        with self._database.read() as connection:
            return [since for (since,) in connection.execute(query)]

    def knows(self, key: str) -> bool:
        """Whether anything of that key is remembered, wherever it was sent."""
        with self._database.read() as connection:
            return connection.execute(select(OUTBOX.c.key).where(OUTBOX.c.key == key).limit(1)).first() is not None

    def _set(self, channel: str, key: str, **values: Any) -> None:
        with self._database.write() as connection:
            connection.execute(update(OUTBOX).where(_is(channel, key)).values(values))


def _is(channel: str, key: str) -> Any:
    return and_(OUTBOX.c.channel == channel, OUTBOX.c.key == key)
