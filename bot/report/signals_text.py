"""The three signals on a terminal."""

from collections.abc import Callable, Iterator, Sequence

from bot.flow.findings.signals import Change
from bot.govern.document import Document
from bot.report.outlook_text import changed
from bot.words import UNKNOWN, amount, duration, share

Row = Sequence[str]
COLUMNS = ("", "before", "now", "change", "", "because")


def signals(document: Document) -> Iterator[Row]:
    """Of each signal: name, before, now, change with its interval, verdict and why."""
    found = document.signals
    lead, ratio, meetings = found.lead_time, found.value_added_ratio, found.status_meetings
    yield *_figures("lead time, without more people", lead.lead_time, duration), lead.verdict, lead.reason
    if lead.headcount:
        yield *_figures("  full-time people, by their traces of work", lead.headcount, amount), "", ""
    if lead.per_person:
        yield *_figures("  delivered by a person in a week", lead.per_person, amount), "", ""
    yield *_figures("value-added ratio", ratio.ratio, share), ratio.verdict, ratio.reason
    hours = _figures("hours of status meetings a person and week", meetings.hours, amount)
    if meetings.hours is None:
        hours = hours[0], hours[1], amount(meetings.now), hours[3]
    yield *hours, meetings.verdict, meetings.reason


def _figures(name: str, change: Change | None, said: Callable[[float | None], str]) -> tuple[str, str, str, str]:
    if change is None:
        return name, UNKNOWN, UNKNOWN, UNKNOWN
    return name, said(change.before), said(change.after), changed(change)
