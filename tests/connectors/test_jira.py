"""Jira: what is kept of an issue, what is read out of it, and how faults are told."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from pydantic import ValidationError

from bot.collect import Ways, collect
from bot.store import Store
from connectors.errors import AccessDenied, PayloadUnreadable, RateLimited, SourceUnavailable
from connectors.jira import Jira
from connectors.jira_events import people_of, trim
from connectors.jira_site import JiraSettings
from connectors.jira_sprints import sprint_payload, sprints_in
from connectors.people import judged
from connectors.records import ActorKind, Event, EventKind, Item, Link, Payload, Record, Unreadable
from tests.serve import Answer, Reply, serving

Json = dict[str, Any]
NOW = datetime(2026, 2, 1, tzinfo=UTC)
ROLES = {"Flagged": "Flagged", "customfield_1": "Sprint", "Sprint": "Sprint", "customfield_2": "Approvals"}
ANN: Json = {
    "accountId": "a1",
    "displayName": "Ann",
    "accountType": "atlassian",
    "emailAddress": "ann@acme.example",
    "avatarUrls": {"48x48": "http://x"},
}


@pytest.fixture(autouse=True)
def token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JIRA_TOKEN", "secret-token")


def jira(url: str = "http://127.0.0.1:9", **more: Any) -> Jira:
    return Jira("jira.acme", JiraSettings(url=url, token_env="JIRA_TOKEN", projects=("PAY",), **more), lambda: NOW)


def issue(*histories: Json, **fields: Any) -> Json:
    return {
        "id": "10001",
        "key": "PAY-1",
        "fields": {
            "summary": "Refund",
            "issuetype": {"name": "Story"},
            "status": {"id": "3", "name": "Done"},
            "created": "2026-01-05T10:00:00.000+0200",
            "updated": "2026-01-09T10:00:00.000+0000",
            "labels": ["x"],
            "creator": ANN,
            "description": "a secret",
            **fields,
        },
        "changelog": {"total": len(histories), "histories": list(histories)},
    }


def history(number: int, created: str, *items: Json, author: Json | None = ANN) -> Json:
    return {"id": str(number), "created": created, "author": author, "items": list(items)}


def moved(old: str, new: str) -> Json:
    names = {"1": "Open", "2": "In Progress", "3": "Done"}
    return {"field": "status", "from": old, "fromString": names[old], "to": new, "toString": names[new]}


def word(path: str) -> str:
    """What is asked for."""
    return path.removeprefix("/rest/api/2/").partition("/")[0]


@contextmanager
def site(answer: Answer) -> Iterator[tuple[str, list[str]]]:
    """One without fields of its own."""

    def answered(method: str, path: str, body: Any) -> Reply:
        return Reply(200, []) if word(path) == "field" else answer(method, path, body)

    with serving(answered) as found:
        yield found


def read(raw: Json) -> list[Record]:
    body = trim(raw, ROLES, ("is blocked by",))
    return list(jira().translate(Payload("jira.acme", "PAY", "issue", "10001", NOW, body)))


def events(raw: Json, *kinds: EventKind) -> list[tuple[str, str | None, str | None]]:
    found = [r for r in read(raw) if isinstance(r, Event) and r.kind in kinds]
    return [(e.at.strftime("%d %H:%M"), e.state, e.detail) for e in sorted(found, key=lambda e: e.at)]


WORKED = issue(
    history(1, "2026-01-06T09:00:00.000+0000", moved("1", "2")),
    history(2, "2026-01-08T09:00:00.000+0000", moved("2", "3")),
)


def test_the_first_state_is_what_the_first_change_left() -> None:
    """No history tells it; times are in UTC."""
    assert events(WORKED, EventKind.STATE) == [
        ("05 08:00", "Open", None),
        ("06 09:00", "In Progress", "1"),
        ("08 09:00", "Done", "2"),
    ]


def test_an_issue_that_never_moved_is_where_it_was_born() -> None:
    """The current status is the first."""
    assert events(issue(), EventKind.STATE) == [("05 08:00", "Done", None)]


def test_a_move_that_no_history_tells_is_a_doubt() -> None:
    """The status says Done, the last change led to In Progress."""
    raw = issue(history(1, "2026-01-06T09:00:00.000+0000", moved("1", "2")))

    assert events(raw, EventKind.STATE)[-1] == ("09 10:00", "Done", "2")
    assert [r.doubts for r in read(raw) if isinstance(r, Item)] == [
        ("the status that it has is not the last one in its history",)
    ]


def test_a_resolved_issue_without_any_history() -> None:
    """Nobody knows where it was before it was resolved."""
    raw = issue(resolutiondate="2026-01-08T10:00:00.000+0000")

    assert events(raw, EventKind.STATE) == [("05 08:00", "unknown", None), ("08 10:00", "Done", None)]
    assert [r.doubts for r in read(raw) if isinstance(r, Item)] == [
        ("the status that it has is not the last one in its history",)
    ]


def test_a_field_of_the_site_is_not_the_one_of_the_system() -> None:
    """Somebody made a field "status" of their own."""
    raw = issue(history(1, "2026-01-06T09:00:00.000+0000", {**moved("1", "3"), "fieldtype": "custom"}))

    assert events(raw, EventKind.STATE) == [("05 08:00", "Done", None)]


def test_cut_work_logs_are_a_doubt() -> None:
    """Jira embeds twenty."""
    raw = issue(worklog={"total": 57, "worklogs": []})

    assert [r.doubts for r in read(raw) if isinstance(r, Item)] == [("work logs cut: 57 are missing",)]


def test_histories_without_an_id_are_told_apart() -> None:
    """By their time."""
    raw = issue(
        {**history(0, "2026-01-06T09:00:00.000+0000", moved("1", "2")), "id": None},
        {**history(0, "2026-01-08T09:00:00.000+0000", moved("2", "3")), "id": None},
    )

    assert len({e.id for e in read(raw) if isinstance(e, Event) and e.kind is EventKind.STATE}) == 3


@pytest.mark.parametrize(
    "fields",
    [
        {"resolutiondate": "0001-01-01T00:00:00.000+0100"},
        {"worklog": {"worklogs": [{"id": "1", "started": "9999-12-31T23:00:00.000+0000", "timeSpentSeconds": 10**15}]}},
        {"summary": {"not": "text"}},
        {"labels": [{"not": "text"}]},
    ],
)
def test_odd_values_make_one_issue_unreadable(fields: Json) -> None:
    """Not the whole collection impossible."""
    with pytest.raises(PayloadUnreadable, match="PAY-1"):
        read(issue(**fields))


def test_an_issue_that_moves_while_data_center_is_walked_hides_none() -> None:
    """Three issues, pages of two; the first is changed after the first page and goes to the end."""
    order, asked = ["1", "2", "3", "4"], list[int]()

    def answer(method: str, path: str, body: Any) -> Reply:
        asked.append(body["startAt"])
        if len(asked) == 2:
            order.append(order.pop(0))
        found = [{**issue(), "id": number} for number in order[body["startAt"] : body["startAt"] + 2]]
        return Reply(200, {"total": len(order), "issues": found})

    with site(answer) as (url, _):
        pages = list(jira(url, flavour="datacenter").fetch("PAY", None))
    assert {p.key for page in pages for p in page.payloads} == {"1", "2", "3", "4"}


def test_data_center_that_never_holds_still_is_an_outage() -> None:
    """Not a walk without an end."""
    order, asked = [str(n) for n in range(20)], list[int]()

    def answer(method: str, path: str, body: Any) -> Reply:
        asked.append(body["startAt"])
        order[:] = [str(n + 20 * len(asked)) for n in range(20)]
        found = [{**issue(), "id": number} for number in order[body["startAt"] : body["startAt"] + 5]]
        return Reply(200, {"total": len(order), "issues": found})

    with site(answer) as (url, _), pytest.raises(SourceUnavailable, match="changes while it is read"):
        list(jira(url, flavour="datacenter").fetch("PAY", None))
    assert len(asked) < 100


def test_what_is_gone_does_not_keep_the_others_from_being_read_again() -> None:
    """Jira refuses to be asked for a deleted issue."""

    def answer(method: str, path: str, body: Any) -> Reply:
        if "search" not in path:
            return Reply(200, {"issueChangeLogs": []})
        wanted = body["jql"].partition("id in (")[2].partition(")")[0].split(", ")
        return Reply(400) if "2" in wanted else Reply(200, {"issues": [{**issue(), "id": key} for key in wanted]})

    with site(answer) as (url, _):
        pages = list(jira(url).reread("PAY", ["1", "2", "3"]))
    assert [p.key for page in pages for p in page.payloads] == ["1", "3"]


def test_a_cut_history_is_a_doubt() -> None:
    """Jira Data Center keeps the newest hundred; where it was before them nobody knows."""
    raw = issue(
        history(
            1,
            "2026-01-06T09:00:00.000+0000",
            moved("1", "2"),
        ),
        status={"id": "2", "name": "In Progress"},
    )
    raw["changelog"]["missing"] = 40

    assert events(raw, EventKind.STATE) == [("05 08:00", "unknown", None), ("06 09:00", "In Progress", "1")]
    assert [r.doubts for r in read(raw) if isinstance(r, Item)] == [("history cut: the 40 oldest changes are missing",)]


def test_a_history_that_begins_before_the_issue_is_a_doubt() -> None:
    """Imported issues have such; the first state is as old as the first change."""
    raw = issue(history(1, "2026-01-01T09:00:00.000+0000", moved("1", "3")))

    assert events(raw, EventKind.STATE)[0] == ("01 09:00", "Open", None)
    assert "its history begins before its creation" in next(r.doubts for r in read(raw) if isinstance(r, Item))


def test_assignments_with_the_first_one() -> None:
    """Who held it at the beginning is in no history either."""
    change = {"field": "assignee", "from": "a1", "fromString": "Ann", "to": "b2", "toString": "Bob"}

    assert events(issue(history(1, "2026-01-06T09:00:00.000+0000", change), assignee=ANN), EventKind.ASSIGNED) == [
        ("05 08:00", None, "a1"),
        ("06 09:00", None, "b2"),
    ]
    people = people_of("jira.acme", issue(history(1, "2026-01-06T09:00:00.000+0000", change)), ROLES)
    assert {(person.key, person.name) for person in people} == {("a1", "Ann"), ("b2", "Bob")}


def test_resolutions_with_their_history() -> None:
    """Or, without one, with when it was resolved."""
    changes = [
        {"field": "resolution", "from": None, "to": "1", "toString": "Fixed"},
        {"field": "resolution", "from": "1", "to": None, "toString": None},
    ]
    raw = issue(*(history(n, f"2026-01-0{n + 5}T09:00:00.000+0000", change) for n, change in enumerate(changes, 1)))
    silent = issue(resolution={"name": "Duplicate"}, resolutiondate="2026-01-08T10:00:00.000+0000")

    assert events(raw, EventKind.RESOLVED) == [("06 09:00", None, "Fixed"), ("07 09:00", None, None)]
    assert events(silent, EventKind.RESOLVED) == [("08 10:00", None, "Duplicate")]


def test_flags_edits_logged_work_and_former_keys() -> None:
    """An edited label is no work, an edited description is."""
    raw = issue(
        history(
            1, "2026-01-06T09:00:00.000+0000", {"field": "Flagged", "from": None, "to": "1", "toString": "Impediment"}
        ),
        history(
            2,
            "2026-01-06T10:00:00.000+0000",
            {"field": "Flagged", "from": "1", "fromString": "Impediment", "to": None, "toString": ""},
        ),
        history(
            3,
            "2026-01-06T11:00:00.000+0000",
            {"field": "description", "fromString": "old secret", "toString": "new secret"},
            {"field": "labels"},
        ),
        history(4, "2026-01-06T12:00:00.000+0000", {"field": "Key", "fromString": "OLD-9", "toString": "PAY-1"}),
        worklog={
            "worklogs": [
                {
                    "id": "7",
                    "author": ANN,
                    "started": "2026-01-06T13:00:00.000+0000",
                    "timeSpentSeconds": 3600,
                    "comment": "a secret",
                }
            ]
        },
    )

    assert events(raw, EventKind.BLOCKED, EventKind.UNBLOCKED, EventKind.EDITED, EventKind.LOGGED_WORK) == [
        ("06 09:00", None, "flag"),
        ("06 10:00", None, "flag"),
        ("06 11:00", None, "description"),
        ("06 14:00", None, "3600"),
    ]
    assert [r.aliases for r in read(raw) if isinstance(r, Item)] == [("OLD-9",)]


def test_apps_are_bots_and_deleted_people_nobody() -> None:
    """A history may have no author."""
    app = {"accountId": "z9", "displayName": "Automation", "accountType": "app"}
    raw = issue(
        history(1, "2026-01-06T09:00:00.000+0000", moved("1", "2"), author=app),
        history(2, "2026-01-07T09:00:00.000+0000", moved("2", "3"), author=None),
    )

    assert [e.actor_kind for e in read(raw) if isinstance(e, Event)] == [ActorKind.HUMAN, ActorKind.BOT, None]


def test_nothing_private_is_kept() -> None:
    """No description, no comment, no address, no avatar; also not inside the history."""
    raw = issue(
        history(
            3,
            "2026-01-06T11:00:00.000+0000",
            {"field": "description", "fromString": "a secret", "toString": "a secret"},
        ),
        comment={"comments": [{"body": "a secret", "author": ANN}]},
    )
    kept = json.dumps(trim(raw, ROLES, ()))

    for private in ("secret", "ann@acme", "http://x", "Ann"):
        assert private not in kept


def test_times_of_bulk_histories_are_milliseconds_or_seconds() -> None:
    """As numbers; elsewhere they are texts."""
    for created in (1767690000000, 1767690000):
        body = trim(issue(history(1, created, moved("1", "3"))), ROLES, ())  # type: ignore[arg-type]
        assert body["histories"][0]["created"] == "2026-01-06T09:00:00.000+00:00"


def test_nonsense_is_refused_with_its_place() -> None:
    """Not skipped, and not a stack trace."""
    with pytest.raises(PayloadUnreadable, match=r"jira.acme issue PAY-1: KeyError 'histories'"):
        list(jira().translate(Payload("jira.acme", "PAY", "issue", "10001", NOW, {"key": "PAY-1", "id": "1"})))


def test_an_issue_that_cannot_be_trimmed_does_not_keep_the_others_out() -> None:
    """It is told with its place."""

    def answer(method: str, path: str, body: Any) -> Reply:
        found = {"issues": [{"id": "1", "key": "PAY-9", "fields": {}}, issue()]}
        return Reply(200, found if "search" in path else {"issueChangeLogs": []})

    with site(answer) as (url, _):
        first = next(iter(jira(url).fetch("PAY", None)))
    assert [p.body["key"] for p in first.payloads] == ["PAY-1"]
    assert first.unreadable == (Unreadable("issue", "1", "cannot read jira.acme issue PAY-9: KeyError 'status'"),)


@pytest.mark.parametrize(
    ("reply", "kind", "words"),
    [
        (Reply(200, {"ok": True}), SourceUnavailable, "check that url leads to a Jira"),
        (Reply(200, []), SourceUnavailable, "check that url leads to a Jira"),
        (Reply(400), AccessDenied, "project PAY was refused (400)"),
        (Reply(401), AccessDenied, "the token was refused (401); check JIRA_TOKEN"),
        (Reply(403), AccessDenied, "is forbidden (403)"),
        (Reply(404), AccessDenied, 'check url, and that flavour is right (it is "cloud")'),
        (Reply(200, {"issues": None}), SourceUnavailable, "check that url leads to a Jira"),
        (Reply(429, headers={"Retry-After": "3600"}), RateLimited, "asks to wait 3600 s"),
        (Reply(503), SourceUnavailable, "failed at the source (503)"),
        (Reply(503, {"message": None}), SourceUnavailable, "failed at the source (503)"),
        (Reply(502, b"null"), SourceUnavailable, "failed at the source (502)"),
        (Reply(200, b"<html>login</html>"), SourceUnavailable, "did not answer in JSON"),
    ],
)
def test_faults_are_told_in_a_sentence(reply: Reply, kind: type[Exception], words: str) -> None:
    """And the token is in none of them."""
    with site(lambda *_: reply) as (url, _), pytest.raises(kind) as problem:
        list(jira(url).fetch("PAY", None))

    assert words in str(problem.value)
    assert "secret-token" not in str(problem.value)


def test_a_host_that_does_not_answer() -> None:
    """Names the address."""
    with pytest.raises(SourceUnavailable, match=r"no answer from http://127.0.0.1:9/rest"):
        list(jira().fetch("PAY", None))


def test_a_repeated_page_token_stops_the_walk() -> None:
    """Instead of going round for ever."""
    page = {"issues": [], "nextPageToken": "same"}
    with site(lambda *_: Reply(200, page)) as (url, _), pytest.raises(SourceUnavailable, match="repeat themselves"):
        list(jira(url).fetch("PAY", None))


def test_a_fault_in_the_middle_is_asked_again() -> None:
    """503 once, then the page."""
    replies = [Reply(503), Reply(200, {"issues": []})]
    with site(lambda *_: replies.pop(0)) as (url, asked):
        assert [page.cursor for page in jira(url).fetch("PAY", None)] != [None]
    assert asked == ["GET /rest/api/2/field", *["POST /rest/api/2/search/jql"] * 2]


def test_the_cursor_is_asked_for_in_milliseconds_with_overlap() -> None:
    """Unquoted, so that no time zone is guessed: a quarter of an hour before the last start."""
    asked: list[str] = []

    def answer(method: str, path: str, body: Any) -> Reply:
        asked.append(body["jql"])
        return Reply(200, {"issues": []}, {"Date": "Sun, 01 Feb 2026 00:00:00 GMT"})

    with site(answer) as (url, _):
        pages = list(jira(url).fetch("PAY", "2026-01-20T00:15:00+00:00"))

    assert asked == ['project = "PAY" AND updated >= 1768867200000 ORDER BY updated ASC, key ASC']
    assert pages[-1].cursor == "2026-02-01T00:00:00+00:00"


def test_check_says_what_is_wrong_with_the_flavour() -> None:
    """And which one is right; what fails does not keep the rest from being asked."""

    def answer(method: str, path: str, body: Any) -> Reply:
        if "serverInfo" in path:
            return Reply(200, {"deploymentType": "Server"})
        return Reply(404) if "project" in path else Reply(200, {"displayName": "Bot"})

    with site(answer) as (url, _):
        found = [(c.ok, c.detail) for c in jira(url).check()]

    assert [ok for ok, _ in found] == [True, False, True, True, False]
    assert 'set flavour = "datacenter"' in found[1][1]


# -- what else happens to an issue -------------------------------------------------------------------------------------


def linked(old: str | None, new: str | None, phrase: str = "This issue is blocked by") -> Json:
    said = {"fromString": old and f"{phrase} {old}", "toString": new and f"{phrase} {new}"}
    return {"field": "Link", "from": old, "to": new, **said}


def test_a_link_to_what_blocks_is_a_block_until_it_is_taken_away() -> None:
    """Any other link only relates, as does being what blocks."""
    raw = issue(
        history(1, "2026-01-06T09:00:00.000+0000", linked(None, "PAY-3")),
        history(2, "2026-01-07T09:00:00.000+0000", linked(None, "PAY-4", "This issue relates to")),
        history(3, "2026-01-08T09:00:00.000+0000", linked("PAY-3", None)),
        issuelinks=[
            {"type": {"inward": "is blocked by", "outward": "blocks"}, "inwardIssue": {"key": "PAY-5"}},
            {"type": {"inward": "is blocked by", "outward": "blocks"}, "outwardIssue": {"key": "PAY-6"}},
        ],
    )

    assert events(raw, EventKind.BLOCKED) == [("06 09:00", None, "PAY-3")]
    assert events(raw, EventKind.UNBLOCKED) == [("08 09:00", None, "PAY-3")]
    assert [(r.other, r.kind) for r in read(raw) if isinstance(r, Link)] == [
        ("PAY-5", "blocks"),
        ("PAY-6", "relates"),
    ]


def test_what_caused_an_issue_is_linked() -> None:
    """What it caused itself, and any other link, only relates."""
    kind = {"inward": "is caused by", "outward": "causes"}
    raw = issue(
        issuelinks=[
            {"type": kind, "inwardIssue": {"key": "PAY-5"}},
            {"type": kind, "outwardIssue": {"key": "PAY-6"}},
            {"type": {"inward": "relates to", "outward": "relates to"}, "inwardIssue": {"key": "PAY-7"}},
        ]
    )

    assert [(r.other, r.kind) for r in read(raw) if isinstance(r, Link)] == [
        ("PAY-5", "causes"),
        ("PAY-6", "relates"),
        ("PAY-7", "relates"),
    ]


def test_a_flag_is_known_by_its_field_whatever_it_is_called() -> None:
    """On Cloud the change names the field's id."""
    flag = {"field": "Markiert", "fieldId": "customfield_9", "fieldtype": "custom", "toString": "Impediment"}
    body = trim(issue(history(1, "2026-01-06T09:00:00.000+0000", flag)), {"customfield_9": "Flagged"}, ())
    payload = Payload("jira.acme", "PAY", "issue", "10001", NOW, body)

    assert [e.detail for e in jira().translate(payload) if isinstance(e, Event) and e.kind is EventKind.BLOCKED] == [
        "flag"
    ]


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


def test_approvals_of_a_service_desk() -> None:
    """Who was asked, and how they decided."""
    approval = {
        "id": "7",
        "createdDate": {"epochMillis": 1767690000000},
        "completedDate": {"epochMillis": 1767776400000},
        "approvers": [{"approver": ANN, "approverDecision": "declined"}],
    }
    raw = issue(customfield_2=[approval])

    assert events(raw, EventKind.REQUESTED, EventKind.REVIEWED) == [
        ("06 09:00", None, "a1"),
        ("07 09:00", None, "changes"),
    ]
    pending = issue(customfield_2=[{**approval, "completedDate": None, "approvers": [{"approver": ANN}]}])
    assert events(pending, EventKind.REVIEWED) == []


def test_an_approval_that_is_decided_asks_nobody_any_more() -> None:
    """One of two was enough; both are known by name."""
    bob = {**ANN, "accountId": "b2", "displayName": "Bob"}
    approval = {
        "id": "7",
        "createdDate": {"epochMillis": 1767690000000},
        "completedDate": {"epochMillis": 1767776400000},
        "approvers": [{"approver": ANN, "approverDecision": "approved"}, {"approver": bob}],
    }
    raw = issue(customfield_2=[approval])

    assert events(raw, EventKind.REVIEWED, EventKind.UNREQUESTED) == [
        ("07 09:00", None, "approved"),
        ("07 09:00", None, "b2"),
    ]
    assert {p.name for p in people_of("jira.acme", raw, ROLES)} == {"Ann", "Bob"}


@pytest.mark.parametrize(
    ("fields", "parent"),
    [
        ({"parent": {"key": "PAY-7"}}, "PAY-7"),
        ({"customfield_8": "PAY-8"}, "PAY-8"),
        ({"customfield_9": {"key": "PAY-9"}}, "PAY-9"),
        ({}, None),
    ],
)
def test_the_parent_in_any_edition(fields: Json, parent: str | None) -> None:
    """Cloud has one field; Data Center one for epics and one for what is above them."""
    roles = {"customfield_8": "Epic Link", "customfield_9": "Parent Link"}

    assert trim(issue(**fields), roles, ())["parent"] == parent


SPRINT: Json = {
    "id": 12,
    "name": "Sprint 12",
    "goal": "Refunds, without a call",
    "state": "closed",
    "startDate": "2026-01-05T09:00:00.000Z",
    "endDate": "2026-01-19T09:00:00.000Z",
    "completeDate": "2026-01-20T10:00:00.000Z",
}


def desk(sprint: Json, *issues: Json) -> Answer:
    """A site with one scrum board and one sprint."""

    def answer(method: str, path: str, body: Any) -> Reply:
        match path.partition("?")[0].removeprefix("/rest/").partition("/")[2].partition("/")[2]:
            case "field":
                custom = {"custom": "com.pyxis.greenhopper.jira:gh-sprint"}
                return Reply(200, [{"id": "customfield_1", "name": "Sprint", "schema": custom}])
            case "board":
                return Reply(200, {"values": [{"id": 5, "type": "scrum"}, {"id": 6, "type": "kanban"}], "isLast": True})
            case "board/5/sprint":
                return Reply(200, {"values": [sprint], "isLast": True})
            case "sprint/12":
                return Reply(200, sprint)
            case "project/PAY/statuses":
                return Reply(200, [])
        return Reply(200, {"issues": issues} if "search" in path else {"issueChangeLogs": []})

    return answer


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


def test_all_work_logs_are_read_where_the_search_gave_only_some() -> None:
    """Jira embeds twenty; the others take one more request."""
    logs = [
        {"id": str(n), "author": ANN, "started": "2026-01-06T09:00:00.000+0000", "timeSpentSeconds": 60}
        for n in range(30)
    ]

    def answer(method: str, path: str, body: Any) -> Reply:
        if "worklog" in path:
            return Reply(200, {"total": 30, "worklogs": logs})
        cut = issue(worklog={"total": 30, "worklogs": logs[:20]})
        return Reply(200, {"issues": [cut]} if "search" in path else {"issueChangeLogs": []})

    with site(answer) as (url, _):
        (payload,) = (p for page in jira(url).fetch("PAY", None) for p in page.payloads)
    assert (len(payload.body["worklogs"]), payload.body["worklogs_missing"]) == (30, 0)


def test_a_history_that_data_center_cuts_is_asked_for_alone() -> None:
    """What is missing even then is a doubt."""
    changes = [history(n, f"2026-01-0{n}T09:00:00.000+0000", moved("1", "2")) for n in range(1, 6)]

    def answer(method: str, path: str, body: Any) -> Reply:
        cut = {**issue(*changes[3:]), "changelog": {"total": 9, "histories": changes[3:]}}
        whole = {"changelog": {"total": 9, "histories": changes}}
        return Reply(200, {"issues": [cut], "total": 1} if "search" in path else whole)

    with site(answer) as (url, _):
        source = jira(url, flavour="datacenter")
        (payload,) = (p for page in source.fetch("PAY", None) for p in page.payloads)
    assert (len(payload.body["histories"]), payload.body["histories_missing"]) == (5, 4)


def test_where_an_issue_is_that_no_search_finds() -> None:
    """Archived ones are still there, others were moved, and the rest is gone."""
    projects = {"1": "PAY", "2": "CORE"}

    def answer(method: str, path: str, body: Any) -> Reply:
        project = projects.get(path.rpartition("/")[2].partition("?")[0])
        return Reply(200, {"fields": {"project": {"key": project}}}) if project else Reply(404)

    with site(answer) as (url, _):
        assert jira(url).whereabouts("PAY", ["1", "2", "3"]) == projects


@pytest.mark.parametrize(
    ("settings", "authorization"),
    [
        ({"email": "bot@acme.example"}, "Basic Ym90QGFjbWUuZXhhbXBsZTpzZWNyZXQtdG9rZW4="),
        ({}, "Bearer secret-token"),
        ({"flavour": "datacenter"}, "Bearer secret-token"),
    ],
    ids=["user's token", "service account", "personal access token"],
)
def test_every_kind_of_token_at_any_address(
    settings: Json, authorization: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A scoped token is taken at the gateway, below a path; links lead to where people look."""
    seen: list[tuple[str, str]] = []
    send = requests.Session.send

    def spied(session: requests.Session, request: Any, **more: Any) -> Any:
        seen.append((request.path_url, request.headers["Authorization"]))
        return send(session, request, **more)

    monkeypatch.setattr(requests.Session, "send", spied)
    with serving(lambda *_: Reply(200, [])) as (url, _):
        jira(f"{url}/ex/jira/42", **settings)._site.get("field", "fields")

    assert seen == [("/ex/jira/42/rest/api/2/field", authorization)]


def test_who_is_taken_for_a_bot() -> None:
    """By the vendor's word, by the usual names, and as configured."""
    app = {**ANN, "accountId": "b1", "displayName": "Deploy", "accountType": "app"}
    usual = {**ANN, "accountId": "b2", "displayName": "Automation for Jira"}
    named = {**ANN, "accountId": "b3", "displayName": "Nightly import"}
    not_one = {**ANN, "accountId": "h1", "displayName": "Release-bot"}
    raw = issue(
        *(history(n, "2026-01-06T09:00:00.000+0000", author=a) for n, a in enumerate((app, usual, named, not_one)))
    )
    settings = jira(bots=("nightly*",), humans=("Release-bot",))._settings
    found = {p.key: judged(p, settings).kind for p in people_of("jira.acme", raw, ROLES)}

    assert found == {
        "a1": ActorKind.HUMAN,
        "b1": ActorKind.BOT,
        "b2": ActorKind.BOT,
        "b3": ActorKind.BOT,
        "h1": ActorKind.HUMAN,
    }


@pytest.mark.parametrize(
    "odd",
    [
        {"customfield_1": [None, 12, {"id": 3}]},
        {"customfield_1": 12},
        {"customfield_2": {"not": "a list"}},
        {"issuelinks": [{"inwardIssue": {"key": "PAY-9"}}]},
    ],
)
def test_odd_things_beside_the_flow_are_a_doubt(odd: Json) -> None:
    """They do not keep the issue out."""
    doubts = next(r.doubts for r in read(issue(**odd)) if isinstance(r, Item))

    assert doubts == ("a sprint, link or approval of it could not be read",)


def test_trouble_with_the_boards_does_not_keep_issues_from_being_counted() -> None:
    """Nor does a board of an odd shape."""
    for reply in (Reply(500), Reply(200, {"values": None}), Reply(200, {"values": [None, {}], "isLast": True})):
        whole = desk(SPRINT, issue())

        def answer(method: str, path: str, body: Any, reply: Reply = reply, whole: Answer = whole) -> Reply:
            return reply if "agile" in path else whole(method, path, body)

        with serving(answer) as (url, _):
            assert jira(url).census("PAY").marks == {"10001": ""}


@pytest.mark.parametrize("projects", [["12"], [""], ["PAY-1"], []])
def test_what_is_no_project_is_refused(projects: list[str]) -> None:
    """With what would be one."""
    with pytest.raises(ValidationError, match=r"PAY in PAY-12|at least 1 item"):
        JiraSettings.model_validate({"url": "https://x.example", "token_env": "T", "projects": projects})
