"""Digests of small logs, and what they say."""

from collections.abc import Sequence
from typing import Any

from bot.digest.compose import Context, compose
from bot.digest.digest import Digest
from bot.digest.lines import Section
from bot.flow.analyse import analyse
from bot.flow.findings.analysis import Analysis
from bot.flow.history.log import Records
from bot.flow.model import Stream
from bot.govern.document import Document
from bot.govern.key_results import KeyResult, Reading, key_results
from connectors.records import EventKind, Person
from tests.build import JIRA, STREAM, at, change, issue, records, window

WAITING = records(
    *(issue(f"PAY-{n}", ("Open", 0), ("In Review", 2), ("Done", 4)) for n in range(8)),
    issue("PAY-9", ("Open", 0), ("In Review", 8)),
    change("PAY-9", EventKind.ASSIGNED, 8, "u1"),
    [Person(JIRA, "u1", "Product lead")],
)
"""Eight items that waited two days for their review, and one that still waits for somebody."""


def document(analysis: Analysis, **more: Any) -> Document:
    return Document(**{**analysis.model_dump(by_alias=True), "key_results": (), "plan": (), **more})


def seen(
    found: Records, *results: KeyResult, end: float = 28, values: Sequence[float] = (), stream: Stream = STREAM
) -> Document:
    """Of four weeks; of each key result as many weekly values as are given, the last at the end."""
    readings = [Reading(at=at(end - 7 * n), value=value) for n, value in enumerate(reversed(values))]
    parts = key_results(results, {result.name: readings for result in results}, at(end))
    return document(analyse(stream, found, window(max(end - 28, 0), end)), key_results=parts)


def digest(found: Records, *results: KeyResult, context: Context | None = None, **more: Any) -> Digest:
    return compose(seen(found, *results, **more), context or Context())


def told(sections: Sequence[Section]) -> dict[str, list[str]]:
    """The lines by their section, with plain spaces."""
    return {section.title: [spaced(line.plain) for line in section.lines] for section in sections}


def sections(found: Digest) -> dict[str, list[str]]:
    """Of the message and of its thread."""
    return told(tuple(found.everything))


def spaced(text: str) -> str:
    return text.replace("\u00a0", " ")
