"""What can be wrong on our side; the text says what to do. What is wrong at a source: `connectors.errors`."""

from collections.abc import Sequence


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
