"""Event logs that others published, read in and exported again; and what trackers recorded, read back."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.app.seen import look
from bot.export.formats import export
from bot.export.kinds import Kind
from bot.export.told import Told
from bot.flow.analyse import read
from bot.flow.history.log import Records
from bot.flow.model import Stage, StageKind, Stream, Window
from bot.flow.reconstruct import reconstruct
from bot.store import Scope, Store
from connectors.eventlog import EventLog
from connectors.eventlog_files import EventLogSettings
from tests.export.test_readers import READERS, read_back
from tests.flow.test_anonymous import figures
from tests.real.conftest import DATA, collected, github, jira, now
from tests.real.test_eventlogs import PM4PY, eventlog, payloads
from tests.real.test_recordings import DURACLOUD, MLS
from tests.real.test_streams import EVER, ISSUES, PULLS
from tests.real.test_streams import stream as recorded

LOGS: list[tuple[str, dict[str, Any], str]] = [
    ("receipt.csv.gz", {"state": "concept:name", **PM4PY}, "T10 Determine necessity to stop indication"),
    ("bpi13_closed.csv.gz", {"state": ["concept:name", "lifecycle:transition"], **PM4PY}, "Completed / Closed"),
    ("bpi2020_DomesticDeclarations.xes.gz", {}, "Payment Handled"),
]

Traces = dict[str, list[tuple[datetime, str]]]


def told_in(connector: EventLog) -> Traces:
    """Of each case its activities with their times."""
    return {p.key: [(instant_of(at), state) for at, state, _ in p.body["events"]] for p in payloads(connector)}


def instant_of(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def stream_of(connector: EventLog, end: str) -> Stream:
    states = [f"eventlog:{state}" for state in connector.states(connector.scopes[0])]
    work = Stage(name="Under way", kind=StageKind.WORK, states=tuple(s for s in states if s != f"eventlog:{end}"))
    done = Stage(name="Done", kind=StageKind.DONE, states=(f"eventlog:{end}",))
    return Stream(name="Log", sources=(f"{connector.name}/{connector.scopes[0]}",), end="Done", stages=(work, done))


def as_told(store: Store, connector: EventLog, stream: Stream) -> Told:
    scopes = [(connector.name, connector.scopes[0])]
    found = Records.of(store.items(scopes), store.events(scopes), store.links(scopes), store.people({connector.name}))
    last = max(event.at for event in found.events) + timedelta(days=1)
    return Told(reconstruct(stream, found, Window(start=last - timedelta(weeks=13), end=last)), found)


def exported(store: Store, connector: EventLog, end: str, folder: Path) -> Path:
    """Read in, kept, reconstructed and exported."""
    collected(store, connector)
    export(as_told(store, connector, stream_of(connector, end)), Kind.XES, folder / "out.xes")
    return folder / "out.xes"


def is_the_same(path: Path, connector: EventLog) -> None:
    """The same cases, activities and times."""
    again = EventLog("eventlog.again", EventLogSettings.model_validate({"path": path}), now)
    assert told_in(again) == told_in(connector)


@pytest.mark.parametrize(("file", "settings", "end"), LOGS[:2])
def test_a_log_comes_out_as_it_went_in(
    file: str, settings: dict[str, Any], end: str, lite: Store, tmp_path: Path
) -> None:
    """1,434 permits and 1,487 problem tickets."""
    connector = eventlog(file, **settings)

    is_the_same(exported(lite, connector, end, tmp_path), connector)


@pytest.mark.skipif(not READERS.exists(), reason="no independent readers here: run `make readers`")
def test_pm4py_reads_the_same_out_of_the_export_as_out_of_the_original(lite: Store, tmp_path: Path) -> None:
    """10,357 cases of a university."""
    file, settings, end = LOGS[2]
    connector = eventlog(file, **settings)
    path = exported(lite, connector, end, tmp_path)
    original = tmp_path / "original.xes.gz"
    original.symlink_to(DATA / "eventlogs" / file)

    after, before = read_back("xes", path), read_back("xes", original)
    assert {case: [name for name, *_ in steps] for case, steps in after["traces"].items()} == {
        case: [name for name, *_ in steps] for case, steps in before["traces"].items()
    }
    assert len(after["traces"]) == 10357
    assert (after["first"], after["last"]) == (before["first"], before["last"])


@pytest.mark.parametrize(
    ("words", "stages", "scope"),
    [
        (("--jira", DURACLOUD), ISSUES, ("jira.real", "DURACLOUD")),
        (("--github", MLS), PULLS, ("github.real", "mlswg/mls-protocol")),
    ],
)
def test_recorded_projects_are_exported_without_names(
    words: tuple[str, Path], stages: tuple[Stage, ...], scope: Scope, serve: Any, lite: Store, tmp_path: Path
) -> None:
    """Nobody who is known by name or account is in any file, no title and no key; and all figures are the same."""
    source, where = scope
    servers = serve(words[0], str(words[1]))
    collected(lite, jira(servers, where) if source == "jira.real" else github(servers, where))
    stream = recorded(stages).model_copy(update={"sources": (f"{source}/{where}",)})
    found = Records.of(lite.items([scope]), lite.events([scope]), lite.links([scope]), lite.people({source}))
    seen = look(stream, found, EVER, anonymise=True)
    told = Told(seen.found, seen.records)

    assert figures(told.analysis) == figures(read(look(stream, found, EVER).found))
    names = {name for item in found.items for name in (item.name, item.title, item.url)}
    names |= {name for person in found.people for name in (person.name, person.key)}
    names = {name for name in names if len(name) > 5 and not name.isdigit()}
    assert len(names) > 1000
    for kind in Kind:
        files = export(told, kind, tmp_path / kind)
        content = b"\n".join(path.read_bytes() for path in files).decode("utf-8", "replace")
        assert not [name for name in names if name in content][:5], kind
    if READERS.exists():
        whole = read_back("ocel", (tmp_path / "ocel").rename(tmp_path / "o.json"))
        assert sum(whole["objects"].values()) == len(found.items)
