"""Where an export goes: a file, or a folder of files, that are there as a whole or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from bot.errors import OutputError
from bot.files import beside, is_special, new_file


class Place:
    """Files are written beside their places, and moved there when all are whole; what was there stays until then.

    Where a link leads, what it leads to is replaced; a device or a pipe is written to as it is.
    """

    def __init__(self, target: Path) -> None:
        self._target = target
        self._written: dict[Path, Path] = {}
        self._files: list[Path] = []

    @property
    def files(self) -> tuple[Path, ...]:
        return tuple(self._files)

    @contextmanager
    def file(self, name: str | None = None) -> Iterator[IO[bytes]]:
        """The file itself, or one of that name in the folder."""
        path = self._target / name if name else self._target
        self._files.append(path)
        if not path.parent.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") if is_special(path) else self._beside(path.resolve()) as file:
            yield file

    @contextmanager
    def _beside(self, path: Path) -> Iterator[IO[bytes]]:
        temporary = beside(path)
        with new_file(temporary) as file:
            self._written[path] = temporary
            yield file

    def keep(self) -> None:
        """Move them to where they belong."""
        for path, whole in self._written.items():
            whole.replace(path)

    def drop(self) -> None:
        for temporary in self._written.values():
            temporary.unlink(missing_ok=True)


@contextmanager
def placed(target: Path, *, is_folder: bool) -> Iterator[Place]:
    """Raises OutputError."""
    place = Place(target)
    try:
        _fits(target, is_folder=is_folder)
        yield place
        place.keep()
    except OSError as problem:
        raise OutputError(
            f"{target} cannot be written: {problem.strerror or problem}; name another place with --out"
        ) from problem
    finally:
        place.drop()


def _fits(target: Path, *, is_folder: bool) -> None:
    if target.is_dir() and not is_folder:
        raise OutputError(f"{target} is a folder; name the file with --out")
    if target.exists() and not target.is_dir() and is_folder:
        raise OutputError(f"{target} is a file; this format makes several, so name a folder with --out")
