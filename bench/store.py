"""The store beside the least that SQLite itself does: rows written by the driver, columns read by one full scan.

`python -m bench.store [EVENTS]` tells processor seconds of this process, the best of interleaved rounds.
"""

import resource
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import partial
from operator import attrgetter
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from bot.rows import COLUMNS
from bot.store import Store
from bot.tables import Rows
from bot.upserts import upsert_records
from connectors.records import ActorKind, Event, EventKind, Item, Page, Payload, Record

SCOPE = ("jira.bench", "B")
START = datetime(2025, 1, 1, tzinfo=UTC)
STATES = ("Open", "In Progress", "In Review", "Done")
A_CASE, A_PAGE = 12, 100
ITEM, EVENT = (Rows.metadata.tables[name] for name in ("item", "event"))

Values = tuple[Any, ...]
Work = Callable[[], object]


class Row(NamedTuple):
    """A figure; `ratio`: how many times the figure of the name `ratio_to` it is."""

    name: str
    value: float
    unit: str
    ratio_to: str | None = None
    ratio: float | None = None


def items(count: int) -> Iterator[Item]:
    for n in range(count):
        key = str(10_000 + n)
        title, url = f"What is wanted of number {n}", f"https://acme.example/browse/B-{key}"
        yield Item(*SCOPE, key, "issue", f"B-{key}", title, url, START)


def events(count: int) -> Iterator[Event]:
    """Of a case after the other; every third moves it on."""
    random = Random(1)
    for n in range(count):
        case, number = divmod(n, A_CASE)
        key, step = str(10_000 + case), None if number % 3 else number // 3
        at = START + timedelta(days=case % 300, hours=number * 20, seconds=random.uniform(0, 70_000))
        yield Event(
            SCOPE[0],
            f"{key}:{number}",
            key,
            at,
            EventKind.EDITED if step is None else EventKind.STATE,
            None if step is None else STATES[step],
            None if step is None else str(step),
            f"u{random.randrange(300)}",
            ActorKind.HUMAN,
            "description" if step is None else None,
            number,
        )


def figures(folder: Path, size: int, rounds: int = 3) -> Iterator[Row]:
    """Writing, then reading `size` events."""
    yield from _writing(folder, min(size, 200_000), rounds)
    yield from _saving(folder, min(size, 24_000))
    yield from _reading(folder, size, rounds)


def _writing(folder: Path, size: int, rounds: int) -> Iterator[Row]:
    """The same rows, into a new database and over themselves."""
    rows = [*events(size)]
    ways = {"driver": partial(_by_driver, rows=[*map(_plain, rows)]), "store": partial(_by_store, rows=rows)}
    spent: dict[str, float] = {}
    for number in range(rounds):
        for name, write in ways.items():
            path = folder / f"{name}{number}.db"
            Store.open(f"sqlite:///{path}").close()
            for what in ("new", "again"):
                took = _seconds(partial(write, path))
                spent[f"{name} {what}"] = min(took, spent.get(f"{name} {what}", took))
    for what in ("new", "again"):
        base = f"sqlite3 executemany, rows {what}"
        yield Row(base, size / spent[f"driver {what}"], "rows/CPU s")
        ratio = spent[f"driver {what}"] / spent[f"store {what}"]
        yield Row(f"upsert, rows {what}", size / spent[f"store {what}"], "rows/CPU s", base, ratio)


def _plain(event: Event) -> Values:
    """As the driver takes it."""
    at, known = f"{event.at:%Y-%m-%d %H:%M:%S.%f}", attrgetter(*COLUMNS[Event])(event)
    return tuple(at if value is event.at else str(value) if isinstance(value, StrEnum) else value for value in known)


def _by_driver(path: Path, rows: list[Values]) -> None:
    names = COLUMNS[Event]
    values = f"INSERT INTO event ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"  # noqa: S608
    changes = ", ".join(f"{name} = excluded.{name}" for name in names[2:])
    with closing(sqlite3.connect(path)) as connection, connection:
        for pragma in ("synchronous=NORMAL", "temp_store=MEMORY", "secure_delete=ON"):
            connection.execute(f"PRAGMA {pragma}")
        connection.executemany(f"{values} ON CONFLICT (source, id) DO UPDATE SET {changes}", rows)


def _by_store(path: Path, rows: list[Event]) -> None:
    with closing(Store(f"sqlite:///{path}")) as store, store._database.write() as connection:
        upsert_records(connection, EVENT, COLUMNS[Event], rows)


def _saving(folder: Path, size: int) -> Iterator[Row]:
    """Whole pages: payloads, digests, items, events, cursor; then all of them anew, by `replay`."""
    rows, known = [*events(size)], [*items(size // A_CASE)]
    starts = range(0, size, A_CASE)
    story: dict[str, list[Record]] = {i.key: [i, *rows[at : at + A_CASE]] for i, at in zip(known, starts, strict=False)}

    def translate(payload: Payload) -> list[Record]:
        return story[payload.key]

    payloads = [Payload(*SCOPE, "issue", key, START, {"key": key, "fields": {"n": n}}) for n, key in enumerate(story)]
    pages = [Page(tuple(payloads[at : at + A_PAGE]), str(at)) for at in range(0, len(payloads), A_PAGE)]
    with closing(Store.open(f"sqlite:///{folder / 'pages.db'}")) as store:
        saved = _seconds(lambda: [store.save(SCOPE, page, translate) for page in pages])
        again = _seconds(lambda: [store.save(SCOPE, page, translate) for page in pages])
        replayed = _seconds(lambda: store.replay(SCOPE[0], translate))
    for name, took in (("save", saved), ("save what is known", again), ("replay", replayed)):
        yield Row(f"{name}, whole pages", size / took, "events/CPU s")


def fill(path: Path, size: int) -> None:
    """A database with about so many events, and nothing else."""
    with closing(Store.open(f"sqlite:///{path}")) as store, store._database.write() as connection:
        upsert_records(connection, ITEM, COLUMNS[Item], items(size // A_CASE))
        upsert_records(connection, EVENT, COLUMNS[Event], events(size // A_CASE * A_CASE))
        connection.exec_driver_sql("INSERT INTO watermark VALUES (?, '1')", (SCOPE[0],))


def _reading(folder: Path, size: int, rounds: int) -> Iterator[Row]:
    path = folder / "read.db"
    fill(path, size)
    with closing(Store.open(f"sqlite:///{path}", read_only=True)) as store:
        frames = store.frames
        before = _peak()
        found = frames.read([SCOPE])
        peak = _peak() - before
        ways: Mapping[str, Work] = {
            "SQLite's own scan of the same columns": lambda: _scan(path),
            "frames from the store": lambda: frames._direct([SCOPE]),
            "frames from the sidecar": lambda: frames._kept([SCOPE]),
        }
        spent = {name: [_seconds(work) for work in ways.values()] for name in range(rounds)}
    (floor, *_) = ways
    best = [min(column) for column in zip(*spent.values(), strict=True)]
    for name, took in zip(ways, best, strict=True):
        yield Row(name, took, "CPU s", *((floor, took / best[0]) if name != floor else ()))
    yield Row("memory at its peak, from the store", peak / len(found.events), "bytes/event")
    folder_of = Path(f"{path}.frames")
    yield Row("sidecar", sum(file.stat().st_size for file in folder_of.iterdir()) / len(found.events), "bytes/event")


def _scan(path: Path) -> None:
    """Every column is touched, and one row comes back."""
    with closing(sqlite3.connect(path)) as connection:
        for table in (ITEM, EVENT):
            sums = ", ".join(f"sum(length({column}))" for column in table.columns)
            connection.execute(f"SELECT {sums} FROM {table.name} NOT INDEXED").fetchone()  # noqa: S608


def _seconds(work: Work) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun


def _peak() -> int:
    """Bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main() -> None:
    size = int(float(sys.argv[1])) if len(sys.argv) > 1 else 1_000_000
    with TemporaryDirectory() as folder:
        for row in figures(Path(folder), size):
            ratio = "" if row.ratio is None else f"{row.ratio:.2f} x {row.ratio_to}"
            sys.stdout.write(f"{row.name:50} {row.value:12,.3f} {row.unit:14} {ratio}\n")


if __name__ == "__main__":
    main()
