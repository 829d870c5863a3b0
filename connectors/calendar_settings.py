"""Which calendars are read: files, or addresses that are secrets."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BeforeValidator, ValidationInfo, field_validator

from connectors.pages import fingerprint
from connectors.secrets import remember_address, secret_parts
from connectors.settings import ADDRESS, VARIABLE, SourceSettings, ZoneName, beside_the_configuration

PLAIN = re.compile(r"[a-z]{1,12}([-_][a-z]{1,12}){0,3}\.ics")
"""The name of a published file that cannot be taken for a secret."""


@dataclass(frozen=True, slots=True)
class Place:
    """A file, an address, or else what is in the variable that `scope` names. Only `scope` is ever told."""

    scope: str
    path: Path | None = None
    url: str | None = field(default=None, repr=False)

    @property
    def is_secret(self) -> bool:
        """Whether the configuration holds what nobody else may know."""
        return self.url is not None and bool(secret_parts(self.url))


def _place(entry: object, info: ValidationInfo) -> Place:
    if not isinstance(entry, str) or not entry:
        raise ValueError("wants a file, an address, or $ and the name of the variable that holds an address")
    if entry.startswith("$"):
        if not VARIABLE.fullmatch(entry[1:]):
            raise ValueError(f'"{entry}" names no environment variable; write for example "$TEAM_CALENDAR"')
        return Place(entry)
    if "://" in entry:
        remember_address(entry)
        return Place(_alias(entry), url=entry)
    return Place(entry, path=beside_the_configuration(Path(entry), info))


def _alias(url: str) -> str:
    """What an address is called, since any part of it may be a secret. Raises ValueError."""
    try:
        host, last = urlsplit(url).hostname, urlsplit(url).path.rpartition("/")[2]
    except ValueError:
        host, last = None, ""
    if not host or not ADDRESS.match(url):
        raise ValueError("is no address; write https:// and the name of a host first")
    return f"{host}{f'/{last}' if PLAIN.fullmatch(last) else ''}#{fingerprint(url, 8)}"


class CalendarSettings(SourceSettings):
    """`[connectors.calendar.<name>]` of the configuration. Meetings, of which the hours and the numbers count."""

    calendars: tuple[Annotated[Place, BeforeValidator(_place)], ...]
    """files, addresses, or `$` and the variable that holds a secret address"""
    status_meetings: tuple[str, ...] = ()
    """regular expressions, searched in the title; no title is stored"""
    timezone: ZoneName = "UTC"
    """of times that have none, where the calendar names none"""

    @property
    def scopes(self) -> tuple[str, ...]:
        return tuple(place.scope for place in self.calendars)

    @field_validator("status_meetings")
    @classmethod
    def _expressions(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in patterns:
            try:
                re.compile(pattern)
            except (re.error, OverflowError, RecursionError) as problem:
                raise ValueError(
                    f'"{pattern}" is no regular expression: {problem}; write . and ? of a title as \\. and \\?'
                ) from problem
        return patterns
