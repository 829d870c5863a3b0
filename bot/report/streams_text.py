"""All streams on a terminal, a row each."""

from collections.abc import Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from bot.govern.document import Document
from bot.words import UNKNOWN, amount, between, duration

Row = Sequence[str]

COLUMNS = (
    "stream",
    "delivered",
    "under\nway",
    "half\nwithin",
    "85 %\nwithin",
    "value\nadded",
    "waits most,\nitem-days",
    "doubts",
)
NUMBERS = range(1, 6)
NARROW = 80
"""Columns of a terminal below which figures wrap, too, so that none is left out."""


def row(document: str) -> Row:
    """What one line of `gemba analyse --all --json` comes to."""
    found = Document.model_validate_json(document)
    lead, ratio = found.lead_time, found.value_added_ratio
    longest = max(found.queues, key=lambda queue: queue.cost, default=None)
    return (
        found.stream.name,
        str(found.items.arrived),
        str(found.wip),
        duration(lead.p50),
        duration(lead.p85),
        between(ratio.low, ratio.high),
        f"{longest.stage}, {amount(longest.cost)}" if longest else UNKNOWN,
        str(len(found.doubts)),
    )


def streams_text(rows: Sequence[Row], width: int) -> RenderableType:
    """In the order in which they come, in so many columns."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for number, name in enumerate(COLUMNS):
        is_number = number in (*NUMBERS, len(COLUMNS) - 1)
        whole = is_number and width >= NARROW
        table.add_column(name, justify="right" if is_number else "left", no_wrap=whole, overflow="fold")
    for cells in rows:
        table.add_row(*(Text(cell) for cell in cells))
    return table
