"""The store, on SQLite and on PostgreSQL: all or nothing, once and only once, and the newest counts."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event as Signal
from threading import Thread

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from bot.errors import NothingYet, StoreError
from bot.revisions import HEAD
from bot.store import Saved, Store
from connectors.errors import PayloadUnreadable
from connectors.records import ActorKind, Event, EventKind, Item, Link, Page, Payload, Person, Record, Unreadable

SCOPE = ("jira.acme", "PAY")
NOW = datetime(2026, 1, 5, 10, tzinfo=UTC)
LATER = datetime(2026, 1, 6, 10, 0, 0, 123456, tzinfo=UTC)


def payload(key: str = "1", *, updated: datetime = NOW, states: tuple[str, ...] = ("Open",), mark: str = "") -> Payload:
    return Payload("jira.acme", "PAY", "issue", key, updated, {"states": list(states)}, mark)


def translate(found: Payload) -> Iterator[Record]:
    if found.body["states"] == ["nonsense"]:
        raise PayloadUnreadable(f"issue {found.key}", "nonsense")
    yield Item(
        found.source, found.scope, found.key, "issue", f"PAY-{found.key}", "Title", "https://x", NOW, labels=("a", "b")
    )
    for n, state in enumerate(found.body["states"]):
        yield Event(found.source, f"{found.key}:{n}", found.key, LATER, EventKind.STATE, state)
    yield Link(found.source, found.key, "PAY-9", "implements", "branch")


def save(store: Store, *payloads: Payload, cursor: str | None = None) -> Saved:
    return store.save(SCOPE, Page(payloads, cursor), translate)


def states(store: Store) -> list[str | None]:
    return [e.state for e in store.events([SCOPE])]


def test_what_was_saved_is_read(store: Store) -> None:
    """Also lists, times to the microsecond, and kinds."""
    save(store, payload())

    assert store.items([SCOPE]) == [
        Item("jira.acme", "PAY", "1", "issue", "PAY-1", "Title", "https://x", NOW, labels=("a", "b"))
    ]
    assert store.events([SCOPE]) == [Event("jira.acme", "1:0", "1", LATER, EventKind.STATE, "Open")]
    assert store.links([SCOPE]) == [Link("jira.acme", "1", "PAY-9", "implements", "branch")]


def test_saving_again_changes_nothing(store: Store) -> None:
    """The same payload is not even translated."""
    assert save(store, payload()).changed == 1
    assert save(store, payload()) == Saved(payloads=1, changed=0)


def test_a_changed_payload_replaces_its_records(store: Store) -> None:
    """What the source does not tell any more is gone."""
    save(store, payload(states=("Open", "Done")))
    save(store, payload(states=("Closed",), updated=LATER))

    assert states(store) == ["Closed"]


def test_older_news_is_no_news(store: Store) -> None:
    """Pages overlap and come late."""
    save(store, payload(states=("Done",), updated=LATER))

    assert save(store, payload(states=("Open",))).changed == 0
    assert states(store) == ["Done"]


def test_of_one_key_twice_in_a_page_the_newest_counts(store: Store) -> None:
    """An issue moves between pages while they are walked."""
    save(store, payload(states=("Done",), updated=LATER), payload(states=("Open",)))

    assert states(store) == ["Done"]


def test_payloads_and_cursor_go_together(store: Store) -> None:
    """If one cannot be written, neither is."""

    def broken(found: Payload) -> Iterator[Record]:
        yield replace(next(iter(r for r in translate(found) if isinstance(r, Event))), at=None)  # type: ignore[arg-type]

    save(store, payload("1"), cursor="first")
    with pytest.raises(Exception, match="at"):
        store.save(SCOPE, Page((payload("2"),), "second"), broken)

    assert store.cursor(SCOPE)[0] == "first"
    assert list(store.marks(SCOPE)) == ["1"]


def test_a_page_without_cursor_leaves_it(store: Store) -> None:
    """Until it is safe."""
    save(store, payload("1"), cursor="first")
    save(store, payload("2"))

    assert store.cursor(SCOPE) == ("first", None)
    store.census_done(SCOPE, LATER)
    assert store.cursor(SCOPE) == ("first", LATER)
    save(store, cursor="second")
    assert store.cursor(SCOPE) == ("second", LATER)


def test_what_cannot_be_read_is_kept_and_named(store: Store) -> None:
    """With the records it had; and the others are read."""
    save(store, payload("1"), payload("2"))
    saved = save(
        store, payload("1", states=("nonsense",), updated=LATER), payload("2", states=("Done",), updated=LATER)
    )

    assert saved.unreadable == ("cannot read issue 1: nonsense",)
    assert states(store) == ["Open", "Done"]
    assert store.replay("jira.acme", translate).unreadable == ("cannot read issue 1: nonsense",)


def test_replay_reads_old_payloads_with_new_eyes(store: Store) -> None:
    """Without the network."""
    save(store, payload(states=("Open", "Done")))

    def mended(found: Payload) -> Iterator[Record]:
        yield from (replace(r, state=f"{r.state}!") if isinstance(r, Event) else r for r in translate(found))

    assert store.replay("jira.acme", mended).payloads == 1
    assert states(store) == ["Open!", "Done!"]


def test_scopes_are_apart(store: Store) -> None:
    """A stream reads only its own."""
    save(store, payload("1"))
    store.save(("jira.acme", "OPS"), Page((replace(payload("2"), scope="OPS"),)), translate)

    assert [i.key for i in store.items([SCOPE])] == ["1"]
    assert len(store.events([SCOPE, ("jira.acme", "OPS")])) == 2
    assert [i.key for i in store.items([("jira.acme", "OPS")])] == ["2"]


def test_an_item_that_moves_belongs_to_where_it_is(store: Store) -> None:
    """Its key stays."""
    save(store, payload("1"))
    store.save(("jira.acme", "OPS"), Page((replace(payload("1", updated=LATER), scope="OPS"),)), translate)

    assert store.items([SCOPE]) == []


def test_marks_tell_silent_changes(store: Store) -> None:
    """A census compares them; the time stamp did not move."""
    save(store, payload("1", mark="open"))
    save(store, payload("1", mark="done", states=("Done",)))

    assert store.marks(SCOPE) == {"1": "done"}
    assert states(store) == ["Done"]


def test_one_of_many_takes_over_a_message(store: Store) -> None:
    """That nobody is sending any more."""
    store.outbox.claim("#pay", "W01", NOW)
    store.outbox.release("#pay", "W01")
    taken: list[bool] = []
    threads = [
        Thread(target=lambda: taken.append(store.outbox.claim("#pay", "W01", LATER) is not None)) for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(taken) == [False] * 5 + [True]


def test_what_could_not_be_read_is_remembered(store: Store) -> None:
    """What is known of it stays, what is new is kept without content; both are asked for again."""
    save(store, payload("1"))
    lost = tuple(Unreadable("issue", key, f"cannot read {key}") for key in ("1", "2", None))
    saved = store.save(SCOPE, Page((), "next", lost), translate)

    assert saved.unreadable == ("cannot read 1", "cannot read 2", "cannot read None")
    assert store.marks(SCOPE) == {"1": "unreadable", "2": "unreadable"}
    assert states(store) == ["Open"]
    assert store.replay("jira.acme", translate).payloads == 1
    save(store, payload("1"), payload("2"))
    assert store.marks(SCOPE) == {"1": "", "2": ""}


def test_a_scope_is_complete_only_after_a_whole_walk(store: Store) -> None:
    """And stays so until the next one has ended."""
    store.save(SCOPE, Page((payload(),), "half"), translate)
    assert store.complete_at(SCOPE) is None
    store.save(SCOPE, Page((), "whole", complete=NOW), translate)
    store.save(SCOPE, Page((), "half of the next"), translate)
    assert store.complete_at(SCOPE) == NOW


def test_what_is_only_said_of_somebody_replaces_nothing(store: Store) -> None:
    """Who was once mentioned as an assignee may go by an old name there."""
    known = Person("jira.acme", "a1", "Automation", ActorKind.BOT)
    said = Person("jira.acme", "a1", "Old", hearsay=True)
    for key, person in (("1", said), ("2", known), ("3", said)):
        store.save(SCOPE, Page((payload(key),), people=(person,)), translate)

    assert known in store.people(["jira.acme"])


def test_writers_of_one_source_take_turns(store: Store) -> None:
    """What is collected while an old version is read anew is not overwritten with it."""
    save(store, payload("1", states=("Open",)))
    inside, saved = Signal(), Signal()

    def slowly(found: Payload) -> Iterator[Record]:
        inside.set()
        saved.wait(timeout=0.5)
        yield from translate(found)

    replaying = Thread(target=store.replay, args=("jira.acme", slowly))
    replaying.start()
    inside.wait(timeout=5)
    save(store, payload("1", updated=LATER, states=("Open", "Done")))
    saved.set()
    replaying.join()

    assert states(store) == ["Open", "Done"]


def test_a_message_is_posted_by_one_at_a_time(store: Store) -> None:
    """Who comes meanwhile is sent away; after a failure, or five minutes, the next one takes over."""
    assert store.outbox.claim("#pay", "W01", NOW) is not None
    assert store.outbox.claim("#pay", "W01", NOW + timedelta(minutes=4)) is None
    taken = store.outbox.claim("#pay", "W01", NOW + timedelta(minutes=6))
    assert taken is not None
    assert taken.first_at == NOW
    assert store.outbox.claim("#pay", "W01", NOW + timedelta(minutes=7)) is None
    store.outbox.release("#pay", "W01")
    assert store.outbox.claim("#pay", "W01", NOW + timedelta(minutes=8)) is not None
    store.outbox.sent("#pay", "W01", "123.4")
    found = store.outbox.claim("#pay", "W01", NOW + timedelta(minutes=8, seconds=1))
    assert found is not None
    assert (found.state, found.message) == ("sent", "123.4")


def test_tables_are_as_the_migrations_make_them(store: Store) -> None:
    """Nobody changed one without the other."""
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    from bot.tables import Rows

    with store._database.read() as connection:
        assert (
            compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), Rows.metadata) == []
        )


def test_the_newest_revision_is_known() -> None:
    """Without asking Alembic each time a database is opened."""
    from alembic.script import ScriptDirectory

    assert ScriptDirectory(str(Path(__file__).parents[1] / "bot" / "migrations")).get_current_head() == HEAD


def test_an_older_database_is_not_touched(store: Store) -> None:
    """It says what to do."""
    with store._database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))

    with pytest.raises(StoreError, match="gemba db upgrade"):
        Store.open(store.url)


def test_a_newer_database_asks_for_a_newer_program(store: Store) -> None:
    """Upgrading cannot help."""
    with store._database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(StoreError, match="of a newer gemba: install that version"):
        Store.open(store.url)


def test_many_who_open_a_new_database_at_once_all_may(store_url: str) -> None:
    """One makes the tables, the others wait for it."""
    opened: list[Store] = []
    threads = [Thread(target=lambda: opened.append(Store.open(store_url))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(opened) == 4
    for store in opened:
        store.close()


def test_a_backup_is_a_whole_store(tmp_path: Path) -> None:
    """And does not overwrite."""
    store = Store.open(f"sqlite:///{tmp_path / 'a.db'}")
    save(store, payload())
    store.care.backup(tmp_path / "b.db")
    with pytest.raises(StoreError, match="exists already"):
        store.care.backup(tmp_path / "b.db")
    store.close()

    copy = Store.open(f"sqlite:///{tmp_path / 'b.db'}")
    assert states(copy) == ["Open"]
    copy.close()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("nonsense", "not understood"),
        ("oracle9://x", "not understood"),
        ("sqlite:////no/such/folder/x.db", "there is no folder /no/such/folder"),
        ("postgresql+psycopg://nobody:hidden@127.0.0.1:9/x", "cannot be reached; .*connection failed"),
        ("mysql://u@h/d", "write sqlite:///gemba.db or postgresql"),
        (f"sqlite:///{__file__}", "file is not a database"),
    ],
)
def test_a_database_that_cannot_be_opened(url: str, words: str) -> None:
    """Says so in a sentence, without the password."""
    with pytest.raises(StoreError, match=words) as problem:
        Store.open(url)
    assert "hidden" not in str(problem.value)


def test_a_store_that_is_read_only_cannot_be_written(store_url: str) -> None:
    """Neither by our own ways nor by SQL; reading goes on while another process writes."""
    with pytest.raises(NothingYet, match="run `gemba collect`"):
        Store.open(store_url, read_only=True)
    with closing(Store.open(store_url)) as writer, closing(Store.open(store_url, read_only=True)) as reader:
        with pytest.raises(StoreError, match="read only"):
            reader.runs.claim("job", NOW, NOW)
        with pytest.raises(DBAPIError, match=r"readonly|read-only"), reader._database.engine.begin() as connection:
            connection.execute(text("DELETE FROM item"))
        with writer._database.write() as connection:
            connection.execute(text("DELETE FROM item"))
            assert reader.revision() == writer.revision()
