"""Frames of what was read last, beside a SQLite database: `gemba.db.frames/`. A part of the store.

They are mapped into memory instead of being read anew, as long as nothing has changed since (`bot.queries.Marks`). They
hold no names of persons, may be thrown away at any time, and are made anew; what is damaged, of another gemba or of
another state counts as thrown away. Nothing fails where they cannot be written.
"""

import json
import mmap
import secrets
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import polars as pl

from bot.files import CONCLUDED, drop_file, drop_folder, frames_beside, new_file, put
from bot.frames import EVENT_SCHEMA, ITEM_SCHEMA, Events, Items
from bot.revisions import HEAD

FEWEST = 100_000
"""Events from which on frames are kept: below, they are read as quickly."""

BLOCK = 2**16
"""Words that are weighed at once."""

ONLY_MINE, ONLY_MY_FOLDER = 0o600, 0o700
SHAPE = sha256(repr([2, HEAD, pl.__version__, [*ITEM_SCHEMA.items()], [*EVENT_SCHEMA.items()]]).encode()).hexdigest()


@dataclass(frozen=True)
class _Told:
    """What is told of two files: of which state and shape they are, and how they are known to be whole."""

    shape: str
    scopes: list[list[str]]
    marks: dict[str, str]
    files: dict[str, int]
    """name -> checksum"""


class Sidecar:
    """The folder beside a database."""

    def __init__(self, database: Path) -> None:
        self._folder = frames_beside(database)

    def has(self, scopes: Collection[tuple[str, str]]) -> bool:
        """Anything of them, be it of whatever state."""
        return self._place(scopes).exists()

    def read(self, scopes: Collection[tuple[str, str]], marks: Mapping[str, str]) -> tuple[Items, Events] | None:
        """What was kept of the scopes when their sources had these marks; None where nothing was, or not all of it."""
        told = _told(self._place(scopes))
        if told is None or told != _wanted(scopes, marks, told.files) or len(told.files) != 2:
            return None
        try:
            items, events = (_frame(self._folder / name, checksum) for name, checksum in told.files.items())
        except (OSError, ValueError, pl.exceptions.PolarsError):
            return None
        whole = items.schema == pl.Schema(ITEM_SCHEMA) and events.schema == pl.Schema(EVENT_SCHEMA)
        found = Items(items)
        return (found, Events(events, found)) if whole else None

    def keep(self, scopes: Collection[tuple[str, str]], marks: Mapping[str, str], events: Events) -> None:
        """Whole or not at all, in place of what was kept of the scopes; what is of another state goes, too."""
        if len(events) < FEWEST or {*marks} != {source for source, _ in scopes}:
            return
        place, token = self._place(scopes), secrets.token_hex(8)
        with suppress(OSError, pl.exceptions.PolarsError):
            self._folder.mkdir(exist_ok=True)
            self._folder.chmod(ONLY_MY_FOLDER)
            frames = {f"{token}.items": events.items.frame, f"{token}.events": events.frame}
            files = {name: _written(self._folder / name, frame) for name, frame in frames.items()}
            put(place, json.dumps(asdict(_wanted(scopes, marks, files))).encode())
        with suppress(OSError):
            self._tidy(marks)

    def drop(self) -> None:
        """All of it."""
        drop_folder(self._folder)

    def _place(self, scopes: Collection[tuple[str, str]]) -> Path:
        return self._folder / f"{sha256(repr(sorted(scopes)).encode()).hexdigest()[:16]}.json"

    def _tidy(self, marks: Mapping[str, str]) -> None:
        """Leave only what is of the newest state, as far as it is known here."""
        named: set[str] = set()
        for place in self._folder.glob("*.json"):
            told = _told(place)
            if told is None or any(told.marks.get(source, mark) != mark for source, mark in marks.items()):
                drop_file(place)
            else:
                named |= {place.name, *told.files}
        for path in self._folder.iterdir():
            if path.name not in named and path.suffix != CONCLUDED:
                drop_file(path)


def _wanted(scopes: Collection[tuple[str, str]], marks: Mapping[str, str], files: dict[str, int]) -> _Told:
    return _Told(SHAPE, [list(scope) for scope in sorted(scopes)], dict(sorted(marks.items())), files)


def _told(place: Path) -> _Told | None:
    try:
        found: dict[str, Any] = json.loads(place.read_bytes())
        told = _Told(**found)
        return told if all(Path(name).name == name for name in told.files) else None
    except (OSError, ValueError, TypeError, AttributeError):
        return None


def _written(path: Path, frame: pl.DataFrame) -> int:
    """Its checksum, as soon as it lies on the disk."""
    with new_file(path) as file:
        path.chmod(ONLY_MINE)
        frame.write_ipc(file, compression="uncompressed", record_batch_size=max(len(frame), 1))
    return _checksum(path)


def _frame(path: Path, checksum: int) -> pl.DataFrame:
    if _checksum(path) != checksum:
        raise ValueError(path)
    return pl.read_ipc(path)


def _checksum(path: Path) -> int:
    """Of its words of eight bytes, each by its place, of what is left and of the length; faster than any CRC."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        words, rest = divmod(len(content), 8)
        left = int.from_bytes(content[len(content) - rest :], "little")
        return (_weighed(content, words) + left + len(content)) % 2**64


def _weighed(content: mmap.mmap, words: int) -> int:
    """The sum of the words, each times an odd number of its own, so that none can change or change places unseen."""
    import numpy as np

    odd = np.arange(1, 2 * BLOCK, 2, dtype=np.uint64)
    told = np.frombuffer(content, np.uint64, words)
    blocks = ((told[n : n + BLOCK], 2 * n) for n in range(0, words, BLOCK))
    return sum(
        int(np.dot(block, odd[: len(block)])) + begin * int(block.sum(dtype=np.uint64)) for block, begin in blocks
    )
