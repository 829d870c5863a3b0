"""Jira, GitHub and Slack of a simulated company, on loopback and over the vendors' own protocols.

They answer what the connectors ask, in the vendors' shapes, and nothing else.
"""

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from bot.demo.company import BOT, REPOSITORY
from bot.demo.jira_stand_in import JiraStandIn
from bot.demo.stories import Company, PullStory

Json = dict[str, Any]
Clock = Callable[[], datetime]
Answer = Callable[[str, Json], Any]
"""(path, arguments) -> what is sent as JSON; None is a 404, a LookupError a 400"""

TOKEN = "demo"  # noqa: S105 - it opens nothing
PAGE_INFO: Json = {"hasNextPage": False, "endCursor": None}


@dataclass(frozen=True)
class Addresses:
    jira: str
    github: str
    slack: str


@contextmanager
def stand_ins(company: Company, clock: Clock | None = None) -> Iterator[Addresses]:
    """Three servers while the block runs."""
    slack = SlackStandIn(company.channel)
    answers = JiraStandIn(company), GitHubStandIn(company), slack
    with serving(answers, clock or (lambda: company.now)) as (jira, github, messages):
        slack.address = messages
        yield Addresses(jira, github, f"{messages}/api/")


@contextmanager
def serving(answers: Sequence[Answer], clock: Clock) -> Iterator[list[str]]:
    """The address of a server for each, while the block runs; the clock tells the time there."""
    servers = [_serve(answer, clock) for answer in answers]
    try:
        yield [f"http://127.0.0.1:{server.server_address[1]}" for server in servers]
    finally:
        for server in servers:
            server.shutdown()
            server.server_close()


def _serve(answer: Answer, clock: Clock) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._reply()

        def do_POST(self) -> None:
            self._reply()

        def _reply(self) -> None:
            url = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            try:
                reply = answer(url.path, _arguments(self.headers.get("Content-Type", ""), body, url.query))
            except LookupError as problem:
                self._send(400, json.dumps({"errorMessages": [str(problem)]}).encode())
            else:
                self._send(404 if reply is None else 200, json.dumps(reply if reply is not None else {}).encode())

        def _send(self, status: int, content: bytes) -> None:
            self.send_response_only(status)
            self.send_header("Date", format_datetime(clock().astimezone(UTC), usegmt=True))
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it so
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def _arguments(kind: str, body: bytes, query: str) -> Json:
    if kind.startswith("application/json") and body:
        found: Json = json.loads(body)
        return found
    form = body.decode() if kind.startswith("application/x-www-form-urlencoded") else ""
    return dict(parse_qsl(query)) | dict(parse_qsl(form))


class GitHubStandIn:
    """GitHub's GraphQL, for the operations of the connector."""

    def __init__(self, company: Company) -> None:
        self._pulls = sorted((_pull(p) for p in company.pulls), key=lambda p: str(p["updatedAt"]))

    def __call__(self, path: str, arguments: Json) -> Any:
        if path != "/graphql":
            return None
        variables = arguments["variables"]
        match arguments["operationName"]:
            case "Pulls":
                return _repository(pullRequests=self._page(variables))
            case "Open":
                is_open, merged = ([p for p in self._pulls if p["state"] == state] for state in ("OPEN", "MERGED"))
                return _repository(pullRequests=_nodes(is_open), merged=_nodes(merged[-25:]))
            case "Deliveries":
                return _repository(url="https://github.example", releases=_nodes([]), deployments=_nodes([]))
            case "Again":
                return {"data": {"nodes": [p for p in self._pulls if p["id"] in variables["ids"]]}}
            case "Repositories":
                pushed = max((str(pull["updatedAt"]) for pull in self._pulls), default=None)
                shown = {"nameWithOwner": REPOSITORY, "description": None, "pushedAt": pushed}
                return {"data": {"viewer": {"repositories": {"nodes": [shown] if pushed else []}}, "rateLimit": None}}
            case "Visible":
                answer = _repository(nameWithOwner=REPOSITORY, pullRequests={"totalCount": len(self._pulls)})
                return {"data": {**answer["data"], "viewer": {"login": "demo-bot"}, "rateLimit": None}}
        return {"errors": [{"message": "this stand-in does not know the operation"}]}

    def _page(self, variables: Json) -> Json:
        ordered = self._pulls if variables["direction"] == "ASC" else self._pulls[::-1]
        start, size = int(variables["after"] or 0), int(variables["size"])
        end = start + size
        return {"pageInfo": {"hasNextPage": end < len(ordered), "endCursor": str(end)}, "nodes": ordered[start:end]}


def _repository(**fields: Any) -> Json:
    return {"data": {"repository": fields}}


def _nodes(nodes: list[Json]) -> Json:
    return {"pageInfo": PAGE_INFO, "nodes": nodes}


def _pull(story: PullStory) -> Json:
    times = {what: [f.at for f in story.facts if f.what == what] for what in ("opened", "merged", "ready", "committed")}
    merged = _iso(times["merged"][0]) if times["merged"] else None
    commits = [_commit(story, n, at) for n, at in enumerate(times["committed"])]
    return {
        "id": f"PR_{story.number}",
        "number": story.number,
        "title": story.title,
        "body": "",
        "headRefName": story.branch,
        "url": f"https://github.example/{REPOSITORY}/pull/{story.number}",
        "state": "MERGED" if merged else "OPEN",
        "isDraft": story.draft and not times["ready"] and not merged,
        "createdAt": _iso(times["opened"][0]),
        "updatedAt": _iso(max(f.at for f in story.facts)),
        "mergedAt": merged,
        "closedAt": merged,
        "headRefOid": commits[-1]["commit"]["oid"] if commits else "0" * 40,
        "author": _actor(story.author),
        "mergeCommit": {"oid": f"{story.number:040x}"} if merged else None,
        "labels": {"nodes": []},
        "reviews": {
            "pageInfo": PAGE_INFO,
            "nodes": [
                {
                    "id": f"PRR_{story.number}_{n}",
                    "state": f.detail,
                    "submittedAt": _iso(f.at),
                    "author": _actor(f.who),
                    "comments": {"totalCount": 2 if f.detail == "CHANGES_REQUESTED" else 0},
                }
                for n, f in enumerate(f for f in story.facts if f.what == "reviewed")
            ],
        },
        "commits": {"totalCount": len(commits), "pageInfo": PAGE_INFO, "nodes": commits},
        "statusCheckRollup": None,
        "timelineItems": {"pageInfo": PAGE_INFO, "nodes": list(_timeline(story))},
    }


def _commit(story: PullStory, n: int, at: datetime) -> Json:
    who = {"id": _actor(story.author)["id"], "login": _actor(story.author)["login"]}
    return {
        "commit": {
            "oid": f"{story.number:08x}{n:032x}",
            "authoredDate": _iso(at),
            "committedDate": _iso(at),
            "message": story.title,
            "author": {"user": who},
        }
    }


def _timeline(story: PullStory) -> Iterator[Json]:
    types = {"ready": "ReadyForReviewEvent", "requested": "ReviewRequestedEvent", "merged": "MergedEvent"}
    for n, fact in enumerate(f for f in story.facts if f.what in types):
        more = {"requestedReviewer": _actor(fact.detail)} if fact.what == "requested" else {}
        yield {
            "__typename": types[fact.what],
            "id": f"E_{story.number}_{n}",
            "createdAt": _iso(fact.at),
            "actor": _actor(fact.who),
            **more,
        }


def _actor(who: str) -> Json:
    login = who.lower().replace(" ", "-")
    return {"__typename": "Bot" if who == BOT else "User", "id": f"U_{login}", "login": login}


def _iso(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


class SlackStandIn:
    """One channel."""

    def __init__(self, channel: str) -> None:
        self._channel = channel
        self.posted: list[Json] = []
        self.address = ""

    def __call__(self, path: str, arguments: Json) -> Any:
        match path.rpartition("/")[2]:
            case "auth.test":
                return {"ok": True, "team": "Acme"}
            case "conversations.list":
                return {"ok": True, "channels": [{"id": f"C0{self._channel.upper()}", "name": self._channel}]}
            case "conversations.history" | "conversations.replies":
                return {"ok": True, "messages": self.posted}
            case "files.getUploadURLExternal":
                return {"ok": True, "upload_url": f"{self.address}/upload", "file_id": f"F{len(self.posted)}"}
            case "files.info":
                return {"ok": True, "file": {"mimetype": "image/png"}}
            case "chat.postMessage":
                return self._post(arguments)
        return {"ok": True}

    def _post(self, arguments: Json) -> Json:
        metadata = arguments["metadata"]
        stamp = f"{1_700_000_000 + len(self.posted)}.000100"
        self.posted.append(
            {**arguments, "ts": stamp, "metadata": json.loads(metadata) if isinstance(metadata, str) else metadata}
        )
        return {"ok": True, "ts": stamp, "channel": arguments["channel"]}
