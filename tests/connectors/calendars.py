"""Calendars, and where they are."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from connectors.calendar import Calendar
from connectors.calendar_settings import CalendarSettings
from connectors.records import Page

NOW = datetime(2026, 4, 17, 12, tzinfo=UTC)
"""A Friday; in Berlin the clocks went forward on March 29."""

SECRET = "private-5f0c2d"
WEEKLY = "DTSTART;TZID=Europe/Berlin:20260316T090000\nDURATION:PT30M\nRRULE:FREQ=WEEKLY"


def event(lines: str, uid: str = "a") -> str:
    return f"BEGIN:VEVENT\nUID:{uid}\nDTSTAMP:20260101T000000Z\n{lines}\nEND:VEVENT\n"


def ics(*events: str, head: str = "") -> str:
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//test//EN\n{head}{''.join(events)}END:VCALENDAR\n"


def connector(settings: dict[str, Any], folder: Path | str = ".", now: datetime = NOW) -> Calendar:
    read = CalendarSettings.model_validate(settings, context={"folder": folder})
    return Calendar("calendar.test", read, lambda: now)


def page(calendar: Calendar, cursor: str | None = None) -> Page:
    (only,) = calendar.fetch(calendar.scopes[0], cursor)
    return only
