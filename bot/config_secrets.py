"""What a configuration file may hold that nobody else may read."""

from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import parse_qsl, urlsplit

from connectors.calendar_settings import CalendarSettings
from connectors.secrets import remember
from connectors.settings import SourceSettings

IN_QUERY = {"password", "sslpassword"}
"""What libpq takes from the query of an address (postgresql.org, 33.1.2)."""


def held(store: str, proxy: str | None, connectors: Mapping[str, Mapping[str, SourceSettings]]) -> Iterator[str]:
    """The places that hold a secret, in words; what they hold is remembered."""
    for place, url in (("[store] url", store), ("[network] proxy", proxy)):
        found = passwords(url or "")
        for secret in found:
            remember(secret)
        if found:
            yield f"{place} holds a password"
    for name, settings in _every(connectors.get("calendar", {}).items()):
        if any(place.is_secret for place in settings.calendars):
            yield f"[connectors.calendar.{name}] holds an address that is a secret"


def passwords(url: str) -> list[str]:
    """Of an address. One that cannot be understood has none that is known."""
    try:
        found = urlsplit(url)
        values = [found.password, *(value for key, value in parse_qsl(found.query) if key in IN_QUERY)]
    except ValueError:
        return []
    return [value for value in values if value]


def _every(named: Iterable[tuple[str, SourceSettings]]) -> Iterator[tuple[str, CalendarSettings]]:
    yield from ((name, settings) for name, settings in named if isinstance(settings, CalendarSettings))
