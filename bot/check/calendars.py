"""When a stream works, and the day for which its items should be ready."""

from collections.abc import Iterator
from datetime import date

from bot.flow.clock import holidays_of
from bot.flow.coverage import Coverage
from bot.flow.model import WEEKDAYS, Calendar, Stream
from bot.words import count
from connectors.records import Check


def check_calendar(stream: Stream, today: date) -> Check:
    """Zone, hours, and the holidays that are known of this year and of the next."""
    calendar, what = stream.calendar, f'calendar of "{stream.name}"'
    days = f"{calendar.timezone}, {', '.join(calendar.working_days)}, {calendar.working_hours}"
    if not calendar.holidays:
        wrong = f'{days}; holidays count as working days: name them, for example holidays = "DE-BY" in [calendar]'
        return Check(what, ok=True, detail=wrong, section="calendars", poorer=True)
    free = {year: _free(calendar, year) for year in (today.year, today.year + 1)}
    told = ", ".join(f"{count(number, 'holiday')} on working days in {year}" for year, number in free.items())
    missing = [str(year) for year, number in free.items() if not number]
    todo = f"; add those of {' and '.join(missing)} to holidays" if missing else ""
    return Check(what, ok=True, detail=f"{days}; {told}{todo}", section="calendars", poorer=bool(missing))


def _free(calendar: Calendar, year: int) -> int:
    known = holidays_of(calendar, [year])
    return sum(day.year == year and WEEKDAYS[day.weekday()] in calendar.working_days for day in known)


def check_anchor(stream: Stream, found: Coverage) -> Iterator[Check]:
    """Whether anything can be late for it."""
    if stream.anchor is None or found.anchored is None:
        return
    what = f'anchor of "{stream.name}"'
    if found.anchored:
        told = f'{count(found.anchored, "item")} came to "{stream.anchor}"'
        yield Check(what, ok=True, detail=told, section="calendars")
    else:
        wrong = f'no item ever came to "{stream.anchor}", so nothing can be late; check its name, or its states'
        yield Check(what, ok=True, detail=wrong, section="calendars", poorer=True)
