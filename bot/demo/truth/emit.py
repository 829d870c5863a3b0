"""What the vendors would send of tickets and pull requests, read by the real connectors.

Jira and GitHub answer in their own shapes here, trimmed and translated as everything that is collected.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any

from bot.demo.truth.hours import moment
from bot.demo.truth.tickets import Moved, Request, Ticket
from connectors import github_events, jira_events
from connectors.github import GitHub
from connectors.github_settings import GitHubSettings
from connectors.jira import Jira
from connectors.jira_settings import JiraSettings
from connectors.people import judged
from connectors.records import ItemKind, Payload, Person, Record

Json = dict[str, Any]

TRACKER, FORGE, PROJECT, REPOSITORY = "jira.acme", "github.acme", "TREE", "acme/trees"
FLAG = "customfield_10021"
ROLES = {FLAG: "Flagged", "Flagged": "Flagged"}
JIRA_SETTINGS = JiraSettings.model_validate(
    {"url": "https://acme.atlassian.net", "email": "bot@acme.example", "token_env": "JIRA_TOKEN", "projects": [PROJECT]}
)
GITHUB_SETTINGS = GitHubSettings.model_validate({"token_env": "GITHUB_TOKEN", "repositories": [REPOSITORY]})

FIRST = (
    *("Ada", "Ben", "Cleo", "Dara", "Emil", "Fay", "Gus", "Hana", "Ivo", "June"),
    *("Kai", "Lena", "Milo", "Nora", "Otis", "Pia", "Quin", "Rosa", "Sven", "Tara"),
)
LAST = (
    *("Abbott", "Berg", "Costa", "Dietz", "Evans", "Fuchs", "Gallo", "Hahn", "Ibsen", "Jung", "Keller"),
    *("Lopez", "Meyer", "Novak", "Owens", "Petit", "Roth"),
)
SERVICE, REMINDER, IMPORTER, ADMIN = 2950, 2957, 2964, 2971


@cache
def account(who: int) -> str:
    """As Jira Cloud calls somebody."""
    return hashlib.md5(f"jira {who}".encode(), usedforsecurity=False).hexdigest()[:24]


def login(who: int) -> str:
    return f"{called(who).replace(' ', '-').lower()}"


def node_id(who: int) -> str:
    return f"U_kgDO{who:06}"


@cache
def called(who: int) -> str:
    """A name that nobody else has, and that tells nothing of what somebody does."""
    initial, family = chr(65 + who // 20 % 26), LAST[(who // 520 + who) % len(LAST)]
    return f"{FIRST[who % len(FIRST)]} {initial} {family}"


@dataclass(frozen=True)
class Board:
    """What is the same for all tickets: names of the places, keys of the items, and what the noise does to histories.

    `renamed`: place -> its former name, and until when it was called so.
    """

    places: tuple[str, ...]
    last: int
    keys: Sequence[int]
    end: int
    renamed: Mapping[int, tuple[str, int]] = field(default_factory=dict)
    twice: frozenset[tuple[int, int]] = frozenset()
    """item and instant of a change that came twice: under its own id, or under another"""

    def name(self, story: int) -> str:
        return f"{PROJECT}-{self.keys[story]}"

    def identity(self, story: int) -> str:
        return str(20_000 + 3 * self.keys[story])

    def called(self, place: int, at: int) -> str:
        before, until = self.renamed.get(place, ("", 0))
        return before if at < until else self.places[place]


def tracked(tickets: Iterable[Ticket], board: Board) -> Iterator[Record]:
    """Through the connector of Jira."""
    connector = Jira(TRACKER, JIRA_SETTINGS, lambda: moment(board.end))
    for ticket in tickets:
        body = jira_events.trim(_issue(ticket, board), ROLES, JIRA_SETTINGS.blocking_links)
        updated = jira_events.time_of(body["updated"])
        yield from connector.translate(
            Payload(TRACKER, PROJECT, ItemKind.ISSUE, body["id"], updated, body, body["status"]["id"])
        )


def _stamp(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds")


@cache
def _user(who: int | None) -> Json | None:
    return None if who is None else {"accountId": account(who), "accountType": "atlassian", "displayName": called(who)}


def _issue(ticket: Ticket, board: Board) -> Json:
    histories = list(_histories(ticket, board))
    over = ticket.place == board.last
    ended = max((moved.at for moved in ticket.moves), default=ticket.created)
    return {
        "id": board.identity(ticket.number),
        "key": board.name(ticket.number),
        "fields": {
            "summary": ticket.title,
            "issuetype": {"name": ticket.type},
            "status": _status(ticket.place, board),
            "statuscategorychangedate": _stamp(ended),
            "created": _stamp(ticket.created),
            "updated": _stamp(max([ticket.created, *(history["created"] for history in histories)])),
            "labels": list(ticket.labels),
            "resolution": {"name": ticket.resolution} if over else None,
            "resolutiondate": _stamp(ended) if over else None,
            "creator": _user(ticket.creator),
            "assignee": _user(ticket.assigned[-1][1]) if ticket.assigned else None,
            "worklog": _worklog(ticket),
        },
        "changelog": {"histories": histories},
    }


def _status(place: int, board: Board) -> Json:
    return {"id": str(10_001 + place), "name": board.places[place]}


def _worklog(ticket: Ticket) -> Json:
    logs = [
        {
            "id": f"{ticket.number}{n:03}",
            "author": _user(log.who),
            "started": _stamp(log.at - 1000 * log.seconds),
            "timeSpentSeconds": log.seconds,
        }
        for n, log in enumerate(ticket.logged)
    ]
    return {"total": len(logs), "worklogs": logs}


def _histories(ticket: Ticket, board: Board) -> Iterator[Json]:
    """Every change under an id that grows with time, and in milliseconds, as Jira Cloud tells histories in bulk."""
    found: list[tuple[int, int, list[Json]]] = [(m.at, m.who, _move(m, ticket, board)) for m in ticket.moves]
    found += [(edit.at, edit.who, [_edit(edit.field)]) for edit in ticket.edits]
    before: int | None = None
    for at, who in ticket.assigned:
        found.append((at, who, [_assignment(before, who)]))
        before = who
    for at, on, who in ticket.flags:
        old, new = (None, "Impediment") if on else ("Impediment", None)
        change = {"field": "Flagged", "fieldtype": "custom", "fieldId": FLAG, "fromString": old, "toString": new}
        found.append((at, who, [change]))
    found.sort(key=lambda change: change[0])
    instants: Counter[int] = Counter()
    for n, (at, who, changes) in enumerate(found):
        number = (at - 1_600_000_000_000) * 100 + ticket.number % 10 * 10 + instants[at]
        instants[at] += 1
        history = {"id": str(number), "created": at, "author": _user(who), "items": changes}
        yield history
        if (ticket.number, at) in board.twice:
            yield history if n % 2 else {**history, "id": str(number + 5), "created": at + 40}


def _move(moved: Moved, ticket: Ticket, board: Board) -> list[Json]:
    change = {
        "field": "status",
        "from": str(10_001 + moved.said),
        "fromString": board.called(moved.said, moved.at),
        "to": str(10_001 + moved.place),
        "toString": board.called(moved.place, moved.at),
    }
    if moved.place != board.last:
        return [change]
    how = ticket.resolution
    return [change, {"field": "resolution", "from": None, "fromString": None, "to": "10000", "toString": how}]


def _edit(name: str) -> Json:
    custom = name[0].isupper() and name != "Attachment"
    return {"field": name, "fieldtype": "custom", "fieldId": "customfield_10100"} if custom else {"field": name}


def _assignment(before: int | None, who: int) -> Json:
    old = account(before) if before is not None else None
    return {"field": "assignee", "from": old, "to": account(who), "toString": called(who)}


def forged(requests: Iterable[Request], board: Board) -> Iterator[Record]:
    """Through the connector of GitHub."""
    connector = GitHub(FORGE, GITHUB_SETTINGS, lambda: moment(board.end))
    for request in requests:
        node = _node(request, board)
        body = github_events.trim(node, GITHUB_SETTINGS.mergers)
        updated = github_events.time_of(body["updatedAt"])
        yield from connector.translate(
            Payload(FORGE, REPOSITORY, ItemKind.PULL_REQUEST, body["id"], updated, body, github_events.mark(node))
        )


def _second(at: int) -> str:
    return datetime.fromtimestamp(at // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@cache
def _member(who: int) -> Json:
    return {"__typename": "User", "id": node_id(who), "login": login(who)}


def _oid(*parts: object) -> str:
    return hashlib.sha1(repr(parts).encode(), usedforsecurity=False).hexdigest()


def _node(request: Request, board: Board) -> Json:
    commits = [_commit(request, n, board) for n in range(len(request.commits))]
    key = board.name(request.story)
    slug = request.title.lower().replace(" ", "-").replace("'", "")
    head = commits[-1]["commit"]["oid"] if commits else _oid(request.number)
    merge = {"oid": _oid(request.number, "merge")} if request.merged else None
    closed = request.merged or request.closed
    happened = [request.opened, closed or 0, *(at for at, *_ in request.facts)]
    return {
        "id": f"PR_kwDO{request.number:06}",
        "number": request.number,
        "title": f"{key} {request.title}" if request.in_title else request.title,
        "body": None,
        "url": f"https://github.com/{REPOSITORY}/pull/{request.number}",
        "state": "MERGED" if request.merged else "CLOSED" if request.closed else "OPEN",
        "isDraft": request.draft,
        "createdAt": _second(request.opened),
        "updatedAt": _second(max(happened)),
        "mergedAt": _second(request.merged) if request.merged else None,
        "closedAt": _second(closed) if closed else None,
        "headRefName": f"{key.lower()}-{slug}" if request.in_branch else slug,
        "headRefOid": head,
        "author": _member(request.author),
        "mergeCommit": merge,
        "labels": {"nodes": []},
        "reviews": {"nodes": list(_reviews(request))},
        "commits": {"nodes": commits},
        "timelineItems": {"nodes": list(_timeline(request))},
        "statusCheckRollup": _checks(request),
    }


def _commit(request: Request, n: int, board: Board) -> Json:
    authored, pushed, who = request.commits[n]
    name = f"{board.name(request.story)} " if request.in_branch and n == 0 else ""
    return {
        "commit": {
            "oid": _oid(request.number, n),
            "message": f"{name}{request.title}",
            "authoredDate": _second(authored),
            "committedDate": _second(pushed),
            "author": {"user": _member(who)},
        }
    }


def _reviews(request: Request) -> Iterator[Json]:
    """A dismissed one is called so ever after; the timeline tells what it was."""
    dismissed = {about for _, what, _, about in request.facts if what == "dismissed"}
    states = {"refused": "CHANGES_REQUESTED", "approved": "APPROVED", "remarked": "COMMENTED"}
    for n, (at, what, who, _) in enumerate(request.facts):
        if what in states:
            gone = what == "refused" and who in dismissed and _dismissed_after(request, n, who)
            yield {
                "id": f"PRR_{request.number:06}{n:03}",
                "state": "DISMISSED" if gone else states[what],
                "submittedAt": _second(at),
                "author": _member(who),
                "comments": {"totalCount": 2 if what == "refused" else 0},
                "onBehalfOf": {"nodes": []},
            }


def _dismissed_after(request: Request, n: int, who: int) -> bool:
    """Before he reviewed again."""
    later = [what for _, what, by, about in request.facts[n + 1 :] if who in (by, about) and what != "asked"]
    return later[:1] == ["dismissed"]


def _timeline(request: Request) -> Iterator[Json]:
    kinds = {"ready": "ReadyForReviewEvent", "asked": "ReviewRequestedEvent", "dismissed": "ReviewDismissedEvent"}
    for n, (at, what, who, about) in enumerate(request.facts):
        if what in kinds:
            node: Json = _happening(request, kinds[what], n, at, who)
            if what == "asked" and about is not None:
                node["requestedReviewer"] = _member(about)
            if what == "dismissed" and about is not None:
                review = _last_refusal(request, n, about)
                node |= {"review": {"id": review, "author": _member(about)}, "previousReviewState": "CHANGES_REQUESTED"}
            yield node
    if request.merged:
        yield _happening(request, "MergedEvent", 900, request.merged, request.author)
    if request.merged or request.closed:
        yield _happening(request, "ClosedEvent", 901, request.merged or request.closed or 0, request.author)


def _happening(request: Request, kind: str, n: int, at: int, who: int) -> Json:
    return {
        "__typename": kind,
        "id": f"{kind[:3]}_{request.number:06}{n:03}",
        "createdAt": _second(at),
        "actor": _member(who),
    }


def _last_refusal(request: Request, before: int, who: int) -> str:
    found = [n for n, (_, what, by, _) in enumerate(request.facts[:before]) if what == "refused" and by == who]
    return f"PRR_{request.number:06}{found[-1]:03}"


def _checks(request: Request) -> Json | None:
    """Of the newest commit."""
    if request.pushed is None:
        return None
    began = request.pushed + 8000
    check: Json = {"startedAt": _second(began), "completedAt": None}
    ended = request.checked if request.checked and request.checked > began else None
    if ended is None and not request.merged:
        return {"state": "PENDING", "contexts": {"nodes": [check]}}
    check["completedAt"] = _second(ended or began + 90_000)
    return {"state": "SUCCESS", "contexts": {"nodes": [check]}}


def members(people: Iterable[int], *, forge: bool) -> tuple[Person, ...]:
    """Everybody, as the connectors judge them by their names."""
    everybody = sorted(set(people))
    tracker = [judged(Person(TRACKER, account(who), called(who)), JIRA_SETTINGS) for who in everybody]
    both = [judged(Person(FORGE, node_id(who), login(who)), GITHUB_SETTINGS) for who in everybody] if forge else []
    return (*tracker, *both)
