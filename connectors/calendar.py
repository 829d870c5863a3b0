"""Meetings, out of calendars in the iCalendar format (RFC 5545): files, or the addresses where they are published.

Of a meeting its times are kept, how many were invited, and which pattern its title matched; no title, no name, no
address. It is told when it has ended, and read again for two weeks: one that was moved meanwhile is corrected, one that
was cancelled afterwards stays.
"""

import hashlib
import json
import os
import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import partial
from math import prod
from pathlib import Path
from threading import Lock
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import requests
from pydantic import BeforeValidator, ValidationInfo, field_validator

from connectors.errors import AccessDenied, NotThere, PayloadUnreadable, SourceError, reading
from connectors.records import Census, Check, Event, EventKind, Item, ItemKind, Page, Payload, Record, Unreadable, told
from connectors.settings import ADDRESS, VARIABLE, SourceSettings, beside_the_configuration
from connectors.transport import TIMEOUT_S, patiently, refusal, unreachable

FIRST_READ = timedelta(days=400)
CORRECTIONS = timedelta(days=14)
"""For how long after its end a meeting is read again."""
CHECKED = timedelta(weeks=4)
MARGIN = timedelta(days=1)
"""A time without a zone is less than that away from the same time in UTC."""

LIMIT = 50_000_000
"""Bytes of a calendar."""
CHUNK = 1 << 16

MOST_A_DAY = 24
"""What repeats more often is no meeting."""

BESIDE = re.compile(rb"^BEGIN:(VALARM|VTODO|VJOURNAL|VFREEBUSY)\s*?$.*?^END:\1\s*?$", re.M | re.S | re.I)
"""Parts of a calendar that are no meetings; what is wrong with them does not matter."""

PLAIN = re.compile(r"[a-z]{1,12}([-_][a-z]{1,12}){0,3}\.ics")
"""The name of a published file that cannot be taken for a secret."""


class RepeatsTooOften(ValueError):
    """What would take forever to count."""


PARSING = Lock()
"""icalendar keeps the time zones that calendars define in one place for all of them."""


@dataclass(frozen=True, slots=True)
class Place:
    """A file, an address, or else what is in the variable that `scope` names. Only `scope` is ever told."""

    scope: str
    path: Path | None = None
    url: str | None = field(default=None, repr=False)


def _place(entry: object, info: ValidationInfo) -> Place:
    if not isinstance(entry, str) or not entry:
        raise ValueError("wants a file, an address, or $ and the name of the variable that holds an address")
    if entry.startswith("$"):
        if not VARIABLE.fullmatch(entry[1:]):
            raise ValueError(f'"{entry}" names no environment variable; write for example "$TEAM_CALENDAR"')
        return Place(entry)
    if "://" in entry:
        return Place(_alias(entry), url=entry)
    return Place(entry, path=beside_the_configuration(Path(entry), info))


def _alias(url: str) -> str:
    """What an address is called, since any part of it may be a secret. Raises ValueError."""
    try:
        host, last = urlsplit(url).hostname, urlsplit(url).path.rpartition("/")[2]
    except ValueError:
        host, last = None, ""
    if not host or not ADDRESS.match(url):
        raise ValueError("is no address; an address begins with https:// and the name of a host")
    return f"{host}{f'/{last}' if PLAIN.fullmatch(last) else ''}#{_hash(url, 8)}"


class CalendarSettings(SourceSettings):
    """`[connectors.calendar.<name>]` of the configuration."""

    calendars: tuple[Annotated[Place, BeforeValidator(_place)], ...]
    status_meetings: tuple[str, ...] = ()
    timezone: str = "UTC"

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
                raise ValueError(f'"{pattern}" is no regular expression: {problem}') from problem
        return patterns

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        if not _is_zone(name):
            raise ValueError(f'"{name}" is no time zone; write for example "Europe/Berlin"')
        return name


class Calendar:
    """Calendars, each a scope."""

    census_every = timedelta(days=1)

    def __init__(self, name: str, settings: CalendarSettings, now: Callable[[], datetime]) -> None:
        self.name, self.scopes = name, settings.scopes
        self._settings, self._now = settings, now

    def fetch(self, scope: str, cursor: str | None) -> Iterator[Page]:
        """What has ended since; what lies ahead may still be moved."""
        now = self._now()
        since = min(datetime.fromisoformat(cursor), now) - CORRECTIONS if cursor else now - FIRST_READ
        payloads, unreadable = self._meetings(scope, since, now)
        yield Page(payloads, now.isoformat(), unreadable, complete=now)

    def census(self, scope: str) -> Census:  # noqa: ARG002 - see below
        """What changes silently is read again anyway, or stays."""
        return Census({})

    def whereabouts(self, scope: str, keys: Sequence[str]) -> Mapping[str, str]:  # noqa: ARG002 - see below
        """Nothing: a census counts none."""
        return {}

    def reread(self, scope: str, keys: Sequence[str]) -> Iterator[Page]:  # noqa: ARG002 - see below
        """Nothing: a key does not tell what it was made of."""
        yield from ()

    def translate(self, payload: Payload) -> Iterator[Record]:
        with reading(f"{payload.source} meeting {payload.key}"):
            yield from told(_records(payload))

    def states(self, scope: str) -> Sequence[str]:  # noqa: ARG002 - a meeting has none
        return ()

    def check(self) -> Iterator[Check]:
        for scope in self.scopes:
            try:
                ok, detail = True, self._seen(scope)
            except SourceError as problem:
                ok, detail = False, str(problem).removeprefix(f"{self.name}: ")
            yield Check(f"{self.name}: calendar {scope}", ok, detail)

    def _seen(self, scope: str) -> str:
        now = self._now()
        meetings, unreadable = self._meetings(scope, now - CHECKED, now)
        matched = sum(meeting.body["pattern"] is not None for meeting in meetings)
        seen = [f"meetings in the last 4 weeks: {len(meetings)}, of which {matched} match status_meetings"]
        if meetings and not matched:
            seen.append("compare its patterns with the titles in the calendar")
        if unreadable:
            seen.append(f"events that cannot be read: {len(unreadable)}")
        return "; ".join(seen)

    def _meetings(
        self, scope: str, since: datetime, until: datetime
    ) -> tuple[tuple[Payload, ...], tuple[Unreadable, ...]]:
        """Those that ended from `since` to `until`, and a sentence for each series that cannot be read.

        What the libraries say is not told, since they quote what they read.
        """
        found: dict[str, Payload] = {}
        unreadable: list[Unreadable] = []
        place = f"{self.name} calendar {scope}"
        for (uid, _), series in _series(place, self._content(scope), self._settings.timezone).items():
            try:
                payloads = [self._payload(scope, uid, series, met) for met in _occurrences(series, since, until)]
                found |= {p.key: p for p in payloads if since <= datetime.fromisoformat(p.body["end"]) <= until}
            except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as problem:
                what = f"an event of {place} (the hash of its UID is {_hash(uid)})"
                why = f"{type(problem).__name__}; its meetings are left out until it is mended in the calendar"
                unreadable.append(Unreadable(ItemKind.MEETING, None, str(PayloadUnreadable(what, why))))
        return tuple(found.values()), tuple(unreadable)

    def _payload(self, scope: str, uid: str, series: Any, met: Any) -> Payload:
        """A meeting may be corrected to an earlier time, so what was read last counts: it is as new as its reading."""
        floating = ZoneInfo(series["X-WR-TIMEZONE"])
        start, end = (_utc(met[name].dt, floating) for name in ("DTSTART", "DTEND"))
        original = _utc(_original(series, met), met["DTSTART"].dt.tzinfo or floating)
        title, patterns = str(met.get("SUMMARY", "")), self._settings.status_meetings
        body = {
            "start": start.isoformat(),
            "end": end.isoformat(),
            "invited": len({str(who).lower() for name in ("ATTENDEE", "ORGANIZER") for who in _all(met, name)}),
            "pattern": next((pattern for pattern in patterns if re.search(pattern, title, re.I)), None),
        }
        key = _hash(json.dumps([scope, uid, original.isoformat()]))
        return Payload(self.name, scope, ItemKind.MEETING, key, self._now(), body)

    def _content(self, scope: str) -> bytes:
        place = next(place for place in self._settings.calendars if place.scope == scope)
        if place.path is None:
            return patiently(partial(self._downloaded, scope, place.url or self._address(scope)))
        try:
            with place.path.open("rb") as file:
                return self._limited(scope, iter(partial(file.read, CHUNK), b""))
        except FileNotFoundError:
            what = "there is no such file; its path is relative to the configuration file"
            raise NotThere(f"{self.name}: calendar {scope}: {what}") from None
        except OSError as problem:
            what = f"the file cannot be read ({type(problem).__name__}); check its path and permissions"
            raise AccessDenied(f"{self.name}: calendar {scope}: {what}") from None

    def _address(self, variable: str) -> str:
        found = os.environ.get(variable[1:], "").strip()
        if not ADDRESS.match(found):
            what = f"set the environment variable {variable[1:]} to its address, which begins with https://"
            raise AccessDenied(f"{self.name}: calendar {variable}: {what}")
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


def _records(payload: Payload) -> Iterator[Record]:
    source, key, body = payload.source, payload.key, payload.body
    start, end = (datetime.fromisoformat(body[name]).astimezone(UTC) for name in ("start", "end"))
    pattern, took = body["pattern"], int((end - start).total_seconds())
    labels, about = (pattern,) if pattern else (), str(body["invited"])
    title = pattern or "meeting"
    yield Item(source, payload.scope, key, ItemKind.MEETING, key, title, "", start, labels=labels, about=about)
    yield Event(source, f"{key}:met", key, start, EventKind.MET, detail=str(took))


def _series(place: str, content: bytes, zone: str) -> dict[tuple[str, int], Any]:
    """By UID: a calendar of the events that have it. Events without one (UID "") are told apart by a number."""
    found: dict[tuple[str, int], Any] = {}
    for calendar in _calendars(place, content):
        for event in calendar.walk("VEVENT"):
            uid = str(event.get("UID", ""))
            found.setdefault((uid, 0 if uid else len(found)), _like(calendar, zone)).add_component(event)
    return found


def _calendars(place: str, content: bytes) -> list[Any]:
    """Raises PayloadUnreadable."""
    import icalendar
    from icalendar.timezone import tzp

    try:
        content.decode("utf-8")
        with PARSING, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tzp.use_default()
            parsed = icalendar.Calendar.from_ical(BESIDE.sub(b"", content), multiple=True)
            _check_rules(change for part in parsed for zone in part.walk("VTIMEZONE") for change in zone.walk())
    except UnicodeDecodeError:
        raise PayloadUnreadable(place, "it is not written in UTF-8; export it anew, or convert it") from None
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as problem:
        what = f"it is no calendar in the iCalendar format ({type(problem).__name__})"
        raise PayloadUnreadable(place, f"{what}; export it anew, or look at its address in a browser") from None
    found = [part for part in parsed if part.name == "VCALENDAR"]
    if not found:
        raise PayloadUnreadable(place, "there is no whole VCALENDAR in it; look whether it is a calendar, and complete")
    return found


def _like(calendar: Any, zone: str) -> Any:
    """An empty one, with the time zone of its floating times, `zone` where it names none that is known."""
    import icalendar

    empty, named = icalendar.Calendar(), str(calendar.get("X-WR-TIMEZONE", ""))
    empty["X-WR-TIMEZONE"] = named if _is_zone(named) else zone
    return empty


def _occurrences(series: Any, since: datetime, until: datetime) -> Iterator[Any]:
    """Those that took people's time. A series is asked only once: after an error dateutil would wait for itself."""
    import recurring_ical_events

    events = series.walk("VEVENT")
    _check_rules(events)
    if not any(isinstance(event["DTSTART"].dt, datetime) for event in events):
        return
    for met in recurring_ical_events.CalendarQuery(series).between(since - MARGIN, until + MARGIN):
        idle = (str(met.get("STATUS")).upper(), str(met.get("TRANSP")).upper())
        if isinstance(met["DTSTART"].dt, datetime) and "CANCELLED" not in idle and "TRANSPARENT" not in idle:
            yield met


def _check_rules(parts: Iterable[Any]) -> None:
    """Raises RepeatsTooOften for a rule that is met more than once an hour, or at more than 24 times of a day."""
    for rule in (rule for part in parts for rule in _all(part, "RRULE")):
        times_a_day = prod(len(rule.get(part, "1")) for part in ("BYHOUR", "BYMINUTE", "BYSECOND"))
        stays = int(rule.get("INTERVAL", [1])[0]) < 1
        if stays or times_a_day > MOST_A_DAY or rule["FREQ"][0].upper() in ("MINUTELY", "SECONDLY"):
            raise RepeatsTooOften


def _original(series: Any, met: Any) -> Any:
    """When it would have begun had nobody moved it, or it and all that follow."""
    recurrence = met["RECURRENCE-ID"]
    if recurrence.params.get("RANGE") != "THISANDFUTURE":
        return recurrence.dt
    changes = {event["RECURRENCE-ID"].dt: event for event in series.walk("VEVENT") if "RECURRENCE-ID" in event}
    change = changes[recurrence.dt]
    return met["DTSTART"].dt - (change["DTSTART"].dt - recurrence.dt)


def _utc(moment: date, zone: tzinfo) -> datetime:
    """`zone`: of a time that has none."""
    whole = moment if isinstance(moment, datetime) else datetime.combine(moment, time.min)
    return (whole if whole.tzinfo else whole.replace(tzinfo=zone)).astimezone(UTC)


def _all(part: Any, name: str) -> list[Any]:
    found = part.get(name, [])
    return found if isinstance(found, list) else [found]


def _is_zone(name: str) -> bool:
    try:
        return bool(ZoneInfo(name))
    except (LookupError, ValueError, OSError):
        return False


def _hash(text: str, digits: int = 16) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:digits]
