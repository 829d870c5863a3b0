"""Items and events as frames, without an object a row wherever that can be. A part of the store."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, func, select

from bot.database import Database, file_of
from bot.direct import Ask, Closed, direct
from bot.frames import Events, Items
from bot.parted import Lite, Server, events_of, items_of
from bot.queries import EVENT, ITEM, Marks, Scope, beside_items, events_in, items_in, marks_in, marks_of, of_scopes
from bot.sidecar import Sidecar
from connectors.records import Item

KEY = ("source", "key")

MANY = 6
"""With more than one in so many items all events are read, since finding those of each item costs as much."""


@dataclass(frozen=True)
class Flow:
    """What is kept of scopes, all of one moment; `marks`: of which, so that it is known again."""

    items: Items
    events: Events
    marks: Marks


class FrameStore:
    """In memory, in use by this process, or where ADBC fails, the same is read row by row."""

    def __init__(self, database: Database) -> None:
        self._database = database
        path = file_of(database.engine.url)
        self.sidecar = Sidecar(path) if path else None

    def read(self, scopes: Collection[Scope]) -> Flow:
        """Items ordered by source and key, events by source and id. Raises StoreError."""
        known = self._kept(scopes)
        if known is not None:
            return known
        try:
            found = self._direct(scopes)
        except Closed:
            with self._database.snapshot() as connection:
                return self.read_in(connection, scopes)
        if self.sidecar:
            self.sidecar.keep(scopes, found.marks, found.events)
        return found

    def events(self, scopes: Collection[Scope], items: Sequence[Item] | None) -> Events:
        """Those of the items, if they are told."""
        found = self.read(scopes)
        if items is None:
            return found.events
        known = Items.of(items)
        same = known.frame.select(KEY).equals(found.items.frame.select(KEY))
        return Events(found.events.frame, known) if same else Events.of(found.events, known)

    def read_in(self, connection: Connection, scopes: Collection[Scope]) -> Flow:
        """Row by row, in the moment of a connection."""
        items = Items.of(items_in(connection, scopes))
        events = Events.of(events_in(connection, scopes), items)
        return Flow(items, events, marks_in(connection, {source for source, _ in scopes}))

    def _kept(self, scopes: Collection[Scope]) -> Flow | None:
        if self.sidecar is None or not self.sidecar.has(scopes):
            return None
        with self._database.read() as connection:
            marks = marks_in(connection, {source for source, _ in scopes})
        found = self.sidecar.read(scopes, marks)
        return Flow(*found, marks) if found else None

    def _direct(self, scopes: Collection[Scope]) -> Flow:
        with direct(self._database) as ask:
            marks = ask(marks_of({source for source, _ in scopes}))
            items = self._items(ask, scopes)
            return Flow(items, self._events(ask, scopes, items), dict(marks.iter_rows()))

    def _items(self, ask: Ask, scopes: Collection[Scope]) -> Items:
        way = self._way(scopes)
        return items_of(way, ask(select(*way.item_columns()).where(of_scopes(scopes))))

    def _events(self, ask: Ask, scopes: Collection[Scope], items: Items) -> Events:
        """Whichever costs less: those of each item, or all there are."""
        way = self._way(scopes)
        columns = way.event_columns()
        every = ask(select(func.count()).select_from(ITEM)).item()
        if len(items) * MANY < every:
            return events_of(way, ask(beside_items(EVENT, scopes, *columns)), items)
        wanted = select(*columns).where(*self._where(ask, {source for source, _ in scopes}))
        return events_of(way, ask(wanted.with_hint(EVENT, "NOT INDEXED", "sqlite")), items)

    def _where(self, ask: Ask, sources: set[str]) -> list[ColumnElement[bool]]:
        """Nothing needs to be compared where there is only one source."""
        first, last = (select(end(EVENT.c.source)).scalar_subquery() for end in (func.min, func.max))
        ends = {*ask(select(first.label("first"), last.label("last"))).row(0)}
        return [] if ends == sources and len(ends) == 1 else [EVENT.c.source.in_(sorted(sources))]

    def _way(self, scopes: Collection[Scope]) -> Lite | Server:
        one_source = len({source for source, _ in scopes}) == 1
        return Lite(one_source=one_source) if self._database.is_sqlite else Server(one_source=one_source)
