"""The report of a stream: one file, or a folder with a page for each stream."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, count
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.app.analysis import study
from bot.app.wiring import Wanted, stream_of
from bot.config import Config
from bot.errors import NothingYet
from bot.flow.explain.loop import explain_loop
from bot.flow.explain.names import listing
from bot.flow.explain.queue import explain_queue
from bot.flow.explain.waste import explain_waste
from bot.flow.findings.explained import ExplainedLoop, Numbered
from bot.flow.model import Waste
from bot.flow.moves import moves_since
from bot.flow.outlook.weeks import weeks_later
from bot.flow.pictures import pace, standing
from bot.flow.tables import items_table, spans_table
from bot.govern.document import Document
from bot.govern.remarks import Remarks
from bot.govern.stuck import stuck
from bot.report.page.index import index_page
from bot.report.page.render import report_page
from bot.report.page.report import Report
from bot.report.studied import Studied

LONGEST_NAME = 60
DEVICES = re.compile(r"con|prn|aux|nul|(com|lpt)\d")
"""Names that Windows keeps for devices, whatever the ending: no page on a shared drive may have one."""

LATELY = 1
"""What moved is told of so many weeks, since the last status meeting would have been."""


@dataclass(frozen=True)
class Page:
    """A file of a report."""

    path: Path
    html: str


def report_html(config: Config, wanted: Wanted, *, anonymise: bool = False) -> str:
    """The whole report of a stream."""
    return report_page(_report(config, wanted, anonymise=anonymise))


def folder_of_reports(config: Config, wanted: Wanted, folder: Path, *, anonymise: bool = False) -> Iterator[Page]:
    """A page for each stream, or for the one that is asked for, and one that lists them.

    A stream of which nothing can be told is listed with the reason. Raises NothingYet if there is no other.
    """
    names = [stream_of(config, wanted.stream).name] if wanted.stream else [stream.name for stream in config.streams]
    shown = [f"Stream {n}" for n in range(1, len(names) + 1)] if anonymise else names
    pages: list[tuple[str, Document]] = []
    problems: dict[str, str] = {}
    for name, called, file in zip(names, shown, file_names(shown), strict=True):
        try:
            report = _called(called, _report(config, replace(wanted, stream=name), anonymise=anonymise))
        except NothingYet as problem:
            problems[called] = "nothing was collected yet" if anonymise else str(problem)
            continue
        pages.append((file, report.document))
        yield Page(folder / file, report_page(report))
    if not pages:
        raise NothingYet("; ".join(problems.values()) or "the configuration has no stream; add [[streams]]")
    yield Page(folder / "index.html", index_page(pages, problems))


def _called(name: str, report: Report) -> Report:
    stream = report.document.stream.model_copy(update={"name": name})
    return replace(report, document=report.document.model_copy(update={"stream": stream}))


def file_names(streams: Sequence[str]) -> list[str]:
    """What the page of each stream is called: by its name, as far as any file system takes it, and no two the same."""
    found: list[str] = []
    for stream in streams:
        plain = re.sub(r"[^a-z0-9]+", "-", stream.lower()).strip("-")[:LONGEST_NAME] or "stream"
        first = [] if plain == "index" or DEVICES.fullmatch(plain) else [f"{plain}.html"]
        numbered = (f"{plain}-{n}.html" for n in count(2 if first else 1))
        found.append(next(name for name in chain(first, numbered) if name not in found))
    return found


def _report(config: Config, wanted: Wanted, *, anonymise: bool) -> Report:
    return report_of(study(config, wanted, anonymise=anonymise))


def studied_html(studied: Studied) -> str:
    """The page of a stream that was studied."""
    return report_page(report_of(studied))


def report_of(studied: Studied) -> Report:
    """Everything the page tells."""
    found, document = studied.found, studied.document
    window, stream = document.window, studied.stream
    since = max(window.start, weeks_later(window.end, -LATELY, window.timezone))
    today = window.end.astimezone(ZoneInfo(window.timezone)).date()
    waiting = stuck(document, studied.remarks, stream.not_waste, today)
    told = {one.item for one in waiting}
    return Report(
        document=document,
        stages=stream.stages,
        items=items_table(found),
        spans=spans_table(found),
        standing=standing(found),
        pace=pace(found),
        moves=moves_since(found, since),
        since=since,
        stuck=waiting,
        hushed=[one.item for one in stuck(document, Remarks(), (), today) if one.item not in told],
        queues=[explain_queue(found, document, queue.stage) for queue in document.queues],
        loops=_loops(studied),
        wastes=[explain_waste(found, document, waste) for waste in Waste],
    )


def _loops(studied: Studied) -> list[ExplainedLoop]:
    names = [known.name for known in listing(studied.document, Numbered.LOOP).known]
    return [loop for name in names for loop in explain_loop(studied.found, studied.document, name).loops]
