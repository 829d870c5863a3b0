"""An issue of Jira: what is kept of it, and what is read out of it."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.records import UNKNOWN, ActorKind, Event, EventKind, Item, Payload, Person, Record

Json = dict[str, Any]

VALUED = {"status", "assignee", "resolution", "Flagged", "Key"}
"""Fields of a change whose values are kept; of all others only the name is."""

CONTENT = {"summary", "description", "environment", "Attachment", "custom Acceptance Criteria"}
"""Fields whose edit is evidence of work on the item."""


def trim(issue: Json, histories: list[Json] | None) -> Json:
    """What is kept of an issue: no description, no comments, no addresses.

    Without `histories` the inline ones are taken.
    """
    fields = issue["fields"]
    inline = issue.get("changelog") or {}
    found = inline.get("histories", []) if histories is None else histories
    worklogs = fields.get("worklog") or {}
    return {
        "id": str(issue["id"]),
        "key": issue["key"],
        "summary": fields.get("summary") or "",
        "type": (fields.get("issuetype") or {}).get("name"),
        "status": {"id": str(fields["status"]["id"]), "name": fields["status"]["name"]},
        "status_changed": fields.get("statuscategorychangedate"),
        "created": fields["created"],
        "updated": fields["updated"],
        "labels": fields.get("labels") or [],
        "parent": (fields.get("parent") or {}).get("key"),
        "resolution": (fields.get("resolution") or {}).get("name"),
        "resolved": fields.get("resolutiondate"),
        "creator": _account(fields.get("creator")),
        "assignee": _account(fields.get("assignee")),
        "histories": sorted((_trim_history(h) for h in found), key=lambda h: (h["created"], int(h["id"] or 0))),
        "histories_missing": max(int(inline.get("total", 0)) - len(found), 0) if histories is None else 0,
        "worklogs": [_trim_worklog(w) for w in worklogs.get("worklogs", [])],
        "worklogs_missing": max(int(worklogs.get("total", 0)) - len(worklogs.get("worklogs", [])), 0),
    }


def _trim_history(history: Json) -> Json:
    return {
        "id": str(history.get("id") or ""),
        "created": _iso(history["created"]),
        "author": _account(history.get("author")),
        "items": [_trim_change(i) for i in history.get("items", [])],
    }


def _trim_change(change: Json) -> Json:
    """Of a field that a site made itself only the name is kept, apart from that of the system's own."""
    if change.get("fieldtype") == "custom" and change["field"] != "Flagged":
        return {"field": f"custom {change['field']}"}
    if change["field"] not in VALUED:
        return {"field": change["field"]}
    return {name: change.get(name) for name in ("field", "from", "fromString", "to", "toString")}


def _trim_worklog(worklog: Json) -> Json:
    return {
        "id": str(worklog["id"]),
        "author": _account(worklog.get("author")),
        "started": _iso(worklog["started"]),
        "seconds": int(worklog.get("timeSpentSeconds") or 0),
    }


def _account(user: Json | None) -> Json | None:
    """A Cloud account has accountId and accountType, a Data Center user has key and name."""
    identity = user and (user.get("accountId") or user.get("key") or user.get("name"))
    if not user or not identity:
        return None
    return {"id": identity, "name": user.get("displayName") or identity, "bot": user.get("accountType") == "app"}


def translate(payload: Payload, site: str) -> Iterator[Record]:
    """Item, events and people; the item is looked at on `site`."""
    body, moves = payload.body, _changes(payload.body, "status")
    source, item = payload.source, str(payload.body["id"])
    yield from _people(source, body)
    yield Item(
        source,
        payload.scope,
        item,
        "issue",
        body["key"],
        body["summary"],
        f"{site.rstrip('/')}/browse/{body['key']}",
        time_of(body["created"]),
        type=body["type"],
        parent=body["parent"],
        labels=tuple(body["labels"]),
        aliases=tuple(c["fromString"] for _, _, c in _changes(body, "Key")),
        doubts=tuple(_doubts(body, moves)),
    )
    yield _first_state(source, item, body, moves)
    for event_id, history, change in moves:
        yield _event(
            source,
            item,
            event_id,
            history,
            EventKind.STATE,
            state=change["toString"],
            state_id=change["to"],
            detail=change["from"],
        )
    if _moved_unrecorded(body, moves):
        yield _last_state(source, item, body, moves)
    yield from _circumstances(source, item, body)


def _circumstances(source: str, item: str, body: Mapping[str, Any]) -> Iterator[Event]:
    """Assignments, flags, edits and logged work."""
    assignments = _changes(body, "assignee")
    first = assignments[0][2]["from"] if assignments else (body["assignee"] or {}).get("id")
    if first:
        yield Event(source, f"{item}:assigned", item, time_of(body["created"]), EventKind.ASSIGNED, detail=first)
    for event_id, history, change in assignments:
        yield _event(source, item, event_id, history, EventKind.ASSIGNED, detail=change["to"])
    yield from _resolutions(source, item, body)
    for event_id, history, change in _changes(body, "Flagged"):
        kind = EventKind.BLOCKED if change["toString"] else EventKind.UNBLOCKED
        yield _event(source, item, event_id, history, kind, detail="flag")
    for event_id, history, change in _changes(body, *CONTENT):
        yield _event(source, item, event_id, history, EventKind.EDITED, detail=change["field"])
    for log in body["worklogs"]:
        ended = time_of(log["started"]) + timedelta(seconds=log["seconds"])
        yield Event(
            source,
            f"{item}:worklog:{log['id']}",
            item,
            ended,
            EventKind.LOGGED_WORK,
            detail=str(log["seconds"]),
            **_actor(log["author"]),
        )


def _resolutions(source: str, item: str, body: Mapping[str, Any]) -> Iterator[Event]:
    """How it was resolved, and when that was changed; without a history, when it was resolved."""
    changes = _changes(body, "resolution")
    for event_id, history, change in changes:
        yield _event(source, item, event_id, history, EventKind.RESOLVED, detail=change["toString"])
    if body["resolution"] and not changes:
        at = time_of(body["resolved"] or body["created"])
        yield Event(source, f"{item}:resolution", item, at, EventKind.RESOLVED, detail=body["resolution"])


def _first_state(source: str, item: str, body: Mapping[str, Any], moves: list[tuple[str, Json, Json]]) -> Event:
    """The state an issue was born in is in no history: it is what the first change left, or else the current one.

    Where the history is cut, or tells nothing of an issue that was resolved, nobody knows.
    """
    state, state_id = body["status"]["name"], body["status"]["id"]
    if moves:
        state, state_id = moves[0][2]["fromString"], moves[0][2]["from"]
    if body["histories_missing"] or (not moves and _moved_unrecorded(body, moves)):
        state, state_id = UNKNOWN, None
    born = min([time_of(body["created"]), *(time_of(h["created"]) for _, h, _ in moves[:1])])
    return Event(source, f"{item}:created", item, born, EventKind.STATE, state, state_id, **_actor(body["creator"]))


def _last_state(source: str, item: str, body: Mapping[str, Any], moves: list[tuple[str, Json, Json]]) -> Event:
    """The current state, entered at the best time there is, but after the last move that is known."""
    at = time_of(body["resolved"] or body["status_changed"] or body["updated"])
    known = [time_of(h["created"]) for _, h, _ in moves[-1:]]
    left = moves[-1][2]["to"] if moves else None
    status = body["status"]
    return Event(
        source, f"{item}:last", item, max([at, *known]), EventKind.STATE, status["name"], status["id"], detail=left
    )


def _moved_unrecorded(body: Mapping[str, Any], moves: list[tuple[str, Json, Json]]) -> bool:
    """The current status is not where the history ends; or there is none, though the issue was resolved since."""
    if moves:
        return bool(moves[-1][2]["to"] != body["status"]["id"])
    return bool(body["resolved"]) and time_of(body["resolved"]) > time_of(body["created"])


def _doubts(body: Mapping[str, Any], moves: list[tuple[str, Json, Json]]) -> Iterator[str]:
    if body["histories_missing"]:
        yield f"history cut: the {body['histories_missing']} oldest changes are missing"
    if body["worklogs_missing"]:
        yield f"work logs cut: {body['worklogs_missing']} are missing"
    if _moved_unrecorded(body, moves):
        yield "its last change of status is in no history"
    if moves and time_of(moves[0][1]["created"]) < time_of(body["created"]):
        yield "its history begins before its creation"


def _changes(body: Mapping[str, Any], *fields: str) -> list[tuple[str, Json, Json]]:
    """(event id, history, change) for every change of the fields, oldest first."""
    return [
        (f"{body['id']}:{h['id'] or h['created']}:{n}", h, c)
        for h in body["histories"]
        for n, c in enumerate(h["items"])
        if c["field"] in fields
    ]


def _event(source: str, item: str, event_id: str, history: Json, kind: EventKind, **more: Any) -> Event:
    return Event(source, event_id, item, time_of(history["created"]), kind, **more, **_actor(history["author"]))


def _actor(account: Json | None) -> Json:
    if account is None:
        return {}
    return {"actor": account["id"], "actor_kind": ActorKind.BOT if account["bot"] else ActorKind.HUMAN}


def _people(source: str, body: Mapping[str, Any]) -> Iterator[Person]:
    """Everybody in the issue; assignees of the past are known by the name the change gave them."""
    accounts = [
        body["creator"],
        body["assignee"],
        *(h["author"] for h in body["histories"]),
        *(w["author"] for w in body["worklogs"]),
    ]
    named = {c[end]: c[f"{end}String"] for _, _, c in _changes(body, "assignee") for end in ("from", "to") if c[end]}
    known = {
        a["id"]: Person(source, a["id"], a["name"], ActorKind.BOT if a["bot"] else ActorKind.HUMAN)
        for a in accounts
        if a
    }
    yield from ({k: Person(source, k, name or k, hearsay=True) for k, name in named.items()} | known).values()


def _iso(value: str | float) -> str:
    """REST sends 2026-01-01T10:00:00.000+0200, bulkfetch epoch milliseconds (its documentation shows seconds)."""
    if isinstance(value, str):
        return time_of(value).isoformat(timespec="milliseconds")
    milliseconds = int(value if value > 1e11 else value * 1000)
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)).isoformat(timespec="milliseconds")


def time_of(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"the time {text} has no offset")
    return moment.astimezone(UTC)
