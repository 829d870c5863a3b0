"""Meetings, out of calendars in the iCalendar format (RFC 5545): files, or the addresses where they are published.

Of a meeting its times are kept, how many were invited, and which pattern its title matched; no title, no name, no
address. It is told when it has ended, and read again for two weeks: one that was moved meanwhile is corrected, one that
was cancelled afterwards stays.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from connectors.calendar_events import in_short, occurrences, original_start, series_of, translate, trim
from connectors.calendar_settings import CalendarSettings
from connectors.calendar_site import Site
from connectors.errors import UNSHAPED, PayloadUnreadable, SourceError, reading
from connectors.pages import fingerprint
from connectors.records import Census, Check, ItemKind, Page, Payload, Record, Unreadable, told

FIRST_READ = timedelta(days=400)
CORRECTIONS = timedelta(days=14)
"""For how long after its end a meeting is read again."""
CHECKED = timedelta(weeks=4)


class Calendar:
    """Calendars, each a scope."""

    census_every = timedelta(days=1)

    def __init__(self, name: str, settings: CalendarSettings, now: Callable[[], datetime]) -> None:
        self.name, self.scopes = name, settings.scopes
        self._settings, self._now = settings, now
        self._site = Site(name, settings)

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
            yield from told(translate(payload))

    def states(self, scope: str) -> Sequence[str]:  # noqa: ARG002 - a meeting has none
        return ()

    def check(self) -> Iterator[Check]:
        for scope in self.scopes:
            try:
                ok, detail = True, self._seen(scope)
            except SourceError as problem:
                ok, detail = False, str(problem).removeprefix(f"{self.name}: ")
            yield Check(f"{self.name}: calendar {scope}", ok, detail, section="calendars")

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
        for (uid, _), series in series_of(place, self._site.content(scope), self._settings.timezone).items():
            try:
                payloads = [self._payload(scope, uid, series, met) for met in occurrences(series, since, until)]
                found |= {p.key: p for p in payloads if since <= datetime.fromisoformat(p.body["end"]) <= until}
            except UNSHAPED as problem:
                what = f"an event of {place} (the hash of its UID is {fingerprint(uid)})"
                wrong = in_short(problem, "it is not as RFC 5545 says")
                why = f"{wrong}; its meetings are left out: mend it in the calendar"
                unreadable.append(Unreadable(ItemKind.MEETING, None, str(PayloadUnreadable(what, why))))
        return tuple(found.values()), tuple(unreadable)

    def _payload(self, scope: str, uid: str, series: Any, met: Any) -> Payload:
        """A meeting may be corrected to an earlier time, so what was read last counts: it is as new as its reading."""
        body = trim(series, met, self._settings.status_meetings)
        key = fingerprint(json.dumps([scope, uid, original_start(series, met).isoformat()]))
        return Payload(self.name, scope, ItemKind.MEETING, key, self._now(), body)
