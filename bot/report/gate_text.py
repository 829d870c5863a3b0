"""Key results and gates on a terminal."""

from collections.abc import Iterable, Iterator, Sequence
from zoneinfo import ZoneInfo

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from bot.govern.gate_words import decisions, doubts, figures, thresholds, when
from bot.govern.gates import History, Pack
from bot.govern.key_results import KeyResultPart
from bot.govern.metrics import measured
from bot.govern.plan_words import standing
from bot.report.outlook_text import trend_rows
from bot.words import UNKNOWN, day, share

BARS = "▁▂▃▄▅▆▇█"
COLUMNS = ("", "quarter", "from", "now", "to", "by week", "way", "pace", "odds")

SHORT = 12
"""Digits of a hash that are enough to compare by eye."""


def key_results_text(parts: Sequence[KeyResultPart]) -> RenderableType:
    """A line each: where it stands, its weeks, its odds and the verdict."""
    if not parts:
        return Text("no key results; add a [[streams.key_results]] table")
    return Group(_table(COLUMNS, rows(parts)), *_said([(p.name, p.verdict, p.reason) for p in parts]))


def rows(parts: Iterable[KeyResultPart]) -> Iterator[Sequence[str]]:
    """Of a table of key results."""
    for part in parts:
        name = part.metric
        yield (
            part.name,
            part.quarter,
            *(measured(name, value) for value in (part.baseline, part.value, part.target)),
            sparkline([reading.value for reading in part.weeks]),
            share(part.progress),
            UNKNOWN if part.pace is None else f"{part.pace:.2f}",
            share(part.probability),
        )


def _said(verdicts: Iterable[tuple[str, str, str]]) -> list[RenderableType]:
    """A line each: name, verdict, reason."""
    return [Text(), *(Text.assemble((f"{name}: ", "bold"), f"{verdict}; {why}") for name, verdict, why in verdicts)]


def sparkline(values: Sequence[float | None]) -> str:
    """Weekly values as bars; a dot where there is none."""
    known = [value for value in values if value is not None]
    if not known:
        return UNKNOWN
    low, high = min(known), max(known)
    step = (high - low) / (len(BARS) - 1) or 1.0
    return "".join("·" if value is None else BARS[round((value - low) / step)] for value in values)


def pack_text(pack: Pack) -> RenderableType:
    """What a gate decides on: verdict, key results, figures, what changed, plan, and the largest removable waste."""
    gate, zone = pack.gate, pack.window.timezone
    return Group(
        Text(f"{gate.name}, {gate.day:%Y-%m-%d} ({when(gate)}), as known on {day(pack.seen, zone)}", style="bold"),
        Text(f"The thresholds say: {gate.verdict}{'' if gate.key_results else f'; {gate.reason}'}."),
        Text(thresholds(gate, zone)),
        Text(),
        _table(COLUMNS, rows(pack.key_results)),
        *_said([(one.key_result, one.verdict, one.reason) for one in gate.key_results]),
        Text(),
        *(Text(f"{about} {sentence}".strip()) for about, sentence in figures(pack)),
        Text(doubts(pack)),
        *_titled("Changes, and what came of them", ("", "against", "owner", "due", ""), _plan(pack)),
        *_titled("Better or worse?", ("", "before", "now", "change", "", "how sure"), trend_rows(pack.trend)),
        *(Text(f"\nRecorded on {about} {sentence}") for about, sentence in decisions(gate, zone)),
    )


def history_text(history: History, zone: ZoneInfo) -> RenderableType:
    """What was decided, and whether the records are as they were."""
    if not history.records:
        return Text("nothing was recorded yet; `gemba gate record` freezes a decision")
    columns = ("", "recorded", "gate", "of", "thresholds said", "decided", "because", "seal", "")
    return _table(
        columns,
        (
            (
                str(found.number),
                f"{found.at.astimezone(zone):%Y-%m-%d %H:%M}",
                found.gate,
                found.day,
                found.verdict,
                found.decision,
                found.reason,
                found.hash[:SHORT],
                "intact" if found.intact else f"NOT AS IT WAS: {found.fault}",
            )
            for found in history.records
        ),
    )


def _plan(pack: Pack) -> Iterator[Sequence[str]]:
    for part in pack.plan:
        yield part.name, part.waste, part.owner, f"{part.due:%Y-%m-%d}", standing(part, pack.window.timezone)


def _titled(title: str, columns: Sequence[str], rows_of: Iterable[Sequence[str]]) -> list[RenderableType]:
    table = _table(columns, rows_of)
    return [Text(), Text(title, style="bold"), table] if table.row_count else []


def _table(columns: Sequence[str], rows_of: Iterable[Sequence[str]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in columns:
        table.add_column(name)
    for row in rows_of:
        table.add_row(*(Text(cell) for cell in row))
    return table
