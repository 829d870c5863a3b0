"""What is asked of the tables of records, in one place for rows and for frames. A part of the store."""

import secrets
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, Table, and_, func, or_, select

from bot.database import Row
from bot.rows import event_of, item_of, person_of
from bot.tables import Rows
from bot.upserts import upsert
from connectors.records import Event, Item, Link, Person

ITEM, EVENT, LINK, PERSON, CURSOR, WATERMARK = (
    Rows.metadata.tables[name] for name in ("item", "event", "link", "person", "cursor", "watermark")
)

Scope = tuple[str, str]
"""(source, scope)"""

Marks = Mapping[str, str]
"""Source -> what changes with every change of its items, events or links."""


def of_scope(table: Table, scope: Scope) -> Any:
    return and_(table.c.source == scope[0], table.c.scope == scope[1])


def of_scopes(scopes: Collection[Scope]) -> Any:
    """Items of any of them."""
    return or_(*(of_scope(ITEM, scope) for scope in scopes))


def beside_items(table: Table, scopes: Collection[Scope], *columns: Any) -> Select[Any]:
    """Events or links of the items of the scopes; all of their columns, unless some are named.

    An outer join makes SQLite begin with the items: it would begin with all rows of a source, of however many scopes,
    and it would take a plain test for null as an inner join.
    Source: sqlite.org/optoverview.html, the query planner, OUTER JOIN strength reduction.
    """
    same = and_(table.c.source == ITEM.c.source, table.c.item == ITEM.c.key)
    has_some = func.coalesce(table.c.item, "") != ""
    return select(*(columns or (table,))).select_from(ITEM.outerjoin(table, same)).where(of_scopes(scopes), has_some)


def marks_of(sources: Collection[str]) -> Select[Any]:
    """Of those that were ever written to."""
    return select(WATERMARK.c.source, WATERMARK.c.mark).where(WATERMARK.c.source.in_(sorted(sources)))


def marks_in(connection: Connection, sources: Collection[str]) -> Marks:
    return {row.source: row.mark for row in connection.execute(marks_of(sources))}


def moved(connection: Connection, source: str) -> None:
    """Its items, events or links are others than before."""
    upsert(connection, WATERMARK, [{"source": source, "mark": secrets.token_hex(16)}])


def items_in(connection: Connection, scopes: Collection[Scope]) -> list[Item]:
    """Ordered by source and key, letter by letter, whatever the order of the database is."""
    items = [item_of(row) for row in rows_in(connection, select(ITEM).where(of_scopes(scopes)))]
    return sorted(items, key=lambda item: (item.source, item.key))


def events_in(connection: Connection, scopes: Collection[Scope]) -> list[Event]:
    """Ordered by source and id; what comes first when is the engine's business."""
    events = [event_of(row) for row in rows_in(connection, beside_items(EVENT, scopes))]
    return sorted(events, key=lambda event: (event.source, event.id))


def links_in(connection: Connection, scopes: Collection[Scope]) -> list[Link]:
    query = beside_items(LINK, scopes).order_by(*LINK.primary_key)
    return [Link(**row) for row in rows_in(connection, query)]


def people_in(connection: Connection, sources: Collection[str]) -> list[Person]:
    query = select(PERSON).where(PERSON.c.source.in_(sorted(sources))).order_by(*PERSON.primary_key)
    return [person_of(row) for row in rows_in(connection, query)]


def read_until(connection: Connection, scope: Scope) -> datetime | None:
    found: datetime | None = connection.execute(select(CURSOR.c.complete_at).where(of_scope(CURSOR, scope))).scalar()
    return found


def rows_in(connection: Connection, query: Any) -> Iterator[Row]:
    return (dict(row) for row in connection.execute(query).mappings())
