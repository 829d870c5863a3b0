"""Frames of the store are what was written, whichever way they were read."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.direct import Closed, direct
from bot.errors import StoreError
from bot.frames import EVENT_SCHEMA, ITEM_SCHEMA
from bot.queries import Scope
from bot.store import Store
from connectors.records import ActorKind, Event, EventKind, Item, Link, Page, Payload, Record
from tests.stored import NOW, payload, save

SCOPE, OPS, OTHER = ("jira.acme", "PAY"), ("jira.acme", "OPS"), ("github.acme", "pay")
ALL = (SCOPE, OPS, OTHER)

words = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=4)
maybe = st.none() | words
times = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001
moved = st.builds(
    Event,
    st.just(""),
    st.just(""),
    st.just(""),
    times,
    st.sampled_from(EventKind),
    maybe,
    maybe,
    maybe,
    st.none() | st.sampled_from(ActorKind),
    maybe,
    st.integers(-(2**31), 2**31 - 1),
)
lists = st.lists(words, max_size=2).map(tuple)
things = st.builds(
    Item,
    st.just(""),
    st.just(""),
    st.just(""),
    words,
    words,
    words,
    words,
    times,
    maybe,
    maybe,
    lists,
    lists,
    lists,
    maybe,
)
stories = st.lists(st.tuples(st.sampled_from(ALL), things, st.lists(moved, max_size=4)), max_size=6)

Story = tuple[Scope, Item, list[Event]]


def told(source: str, scope: str, key: str, story: Story) -> Iterator[Record]:
    _, item, events = story
    yield Item(source, scope, key, *(getattr(item, name) for name in Item.__slots__[3:]))
    for n, event in enumerate(events):
        yield Event(source, f"{n}ü{key}", key, *(getattr(event, name) for name in Event.__slots__[3:]))
    yield Link(source, key, "PAY-1", "implements", "branch")


def keep(store: Store, stories: Sequence[Story]) -> list[Record]:
    """As keys their numbers."""
    records: list[Record] = []
    for n, story in enumerate(stories):
        (source, scope), key = story[0], str(n)
        own = list(told(source, scope, key, story))
        kept = Payload(source, scope, "issue", key, NOW, {"n": n})
        store.save(story[0], Page((kept,)), lambda _, own=own: own)  # type: ignore[misc]
        records += own
    return records


def expected(records: Iterable[Record], scopes: Sequence[Scope]) -> tuple[list[Item], list[Event]]:
    items = [r for r in records if isinstance(r, Item) and (r.source, r.scope) in scopes]
    known = {(item.source, item.key) for item in items}
    events = [r for r in records if isinstance(r, Event) and (r.source, r.item) in known]
    return sorted(items, key=lambda i: (i.source, i.key)), sorted(events, key=lambda e: (e.source, e.id))


@pytest.fixture
def url(store_url: str) -> str:
    with closing(Store.open(store_url)):
        return store_url


@given(stories)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_frames_are_the_records_that_were_written(url: str, stories: list[Story]) -> None:
    """Of each scope and of all, in the order of their keys; the way by rows gives the same frames."""
    with closing(Store(url)) as store:
        with store._database.write() as connection:
            for table in ("payload", "item", "event", "link"):
                connection.exec_driver_sql(f"DELETE FROM {table}")
        records = keep(store, stories)
        for scopes in ([SCOPE], [OPS, OTHER], ALL):
            found = store.frames.read(scopes)
            items, events = expected(records, scopes)
            assert (list(found.items), list(found.events)) == (items, events)
            with store._database.snapshot() as connection:
                by_rows = store.frames.read_in(connection, scopes)
            assert by_rows.items.frame.equals(found.items.frame)
            assert by_rows.events.frame.equals(found.events.frame)
            assert found.events.frame.schema == EVENT_SCHEMA
            assert found.items.frame.schema == ITEM_SCHEMA


@pytest.mark.parametrize("read_only", [False, True])
def test_frames_come_without_rows(store_url: str, *, read_only: bool) -> None:
    """From both databases, also where nothing may be written."""
    with closing(Store.open(store_url)) as store:
        save(store, payload("1"))
    with closing(Store.open(store_url, read_only=read_only)) as store, direct(store._database) as ask:
        assert len(store.frames._items(ask, [SCOPE])) == 1


def test_few_of_many_items_are_read_by_themselves(store: Store) -> None:
    """Where another scope has many more."""
    many = [Payload(*OPS, "issue", f"o{n}", NOW, {"words": "Open"}) for n in range(20)]
    save(store, *many)
    save(store, payload("1"))

    assert [event.id for event in store.events([SCOPE])] == ["1:0", "1:1"]
    assert len(store.recorded([SCOPE, OPS]).events) == 42


def test_all_is_of_one_moment(store: Store) -> None:
    """What is written between reading events and reading links is in both or in neither."""
    save(store, payload("1"))
    read, late = store.frames.read, iter([payload("2")])

    def and_then(scopes: Sequence[Scope]) -> object:
        found = read(scopes)
        for one in late:
            keep(store, [(SCOPE, Item(*SCOPE, "", "issue", "PAY-2", "", "", NOW), [])])
            save(store, one)
        return found

    store.frames.read = and_then
    found = store.recorded([SCOPE])

    assert {item.key for item in found.items} >= {link.item for link in found.links}
    assert len(found.items) == 3


def test_a_file_in_use_is_read_by_rows(tmp_path: Path) -> None:
    """Two copies of SQLite in a process would cancel each other's locks (sqlite.org/howtocorrupt.html)."""
    url = f"sqlite:///{tmp_path / 'gemba.db'}"
    with closing(Store.open(url)) as store, closing(Store(url)) as other:
        save(store, payload("1"))
        with other._database.read() as connection:
            connection.exec_driver_sql("SELECT 1")
            with pytest.raises(Closed), direct(store._database):
                pass
            assert len(store.events([SCOPE])) == 2


def test_nobody_opens_a_file_that_is_read_by_adbc(tmp_path: Path) -> None:
    """They wait until it is done."""
    url = f"sqlite:///{tmp_path / 'gemba.db'}"
    with closing(Store.open(url)) as store:
        saving = Thread(target=save, args=(store, payload("1")))
        with direct(store._database) as ask:
            saving.start()
            saving.join(0.2)
            assert saving.is_alive()
            assert not store.frames._items(ask, [SCOPE])
        saving.join(30)
        assert len(store.items([SCOPE])) == 1


def test_reading_and_writing_at_once_in_one_process(store_url: str) -> None:
    """Every page is seen as a whole or not at all, and the file stays sound."""
    with closing(Store.open(store_url)) as store, closing(Store(store_url)) as other:

        def write() -> None:
            for page in range(12):
                save(other, *(payload(f"{page}-{n}") for n in range(20)))

        writing = Thread(target=write)
        writing.start()
        seen = [0]
        while writing.is_alive():
            found = store.recorded([SCOPE])
            assert len(found.events) == 2 * len(found.items)
            seen.append(len(found.items))
        writing.join()

        assert seen == sorted(seen)
        assert {number % 20 for number in seen} == {0}
        assert len(store.items([SCOPE])) == 240
        store.care.check()


def test_what_is_wrong_is_told_as_ever(tmp_path: Path) -> None:
    """A damaged file, as if there were no other way."""
    path = tmp_path / "gemba.db"
    with closing(Store.open(f"sqlite:///{path}")) as store:
        save(store, *(payload(str(n)) for n in range(300)))
    content = path.read_bytes()
    path.write_bytes(content[:8192] + b"x" * (len(content) - 8192))

    with closing(Store(f"sqlite:///{path}")) as store, pytest.raises(StoreError, match="is damaged"):
        store.events([SCOPE])
