"""The report as one HTML file: no network, no font and no script of somebody else's."""

from collections.abc import Iterator
from typing import Any

from markupsafe import Markup

from bot.flow.explain.names import loop_name
from bot.report.canvas import INLINE
from bot.report.html import asset, html_page
from bot.report.map_svg import draw_map
from bot.report.page.findings import findings
from bot.report.page.flow import flow
from bot.report.page.goals import goals
from bot.report.page.items import item_rows
from bot.report.page.meeting import meeting
from bot.report.page.packed import packed
from bot.report.page.report import Report
from bot.report.parts import Section
from bot.words import amount, between, count, day, duration

LISTED: tuple[int, ...] = (300, 100, 30)
"""So many items are listed at once, fewer where their timelines are long; the others are packed."""

ROOMY, MOST_BYTES = 1_200_000, 1_950_000


def report_page(report: Report) -> str:
    """The page."""
    given, number, page = _given(report), len(report.listed), ""
    for most in LISTED:
        beyond = max(number - most, 0)
        given["items"] = list(item_rows(report, most))
        page = html_page("report.html", pack="", packed=0, left_out=beyond, **given)
        if len(page) <= ROOMY:
            break
    if not beyond:
        return page
    pack, more = packed(report, most, MOST_BYTES - len(page.encode()))
    return html_page("report.html", pack=pack, packed=more, left_out=beyond - more, **given)


def _given(report: Report) -> dict[str, Any]:
    document, zone = report.document, report.zone
    window = document.window
    return {
        "title": document.stream.name,
        "subtitle": f"{day(window.start, zone)} to {day(window.last, zone)}, as known at the end of it",
        "script": asset("report.js"),
        "figures": list(_figures(report)),
        "sections": [section for section in _sections(report) if section.filled or section.said],
        "listed": len(report.listed),
        "zone": zone,
        "footer": _footer(report),
    }


def _sections(report: Report) -> Iterator[Section]:
    yield from meeting(report)
    yield from findings(report, _map(report))
    yield from flow(report)
    yield from goals(report)


def _map(report: Report) -> Markup:
    """Its stages lead to their items."""
    numbers = {queue.stage: f"#queue-{n}" for n, queue in enumerate(report.document.queues)}
    loops = {found.name: f"#loop-{n}" for n, found in enumerate(report.loops)}
    drawn = draw_map(
        report.document,
        report.stages,
        INLINE,
        link=lambda stage: numbers.get(stage, "#aging"),
        loop_link=lambda loop: loops.get(loop_name(loop)),
    )
    return Markup(drawn)  # noqa: S704 - the map escapes every word


def _figures(report: Report) -> Iterator[tuple[str, str, str, str]]:
    """On top: a name, a figure, what belongs to it, and where it comes from."""
    document = report.document
    lead, ratio = document.lead_time, document.value_added_ratio
    sure = "" if lead.low is None else f"80 % interval {duration(lead.low)} to {duration(lead.high)}"
    pace = document.items.arrived / document.window.weeks
    yield "Lead time, half within", duration(lead.p50), sure, "#lead-times"
    yield "85 % within", duration(lead.p85), f"mean {duration(lead.mean)}", "#lead-times"
    yield "Delivered", f"{amount(pace)} a week", count(document.items.arrived, "item"), "#throughput"
    yield "Under way", str(document.wip), f"half younger than {duration(document.age.p50)}", "#aging"
    yield "Value added", between(ratio.low, ratio.high), "of working time", "#map"


def _footer(report: Report) -> str:
    clock = report.document.clock
    hours = f"{', '.join(clock.working_days)} {clock.working_hours}"
    times = f"Times are elapsed days of 24 hours, nights and weekends included, {report.zone}; "
    return f"{times}working time is {hours}. An interval holds the truth in eight of ten cases. Unknown is –."
