"""A pull request of GitHub: what is kept of it, and what is read out of it."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from connectors.people import matches
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
    "AutoMergeEnabledEvent": EventKind.AUTO_MERGE_ON,
    "AutoSquashEnabledEvent": EventKind.AUTO_MERGE_ON,
    "AutoRebaseEnabledEvent": EventKind.AUTO_MERGE_ON,
    "AutoMergeDisabledEvent": EventKind.AUTO_MERGE_OFF,
    "ClosedEvent": EventKind.CLOSED,
    "ReopenedEvent": EventKind.REOPENED,
    "MergedEvent": EventKind.MERGED,
}
VERDICTS = {"APPROVED": Verdict.APPROVED, "CHANGES_REQUESTED": Verdict.CHANGES}
RESULTS = {"SUCCESS": "ok", "FAILURE": "fail", "ERROR": "fail"}
"""How the checks of a commit ended as a whole; in any other state they still run."""


REVERTS = re.compile(
    r"\bReverts (?:(?P<repository>[\w.-]+/[\w.-]+))?#(?P<number>\d+)|This reverts commit (?P<oid>[0-9a-f]{7,40})"
)
"""What GitHub's button writes into a body, and git into a message."""


def trim(node: Json, mergers: Sequence[str] = ()) -> Json:
    """What is kept of a pull request: no body, no comments, no commit messages; only what they name.

    `mergers`: patterns of the accounts that close what they merged elsewhere.
    """
    commits = [c["commit"] for c in node["commits"]["nodes"]]
    rollup = node["statusCheckRollup"] or {}
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
                "teams": [team["id"] for team in (r.get("onBehalfOf") or {}).get("nodes", []) if team],
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
        "reverts": _reverted(node, commits),
        "timeline": [_trim_happening(h, mergers) for h in node["timelineItems"]["nodes"]],
        "rollup": rollup.get("state"),
        "checks": [check for check in (rollup.get("contexts") or {}).get("nodes", []) if check],
    }


def _reverted(node: Json, commits: Sequence[Json]) -> list[str]:
    """Names of pull requests and commits."""
    texts = [node["body"], *(commit["message"] for commit in commits)]
    found = [match for text in texts for match in REVERTS.finditer(text or "")]
    here = node["url"].removeprefix("https://").partition("/")[2].rpartition("/pull/")[0]
    return sorted({m["oid"] or f"{m['repository'] or here}#{m['number']}" for m in found})


def _trim_happening(node: Json, mergers: Sequence[str]) -> Json:
    return {
        "type": node["__typename"],
        "id": node["id"],
        "at": node["createdAt"],
        "actor": _account(node["actor"]),
        "about": _account(_about(node)),
        "review": (node.get("review") or {}).get("id"),
        "was": node.get("previousReviewState"),
        "commit": (node.get("closer") or {}).get("oid"),
        "merges": bool(node["actor"]) and matches(_called(node["actor"]), mergers),
    }


def _about(happening: Json) -> Json | None:
    """Who was asked, or whose review was dismissed."""
    return happening.get("requestedReviewer") or (happening.get("review") or {}).get("author")


def keys(*texts: str | None) -> list[str]:
    """Issue keys in texts, in upper case, each once."""
    return sorted({key.upper() for text in texts for key in KEY.findall(text or "")})


def _account(who: Json | None) -> Json | None:
    """User, bot, mannequin or team; None for a deleted account."""
    if not who or not who.get("id"):
        return None
    name = _called(who)
    return {"id": who["id"], "bot": who.get("__typename") == "Bot" or name.endswith("[bot]")}


def _called(who: Json) -> str:
    return str(who.get("login") or who.get("slug") or who["id"])


def mark(node: Json) -> str:
    """What tells whether a pull request changed without moving `updatedAt`."""
    return f"{node['headRefOid']} {(node['statusCheckRollup'] or {}).get('state', '')}".strip()


def translate(payload: Payload) -> Iterator[Record]:
    """Item, links and events."""
    body, source, item = payload.body, payload.source, str(payload.body["id"])
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
    yield from (Link(source, item, reverted, "reverts", "body") for reverted in body["reverts"])
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
        if kind is EventKind.CLOSED and not body["mergedAt"] and (node["commit"] or node["merges"]):
            at, who = time_of(node["at"]), _actor(node["actor"])
            yield Event(source, f"{node['id']}:landed", item, at, EventKind.MERGED, detail=node["commit"], **who)
        detail = body["mergeCommit"] if kind is EventKind.MERGED else (node["about"] or {}).get("id")
        yield Event(source, node["id"], item, time_of(node["at"]), kind, detail=detail, **_actor(node["actor"]))
    told = {HAPPENINGS[n["type"]] for n in body["timeline"]}
    for kind, at in ((EventKind.MERGED, body["mergedAt"]), (EventKind.CLOSED, body["closedAt"])):
        if at and kind not in told:
            yield Event(source, f"{item}:{kind}", item, time_of(at), kind)


def _reviews(source: str, item: str, body: Mapping[str, Any]) -> Iterator[Event]:
    """A review that is still being written has no time and is nobody's business.

    A dismissed one counts until it was dismissed; one on behalf of a team answers what the team was asked.
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
            for team in review["teams"]:
                at, mark = time_of(review["submittedAt"]), f"{review['id']}:for:{team}"
                yield Event(source, mark, item, at, EventKind.UNREQUESTED, detail=team, **_actor(review["author"]))


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


def people_of(source: str, node: Json) -> Iterator[Person]:
    """Everybody in a pull request, and the teams that were asked."""
    happenings = node["timelineItems"]["nodes"]
    met: Iterable[Json | None] = [
        node["author"],
        *(review["author"] for review in node["reviews"]["nodes"]),
        *((commit["commit"]["author"] or {}).get("user") for commit in node["commits"]["nodes"]),
        *(happening["actor"] for happening in happenings),
        *(_about(happening) for happening in happenings),
    ]
    for who in met:
        if account := _account(who):
            yield Person(source, account["id"], _called(who or {}), _kind(account))


def _actor(account: Json | None) -> Json:
    return {"actor": account["id"], "actor_kind": _kind(account)} if account else {}


def _kind(account: Json) -> ActorKind:
    return ActorKind.BOT if account["bot"] else ActorKind.HUMAN


def time_of(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
