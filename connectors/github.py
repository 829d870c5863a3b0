"""GitHub.com and GitHub Enterprise, through PyGithub's requester and GraphQL.

A page starts at 25 pull requests, is halved whenever GitHub gives up on it (RESOURCE_LIMITS_EXCEEDED, null nodes, 502),
and grows again; one that GitHub cannot give even alone is named and asked for again with the next census. The first
walk goes oldest change first and can be resumed at any page; later ones go newest change first and stop where the last
one began. `updatedAt` does not move for commits and checks: `census` finds the open pull requests that changed so.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from connectors.errors import SourceError, reading
from connectors.github_events import mark, time_of, translate, trim
from connectors.github_site import GitHubSettings, Site, StaleCursor, TooMuch
from connectors.pages import page_of
from connectors.records import Check, Page, Payload, Record, Unreadable, told

Json = dict[str, Any]

KIND = "pull_request"
FIRST_SIZE = 25
GOOD_PAGES = 3
"""After so many the next one is twice as large."""

OVERLAP = timedelta(minutes=10)
NESTED = {"reviews": "MoreReviews", "commits": "MoreCommits", "timelineItems": "MoreTimeline"}
"""Lists inside a pull request, and the operation that continues each."""


class GitHub:
    """Repositories of one GitHub."""

    def __init__(self, name: str, settings: GitHubSettings, now: Callable[[], datetime]) -> None:
        self.name, self.scopes = name, settings.scopes
        self._now = now
        self._site = Site(name, settings)
        self._withheld_told: set[str] = set()

    def fetch(self, scope: str, cursor: str | None) -> Iterator[Page]:
        """Pull requests with all that happened to them.

        The cursor is JSON: when the walk began, and where it is if unfinished.
        """
        state: Json = json.loads(cursor) if cursor else {}
        if state and not state.get("after"):
            yield from self._newest(scope, datetime.fromisoformat(state["started"]) - OVERLAP)
            return
        try:
            yield from self._everything(scope, state)
        except StaleCursor:
            yield from self._everything(scope, {})

    def census(self, scope: str) -> Mapping[str, str]:
        """Head, number of commits and state of the checks of every open pull request."""
        found: dict[str, str] = {}
        for nodes in self._site.pages("Open", _place(scope), ("repository", "pullRequests"), scope):
            with reading(f"{self.name} open pull requests of {scope}"):
                found |= {node["id"]: mark(node, node["commitCount"]["totalCount"]) for node in nodes}
        return found

    def reread(self, scope: str, keys: Sequence[str]) -> Iterator[Page]:
        """As many at once as GitHub can give."""
        for start in range(0, len(keys), FIRST_SIZE):
            yield from self._again(scope, keys[start : start + FIRST_SIZE])

    def translate(self, payload: Payload) -> Iterator[Record]:
        with reading(f"{payload.source} pull request {payload.body.get('url') or payload.key}"):
            yield from told(translate(payload))

    def states(self, scope: str) -> Sequence[str]:  # noqa: ARG002 - a pull request has none of its own
        return ()

    def check(self) -> Iterator[Check]:
        for scope in self.scopes:
            what = f"{self.name}: repository {scope}"
            try:
                answer = self._site.ask("Visible", _place(scope), scope)
                with reading(what):
                    count, login = answer["repository"]["pullRequests"]["totalCount"], answer["viewer"]["login"]
            except SourceError as problem:
                yield Check(what, ok=False, detail=str(problem).removeprefix(f"{self.name}: "))
            else:
                yield Check(what, ok=True, detail=f"visible to {login}, {count} pull requests")

    def _everything(self, scope: str, state: Json) -> Iterator[Page]:
        walk = _Walk(self._site, scope, "ASC", state.get("after"), state.get("size", FIRST_SIZE))
        started = state.get("started")
        for nodes in walk:
            started = started or self._here_and_now()
            unfinished = json.dumps({"started": started, "after": walk.after, "size": walk.size})
            yield self._page(scope, nodes, walk.lost, unfinished)
        yield _last(started or self._here_and_now())

    def _newest(self, scope: str, since: datetime) -> Iterator[Page]:
        started = None
        walk = _Walk(self._site, scope, "DESC", None, FIRST_SIZE)
        for nodes in walk:
            started = started or self._here_and_now()
            with reading(f"{self.name} pull requests of {scope}"):
                fresh = [n for n in nodes if time_of(n["updatedAt"]) >= since]
            yield self._page(scope, fresh, walk.lost)
            if len(fresh) < len(nodes):
                break
        yield _last(started or self._here_and_now())

    def _again(self, scope: str, keys: Sequence[str]) -> Iterator[Page]:
        try:
            nodes = self._site.ask("Again", {"ids": list(keys)}, scope).get("nodes") or []
        except TooMuch as problem:
            if len(keys) == 1:
                yield Page((), unreadable=(Unreadable(KIND, keys[0], f"{problem}: pull request {keys[0]}"),))
                return
            yield from self._again(scope, keys[: len(keys) // 2])
            yield from self._again(scope, keys[len(keys) // 2 :])
        else:
            yield self._page(scope, [n for n in nodes if n], ())

    def _here_and_now(self) -> str:
        return (self._site.date or self._now()).isoformat()

    def _page(self, scope: str, nodes: list[Json], lost: Sequence[Unreadable], cursor: str | None = None) -> Page:
        page = page_of(
            nodes, lambda n: self._payload(scope, n), KIND, lambda n: f"{self.name} pull request {n.get('url')}", cursor
        )
        withheld = self._site.withheld - self._withheld_told
        self._withheld_told |= withheld
        kept_back = (
            Unreadable(KIND, None, f"{self.name}: the token may not read {what} of repository {scope}")
            for what in sorted(withheld)
        )
        return Page(page.payloads, cursor, (*page.unreadable, *lost, *kept_back))

    def _payload(self, scope: str, node: Json) -> Payload:
        for field, operation in NESTED.items():
            connection = node[field]
            connection["nodes"] = [inner for inner in connection["nodes"] if inner]
            if connection["pageInfo"]["hasNextPage"]:
                place = {"id": node["id"], "after": connection["pageInfo"]["endCursor"]}
                for more in self._site.pages(operation, place, ("node", field), scope):
                    connection["nodes"] += more
        tag = mark(node, node["commits"]["totalCount"])
        return Payload(self.name, scope, KIND, node["id"], time_of(node["updatedAt"]), trim(node), tag)


class _Walk:
    """Pages of pull requests; `after` and `size` tell where to go on, `lost` what the last page had to leave out."""

    def __init__(self, site: Site, scope: str, direction: str, after: str | None, size: int) -> None:
        self._site, self._scope, self._direction = site, scope, direction
        self.after, self.size = after, size
        self.lost: tuple[Unreadable, ...] = ()
        self._good = 0

    def __iter__(self) -> Iterator[list[Json]]:
        more = True
        while more:
            page = self._page()
            self.after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
            yield page["nodes"]

    def _page(self) -> Json:
        """The next page, as large as GitHub can give."""
        self.lost = ()
        while True:
            try:
                page = self._whole()
            except TooMuch as problem:
                self._good = 0
                if self.size == 1:
                    return self._without(problem)
                self.size //= 2
            else:
                self._good += 1
                if self._good % GOOD_PAGES == 0:
                    self.size = min(self.size * 2, FIRST_SIZE)
                return page

    def _without(self, problem: TooMuch) -> Json:
        """The page of one pull request that GitHub cannot give, without it."""
        page = self._ask("Names")
        self.lost = tuple(
            Unreadable(KIND, node and str(node["id"]), f"{problem}: pull request {node['url'] if node else 'unknown'}")
            for node in page["nodes"]
        )
        return {**page, "nodes": []}

    def _ask(self, operation: str) -> Json:
        place = {**_place(self._scope), "size": self.size, "after": self.after, "direction": self._direction}
        return self._site.connection(operation, place, ("repository", "pullRequests"), self._scope)

    def _whole(self) -> Json:
        page = self._ask("Pulls")
        if any(node is None for node in page["nodes"]):
            raise TooMuch(f"{self._site.name}: GitHub left out pull requests of repository {self._scope}")
        return page


def _last(started: str) -> Page:
    return Page((), json.dumps({"started": started}), complete=datetime.fromisoformat(started))


def _place(scope: str) -> Json:
    owner, _, name = scope.partition("/")
    return {"owner": owner, "name": name}
