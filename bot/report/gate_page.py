"""What a gate decides on, as one HTML file without network, script or font of somebody else's."""

from collections.abc import Iterable, Iterator

from bot.govern.gate_words import decisions, doubts, figures, thresholds, when
from bot.govern.gates import Pack
from bot.govern.plan_part import PlanPart
from bot.govern.plan_words import standing
from bot.report.curve import COLUMNS, course
from bot.report.html import html_page
from bot.report.outlook_text import trend_rows
from bot.report.parts import Lines, Part, Section, Strong, Table
from bot.words import UNKNOWN, day


def gate_page(pack: Pack) -> str:
    """The page."""
    gate, zone = pack.gate, pack.window.timezone
    return html_page(
        "gate.html",
        title=f"{gate.name} · {pack.stream}",
        subtitle=f"{gate.day:%d %b %Y} ({when(gate)}), as known on {day(pack.seen, zone)}",
        verdict=gate.verdict,
        reason=gate.reason,
        thresholds=thresholds(gate, zone),
        sections=[section for section in _sections(pack) if section.filled],
        footer=f"{doubts(pack)} Elapsed time, {zone}; unknown is {UNKNOWN}.",
    )


def _sections(pack: Pack) -> Iterator[Section]:
    known, zone = {part.name: part for part in pack.key_results}, pack.window.timezone
    results = [course(known[one.key_result], one.verdict) for one in pack.gate.key_results]
    unsaid = [one for one in pack.gate.key_results if one.reason not in pack.gate.reason]
    reasons = Lines([(Strong(f"{one.key_result}: "), f"{one.verdict}; {one.reason}.") for one in unsaid])
    yield _section("goals", "Key results", reasons, Table(COLUMNS, results))
    yield _section("stream", "The stream", _lines(figures(pack)))
    yield _section("plan", "Changes, and what came of them", _lines(_change(part, zone) for part in pack.plan))
    trend = Table(("figure", "before", "now", "change", "verdict", "how sure"), list(trend_rows(pack.trend)))
    yield _section("better", "Better or worse?", trend)
    yield _section("decided", "Decided so far", _lines(decisions(pack.gate, zone)))


def _section(name: str, title: str, *parts: Part) -> Section:
    return Section(name, title, title, parts)


def _lines(pairs: Iterable[tuple[str, str]]) -> Lines:
    """Sentences, each with what it is about."""
    return Lines([(Strong(f"{about} "), sentence) if about else (sentence,) for about, sentence in pairs])


def _change(part: PlanPart, timezone: str) -> tuple[str, str]:
    told = standing(part, timezone)
    return f"{part.name}:", f"{told}; {part.owner}, against {part.waste}, due {part.due:%Y-%m-%d}."
