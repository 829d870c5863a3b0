"""The event log with its objects as OCEL 2.0."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from bot.export.kinds import Kind
from bot.flow.history.log import Records
from connectors.records import EventKind as K
from connectors.records import Item, Link
from tests.build import GITHUB, JIRA, at, change, event, issue, pull
from tests.export.told import noisy_team, of, told_of, written
from tests.flow.test_analyse import logs

Json = dict[str, Any]


def read(path: Path) -> Json:
    found: Json = json.loads(path.read_text("utf-8"))
    return found


def relations(found: Json, kind: str) -> set[tuple[str, str, str]]:
    """(type or id of what relates, object, qualifier)."""
    named = "type" if kind == "events" else "id"
    return {(one[named], r["objectId"], r["qualifier"]) for one in found[kind] for r in one["relationships"]}


def told() -> Any:
    """An issue with a pull request in a sprint, blocked by another one, released."""
    sprint = Item(JIRA, "PAY", "9", "sprint", "Sprint 9", "Sprint 9", "https://s/9", at(0))
    release = Item(GITHUB, "acme/pay", "R1", "release", "v1", "v1", "https://r/1", at(6))
    return of(
        issue("PAY-1", ("Open", 0), ("In Progress", 1), ("Done", 8), parent="PAY-2"),
        issue("PAY-2", ("Open", 0)),
        pull(7, (K.OPENED, 2), (K.REVIEWED, 3, "bob", "approved"), (K.MERGED, 4, "ann", "abc1234"), names=["PAY-1"]),
        change("PAY-1", K.PLANNED, 1, "9"),
        change("PAY-1", K.BLOCKED, 2, "PAY-2"),
        change("PAY-1", K.EDITED, 2, "summary"),
        [sprint, release, event("9", K.STARTED, 1), event("R1", K.RELEASED, 6, source=GITHUB)],
        [Link(GITHUB, "R1", "abc1234", "contains", "api"), Link(JIRA, "pay-1", "PAY-2", "relates", "api")],
    )


def test_objects_lead_to_each_other(tmp_path: Path) -> None:
    """A change request to its issue, an issue to its parent, a release to what landed with its commits."""
    found = read(written(told(), Kind.OCEL, tmp_path))

    assert {(o["id"], o["type"]) for o in found["objects"]} == {
        ("PAY-1", "issue"),
        ("PAY-2", "issue"),
        ("acme/pay#7", "change request"),
        ("Sprint 9", "sprint"),
        ("v1", "release"),
    }
    assert relations(found, "objects") == {
        ("acme/pay#7", "PAY-1", "implements"),
        ("PAY-1", "PAY-2", "part of"),
        ("PAY-1", "PAY-2", "relates"),
        ("v1", "acme/pay#7", "contains"),
    }


def test_events_lead_to_all_that_they_are_about(tmp_path: Path) -> None:
    """Their subject, and what else: an issue, a sprint, a blocker, what was released."""
    found = read(written(told(), Kind.OCEL, tmp_path))

    assert relations(found, "events") >= {
        ("In Progress", "PAY-1", "subject"),
        ("merged", "acme/pay#7", "subject"),
        ("merged", "PAY-1", "implements"),
        ("planned", "Sprint 9", "sprint"),
        ("blocked", "PAY-2", "blocker"),
        ("released", "acme/pay#7", "contains"),
    }
    [review] = [e for e in found["events"] if e["type"] == "reviewed"]
    assert {"name": "verdict", "value": "approved"} in review["attributes"]
    assert "edited" not in {e["type"] for e in found["events"]}
    assert not {"dev", "ann", "bob"} & set(json.dumps(found).replace('"', " ").split())


def is_whole(found: Json) -> None:
    """What is named is there, once; types and attributes are declared."""
    for part, types in (("objects", "objectTypes"), ("events", "eventTypes")):
        declared = {t["name"]: {a["name"] for a in t["attributes"]} for t in found[types]}
        ids = [one["id"] for one in found[part]]
        assert len(set(ids)) == len(ids)
        assert all({a["name"] for a in one["attributes"]} <= declared[one["type"]] for one in found[part])
    objects = {one["id"] for one in found["objects"]}
    assert {target for part in ("objects", "events") for _, target, _ in relations(found, part)} <= objects
    assert all(one["relationships"] for one in found["events"])
    assert [one["time"] for one in found["events"]] == sorted(one["time"] for one in found["events"])


@settings(max_examples=20)
@given(found=logs())
def test_whatever_happened_it_is_whole(found: Records, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Every relation leads to an object, every event has one, and every type is declared."""
    is_whole(read(written(told_of(found), Kind.OCEL, tmp_path_factory.mktemp("ocel"))))


def test_a_noisy_team_is_whole(tmp_path: Path) -> None:
    """With several hundred items and links that lead nowhere."""
    found = read(written(noisy_team(), Kind.OCEL, tmp_path))

    is_whole(found)
    assert len(found["events"]) > 1000


def test_things_of_one_name_are_two_objects(tmp_path: Path) -> None:
    """Two sites may both have a PAY-1."""
    other = Item("jira.other", "PAY", "x1", "issue", "PAY-1", "Other", "", at(0))
    moved = replace(event("x1", K.STATE, 1, source="jira.other"), state="Open", detail=None)
    found = read(written(of(issue("PAY-1", ("Open", 0)), [other, moved]), Kind.OCEL, tmp_path))

    assert {o["id"] for o in found["objects"]} == {"PAY-1 (jira.acme pay-1)", "PAY-1 (jira.other x1)"}
    is_whole(found)
