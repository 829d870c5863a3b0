"""Rows go into a table as SQLAlchemy itself would write them."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, select
from sqlalchemy.dialects import sqlite

from bot.rows import COLUMNS
from bot.store import Store
from bot.tables import Rows
from bot.upserts import _bound, upsert, upsert_records
from connectors.records import ActorKind, Event, EventKind
from tests.stored import value

EVENT, PERSON = Rows.metadata.tables["event"], Rows.metadata.tables["person"]
NOW = datetime(2026, 1, 5, 10, tzinfo=UTC)


def rows_of(store: Store, table: Any) -> list[dict[str, Any]]:
    with store._database.read() as connection:
        query = select(table).order_by(*table.primary_key)
        return [dict(row) for row in connection.execute(query).mappings()]


@pytest.mark.parametrize("table", Rows.metadata.tables.values(), ids=str)
def test_every_column_is_written_as_by_sqlalchemy(store: Store, table: Any) -> None:
    """Into every table: times, lists, numbers, and nothing at all."""
    rows = [{column.name: value(column, number, "") for column in table.columns} for number in (1, 2)]
    with store._database.write() as connection:
        connection.execute(insert(table), rows)
        expected = connection.execute(select(table).order_by(*table.primary_key)).all()
        connection.execute(table.delete())
        upsert(connection, table, rows)
        assert connection.execute(select(table).order_by(*table.primary_key)).all() == expected


@given(st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=2)), UTC])) | st.none())
def test_times_are_written_as_by_sqlalchemy(at: datetime | None) -> None:
    """In whatever zone; times before Christ and after the year 9999 do not exist."""
    dialect = sqlite.dialect()
    known = EVENT.c.at.type.dialect_impl(dialect).bind_processor(dialect)
    ours = _bound(EVENT.c.at, dialect)
    assert ours is not None
    assert known is not None

    try:
        expected = known(at)
    except OverflowError:
        return
    assert ours(at) == expected


def test_a_time_without_a_zone_is_refused(store: Store) -> None:
    """Nobody knows when that is."""
    naive = Event("toy", "1", "1", datetime(2026, 1, 1), EventKind.STATE)  # noqa: DTZ001
    with pytest.raises(ValueError, match="timezone"), store._database.write() as connection:
        upsert_records(connection, EVENT, COLUMNS[Event], [naive])
    assert rows_of(store, EVENT) == []


@pytest.mark.parametrize(("keep", "name"), [(False, "third"), (True, "first")])
def test_the_last_of_many_with_one_key_counts(store: Store, *, keep: bool, name: str) -> None:
    """Also beyond one statement; what was there before is kept where that is wished."""
    known = {"source": "toy", "key": "0", "kind": "human"}
    others = [{**known, "key": str(n), "name": "-"} for n in range(1, 700)]
    with store._database.write() as connection:
        upsert(connection, PERSON, [{**known, "name": "first"}])
        upsert(connection, PERSON, [{**known, "name": "second"}, *others, {**known, "name": "third"}], keep=keep)
        upsert(connection, PERSON, [{**known, "key": "x", "name": n} for n in ("a", "b")], keep=True)

    found = {row["key"]: row["name"] for row in rows_of(store, PERSON)}
    assert (len(found), found["0"], found["x"]) == (701, name, "b")


def test_a_record_is_written_with_its_kinds(store: Store) -> None:
    """As words, so that any program reads them."""
    event = Event("toy", "1", "1", NOW, EventKind.STATE, "Open", actor="u1", actor_kind=ActorKind.BOT)
    with store._database.write() as connection:
        upsert_records(connection, EVENT, COLUMNS[Event], [event])

    assert [(row["kind"], row["actor_kind"], row["at"]) for row in rows_of(store, EVENT)] == [("state", "bot", NOW)]
