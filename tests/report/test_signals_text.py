"""Signals, sprints and gates, in words."""

from collections.abc import Iterable, Sequence

from bot.flow.analyse import analyse
from bot.govern.document import Document
from bot.report.signals_text import signals
from bot.report.sprints_text import sprint_parts
from connectors.records import Record
from tests.build import STREAM, issue, records, window
from tests.flow.test_signals import CHANGE, WEEKS, steady
from tests.flow.test_sprints import planned, sprint
from tests.flow.weekly import met


def document(parts: Iterable[Record], start: float, end: float) -> Document:
    analysis = analyse(STREAM, records(parts), window(start, end))
    return Document(**analysis.model_dump(by_alias=True), key_results=(), plan=())


def plain(rows: Iterable[Sequence[str]]) -> list[list[str]]:
    return [[cell.replace("\u00a0", " ") for cell in row] for row in rows]


def test_each_signal_is_told_with_what_it_rests_on() -> None:
    """Before, now, change, verdict and why."""
    log = [
        record
        for week in range(WEEKS)
        for record in (*steady(week, 12 if week < CHANGE else 6), *met(week, 0.4, 1, invited=6))
    ]
    lead, people, each, _, hours = plain(signals(document(log, CHANGE * 7, WEEKS * 7)))

    assert lead[1:] == ["12 d", "6.0 d", "-50 % (-50 % to -50 %)", "better", _why(lead)]
    assert "without more people" in _why(lead)
    assert people[:3] == ["  full-time people, by their traces of work", "5.0", "5.0"]
    assert each[1:3] == ["0.8", "0.8"]
    assert hours[1:5] == ["1.2", "1.2", "0 % (0 % to 0 %)", "no change"]


def _why(row: Sequence[str]) -> str:
    return row[-1]


def test_what_was_never_measured_says_so() -> None:
    *_, hours = plain(signals(document(issue("PAY-1", ("Open", 0), ("Done", 5)), 0, 28)))

    assert hours[1:5] == ["–", "–", "–", "not measured"]


def test_a_sprint_is_one_line() -> None:
    """Its goal, what was promised and what is left over; a gate without appointments makes no sprint wait."""
    items = *issue("PAY-1", ("Open", 0), ("In Review", 9), ("Done", 12)), *issue("PAY-2", ("Open", 0))
    log = [*sprint(1, 10, 24), *items, *planned("PAY-1", 1, 9), *planned("PAY-2", 1, 13)]
    told, served, gates, waits = ((title, plain(rows)) for title, _, rows in sprint_parts(document(log, 0, 28)))

    assert told[1] == [["S1", "Refunds", "2026-01-15", "1", "1", "0", "1", "1", "–"]]
    assert told[0] == "Sprints (1 sprint ended in the window; shares of all take 5)"
    assert gates[1] == [["Review", "–", "3.0", "0.0", "7.5 %", "–", "0 of 1"]]
    assert (served[1], waits[1]) == ([], [])


def test_a_sprint_begins_on_the_day_that_it_is_where_the_stream_is() -> None:
    """Midnight in UTC is the evening before in New York."""
    found = document([*sprint(1, 10, 24), *issue("PAY-1", ("Open", 0)), *planned("PAY-1", 1, 9)], 0, 28)
    there = found.window.model_copy(update={"timezone": "America/New_York"})
    (_, _, rows), *_ = sprint_parts(found.model_copy(update={"window": there}))

    assert plain(rows)[0][2] == "2026-01-14"
