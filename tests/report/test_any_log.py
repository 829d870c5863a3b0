"""The report and the exports: what must hold whatever the log, the window, the zone and the words."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree import ElementTree

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.app.analysis import documented
from bot.app.reports import report_of
from bot.config import ConfiguredStream
from bot.export.formats import export
from bot.export.kinds import Kind
from bot.export.told import Told
from bot.flow.analyse import read
from bot.flow.history.log import Records
from bot.flow.model import Calendar, Stage, StageKind, Window
from bot.flow.reconstruct import reconstruct
from bot.govern.gates import GateContext
from bot.govern.key_results import Reading, key_results
from bot.govern.plan import courses
from bot.govern.remarks import Remarks
from bot.report.page.render import report_page
from bot.report.page.report import Report
from bot.report.studied import Studied
from bot.words import count
from connectors.records import Item, Person
from tests.build import GITHUB, JIRA, MONDAY, STAGES, STREAM
from tests.flow.test_analyse import logs
from tests.report.pages import section, words

EVIL = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(2)>',
    "' onmouseover='alert(3)",
    "{{ 7*7 }}{% raw %}",
    "]]></title></style></script><script>",
    "a\x00b\x1b[31m\x7f",
    "\u202egnp.exe\u2066\u2067",
    "支払い 🏳️‍🌈👩‍👩‍👧‍👦 مرحبا",
    "=1+1",
    "x" * 10_000,
    "   ",
    "\n\r\t",
    "a,b;c|d",
)
URLS = ("javascript:alert(1)", "data:text/html,<script>", 'https://a"onclick="x', "https://a/\u202e<b>", "", "//evil")
ZONES = ("UTC", "Europe/Berlin", "America/Sao_Paulo", "Pacific/Apia", "Asia/Kathmandu", "Africa/Casablanca")
ENDS = (
    datetime(2026, 2, 10, tzinfo=UTC),
    datetime(2026, 1, 20, 5, 15, tzinfo=UTC),
    datetime(2026, 3, 29, 1, 0, tzinfo=UTC),
    datetime(2018, 11, 4, 3, 30, tzinfo=UTC),
    datetime(2011, 12, 30, 10, 30, tzinfo=UTC),
    datetime(2040, 1, 1, tzinfo=UTC),
)
LENGTHS = (timedelta(hours=1), timedelta(days=1), timedelta(weeks=1), timedelta(weeks=8), timedelta(days=30 * 365))
RESULT = {"objective": "o", "baseline": 14.0, "target": 4.0, "quarter": "2026-Q1", "metric": "lead_time.p50"}
TEXTS = st.sampled_from(EVIL)


@st.composite
def hostile(draw: st.DrawFn) -> Records:
    """A log with words that want to be more, moved so that some of it happened anywhere in time."""
    found = draw(logs())
    shift = draw(st.sampled_from((timedelta(0), timedelta(days=-20), datetime(2018, 10, 20, tzinfo=UTC) - MONDAY)))
    items = [_hostile(item, draw(TEXTS), draw(st.sampled_from(URLS)), shift) for item in found.items]
    events = [replace(event, at=event.at + shift) for event in found.events]
    people = [Person(source, who, draw(TEXTS)) for source in (JIRA, GITHUB) for who in ("ann", "bob", "dev")]
    return Records.of(items, events, found.links, people)


def _hostile(item: Item, text: str, url: str, shift: timedelta) -> Item:
    named = item.name if len(text) > 100 or not text.strip() else f"{item.name}{text}"
    created = item.created_at + shift
    return replace(item, title=text, url=url, labels=(text, "b"), type=text, name=named, created_at=created)


@st.composite
def streams(draw: st.DrawFn) -> ConfiguredStream:
    """With goals or without, with few stages or many, in zones whose days are not all as long."""
    extra = tuple(
        Stage(name=f"{n} {draw(TEXTS)[:300]}", kind=draw(st.sampled_from(StageKind)), states=(f"jira:S{n}",))
        for n in range(draw(st.sampled_from((0, 0, 2, 33))))
    )
    stages = draw(st.sampled_from((STAGES, (STAGES[1], STAGES[-2]))))
    text = draw(TEXTS)[:300]
    called = text if text.strip() else "x"
    goals = {
        "key_results": [{**RESULT, "name": called}],
        "gates": [{"name": called, "every": "quarter"}],
        "plan": [{"name": called, "waste": "waiting", "owner": called, "due": "2026-03-20"}],
    }
    return ConfiguredStream.model_validate(
        {
            **STREAM.model_dump(),
            "name": text,
            "stages": [*extra, *stages],
            "trigger": draw(st.sampled_from(["created", "Build"])),
            "calendar": Calendar(timezone=draw(st.sampled_from(ZONES))).model_dump(),
            **draw(st.sampled_from(({}, goals))),
        }
    )


WINDOWS = st.tuples(st.sampled_from(ENDS), st.sampled_from(LENGTHS))


def told(stream: ConfiguredStream, found: Records, seen: tuple[datetime, timedelta]) -> tuple[Report, Told]:
    """What the page is made of, and what is exported."""
    end, length = seen
    seen_in = Window(start=end - length, end=end, timezone=stream.calendar.timezone)
    known = reconstruct(stream, found, seen_in)
    readings = {
        one.name: [Reading(at=end - timedelta(weeks=n), value=9.0 + n) for n in range(4)] for one in stream.key_results
    }
    results = key_results(stream.key_results, readings, end)
    plan = courses(stream.plan, ())
    sight, document = documented(stream, known, read(known), results, GateContext(), plan)
    return report_of(Studied(stream, Remarks(), sight, document)), Told(known, found)


@settings(max_examples=10, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(hostile(), streams(), WINDOWS)
def test_whatever_the_log_the_page_holds(
    found: Records, stream: ConfiguredStream, seen: tuple[datetime, timedelta]
) -> None:
    """Its links lead somewhere, nothing that people wrote becomes markup, and its figures are those of the analysis."""
    report = told(stream, found, seen)[0]
    page = report_page(report)
    shown = page.partition("<body>")[2].rpartition("<script>")[0]
    anchors, links = re.findall(r' id="([^"]+)"', page), re.findall(r'href="([^"]*)"', page)

    assert {link[1:] for link in links if link.startswith("#")} <= set(anchors)
    assert len(anchors) == len(set(anchors))
    assert all(link.startswith(("#", "https://a/")) for link in links)
    assert page.count("<script") == 1
    assert "<img" not in page
    assert not {*"\0\u202a\u202b\u202c\u202d\u202e\u2066\u2067"} & {*page}
    assert not re.search(r"<[^>]*\son\w+=", re.sub(r'"[^"]*"', "", shown))
    assert not re.search(r"\b(nan|inf|None)\b", shown)
    assert f"{count(report.document.wip, 'item')} under way" in words(section(page, "aging"))
    assert f"{count(report.document.items.arrived, 'item')} delivered" in words(shown)


@settings(max_examples=10, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(hostile(), streams(), WINDOWS)
def test_whatever_the_log_the_exports_can_be_read(
    found: Records, stream: ConfiguredStream, seen: tuple[datetime, timedelta]
) -> None:
    """In every format; as many items are open as the analysis says."""
    report, out = told(stream, found, seen)
    with TemporaryDirectory() as folder:
        for kind in Kind:
            export(out, kind, Path(folder) / kind)
        document = json.loads((Path(folder) / Kind.JSON).read_bytes())
        json.loads((Path(folder) / Kind.OCEL).read_bytes())
        ElementTree.parse(Path(folder) / Kind.XES)
        tables = [pl.read_parquet(Path(folder) / Kind.PARQUET / f"{name}.parquet") for name in ("items", "spans")]

    assert sum(one["outcome"] == "open" for one in document["items"]) == report.document.wip
    assert [len(table) for table in tables] == [len(document["items"]), len(document["spans"])]
