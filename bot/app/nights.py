"""What is done for the store every night: a copy of it is made, and what is old is let go of."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from bot.app.care import retain
from bot.app.clock import clock
from bot.config import Config
from bot.errors import OutputError
from bot.run_settings import BackupConfig
from bot.schedule import Job, daily
from bot.store import Store
from bot.words import count

GRACE = timedelta(hours=20)
"""What was missed in the night is done in the morning."""

OURS, BEGUN = re.compile(r"gemba-\d{4}-\d{2}-\d{2}\.db"), re.compile(r"\.gemba-[0-9a-f]{16}(-journal)?")
A_DAY = timedelta(days=1)


def nightly(config: Config, store: Store) -> Iterator[Job]:
    """The copy first, so that it still has what is let go of."""
    due = daily(config.schedule.night, config.calendar.timezone)
    zone, kept = config.calendar.zone, config.backup
    if kept is not None:
        yield Job("backup", due, GRACE, lambda at: back_up(store, kept, at.astimezone(zone)), heavy=True)
    yield Job("retention", due, GRACE, lambda _: retain(store, config, clock()), heavy=True)


def back_up(store: Store, kept: BackupConfig, at: datetime) -> str:
    """A copy that is called by its day, and those that are more than wanted are gone; in words.

    Raises OutputError and StoreError.
    """
    target = kept.folder / f"gemba-{at:%Y-%m-%d}.db"
    try:
        kept.folder.mkdir(parents=True, exist_ok=True)
        if not target.exists():
            store.care.backup(target)
        gone = list(_let_go(kept, target))
        _clear(kept, at - A_DAY)
    except OSError as problem:
        raise OutputError(f"{kept.folder} cannot be written: {problem.strerror}; see [backup] folder") from problem
    return f"copied to {target.name}" + (f"; {count(len(gone), 'older copy', 'older copies')} deleted" if gone else "")


def _let_go(kept: BackupConfig, newest: Path) -> Iterator[Path]:
    """Only what is called as ours are; not what a clock that was ahead called by a day to come."""
    copies = sorted(path for path in kept.folder.iterdir() if OURS.fullmatch(path.name) and path.name <= newest.name)
    for path in copies[: -kept.keep]:
        path.unlink()
        yield path


def _clear(kept: BackupConfig, before: datetime) -> None:
    """Copies that were begun, and whose process was killed."""
    for path in kept.folder.iterdir():
        if BEGUN.fullmatch(path.name) and path.stat().st_mtime < before.timestamp():
            path.unlink(missing_ok=True)
