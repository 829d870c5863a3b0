"""Which event log is read, and which of its columns."""

import io
import re
from datetime import datetime
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field, field_validator, model_validator

from connectors.settings import ConfiguredPath, SourceSettings, ZoneName

TABLES, XES = (".csv", ".tsv"), ".xes"


Names = Annotated[tuple[str, ...], BeforeValidator(lambda said: (said,) if isinstance(said, str) else said)]
"""A name, or a list of names."""


class EventLogSettings(SourceSettings):
    """`[connectors.eventlog.<name>]` of the configuration. Any process, out of a table or a XES.

    The columns of a CSV must be named; a XES has usual keys.
    """

    path: ConfiguredPath
    """a `.csv`, `.tsv` or `.xes`, each also with `.gz`"""
    case: str = "concept:name"
    """the column of the case; a XES has a usual key for this and the next two"""
    state: Names = ("concept:name",)
    """the column of the activity; several are joined by ` / `"""
    at: str = "time:timestamp"
    """the column of the time: ISO 8601, or seconds or milliseconds since 1970"""
    actor: str | None = None
    """the column of who did it"""
    labels: Names = ()
    """columns whose words become labels of the case, as a department; of a XES keys of its events or of the trace"""
    timezone: ZoneName | None = None
    """of times without an offset; of an hour that comes twice the first is meant, and one that was skipped
    when clocks went forward is taken as if they had not"""
    at_format: str | None = None
    """of other times, in the directives of Python's `strptime`"""
    delimiter: str | None = Field(default=None, pattern=r'^[^"\r\n]$')
    """of a CSV; default: what makes these columns out of the first line"""
    encoding: str | None = None
    """of a CSV; default: detected. A XES tells its own"""

    @property
    def scopes(self) -> tuple[str, ...]:
        return (self.path.name,)

    @property
    def is_table(self) -> bool:
        return suffix_of(self.path) in TABLES

    @property
    def who(self) -> str | None:
        """Under which name the actor stands, if anywhere."""
        return self.actor or (None if self.is_table else "org:resource")

    @field_validator("at_format")
    @classmethod
    def _usable_directives(cls, at_format: str | None) -> str | None:
        """Strptime raises re.error for a directive that comes twice."""
        try:
            datetime.strptime("", at_format or "")  # noqa: DTZ007 - only whether it can be used
        except re.error as problem:
            raise ValueError(f'"{at_format}" has a directive twice; remove one') from problem
        except ValueError:
            pass
        return at_format

    @field_validator("path")
    @classmethod
    def _known_suffix(cls, path: Path) -> Path:
        if suffix_of(path) not in (*TABLES, XES):
            raise ValueError(f'"{path.name}" is no event log; known are .csv, .tsv and .xes, each also with .gz')
        return path

    @field_validator("state")
    @classmethod
    def _some_state(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if not names or not all(names):
            raise ValueError('wants the name of a column, or a list of them: ["activity", "lifecycle"]')
        return names

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, name: str | None) -> str | None:
        try:
            io.TextIOWrapper(io.BytesIO(), name)
        except LookupError as problem:
            raise ValueError(f'"{name}" is no encoding; write for example "cp1252"') from problem
        return name

    @model_validator(mode="after")
    def _columns_are_named(self) -> "EventLogSettings":
        missing = [name for name in ("case", "state", "at") if name not in self.model_fields_set]
        if self.is_table and missing:
            raise ValueError(f"{' and '.join(missing)}: name the column of {self.path.name} that holds it")
        return self


def suffix_of(path: Path) -> str:
    """Of what is inside, be it packed or not."""
    return Path(path.name.lower().removesuffix(".gz")).suffix
