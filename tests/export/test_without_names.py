"""A whole analysis and all exports without names: of the simulated company, with a canary in all that people wrote."""

import json
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from bot.app.analysis import analyse_stream
from bot.app.exporting import export_stream
from bot.app.wiring import Wanted
from bot.config import Config, ConfiguredStream, load_config, scopes_of
from bot.export.formats import FORMATS
from bot.export.kinds import Kind
from bot.flow.findings.future import Future
from bot.flow.model import NotWaste, Waste
from bot.goals import enter, record
from bot.govern.chain import GateRecord
from bot.govern.gates import Gate
from bot.govern.key_results import KeyResult, Reading
from bot.govern.plan import Followed, PlanItem, Prediction
from bot.plans import add, drop, reach, see, start
from bot.store import Store
from tests.commands import NOW
from tests.flow.test_anonymous import numbers

CANARY = "Canary"
OURS = {
    "state",
    "metric",
    "quarter",
    "kind",
    "better",
    "waste",
    "category",
    "source",
    "measured",
    "issue",
    "place",
    "change",
}
"""Fields that hold words of ours, or of the process; the project of a planned issue is never told."""

RESULT = {"baseline": 45.0, "target": 20.0, "quarter": "2026-Q4", "objective": f"{CANARY} wins"}
SERVES = {"labels": [f"{CANARY} a"], "epics": [f"{CANARY}-1"], "links": [f"{CANARY}-2"], "pattern": f"{CANARY}|refund"}
RESULTS = [
    {**RESULT, "name": f"{CANARY} lead time", "metric": "lead_time.p85", "serves": SERVES},
    {**RESULT, "name": f"{CANARY} trust", "by_hand": True},
    {**RESULT, "name": f"{CANARY} bugs", "jql": f"project = {CANARY}", "source": "jira.elsewhere"},
]
MILESTONES = [{"name": f"{CANARY} agreed", "due": "2026-11-20"}]
CHANGE = {"waste": "waiting", "owner": f"{CANARY} Owner", "due": "2026-12-11", "milestones": MILESTONES}
TRIED = {**CHANGE, "change": {"cap": "Design approval", "at": "24h"}}
ISSUE = Followed(
    key=f"{CANARY}-9",
    url=f"https://{CANARY}/9",
    state="In Progress",
    category="started",
    since=NOW,
    assigned=False,
    resolution=f"{CANARY} done",
)


def planted(stream: ConfiguredStream) -> ConfiguredStream:
    """The same with a canary in everything that somebody writes into a configuration."""
    told = stream.model_dump() | {
        "name": f"{CANARY} stream",
        "key_results": RESULTS,
        "gates": [{"name": f"{CANARY} gate", "every": "quarter", "key_results": [RESULTS[0]["name"]]}],
        "plan": [{**TRIED, "name": f"{CANARY} first"}, {**CHANGE, "name": f"{CANARY} second"}],
        "not_waste": [{"reason": f"{CANARY} said so", "item": "PAY-74"}, {"reason": CANARY, "item": f"{CANARY}-7"}],
    }
    told["stages"] = [{**stage, "necessary": f"law of {CANARY}"} for stage in told["stages"]]
    return ConfiguredStream.model_validate(told)


def noted(store: Store, config: Config) -> None:
    """The same in everything that people note."""
    [stream] = config.streams
    future = Future(
        name=f"{CANARY} first",
        what="Design approval answers within 1 day",
        waste=Waste.WAITING,
        change={"cap": "Design approval", "at": "24h"},
        items=1,
        visits=1,
        effect=None,
        at_least=False,
        discrepancy=0.1,
        reason=f"{CANARY} knows why",
    )
    prediction = Prediction(seen=NOW, made=NOW, future=future, reason=f"{CANARY} knows")
    third = PlanItem.model_validate({**CHANGE, "name": f"{CANARY} third"})
    add(store, stream, third, NOW)
    drop(store, stream, third.name, f"{CANARY} left", NOW)
    start(store, stream, f"{CANARY} first", NOW - timedelta(days=1), NOW, lambda _: prediction)
    reach(store, stream, f"{CANARY} first", f"{CANARY} agreed", NOW, NOW)
    see(store, stream, f"{CANARY} first", ISSUE, NOW)
    enter(store, config, stream, f"{CANARY} trust", Reading(at=NOW - timedelta(days=1), value=30), NOW)
    decided = GateRecord(
        stream=stream.name, number=0, gate=f"{CANARY} gate", day="2026-12-31", at=NOW, verdict="pivot",
        decision="pivot", reason=f"{CANARY} wants it", pack="{}",
    )  # fmt: skip
    record(store, decided)
    remark = {
        "stream": stream.name,
        "at": NOW,
        "by": CANARY,
        "place": CANARY,
        "kind": "not waste",
        "subject": "item PAY-56",
    }
    store.said.remark("1", {**remark, "reason": f"{CANARY} said", "until": None}, NOW)


@pytest.fixture(scope="module")
def config(company: tuple[Path, Any], tmp_path_factory: pytest.TempPathFactory) -> Config:
    folder = tmp_path_factory.mktemp("nameless")
    for name in ("config.toml", "gemba.db", "token", "meetings.ics"):
        shutil.copy(company[0] / name, folder)
    plain = load_config(folder / "config.toml")
    jira = plain.connectors["jira"]
    connectors = {**plain.connectors, "jira": {**jira, "elsewhere": jira["acme"]}}
    streams = (planted(plain.streams[0]),)
    found = plain.model_copy(update={"streams": streams, "digests": (), "connectors": connectors})
    store = Store.open(found.store.url)
    noted(store, found)
    store.close()
    return found


def texts(value: object) -> Iterator[str]:
    """Every text in a document, the keys of its tables among them."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from (key, *texts(inner))
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)
    elif isinstance(value, str):
        yield value


def telling(config: Config) -> set[str]:
    """All names that the sources told, but those that might be words of ours."""
    store = Store.open(config.store.url)
    scopes = scopes_of(config.streams[0])
    items, people = store.items(scopes), store.people({source for source, _ in scopes})
    store.close()
    told = {text for i in items for text in (i.name, i.title, i.url, i.source, i.scope, *i.labels)}
    names = told | {p.name for p in people} | {p.key for p in people}
    return {name for name in names if re.search(r"[ /-]", name) and not name.startswith("Sprint ")}


def test_a_canary_sits_in_every_text_that_people_write(config: Config) -> None:
    """So that a field that is added later is thought of, too."""
    stream = config.streams[0]
    models: list[BaseModel] = [*stream.key_results, *stream.gates, *stream.plan, *stream.not_waste, ISSUE]
    models += [stream.key_results[0].serves or stream, *(m for item in stream.plan for m in item.milestones)]
    for kind in (KeyResult, Gate, PlanItem, NotWaste, Followed):
        own = [model for model in models if isinstance(model, kind)]
        for name, field in kind.model_fields.items():
            if "str" in str(field.annotation) and name not in OURS:
                assert any(CANARY in repr(getattr(model, name)) for model in own), f"{kind.__name__}.{name}"


def test_a_whole_analysis_names_nothing_and_says_the_same(config: Config) -> None:
    """Nothing that a source told or that somebody wrote; every number is the same."""
    wanted = Wanted(now=NOW)
    named, nameless = (analyse_stream(config, wanted, anonymise=a).to_json() for a in (False, True))
    told, before = list(texts(nameless)), " ".join(texts(named))

    for part in ("key_results", "gates", "plan", "doubts", "future"):
        assert CANARY in json.dumps(named[part]), part
    assert not [text for text in told if CANARY.lower() in text.lower()]
    known = {name for name in telling(config) if name in before}
    assert len(known) > 100
    assert not [(name, text) for text in told for name in known if name in text]
    assert Counter(numbers(nameless)) == Counter(numbers(named))


@pytest.mark.parametrize("kind", Kind)
def test_no_export_names_anything(kind: Kind, config: Config, tmp_path: Path) -> None:
    """In any format; what stays is said."""
    files, kept = export_stream(config, Wanted(now=NOW), kind, tmp_path / "out", anonymise=True)
    content = b"\n".join(path.read_bytes() for path in files).decode("utf-8", "replace")

    assert len(files) == (4 if FORMATS[kind].is_folder else 1)
    assert kept is not None
    assert "Design approval" in kept
    assert CANARY.lower() not in content.lower()
    assert not [name for name in telling(config) if name in content]
    assert "ITEM-1" in content or kind is Kind.PARQUET
