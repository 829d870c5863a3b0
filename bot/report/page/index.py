"""The first page of a folder of reports: each stream in a line."""

from collections.abc import Mapping, Sequence

from bot.govern.document import Document
from bot.report.html import html_page
from bot.report.parts import Lines, Ref, Strong, Table, columns
from bot.words import amount, between, day, duration


def index_page(pages: Sequence[tuple[str, Document]], problems: Mapping[str, str]) -> str:
    """`pages`: the address of each report and what it is of; `problems`: by stream, why there is none."""
    names = (
        "stream",
        "up to",
        "lead time, half within",
        "85 % within",
        "delivered a week",
        "under way",
        "value added",
        "doubts",
    )
    rows = [
        (
            Ref(document.stream.name, href),
            day(document.window.last, document.window.timezone),
            duration(document.lead_time.p50),
            duration(document.lead_time.p85),
            amount(document.items.arrived / document.window.weeks),
            str(document.wip),
            between(document.value_added_ratio.low, document.value_added_ratio.high),
            str(len(document.doubts)),
        )
        for href, document in pages
    ]
    return html_page(
        "index.html",
        title="Value streams",
        subtitle="",
        streams=Table(names, rows, columns(2, 3, 4, 5)),
        problems=Lines([(Strong(f"{stream}: "), why) for stream, why in problems.items()]),
        footer="",
    )
