"""How to ask for a calendar: a file, or an address that is a secret."""

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import requests
from pydantic import BeforeValidator, ValidationInfo, field_validator

from connectors.errors import AccessDenied, NotThere
from connectors.network import in_words
from connectors.pages import fingerprint
from connectors.secrets import remember_address, secret_parts
from connectors.settings import ADDRESS, VARIABLE, SourceSettings, ZoneName, beside_the_configuration
from connectors.transport import TIMEOUT_S, patiently, refusal, unreachable

LIMIT = 50_000_000
"""Bytes of a calendar."""
CHUNK = 1 << 16

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


class Site:
    """Where calendars lie."""

    def __init__(self, name: str, settings: CalendarSettings) -> None:
        self.name, self.settings = name, settings

    def content(self, scope: str) -> bytes:
        """The calendar as it is now. Raises SourceError."""
        place = next(place for place in self.settings.calendars if place.scope == scope)
        if place.path is None:
            return patiently(partial(self._downloaded, scope, place.url or self._address(scope)))
        try:
            with place.path.open("rb") as file:
                return self._limited(scope, iter(partial(file.read, CHUNK), b""))
        except FileNotFoundError:
            what = "there is no such file; check its path, which is relative to the configuration file"
            raise NotThere(f"{self.name}: calendar {scope}: {what}") from None
        except OSError as problem:
            what = f"the file cannot be read ({in_words(problem)}); check its path and permissions"
            raise AccessDenied(f"{self.name}: calendar {scope}: {what}") from None

    def _address(self, variable: str) -> str:
        found = os.environ.get(variable[1:], "").strip()
        if not ADDRESS.match(found):
            what = f"set the environment variable {variable[1:]} to its address, which begins with https://"
            raise AccessDenied(f"{self.name}: calendar {variable}: {what}")
        remember_address(found)
        return found

    def _downloaded(self, scope: str, url: str) -> bytes:
        """Errors come without their causes, which quote the address."""
        try:
            with requests.get(url, timeout=TIMEOUT_S, stream=True) as answer:
                if answer.status_code >= 400:
                    secret = scope if scope.startswith("$") else f"the address of {scope}"
                    raise refusal(self.name, f"calendar {scope}", answer.status_code, answer.headers, secret)
                return self._limited(scope, answer.iter_content(CHUNK))
        except (requests.RequestException, ValueError) as problem:
            raise unreachable(self.name, scope, problem) from None

    def _limited(self, scope: str, chunks: Iterable[bytes]) -> bytes:
        content = bytearray()
        for chunk in chunks:
            content += chunk
            if len(content) > LIMIT:
                what = f"it is larger than {LIMIT // 1_000_000} MB; publish only the last years"
                raise AccessDenied(f"{self.name}: calendar {scope}: {what}")
        return bytes(content)
