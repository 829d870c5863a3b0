"""The store, on SQLite and on PostgreSQL: all or nothing, once and only once, and the newest counts."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import text

from bot.errors import StoreError
from bot.store import HEAD, Saved, Store
from connectors.errors import PayloadUnreadable
from connectors.records import Event, EventKind, Item, Link, Page, Payload, Person, Record

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
    yield Person(found.source, "u1", "Ann")


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
    assert store.people(["jira.acme"]) == [Person("jira.acme", "u1", "Ann")]


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


def test_a_due_time_is_claimed_once(store: Store) -> None:
    """By whoever comes first; given back, it can be claimed again."""
    assert store.claim("digest", NOW, LATER)
    assert not store.claim("digest", NOW, LATER)
    assert store.claim("digest", LATER, LATER)
    store.release("digest", NOW)
    assert store.claim("digest", NOW, LATER)
    store.finish("digest", NOW, LATER, "posted")


def test_many_who_claim_at_once_are_told_apart(store: Store) -> None:
    """One wins."""
    won: list[bool] = []
    threads = [Thread(target=lambda: won.append(store.claim("digest", NOW, LATER))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(won) == [False] * 7 + [True]


def test_a_message_is_remembered(store: Store) -> None:
    """As being sent, then as sent."""
    assert store.outbox("#pay", "2026-W01", NOW).state == "sending"
    store.sent("#pay", "2026-W01", "123.4")
    found = store.outbox("#pay", "2026-W01", LATER)

    assert (found.state, found.message, found.claimed_at) == ("sent", "123.4", NOW)


def test_tables_are_as_the_migrations_make_them(store: Store) -> None:
    """Nobody changed one without the other."""
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    from bot.tables import Rows

    with store._engine.connect() as connection:
        assert (
            compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), Rows.metadata) == []
        )


def test_the_newest_revision_is_known() -> None:
    """Without asking Alembic each time a database is opened."""
    from alembic.script import ScriptDirectory

    assert ScriptDirectory(str(Path(__file__).parents[1] / "bot" / "migrations")).get_current_head() == HEAD


def test_an_older_database_is_not_touched(store: Store) -> None:
    """It says what to do."""
    with store._writer.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))

    with pytest.raises(StoreError, match="gemba db upgrade"):
        Store.open(store.url)


def test_a_backup_is_a_whole_store(tmp_path: Path) -> None:
    """And does not overwrite."""
    store = Store.open(f"sqlite:///{tmp_path / 'a.db'}")
    save(store, payload())
    store.backup(tmp_path / "b.db")
    with pytest.raises(StoreError, match="exists already"):
        store.backup(tmp_path / "b.db")
    store.close()

    copy = Store.open(f"sqlite:///{tmp_path / 'b.db'}")
    assert states(copy) == ["Open"]
    copy.close()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("nonsense", "not understood"),
        ("oracle9://x", "not understood"),
        ("sqlite:////no/such/folder/x.db", "cannot open the database"),
        ("postgresql+psycopg://nobody:hidden@127.0.0.1:9/x", "cannot open the database"),
    ],
)
def test_a_database_that_cannot_be_opened(url: str, words: str) -> None:
    """Says so in a sentence, without the password."""
    with pytest.raises(StoreError, match=words) as problem:
        Store.open(url)
    assert "hidden" not in str(problem.value)
