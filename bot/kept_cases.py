"""Tables that were concluded of a stream last, beside a SQLite database: in `gemba.db.frames/`. A part of the store.

Parts of them are found by the first column, and verified, without reading the others. As the frames there
(`bot.sidecar`) they hold no names of persons and may be thrown away at any time; what is damaged counts as thrown away.
"""

import json
import sqlite3
from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any
from zlib import crc32

import polars as pl

from bot.files import CONCLUDED, frames_beside, put
from bot.openings import opened

ROWS = 2048
"""Of a part, which is what is read to find one of them."""

ONLY_MINE, ONLY_MY_FOLDER = 0o600, 0o700

Account = tuple[str, str]
"""(source, what it is called there)"""


@dataclass(frozen=True)
class State:
    """`mark`: what is another one after every change of what is kept of sources; `names`: of accounts."""

    mark: str
    names: Mapping[Account, str]


def state_of(database: Path, sources: Collection[str]) -> State | None:
    """None where the database cannot be read, or a source was never written to."""
    try:
        with closing(opened(database, f"{database.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            return _state(connection, sources)
    except (OSError, sqlite3.Error):
        return None


def _state(connection: sqlite3.Connection, sources: Collection[str]) -> State | None:
    wanted = (json.dumps(sorted(sources)),)
    connection.execute("BEGIN")
    revision = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    named = "SELECT {} WHERE source IN (SELECT value FROM json_each(?)) ORDER BY 1, 2"
    marks = connection.execute(named.format("source, mark FROM watermark"), wanted).fetchall()
    people = connection.execute(named.format("source, key, name, kind FROM person"), wanted).fetchall()
    if {source for source, _ in marks} != {*sources}:
        return None
    known = json.dumps([revision, marks, people])
    return State(sha256(known.encode()).hexdigest(), {(source, key): name for source, key, name, _ in people})


class Concluded:
    """What is kept of a stream, if anything is; `about`: what was said of it when it was kept."""

    def __init__(self, path: Path, about: Mapping[str, Any], parts: Mapping[str, list[list[Any]]], begin: int) -> None:
        self._path, self.about, self._parts, self._begin = path, about, parts, begin

    def find(self, table: str, wanted: str | int) -> dict[str, Any] | None:
        """The row of a table that begins with that. Raises ValueError where it is damaged, and throws all away."""
        parts = self._parts[table]
        number = bisect_right(parts, wanted, key=lambda part: part[0]) - 1
        if number < 0:
            return None
        _, offset, length, checksum = parts[number]
        with self._path.open("rb") as file:
            file.seek(self._begin + offset)
            content = file.read(length)
        if crc32(content) != checksum:
            self._path.unlink(missing_ok=True)
            raise ValueError(self._path)
        rows = pl.read_ipc(BytesIO(content))
        found = rows.filter(rows.to_series(0) == wanted)
        return found.row(0, named=True) if len(found) else None


def concluded(database: Path, stream: str) -> Concluded | None:
    """What was kept last."""
    path = _place(database, stream)
    try:
        with path.open("rb") as file:
            length, checksum = (int.from_bytes(file.read(8), "big") for _ in range(2))
            head = file.read(length)
        if crc32(head) != checksum:
            return None
        found = json.loads(head)
        return Concluded(path, found["about"], found["parts"], 16 + length)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def conclude(database: Path, stream: str, about: Mapping[str, Any], tables: Mapping[str, pl.DataFrame]) -> None:
    """Whole or not at all, in place of what was kept; nothing fails where it cannot be written."""
    parts: dict[str, list[list[Any]]] = {}
    contents: list[bytes] = []
    offset = 0
    for name, table in tables.items():
        for first, content in _parted(table):
            parts.setdefault(name, []).append([first, offset, len(content), crc32(content)])
            contents.append(content)
            offset += len(content)
    head = json.dumps({"about": about, "parts": parts}).encode()
    place = _place(database, stream)
    with suppress(OSError, pl.exceptions.PolarsError):
        place.parent.mkdir(exist_ok=True)
        place.parent.chmod(ONLY_MY_FOLDER)
        lengths = (number.to_bytes(8, "big") for number in (len(head), crc32(head)))
        put(place, b"".join((*lengths, head, *contents)))
        place.chmod(ONLY_MINE)


def _parted(table: pl.DataFrame) -> Iterator[tuple[Any, bytes]]:
    """In the order of the first column, with what each begins with."""
    ordered = table.sort(table.columns[0])
    for rows in ordered.iter_slices(ROWS):
        content = BytesIO()
        rows.write_ipc(content, compression="lz4")
        yield rows.item(0, 0), content.getvalue()


def _place(database: Path, stream: str) -> Path:
    return frames_beside(database) / f"{sha256(stream.encode()).hexdigest()[:16]}{CONCLUDED}"
