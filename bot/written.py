"""A configuration file as it is written."""

import os
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from connectors.private_files import is_open_to_others


@dataclass(frozen=True)
class Written:
    """`is_open`: others can read it, too."""

    text: str
    is_open: bool

    @property
    def digest(self) -> str:
        """What is the same where the same would be read out of it, or refused."""
        return sha256(f"{self.is_open} {self.text}".encode()).hexdigest()


def written(path: Path) -> Written:
    """Raises OSError, and UnicodeDecodeError."""
    with path.open("r", encoding="utf-8") as file:
        return Written(file.read(), is_open_to_others(path, os.fstat(file.fileno())))
