"""GitHub.com and GitHub Enterprise, through PyGithub's requester and GraphQL (queries: github.graphql).

A page starts at 25 pull requests and is halved whenever GitHub gives up on it (RESOURCE_LIMITS_EXCEEDED, null nodes,
502). The first walk goes oldest change first and can be resumed at any page; later ones go newest change first and
stop where the last one began. `updatedAt` does not move for commits and checks: `census` finds the open pull requests
that changed so.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

import requests

from connectors.errors import AccessDenied, RateLimited, SourceError, SourceUnavailable, reading
from connectors.pages import page_of
from connectors.records import (
    ActorKind,
    Check,
    Event,
    EventKind,
    Item,
    Link,
    Page,
    Payload,
    Person,
    Record,
    Verdict,
    numbered,
)
from connectors.settings import SourceSettings
from connectors.transport import TIMEOUT_S, patiently, refusal, retry_after, server_time, unreachable

Json = dict[str, Any]

FIRST_SIZE = 25
OVERLAP = timedelta(minutes=10)
NESTED = {"reviews": "MoreReviews", "commits": "MoreCommits", "timelineItems": "MoreTimeline"}
"""Lists inside a pull request, and the operation that continues each."""

KEY = re.compile(r"(?<![A-Za-z0-9])([A-Za-z][A-Za-z0-9_]+-[0-9]+)(?![A-Za-z0-9])")
"""An issue key, as people write it in branches (lower case, too), titles, bodies and commit messages."""

HAPPENINGS = {
    "ReadyForReviewEvent": EventKind.READY,
    "ConvertToDraftEvent": EventKind.DRAFTED,
    "ReviewRequestedEvent": EventKind.REQUESTED,
    "ReviewRequestRemovedEvent": EventKind.UNREQUESTED,
    "ReviewDismissedEvent": EventKind.DISMISSED,
    "HeadRefForcePushedEvent": EventKind.FORCE_PUSHED,
    "AddedToMergeQueueEvent": EventKind.QUEUED,
    "RemovedFromMergeQueueEvent": EventKind.UNQUEUED,
    "ClosedEvent": EventKind.CLOSED,
    "ReopenedEvent": EventKind.REOPENED,
    "MergedEvent": EventKind.MERGED,
}
VERDICTS = {"APPROVED": Verdict.APPROVED, "CHANGES_REQUESTED": Verdict.CHANGES}
FAILED = {"FAILURE", "ERROR", "TIMED_OUT", "CANCELLED", "STARTUP_FAILURE", "ACTION_REQUIRED"}


class GitHubSettings(SourceSettings):
    """`[connectors.github.<name>]` of the configuration."""

    api_url: str = "https://api.github.com"
    repositories: tuple[str, ...]

    @property
    def scopes(self) -> tuple[str, ...]:
        return self.repositories


class GitHub:
    """Repositories of one GitHub."""

    def __init__(self, name: str, settings: GitHubSettings, now: Callable[[], datetime]) -> None:
        self.name, self.scopes = name, settings.scopes
        self._now = now
        self._site = _Site(name, settings)

    def fetch(self, scope: str, cursor: str | None) -> Iterator[Page]:
        """Pull requests with all that happened to them.

        The cursor is JSON: when the walk began, and where it is if unfinished.
        """
        state: Json = json.loads(cursor) if cursor else {}
        if state and not state.get("after"):
            yield from self._newest(scope, datetime.fromisoformat(state["started"]) - OVERLAP)
        else:
            yield from self._everything(scope, state)

    def census(self, scope: str) -> Mapping[str, str]:
        """Head, number of commits and state of the checks of every open pull request."""
        found: dict[str, str] = {}
        for nodes in self._site.pages("Open", _place(scope), ("repository", "pullRequests"), scope):
            found |= {node["id"]: _mark(node, node["commitCount"]["totalCount"]) for node in nodes}
        return found

    def reread(self, scope: str, keys: Sequence[str]) -> Iterator[Page]:
        for start in range(0, len(keys), FIRST_SIZE):
            some = list(keys[start : start + FIRST_SIZE])
            nodes = self._site.ask("Again", {"ids": some}, scope)["nodes"]
            yield self._page(scope, [n for n in nodes if n])

    def translate(self, payload: Payload) -> Iterator[Record]:
        with reading(f"{payload.source} pull request {payload.body.get('url') or payload.key}"):
            yield from numbered(_translate(payload))

    def check(self) -> Iterator[Check]:
        for scope in self.scopes:
            what = f"{self.name}: repository {scope}"
            try:
                answer = self._site.ask("Visible", _place(scope), scope)
            except SourceError as problem:
                yield Check(what, ok=False, detail=str(problem))
            else:
                count = answer["repository"]["pullRequests"]["totalCount"]
                yield Check(what, ok=True, detail=f"visible to {answer['viewer']['login']}, {count} pull requests")

    def _everything(self, scope: str, state: Json) -> Iterator[Page]:
        walk = _Walk(self._site, scope, "ASC", state.get("after"), state.get("size", FIRST_SIZE))
        started = state.get("started")
        for nodes in walk:
            started = started or self._here_and_now()
            unfinished = json.dumps({"started": started, "after": walk.after, "size": walk.size})
            yield self._page(scope, nodes, unfinished)
        yield Page((), json.dumps({"started": started or self._here_and_now()}))

    def _newest(self, scope: str, since: datetime) -> Iterator[Page]:
        started = None
        for nodes in _Walk(self._site, scope, "DESC", None, FIRST_SIZE):
            started = started or self._here_and_now()
            fresh = [n for n in nodes if _time(n["updatedAt"]) >= since]
            yield self._page(scope, fresh)
            if len(fresh) < len(nodes):
                break
        yield Page((), json.dumps({"started": started or self._here_and_now()}))

    def _here_and_now(self) -> str:
        return (self._site.date or self._now()).isoformat()

    def _page(self, scope: str, nodes: list[Json], cursor: str | None = None) -> Page:
        return page_of(
            nodes, lambda n: self._payload(scope, n), lambda n: f"{self.name} pull request {n.get('url')}", cursor
        )

    def _payload(self, scope: str, node: Json) -> Payload:
        for field, operation in NESTED.items():
            connection = node[field]
            if connection["pageInfo"]["hasNextPage"]:
                place = {"id": node["id"], "after": connection["pageInfo"]["endCursor"]}
                for more in self._site.pages(operation, place, ("node", field), scope):
                    connection["nodes"] += more
        body = trim(node)
        mark = _mark(node, node["commits"]["totalCount"])
        return Payload(self.name, scope, "pull_request", node["id"], _time(node["updatedAt"]), body, mark)


class _Walk:
    """Pages of pull requests; `after` and `size` tell where to go on."""

    def __init__(self, site: "_Site", scope: str, direction: str, after: str | None, size: int) -> None:
        self._site, self._scope, self._direction = site, scope, direction
        self.after, self.size = after, size

    def __iter__(self) -> Iterator[list[Json]]:
        more = True
        while more:
            page = self._page()
            self.after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
            yield page["nodes"]

    def _page(self) -> Json:
        """The next page, as large as GitHub can give."""
        while True:
            try:
                return self._ask()
            except _TooMuch as problem:
                if self.size == 1:
                    raise SourceUnavailable(f"{problem}, even when asked for one alone; try again later") from problem
                self.size //= 2

    def _ask(self) -> Json:
        place = {**_place(self._scope), "size": self.size, "after": self.after, "direction": self._direction}
        page: Json = self._site.ask("Pulls", place, self._scope)["repository"]["pullRequests"]
        if any(node is None for node in page["nodes"]):
            raise _TooMuch(f"{self._site.name}: GitHub left out pull requests of repository {self._scope}")
        return page


class _TooMuch(SourceError):
    """GitHub gave up on the page; a smaller one may pass."""


class _Site:
    """How to ask: one GraphQL document, sent through PyGithub's requester."""

    def __init__(self, name: str, settings: GitHubSettings) -> None:
        self.name, self.settings = name, settings
        self.date: datetime | None = None
        self._requester: Any = None

    def pages(self, operation: str, variables: Json, path: tuple[str, str], scope: str) -> Iterator[list[Json]]:
        """The nodes of a connection, page by page."""
        after = variables.get("after")
        while True:
            connection = self.ask(operation, variables | {"after": after}, scope)[path[0]][path[1]]
            yield connection["nodes"]
            if not connection["pageInfo"]["hasNextPage"]:
                return
            after = connection["pageInfo"]["endCursor"]

    def ask(self, operation: str, variables: Json, scope: str) -> Json:
        """The `data` of the answer. Raises AccessDenied where a repository is not visible."""
        data: Json = patiently(lambda: self._ask_once(operation, variables, scope))
        if "repository" in data and data["repository"] is None:
            raise AccessDenied(
                f"{self.name}: repository {scope} was not found; check its name, and that the token in "
                f"{self.settings.token_place} may see it"
            )
        return data

    def _ask_once(self, operation: str, variables: Json, scope: str) -> Json:
        from github import GithubException

        requester = self._connected()
        body = {"query": document(), "operationName": operation, "variables": variables}
        try:
            headers, answer = requester.requestJsonAndCheck("POST", requester.graphql_url, input=body)
        except GithubException as problem:
            raise self._refusal(problem, scope, operation) from problem
        except (requests.RequestException, json.JSONDecodeError) as problem:
            raise unreachable(self.name, self.settings.api_url, problem) from problem
        self.date = server_time(headers)
        return self._data(answer, headers, scope)

    def _refusal(self, problem: Any, scope: str, operation: str) -> SourceError:
        headers = problem.headers or {}
        if problem.status in (502, 504) and operation == "Pulls":
            return _TooMuch(f"{self.name}: repository {scope} took too long ({problem.status})")
        if problem.status == 403 and headers.get("x-ratelimit-remaining") == "0":
            return self._spent(headers)
        return refusal(self.name, f"repository {scope}", problem.status, headers, self.settings.token_place)

    def _spent(self, headers: Mapping[str, str]) -> RateLimited:
        until = datetime.fromtimestamp(int(headers.get("x-ratelimit-reset") or 0), UTC)
        wait = retry_after(headers) or max((until - (self.date or until)).total_seconds(), 0.0)
        return RateLimited(
            f"{self.name}: the hourly quota is used up until {until:%H:%M} UTC; the next run goes on from here",
            retry_after_s=wait or None,
            until=until,
        )

    def _data(self, answer: Any, headers: Mapping[str, str], scope: str) -> Json:
        """GraphQL answers 200 with errors beside the data. Source: docs.github.com/graphql, rate and query limits."""
        errors = answer.get("errors") or []
        kinds = {e.get("type") for e in errors}
        if kinds & {"RATE_LIMIT", "RATE_LIMITED"}:
            raise self._spent(headers)
        if kinds - {"NOT_FOUND", "FORBIDDEN", None} or any("timeout" in e.get("message", "").lower() for e in errors):
            raise _TooMuch(f"{self.name}: GitHub gave up on a page of repository {scope}")
        if not isinstance(answer.get("data"), dict):
            raise SourceUnavailable(f"{self.name}: GitHub's answer for repository {scope} has no data; try again later")
        data: Json = answer["data"]
        return data

    def _connected(self) -> Any:
        if self._requester is None:
            from github import Auth, Github

            auth = Auth.Token(self.settings.token(self.name))
            client = Github(
                base_url=self.settings.api_url.rstrip("/"),
                auth=auth,
                timeout=int(TIMEOUT_S[1]),
                retry=None,
                seconds_between_requests=0,
                seconds_between_writes=0,
            )
            self._requester = client.requester
        return self._requester


@cache
def document() -> str:
    """All operations and fragments."""
    return files("connectors").joinpath("github.graphql").read_text("utf-8")


def trim(node: Json) -> Json:
    """What is kept of a pull request: no body, no comments, no commit messages; only the issue keys named in them."""
    commits = [c["commit"] for c in node["commits"]["nodes"]]
    return {
        **{
            k: node[k]
            for k in (
                "id",
                "number",
                "title",
                "url",
                "state",
                "isDraft",
                "createdAt",
                "updatedAt",
                "mergedAt",
                "closedAt",
                "headRefOid",
            )
        },
        "author": _account(node["author"]),
        "mergeCommit": (node["mergeCommit"] or {}).get("oid"),
        "labels": [label["name"] for label in node["labels"]["nodes"]],
        "keys": {
            "branch": keys(node["headRefName"]),
            "title": keys(node["title"]),
            "commit": keys(*(c["message"] for c in commits)),
            "body": keys(node["body"]),
        },
        "reviews": [
            {
                **{k: r[k] for k in ("id", "state", "submittedAt")},
                "author": _account(r["author"]),
                "remarks": r["comments"]["totalCount"],
            }
            for r in node["reviews"]["nodes"]
        ],
        "commits": [
            {
                **{k: c[k] for k in ("oid", "authoredDate", "committedDate")},
                "author": _account((c["author"] or {}).get("user")),
            }
            for c in commits
        ],
        "timeline": [_trim_happening(h) for h in node["timelineItems"]["nodes"]],
        "checks": [
            c
            for head in node["head"]["nodes"]
            if (rollup := head["commit"]["statusCheckRollup"])
            for c in rollup["contexts"]["nodes"]
        ],
    }


def _trim_happening(node: Json) -> Json:
    about = node.get("requestedReviewer") or (node.get("review") or {}).get("author")
    return {
        "type": node["__typename"],
        "id": node["id"],
        "at": node["createdAt"],
        "actor": _account(node["actor"]),
        "about": _account(about),
        "review": (node.get("review") or {}).get("id"),
        "was": node.get("previousReviewState"),
    }


def keys(*texts: str | None) -> list[str]:
    """Issue keys in texts, in upper case, each once."""
    return sorted({key.upper() for text in texts for key in KEY.findall(text or "")})


def _account(who: Json | None) -> Json | None:
    """User, bot, mannequin or team; None for a deleted account."""
    if not who or not who.get("id"):
        return None
    name = who.get("login") or who.get("slug") or who["id"]
    return {"id": who["id"], "name": name, "bot": who.get("__typename") == "Bot" or name.endswith("[bot]")}


def _mark(node: Json, commits: int) -> str:
    rollups = [head["commit"]["statusCheckRollup"] for head in node["head"]["nodes"]]
    return f"{node['headRefOid']} {commits} {' '.join(r['state'] for r in rollups if r)}".strip()


def _place(scope: str) -> Json:
    owner, _, name = scope.partition("/")
    return {"owner": owner, "name": name}


def _translate(payload: Payload) -> Iterator[Record]:
    body, source, item = payload.body, payload.source, str(payload.body["id"])
    yield from _people(source, body)
    yield Item(
        source,
        payload.scope,
        item,
        "pull_request",
        f"{payload.scope}#{body['number']}",
        body["title"],
        body["url"],
        _time(body["createdAt"]),
        labels=tuple(body["labels"]),
    )
    for evidence, found in body["keys"].items():
        yield from (Link(source, item, key, "implements", evidence) for key in found)
    yield Event(source, f"{item}:opened", item, _time(body["createdAt"]), EventKind.OPENED, **_actor(body["author"]))
    if _born_draft(body):
        yield Event(
            source, f"{item}:drafted", item, _time(body["createdAt"]), EventKind.DRAFTED, **_actor(body["author"])
        )
    yield from _happenings(source, item, body)
    yield from _reviews(source, item, body)
    yield from _commits(source, item, body)
    yield from _checks(source, item, body)


def _happenings(source: str, item: str, body: Mapping[str, Any]) -> Iterator[Event]:
    for node in body["timeline"]:
        kind = HAPPENINGS[node["type"]]
        detail = body["mergeCommit"] if kind is EventKind.MERGED else (node["about"] or {}).get("id")
        yield Event(source, node["id"], item, _time(node["at"]), kind, detail=detail, **_actor(node["actor"]))
    told = {HAPPENINGS[n["type"]] for n in body["timeline"]}
    for kind, at in ((EventKind.MERGED, body["mergedAt"]), (EventKind.CLOSED, body["closedAt"])):
        if at and kind not in told:
            yield Event(source, f"{item}:{kind}", item, _time(at), kind)


def _reviews(source: str, item: str, body: Mapping[str, Any]) -> Iterator[Event]:
    """A review that is still being written has no time and is nobody's business.

    A dismissed one counts until it was dismissed.
    """
    dismissed = {n["review"]: n["was"] for n in body["timeline"] if n["review"]}
    for review in body["reviews"]:
        if review["submittedAt"]:
            verdict = VERDICTS.get(dismissed.get(review["id"]) or review["state"], Verdict.COMMENT)
            yield Event(
                source,
                review["id"],
                item,
                _time(review["submittedAt"]),
                EventKind.REVIEWED,
                detail=verdict,
                **_actor(review["author"]),
            )


def _commits(source: str, item: str, body: Mapping[str, Any]) -> Iterator[Event]:
    """The authored date says when work happened, the committed date when it arrived; a rebase rewrites the latter.

    A commit without an account counts as the author's of the pull request.
    """
    for commit in body["commits"]:
        who, oid = _actor(commit["author"] or body["author"]), commit["oid"]
        yield Event(
            source, f"{item}:commit:{oid}", item, _time(commit["authoredDate"]), EventKind.COMMITTED, detail=oid, **who
        )
        yield Event(
            source, f"{item}:push:{oid}", item, _time(commit["committedDate"]), EventKind.PUSHED, detail=oid, **who
        )


def _checks(source: str, item: str, body: Mapping[str, Any]) -> Iterator[Event]:
    """The checks of the newest commit as one: pending from the first start, done at the last end."""
    began = [t for c in body["checks"] if (t := c.get("startedAt") or c.get("createdAt"))]
    if not began:
        return
    mark = f"{item}:checks:{body['headRefOid']}"
    yield Event(source, f"{mark}:pending", item, min(map(_time, began)), EventKind.CHECKED, detail="pending")
    results = [
        (c.get("conclusion") or c.get("state"), c.get("completedAt") or c.get("createdAt")) for c in body["checks"]
    ]
    if all(state and state != "PENDING" and at for state, at in results):
        failed = any(state in FAILED for state, _ in results)
        yield Event(
            source,
            f"{mark}:done",
            item,
            max(_time(at) for _, at in results),
            EventKind.CHECKED,
            detail="fail" if failed else "ok",
        )


def _born_draft(body: Mapping[str, Any]) -> bool:
    turns = [n["type"] for n in body["timeline"] if n["type"] in ("ReadyForReviewEvent", "ConvertToDraftEvent")]
    return turns[0] == "ReadyForReviewEvent" if turns else bool(body["isDraft"])


def _people(source: str, body: Mapping[str, Any]) -> Iterator[Person]:
    accounts: Iterable[Json | None] = [
        body["author"],
        *(r["author"] for r in body["reviews"]),
        *(c["author"] for c in body["commits"]),
        *(n[k] for n in body["timeline"] for k in ("actor", "about")),
    ]
    known = {a["id"]: Person(source, a["id"], a["name"], _kind(a)) for a in accounts if a}
    yield from known.values()


def _actor(account: Json | None) -> Json:
    return {"actor": account["id"], "actor_kind": _kind(account)} if account else {}


def _kind(account: Json) -> ActorKind:
    return ActorKind.BOT if account["bot"] else ActorKind.HUMAN


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
