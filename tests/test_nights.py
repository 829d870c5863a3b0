"""Every night a copy is made; only so many are kept."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.app.nights import back_up, nightly
from bot.config import Config
from bot.errors import OutputError
from bot.files import beside
from bot.run_settings import BackupConfig
from bot.store import Store

NIGHT = datetime(2026, 3, 27, 4, tzinfo=UTC)


def test_the_newest_copies_are_kept_and_nothing_else_is_touched(store: Store, tmp_path: Path) -> None:
    """One a night, and gemba can open it."""
    folder = tmp_path / "backups"
    kept = BackupConfig(folder=folder, keep=2)
    for night in range(4):
        told = back_up(store, kept, NIGHT + timedelta(days=night))
        (folder / "gemba-2026-03-01-mine.db").write_text("mine")

    assert told == "copied to gemba-2026-03-30.db; 1 older copy deleted"
    assert sorted(path.name for path in folder.iterdir()) == [
        "gemba-2026-03-01-mine.db",
        "gemba-2026-03-29.db",
        "gemba-2026-03-30.db",
    ]
    Store.open(f"sqlite:///{folder / 'gemba-2026-03-30.db'}", read_only=True).close()


def test_a_night_that_is_done_again_changes_nothing(store: Store, tmp_path: Path) -> None:
    """The process may have died before it could say that it was done."""
    kept = BackupConfig(folder=tmp_path / "backups")
    back_up(store, kept, NIGHT)
    before = (kept.folder / "gemba-2026-03-27.db").stat()

    assert back_up(store, kept, NIGHT) == "copied to gemba-2026-03-27.db"
    assert (kept.folder / "gemba-2026-03-27.db").stat().st_ino == before.st_ino


def test_copies_of_days_to_come_are_not_in_the_way_of_todays(store: Store, tmp_path: Path) -> None:
    """The clock was a year ahead when they were made: none is deleted for them."""
    kept = BackupConfig(folder=tmp_path / "backups", keep=1)
    for night in (NIGHT + timedelta(days=365), NIGHT, NIGHT + timedelta(days=1)):
        back_up(store, kept, night)

    assert sorted(path.name for path in kept.folder.iterdir()) == ["gemba-2026-03-28.db", "gemba-2027-03-27.db"]


def test_what_a_killed_process_left_is_cleared_away(store: Store, tmp_path: Path) -> None:
    """It is as large as a copy. What another process may be at stays."""
    kept = BackupConfig(folder=tmp_path / "backups")
    kept.folder.mkdir()
    for hours, begun in ((-25, beside(kept.folder / "gemba.db")), (-1, beside(kept.folder / "gemba.db"))):
        begun.write_bytes(b"half")
        os.utime(begun, ((NIGHT + timedelta(hours=hours)).timestamp(),) * 2)
    back_up(store, kept, NIGHT)

    assert {path.name for path in kept.folder.iterdir()} == {begun.name, "gemba-2026-03-27.db"}


def test_a_folder_that_cannot_be_made_is_said(store: Store, tmp_path: Path) -> None:
    """A file is in its place."""
    (tmp_path / "backups").write_text("")
    with pytest.raises(OutputError, match=r"backups cannot be written: .*; see \[backup\] folder"):
        back_up(store, BackupConfig(folder=tmp_path / "backups"), NIGHT)


def test_retention_is_looked_after_without_a_backup(store: Store) -> None:
    """A copy is made only where somebody says where."""
    assert [job.name for job in nightly(Config(), store)] == ["retention"]
    backup = Config(backup=BackupConfig(folder=Path("backups")))
    assert [job.name for job in nightly(backup, store)] == ["backup", "retention"]
