"""From the first schema to the last, with rows of every table of every revision in it."""

import subprocess
from contextlib import closing
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, select

from bot.app.care import Upgraded, upgrade
from bot.backup import tables_of
from bot.config import load_config
from bot.errors import StoreError
from bot.revisions import HEAD, bring
from bot.store import Store
from tests.commands import COMMAND
from tests.stored import fill

SCRIPTS = ScriptDirectory(str(Path(__file__).parents[1] / "bot" / "migrations"))
REVISIONS = sorted(script.revision for script in SCRIPTS.walk_revisions())

EMPTIED = {"0002": {"payload", "item", "event", "link", "person", "cursor"}}
"""What a revision does away with on purpose: payloads of before hold names, and are collected anew."""

Told = dict[str, list[dict[str, Any]]]


def rows_of(connection: Connection) -> Told:
    return {
        table.name: [dict(row) for row in connection.execute(select(table)).mappings()]
        for table in tables_of(connection)
    }


def grown(url: str, until: str = HEAD) -> Told:
    """A database that went through the revisions with two rows of each in every table; what has to be there then."""
    expected: Told = {}
    with closing(Store(url)) as store, store._database.write() as connection:
        for revision in (each for each in REVISIONS if each <= until):
            bring(connection, revision)
            expected = {name: rows for name, rows in expected.items() if name not in EMPTIED.get(revision, ())}
            fill(connection, {table.name: table for table in tables_of(connection)}, revision)
            for name, rows in rows_of(connection).items():
                old = len(expected.get(name, ()))
                expected[name] = [*expected.get(name, ()), *rows[old:]]
    return expected


def is_kept(expected: Told, found: Told) -> bool:
    """Every row with everything it had."""
    return all(
        any(row.items() <= other.items() for other in found[name]) for name, rows in expected.items() for row in rows
    )


@pytest.mark.parametrize("first", REVISIONS)
def test_every_row_survives_the_upgrade(store_url: str, first: str) -> None:
    """From each revision to the newest, but for what is emptied on purpose; and the store opens then."""
    expected = grown(store_url, first)
    with closing(Store(store_url)) as store:
        store.upgrade()
        with store._database.read() as connection:
            found = rows_of(connection)
    gone = {name for revision, names in EMPTIED.items() if revision > first for name in names}

    assert is_kept({name: rows for name, rows in expected.items() if name not in gone}, found)
    assert not any(found[name] for name in gone)
    with closing(Store.open(store_url)) as store:
        store.care.check()


def test_rows_of_every_revision_are_there_at_the_end(store_url: str) -> None:
    """Those that were written at each of them."""
    expected = grown(store_url)
    with closing(Store(store_url)) as store, store._database.read() as connection:
        assert is_kept(expected, rows_of(connection))
        assert {*expected} == {*inspect(connection).get_table_names()} - {"alembic_version"}
    assert {len(rows) // 2 for rows in expected.values()} == {*range(1, len(REVISIONS) + 1)}


def test_an_old_backup_is_upgraded_when_it_is_put_back(store_url: str, tmp_path: Path) -> None:
    """Of the old database, in either kind; the file stays as it was."""
    expected = grown(f"sqlite:///{tmp_path / 'old.db'}", "0003")
    with closing(Store(f"sqlite:///{tmp_path / 'old.db'}", read_only=True)) as old:
        old.care.backup(tmp_path / "old.copy")
    content = (tmp_path / "old.copy").read_bytes()
    with closing(Store(store_url)) as store:
        store.care.restore(tmp_path / "old.copy")
        with store._database.read() as connection:
            assert is_kept(expected, rows_of(connection))
        assert store.revision() == (HEAD, HEAD)
    assert (tmp_path / "old.copy").read_bytes() == content


def test_an_old_database_is_copied_as_it_is(store_url: str, tmp_path: Path) -> None:
    """At its revision, with all of its rows."""
    expected = grown(store_url, "0001")
    with closing(Store(store_url)) as store:
        store.care.backup(tmp_path / "old.copy")
    with closing(Store(f"sqlite:///{tmp_path / 'old.copy'}")) as copy, copy._database.read() as connection:
        assert copy.revision() == ("0001", HEAD)
        assert is_kept(expected, rows_of(connection))


def test_many_who_upgrade_at_once_all_may(store_url: str) -> None:
    """One does it, the others wait for it."""
    expected = grown(store_url, "0002")
    stores = [Store(store_url) for _ in range(4)]
    threads = [Thread(target=store.upgrade) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with stores[0]._database.read() as connection:
        assert is_kept(expected, rows_of(connection))
    assert {store.revision() for store in stores} == {(HEAD, HEAD)}
    for store in stores:
        store.close()


def configured(folder: Path, url: str) -> Path:
    (folder / "config.toml").write_text(f'[store]\nurl = "{url}"\n')
    return folder


def test_two_processes_upgrade_at_once(store_url: str, tmp_path: Path) -> None:
    """Each with a copy of its own."""
    expected, folder = grown(store_url, "0002"), configured(tmp_path, store_url)
    root = str(Path(__file__).parents[1])
    both = [
        subprocess.Popen(
            [*COMMAND, "db", "upgrade", "--backup", f"{n}.copy"], cwd=folder, env={"PYTHONPATH": root}, stderr=-1
        )
        for n in range(2)
    ]
    said = [process.communicate(timeout=60)[1].decode() for process in both]

    assert [process.returncode for process in both] == [0, 0], said
    with closing(Store.open(store_url)) as store, store._database.read() as connection:
        assert is_kept(expected, rows_of(connection))


def test_an_upgrade_is_asked_for_and_copies_first(store_url: str, tmp_path: Path) -> None:
    """Beside the database or the configuration, under a name that says of which revision; once."""
    grown(store_url, "0004")
    config = load_config(configured(tmp_path, store_url) / "config.toml")
    with pytest.raises(StoreError, match="run `gemba db upgrade`"):
        Store.open(store_url)
    done, again = upgrade(config, tmp_path), upgrade(config, tmp_path)
    (copy,) = tmp_path.glob("gemba-0004-*Z.db")

    assert (done.before, done.after, done.copy) == ("0004", HEAD, copy)
    assert (again.before, again.after, again.copy) == (HEAD, HEAD, None)
    with closing(Store(f"sqlite:///{copy}")) as kept:
        assert kept.revision() == ("0004", HEAD)


def test_without_a_copy_there_is_no_upgrade(store_url: str, tmp_path: Path) -> None:
    """Unless it was said that none is wanted."""
    grown(store_url, "0004")
    config = load_config(configured(tmp_path, store_url) / "config.toml")
    with pytest.raises(StoreError, match=r"folder\.db cannot be written"):
        upgrade(config, tmp_path, tmp_path / "no" / "folder.db")
    with closing(Store(store_url)) as store:
        assert store.revision() == ("0004", HEAD)

    assert upgrade(config, tmp_path, with_copy=False).copy is None
    assert not list(tmp_path.glob("gemba-*"))


def test_a_new_database_needs_no_copy(store_url: str, tmp_path: Path) -> None:
    """There is nothing in it."""
    config = load_config(configured(tmp_path, store_url) / "config.toml")

    assert upgrade(config, tmp_path) == Upgraded(None, HEAD)
