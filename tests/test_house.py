"""The house keeps its own rules: documents tell the truth, the example loads, connectors keep their promise."""

import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Collection, Iterator
from dataclasses import asdict
from datetime import UTC, date, datetime
from graphlib import TopologicalSorter
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from bot.app.analysis import analyse_stream
from bot.app.checking import Questions, check_all
from bot.app.reference import tables
from bot.app.sources import collect_all
from bot.app.wiring import Wanted
from bot.config import load_config
from bot.demo.company import simulate
from bot.demo.stand_ins import TOKEN, stand_ins
from bot.demo.stories import Company
from bot.flow.model import Court, StageKind, Waste
from connectors.errors import PayloadUnreadable
from connectors.protocol import Connector
from connectors.records import FLOWING, Event, EventKind, Item, Payload
from connectors.registry import CONNECTORS, Kind
from connectors.slack_refusals import SCOPES
from tests.desk import DESK, KIND, PAGE, desk
from tests.documents import blocks, document

ROOT = Path(__file__).parents[1]
NOW = datetime(2026, 11, 20, tzinfo=UTC)


def test_the_documents_name_every_kind_of_source_stage_state_and_waste() -> None:
    """Whoever configures a stream finds all the words there are, and whoever reads of a waste what it is."""
    for name, words in {"docs/sources.md": (*CONNECTORS, *StageKind, *Court), "docs/figures.md": (*Waste,)}.items():
        assert [word for word in words if f"`{word}`" not in document(name)] == []


def test_the_example_configuration_loads_and_has_every_setting() -> None:
    """All keys of all models stand in it, if only in a comment."""
    text = document("config.example.toml")

    assert load_config(ROOT / "config.example.toml").streams[0].name == "Payments"
    for place, model in tables():
        assert [field for field in model.model_fields if not re.search(rf"\b{field}\b", text)] == [], place


def test_the_slack_app_asks_for_no_more_than_it_needs() -> None:
    """The manifest has the scopes that a refusal names, and `commands`; the document says what each is for."""
    manifest = json.loads((ROOT / "manifest.json").read_text("utf-8"))
    named = set(re.findall(r"[a-z]+:[a-z]+", SCOPES)) | {"commands"}

    assert set(manifest["oauth_config"]["scopes"]["bot"]) == named
    assert manifest["settings"]["socket_mode_enabled"]
    assert manifest["settings"]["interactivity"]["is_enabled"]
    assert all(f"`{scope}`" in document("docs/slack.md") for scope in named)


def test_the_changelog_begins_with_this_version() -> None:
    """Or with what is not released yet."""
    version = re.search(r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text("utf-8"), re.M)
    assert version is not None

    assert re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.M)[1] in ("Unreleased", version[1])  # type: ignore[index]


def modules() -> dict[str, Path]:
    """Name -> file."""
    return {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
        for folder in ("bot", "connectors")
        for path in sorted((ROOT / folder).rglob("*.py"))
        if "migrations" not in path.parts
    }


def needed(tree: ast.AST, known: Collection[str]) -> Iterator[str]:
    """The modules that must be there before this one is: what functions import when they are called is not."""
    for node in ast.iter_child_nodes(tree):
        match node:
            case ast.Import(names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=str(module), names=names):
                whole = (f"{module}.{alias.name}" for alias in names)
                yield from (name if name in known else module for name in whole)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                pass
            case _:
                yield from needed(node, known)


def packages(name: str) -> set[str]:
    """Those that a module lies in, which are made before it."""
    parts = name.split(".")
    return {".".join(parts[:n]) for n in range(1, len(parts))}


def test_no_circle_whatever_is_imported_first() -> None:
    """No module needs itself, by whatever way."""
    known = modules()
    needs = {}
    for name, path in known.items():
        found = set(needed(ast.parse(path.read_text("utf-8")), known))
        around = {package for module in found for package in packages(module)} - packages(name) - {name}
        needs[name] = (found | around) & known.keys()

    assert len(list(TopologicalSorter(needs).static_order())) == len(known) > 200
    assert sum(map(len, needs.values())) > 1000


def test_every_module_can_be_imported() -> None:
    """With what the project says it needs; since there is no circle, the order does not matter."""
    script = "import importlib, sys\nfor name in sys.argv[1:]: importlib.import_module(name)"

    done = subprocess.run(
        [sys.executable, "-c", script, *modules()], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr


ENGINE = ("polars", "numpy", "scipy")
STATISTICS = ("scipy.stats", "scipy.optimize", "scipy.sparse")
PICTURES = ("fontTools", "resvg_py", "jinja2")
STORE = ("sqlalchemy", "alembic")
CLIENTS = ("requests", "jira", "github", "slack_sdk", "icalendar", "stamina")
SERVERS = ("starlette", "uvicorn", "prometheus_client", "apscheduler", "filelock")
TERMINAL = ("typer", "pydantic", "rich.progress", "rich.markdown")
EVERYTHING = (*ENGINE, *STATISTICS, *PICTURES, *STORE, *CLIENTS, *SERVERS)

LOADED = """
import sys
sys.argv = ["gemba", *sys.argv[1:]]
try:
    from bot.cli import main
    main()
finally:
    print(*sys.modules, file=sys.__stderr__)
"""


A_LOG = """
[connectors.eventlog.bills]
path = "log.csv"
case = "case"
state = "state"
at = "at"
actor = "who"

[[streams]]
name = "Bills"
sources = ["eventlog.bills"]
end = "Paid"
stages = [
    { name = "Received", kind = "wait", states = ["eventlog:Received"] },
    { name = "Checked", kind = "work", states = ["eventlog:Checked"] },
    { name = "Paid", kind = "done", states = ["eventlog:Paid"] },
]
"""


@pytest.fixture(scope="module")
def read_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a configuration, its event log, and the database that it was read into."""
    folder = tmp_path_factory.mktemp("bills")
    a_log(folder)
    (folder / "config.toml").write_text(A_LOG, "utf-8")
    assert [one.error for one in collect_all(load_config(folder / "config.toml"), lambda *_: None)] == [None]
    return folder


WITHOUT = {
    "--help": (*EVERYTHING, *TERMINAL),
    "--version": (*EVERYTHING, *TERMINAL, "rich.console"),
    "plan --help": EVERYTHING,
    "schema": EVERYTHING,
    "db tidy": (*ENGINE, *PICTURES, *CLIENTS, *SERVERS, "alembic"),
    "gate history": (*ENGINE, *PICTURES, *CLIENTS, *SERVERS, "alembic"),
    "collect": (*ENGINE, *PICTURES, *CLIENTS, *SERVERS, "alembic"),
    "check --local": ("scipy", *PICTURES, *SERVERS, "alembic", "requests", "jira", "github", "slack_sdk"),
    "explain 7": ("scipy", *PICTURES, *CLIENTS, *SERVERS, "alembic"),
    "analyse": (*STATISTICS, *PICTURES, *CLIENTS, *SERVERS, "alembic"),
}
"""What a command is done without. The log is read from a file: only a Jira wants the client of a Jira."""


@pytest.mark.parametrize("words", WITHOUT)
def test_a_command_loads_what_it_uses(read_log: Path, words: str) -> None:
    """And nothing that others use, so that it begins at once."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED, *words.split()], cwd=read_log, env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert sorted({*WITHOUT[words]} & {*done.stderr.split()}) == []


def test_an_explanation_that_was_kept_needs_no_engine_to_be_told(read_log: Path) -> None:
    """Nor the tables of the store, nor to judge the configuration again."""
    script = [sys.executable, "-c", LOADED, "explain", "7"]
    for _ in range(2):
        done = subprocess.run(
            script, cwd=read_log, env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True, text=True, timeout=60, check=True,
        )  # fmt: skip
    unwanted = {*STORE, "numpy", "holidays", "bot.config", "bot.flow.reconstruct"}
    assert sorted(unwanted & {*done.stderr.split()}) == []


def test_what_a_command_may_not_load_is_there() -> None:
    """Else its name is spelt wrong, and nothing would be held."""
    assert [name for name in (*EVERYTHING, *TERMINAL) if find_spec(name) is None] == []


# -- the promise of connectors -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def company() -> Company:
    return simulate(NOW)


@pytest.fixture(scope="module")
def addresses(company: Company) -> Iterator[dict[str, str]]:
    """Where the simulated company is asked, and the help desk of the document."""
    with stand_ins(company) as found, desk() as address:
        yield {**asdict(found), "desk": address}


DAILY = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//gemba//tests//EN
BEGIN:VEVENT
UID:daily
DTSTART;TZID=Europe/Berlin:20250106T093000
DURATION:PT15M
RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR
SUMMARY:Stand-up
END:VEVENT
END:VCALENDAR
"""


KINDS = {**CONNECTORS, "desk": KIND}
"""Also the one that docs/add-a-connector.md builds."""


@pytest.fixture(params=list(KINDS))
def connector(
    request: pytest.FixtureRequest, addresses: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Connector:
    """Every registered connector and the worked example, at the simulated company."""
    monkeypatch.setenv("TOKEN", TOKEN)
    (tmp_path / "meetings.ics").write_text(DAILY, "utf-8")
    a_log(tmp_path)
    tables: dict[str, dict[str, Any]] = {
        "jira": {"url": addresses["jira"], "projects": ["PAY"], "token_env": "TOKEN"},
        "github": {"api_url": addresses["github"], "repositories": ["acme/payments"], "token_env": "TOKEN"},
        "eventlog": {"path": "log.csv", "case": "case", "state": "state", "at": "at", "actor": "who"},
        "calendar": {"calendars": ["meetings.ics"], "status_meetings": ["stand-?up"]},
        "desk": {"url": addresses["desk"], "queues": ["IT"], "token_env": "TOKEN"},
    }
    kind = KINDS[request.param]
    settings = kind.settings.model_validate(tables[request.param], context={"folder": tmp_path})
    return kind.connector(f"{request.param}.acme", settings, lambda: NOW)


def a_log(folder: Path) -> None:
    """Forty cases that go through three states."""
    rows = [
        f"{case},{state},2026-03-{day:02d}T{case % 24:02d}:00:00Z,Ann\n"
        for day, state in ((2, "Received"), (5, "Checked"), (9, "Paid"))
        for case in range(40)
    ]
    (folder / "log.csv").write_text("case,state,at,who\n" + "".join(rows))


def fetched(connector: Connector) -> list[Payload]:
    return [payload for page in connector.fetch(connector.scopes[0], None) for payload in page.payloads]


def test_translate_is_pure_and_repeatable(connector: Connector) -> None:
    """The same payload, the same records, about the payload's own item."""
    for payload in fetched(connector):
        records = list(connector.translate(payload))
        assert records == list(connector.translate(payload))
        assert {r.item for r in records if isinstance(r, Event)} == {payload.key}
        assert [r.key for r in records if isinstance(r, Item)] == [payload.key]


def test_event_ids_are_unique_and_times_aware(connector: Connector) -> None:
    """Within the source; in UTC."""
    events = [r for payload in fetched(connector) for r in connector.translate(payload) if isinstance(r, Event)]

    assert len({e.id for e in events}) == len(events) > 100
    assert all(e.at.utcoffset() is not None and e.at.tzname() == "UTC" for e in events)


def test_every_item_that_flows_begins_with_a_state_or_is_opened(connector: Connector) -> None:
    """So that it has a place from its first moment."""
    for payload in (payload for payload in fetched(connector) if payload.kind in FLOWING):
        story = sorted((r for r in connector.translate(payload) if isinstance(r, Event)), key=lambda e: e.at)
        first = next(e for e in story if e.kind in (EventKind.STATE, EventKind.OPENED))
        item = next(r for r in connector.translate(payload) if isinstance(r, Item))
        assert first.at <= item.created_at


def test_pages_end_with_a_cursor_that_brings_nothing_new(connector: Connector) -> None:
    """But perhaps a little overlap."""
    pages = list(connector.fetch(connector.scopes[0], None))
    cursors = [page.cursor for page in pages if page.cursor]
    again = [p for page in connector.fetch(connector.scopes[0], cursors[-1]) for p in page.payloads]

    assert pages[-1].cursor == cursors[-1]
    assert {p.key for p in again} <= {p.key for page in pages for p in page.payloads}
    assert len(again) < 20


def test_a_census_agrees_with_what_was_fetched(connector: Connector) -> None:
    """Right after, nothing has changed silently; what it names can be read again."""
    marks = {p.key: p.mark for p in fetched(connector)}
    found = connector.census(connector.scopes[0])
    some = sorted(found.marks)[:3]

    assert found.marks or not found.whole
    assert {key: marks[key] for key in found.marks} == dict(found.marks)
    assert set(some) <= {p.key for page in connector.reread(connector.scopes[0], some) for p in page.payloads}


def test_nonsense_is_refused_with_its_place(connector: Connector) -> None:
    """PayloadUnreadable, never another error."""
    for body in ({}, {"id": None}, {"id": 1, "key": [], "timeline": 5}):
        with pytest.raises(PayloadUnreadable):
            list(connector.translate(Payload(connector.name, connector.scopes[0], "x", "1", NOW, body)))


def test_check_is_content(connector: Connector) -> None:
    """With the simulated company everything works."""
    assert all(check.ok for check in connector.check())


def test_a_new_source_is_one_file_and_one_line(
    addresses: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As docs/add-a-connector.md says it: configured, checked, collected and analysed, without a change elsewhere."""
    monkeypatch.setitem(CONNECTORS, "desk", KIND)
    monkeypatch.setenv("DESK_TOKEN", TOKEN)
    del CONNECTORS["desk"]
    exec(blocks(document(PAGE), "python")[1], {"CONNECTORS": CONNECTORS, "Kind": Kind, **vars(DESK)})
    (stream,) = blocks(document(PAGE), "toml")
    (tmp_path / "config.toml").write_text(stream.replace("http://127.0.0.1:8080", addresses["desk"]), "utf-8")
    config = load_config(tmp_path / "config.toml")

    assert [c.saved.changed for c in collect_all(config, lambda *_: None)] == [40]
    assert all(check.ok for check in check_all(config, Questions()))
    found = analyse_stream(config, Wanted(start=date(2026, 3, 1), end=date(2026, 4, 1)))
    assert (found.items.delivered, found.lead_time.mean) == (40, 7.0)


def test_the_worked_connector_is_in_the_style_of_the_house() -> None:
    """What people copy should be worth it."""
    code = blocks(document(PAGE), "python")[0]
    for words in (("check",), ("format", "--check")):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *words, "--stdin-filename", "connectors/desk.py", "-"],
            input=code, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
