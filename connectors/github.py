"""GitHub.com and GitHub Enterprise, through PyGithub's requester and GraphQL.

A page starts at 25 pull requests, is halved whenever GitHub gives up on it (RESOURCE_LIMITS_EXCEEDED, null nodes, 502),
and grows again, to 50 where that goes well; one that GitHub cannot give even alone is named and asked for again with
the next run. The first walk goes oldest change first and can be resumed at any page; later ones go newest change first
and stop where the last one began. `updatedAt` does not move for commits and checks: the census of every run finds the
pull requests, open or just merged, that changed so.
"""

import json
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from connectors.errors import PayloadUnreadable, RateLimited, SourceError, SourceUnavailable, reading
from connectors.github_check import checked
from connectors.github_deliveries import LISTS, deliveries, translate_delivery
from connectors.github_events import mark, people_of, time_of, translate, trim
from connectors.github_settings import GitHubSettings
from connectors.github_site import Site, StaleCursor, TooMuch, owner_and_name
from connectors.pages import Onward, page_of
from connectors.people import judged
from connectors.records import (
    Budget,
    Category,
    Census,
    Check,
    ItemKind,
    Page,
    Payload,
    Person,
    Record,
    Unreadable,
    told,
)
from connectors.transport import Meter

Json = dict[str, Any]

KIND = ItemKind.PULL_REQUEST
FIRST_SIZE, LARGEST_SIZE = 25, 50
GOOD_PAGES = 3
"""After so many the next one is twice as large."""

MOST_TROUBLES = 3
"""So many pull requests in a row may be unreadable; more of them mean that GitHub is in trouble, not they."""

OVERLAP = timedelta(minutes=10)
UNSETTLED = timedelta(days=3)
"""So long after a merge checks may still end."""

NESTED = {"reviews": "MoreReviews", "commits": "MoreCommits", "timelineItems": "MoreTimeline"}
"""Lists inside a pull request, and the operation that continues each."""


class GitHub:
    """Repositories of one GitHub."""

    census_every = timedelta(0)
    """Checks end all day long."""

    def __init__(self, name: str, settings: GitHubSettings, now: Callable[[], datetime]) -> None:
        self.name, self.scopes = name, settings.scopes
        self._settings, self._now = settings, now
        self._meter = Meter()
        self._site = Site(name, settings, self._meter)

    @property
    def budget(self) -> Budget | None:
        """What is left of it; None where the source did not say."""
        return self._meter.budget

    def fetch(self, scope: str, cursor: str | None) -> Iterator[Page]:
        """Pull requests with all that happened to them.

        The cursor is JSON: when the walk began, and where it is if unfinished.
        """
        state: Json = json.loads(cursor) if cursor else {}
        if state and not state.get("after"):
            yield from self._newest(scope, state)
            return
        try:
            yield from self._everything(scope, state)
        except StaleCursor:
            yield from self._everything(scope, {"delivered": state.get("delivered")})

    def census(self, scope: str) -> Census:
        """Newest commit and state of the checks of every pull request that is open or was just merged."""
        found: dict[str, str] = {}
        for repository in self._site.parents("Open", owner_and_name(scope), ("repository", "pullRequests"), scope):
            with reading(f"{self.name} open pull requests of {scope}"):
                just_merged = [node for node in repository["merged"]["nodes"] if node and self._is_unsettled(node)]
                nodes = [node for node in repository["pullRequests"]["nodes"] if node]
                found |= {node["id"]: mark(node) for node in nodes + just_merged}
        return Census(found)

    def _is_unsettled(self, node: Json) -> bool:
        return (self._site.date or self._now()) - time_of(node["mergedAt"]) < UNSETTLED

    def whereabouts(self, scope: str, keys: Sequence[str]) -> Mapping[str, str]:  # noqa: ARG002 - see below
        """Nobody can delete a pull request, and its census counts only some."""
        return {}

    def reread(self, scope: str, keys: Sequence[str]) -> Iterator[Page]:
        """As many at once as GitHub can give."""
        for start in range(0, len(keys), FIRST_SIZE):
            yield from self._again(scope, keys[start : start + FIRST_SIZE])

    def translate(self, payload: Payload) -> Iterator[Record]:
        with reading(f"{payload.source} {payload.kind.replace('_', ' ')} {payload.body.get('url') or payload.key}"):
            yield from told(translate(payload) if payload.kind == KIND else translate_delivery(payload))

    def states(self, scope: str) -> Sequence[str]:  # noqa: ARG002 - a pull request has none of its own
        return ()

    def sample(self, scope: str, most: int) -> Iterator[Page]:
        """Pull requests by descending `updatedAt`, and none of what was released or deployed."""
        left = most
        for nodes in _Walk(self._site, scope, "DESC", None, FIRST_SIZE):
            yield self._page(scope, nodes[:left], ())
            left -= len(nodes)
            if left <= 0:
                return

    def categories(self, scope: str) -> Mapping[str, Category]:  # noqa: ARG002 - a pull request has no states of its own
        return {}

    def check(self) -> Iterator[Check]:
        return checked(self._site, self._now)

    def _everything(self, scope: str, state: Json) -> Iterator[Page]:
        walk = _Walk(self._site, scope, "ASC", state.get("after"), state.get("size", FIRST_SIZE))
        started = state.get("started")
        for nodes in walk:
            started = started or self._here_and_now()
            unfinished = json.dumps({**state, "started": started, "after": walk.after, "size": walk.size})
            yield self._page(scope, nodes, walk.lost, unfinished)
        delivered = yield from self._delivered(scope, state.get("delivered"))
        yield _last(started or self._here_and_now(), delivered)

    def _newest(self, scope: str, state: Json) -> Iterator[Page]:
        started, since = None, datetime.fromisoformat(state["started"]) - OVERLAP
        walk = _Walk(self._site, scope, "DESC", None, FIRST_SIZE)
        for nodes in walk:
            started = started or self._here_and_now()
            with reading(f"{self.name} pull requests of {scope}"):
                fresh = [n for n in nodes if time_of(n["updatedAt"]) >= since]
                past = walk.reached is not None and time_of(walk.reached) < since
            yield self._page(scope, fresh, () if past else walk.lost)
            if past:
                break
        delivered = yield from self._delivered(scope, state.get("delivered"))
        yield _last(started or self._here_and_now(), delivered)

    def _delivered(self, scope: str, since: str | None) -> Generator[Page, None, str | None]:
        """Releases and deployments; returns until when they are read, which trouble with them does not move.

        Nor does it keep the pull requests from being complete.
        """
        began = self._here_and_now()
        try:
            read_until = datetime.fromisoformat(since) if since else None
            yield from deliveries(self._site, scope, read_until, datetime.fromisoformat(began))
        except RateLimited:
            raise
        except (SourceUnavailable, StaleCursor, PayloadUnreadable) as problem:
            sentence = f"{self.name}: releases and deployments of {scope} could not be read: {problem}"
            yield Page((), unreadable=(Unreadable(ItemKind.RELEASE, None, sentence),))
            return since
        kept_back = self._page(scope, [], ())
        if kept_back.unreadable:
            yield kept_back
        return since if any((scope, name) in self._site.withheld for name in LISTS) else began

    def _again(self, scope: str, keys: Sequence[str]) -> Iterator[Page]:
        try:
            answer = self._site.ask("Again", {"ids": list(keys)}, scope)
            with reading(f"{self.name} pull requests of {scope}"):
                nodes = [node for node in answer.get("nodes") or [] if node]
        except TooMuch:
            yield from self._again(scope, keys[: len(keys) // 2])
            yield from self._again(scope, keys[len(keys) // 2 :])
        except SourceUnavailable as problem:
            if len(keys) > 1 or not self._excused(keys[0], problem):
                raise
            yield Page((), unreadable=(_not_given(self.name, keys[0], keys[0]),))
        else:
            yield self._page(scope, nodes, ())

    def _here_and_now(self) -> str:
        return (self._site.date or self._now()).isoformat()

    def _page(self, scope: str, nodes: list[Json], lost: Sequence[Unreadable], cursor: str | None = None) -> Page:
        page = page_of(
            nodes, lambda n: self._payload(scope, n), KIND, lambda n: f"{self.name} pull request {n.get('url')}", cursor
        )
        withheld = self._site.withheld - self._site.withheld_told
        self._site.withheld_told |= withheld
        kept_back = (
            Unreadable(KIND, None, f"{self.name}: the token may not read {what} of repository {where}")
            for where, what in sorted(withheld)
        )
        return replace(page, unreadable=(*page.unreadable, *lost, *kept_back))

    def _payload(self, scope: str, node: Json) -> tuple[Payload, Iterable[Person]]:
        for field, operation in NESTED.items():
            connection = node[field]
            connection["nodes"] = [inner for inner in connection["nodes"] if inner]
            if connection["pageInfo"]["hasNextPage"]:
                connection["nodes"] += self._rest(scope, node, field, operation)
        body = trim(node, self._settings.mergers)
        payload = Payload(self.name, scope, KIND, node["id"], time_of(node["updatedAt"]), body, mark(node))
        return payload, [judged(person, self._settings) for person in people_of(self.name, node)]

    def _rest(self, scope: str, node: Json, field: str, operation: str) -> list[Json]:
        """What did not fit. Where it cannot be had, the pull request is unreadable."""
        place = {"id": node["id"], "after": node[field]["pageInfo"]["endCursor"]}
        try:
            found = [more for page in self._site.pages(operation, place, ("node", field), scope) for more in page]
        except (SourceUnavailable, StaleCursor) as problem:
            if not self._excused(str(node["id"]), problem):
                raise
            raise PayloadUnreadable(f"{self.name} pull request {node.get('url')}", str(problem)) from problem
        self._site.troubled.clear()
        return found

    def _excused(self, key: str, problem: SourceError) -> bool:
        """Whether the trouble may be that of the pull request."""
        self._site.troubled.add(key)
        return len(self._site.troubled) <= MOST_TROUBLES and not isinstance(problem, RateLimited)


class _Walk:
    """Pages of pull requests.

    `after` and `size` tell where to go on, `reached` when the last one of the page was updated, `lost` what had to be
    left out of it.
    """

    def __init__(self, site: Site, scope: str, direction: str, after: str | None, size: int) -> None:
        self._site, self._scope, self._direction = site, scope, direction
        self.after, self.size, self._largest = after, size, LARGEST_SIZE
        self.lost: tuple[Unreadable, ...] = ()
        self.reached: str | None = None
        self._good = self._lost_in_a_row = 0

    def __iter__(self) -> Iterator[list[Json]]:
        more, onward = True, Onward(f"{self._site.name}: the pages of repository {self._scope}")
        while more:
            page = self._page()
            onward.to((page, self.lost))
            self.after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
            yield page["nodes"]

    def _page(self) -> Json:
        """The next page, as large as GitHub can give."""
        while True:
            try:
                page = self._whole()
            except TooMuch:
                self._good = 0
                self._largest = max(self.size - 1, FIRST_SIZE)
                self.size //= 2
            except RateLimited:
                raise
            except SourceUnavailable:
                if self.size > 1 or self._lost_in_a_row == MOST_TROUBLES:
                    raise
                return self._without()
            else:
                self.lost, self._lost_in_a_row = (), 0
                self._good += 1
                if self._good % GOOD_PAGES == 0:
                    self.size = min(self.size * 2, self._largest)
                return self._noted(page)

    def _without(self) -> Json:
        """A page of one pull request, without it: GitHub cannot give it even alone."""
        page = self._ask("Names")
        self._lost_in_a_row += 1
        with reading(f"{self._site.name} pull requests of {self._scope}"):
            self.lost = tuple(
                _not_given(self._site.name, node and str(node["id"]), node["url"] if node else "of unknown name")
                for node in page["nodes"]
            )
        return {**self._noted(page), "nodes": []}

    def _noted(self, page: Json) -> Json:
        with reading(f"{self._site.name} pull requests of {self._scope}"):
            times = [node["updatedAt"] for node in page["nodes"] if node]
        self.reached = times[-1] if times else None
        return page

    def _ask(self, operation: str) -> Json:
        place = {**owner_and_name(self._scope), "size": self.size, "after": self.after, "direction": self._direction}
        return self._site.connection(operation, place, ("repository", "pullRequests"), self._scope)

    def _whole(self) -> Json:
        page = self._ask("Pulls")
        if any(node is None for node in page["nodes"]):
            left_out = f"{self._site.name}: GitHub left out pull requests of repository {self._scope}"
            raise TooMuch(left_out) if self.size > 1 else SourceUnavailable(f"{left_out}; try again later")
        return page


def _not_given(source: str, key: str | None, name: str) -> Unreadable:
    return Unreadable(KIND, key, f"{source}: GitHub does not give pull request {name}; it is asked for again")


def _last(started: str, delivered: str | None) -> Page:
    return Page((), json.dumps({"started": started, "delivered": delivered}), complete=datetime.fromisoformat(started))
