"""Releases and deployments of GitHub: read, trimmed, and told with the commits that are in them.

What is in one is read off the history of its commit, back to the commit of the one before (of the same environment);
so merge commits, squashes and rebases are all found where they landed. Neither list has a time of its last change: each
run reads again what is younger than a few days, because a deployment goes on to succeed or fail.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import Any

from connectors.errors import reading
from connectors.github_site import Site, TooMuch
from connectors.pages import page_of
from connectors.people import matches
from connectors.records import PREVIEW, PRODUCTION, Event, EventKind, Item, ItemKind, Link, Page, Payload, Record

Json = dict[str, Any]

SIZE = 25
FAR_BACK = timedelta(days=400)
"""Preview environments can have had ten thousands."""

UNSETTLED = timedelta(days=3)
MOST_HISTORY = 10
"""Pages of a hundred commits; where the one before is not among them, it stands on another branch."""

MOST_BEYOND = 3

RESULTS = {"SUCCESS": "ok", "FAILURE": "fail", "ERROR": "fail", "IN_PROGRESS": "pending"}
"""How a deployment can stand; what came later (INACTIVE) is the success of another one."""

NOTHING: Json = {"nodes": [], "pageInfo": {"hasNextPage": False}}
"""What a token sees that may not read them."""

LISTS = {"releases": ItemKind.RELEASE, "deployments": ItemKind.DEPLOYMENT}


def deliveries(site: Site, scope: str, since: datetime | None, now: datetime) -> Iterator[Page]:
    """All that are new or may have changed since then (None: all releases, and the deployments of the last year)."""
    back = dict.fromkeys(LISTS, since - UNSETTLED if since else now - FAR_BACK)
    if since is None:
        back["releases"] = datetime.min.replace(tzinfo=UTC)
    lists = {name: _List(site, scope, back[name]) for name in LISTS}
    while going := {name: one for name, one in lists.items() if not one.done}:
        answer = _page(site, scope, {name: one.after for name, one in going.items()})
        with reading(f"{site.name} releases and deployments of {scope}"):
            for name, one in going.items():
                page = _read(site, scope, answer["url"], name, one.heard(answer.get(name) or NOTHING))
                if page.payloads or page.unreadable:
                    yield page


def _page(site: Site, scope: str, after: Mapping[str, str | None]) -> Json:
    """Of the lists that are named, as much as GitHub can give."""
    owner, _, name = scope.partition("/")
    size = SIZE
    while True:
        wanted = {f"{kind}Wanted": kind in after for kind in LISTS} | {f"{k}After": after.get(k) for k in LISTS}
        try:
            found: Json = site.ask("Deliveries", {"owner": owner, "name": name, "size": size, **wanted}, scope)
        except TooMuch:
            size //= 2
        else:
            return dict(found["repository"])


class _List:
    """One of the lists, newest first: each of those that are young with the commits it has on top of the one before."""

    def __init__(self, site: Site, scope: str, since: datetime) -> None:
        self._site, self._scope, self._since = site, scope, since
        self._waiting: list[Json] = []
        self._pages_beyond = 0
        self.after: str | None = None
        self.done = False

    def heard(self, page: Json) -> list[Json]:
        """Those of which the one before is known by now; with the end of the list all that are left."""
        found, nodes = [], [node for node in page["nodes"] if node and _commit(node)]
        for node in nodes:
            if _delivered(node):
                found += [self._cut(later, _commit(node)["oid"]) for later in self._leave(_place(node))]
            if _changed(node) >= self._since:
                self._waiting.append(node)
        self._turn(page["pageInfo"], past=any(_time(node["createdAt"]) < self._since for node in nodes))
        return found + ([self._cut(later, None) for later in self._waiting] if self.done else [])

    def _turn(self, place: Json, *, past: bool) -> None:
        """Beyond what is young only a few pages are read, for the one before it."""
        self.after, self._pages_beyond = place.get("endCursor"), self._pages_beyond + past
        enough = past and (not self._waiting or self._pages_beyond > MOST_BEYOND)
        self.done = enough or not place["hasNextPage"]

    def _leave(self, place: str | None) -> list[Json]:
        leaving = [node for node in self._waiting if _place(node) == place]
        self._waiting = [node for node in self._waiting if _place(node) != place]
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


def _read(site: Site, scope: str, home: str, name: str, nodes: Sequence[Json]) -> Page:
    production = site.settings.production

    def make(node: Json) -> tuple[Payload, Sequence[Any]]:
        body = _trim_release(node) if name == "releases" else _trim_deployment(node, home, production)
        return Payload(site.name, scope, LISTS[name], node["id"], _time(body["changed"]), body), ()

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


def _trim_deployment(node: Json, home: str, production: Sequence[str]) -> Json:
    statuses = [{"state": s["state"], "at": s["createdAt"]} for s in node["statuses"]["nodes"] if s]
    ordered = sorted(statuses, key=lambda status: status["at"])
    return {
        "environment": node["environment"] or "",
        "url": f"{home}/deployments",
        "production": matches(node["environment"] or "", production),
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
    name, made = f"{payload.scope}@{body['tag']}", _time(body["made"])
    labels = (PREVIEW,) if body["preview"] else ()
    yield Item(payload.source, payload.scope, key, payload.kind, name, body["tag"], body["url"], made, labels=labels)
    at = _time(body["changed"])
    yield Event(payload.source, f"{key}:released", key, at, EventKind.RELEASED, detail=body["sha"])


def _deployment(payload: Payload) -> Iterator[Record]:
    body, key = payload.body, payload.key
    where, made = body["environment"], _time(body["made"])
    name = f"{payload.scope}@{body['sha'][:7]} on {where}"
    labels = (PRODUCTION,) if body["production"] else ()
    yield Item(
        payload.source, payload.scope, key, payload.kind, name, where, body["url"], made, labels=labels, about=where
    )
    for n, status in enumerate(body["statuses"]):
        if result := RESULTS.get(status["state"]):
            yield Event(payload.source, f"{key}:{n}", key, _time(status["at"]), EventKind.DEPLOYED, detail=result)


def _commit(node: Json) -> Json:
    return node.get("tagCommit") or node.get("commit") or {}


def _place(node: Json) -> str | None:
    """Releases follow each other, and deployments to one environment do."""
    return node.get("environment")


def _changed(node: Json) -> datetime:
    """A release is made of a commit long before it is published; a deployment goes on to succeed or fail."""
    statuses = [status["createdAt"] for status in (node.get("statuses") or {}).get("nodes", []) if status]
    return max(_time(at) for at in (node["createdAt"], node.get("publishedAt"), *statuses) if at)


def _delivered(node: Json) -> bool:
    """A deployment that failed brought nothing."""
    return "statuses" not in node or any(s and s["state"] == "SUCCESS" for s in node["statuses"]["nodes"])


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
