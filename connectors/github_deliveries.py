"""Releases and deployments of GitHub: read, trimmed, and told with the commits that are in them.

What is in one is read off the history of its commit, back to the commit of the one before (of the same environment);
so merge commits, squashes and rebases are all found where they landed. Neither list has a time of its last change: each
run reads again what is younger than a few days, because a deployment goes on to succeed or fail.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import Any

from connectors.errors import reading
from connectors.github_events import time_of
from connectors.github_site import Site, TooMuch, owner_and_name
from connectors.pages import page_of
from connectors.records import Event, EventKind, Item, ItemKind, Link, Page, Payload, Record

Json = dict[str, Any]

SIZE = 25
FAR_BACK = timedelta(days=400)
"""Where the first reading of deployments ends; preview environments can have had ten thousands."""

UNSETTLED = timedelta(days=3)
"""So long a deployment may go on to succeed or fail."""

MOST_HISTORY = 10
"""Pages of a hundred commits; where the one before is not among them, it stands on another branch."""

RESULTS = {"SUCCESS": "ok", "FAILURE": "fail", "ERROR": "fail", "IN_PROGRESS": "pending"}
"""How a deployment can stand; what came later (INACTIVE) is the success of another one."""

NOTHING: Json = {"nodes": [], "pageInfo": {"hasNextPage": False}}
"""What a token sees that may not read them."""

LISTS = {"releases": ItemKind.RELEASE, "deployments": ItemKind.DEPLOYMENT}


def deliveries(site: Site, scope: str, since: datetime | None, now: datetime) -> Iterator[Page]:
    """All that are new or may have changed since then (None: all releases, and the deployments of a year)."""
    back = dict.fromkeys(LISTS, since - UNSETTLED if since else now - FAR_BACK)
    if since is None:
        back["releases"] = datetime.min.replace(tzinfo=UTC)
    after: dict[str, str | None] = dict.fromkeys(LISTS)
    chains = {name: _Chain(site, scope) for name in LISTS}
    while after:
        answer = _page(site, scope, after)
        with reading(f"{site.name} releases and deployments of {scope}"):
            for name in list(after):
                found, more = (answer.get(name) or NOTHING)["nodes"], (answer.get(name) or NOTHING)["pageInfo"]
                past = any(time_of(node["createdAt"]) < back[name] for node in found if node)
                done = past or not more["hasNextPage"]
                linked = chains[name].linked(found)
                if done:
                    linked += chains[name].rest(back[name] if since and more["hasNextPage"] else None)
                page = _read(site, scope, name, linked)
                if page.payloads or page.unreadable:
                    yield page
                if done:
                    del after[name]
                else:
                    after[name] = more["endCursor"]


def _page(site: Site, scope: str, after: Mapping[str, str | None]) -> Json:
    """As much as GitHub can give."""
    size = SIZE
    while True:
        wanted = {f"{kind}Wanted": kind in after for kind in LISTS} | {f"{k}After": after.get(k) for k in LISTS}
        try:
            found: Json = site.ask("Deliveries", {**owner_and_name(scope), "size": size, **wanted}, scope)
        except TooMuch:
            size //= 2
        else:
            return dict(found["repository"])


class _Chain:
    """Newest first: each with the commits it has on top of the one before."""

    def __init__(self, site: Site, scope: str) -> None:
        self._site, self._scope = site, scope
        self._waiting: list[Json] = []

    def linked(self, nodes: Sequence[Json]) -> list[Json]:
        """Those of which the one before is known by now."""
        found = []
        for node in (node for node in nodes if node and _commit(node)):
            if _delivered(node):
                found += [self._cut(later, _commit(node)["oid"]) for later in self._leave(_line(node))]
            self._waiting.append(node)
        return found

    def rest(self, since: datetime | None) -> list[Json]:
        """Those without one before; what was made before `since` was told in an earlier run, when that was known."""
        young = (node for node in self._waiting if since is None or time_of(node["createdAt"]) >= since)
        return [self._cut(node, None) for node in young]

    def _leave(self, line: str | None) -> list[Json]:
        leaving = [node for node in self._waiting if _line(node) == line]
        self._waiting = [node for node in self._waiting if _line(node) != line]
        return leaving

    def _cut(self, node: Json, before: str | None) -> Json:
        """With `commits`: as many pages of history as lie before the commit that was delivered before.

        Of a commit that is no more (its branch was rewritten) only the first page is known.
        """
        history, oids = _commit(node)["history"], [_commit(node)["oid"]]
        oids += [commit["oid"] for commit in history["nodes"]]
        pages = 1
        while before and before not in oids and history["pageInfo"]["hasNextPage"] and pages < MOST_HISTORY:
            place = {"id": _commit(node)["id"], "after": history["pageInfo"]["endCursor"]}
            more = self._site.ask("MoreHistory", place, self._scope).get("node")
            if not more:
                break
            history = more["history"]
            oids += [commit["oid"] for commit in history["nodes"]]
            pages += 1
        fresh = takewhile(lambda oid: oid != before, oids)
        return {**node, "commits": list(dict.fromkeys(fresh))}


def _read(site: Site, scope: str, name: str, nodes: Sequence[Json]) -> Page:
    trim: Callable[[Json], Json] = _trim_release if name == "releases" else _trim_deployment

    def make(node: Json) -> tuple[Payload, Sequence[Any]]:
        body = trim(node)
        return Payload(site.name, scope, LISTS[name], node["id"], time_of(body["changed"]), body), ()

    published = [node for node in nodes if not node.get("isDraft")]
    return page_of(published, make, LISTS[name], lambda node: f"{site.name} {LISTS[name]} {node.get('id')} of {scope}")


def _trim_release(node: Json) -> Json:
    """The name and the notes are left out: people write into them what they like."""
    return {
        "tag": node["tagName"],
        "url": node["url"],
        "made": node["createdAt"],
        "changed": node["publishedAt"] or node["createdAt"],
        "preview": node["isPrerelease"],
        "sha": _commit(node)["oid"],
        "commits": node["commits"],
    }


def _trim_deployment(node: Json) -> Json:
    statuses = [{"state": s["state"], "at": s["createdAt"]} for s in node["statuses"]["nodes"] if s]
    ordered = sorted(statuses, key=lambda status: status["at"])
    return {
        "environment": node["environment"] or "",
        "made": node["createdAt"],
        "changed": ordered[-1]["at"] if ordered else node["createdAt"],
        "statuses": ordered,
        "sha": _commit(node)["oid"],
        "commits": node["commits"],
    }


def translate_delivery(payload: Payload) -> Iterator[Record]:
    """A release, or a deployment with what became of it; and the commits it brought."""
    body, source, key = payload.body, payload.source, payload.key
    told = _release if payload.kind == ItemKind.RELEASE else _deployment
    yield from told(payload)
    yield from (Link(source, key, oid, "contains", "api") for oid in body["commits"])


def _release(payload: Payload) -> Iterator[Record]:
    body, key = payload.body, payload.key
    name, made = f"{payload.scope}@{body['tag']}", time_of(body["made"])
    about = "preview" if body["preview"] else None
    yield Item(payload.source, payload.scope, key, payload.kind, name, body["tag"], body["url"], made, about=about)
    at = time_of(body["changed"])
    yield Event(payload.source, f"{key}:released", key, at, EventKind.RELEASED, detail=body["sha"])


def _deployment(payload: Payload) -> Iterator[Record]:
    body, key = payload.body, payload.key
    where, made = body["environment"], time_of(body["made"])
    name = f"{payload.scope}@{body['sha'][:7]} on {where}"
    url = f"/{payload.scope}/deployments"
    yield Item(payload.source, payload.scope, key, payload.kind, name, where, url, made, about=where)
    for n, status in enumerate(body["statuses"]):
        if result := RESULTS.get(status["state"]):
            yield Event(payload.source, f"{key}:{n}", key, time_of(status["at"]), EventKind.DEPLOYED, detail=result)


def _commit(node: Json) -> Json:
    return node.get("tagCommit") or node.get("commit") or {}


def _line(node: Json) -> str | None:
    """Releases follow each other, and deployments to one environment do."""
    return node.get("environment")


def _delivered(node: Json) -> bool:
    """A deployment that failed brought nothing."""
    return "statuses" not in node or any(s and s["state"] == "SUCCESS" for s in node["statuses"]["nodes"])
