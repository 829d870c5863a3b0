"""Jira: sprints, and what was planned into them."""

from typing import Any

import pytest

from bot.collect import Ways, collect
from bot.store import Store
from connectors.jira_sprints import sprint_payload, sprints_in
from connectors.records import Event, EventKind, Item
from tests.connectors.jira_answers import NOW, ROLES, SPRINT, desk, events, history, issue, jira
from tests.serve import serving


@pytest.mark.parametrize(
    "field",
    [
        [{"id": 2}, {"id": 3}],
        ["com.atlassian.greenhopper.Sprint@1f[id=2,state=CLOSED]", "com.atlassian.greenhopper.Sprint@2f[id=3,name=x]"],
    ],
)
def test_sprints_it_was_planned_into_and_taken_out_of(field: list[Any]) -> None:
    """The first is in no history; Data Center writes sprints as text."""
    changed = {"field": "Sprint", "fieldtype": "custom", "from": "1, 2", "to": "2, 3"}
    raw = issue(history(1, "2026-01-06T09:00:00.000+0000", changed), customfield_1=field)

    assert events(raw, EventKind.PLANNED) == [
        ("05 08:00", None, "sprint/PAY/1"),
        ("05 08:00", None, "sprint/PAY/2"),
        ("06 09:00", None, "sprint/PAY/3"),
    ]
    assert events(raw, EventKind.UNPLANNED) == [("06 09:00", None, "sprint/PAY/1")]
    assert [d for _, _, d in events(issue(customfield_1=field), EventKind.PLANNED)] == ["sprint/PAY/2", "sprint/PAY/3"]


WRITTEN = (
    "com.atlassian.greenhopper.service.sprint.Sprint@1f[id=12,rapidViewId=5,state=CLOSED,name=Sprint 12,"
    "startDate=2026-01-05T09:00:00.000Z,endDate=2026-01-19T09:00:00.000Z,completeDate=2026-01-20T10:00:00.000Z,"
    "sequence=12,goal=Refunds, without a call]"
)


def test_a_sprint_with_its_goal_and_how_long_it_really_took() -> None:
    """Read off the issues, and again when the census finds it changed."""
    with serving(desk(SPRINT, issue(customfield_1=[SPRINT]))) as (url, _):
        payload = next(p for page in jira(url).fetch("PAY", None) for p in page.payloads)
        assert jira(url).census("PAY").marks == {"10001": "", "sprint/PAY/12": payload.mark}
        (again,) = (p for page in jira(url).reread("PAY", ["sprint/PAY/12"]) for p in page.payloads)
    records = list(jira().translate(payload))
    item = next(r for r in records if isinstance(r, Item))

    assert payload == again
    assert (item.kind, item.name, item.about) == ("sprint", "Sprint 12", "Refunds, without a call")
    assert [(str(r.kind), f"{r.at:%d %H}") for r in records if isinstance(r, Event)] == [
        ("started", "05 09"),
        ("ended", "20 10"),
    ]
    with serving(desk({**SPRINT, "goal": "another"})) as (url, _):
        assert jira(url).census("PAY").marks[payload.key] != payload.mark


def test_a_sprint_that_is_written_as_text_is_the_same() -> None:
    """What people write may hold commas."""
    (read,) = sprints_in([issue(customfield_1=[WRITTEN])], ROLES)

    assert sprint_payload("jira.acme", "PAY", "k", read) == sprint_payload("jira.acme", "PAY", "k", SPRINT)


def test_a_sprint_that_is_opened_again_has_no_end(store: Store) -> None:
    """Though none of its dates is newer than those that were kept."""
    reopened = {name: value for name, value in SPRINT.items() if name != "completeDate"} | {"state": "active"}
    for sprint in (SPRINT, reopened):
        with serving(desk(sprint, issue(customfield_1=[sprint]))) as (url, _):
            collect([jira(url)], store, lambda: NOW, Ways())

    found = [e.kind for e in store.events([("jira.acme", "PAY")]) if e.item == "sprint/PAY/12"]
    assert found == [EventKind.STARTED]
