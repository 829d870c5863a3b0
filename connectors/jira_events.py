"""An issue of Jira: what is kept of it, and what is read out of it."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256
from typing import Any

from connectors.errors import UNSHAPED
from connectors.people import identity as known_by
from connectors.records import (
    UNKNOWN,
    ActorKind,
    Event,
    EventKind,
    Item,
    ItemKind,
    Link,
    Payload,
    Person,
    Record,
    Verdict,
)

Json = dict[str, Any]

MOVED = {"status", "resolution", "Key"}
"""Fields of a change whose values are kept with the names they had."""

HANDED = {"assignee", "Flagged", "Sprint"}
"""Fields of a change whose values are kept by their ids; of all others only the name is."""

CONTENT = {"summary", "description", "environment", "Attachment", "custom Acceptance Criteria"}
"""Fields whose edit is evidence of work on the item."""

NOBODY = {"Workflow", "workflow"}
"""Fields that an administrator's migration touches in many issues at once, without moving their `updated`."""

PLAN_LABEL = re.compile(r"gemba-[0-9a-f]{16}")
"""Of an issue that was made for a change to the flow: it is no item of the flow."""

SPRINT_ID = re.compile(r"\bid=(\d+)")
"""In a sprint as Data Center may write it: com.atlassian.greenhopper...Sprint@1f[id=12,state=CLOSED,...]."""

CAUSED = ("is caused by",)
"""What Jira's own link type Problem/Incident says of the issue that something else caused."""

DECISIONS = {"approved": Verdict.APPROVED, "declined": Verdict.CHANGES}


def trim(issue: Json, roles: Mapping[str, str], blocking: Sequence[str]) -> Json:
    """What is kept of an issue with its history: no description, no comments, no addresses, no names of persons.

    `roles`: what the fields of this site are for, by id and name; `blocking`: how links say that something blocks.
    """
    fields = issue["fields"]
    special = _special(fields, roles)
    worklogs, odd = fields.get("worklog") or {}, list[object]()
    links = fields.get("issuelinks")
    blocker = partial(_blocker, blocking=blocking)
    histories = (_trim_history(history, roles, blocking) for history in issue["changelog"]["histories"])
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
        "parent": _parent(fields, special),
        "resolution": (fields.get("resolution") or {}).get("name"),
        "resolved": fields.get("resolutiondate"),
        "creator": _account(fields.get("creator")),
        "assignee": _account(fields.get("assignee")),
        "sprints": _each(_sprint_id, special.get("Sprint"), odd),
        "blockers": sorted({key for key in _each(blocker, links, odd) if key}),
        "causes": sorted({key for key in _each(partial(_blocker, blocking=CAUSED), links, list[object]()) if key}),
        "related": sorted({key for key in _each(_other, links, list[object]()) if key}),
        "approvals": _each(_trim_approval, special.get("Approvals"), odd),
        "histories": sorted((h for h in histories if h["items"]), key=lambda h: (h["created"], int(h["id"] or 0))),
        "histories_missing": int(issue["changelog"].get("missing", 0)),
        "worklogs": [_trim_worklog(w) for w in worklogs.get("worklogs", [])],
        "worklogs_missing": max(int(worklogs.get("total") or 0) - len(worklogs.get("worklogs", [])), 0),
        "odd": len(odd),
    }


def _each(read: Callable[[Any], Any], values: object, odd: list[object]) -> list[Any]:
    """What can be read of a field beside the flow; of what has another shape nothing is kept but that it was there."""
    found = []
    for value in values if isinstance(values, list) else [values] if values else []:
        try:
            found.append(read(value))
        except UNSHAPED:
            odd.append(value)
    return found


def _special(fields: Json, roles: Mapping[str, str]) -> Json:
    """What stands in the fields with a role, by role."""
    return {role: fields[field] for field, role in roles.items() if fields.get(field)}


def _parent(fields: Json, special: Mapping[str, Any]) -> str | None:
    """Of a sub-task, of a story on Cloud, of a story on Data Center, of an epic on Data Center."""
    above = special.get("Parent Link")
    key = above.get("key") if isinstance(above, dict) else above
    found = (fields.get("parent") or {}).get("key") or special.get("Epic Link") or key
    return str(found) if found else None


def _trim_history(history: Json, roles: Mapping[str, str], blocking: Sequence[str]) -> Json:
    changes = (change for change in history.get("items", []) if change.get("field") not in (None, *NOBODY))
    return {
        "id": str(history.get("id") or ""),
        "created": _iso(history["created"]),
        "author": _account(history.get("author")),
        "items": [_trim_change(change, roles, blocking) for change in changes],
    }


def _trim_change(change: Json, roles: Mapping[str, str], blocking: Sequence[str]) -> Json:
    """Of a field that a site made itself only the name is kept, apart from those with a role."""
    field = change["field"]
    if change.get("fieldtype") == "custom":
        field = roles.get(change.get("fieldId") or "") or roles.get(field) or f"custom {field}"
    if field == "Link":
        return _trim_link(change, blocking)
    if field in MOVED:
        return {"field": field, **{name: change.get(name) for name in ("from", "fromString", "to", "toString")}}
    if field == "Flagged":
        return {"field": field, "from": change.get("fromString"), "to": change.get("toString")}
    if field == "assignee":
        return {"field": field, **{end: change.get(end) and known_by(change[end]) for end in ("from", "to")}}
    return {"field": field, "from": change.get("from"), "to": change.get("to")} if field in HANDED else {"field": field}


def _trim_link(change: Json, blocking: Sequence[str]) -> Json:
    """A change says: This issue is blocked by PAY-3."""
    old, new = (
        change[key] if change.get(key) and _says(change.get(f"{key}String"), blocking) else None
        for key in ("from", "to")
    )
    return {"field": "Link", "from": old, "to": new} if old or new else {"field": "Link"}


def _says(text: str | None, phrases: Sequence[str]) -> bool:
    return any(phrase.casefold() in (text or "").casefold() for phrase in phrases)


def _blocker(link: Json, blocking: Sequence[str]) -> str | None:
    """Source: developer.atlassian.com, Jira REST, issue links: the other issue is either inward or outward."""
    end = "inward" if link.get("inwardIssue") else "outward"
    return str(link[f"{end}Issue"]["key"]) if _says(link["type"].get(end), blocking) else None


def _other(link: Json) -> str:
    return str((link.get("inwardIssue") or link["outwardIssue"])["key"])


def _sprint_id(sprint: Json | str) -> str:
    if isinstance(sprint, str):
        found = SPRINT_ID.search(sprint)
        if not found:
            raise ValueError(f"a sprint without an id: {sprint:.60}")
        return found[1]
    return str(sprint["id"])


def _trim_approval(approval: Json) -> Json:
    """Source: developer.atlassian.com, Jira Service Management REST, approval."""
    completed = approval.get("completedDate") or {}
    return {
        "id": str(approval["id"]),
        "asked": _iso(approval["createdDate"]["epochMillis"]),
        "decided": _iso(completed["epochMillis"]) if completed.get("epochMillis") else None,
        "approvers": [
            {"who": _account(one.get("approver")), "decision": one.get("approverDecision")}
            for one in approval.get("approvers") or []
        ],
    }


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
    return {"id": known_by(identity), "bot": user.get("accountType") == "app"}


def people_of(source: str, issue: Json, roles: Mapping[str, str]) -> Iterator[Person]:
    """Everybody in an issue and its history; assignees of the past are known by the name the change gave them."""
    fields, histories = issue["fields"], issue["changelog"]["histories"]
    approvals = _special(fields, roles).get("Approvals", [])
    accounts = [
        fields.get("creator"),
        fields.get("assignee"),
        *(one.get("approver") for approval in approvals for one in approval.get("approvers") or []),
        *(history.get("author") for history in histories),
        *(worklog.get("author") for worklog in (fields.get("worklog") or {}).get("worklogs", [])),
    ]
    for history in histories:
        for change in (c for c in history.get("items", []) if c["field"] == "assignee"):
            for end in ("from", "to"):
                if change.get(end):
                    yield Person(source, known_by(change[end]), change.get(f"{end}String") or change[end], hearsay=True)
    for user in accounts:
        if account := _account(user):
            yield Person(source, account["id"], (user or {}).get("displayName") or account["id"], _kind(account))


def plan_label(mark: str) -> str:
    """The label of the issue that is made for a mark."""
    return f"gemba-{sha256(mark.encode()).hexdigest()[:16]}"


def translate(payload: Payload, site: str) -> Iterator[Record]:
    """Item, events and links; the item is looked at on `site`."""
    body, moves = payload.body, _changes(payload.body, "status")
    source, item = payload.source, str(payload.body["id"])
    yield Item(
        source,
        payload.scope,
        item,
        ItemKind.PLAN if any(PLAN_LABEL.fullmatch(label) for label in body["labels"]) else ItemKind.ISSUE,
        body["key"],
        body["summary"],
        f"{site}/browse/{body['key']}",
        time_of(body["created"]),
        type=body["type"],
        parent=body["parent"],
        labels=tuple(body["labels"]),
        aliases=tuple(c["fromString"] for _, _, c in _changes(body, "Key")),
        doubts=tuple(_doubts(body, moves)),
    )
    yield from (Link(source, item, blocker, "blocks", "api") for blocker in body["blockers"])
    yield from (Link(source, item, cause, "causes", "api") for cause in body.get("causes", []))
    known = {*body["blockers"], *body.get("causes", [])}
    yield from (Link(source, item, other, "relates", "api") for other in body.get("related", []) if other not in known)
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
    yield from _planning(source, payload.scope, item, body)
    yield from _approvals(source, item, body)


def _circumstances(source: str, item: str, body: Mapping[str, Any]) -> Iterator[Event]:
    """Assignments, blocks, edits and logged work."""
    assignments = _changes(body, "assignee")
    first = assignments[0][2]["from"] if assignments else (body["assignee"] or {}).get("id")
    if first:
        yield Event(source, f"{item}:assigned", item, time_of(body["created"]), EventKind.ASSIGNED, detail=first)
    for event_id, history, change in assignments:
        yield _event(source, item, event_id, history, EventKind.ASSIGNED, detail=change["to"])
    yield from _resolutions(source, item, body)
    for event_id, history, change in _changes(body, "Flagged"):
        kind = EventKind.BLOCKED if change["to"] else EventKind.UNBLOCKED
        yield _event(source, item, event_id, history, kind, detail="flag")
    for event_id, history, change in _changes(body, "Link"):
        if blocker := change.get("to") or change.get("from"):
            kind = EventKind.BLOCKED if change["to"] else EventKind.UNBLOCKED
            yield _event(source, item, event_id, history, kind, detail=blocker)
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


def _planning(source: str, scope: str, item: str, body: Mapping[str, Any]) -> Iterator[Event]:
    """Into which sprints it was taken, and out of which; those it was born into are in no history."""
    changes = _changes(body, "Sprint")
    born = _ids(changes[0][2]["from"]) if changes else set(body["sprints"])
    for sprint in sorted(born):
        key = f"sprint/{scope}/{sprint}"
        yield Event(source, f"{item}:planned:{sprint}", item, time_of(body["created"]), EventKind.PLANNED, detail=key)
    for event_id, history, change in changes:
        before, after = _ids(change["from"]), _ids(change["to"])
        for kind, sprints in ((EventKind.UNPLANNED, before - after), (EventKind.PLANNED, after - before)):
            for sprint in sorted(sprints):
                key = f"sprint/{scope}/{sprint}"
                yield _event(source, item, f"{event_id}:{kind}:{sprint}", history, kind, detail=key)


def _ids(text: str | None) -> set[str]:
    return {part.strip() for part in (text or "").split(",") if part.strip()}


def _approvals(source: str, item: str, body: Mapping[str, Any]) -> Iterator[Event]:
    """Who was asked, and what they decided; the source tells one time for all decisions of an approval.

    Once it is decided, those who did not answer are not asked any more.
    """
    for approval in body["approvals"]:
        decided = time_of(approval["decided"]) if approval["decided"] else None
        for one in approval["approvers"]:
            who = (one["who"] or {}).get("id")
            mark = f"{item}:approval:{approval['id']}:{who}"
            yield Event(source, f"{mark}:asked", item, time_of(approval["asked"]), EventKind.REQUESTED, detail=who)
            verdict = DECISIONS.get(one["decision"])
            if decided and verdict:
                answered, actor = f"{mark}:decided", _actor(one["who"])
                yield Event(source, answered, item, decided, EventKind.REVIEWED, detail=verdict, **actor)
            elif decided:
                yield Event(source, f"{mark}:spared", item, decided, EventKind.UNREQUESTED, detail=who)


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
    if body["odd"]:
        yield "a sprint, link or approval of it could not be read"
    if body["worklogs_missing"]:
        yield f"work logs cut: {body['worklogs_missing']} are missing"
    if _moved_unrecorded(body, moves):
        yield "the status that it has is not the last one in its history"
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
    return {"actor": account["id"], "actor_kind": _kind(account)}


def _kind(account: Json) -> ActorKind:
    return ActorKind.BOT if account["bot"] else ActorKind.HUMAN


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
