"""Letting go of what is older than it is kept. A part of the store: `Store.care.old`.

What figures are made of stays: records, marks and digests of payloads, what was told, said and decided.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, delete, select, tuple_, union, update

from bot.database import Database, chunks
from bot.privacy import pseudonymous
from bot.rows import person_of, person_rows
from bot.tables import Rows
from bot.upserts import upsert
from connectors.records import ActorKind, EventKind, Person

PAYLOAD, EVENT, PERSON, RUN, HEARD, OUTBOX = (
    Rows.metadata.tables[name] for name in ("payload", "event", "person", "run", "heard", "outbox")
)

NAMING = (EventKind.ASSIGNED, EventKind.REQUESTED, EventKind.UNREQUESTED, EventKind.DISMISSED)
"""Events whose detail is a person."""

DIGEST = re.compile(r"\d{4}-\d{2}-\d{2} (\d{4}-\d{2}-\d{2})(?: · [^·]*)?$")
"""How the key of a digest ends, or of what stands below it: with its first day and the day after its last."""

PLAN = "plan "
"""How the key of the issue of a planned change begins, which is remembered for ever, as packs of gates are."""


class Old:
    """What was not touched since an instant."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def empty(self, before: datetime) -> int:
        """Payloads that did not change since lose their bodies, and nothing else; how many did."""
        old = and_(PAYLOAD.c.updated_at < before, PAYLOAD.c.body != {})
        with self._database.read() as connection:
            places = connection.execute(select(PAYLOAD.c.source, PAYLOAD.c.kind, PAYLOAD.c.key).where(old)).all()
        by_source: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for source, kind, key in places:
            by_source[source].append((kind, key))
        return sum(self._empty(source, some, old) for source, every in by_source.items() for some in chunks(every))

    def _empty(self, source: str, places: list[tuple[str, str]], old: ColumnElement[bool]) -> int:
        here = and_(PAYLOAD.c.source == source, tuple_(PAYLOAD.c.kind, PAYLOAD.c.key).in_(places))
        with self._database.write(source) as connection:
            return connection.execute(update(PAYLOAD).where(here, old).values(body={})).rowcount

    def unname(self, before: datetime, judged: Callable[[Person], Person]) -> int:
        """Persons of whom nothing was recorded since get their pseudonym for a name; bots keep theirs."""
        with self._database.read() as connection:
            sources = connection.execute(select(PERSON.c.source).distinct().order_by(PERSON.c.source)).scalars().all()
        return sum(self._unname(source, before, judged) for source in sources)

    def _unname(self, source: str, before: datetime, judged: Callable[[Person], Person]) -> int:
        with self._database.write(source) as connection:
            lately = _seen_since(connection, source, before)
            rows = connection.execute(select(PERSON).where(PERSON.c.source == source)).mappings()
            people = [person_of(dict(row)) for row in rows if row["key"] not in lately]
            humans = [person for person in people if judged(person).kind is ActorKind.HUMAN]
            hidden = [pseudonymous(person) for person in humans if pseudonymous(person) != person]
            upsert(connection, PERSON, person_rows(hidden))
        return len(hidden)

    def forget_jobs(self, before: datetime) -> int:
        """Due times, requests and digests of before, which nobody comes back to; how many rows that were."""
        runs = delete(RUN).where(RUN.c.due < before, RUN.c.claimed_at < before)
        heard = delete(HEARD).where(HEARD.c.at < before)
        with self._database.write() as connection:
            places = chunks(list(_settled(connection, before)))
            sent = (delete(OUTBOX).where(tuple_(OUTBOX.c.channel, OUTBOX.c.key).in_(some)) for some in places)
            gone = [runs, heard, *sent]
            return sum(connection.execute(each).rowcount for each in gone)


def _seen_since(connection: Connection, source: str, before: datetime) -> set[str]:
    """Who did anything, and whom it was about."""
    lately = and_(EVENT.c.source == source, EVENT.c.at >= before)
    acting, named = select(EVENT.c.actor).where(lately), select(EVENT.c.detail).where(lately, EVENT.c.kind.in_(NAMING))
    return {key for key in connection.execute(union(acting, named)).scalars() if key is not None}


def _settled(connection: Connection, before: datetime) -> Iterator[tuple[str, str]]:
    """Digests that were sent, about weeks that are past as long."""
    old = select(OUTBOX.c.channel, OUTBOX.c.key).where(OUTBOX.c.state == "sent", OUTBOX.c.first_at < before)
    for channel, key in connection.execute(old):
        after = DIGEST.search(key)
        if after and not key.startswith(PLAN) and after[1] < before.date().isoformat():
            yield channel, key
