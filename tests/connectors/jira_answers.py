"""What Jira answers about an issue, and what is read out of it."""

from datetime import UTC, datetime
from typing import Any

from connectors.jira import Jira
from connectors.jira_events import trim
from connectors.jira_settings import JiraSettings
from connectors.records import Event, EventKind, Payload, Record
from tests.serve import Answer, Reply

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
    body = trim(raw, ROLES, ("is blocked by",))
    return list(jira().translate(Payload("jira.acme", "PAY", "issue", "10001", NOW, body)))


def events(raw: Json, *kinds: EventKind) -> list[tuple[str, str | None, str | None]]:
    found = [r for r in read(raw) if isinstance(r, Event) and r.kind in kinds]
    return [(e.at.strftime("%d %H:%M"), e.state, e.detail) for e in sorted(found, key=lambda e: e.at)]


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
