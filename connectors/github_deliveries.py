"""Releases and deployments of GitHub: read, trimmed, and told with the commits that each of them brought.

What one brought is read off the history of its commit, less that of the one before: so merge commits, squashes and
rebases are all found where they landed. Of a deployment that is told only where it reaches production, and of the
first that is known nothing but its own commit, since nobody knows what was there before. Neither list has a time of its
last change: each run reads again what is younger than a few days, because a deployment goes on to succeed or fail.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.errors import reading
from connectors.github_events import time_of
from connectors.github_site import Site, TooMuch, owner_and_name
from connectors.pages import Onward, page_of
from connectors.people import matches
from connectors.records import (
    PREVIEW,
    PRODUCTION,
    Event,
    EventKind,
    Item,
    ItemKind,
    Link,
    Page,
    Payload,
    Person,
    Record,
)

Json = dict[str, Any]

SIZE = 25
FAR_BACK = timedelta(days=400)
"""Preview environments can have had ten thousands."""

UNSETTLED = timedelta(days=3)
MOST_HISTORY = 10
"""Pages of a hundred commits; where the one before is not among them, it stands on another branch."""

RESULTS = {"SUCCESS": "ok", "FAILURE": "fail", "ERROR": "fail", "IN_PROGRESS": "pending"}
"""How a deployment can stand; what came later (INACTIVE) is the success of another one."""

LISTS = {"releases": ItemKind.RELEASE, "deployments": ItemKind.DEPLOYMENT}


def deliveries(site: Site, scope: str, since: datetime | None, now: datetime) -> Iterator[Page]:
    """All that are new or may have changed since then (None: all releases, and the deployments of the last year)."""
    back = dict.fromkeys(LISTS, since - UNSETTLED if since else now - FAR_BACK)
    if since is None:
        back["releases"] = datetime.min.replace(tzinfo=UTC)
    lists = {name: _List(site, scope, kind, back[name]) for name, kind in LISTS.items()}
    while going := {name: one for name, one in lists.items() if not one.done}:
        answer = _answer(site, scope, {name: one.after for name, one in going.items()})
        for name, one in going.items():
            with reading(f"{site.name} {name} of {scope}"):
                page = one.read(answer.get(name) or {}, str(answer.get("url")))
            if page.payloads or page.unreadable:
                yield page


def _answer(site: Site, scope: str, after: Mapping[str, str | None]) -> Json:
    """Of the lists that are named, as much as GitHub can give."""
    size = SIZE
    while True:
        wanted = {f"{name}Wanted": name in after for name in LISTS} | {f"{n}After": after.get(n) for n in LISTS}
        try:
            found: Json = site.ask("Deliveries", {**owner_and_name(scope), "size": size, **wanted}, scope)
        except TooMuch:
            size //= 2
        else:
            with reading(f"{site.name} releases and deployments of {scope}"):
                return dict(found["repository"])


class _List:
    """One of the lists, newest first. A delivery is told when the one before it is known."""

    def __init__(self, site: Site, scope: str, kind: ItemKind, since: datetime) -> None:
        self._site, self._scope, self._kind, self._since = site, scope, kind, since
        self._waiting: list[Json] = []
        self.after: str | None = None
        self.done = False
        self._onward = Onward(f"{site.name}: the {kind} pages of repository {scope}")

    def read(self, connection: Json, home: str) -> Page:
        """What the next page of it makes ready. After the last one, what still waits is looked for by itself."""
        self._onward.to(connection)
        ready: list[Json] = []
        nodes = [node for node in connection.get("nodes") or [] if isinstance(node, dict) and node.get("createdAt")]
        for node in nodes:
            if _is_delivered(node):
                ready += [self._cut(later, _commit(node)) for later in self._leave(node)]
            if _changed(node) >= self._since:
                self._receive(node, ready)
        place = connection.get("pageInfo") or {}
        self.after = place.get("endCursor")
        past = any(time_of(node["createdAt"]) < self._since for node in nodes)
        enough = past and (self._kind == ItemKind.DEPLOYMENT or not self._waiting)
        self.done = enough or not place.get("hasNextPage")
        if self.done:
            beyond = self._before if place.get("hasNextPage") else lambda _: None
            ready += [self._cut(later, beyond(later)) for later in self._waiting]
        return self._page([node for node in ready if not node.get("isDraft")], home)

    def _receive(self, node: Json, ready: list[Json]) -> None:
        if self._kind == ItemKind.RELEASE or matches(node.get("environment") or "", self._site.settings.production):
            self._waiting.append(node)
        else:
            ready.append(_with_its_own_commit(node))

    def _leave(self, earlier: Json) -> list[Json]:
        leaving = [node for node in self._waiting if _follows(node, earlier)]
        self._waiting = [node for node in self._waiting if not _follows(node, earlier)]
        return leaving

    def _before(self, node: Json) -> Json | None:
        """What was deployed before, however long ago; of releases all of a first walk are seen."""
        if self._kind == ItemKind.RELEASE:
            return None
        place = {**owner_and_name(self._scope), "environment": node["environment"]}
        for page in self._site.pages("Environment", place, ("repository", "deployments"), self._scope):
            older = (one for one in page if _is_delivered(one) and one["createdAt"] < node["createdAt"])
            if found := next(older, None):
                return _commit(found)
        return None

    def _cut(self, node: Json, before: Json | None) -> Json:
        """With `commits`: those of its history that the commit which was delivered before has not.

        A history is a graph in the order of dates: down to the last commit that both have, what only one has is new.
        Of a commit that is no more (its branch was rewritten) only the first page of history is known.
        """
        commit = _commit(node)
        if before is None or not commit:
            return _with_its_own_commit(node)
        known = {before["oid"], *_oids(before.get("history"))}
        oids, history, pages = [commit["oid"]], commit.get("history"), 1
        while history:
            oids += _oids(history)
            more = history["pageInfo"]["hasNextPage"] and known.isdisjoint(oids) and pages < MOST_HISTORY
            history = self._more(commit["id"], history["pageInfo"]["endCursor"]) if more else None
            pages += 1
        end = max((n for n, oid in enumerate(oids) if oid in known), default=len(oids))
        return {**node, "commits": [oid for oid in dict.fromkeys(oids[:end]) if oid not in known]}

    def _more(self, commit: str, after: str) -> Json | None:
        found = self._site.ask("MoreHistory", {"id": commit, "after": after}, self._scope).get("node")
        return found["history"] if found else None

    def _page(self, nodes: Sequence[Json], home: str) -> Page:
        def make(node: Json) -> tuple[Payload, Sequence[Person]]:
            body = _trim_release(node) if self._kind == ItemKind.RELEASE else self._trim_deployment(node, home)
            return Payload(self._site.name, self._scope, self._kind, node["id"], time_of(body["changed"]), body), ()

        page = page_of(nodes, make, self._kind, lambda node: f"{self._site.name} {self._kind} {node.get('id')}")
        return replace(page, unreadable=tuple(replace(lost, key=None) for lost in page.unreadable))

    def _trim_deployment(self, node: Json, home: str) -> Json:
        statuses = sorted(({"state": s["state"], "at": s["createdAt"]} for s in _statuses(node)), key=lambda s: s["at"])
        return {
            "environment": node["environment"] or "",
            "production": matches(node["environment"] or "", self._site.settings.production),
            "url": f"{home}/deployments",
            "made": node["createdAt"],
            "changed": statuses[-1]["at"] if statuses else node["createdAt"],
            "statuses": statuses,
            "sha": _commit(node).get("oid"),
            "commits": node["commits"],
        }


def _trim_release(node: Json) -> Json:
    """The name and the notes are left out: people write into them what they like."""
    return {
        "tag": node["tagName"],
        "url": node["url"],
        "made": node["createdAt"],
        "changed": node["publishedAt"] or node["createdAt"],
        "preview": node["isPrerelease"],
        "sha": _commit(node).get("oid"),
        "commits": node["commits"],
    }


def translate_delivery(payload: Payload) -> Iterator[Record]:
    """A release, or a deployment with what became of it; and the commits it brought."""
    yield from _release(payload) if payload.kind == ItemKind.RELEASE else _deployment(payload)
    yield from (Link(payload.source, payload.key, oid, "contains", "api") for oid in payload.body["commits"])


def _release(payload: Payload) -> Iterator[Record]:
    body, key = payload.body, payload.key
    name, made = f"{payload.scope}@{body['tag']}", time_of(body["made"])
    labels = (PREVIEW,) if body["preview"] else ()
    yield Item(payload.source, payload.scope, key, payload.kind, name, body["tag"], body["url"], made, labels=labels)
    at = time_of(body["changed"])
    yield Event(payload.source, f"{key}:released", key, at, EventKind.RELEASED, detail=body["sha"])


def _deployment(payload: Payload) -> Iterator[Record]:
    body, key = payload.body, payload.key
    where, made = body["environment"], time_of(body["made"])
    name = f"{payload.scope}@{(body['sha'] or 'unknown')[:7]} on {where}"
    labels, url = ((PRODUCTION,) if body["production"] else ()), body["url"]
    yield Item(payload.source, payload.scope, key, payload.kind, name, where, url, made, labels=labels, about=where)
    for n, status in enumerate(body["statuses"]):
        if result := RESULTS.get(status["state"]):
            at = time_of(status["at"])
            yield Event(payload.source, f"{key}:{n}", key, at, EventKind.DEPLOYED, detail=result)


def _with_its_own_commit(node: Json) -> Json:
    oid = _commit(node).get("oid")
    return {**node, "commits": [oid] if oid else []}


def _commit(node: Json) -> Json:
    return node.get("tagCommit") or node.get("commit") or {}


def _oids(history: Json | None) -> list[str]:
    return [one["oid"] for one in (history or {}).get("nodes") or [] if one]


def _follows(later: Json, earlier: Json) -> bool:
    """A release that is no preview brings what its previews brought, too."""
    return _place(later) == _place(earlier) and bool(later.get("isPrerelease") or not earlier.get("isPrerelease"))


def _place(node: Json) -> str | None:
    """Releases follow each other, and deployments to one environment do."""
    return node.get("environment")


def _statuses(node: Json) -> list[Json]:
    return [status for status in (node.get("statuses") or {}).get("nodes") or [] if status]


def _changed(node: Json) -> datetime:
    """A release is made of a commit long before it is published; a deployment goes on to succeed or fail."""
    statuses = [status["createdAt"] for status in _statuses(node)]
    return max(time_of(at) for at in (node["createdAt"], node.get("publishedAt"), *statuses) if at)


def _is_delivered(node: Json) -> bool:
    """A draft, and a deployment that failed, brought nothing."""
    if node.get("isDraft") or not _commit(node):
        return False
    return "environment" not in node or any(status["state"] == "SUCCESS" for status in _statuses(node))
