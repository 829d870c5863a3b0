"""Which files of SQLite this process has open, and how to have one for oneself.

Two copies of SQLite in a process, as Python's and that of ADBC, must never have a file open at once: its locks belong
to the process, so neither sees those of the other, and closing the file ends them all.
Source: sqlite.org/howtocorrupt.html, 2.2.1.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from weakref import WeakSet


class Opening(sqlite3.Connection):
    """A connection of Python's SQLite that is known of while it is open."""

    def close(self) -> None:
        super().close()
        for known in _FILES.values():
            known.connections.discard(self)


class _File:
    """`turn`: held while a connection is made, and by whoever has the file for himself."""

    def __init__(self) -> None:
        self.turn = Lock()
        self.connections: WeakSet[Opening] = WeakSet()


_FILES: dict[Path, _File] = {}
_ALL = Lock()


def opened(path: Path, *arguments: object, **options: object) -> sqlite3.Connection:
    """A connection, as soon as nobody in this process has the file for himself."""
    file = _file(path)
    with file.turn:
        connection: Opening = sqlite3.connect(*arguments, factory=Opening, **options)  # type: ignore[call-overload]
        file.connections.add(connection)
        return connection


@contextmanager
def alone(path: Path) -> Iterator[bool]:
    """Whether no connection in this process has the file open; none is made until the block ends.

    Inside of it, this thread must not open one either.
    """
    file = _file(path)
    with file.turn:
        yield not file.connections


def _file(path: Path) -> _File:
    with _ALL:
        return _FILES.setdefault(path.resolve(), _File())
