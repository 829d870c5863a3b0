"""What does not work at present, noted once however often it is met and by however many.

A part of the store: `Store.troubles`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update

from bot.database import Database, Row, insert_once
from bot.redaction import redacted
from bot.tables import Rows

NUMBER = re.compile(r"\d+")

TROUBLE = Rows.metadata.tables["trouble"]


@dataclass(frozen=True)
class Trouble:
    """`subject`: a job or a scope; `denied`: it stays so until a person acts; `told_at`: when the admin was told."""

    subject: str
    since: datetime
    sentence: str
    denied: bool
    told_at: datetime | None = None
    ended_at: datetime | None = None


class TroubleStore:
    """By subject."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, subject: str, sentence: str, now: datetime, *, denied: bool) -> bool:
        """Whether this is news: it worked before, or something else is wrong with it now, but for numbers.

        What vendors sent may stand in the sentence, so it is kept without secrets.
        """
        sentence = redacted(sentence)
        row: Row = {"subject": subject, "since": now, "sentence": sentence, "denied": denied}
        with self._database.write() as connection:
            if connection.execute(insert_once(connection, TROUBLE, row)).first():
                return True
            before: Any = connection.execute(select(TROUBLE).where(TROUBLE.c.subject == subject)).mappings().one()
            begins = before["ended_at"] is not None
            graver = denied and not before["denied"]
            kept = {**row, "ended_at": None} if begins else {"sentence": sentence, "denied": denied}
            kept |= {"told_at": None} if begins or graver else {}
            connection.execute(update(TROUBLE).where(TROUBLE.c.subject == subject).values(kept))
        return begins or _cause(before["sentence"]) != _cause(sentence)

    def end(self, subject: str, now: datetime) -> bool:
        """Whether it was in trouble. What nobody was told of is forgotten; else its end is to be told, too."""
        open_ = (TROUBLE.c.subject == subject) & TROUBLE.c.ended_at.is_(None)
        with self._database.write() as connection:
            silent = connection.execute(delete(TROUBLE).where(open_, TROUBLE.c.told_at.is_(None)))
            told = connection.execute(update(TROUBLE).where(open_).values(ended_at=now))
        return silent.rowcount + told.rowcount > 0

    def forget(self, subject: str) -> None:
        """As if it never was."""
        with self._database.write() as connection:
            connection.execute(delete(TROUBLE).where(TROUBLE.c.subject == subject))

    def told(self, trouble: Trouble, now: datetime) -> None:
        """The admin knows of it, and if it is over, of that: then it is forgotten."""
        same = (TROUBLE.c.subject == trouble.subject) & (TROUBLE.c.since == trouble.since)
        with self._database.write() as connection:
            if trouble.ended_at is None:
                connection.execute(update(TROUBLE).where(same).values(told_at=now))
            else:
                connection.execute(delete(TROUBLE).where(same, TROUBLE.c.ended_at == trouble.ended_at))

    def all(self) -> Sequence[Trouble]:
        """Also those that are over and whose end is still to be told; the oldest first."""
        with self._database.read() as connection:
            rows: Any = connection.execute(select(TROUBLE).order_by(TROUBLE.c.since, TROUBLE.c.subject)).mappings()
            return [Trouble(**row) for row in rows]

    def open(self) -> Sequence[Trouble]:
        """What does not work now."""
        return [trouble for trouble in self.all() if trouble.ended_at is None]


def _cause(sentence: str) -> str:
    return NUMBER.sub("#", sentence)
