"""Meetings out of calendars: what is told of them, when, and what never is."""

import json
import re
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from bot.collect import Ways, collect
from bot.store import Store
from connectors.calendar import Calendar
from connectors.calendar_settings import CalendarSettings
from connectors.calendar_site import LIMIT
from connectors.errors import AccessDenied, NotThere, PayloadUnreadable, SourceError
from connectors.records import Event, EventKind, Item, ItemKind, Page, Payload
from tests.connectors.calendars import NOW, SECRET, WEEKLY, connector, event, ics, page

CANARY = "CANARY"

Meetings = Callable[..., Calendar]


@pytest.fixture
def calendar(tmp_path: Path) -> Meetings:
    """Of a file with this text."""

    def make(text: str | bytes, now: datetime = NOW, **settings: Any) -> Calendar:
        content = text if isinstance(text, bytes) else text.replace("\n", "\r\n").encode()
        (tmp_path / "team.ics").write_bytes(content)
        return connector({"calendars": ["team.ics"], **settings}, tmp_path, now)

    return make


def starts(found: Page) -> list[str]:
    """In UTC."""
    return sorted(payload.body["start"][:16] for payload in found.payloads)


def refused(settings: dict[str, Any]) -> str:
    with pytest.raises(ValidationError) as caught:
        CalendarSettings.model_validate(settings)
    return str(caught.value.errors()[0]["msg"])


# -- which meetings there were -----------------------------------------------------------------------------------------


def test_a_series_is_told_one_by_one_in_its_own_time_zone(calendar: Meetings) -> None:
    """09:00 in Berlin is 08:00 UTC in winter and 07:00 in summer; EXDATE leaves one out."""
    found = page(calendar(ics(event(f"{WEEKLY}\nEXDATE;TZID=Europe/Berlin:20260323T090000"))))

    assert starts(found) == ["2026-03-16T08:00", "2026-03-30T07:00", "2026-04-06T07:00", "2026-04-13T07:00"]
    assert {payload.body["end"][14:16] for payload in found.payloads} == {"30"}


def test_a_moved_occurrence_keeps_its_key(calendar: Meetings) -> None:
    """So that it is corrected in the store; its neighbours do not change."""
    moved = event("RECURRENCE-ID;TZID=Europe/Berlin:20260406T090000\nDTSTART:20260407T150000Z\nDURATION:PT1H")
    before, after = (page(calendar(ics(event(WEEKLY), *more))) for more in ((), (moved,)))

    assert {p.key for p in before.payloads} == {p.key for p in after.payloads}
    assert set(starts(after)) - set(starts(before)) == {"2026-04-07T15:00"}
    assert set(starts(before)) - set(starts(after)) == {"2026-04-06T07:00"}


def test_a_meeting_that_was_moved_to_an_earlier_time_is_corrected(calendar: Meetings, store: Store) -> None:
    """What was read last counts, not what ended last."""
    moved = event("RECURRENCE-ID;TZID=Europe/Berlin:20260413T090000\nDTSTART:20260410T060000Z\nDURATION:PT1H")
    for hour, more in enumerate(((), (moved,))):
        now = NOW + timedelta(hours=hour)
        collect([calendar(ics(event(WEEKLY), *more), now)], store, lambda now=now: now, Ways())  # type: ignore[misc]
    starts = sorted(e.at for e in store.events([("calendar.test", "team.ics")]))

    assert [f"{at:%d %H}" for at in starts] == ["16 08", "23 08", "30 07", "06 07", "10 06"]


@pytest.mark.parametrize("head", ["", "X-WR-TIMEZONE:Europe/Berlin\n"])
def test_moving_all_that_follow_keeps_their_keys(calendar: Meetings, head: str) -> None:
    """RANGE=THISANDFUTURE: each of them is another meeting."""
    series = "DTSTART:20260316T090000Z\nDURATION:PT30M\nRRULE:FREQ=WEEKLY"
    moved = event("RECURRENCE-ID;RANGE=THISANDFUTURE:20260330T090000Z\nDTSTART:20260331T100000Z\nDURATION:PT30M")
    before, after = (page(calendar(ics(event(series), *more, head=head))) for more in ((), (moved,)))

    assert {p.key for p in before.payloads} == {p.key for p in after.payloads}
    assert starts(after)[2:] == ["2026-03-31T10:00", "2026-04-07T10:00", "2026-04-14T10:00"]


def test_what_took_nobodys_time_is_left_out(calendar: Meetings) -> None:
    """Cancelled, one of a series or alone; a whole day; and what does not block the calendar."""
    at = "DTSTART:20260401T090000Z\nDURATION:PT1H"
    gone = "RECURRENCE-ID;TZID=Europe/Berlin:20260406T090000\nDTSTART;TZID=Europe/Berlin:20260406T090000"
    left_out = (
        event(f"{gone}\nDURATION:PT30M\nSTATUS:CANCELLED"),
        event(f"{at}\nSTATUS:CANCELLED", "b"),
        event("DTSTART;VALUE=DATE:20260402\nRRULE:FREQ=DAILY", "c"),
        event(f"{at}\nTRANSP:TRANSPARENT", "d"),
    )

    assert starts(page(calendar(ics(event(WEEKLY), *left_out)))) == [
        "2026-03-16T08:00",
        "2026-03-23T08:00",
        "2026-03-30T07:00",
        "2026-04-13T07:00",
    ]


@pytest.mark.parametrize(
    ("head", "configured", "start"),
    [
        ("", "UTC", "2026-04-01T09:00"),
        ("", "Asia/Tokyo", "2026-04-01T00:00"),
        ("X-WR-TIMEZONE:Europe/Berlin\n", "Asia/Tokyo", "2026-04-01T07:00"),
        ("X-WR-TIMEZONE:Nowhere/Else\n", "Asia/Tokyo", "2026-04-01T00:00"),
    ],
)
def test_a_time_without_a_zone_is_in_the_calendars_or_the_configured_one(
    calendar: Meetings, head: str, configured: str, start: str
) -> None:
    """In this order."""
    floating = event("DTSTART:20260401T090000\nDTEND:20260401T093000")

    assert starts(page(calendar(ics(floating, head=head), timezone=configured))) == [start]


def test_a_time_zone_holds_only_in_the_calendar_that_defines_it(calendar: Meetings) -> None:
    """Outlook calls several "Customized Time Zone"."""

    def text(offset: str) -> str:
        rules = f"BEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETFROM:{offset}\nTZOFFSETTO:{offset}\nEND:STANDARD\n"
        zone = f"BEGIN:VTIMEZONE\nTZID:Customized\n{rules}END:VTIMEZONE\n"
        return ics(event("DTSTART;TZID=Customized:20260401T090000\nDURATION:PT1H"), head=zone)

    found = [starts(page(calendar(text(offset)))) for offset in ("+0200", "-0500")]
    assert found == [["2026-04-01T07:00"], ["2026-04-01T14:00"]]


def test_rdates_and_several_calendars_in_a_file_are_read(calendar: Meetings) -> None:
    """An RDATE may be a period of its own length."""
    dates = "DTSTART:20260401T090000Z\nDURATION:PT1H\nRDATE;VALUE=PERIOD:20260402T090000Z/PT3H"
    found = page(calendar(ics(event(dates)) + ics(event("DTSTART:20260403T090000Z\nDURATION:PT1H", "b"))))

    assert starts(found) == ["2026-04-01T09:00", "2026-04-02T09:00", "2026-04-03T09:00"]
    assert "2026-04-02T12:00:00+00:00" in {p.body["end"] for p in found.payloads}


# -- when they are told ------------------------------------------------------------------------------------------------


def test_what_lies_ahead_is_not_told_yet(calendar: Meetings) -> None:
    """Nor what has begun and not ended: it may still be moved."""
    daily = ics(event("DTSTART:20260416T113000Z\nDURATION:PT30M\nRRULE:FREQ=DAILY"))

    assert starts(page(calendar(daily, NOW))) == ["2026-04-16T11:30", "2026-04-17T11:30"]
    assert starts(page(calendar(daily, NOW - timedelta(seconds=1)))) == ["2026-04-16T11:30"]


def test_the_first_reading_reaches_back_400_days_and_a_later_one_two_weeks(calendar: Meetings) -> None:
    """Behind the last one; a cursor that is ahead of the clock is taken for now."""
    daily = calendar(ics(event("DTSTART:20200101T090000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY")))
    first = page(daily)
    later = page(daily, (NOW - timedelta(days=2)).isoformat())

    assert (len(first.payloads), len(later.payloads)) == (400, 16)
    assert first.complete == NOW
    assert first.cursor == NOW.isoformat()
    assert len(page(daily, (NOW + timedelta(days=90)).isoformat()).payloads) == 14


def test_reading_twice_tells_the_same(calendar: Meetings) -> None:
    """Payloads, to the last byte."""
    text = ics(event(WEEKLY), event("DTSTART:20260401T090000Z\nDURATION:PT1H", "b"))

    assert page(calendar(text)) == page(calendar(text))
    assert len({p.key for p in page(calendar(text)).payloads}) == 6


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ("FREQ=DAILY", 400),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", 1),
        ("FREQ=SECONDLY", None),
        ("FREQ=MINUTELY", None),
        ("FREQ=DAILY;INTERVAL=0", None),
        ("FREQ=DAILY;BYHOUR=8,9,10,11,12;BYMINUTE=0,10,20,30,40,50", None),
    ],
)
def test_no_rule_is_endless(calendar: Meetings, rule: str, told: int | None) -> None:
    """Neither one without an end, nor one that never matches; what repeats by the minute, or stays, is refused."""
    start = "20000101" if told != 1 else "20260401"
    found = page(calendar(ics(event(f"DTSTART:{start}T090000Z\nDURATION:PT1H\nRRULE:{rule}"))))

    assert len(found.payloads) == (told or 0)
    assert ["repeats too often" in u.sentence for u in found.unreadable] == ([] if told else [True])


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ("DTSTART:00010102T000000Z\nDURATION:PT1H\nRRULE:FREQ=HOURLY", 0),
        ("DTSTART:00010102T000000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;BYHOUR=8,9,10", 0),
        ("DTSTART:20000101T000000Z\nDTEND:20260410T010000Z\nRRULE:FREQ=HOURLY;COUNT=9999", 0),
        ("DTSTART:20260401T000000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", 1),
        ("DTSTART:20260401T000000Z\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;BYDAY=MO;BYSETPOS=9;UNTIL=20260601T000000Z", 1),
        (
            "DTSTART:20260416T000000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY\nRRULE:FREQ=DAILY;BYYEARDAY=366;BYMONTH=1",
            2,
        ),
    ],
)
def test_no_invitation_takes_long_to_count(calendar: Meetings, lines: str, told: int) -> None:
    """However long ago it begins, however long it lasts, and if it fits no day: each took seconds or minutes."""
    found = page(calendar(ics(event(lines))))

    assert len(found.payloads) == told
    assert len(found.unreadable) == (not told)


def test_a_rule_of_a_whole_day_does_not_matter(calendar: Meetings) -> None:
    """It is no meeting, so it need not be understood: here one of the Chinese calendar (RFC 7529)."""
    found = page(calendar(ics(event("DTSTART;VALUE=DATE:20260210\nRRULE:RSCALE=CHINESE;FREQ=YEARLY"))))

    assert (found.payloads, found.unreadable) == ((), ())


def test_no_time_zone_is_endless(calendar: Meetings) -> None:
    """A calendar whose clocks are changed all the time is refused."""
    rules = "DTSTART:19700101T000000\nRRULE:FREQ=YEARLY;INTERVAL=0\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0200"
    zone = f"BEGIN:VTIMEZONE\nTZID:Here\nBEGIN:STANDARD\n{rules}\nEND:STANDARD\nEND:VTIMEZONE\n"

    with pytest.raises(PayloadUnreadable, match="repeats too often"):
        page(calendar(ics(event("DTSTART;TZID=Here:20260401T090000\nDURATION:PT1H"), head=zone)))


# -- what is told of them ----------------------------------------------------------------------------------------------


def test_a_meeting_becomes_an_item_that_was_met(calendar: Meetings) -> None:
    """With its length in seconds, how many were invited, and the first pattern that its title matches."""
    who = "ORGANIZER:mailto:O@x.example\nATTENDEE:MAILTO:o@x.example\nATTENDEE:mailto:p@x.example"
    text = ics(event(f"DTSTART:20260401T090000Z\nDURATION:PT15M\nSUMMARY:Daily Stand-Up\n{who}"))
    one = calendar(text, status_meetings=["status", "stand-?up", "daily"])
    (payload,) = page(one).payloads
    item, met = one.translate(payload)

    assert isinstance(item, Item)
    assert (item.kind, item.name, item.title) == (ItemKind.MEETING, payload.key, "stand-?up")
    assert (item.labels, item.about, item.url) == (("stand-?up",), "2", "")
    assert isinstance(met, Event)
    assert (met.kind, met.id, met.detail) == (EventKind.MET, f"{payload.key}:met", "900")
    assert met.at == item.created_at == datetime(2026, 4, 1, 9, tzinfo=UTC)


def test_nothing_else_of_a_meeting_is_handed_over(calendar: Meetings) -> None:
    """No title, text, place, name, address or UID, neither in what is kept nor in what is said."""
    texts = "\n".join(f"{name}:{CANARY} x" for name in ("SUMMARY", "DESCRIPTION", "LOCATION", "COMMENT"))
    who = f"ORGANIZER;CN={CANARY}:mailto:{CANARY}@x.example\nATTENDEE;CN={CANARY}:mailto:{CANARY}@x.example"
    broken = event(f"DTSTART:{CANARY}\nRRULE:{CANARY}\n{texts}", f"{CANARY}-2")
    text = ics(event(f"{WEEKLY}\n{texts}\n{who}", f"{CANARY}-1"), broken, head=f"X-WR-CALNAME:{CANARY}\n")
    one = calendar(text, status_meetings=["x$"])
    found = page(one)
    records = [asdict(record) for payload in found.payloads for record in one.translate(payload)]

    assert len(found.payloads) == 5
    assert len(found.unreadable) == 1
    assert {tuple(payload.body) for payload in found.payloads} == {("start", "end", "invited", "pattern")}
    assert (
        CANARY.lower() not in json.dumps([asdict(found), records, list(map(asdict, one.check()))], default=str).lower()
    )


def test_a_payload_of_another_shape_is_refused(calendar: Meetings) -> None:
    """By its key."""
    one = calendar(ics())

    with pytest.raises(PayloadUnreadable, match="meeting k"):
        list(one.translate(Payload(one.name, one.scopes[0], ItemKind.MEETING, "k", NOW, {"start": "soon"})))


# -- what is wrong -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "lines",
    [
        "SUMMARY:no start",
        "DTSTART:20260401T090000Z\nDTSTART:20260402T090000Z",
        "DTSTART:20260401T090000Z\nRRULE:FREQ=NEVER",
        "DTSTART:20260401T090000Z\nRDATE;VALUE=TIME:083000",
        "DTSTART:20260401T090000Z\nDURATION:P99999999W",
        "DTSTART:20260401T090000Z\nDURATION:PT1H\nEXDATE:soon",
    ],
)
def test_a_broken_event_does_not_keep_the_others_out(calendar: Meetings, lines: str) -> None:
    """It is told by the hash of its UID."""
    found = page(calendar(ics(event(lines, "broken"), event(WEEKLY))))

    assert len(found.payloads) == 5
    assert [u.key for u in found.unreadable] == [None]
    assert "calendar team.ics (the hash of its UID is f526795c" in found.unreadable[0].sentence


def test_what_is_no_meeting_may_be_broken(calendar: Meetings) -> None:
    """An alarm, a to-do."""
    alarm = "BEGIN:VALARM\nTRIGGER:whenever\nnonsense\nEND:VALARM"
    todo = f"BEGIN:VTODO\nDUE:never\n{alarm}\nnonsense\nEND:VTODO\n"

    assert len(page(calendar(ics(event(f"{WEEKLY}\n{alarm}"), todo))).payloads) == 5


@pytest.mark.parametrize(
    ("content", "advice"),
    [
        (b"", "no whole VCALENDAR"),
        (b"<html>Sign in</html>", "no calendar in the iCalendar format"),
        (ics(event(WEEKLY))[:-30].encode(), "complete"),
        (ics(event(f"{WEEKLY}\nSUMMARY:Gespr\u00e4ch")).encode("latin-1"), "UTF-8"),
        (ics(event(WEEKLY)).encode("utf-16"), "UTF-8"),
        (b"x" * (LIMIT + 1), "larger than 50 MB"),
    ],
)
def test_what_is_no_calendar_is_refused_with_what_to_do(calendar: Meetings, content: bytes, advice: str) -> None:
    """And named."""
    with pytest.raises(SourceError, match=advice) as caught:
        page(calendar(content))
    assert "team.ics" in str(caught.value)


def test_a_missing_file_and_a_folder_are_denied(tmp_path: Path) -> None:
    """Waiting does not help."""
    with pytest.raises(NotThere, match=r"calendar none\.ics: there is no such file"):
        page(connector({"calendars": ["none.ics"]}, tmp_path))
    (tmp_path / "folder").mkdir()
    with pytest.raises(AccessDenied, match="calendar folder: the file cannot be read"):
        page(connector({"calendars": ["folder"]}, tmp_path))


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"status_meetings": ["fine", "stand(up"]}, r'"stand\(up" is no regular expression: .*unterminated'),
        ({"timezone": "Europe"}, '"Europe" is no time zone; write for example'),
        ({"calendars": ["$team"]}, r'"\$team" names no environment variable'),
        ({"calendars": [f"webcal://x.example/{SECRET}.ics"]}, "is no address; write https://"),
        ({"calendars": [f"https:///{SECRET}"]}, "is no address"),
        ({"calendars": [""]}, "wants a file, an address, or"),
    ],
)
def test_the_configuration_is_refused_when_it_is_read(settings: dict[str, Any], sentence: str) -> None:
    """With what is wrong, and without a secret."""
    told = refused({"calendars": [], **settings})

    assert re.search(sentence, told)
    assert SECRET not in told


def test_check_counts_the_meetings_of_four_weeks(calendar: Meetings) -> None:
    """And says when no title matches."""
    text = ics(event(f"{WEEKLY}\nSUMMARY:Status"), event("DTSTART:20250401T090000Z\nDURATION:PT1H", "old"))
    details = [next(calendar(text, status_meetings=[p]).check()).detail for p in ("STATUS", "retro")]

    assert details[0] == "meetings in the last 4 weeks: 4, of which 4 match status_meetings"
    assert details[1].endswith("of which 0 match status_meetings; compare its patterns with the titles in the calendar")
