"""The event log as XES."""

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings

from bot.export.kinds import Kind
from bot.flow.event_table import events_table
from bot.flow.history.log import Records
from connectors.records import EventKind as K
from tests.build import issue, pull
from tests.export.told import of, one, told_of, written
from tests.flow.test_analyse import logs

NS = "{http://www.xes-standard.org/}"


def values(node: ET.Element) -> dict[str, str]:
    return {child.attrib["key"]: child.attrib["value"] for child in node if "key" in child.attrib}


def traces(path: Path) -> dict[str, list[dict[str, str]]]:
    root = ET.parse(path).getroot()
    return {
        values(trace)["concept:name"]: [values(event) for event in trace.iter(f"{NS}event")]
        for trace in root.iter(f"{NS}trace")
    }


def test_a_trace_is_a_case_with_every_state_that_was_entered(tmp_path: Path) -> None:
    """Those of its change requests among them; a state that is told twice is an event twice."""
    told = of(
        issue("PAY-1", ("Open", 0), ("In Progress", 1), ("In Progress", 2), ("Mystery", 4), ("Done", 9)),
        pull(7, (K.OPENED, 2.5), (K.MERGED, 3), names=["PAY-1"]),
    )
    [events] = traces(written(told, Kind.XES, tmp_path)).values()

    assert [(e["concept:name"], e.get("stage"), e.get("item")) for e in events] == [
        ("Open", "Backlog", None),
        ("In Progress", "Build", None),
        ("In Progress", "Build", None),
        ("awaiting review", "Review", "acme/pay#7"),
        ("merged", None, "acme/pay#7"),
        ("Mystery", None, None),
        ("Done", "Done", None),
    ]
    assert {e["lifecycle:transition"] for e in events} == {"complete"}
    assert events[1]["time:timestamp"] == "2026-01-06T00:00:00.000+00:00"


def test_nobody_is_named(tmp_path: Path) -> None:
    """There is no resource, and no account anywhere."""
    text = written(of(issue("PAY-1", ("Open", 0), ("Done", 9))), Kind.XES, tmp_path).read_text()

    assert "org:" not in text
    assert '"dev"' not in text


def test_an_activity_with_a_lifecycle_is_told_with_it(tmp_path: Path) -> None:
    """As event logs do that tell start and end of an activity apart."""
    told = of(issue("A-1", ("Laptop / start", 0), ("Laptop / complete", 2), ("a / b", 3), ("Done", 9)))
    [events] = traces(written(told, Kind.XES, tmp_path)).values()

    assert [(e["concept:name"], e["lifecycle:transition"]) for e in events] == [
        ("Laptop", "start"),
        ("Laptop", "complete"),
        ("a / b", "complete"),
        ("Done", "complete"),
    ]


@pytest.mark.parametrize("title", ["<script>alert(1)</script>", '"><evil/>', "&lt;", "a\tb\nc\rd", "]]>", "漢字 🎉"])
def test_hostile_texts_are_only_texts(title: str, tmp_path: Path) -> None:
    """They come out of a parser as they went in."""
    root = ET.parse(written(one(title), Kind.XES, tmp_path)).getroot()

    [trace] = root.iter(f"{NS}trace")
    assert values(trace)["title"] == title
    assert not list(root.iter(f"{NS}evil"))


def test_what_xml_cannot_hold_is_replaced(tmp_path: Path) -> None:
    """Control characters would make the whole file unreadable."""
    root = ET.parse(written(one("a\x00b\x1bc\ufffe"), Kind.XES, tmp_path)).getroot()

    [trace] = root.iter(f"{NS}trace")
    assert values(trace)["title"] == "a\ufffdb\ufffdc\ufffd"


@settings(max_examples=20)
@given(found=logs())
def test_every_event_of_every_case_is_there_once(found: Records, tmp_path_factory: pytest.TempPathFactory) -> None:
    """In the order of time, and of no other case."""
    told = told_of(found)
    events = events_table(told.found, found)
    read = traces(written(told, Kind.XES, tmp_path_factory.mktemp("xes")))

    items = told.found.log.items
    expected: dict[str, list[str]] = {}
    for case, activity in events.select("case", "activity").iter_rows():
        expected.setdefault(items[case].name, []).append(activity)
    assert {case: [e["concept:name"] for e in own] for case, own in read.items()} == expected
    for own in read.values():
        assert [e["time:timestamp"] for e in own] == sorted(e["time:timestamp"] for e in own)
