"""The calendar of the simulated company, as its address would give it."""

from datetime import datetime, timedelta

from bot.demo.company import DESIGNERS, DEVELOPERS, LEAD, SHORTER_MEETINGS, TESTERS, WEEKS
from bot.demo.days import ZONE

GUESTS = (*DEVELOPERS, *DESIGNERS, *TESTERS, LEAD)


def meetings(now: datetime) -> str:
    """ICalendar (RFC 5545): a stand-up every working day, and a status meeting that became shorter and rarer."""
    today = now.astimezone(ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    monday = today - timedelta(days=today.weekday())
    first, change = monday - timedelta(weeks=WEEKS), monday - SHORTER_MEETINGS
    events = (
        _series("standup", "Stand-up", first + timedelta(hours=9, minutes=30), 15, "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"),
        _series("weekly", "Status of payments", first + timedelta(hours=11), 60, f"FREQ=WEEKLY;UNTIL={change:%Y%m%d}"),
        _series("fortnightly", "Status of payments", change + timedelta(hours=11), 30, "FREQ=WEEKLY;INTERVAL=2"),
    )
    return "\r\n".join(("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//gemba//demo//EN", *events, "END:VCALENDAR", ""))


def _series(uid: str, title: str, start: datetime, minutes: int, rule: str) -> str:
    guests = (f"ATTENDEE:mailto:{guest.lower().replace(' ', '.')}@acme.example" for guest in GUESTS)
    return "\r\n".join(
        (
            "BEGIN:VEVENT",
            f"UID:{uid}@acme.example",
            f"DTSTART;TZID={ZONE.key}:{start:%Y%m%dT%H%M%S}",
            f"DURATION:PT{minutes}M",
            f"RRULE:{rule}",
            f"SUMMARY:{title}",
            *guests,
            "END:VEVENT",
        )
    )
