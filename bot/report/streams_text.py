"""All streams on a terminal, a row each."""

from collections.abc import Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from bot.govern.document import Document
from bot.words import UNKNOWN, amount, between, duration

Row = Sequence[str]

COLUMNS = ("stream", "delivered", "under\nway", "half\nwithin", "85 %\nwithin", "value\nadded", "waits most", "doubts")
NUMBERS = range(1, 6)


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
        f"{longest.stage}, {amount(longest.cost)} item-days" if longest else UNKNOWN,
        str(len(found.doubts)),
    )


def streams_text(rows: Sequence[Row]) -> RenderableType:
    """In the order in which they come."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for number, name in enumerate(COLUMNS):
        table.add_column(name, justify="right" if number in (*NUMBERS, len(COLUMNS) - 1) else "left")
    for cells in rows:
        table.add_row(*(Text(cell) for cell in cells))
    return table
