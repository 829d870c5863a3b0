"""Jira: how issues are walked through, what is asked for alone, and how faults are told."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests
from pydantic import ValidationError

from connectors.errors import REPORT, AccessDenied, RateLimited, SourceUnavailable
from connectors.jira_settings import JiraSettings
from connectors.records import Unreadable
from tests.connectors.jira_answers import ANN, SPRINT, Json, desk, history, issue, jira, moved
from tests.serve import Answer, Reply, serving


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


def test_an_issue_that_cannot_be_trimmed_does_not_keep_the_others_out() -> None:
    """It is told with its place."""

    def answer(method: str, path: str, body: Any) -> Reply:
        found = {"issues": [{"id": "1", "key": "PAY-9", "fields": {}}, issue()]}
        return Reply(200, found if "search" in path else {"issueChangeLogs": []})

    with site(answer) as (url, _):
        first = next(iter(jira(url).fetch("PAY", None)))
    assert [p.body["key"] for p in first.payloads] == ["PAY-1"]
    assert first.unreadable == (
        Unreadable(
            "issue", "1", f"cannot read jira.acme issue PAY-9: its shape is not known (KeyError 'status'); {REPORT}"
        ),
    )


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
