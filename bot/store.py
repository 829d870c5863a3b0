"""The one database: SQLite or PostgreSQL by the same code. Nothing else speaks SQL.

A page of payloads, the records read out of them and the cursor go in one transaction, so a kill leaves a store from
which the next run goes on. A payload is about one item, and the item's records are replaced with it.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    Connection,
    Table,
    and_,
    bindparam,
    delete,
    or_,
    select,
    tuple_,
    update,
)

from bot.care import Care
from bot.database import Database, Row, chunks, dialect_insert, upsert
from bot.errors import NothingYet, StoreError
from bot.goal_store import GoalStore
from bot.leading import Leads, leading
from bot.outbox import Outbox
from bot.plan_store import PlanStore
from bot.privacy import pseudonymous
from bot.revisions import HEAD, bring, revision_of
from bot.rows import event_of, is_news, item_of, item_row, payload_row, person_of, person_rows, row_of
from bot.run_store import RunStore
from bot.said_store import SaidStore
from bot.tables import Rows
from bot.trouble_store import TroubleStore
from connectors.errors import PayloadUnreadable
from connectors.records import Event, EventKind, Item, Link, Page, Payload, Person, Record

UNREADABLE = "unreadable"
"""Mark of a payload whose newest version could not be read, so that it is asked for again."""

NEVER = datetime(1970, 1, 1, tzinfo=UTC)

PAYLOAD, ITEM, EVENT, LINK, PERSON, CURSOR = (
    Rows.metadata.tables[name] for name in ("payload", "item", "event", "link", "person", "cursor")
)

Scope = tuple[str, str]
"""(source, scope)"""


@dataclass(frozen=True)
class Saved:
    """What a page changed; `emptied`: how many payloads could not be read anew, because their bodies were let go of."""

    payloads: int = 0
    changed: int = 0
    unreadable: tuple[str, ...] = ()
    emptied: int = 0

    def __add__(self, other: "Saved") -> "Saved":
        return Saved(
            self.payloads + other.payloads,
            self.changed + other.changed,
            self.unreadable + other.unreadable,
            self.emptied + other.emptied,
        )


class Store:
    """An open database at the newest revision; `read_only`: nothing can be written to it."""

    def __init__(self, url: str, *, read_only: bool = False) -> None:
        self.url, self.read_only = url, read_only
        self._database = Database(url, read_only=read_only)
        self.goals = GoalStore(self._database)
        self.plans = PlanStore(self._database)
        self.outbox = Outbox(self._database)
        self.said = SaidStore(self._database)
        self.runs = RunStore(self._database)
        self.troubles = TroubleStore(self._database)
        self.care = Care(self._database)

    @classmethod
    def open(cls, url: str, *, read_only: bool = False) -> "Store":
        """Make a new database, or open one that is up to date. Raises StoreError where `gemba db upgrade` is needed.

        To be read only it must be there. Raises NothingYet where it is empty.
        """
        store = cls(url, read_only=read_only)
        try:
            store._prepare()
        except (NothingYet, StoreError):
            store.close()
            raise
        return store

    def _prepare(self) -> None:
        found, head = self.revision()
        if found is None and self.read_only:
            raise NothingYet("the database is empty; run `gemba collect`")
        if found is None:
            self.upgrade()
        elif found != head:
            raise StoreError(f"the database is at revision {found}, this version needs {head}: run `gemba db upgrade`")

    def revision(self) -> tuple[str | None, str]:
        """Where the database is (None: it is new), and where it should be."""
        with self._database.read() as connection:
            return revision_of(connection), HEAD

    def upgrade(self) -> None:
        """Bring the tables to the newest revision, in one transaction."""
        self.revision()
        with self._database.write("upgrade") as connection:
            bring(connection)

    def leading(self) -> AbstractContextManager[Leads]:
        """While the block runs: whether this process leads those that share the database."""
        return leading(self._database)

    def close(self) -> None:
        self._database.close()

    # -- collecting --------------------------------------------------------------------------------------------------

    def cursor(self, scope: Scope) -> tuple[str | None, datetime | None]:
        """How far the scope was read, and when its last census was."""
        with self._database.read() as connection:
            row = connection.execute(select(CURSOR.c.value, CURSOR.c.census_at).where(_is(CURSOR, scope))).one_or_none()
        return (row.value, row.census_at) if row else (None, None)

    def complete_at(self, scope: Scope) -> datetime | None:
        """Until when everything of the scope is here; None while it was never read to the end."""
        with self._database.read() as connection:
            return connection.execute(select(CURSOR.c.complete_at).where(_is(CURSOR, scope))).scalar()

    def marks(self, scope: Scope) -> dict[str, str]:
        """Key and mark of every payload of the scope."""
        query = select(PAYLOAD.c.key, PAYLOAD.c.mark).where(_is(PAYLOAD, scope))
        with self._database.read() as connection:
            return {row.key: row.mark for row in connection.execute(query)}

    def keys(self, scope: Scope, kinds: Collection[str]) -> set[str]:
        """Of every payload of the kinds."""
        query = select(PAYLOAD.c.key).where(_is(PAYLOAD, scope), PAYLOAD.c.kind.in_(kinds))
        with self._database.read() as connection:
            return {row.key for row in connection.execute(query)}

    def gone(self, scope: Scope) -> set[str]:
        """The keys of what is known to be gone."""
        query = select(ITEM.c.key).where(_is(ITEM, scope), ITEM.c.gone_at.is_not(None))
        return {row["key"] for row in self._rows(query)}

    def miss(self, scope: Scope, missing: Collection[str], at: datetime, *, certain: bool = False) -> int:
        """Note what a census missed; what two in a row missed, or one that is `certain`, is gone.

        What was missed before and is not now is back. Returns how many are gone as of now.
        """
        missed = {row["key"]: row["missed_at"] for row in self._rows(_missed(scope))}
        gone = [key for key in missing if certain or key in missed]
        with self._database.write(scope[0]) as connection:
            gone_now = sum(_gone(connection, scope[0], key, missed.get(key, at)) for key in gone)
            for key in {*missed} - {*missing}:
                _back(connection, scope[0], [key])
            for some in chunks(sorted({*missing} - {*missed})):
                connection.execute(update(PAYLOAD).where(_keyed(PAYLOAD, scope[0], some)).values(missed_at=at))
        return gone_now

    def hide_names(self, hidden: Callable[[Person], Person]) -> None:
        """Put something else in place of every name."""
        with self._database.write() as connection:
            people = [person_of(dict(row)) for row in connection.execute(select(PERSON)).mappings()]
            upsert(connection, PERSON, person_rows(hidden(person) for person in people))
        self._database.forget()

    def save(self, scope: Scope, page: Page, translate: Callable[[Payload], Iterable[Record]]) -> Saved:
        """Keep a page, its records and its cursor, all or nothing. What is known already is not written again."""
        with self._database.write(scope[0]) as connection:
            fresh = self._fresh(connection, page.payloads)
            upsert(connection, PAYLOAD, (payload_row(p) for p in fresh))
            unreadable = self._translate(connection, fresh, translate)
            for some in chunks([p.key for p in page.payloads]):
                _back(connection, scope[0], some)
            upsert(connection, PERSON, person_rows(p for p in page.people if not p.hearsay))
            upsert(connection, PERSON, person_rows(p for p in page.people if p.hearsay), keep=True)
            _name_again(connection, [p for p in page.people if p.hearsay])
            _remember(connection, scope, page)
            if page.cursor is not None:
                complete = {"complete_at": page.complete} if page.complete else {}
                row = {"source": scope[0], "scope": scope[1], "value": page.cursor, **complete}
                upsert(connection, CURSOR, [row])
        return Saved(len(page.payloads), len(fresh), (*(u.sentence for u in page.unreadable), *unreadable))

    def census_done(self, scope: Scope, at: datetime) -> None:
        with self._database.write() as connection:
            connection.execute(update(CURSOR).where(_is(CURSOR, scope)).values(census_at=at))

    def replay(self, source: str, translate: Callable[[Payload], Iterable[Record]]) -> Saved:
        """Read all kept payloads of a source anew, the oldest first, as they came."""
        query = select(PAYLOAD.c.kind, PAYLOAD.c.key).where(PAYLOAD.c.source == source)
        with self._database.read() as connection:
            places = connection.execute(query.order_by(PAYLOAD.c.updated_at, PAYLOAD.c.kind, PAYLOAD.c.key)).all()
        saved = Saved()
        for some in chunks([(kind, key) for kind, key in places]):
            saved += self._replay(source, some, translate)
        return saved

    def _replay(
        self, source: str, places: Sequence[tuple[str, str]], translate: Callable[[Payload], Iterable[Record]]
    ) -> Saved:
        query = select(PAYLOAD).where(PAYLOAD.c.source == source, tuple_(PAYLOAD.c.kind, PAYLOAD.c.key).in_(places))
        with self._database.write(source) as connection:
            found = connection.execute(query).mappings().all()
            rows = [row for row in found if row["body"]]
            kept = {(r["kind"], r["key"]): Payload(**{n: r[n] for n in Payload.__slots__}) for r in rows}
            unreadable = self._translate(connection, [kept[p] for p in places if p in kept], translate)
        emptied = sum(row["updated_at"] != NEVER for row in found) - len(kept)
        return Saved(len(kept), len(kept), tuple(unreadable), emptied)

    def _fresh(self, connection: Connection, payloads: Sequence[Payload]) -> list[Payload]:
        """Those that are new or differ, and are not older than what is kept; of several with one key the newest."""
        newest = {(p.kind, p.key): p for p in sorted(payloads, key=lambda p: p.updated_at)}
        kept: dict[tuple[str, str], tuple[datetime, str]] = {}
        for some in chunks([p.key for p in newest.values()]):
            query = select(PAYLOAD.c.kind, PAYLOAD.c.key, PAYLOAD.c.updated_at, PAYLOAD.c.digest).where(
                PAYLOAD.c.source == payloads[0].source, PAYLOAD.c.key.in_(some)
            )
            kept |= {(r.kind, r.key): (r.updated_at, r.digest) for r in connection.execute(query)}
        return [p for place, p in newest.items() if is_news(p, kept.get(place))]

    def _translate(
        self, connection: Connection, payloads: Sequence[Payload], translate: Callable[[Payload], Iterable[Record]]
    ) -> list[str]:
        """Replace the records of the payloads' items. What cannot be read keeps the records it had."""
        records: list[tuple[Payload, Record]] = []
        unreadable: list[str] = []
        for payload in payloads:
            try:
                records += [(payload, r) for r in list(translate(payload))]
            except PayloadUnreadable as problem:
                unreadable.append(str(problem))
        read = {p.key: p for p, _ in records}
        for some in chunks(list(read)):
            for table in (EVENT, LINK):
                connection.execute(delete(table).where(table.c.source == payloads[0].source, table.c.item.in_(some)))
        upsert(connection, ITEM, (item_row(r) for _, r in records if isinstance(r, Item)))
        upsert(connection, EVENT, (row_of(r) for _, r in records if isinstance(r, Event)))
        upsert(connection, LINK, (row_of(r) for _, r in records if isinstance(r, Link)))
        return unreadable

    # -- reading -----------------------------------------------------------------------------------------------------

    def items(self, scopes: Collection[Scope]) -> list[Item]:
        query = select(ITEM).where(or_(*(_is(ITEM, s) for s in scopes))).order_by(*ITEM.primary_key)
        return [item_of(row) for row in self._rows(query)]

    def events(self, scopes: Collection[Scope]) -> list[Event]:
        """In the order of their ids; what comes first when is the engine's business."""
        query = _by_items(EVENT, scopes).order_by(*EVENT.primary_key)
        return [event_of(row) for row in self._rows(query) if row["id"] is not None]

    def links(self, scopes: Collection[Scope]) -> list[Link]:
        query = _by_items(LINK, scopes).order_by(*LINK.primary_key)
        return [Link(**row) for row in self._rows(query) if row["item"] is not None]

    def states(self, scopes: Collection[Scope]) -> set[str]:
        """The names of all states that items of the scopes were ever in."""
        query = (
            select(EVENT.c.state).distinct().join(ITEM, _same_item(EVENT)).where(or_(*(_is(ITEM, s) for s in scopes)))
        )
        return {row["state"] for row in self._rows(query.where(EVENT.c.kind == EventKind.STATE)) if row["state"]}

    def addresses(self, scopes: Collection[Scope], names: Collection[str]) -> dict[str, str]:
        """Where the named items are looked at."""
        found: dict[str, str] = {}
        for some in chunks(sorted(names)):
            query = select(ITEM.c.name, ITEM.c.url).where(or_(*(_is(ITEM, s) for s in scopes)), ITEM.c.name.in_(some))
            found |= {row["name"]: row["url"] for row in self._rows(query)}
        return found

    def people(self, sources: Collection[str]) -> list[Person]:
        query = select(PERSON).where(PERSON.c.source.in_(sources)).order_by(*PERSON.primary_key)
        return [person_of(row) for row in self._rows(query)]

    def _rows(self, query: Any) -> Iterator[Row]:
        with self._database.read() as connection:
            yield from (dict(row) for row in connection.execute(query).mappings())


def _remember(connection: Connection, scope: Scope, page: Page) -> None:
    """What could not be read stays as it is known, marked, or is kept as an empty payload."""
    for lost in page.unreadable:
        if lost.key is None:
            continue
        place = {"source": scope[0], "kind": lost.kind, "key": lost.key}
        empty = {**place, "scope": scope[1], "updated_at": NEVER, "mark": UNREADABLE, "digest": "", "body": {}}
        insert = dialect_insert(connection)(PAYLOAD).values(empty)
        connection.execute(
            insert.on_conflict_do_update(index_elements=list(place), set_={"mark": UNREADABLE, "digest": ""})
        )


def _name_again(connection: Connection, people: Sequence[Person]) -> None:
    """Who was away for so long that the name was let go of is known by it again."""
    nameless = and_(
        *(PERSON.c[name] == bindparam(f"the_{name}") for name in ("source", "key")), PERSON.c.name == bindparam("was")
    )
    rows = [{"the_source": p.source, "the_key": p.key, "was": pseudonymous(p).name, "called": p.name} for p in people]
    if rows:
        connection.execute(update(PERSON).where(nameless).values(name=bindparam("called")), rows)


def _missed(scope: Scope) -> Any:
    return select(PAYLOAD.c.key, PAYLOAD.c.missed_at).where(_is(PAYLOAD, scope), PAYLOAD.c.missed_at.is_not(None))


def _gone(connection: Connection, source: str, key: str, since: datetime) -> int:
    """1 where it was not known to be gone."""
    there = and_(_keyed(ITEM, source, [key]), ITEM.c.gone_at.is_(None))
    return connection.execute(update(ITEM).where(there).values(gone_at=since)).rowcount


def _back(connection: Connection, source: str, keys: list[str]) -> None:
    missed = and_(_keyed(PAYLOAD, source, keys), PAYLOAD.c.missed_at.is_not(None))
    connection.execute(update(PAYLOAD).where(missed).values(missed_at=None))
    gone = and_(_keyed(ITEM, source, keys), ITEM.c.gone_at.is_not(None))
    connection.execute(update(ITEM).where(gone).values(gone_at=None))


def _keyed(table: Table, source: str, keys: list[str]) -> Any:
    return and_(table.c.source == source, table.c.key.in_(keys))


def _is(table: Table, scope: Scope) -> Any:
    return and_(table.c.source == scope[0], table.c.scope == scope[1])


def _same_item(table: Table) -> Any:
    return and_(table.c.source == ITEM.c.source, table.c.item == ITEM.c.key)


def _by_items(table: Table, scopes: Collection[Scope]) -> Any:
    """What items of the scopes have in the table, and a row of nothing of those that have none.

    An outer join makes SQLite begin with the items: it would begin with all rows of a source, of however many scopes.
    Source: sqlite.org/optoverview.html, the query planner; it knows no sizes.
    """
    return (
        select(table).select_from(ITEM.outerjoin(table, _same_item(table))).where(or_(*(_is(ITEM, s) for s in scopes)))
    )
