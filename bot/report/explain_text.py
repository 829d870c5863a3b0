"""An explanation on a terminal."""

from itertools import groupby
from zoneinfo import ZoneInfo

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from bot.flow.findings.explanation import Explanation
from bot.words import duration

MOMENT = 1 / 1440
"""Days; what took no minute is told in JSON only."""

COLOURS = {"work": "green", "blocked": "red", "done": "dim", "unmapped": "red"}


def explain_text(explanation: Explanation) -> RenderableType:
    """The spans of an item with their reasons; they sum to the lead time. Neighbours that read the same are one row."""
    zone = ZoneInfo(explanation.timezone)
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("from", "for", "stage", "spent on", "because"):
        table.add_column(name, no_wrap=name != "because")
    shown = (span for span in explanation.spans if span.days > MOMENT)
    for (stage, label, evidence), same in groupby(shown, key=lambda s: (s.stage, s.label, s.evidence)):
        spans = list(same)
        table.add_row(
            f"{spans[0].start.astimezone(zone):%Y-%m-%d %H:%M}",
            duration(sum(span.days for span in spans)),
            stage or "?",
            Text(_words(label), style=COLOURS.get(label, "yellow")),
            "; ".join(evidence),
        )
    links = [Text(f"{link.item}, joined by its {link.evidence}", style="dim") for link in explanation.links]
    doubts = [Text(f"? {doubt}", style="dim") for doubt in explanation.doubts]
    total = f"{duration(explanation.lead_time)} in all: " + ", ".join(
        f"{_words(label)} {duration(days)}" for label, days in explanation.totals.items()
    )
    return Group(
        Text.assemble((f"{explanation.item} ", "bold"), explanation.title, (f"  {explanation.outcome}", "dim")),
        *links,
        Text(),
        table,
        Text(),
        Text(total),
        Text(f"Elapsed time; {explanation.timezone}.", style="dim"),
        *doubts,
    )


def _words(label: str) -> str:
    """waiting.approval as people say it."""
    return label.replace(".", ": ")
