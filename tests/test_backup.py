"""A backup is one whole store of one moment, whatever is written meanwhile; and it can be put back."""

import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path
from threading import Event as Signal
from threading import Thread

import pytest
from sqlalchemy import text

from bot.errors import Damaged, NothingYet, StoreError
from bot.store import Store
from bot.tables import Rows
from connectors.records import Page
from tests.stored import SCOPE, everything, fill, filled, kept_in, payload, save, translate

SOURCES = ("jira.one", "jira.two", "jira.three")


@contextmanager
def writing(store: Store) -> Iterator[None]:
    """Three sources are collected while the block runs: each page moves its cursor with its payloads."""
    stop, begun = Signal(), [Signal() for _ in SOURCES]

    def collect(source: str, first: Signal) -> None:
        number = 0
        while not stop.is_set():
            page = Page(tuple(payload(f"{number + n}", source=source) for n in range(3)), f"{number + 3}")
            store.save((source, "PAY"), page, translate)
            number += 3
            first.set()

    threads = [Thread(target=collect, args=each) for each in zip(SOURCES, begun, strict=True)]
    for thread in threads:
        thread.start()
    try:
        assert all(first.wait(timeout=20) for first in begun)
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def held(path: Path) -> list[tuple[int, ...]]:
    """Of each source its cursor, and how many payloads, items and events there are."""
    tables = ("payload", "item", "event")
    with closing(sqlite3.connect(path)) as copy:
        return [
            (
                int(copy.execute("SELECT value FROM cursor WHERE source = ?", (source,)).fetchone()[0]),
                *(copy.execute(f"SELECT count(*) FROM {t} WHERE source = ?", (source,)).fetchone()[0] for t in tables),
            )
            for source in SOURCES
        ]


def test_a_backup_under_load_is_of_one_moment(store: Store, tmp_path: Path) -> None:
    """In every copy the cursors fit what was read, in all tables; and the writers went on between the copies."""
    copies: list[list[tuple[int, ...]]] = []
    with writing(store):
        while len(copies) < 4 or copies[0] == copies[-1]:
            target = tmp_path / f"{len(copies)}.copy"
            store.care.backup(target)
            copies.append(held(target))

    for copy in copies:
        for cursor, payloads, items, events in copy:
            assert (payloads, items, events) == (cursor, cursor, 2 * cursor)


def test_a_backup_goes_everywhere_and_back(store_url: str, tmp_path: Path) -> None:
    """From SQLite into the other database and out of it again, each value of each table as it was."""
    kept = kept_in(filled(tmp_path / "origin.db"))
    with closing(Store.open(f"sqlite:///{tmp_path / 'origin.db'}")) as origin:
        origin.care.backup(tmp_path / "first.copy")
    with closing(Store(store_url)) as store:
        store.care.restore(tmp_path / "first.copy")
        assert everything(store) == kept
        assert set(store.care.counts().values()) == {2}
    with closing(Store(store_url, read_only=True)) as reader:
        reader.care.backup(tmp_path / "second.copy")

    assert kept_in(tmp_path / "second.copy") == kept


def test_a_backup_is_one_file_for_its_owner_alone(store: Store, tmp_path: Path) -> None:
    """Nothing is left beside it, and nothing is overwritten."""
    save(store, payload("1"))
    folder = tmp_path / "copies"
    folder.mkdir()
    store.care.backup(folder / "b.copy")

    with pytest.raises(StoreError, match="exists already"):
        store.care.backup(folder / "b.copy")
    assert [path.name for path in folder.iterdir()] == ["b.copy"]
    assert stat.S_IMODE((folder / "b.copy").stat().st_mode) == 0o600


def test_a_backup_that_cannot_be_written_leaves_nothing(store: Store, tmp_path: Path) -> None:
    """It says where, and what."""
    with pytest.raises(StoreError, match=r"nowhere/b\.copy cannot be written: No such file or directory"):
        store.care.backup(tmp_path / "nowhere" / "b.copy")


def test_of_nothing_there_is_no_backup(store_url: str, tmp_path: Path) -> None:
    """And none is made by looking for it."""
    with closing(Store(store_url)) as store, pytest.raises(NothingYet, match="nothing to copy"):
        store.care.backup(tmp_path / "b.copy")
    assert not (tmp_path / "b.copy").exists()


def test_a_restore_replaces_everything_or_nothing(store: Store, tmp_path: Path) -> None:
    """What was there before is gone, and where a row does not fit it is there as before."""
    save(store, payload("old"))
    store.care.restore(filled(tmp_path / "other.db"))
    assert everything(store) == kept_in(tmp_path / "other.db")

    with closing(sqlite3.connect(tmp_path / "other.db")) as broken, broken:
        broken.execute("DROP TABLE remark")
    before = everything(store)
    with pytest.raises(Damaged, match="is damaged; take another one"):
        store.care.restore(tmp_path / "other.db")
    assert everything(store) == before


def test_a_row_that_postgresql_refuses_leaves_it_as_it_was(store: Store, tmp_path: Path) -> None:
    """SQLite keeps what PostgreSQL does not: a text with a NUL."""
    save(store, payload("old"))
    with closing(sqlite3.connect(filled(tmp_path / "other.db"))) as other, other:
        other.execute("UPDATE remark SET reason = 'a' || char(0)")

    before, refused = everything(store), store.care.path is None
    with pytest.raises(StoreError, match="cannot be used") if refused else nullcontext():
        store.care.restore(tmp_path / "other.db")
    assert (everything(store) == before) is refused


def test_a_store_that_is_in_use_is_not_replaced(store: Store, tmp_path: Path) -> None:
    """By whoever has it open; when that has ended, it is."""
    filled(tmp_path / "other.db")
    with closing(Store.open(store.url)) as running:
        save(running, payload("1"))
        with pytest.raises(StoreError, match="is in use; stop `gemba run`"):
            store.care.restore(tmp_path / "other.db")
        assert list(running.marks(SCOPE)) == ["1"]

    store.care.restore(tmp_path / "other.db")
    assert everything(store) == kept_in(tmp_path / "other.db")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("UPDATE alembic_version SET version_num = '9999'", "of a newer gemba: install that version"),
        ("DROP TABLE alembic_version", "is no backup of gemba"),
    ],
)
def test_a_file_that_is_no_backup_is_refused(store: Store, tmp_path: Path, change: str, words: str) -> None:
    """Before anything is touched."""
    save(store, payload("1"))
    filled(tmp_path / "other.db")
    with closing(sqlite3.connect(tmp_path / "other.db")) as other, other:
        other.execute(change)

    with pytest.raises(StoreError, match=words):
        store.care.restore(tmp_path / "other.db", lambda: pytest.fail("it was touched"))
    assert [*store.marks(SCOPE)] == ["1"]


def damaged(path: Path, at: int = 4096 * 20) -> Path:
    """Some of its pages are overwritten, as a bad disk does."""
    content = bytearray(path.read_bytes())
    content[at : at + 4096 * 12] = b"\xa5" * 4096 * 12
    path.write_bytes(content)
    return path


def test_a_damaged_backup_is_refused(store: Store, tmp_path: Path) -> None:
    """Before anything is touched."""
    with pytest.raises(Damaged, match="is damaged; take another one"):
        store.care.restore(damaged(filled(tmp_path / "other.db")), lambda: pytest.fail("it was touched"))
    with pytest.raises(StoreError, match="there is no file"):
        store.care.restore(tmp_path / "nothing.db")


@pytest.mark.parametrize("at", [0, 4096 * 20])
def test_a_damaged_database_is_told_and_replaced(tmp_path: Path, at: int) -> None:
    """Be it a page or the file as a whole; what is left of it can be put aside."""
    good, path = filled(tmp_path / "good.db"), filled(tmp_path / "gemba.db")
    damaged(path, at)
    with closing(Store(f"sqlite:///{path}")) as store:
        with pytest.raises(Damaged, match="the newest backup"):
            store.care.check()
        store.care.put_aside(tmp_path / "aside.db")
        store.care.restore(good)
        store.care.check()
        assert everything(store) == kept_in(good)
    assert (tmp_path / "aside.db").stat().st_size == len((tmp_path / "aside.db").read_bytes()) > 4096


def test_a_whole_store_is_found_to_be_whole(store: Store) -> None:
    """And one that lacks a table, or a column, is not."""
    store.care.check()
    with store._database.write() as connection:
        connection.execute(text("ALTER TABLE item RENAME COLUMN about TO around"))
    with pytest.raises(Damaged, match='lacks about of "item"'):
        store.care.check()
    with store._database.write() as connection:
        connection.execute(text("DROP TABLE heard"))
        connection.execute(text("ALTER TABLE item RENAME COLUMN around TO about"))
    with pytest.raises(Damaged, match='lacks the table "heard"'):
        store.care.check()


def test_tables_of_others_are_left_alone(store: Store, tmp_path: Path) -> None:
    """They need not be in a backup, and do not keep it from being put back."""
    with store._database.write() as connection:
        fill(connection, Rows.metadata.tables)
        connection.execute(text("CREATE TABLE strange (x INTEGER)"))
    store.care.backup(tmp_path / "b.copy")
    with closing(sqlite3.connect(tmp_path / "b.copy")) as copy:
        copy.execute("CREATE TABLE stranger (x INTEGER)")

    before = everything(store)
    store.care.restore(tmp_path / "b.copy")
    assert kept_in(tmp_path / "b.copy") == everything(store) == before
