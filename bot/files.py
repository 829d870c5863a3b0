"""Files that are there as a whole or as they were before, never in part."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

CONCLUDED = ".cases"
"""How files of what was concluded are called (`bot.kept_cases`), beside frames."""


def beside(path: Path) -> Path:
    """A new name in the folder of what it will replace, so that it can be moved there at once."""
    return path.with_name(f".gemba-{secrets.token_hex(8)}")


def frames_beside(database: Path) -> Path:
    """The folder of what was read last from a database (`bot.sidecar`)."""
    return Path(f"{database}.frames")


def drop_folder(folder: Path) -> None:
    """With the files in it, as far as that is allowed; one that stays keeps no other."""
    with suppress(OSError):
        for path in [*folder.iterdir()]:
            drop_file(path)
        folder.rmdir()


def drop_file(path: Path) -> None:
    """As far as that is allowed."""
    with suppress(OSError):
        path.unlink()


def is_special(path: Path) -> bool:
    """A device or a pipe, which is written to as it is."""
    return path.exists() and not path.is_file()


@contextmanager
def new_file(path: Path) -> Iterator[IO[bytes]]:
    """A file that was not there; when the block ends it lies on the disk."""
    with path.open("xb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def put(path: Path, content: bytes) -> None:
    """Where a link leads, what it leads to is replaced. Raises OSError."""
    if is_special(path):
        path.write_bytes(content)
        return
    whole = path.resolve()
    temporary = beside(whole)
    try:
        with new_file(temporary) as file:
            file.write(content)
        temporary.replace(whole)
    finally:
        with suppress(OSError):
            temporary.unlink()
