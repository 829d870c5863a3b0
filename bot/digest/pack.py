"""Pack -> Digest: what a gate decides on, as the message that is there before the meeting. Pure."""

from collections.abc import Iterator

from bot.digest.digest import Digest
from bot.digest.lines import Line, Section, Strong, key_result_line, line, plan_line, trend_lines
from bot.govern.gate_words import decisions, doubts, figures, thresholds, when
from bot.govern.gates import Pack
from bot.words import day


def compose_pack(pack: Pack) -> Digest:
    """Verdict first, then the outcomes it rests on, what changed, what was promised and came, and what is largest."""
    gate, zone = pack.gate, pack.window.timezone
    sections = (
        Section("What decides", tuple(_judged(pack))),
        Section("The stream", tuple(_line(*pair) for pair in figures(pack))),
        Section("Changes, and what came of them", tuple(plan_line(part, zone) for part in pack.plan)),
        Section("Better or worse than before", tuple(trend_lines(pack.trend))),
        Section("Decided so far", tuple(_line(*pair) for pair in decisions(gate, zone))),
    )
    return Digest(
        title=f"{pack.stream}: {gate.name}, {gate.day:%d %b %Y}",
        subtitle=f"{when(gate).capitalize()}, as known on {day(pack.seen, zone)}",
        headline=(f"The thresholds say {gate.verdict}: {gate.reason}. People decide.",),
        sections=tuple(section for section in sections if section.lines),
        footer=doubts(pack),
    )


def _judged(pack: Pack) -> Iterator[Line]:
    known = {part.name: part for part in pack.key_results}
    for one in pack.gate.key_results:
        yield key_result_line(known[one.key_result], one.verdict)
    yield line(thresholds(pack.gate, pack.window.timezone))


def _line(about: str, sentence: str) -> Line:
    return line(Strong(about), f" {sentence}") if about else line(sentence)
