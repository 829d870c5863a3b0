"""What can be wrong on our side; the text says what to do. What is wrong at a source: `connectors.errors`."""

from collections.abc import Sequence
from pathlib import Path
from traceback import extract_tb


class ConfigError(Exception):
    """The configuration cannot be used; one sentence for each fault."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))


class UsageError(Exception):
    """The command was given something that cannot be."""


class NothingYet(Exception):
    """There is nothing to look at, or not all of it."""


class OutputError(Exception):
    """A file cannot be written."""


class StoreError(Exception):
    """The database cannot be used."""


class Damaged(StoreError):
    """What it holds cannot be read any more."""


class EngineError(Exception):
    """What should carry the analysis of many streams does not: a process, or Apache Spark."""


class AddressError(Exception):
    """An address cannot be listened at."""


def place_of(problem: BaseException) -> str:
    """What was not foreseen may tell a secret in its words, so only what it is and where it happened."""
    place = extract_tb(problem.__traceback__)[-1]
    return f"{type(problem).__name__} in {Path(place.filename).name}, line {place.lineno}"
