"""Sections of the configuration that say how gemba runs: where the database is, what is done when, what is kept."""

import re
from datetime import time, timedelta
from typing import Annotated
from urllib.parse import quote

from pydantic import AfterValidator, Field, field_validator, model_validator

from bot.flow.model import Duration, Frozen, check_local
from connectors.settings import ConfiguredPath, VariableName, secret

LEAST_KEPT, LEAST_RUNS = timedelta(days=1), timedelta(days=30)
USER_OF_DATABASE = re.compile(r"postgresql(\+\w+)?://[^:@/]+(?=@)")


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
    """Where the database is. A SQLite path is relative to the configuration file; a password may lie elsewhere."""

    url: str = "sqlite:///gemba.db"
    """the database: `sqlite:///` and a path, or `postgresql+psycopg://user@host/db`"""
    password_env: VariableName | None = None
    """the variable that holds the password of PostgreSQL"""
    password_file: ConfiguredPath | None = None
    """or the file that holds it"""

    @model_validator(mode="after")
    def _complete(self) -> "StoreConfig":
        if self.password_env is not None and self.password_file is not None:
            raise ValueError("has both password_env and password_file; keep one")
        if self._has_password and not USER_OF_DATABASE.match(self.url):
            raise ValueError('with a password, write url = "postgresql+psycopg://user@host/name", with a user')
        return self

    @property
    def _has_password(self) -> bool:
        return self.password_env is not None or self.password_file is not None

    def url_with_password(self) -> str:
        """Also with one that is kept elsewhere. Raises AccessDenied where it is missing."""
        if not self._has_password:
            return self.url
        password = quote(secret("database", "password", self.password_env, self.password_file), safe="")
        return USER_OF_DATABASE.sub(lambda user: f"{user[0]}:{password}", self.url)

    @field_validator("url")
    @classmethod
    def _without_nul(cls, url: str) -> str:
        if "\0" in url:
            raise ValueError("holds a character that no path and no address has (NUL); remove it")
        return url


class ScheduleConfig(Frozen):
    """What `gemba run` does when."""

    collect_every: Duration = Field(default="1h", validate_default=True, ge=timedelta(minutes=1))
    """how often all sources are read; a minute at least"""
    night: TimeOfDay = "04:00"
    """when silent changes are looked for, old data is let go and a backup is made, in the zone of `[calendar]`"""


class BackupConfig(Frozen):
    """Where a copy of the database is put every night, and how many are kept."""

    folder: ConfiguredPath
    """where the copies lie, best on another disk"""
    keep: int = Field(default=7, ge=1)
    """so many of the newest stay"""


class HealthConfig(Frozen):
    """Where `gemba run` says how it is; beyond this machine it names sources and jobs to whoever asks."""

    listen: Annotated[str, AfterValidator(_host_and_port)]
    """host and port of `/healthz`, `/readyz` and `/metrics` of `gemba run`"""

    @property
    def host(self) -> str:
        return self.listen.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        return int(self.listen.rpartition(":")[2])


class RetentionConfig(Frozen):
    """For how long what may go is kept; figures stay."""

    payloads: Duration | None = None
    """what sources sent of items that did not change since; default: for ever"""
    names: Duration | None = None
    """names of persons of whom nothing was recorded since; default: for ever"""
    runs: Duration = Field(default="400d", validate_default=True)
    """which jobs were done, requests heard and digests sent; 30 days at least"""

    @field_validator("payloads", "names")
    @classmethod
    def _a_day(cls, kept: timedelta | None) -> timedelta | None:
        if kept is not None and kept < LEAST_KEPT:
            raise ValueError('wants a day at least; write for example "2y", or leave it out to keep all')
        return kept

    @field_validator("runs")
    @classmethod
    def _a_month(cls, kept: timedelta) -> timedelta:
        if kept < LEAST_RUNS:
            raise ValueError('wants "30d" at least, so that nothing is posted twice')
        return kept


class PrivacyConfig(Frozen):
    """What is kept of persons."""

    pseudonyms: bool = False
    """names of accounts are replaced before they are stored; their ids stay"""
