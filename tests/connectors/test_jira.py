"""Jira: what is kept of an issue, what is read out of it, and how faults are told."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.errors import AccessDenied, PayloadUnreadable, RateLimited, SourceUnavailable
from connectors.jira import Jira
from connectors.jira_events import trim
from connectors.jira_site import JiraSettings
from connectors.records import ActorKind, Event, EventKind, Item, Payload, Person, Record, Unreadable
from tests.serve import Reply, serving

Json = dict[str, Any]
NOW = datetime(2026, 2, 1, tzinfo=UTC)
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


def read(raw: Json) -> list[Record]:
    body = trim(raw, None)
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
    assert [r.doubts for r in read(raw) if isinstance(r, Item)] == [("its last change of status is in no history",)]


def test_a_resolved_issue_without_any_history() -> None:
    """Nobody knows where it was before it was resolved."""
    raw = issue(resolutiondate="2026-01-08T10:00:00.000+0000")

    assert events(raw, EventKind.STATE) == [("05 08:00", "unknown", None), ("08 10:00", "Done", None)]
    assert [r.doubts for r in read(raw) if isinstance(r, Item)] == [("its last change of status is in no history",)]


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

    with serving(answer) as (url, _):
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

    with serving(answer) as (url, _), pytest.raises(SourceUnavailable, match="changes while it is read"):
        list(jira(url, flavour="datacenter").fetch("PAY", None))
    assert len(asked) < 100


def test_what_is_gone_does_not_keep_the_others_from_being_read_again() -> None:
    """Jira refuses to be asked for a deleted issue."""

    def answer(method: str, path: str, body: Any) -> Reply:
        if "search" not in path:
            return Reply(200, {"issueChangeLogs": []})
        wanted = body["jql"].partition("id in (")[2].partition(")")[0].split(", ")
        return Reply(400) if "2" in wanted else Reply(200, {"issues": [{**issue(), "id": key} for key in wanted]})

    with serving(answer) as (url, _):
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
    raw["changelog"]["total"] = 41

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
    assert {
        (r.key, r.name)
        for r in read(issue(history(1, "2026-01-06T09:00:00.000+0000", change)))
        if isinstance(r, Person)
    } == {("a1", "Ann"), ("b2", "Bob")}


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
    kept = json.dumps(trim(raw, None))

    for private in ("secret", "ann@acme", "http://x"):
        assert private not in kept


def test_times_of_bulk_histories_are_milliseconds_or_seconds() -> None:
    """As numbers; elsewhere they are texts."""
    for created in (1767690000000, 1767690000):
        body = trim(issue(), [history(1, created, moved("1", "3"))])  # type: ignore[arg-type]
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

    with serving(answer) as (url, _):
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
        (Reply(200, b"<html>login</html>"), SourceUnavailable, "did not answer in JSON"),
    ],
)
def test_faults_are_told_in_a_sentence(reply: Reply, kind: type[Exception], words: str) -> None:
    """And the token is in none of them."""
    with serving(lambda *_: reply) as (url, _), pytest.raises(kind) as problem:
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
    with serving(lambda *_: Reply(200, page)) as (url, _), pytest.raises(SourceUnavailable, match="repeat themselves"):
        list(jira(url).fetch("PAY", None))


def test_a_fault_in_the_middle_is_asked_again() -> None:
    """503 once, then the page."""
    replies = [Reply(503), Reply(200, {"issues": []})]
    with serving(lambda *_: replies.pop(0)) as (url, asked):
        assert [page.cursor for page in jira(url).fetch("PAY", None)] != [None]
    assert asked == ["POST /rest/api/2/search/jql"] * 2


def test_the_cursor_is_asked_for_in_milliseconds_with_overlap() -> None:
    """Unquoted, so that no time zone is guessed: a quarter of an hour before the last start."""
    asked: list[str] = []

    def answer(method: str, path: str, body: Any) -> Reply:
        asked.append(body["jql"])
        return Reply(200, {"issues": []}, {"Date": "Sun, 01 Feb 2026 00:00:00 GMT"})

    with serving(answer) as (url, _):
        pages = list(jira(url).fetch("PAY", "2026-01-20T00:15:00+00:00"))

    assert asked == ['project = "PAY" AND updated >= 1768867200000 ORDER BY updated ASC, key ASC']
    assert pages[-1].cursor == "2026-02-01T00:00:00+00:00"


def test_check_says_what_is_wrong_with_the_flavour() -> None:
    """And which one is right; what fails does not keep the rest from being asked."""

    def answer(method: str, path: str, body: Any) -> Reply:
        if "serverInfo" in path:
            return Reply(200, {"deploymentType": "Server"})
        return Reply(404) if "project" in path else Reply(200, {"displayName": "Bot"})

    with serving(answer) as (url, _):
        found = [(c.ok, c.detail) for c in jira(url).check()]

    assert [ok for ok, _ in found] == [True, False, False]
    assert 'set flavour = "datacenter"' in found[1][1]
