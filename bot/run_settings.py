"""Sections of the configuration that say how gemba runs: where the database is, what is done when, what is kept."""

from datetime import time, timedelta
from typing import Annotated

from pydantic import AfterValidator, Field, field_validator

from bot.flow.model import Duration, Frozen, check_local
from connectors.settings import ConfiguredPath


def _time_of_day(text: str) -> str:
    try:
        check_local(time.fromisoformat(text))
    except ValueError as problem:
        raise ValueError(f'"{text}" is no time of day; write for example "09:00"') from problem
    return text


def _host_and_port(text: str) -> str:
    host, _, port = text.rpartition(":")
    if not host or not port.isascii() or not port.isdecimal() or int(port) > 65535:
        raise ValueError(f'"{text}" is no address to listen at; write for example "127.0.0.1:8788"')
    return text


TimeOfDay = Annotated[str, AfterValidator(_time_of_day)]
"""Hours and minutes, as 09:00."""


class StoreConfig(Frozen):
    """Where the database is. A SQLite path is relative to the configuration file."""

    url: str = "sqlite:///gemba.db"

    @field_validator("url")
    @classmethod
    def _without_nul(cls, url: str) -> str:
        if "\0" in url:
            raise ValueError("holds a character that no path and no address has (NUL)")
        return url


class ScheduleConfig(Frozen):
    """What `gemba run` does when."""

    collect_every: Duration = Field(default="1h", validate_default=True, ge=timedelta(minutes=1))
    night: TimeOfDay = "04:00"
    """when silent changes are looked for, old data is let go and a backup is made, in the zone of `[calendar]`"""


class BackupConfig(Frozen):
    """Where a copy of the database is put every night, and how many are kept."""

    folder: ConfiguredPath
    keep: int = Field(default=7, ge=1)


class HealthConfig(Frozen):
    """Where `gemba run` says how it is; beyond this machine it names sources and jobs to whoever asks."""

    listen: Annotated[str, AfterValidator(_host_and_port)]

    @property
    def host(self) -> str:
        return self.listen.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        return int(self.listen.rpartition(":")[2])


class PrivacyConfig(Frozen):
    """What is kept of persons."""

    pseudonyms: bool = False
