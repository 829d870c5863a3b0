"""One process leads; when it is gone, another does."""

import signal
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from bot.database import Database
from bot.errors import StoreError
from bot.schedule import Beat
from bot.store import Store
from tests.databases import new_database

NOW = datetime(2026, 1, 5, 8, tzinfo=UTC)

HOLD = """
import sys
from bot.store import Store
with Store.open(sys.argv[1]).leading() as leads:
    print(leads(), flush=True)
    sys.stdin.read()
"""


def held(url: str) -> subprocess.Popen[str]:
    """Another process that leads."""
    other = subprocess.Popen(
        [sys.executable, "-c", HOLD, url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[1],
    )
    assert other.stdout is not None
    assert other.stdout.readline() == "True\n"
    return other


def test_a_killed_leader_is_followed_at_once(store: Store) -> None:
    """On SQLite nobody else is let in while it lives; on PostgreSQL the others stand by."""
    with held(store.url) as other:
        if store.url.startswith("sqlite"):
            with pytest.raises(StoreError, match="another `gemba run` uses this database"), store.leading():
                pass
        else:
            with store.leading() as leads:
                assert not leads()
        other.send_signal(signal.SIGKILL)
        other.wait()

    with store.leading() as leads:
        assert leads()
        assert leads()


def test_who_loses_the_connection_does_not_lead(postgres: str) -> None:
    """Until it has the lock again."""
    url = new_database(postgres, "lost")
    with (
        closing(Store.open(url)) as store,
        closing(Store(url)) as other,
        store.leading() as leads,
        other.leading() as others,
    ):
        assert leads()
        with store._database.write() as connection:
            connection.execute(
                text("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted")
            )
        assert others()
        assert not leads()


def test_a_database_that_is_gone_is_said_once(postgres: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Nobody is told that another process leads, and it goes on when the database is there again."""
    caplog.set_level("INFO", "gemba")
    url, name = new_database(postgres, "gone"), ("gone", "elsewhere")
    with closing(Store.open(url)) as store, store.leading() as leads:
        beat = Beat([], store, lambda: NOW, leads, Event())
        beat.look()
        for here, there in (name, name[::-1]):
            renamed(postgres, here, there)
            for _ in range(2):
                beat.look()
    told = [record.message.partition(" (")[0] for record in caplog.records]
    assert told[::2] == ["this process does what is due"] * 2
    assert "nothing can be done: the database" in told[1]
    assert len(told) == 3


def test_a_server_that_vanished_is_missed_after_a_minute(postgres: str) -> None:
    """As the kernel is told: it would wait for hours. What the address says counts more."""
    for said, idle in (("", "30"), ("&keepalives_idle=7", "7")):
        database = Database(postgres.replace("postgresql://", "postgresql+psycopg://") + said)
        with closing(database), database.read() as connection:
            told: Any = connection.connection.dbapi_connection
            known = told.info.get_parameters()
        assert (known["keepalives_idle"], known["tcp_user_timeout"]) == (idle, "60000")


def renamed(uri: str, old: str, new: str) -> None:
    """Whoever is connected to it is cut off."""
    admin = create_engine(uri.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        cut = text("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = :name")
        connection.execute(cut, {"name": old})
        connection.execute(text(f"ALTER DATABASE {old} RENAME TO {new}"))
    admin.dispose()


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    """The lock lies beside the database."""
    url = f"sqlite:///{tmp_path / 'gemba.db'}"
    (tmp_path / "gemba.db.lock").mkdir()
    with closing(Store.open(url)) as store, pytest.raises(StoreError, match=r"gemba\.db\.lock"), store.leading():
        pass
