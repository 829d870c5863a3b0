"""Which due time of which job was done, and who is at it: claimed by one process at a time.

A part of the store: `Store.runs`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, delete, func, select, update

from bot.database import Database, insert_once
from bot.tables import Rows

RUN = Rows.metadata.tables["run"]

LEASE = timedelta(minutes=3)
"""What was claimed, not finished and not renewed for so long belongs to a process that died."""


@dataclass(frozen=True)
class Claim:
    """One due time of one job, claimed at an instant."""

    job: str
    due: datetime
    at: datetime


class RunStore:
    """Claims of due times."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def claim(self, job: str, due: datetime, now: datetime) -> Claim | None:
        """For the one caller that may do this job for this due time; again if who claimed it died over it."""
        row = {"job": job, "due": due, "claimed_at": now, "renewed_at": now}
        with self._database.write() as connection:
            if connection.execute(insert_once(connection, RUN, row)).first():
                return Claim(job, due, now)
            taken = connection.execute(
                update(RUN).where(_abandoned(job, due, now)).values(claimed_at=now, renewed_at=now)
            )
        return Claim(job, due, now) if taken.rowcount else None

    def renew(self, claim: Claim, now: datetime) -> bool:
        """False where somebody else took it over."""
        with self._database.write() as connection:
            return connection.execute(update(RUN).where(_mine(claim)).values(renewed_at=now)).rowcount > 0

    def finish(self, claim: Claim, now: datetime, outcome: str) -> None:
        with self._database.write() as connection:
            connection.execute(update(RUN).where(_mine(claim)).values(ended_at=now, outcome=outcome))

    def release(self, claim: Claim) -> None:
        """Give it back, so that another attempt can be made; not one that somebody else took over."""
        with self._database.write() as connection:
            connection.execute(delete(RUN).where(_mine(claim)))

    def is_done(self, job: str, due: datetime) -> bool:
        """Whether anybody finished it."""
        query = select(RUN.c.ended_at).where(RUN.c.job == job, RUN.c.due == due)
        with self._database.read() as connection:
            return connection.execute(query).scalar() is not None

    def last_ended(self) -> Mapping[str, datetime]:
        """When each job was finished last."""
        query = select(RUN.c.job, func.max(RUN.c.ended_at)).where(RUN.c.ended_at.is_not(None)).group_by(RUN.c.job)
        with self._database.read() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}


def _abandoned(job: str, due: datetime, now: datetime) -> Any:
    held_at = func.coalesce(RUN.c.renewed_at, RUN.c.claimed_at, type_=RUN.c.claimed_at.type)
    return and_(RUN.c.job == job, RUN.c.due == due, RUN.c.ended_at.is_(None), held_at < now - LEASE)


def _mine(claim: Claim) -> Any:
    return and_(RUN.c.job == claim.job, RUN.c.due == claim.due, RUN.c.claimed_at == claim.at, RUN.c.ended_at.is_(None))
