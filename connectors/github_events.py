"""A pull request of GitHub: what is kept of it, and what is read out of it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from connectors.records import ActorKind, Event, EventKind, Item, Link, Payload, Person, Record, Verdict

Json = dict[str, Any]

KEY = re.compile(r"(?<![A-Za-z0-9])([A-Za-z][A-Za-z0-9_]{1,30}-[0-9]{1,9})(?![A-Za-z0-9])")
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
RESULTS = {"SUCCESS": "ok", "FAILURE": "fail", "ERROR": "fail"}
"""How the checks of a commit ended as a whole; in any other state they still run."""


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
        "rollup": next((r["state"] for r in _rollups(node)), None),
        "checks": [c for r in _rollups(node) for c in r["contexts"]["nodes"] if c],
    }


def _rollups(node: Json) -> list[Json]:
    """The checks of the newest commit as one, if it has any."""
    return [r for head in node["head"]["nodes"] if (r := head["commit"]["statusCheckRollup"])]


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


def mark(node: Json, commits: int) -> str:
    """What tells whether an open pull request changed without moving `updatedAt`."""
    return f"{node['headRefOid']} {commits} {' '.join(r['state'] for r in _rollups(node))}".strip()


def translate(payload: Payload) -> Iterator[Record]:
    """Item, links, events and people."""
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
        time_of(body["createdAt"]),
        labels=tuple(body["labels"]),
    )
    for evidence, found in body["keys"].items():
        yield from (Link(source, item, key, "implements", evidence) for key in found)
    yield Event(source, f"{item}:opened", item, time_of(body["createdAt"]), EventKind.OPENED, **_actor(body["author"]))
    if _born_draft(body):
        yield Event(
            source, f"{item}:drafted", item, time_of(body["createdAt"]), EventKind.DRAFTED, **_actor(body["author"])
        )
    yield from _happenings(source, item, body)
    yield from _reviews(source, item, body)
    yield from _commits(source, item, body)
    yield from _checks(source, item, body)


def _happenings(source: str, item: str, body: Mapping[str, Any]) -> Iterator[Event]:
    for node in body["timeline"]:
        kind = HAPPENINGS[node["type"]]
        detail = body["mergeCommit"] if kind is EventKind.MERGED else (node["about"] or {}).get("id")
        yield Event(source, node["id"], item, time_of(node["at"]), kind, detail=detail, **_actor(node["actor"]))
    told = {HAPPENINGS[n["type"]] for n in body["timeline"]}
    for kind, at in ((EventKind.MERGED, body["mergedAt"]), (EventKind.CLOSED, body["closedAt"])):
        if at and kind not in told:
            yield Event(source, f"{item}:{kind}", item, time_of(at), kind)


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
                time_of(review["submittedAt"]),
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
            source,
            f"{item}:commit:{oid}",
            item,
            time_of(commit["authoredDate"]),
            EventKind.COMMITTED,
            detail=oid,
            **who,
        )
        yield Event(
            source, f"{item}:push:{oid}", item, time_of(commit["committedDate"]), EventKind.PUSHED, detail=oid, **who
        )


def _checks(source: str, item: str, body: Mapping[str, Any]) -> Iterator[Event]:
    """The checks of the newest commit as one: pending from the first start, done at the last end."""
    began = [t for c in body["checks"] if (t := c.get("startedAt") or c.get("createdAt"))]
    if not began:
        return
    mark = f"{item}:checks:{body['headRefOid']}"
    yield Event(source, f"{mark}:pending", item, min(map(time_of, began)), EventKind.CHECKED, detail="pending")
    ended = [t for c in body["checks"] if (t := c.get("completedAt") or c.get("createdAt"))]
    result = RESULTS.get(body["rollup"])
    if result and ended:
        yield Event(source, f"{mark}:done", item, max(map(time_of, ended)), EventKind.CHECKED, detail=result)


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


def time_of(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
