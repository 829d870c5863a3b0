"""Jira Cloud and Data Center, through python-jira.

Cloud: `search/jql` pages by token, at most 100 issues with fields; its inline changelog holds only the newest 40
entries, so histories come from `changelog/bulkfetch` (1,000 issues a request). Data Center: `search` pages by offset
and `expand=changelog`; an issue whose history was cut there says so in its doubts. Incremental: `updated >=` unquoted
epoch milliseconds, which are absolute (a quoted date is read in the account's time zone).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import chain, islice
from typing import Any, Literal

import requests

from connectors.errors import SourceError, SourceUnavailable, reading
from connectors.pages import page_of
from connectors.records import (
    UNKNOWN,
    ActorKind,
    Check,
    Event,
    EventKind,
    Item,
    Page,
    Payload,
    Person,
    Record,
    numbered,
)
from connectors.settings import SourceSettings
from connectors.transport import TIMEOUT_S, patiently, refusal, server_time, unreachable

Json = dict[str, Any]

FIELDS = (
    "summary",
    "issuetype",
    "status",
    "created",
    "updated",
    "labels",
    "parent",
    "project",
    "creator",
    "assignee",
    "resolution",
    "resolutiondate",
    "worklog",
    "statuscategorychangedate",
)
OVERLAP = timedelta(minutes=15)
"""The search is eventually consistent, and issues move between pages while they are walked."""

SEARCH_PAGE, ID_PAGE, CENSUS_PAGE, HISTORIES_PAGE = 100, 1000, 5000, 10_000

VALUED = {"status", "assignee", "resolution", "Flagged", "Key"}
"""Fields of a change whose values are kept; of all others only the name is."""

CONTENT = {"summary", "description", "environment", "Attachment", "Acceptance Criteria"}
"""Fields whose edit is evidence of work on the item."""


class JiraSettings(SourceSettings):
    """`[connectors.jira.<name>]` of the configuration."""

    url: str
    browse_url: str | None = None
    flavour: Literal["cloud", "datacenter"] = "cloud"
    email: str | None = None
    projects: tuple[str, ...]

    @property
    def scopes(self) -> tuple[str, ...]:
        return self.projects


class Jira:
    """The projects of one Jira site."""

    def __init__(self, name: str, settings: JiraSettings, now: Callable[[], datetime]) -> None:
        self.name, self.scopes = name, settings.scopes
        self._settings, self._now = settings, now
        self._site = _Site(name, settings)
        self._cloud = settings.flavour == "cloud"

    def fetch(self, scope: str, cursor: str | None) -> Iterator[Page]:
        """Issues by ascending `updated`. The cursor is a time; it never passes the start of the walk."""
        since = datetime.fromisoformat(cursor) - OVERLAP if cursor else None
        changed = f" AND updated >= {_epoch_ms(since)}" if since else ""
        issues = self._search(scope, changed, "updated ASC, key ASC")
        first = list(islice(issues, 1))
        started = self._site.date or self._now()
        for page in self._pages(scope, chain(first, issues)):
            reached = [min(started, payload.updated_at).isoformat() for payload in page.payloads[-1:]]
            yield replace(page, cursor=reached[0] if reached else None)
        yield Page((), started.isoformat())

    def census(self, scope: str) -> Mapping[str, str]:
        """The status of every issue: a migrated workflow changes it without moving `updated`."""
        types: list[Json] = self._site.get(f"project/{scope}/statuses", f"project {scope}")
        statuses = {str(s["id"]) for t in types for s in t["statuses"]}
        return {key: status for status in sorted(statuses) for key in self._ids(scope, status)}

    def reread(self, scope: str, keys: Sequence[str]) -> Iterator[Page]:
        for start in range(0, len(keys), SEARCH_PAGE):
            some = ", ".join(keys[start : start + SEARCH_PAGE])
            yield from self._pages(scope, self._search(scope, f" AND id in ({some})", "key ASC"))

    def translate(self, payload: Payload) -> Iterator[Record]:
        with reading(f"{payload.source} issue {payload.body.get('key') or payload.key}"):
            yield from numbered(_translate(payload, self._settings.browse_url or self._settings.url))

    def check(self) -> Iterator[Check]:
        yield self._checked("token", "myself", lambda me: (True, f"accepted as {me.get('displayName', 'unknown')}"))
        yield self._checked("flavour", "serverInfo", self._flavour)
        for scope in self.scopes:
            yield self._checked(
                f"project {scope}", f"project/{scope}", lambda found: (True, f"visible: {found.get('name')}")
            )

    def _checked(self, what: str, path: str, judge: Callable[[Json], tuple[bool, str]]) -> Check:
        try:
            ok, detail = judge(self._site.get(path, what))
        except SourceError as problem:
            ok, detail = False, str(problem)
        return Check(f"{self.name}: {what}", ok, detail)

    def _flavour(self, info: Json) -> tuple[bool, str]:
        found = "cloud" if info.get("deploymentType") == "Cloud" else "datacenter"
        hint = "" if found == self._settings.flavour else f'; set flavour = "{found}"'
        return not hint, f"the server is {found}{hint}"

    def _search(self, scope: str, condition: str, order: str) -> Iterator[Json]:
        return self._site.search(
            f'project = "{scope}"{condition} ORDER BY {order}', FIELDS, SEARCH_PAGE, f"project {scope}"
        )

    def _ids(self, scope: str, status: str) -> Iterator[str]:
        jql = f'project = "{scope}" AND status = {status} ORDER BY key ASC'
        return (str(issue["id"]) for issue in self._site.search(jql, ("id",), CENSUS_PAGE, f"project {scope}"))

    def _pages(self, scope: str, issues: Iterator[Json]) -> Iterator[Page]:
        """As many issues as their histories can be asked for at once."""
        while chunk := list(islice(issues, ID_PAGE)):
            ids = [str(issue["id"]) for issue in chunk]
            histories = self._site.histories(ids, f"project {scope}") if self._cloud else {}
            make = partial(self._payload, scope, histories)
            yield page_of(chunk, make, lambda issue: f"{self.name} issue {issue.get('key')}")

    def _payload(self, scope: str, histories: Mapping[str, list[Json]], issue: Json) -> Payload:
        body = trim(issue, histories.get(str(issue["id"]), []) if self._cloud else None)
        return Payload(self.name, scope, "issue", body["id"], _time(body["updated"]), body, body["status"]["id"])


class _Site:
    """How to ask: the requests that python-jira has no method for, sent through its session."""

    def __init__(self, name: str, settings: JiraSettings) -> None:
        self.name, self.settings = name, settings
        self.date: datetime | None = None
        self._client: Any = None

    def get(self, path: str, what: str) -> Any:
        return patiently(lambda: self._ask("GET", path, None, what))

    def search(self, jql: str, fields: Sequence[str], size: int, what: str) -> Iterator[Json]:
        """All issues that match, page by page; on Data Center with as much of their history as fits inline."""
        return (self._search_cloud if self.settings.flavour == "cloud" else self._search_datacenter)(
            {"jql": jql, "fields": list(fields), "maxResults": size}, what
        )

    def histories(self, ids: list[str], what: str) -> dict[str, list[Json]]:
        """Every change of every named issue (Cloud). An issue may be split over pages."""
        found: dict[str, list[Json]] = {}
        body: Json = {"issueIdsOrKeys": ids, "maxResults": HISTORIES_PAGE}
        for answer in self._by_token("changelog/bulkfetch", body, what, "issueChangeLogs"):
            for log in answer["issueChangeLogs"]:
                found.setdefault(str(log["issueId"]), []).extend(log["changeHistories"])
        return found

    def _search_cloud(self, body: Json, what: str) -> Iterator[Json]:
        """Source: developer.atlassian.com, Jira Cloud REST, search/jql; there is no total."""
        for answer in self._by_token("search/jql", body, what, "issues"):
            yield from answer["issues"]

    def _search_datacenter(self, body: Json, what: str) -> Iterator[Json]:
        start, total = 0, 1
        expand = [] if body["fields"] == ["id"] else ["changelog"]
        while start < total:
            answer = self._post("search", body | {"startAt": start, "expand": expand}, what, "issues")
            yield from answer["issues"]
            start += len(answer["issues"]) or total
            total = int(answer["total"])

    def _by_token(self, path: str, body: Json, what: str, holds: str) -> Iterator[Json]:
        token, seen = None, set[str]()
        while True:
            answer = self._post(path, body | ({"nextPageToken": token} if token else {}), what, holds)
            yield answer
            token = answer.get("nextPageToken")
            if not token:
                return
            if token in seen:
                raise SourceUnavailable(f"{self.name}: the answers for {what} repeat themselves; try again later")
            seen.add(token)

    def _post(self, path: str, body: Json, what: str, holds: str) -> Json:
        answer: Json = patiently(lambda: self._ask("POST", path, body, what))
        if not isinstance(answer, dict) or holds not in answer:
            raise SourceUnavailable(f"{self.name}: the answer for {what} is not Jira's; check that url leads to a Jira")
        return answer

    def _ask(self, method: str, path: str, body: Json | None, what: str) -> Any:
        from jira import JIRAError

        client = self._connected()
        url = f"{self.settings.url.rstrip('/')}/rest/api/2/{path}"
        try:
            answer = client._session.request(method, url, **({"json": body} if body is not None else {}))
            self.date = server_time(answer.headers)
            return answer.json()
        except JIRAError as problem:
            headers = problem.response.headers if problem.response is not None else {}
            raise refusal(self.name, what, problem.status_code or 500, headers, self.settings.token_place) from problem
        except requests.exceptions.JSONDecodeError as problem:
            raise SourceUnavailable(
                f"{self.name}: {url} did not answer in JSON; check that url leads to a Jira"
            ) from problem
        except requests.RequestException as problem:
            raise unreachable(self.name, url, problem) from problem

    def _connected(self) -> Any:
        if self._client is None:
            from jira import JIRA

            token, email = self.settings.token(self.name), self.settings.email
            auth: Json = {"basic_auth": (email, token)} if email else {"token_auth": token}
            self._client = JIRA(
                options={"server": self.settings.url.rstrip("/"), "rest_api_version": "2"},
                timeout=TIMEOUT_S,
                max_retries=0,
                get_server_info=False,
                **auth,
            )
        return self._client


def trim(issue: Json, histories: list[Json] | None) -> Json:
    """What is kept of an issue: no description, no comments, no addresses.

    Without `histories` the inline ones are taken.
    """
    fields = issue["fields"]
    inline = issue.get("changelog") or {}
    found = inline.get("histories", []) if histories is None else histories
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
        "worklogs": [_trim_worklog(w) for w in (fields.get("worklog") or {}).get("worklogs", [])],
    }


def _trim_history(history: Json) -> Json:
    return {
        "id": str(history.get("id") or ""),
        "created": _iso(history["created"]),
        "author": _account(history.get("author")),
        "items": [_trim_change(i) for i in history.get("items", [])],
    }


def _trim_change(change: Json) -> Json:
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


def _translate(payload: Payload, site: str) -> Iterator[Record]:
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
        _time(body["created"]),
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
        yield Event(source, f"{item}:assigned", item, _time(body["created"]), EventKind.ASSIGNED, detail=first)
    for event_id, history, change in assignments:
        yield _event(source, item, event_id, history, EventKind.ASSIGNED, detail=change["to"])
    yield from _resolutions(source, item, body)
    for event_id, history, change in _changes(body, "Flagged"):
        kind = EventKind.BLOCKED if change["toString"] else EventKind.UNBLOCKED
        yield _event(source, item, event_id, history, kind, detail="flag")
    for event_id, history, change in _changes(body, *CONTENT):
        yield _event(source, item, event_id, history, EventKind.EDITED, detail=change["field"])
    for log in body["worklogs"]:
        ended = _time(log["started"]) + timedelta(seconds=log["seconds"])
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
        at = _time(body["resolved"] or body["created"])
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
    born = min([_time(body["created"]), *(_time(h["created"]) for _, h, _ in moves[:1])])
    return Event(source, f"{item}:created", item, born, EventKind.STATE, state, state_id, **_actor(body["creator"]))


def _last_state(source: str, item: str, body: Mapping[str, Any], moves: list[tuple[str, Json, Json]]) -> Event:
    """The current state, entered at the best time there is, but after the last move that is known."""
    at = _time(body["resolved"] or body["status_changed"] or body["updated"])
    known = [_time(h["created"]) for _, h, _ in moves[-1:]]
    left = moves[-1][2]["to"] if moves else None
    status = body["status"]
    return Event(
        source, f"{item}:last", item, max([at, *known]), EventKind.STATE, status["name"], status["id"], detail=left
    )


def _moved_unrecorded(body: Mapping[str, Any], moves: list[tuple[str, Json, Json]]) -> bool:
    """The current status is not where the history ends; or there is none, though the issue was resolved since."""
    if moves:
        return bool(moves[-1][2]["to"] != body["status"]["id"])
    return bool(body["resolved"]) and _time(body["resolved"]) > _time(body["created"])


def _doubts(body: Mapping[str, Any], moves: list[tuple[str, Json, Json]]) -> Iterator[str]:
    if body["histories_missing"]:
        yield f"history cut: the {body['histories_missing']} oldest changes are missing"
    if _moved_unrecorded(body, moves):
        yield "its last change of status is in no history"
    if moves and _time(moves[0][1]["created"]) < _time(body["created"]):
        yield "its history begins before its creation"


def _changes(body: Mapping[str, Any], *fields: str) -> list[tuple[str, Json, Json]]:
    """(event id, history, change) for every change of the fields, oldest first."""
    return [
        (f"{body['id']}:{h['id']}:{n}", h, c)
        for h in body["histories"]
        for n, c in enumerate(h["items"])
        if c["field"] in fields
    ]


def _event(source: str, item: str, event_id: str, history: Json, kind: EventKind, **more: Any) -> Event:
    return Event(source, event_id, item, _time(history["created"]), kind, **more, **_actor(history["author"]))


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
    yield from ({k: Person(source, k, name or k) for k, name in named.items()} | known).values()


def _iso(value: str | float) -> str:
    """REST sends 2026-01-01T10:00:00.000+0200, bulkfetch epoch milliseconds (its documentation shows seconds)."""
    if isinstance(value, str):
        return _time(value).isoformat(timespec="milliseconds")
    milliseconds = int(value if value > 1e11 else value * 1000)
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)).isoformat(timespec="milliseconds")


def _time(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"the time {text} has no offset")
    return moment.astimezone(UTC)


def _epoch_ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
