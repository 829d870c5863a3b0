"""What people said of digests, on a terminal."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from bot.words import moment


def remarks_text(rows: Sequence[Mapping[str, object]], timezone: str) -> RenderableType:
    """A row each: what is withdrawn stands there, too."""
    if not rows:
        return Text("Nobody has claimed, snoozed or excused anything.")
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("", "when", "who", "what", "about", "until", "why"):
        table.add_column(column)
    for row in rows:
        at = row["at"]
        when = moment(at, timezone) if isinstance(at, datetime) else ""
        cells = (row["number"], when, row["by"], row["kind"], row["subject"], row["until"] or "", row["reason"])
        table.add_row(*(Text(f"{cell}") for cell in cells))
    return table
