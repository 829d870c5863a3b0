"""The database as a whole: copied, put back, checked, and rid of what is old. A part of the store: `Store.care`."""

from collections.abc import Callable
from pathlib import Path

from bot.backup import back_up
from bot.database import Database
from bot.files import drop_folder, frames_beside
from bot.integrity import check_whole
from bot.restore import path_of, put_aside, restore
from bot.retention import Old
from bot.revisions import counts


class Care:
    """What is done to all of it; `old`: what is let go of."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.old = Old(database)

    @property
    def path(self) -> Path | None:
        """Where it lies, if it is a SQLite database."""
        return path_of(self._database)

    def version(self) -> str:
        """What keeps it, and in which version."""
        with self._database.read() as connection:
            number = ".".join(str(part) for part in connection.dialect.server_version_info or ())
        return f"{'SQLite' if self._database.is_sqlite else 'PostgreSQL'} {number}"

    def check(self) -> None:
        """Raises Damaged where a page of a SQLite file is not as it should be, or a table is missing."""
        check_whole(self._database)

    def counts(self) -> dict[str, int]:
        """Rows of each table that is there."""
        with self._database.read() as connection:
            return counts(connection)

    def backup(self, target: Path) -> None:
        """A consistent copy while it is in use, as one SQLite file of the same revision that is there when it is whole.

        Raises StoreError where there is a file already.
        """
        back_up(self._database, target)

    def restore(self, file: Path, first: Callable[[], None] = lambda: None) -> None:
        """Put what a backup holds in place of everything, all or nothing; `first` when the file was found sound.

        The store need not be open for it, and nobody else may have it open. Raises StoreError.
        """
        restore(self._database, file, first)
        self._drop()

    def put_aside(self, target: Path) -> None:
        """A damaged SQLite database, copied as it is."""
        put_aside(self._database, target)

    def forget(self) -> bool:
        """Leave nothing of what was let go of in the files of SQLite; False while somebody still reads it there."""
        self._drop()
        return self._database.forget()

    def shrink(self) -> int:
        """Give room back; how many bytes of a SQLite file that were."""
        before = self._size()
        self._database.shrink()
        self._database.forget()
        return before - self._size()

    def _drop(self) -> None:
        """What is kept beside a SQLite database."""
        if self.path is not None:
            drop_folder(frames_beside(self.path))

    def _size(self) -> int:
        return self.path.stat().st_size if self.path is not None else 0
