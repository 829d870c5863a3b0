"""What is done for the store itself: copied, put back, upgraded, and rid of what is old."""

import itertools
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from bot.app.clock import clock
from bot.app.wiring import opened
from bot.config import Config
from bot.errors import Damaged, StoreError, UsageError
from bot.store import Store
from bot.words import count
from connectors.records import Person


@dataclass(frozen=True)
class Upgraded:
    """From where to where, and the copy of before, if one was made."""

    before: str | None
    after: str
    copy: Path | None = None


@dataclass(frozen=True)
class Restored:
    """Rows of each table, and the copy of what was there before."""

    counts: dict[str, int]
    copy: Path | None = None


def backup(config: Config, target: Path) -> None:
    """Of whatever revision it is."""
    with closing(Store(config.store.url_with_password(), read_only=True)) as store:
        store.care.backup(target)


def upgrade(config: Config, folder: Path, copy: Path | None = None, *, with_copy: bool = True) -> Upgraded:
    """Bring the database to the newest revision, after a copy of it if anything is to be done.

    `copy`: where to; else beside a SQLite database, and of PostgreSQL into the folder.
    """
    with closing(Store(config.store.url_with_password())) as store:
        before, after = store.revision()
        if before in (None, after):
            store.upgrade()
            return Upgraded(before, after)
        kept = copy or _place(store, folder, f"{before}") if with_copy else None
        if kept is not None:
            store.care.backup(kept)
        store.upgrade()
    return Upgraded(before, after, kept)


def restore(config: Config, file: Path, folder: Path, copy: Path | None = None, *, replace: bool = False) -> Restored:
    """Put a backup in place of everything; what is there is copied first, and replaced only where that is wanted."""
    kept: list[Path] = []
    with closing(Store(config.store.url_with_password())) as store:
        _check_apart(store, file)

        def keep() -> None:
            if _is_in_the_way(store, replace=replace):
                kept.append(copy or _place(store, folder, "replaced"))
                _copied(store, kept[0])

        store.care.restore(file, keep)
        return Restored(store.care.counts(), *kept)


def retain(store: Store, config: Config, now: datetime) -> str:
    """Let go of what is older than the configuration keeps; what that was, in a sentence."""
    kept, old = config.retention, store.care.old
    bodies = old.empty(now - kept.payloads) if kept.payloads else 0
    names = old.unname(now - kept.names, partial(_judged, config)) if kept.names else 0
    rows = old.forget_jobs(now - kept.runs)
    said = [count(bodies, "payload") + " emptied"] if bodies else []
    said += [count(names, "name") + " replaced"] if names else []
    said += [count(rows, "row") + " about finished jobs and messages deleted"] if rows else []
    left = "" if store.care.forget() else "; the database is in use just now, so it leaves the files with the next time"
    return (", ".join(said) or "nothing was old enough to let go") + left


def _judged(config: Config, person: Person) -> Person:
    """As it was kept, where its source is not configured any more."""
    kind, _, name = person.source.partition(".")
    return config.judged(person) if name in config.connectors.get(kind, {}) else person


def tidy(config: Config) -> tuple[str, int]:
    """The same by hand, and give back the room; how many bytes of a SQLite file that were."""
    with opened(config) as store:
        return retain(store, config, clock()), store.care.shrink()


def _is_in_the_way(store: Store, *, replace: bool) -> bool:
    """Whether anything is there. Raises StoreError where it may not be replaced."""
    try:
        held = store.care.counts()
    except Damaged:
        if not replace:
            raise
        return True
    if any(held.values()) and not replace:
        raise StoreError(
            f"the database is not empty ({told(held)}); say --replace to put the backup in its place, "
            "after a copy of what is there"
        )
    return any(held.values())


def _copied(store: Store, target: Path) -> None:
    """What is damaged is kept as it is."""
    try:
        store.care.backup(target)
    except Damaged:
        store.care.put_aside(target)


def _check_apart(store: Store, file: Path) -> None:
    if store.care.path is not None and file.exists() and store.care.path.exists() and store.care.path.samefile(file):
        raise UsageError(f"{file} is the database itself; name a backup")


def _place(store: Store, folder: Path, what: str) -> Path:
    """A name that says what it is and since when, and that nobody has yet."""
    path = store.care.path
    stem = f"{path.with_suffix('') if path else folder / 'gemba'}-{what}-{clock():%Y%m%dT%H%M%SZ}"
    numbered = itertools.chain([""], (f"-{number}" for number in itertools.count(2)))
    names = (Path(f"{stem}{number}.db") for number in numbered)
    return next(name for name in names if not name.exists())


def told(counts: dict[str, int]) -> str:
    """Every table that has rows."""
    return ", ".join(f"{number} {name}" for name, number in counts.items() if number) or "no rows"
