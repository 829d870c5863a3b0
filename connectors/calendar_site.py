"""How to ask for a calendar: a file, or an address that is a secret."""

import os
from collections.abc import Iterable
from functools import partial

import requests

from connectors.calendar_settings import CalendarSettings
from connectors.errors import AccessDenied, NotThere
from connectors.network import in_words
from connectors.secrets import remember_address
from connectors.settings import ADDRESS
from connectors.transport import TIMEOUT_S, patiently, refusal, unreachable

LIMIT = 50_000_000
"""Bytes of a calendar."""
CHUNK = 1 << 16


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
