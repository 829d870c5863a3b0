"""A calendar, as bytes: which meetings there were, what is kept of one, and what is read out of it."""

import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from datetime import MAXYEAR, UTC, date, datetime, time, timedelta, tzinfo
from math import prod
from threading import Lock
from typing import Any
from zoneinfo import ZoneInfo

from connectors.errors import UNSHAPED, PayloadUnreadable
from connectors.records import Event, EventKind, Item, ItemKind, Payload, Record
from connectors.settings import is_zone

Json = dict[str, Any]

MARGIN = timedelta(days=1)
"""A time without a zone is less than that away from the same time in UTC."""

MOST_A_DAY = 24
"""What repeats more often is no meeting."""

MOST_TIMES = 100_000
"""What took place so often already takes seconds to count: every hour for 11 years, or every day for 270."""

MOST_AT_ONCE = 1000
"""What repeats so often before it ends is no meeting, either."""

CYCLE = 400
"""Years after which the calendar repeats itself, to the weekday."""

BESIDE = {b"BEGIN:" + name: b"END:" + name for name in (b"VALARM", b"VTODO", b"VJOURNAL", b"VFREEBUSY")}
"""Parts of a calendar that are no meetings; what is wrong with them does not matter."""

PARSING = Lock()
"""icalendar keeps the time zones that calendars define in one place for all of them."""


def _without_the_rest(content: bytes) -> bytes:
    """The calendar without the parts beside its meetings; one that does not end is left as it is."""
    kept: list[bytes] = []
    held: list[bytes] = []
    end = None
    for line in content.splitlines(keepends=True):
        word = line.strip().upper()
        if end is None and word in BESIDE:
            end, held = BESIDE[word], []
        (kept if end is None else held).append(line)
        if word == end:
            end = None
    return b"".join(kept if end is None else kept + held)


NO_CALENDAR = "it is no calendar in the iCalendar format"


class RepeatsTooOften(ValueError):
    """What would take forever to count."""


def in_short(problem: BaseException, otherwise: str) -> str:
    """What is wrong with a calendar, without the words of a library, which quote it."""
    return "something in it repeats too often" if isinstance(problem, RepeatsTooOften) else otherwise


def series_of(place: str, content: bytes, zone: str) -> dict[tuple[str, int], Any]:
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
            parsed = icalendar.Calendar.from_ical(_without_the_rest(content), multiple=True)
            _check_rules(change for part in parsed for zone in part.walk("VTIMEZONE") for change in zone.walk())
    except UnicodeDecodeError:
        raise PayloadUnreadable(place, "it is not written in UTF-8; export it anew, or convert it") from None
    except UNSHAPED as problem:
        todo = "export it anew, or look at its address in a browser"
        raise PayloadUnreadable(place, f"{in_short(problem, NO_CALENDAR)}; {todo}") from None
    found = [part for part in parsed if part.name == "VCALENDAR"]
    if not found:
        raise PayloadUnreadable(place, "there is no whole VCALENDAR in it; look whether it is a calendar, and complete")
    return found


def _like(calendar: Any, zone: str) -> Any:
    """An empty one, with the time zone of its floating times, `zone` where it names none that is known."""
    import icalendar

    empty, named = icalendar.Calendar(), str(calendar.get("X-WR-TIMEZONE", ""))
    empty["X-WR-TIMEZONE"] = named if is_zone(named) else zone
    return empty


def occurrences(series: Any, since: datetime, until: datetime) -> Iterator[Any]:
    """Those that took people's time. A series is asked only once: after an error dateutil would wait for itself."""
    import recurring_ical_events

    events = series.walk("VEVENT")
    _check_rules(events)
    if not any(isinstance(event["DTSTART"].dt, datetime) for event in events):
        return
    for event in events:
        _check_span(event, until, _floating(series))
        _leave_what_is_never_met(event)
    for met in recurring_ical_events.CalendarQuery(series).between(since - MARGIN, until + MARGIN):
        idle = (str(met.get("STATUS")).upper(), str(met.get("TRANSP")).upper())
        if isinstance(met["DTSTART"].dt, datetime) and "CANCELLED" not in idle and "TRANSPARENT" not in idle:
            yield met


def _check_rules(parts: Iterable[Any]) -> None:
    """Raises RepeatsTooOften for a rule that is met more than once an hour, or at more than 24 times of a day."""
    for rule in (rule for part in parts for rule in _all(part, "RRULE")):
        stays = int(rule.get("INTERVAL", [1])[0]) < 1
        if stays or _times_a_day(rule) > MOST_A_DAY or rule["FREQ"][0].upper() in ("MINUTELY", "SECONDLY"):
            raise RepeatsTooOften


def _times_a_day(rule: Any) -> int:
    return prod(len(rule.get(part, "1")) for part in ("BYHOUR", "BYMINUTE", "BYSECOND"))


def _check_span(event: Any, until: datetime, zone: tzinfo) -> None:
    """Raises RepeatsTooOften for what could not be counted within a second."""
    start = event["DTSTART"].dt
    past_days = (until - _utc(start, zone)) / timedelta(days=1)
    for rule in _all(event, "RRULE"):
        every = int(rule.get("INTERVAL", [1])[0])
        a_day = (MOST_A_DAY if rule["FREQ"][0].upper() == "HOURLY" else _times_a_day(rule)) / every
        if past_days * a_day > MOST_TIMES or _lasts(event) / timedelta(days=1) * a_day > MOST_AT_ONCE:
            raise RepeatsTooOften


def _leave_what_is_never_met(event: Any) -> None:
    """Of a rule that fits no day, as the 30th of February, only the beginning counts; dateutil would look for more."""
    rules = _all(event, "RRULE")
    met = [rule for rule in rules if _is_ever_met(rule, event["DTSTART"].dt)]
    if len(met) < len(rules):
        del event["RRULE"]
        for rule in met:
            event.add("RRULE", rule)


def _is_ever_met(rule: Any, start: date) -> bool:
    """Dateutil looks for it up to the year 9999. Days and weekdays come back after 400 years, so the last ones do."""
    from dateutil.rrule import rrulestr

    endless = type(rule)({name: value for name, value in rule.items() if name not in ("COUNT", "UNTIL")})
    late = start.replace(year=start.year + (MAXYEAR - start.year) // CYCLE * CYCLE)
    naive = datetime.combine(late, late.timetz() if isinstance(late, datetime) else time.min).replace(tzinfo=None)
    return next(iter(rrulestr(endless.to_ical().decode(), dtstart=naive)), None) is not None


def _lasts(event: Any) -> timedelta:
    """As far as that is plain."""
    if "DURATION" in event:
        lasts: timedelta = event["DURATION"].dt
        return lasts
    start, end = event["DTSTART"].dt, event.get("DTEND", event["DTSTART"]).dt
    return _utc(end, UTC) - _utc(start, UTC)


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


def trim(series: Any, met: Any, patterns: Sequence[str]) -> Json:
    """What is kept of a meeting: its times, how many were invited, and the first pattern that its title matches."""
    start, end = (_utc(met[name].dt, _floating(series)) for name in ("DTSTART", "DTEND"))
    title = str(met.get("SUMMARY", ""))
    return {
        "start": start.isoformat(),
        "end": end.isoformat(),
        "invited": len({str(who).lower() for name in ("ATTENDEE", "ORGANIZER") for who in _all(met, name)}),
        "pattern": next((pattern for pattern in patterns if re.search(pattern, title, re.I)), None),
    }


def original_start(series: Any, met: Any) -> datetime:
    """In UTC, before anybody moved it."""
    return _utc(_original(series, met), met["DTSTART"].dt.tzinfo or _floating(series))


def _floating(series: Any) -> ZoneInfo:
    return ZoneInfo(series["X-WR-TIMEZONE"])


def translate(payload: Payload) -> Iterator[Record]:
    """An item that was met; its title is the pattern that it matched."""
    source, key, body = payload.source, payload.key, payload.body
    start, end = (datetime.fromisoformat(body[name]).astimezone(UTC) for name in ("start", "end"))
    pattern, took = body["pattern"], int((end - start).total_seconds())
    labels, about = (pattern,) if pattern else (), str(body["invited"])
    title = pattern or "meeting"
    yield Item(source, payload.scope, key, ItemKind.MEETING, key, title, "", start, labels=labels, about=about)
    yield Event(source, f"{key}:met", key, start, EventKind.MET, detail=str(took))
