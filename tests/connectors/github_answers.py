"""What GitHub answers about a pull request, and what is read out of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from connectors.github import GitHub
from connectors.github_settings import GitHubSettings
from tests.serve import Answer, Reply, serving

Json = dict[str, Any]
NOW = datetime(2026, 2, 1, tzinfo=UTC)
NO_MORE: Json = {"hasNextPage": False, "endCursor": None}


def github(url: str = "http://127.0.0.1:9") -> GitHub:
    return GitHub(
        "github.acme", GitHubSettings(api_url=url, token_env="GITHUB_TOKEN", repositories=("acme/pay",)), lambda: NOW
    )


def who(login: str, kind: str = "User") -> Json:
    return {"__typename": kind, "login": login, "id": f"U_{login}"}


def node(number: int = 7, **more: Any) -> Json:
    return {
        "id": f"PR_{number}",
        "number": number,
        "title": "PAY-1 Refund",
        "body": "see PAY-2, a secret",
        "url": "https://github.example/7",
        "state": "OPEN",
        "isDraft": False,
        "createdAt": "2026-01-05T10:00:00Z",
        "updatedAt": "2026-01-09T10:00:00Z",
        "mergedAt": None,
        "closedAt": None,
        "headRefName": "feature/pay-3-refund",
        "headRefOid": "f" * 40,
        "author": who("ann"),
        "mergeCommit": None,
        "labels": {"nodes": [{"name": "bug"}]},
        "reviews": {"pageInfo": NO_MORE, "nodes": []},
        "commits": {"totalCount": 0, "pageInfo": NO_MORE, "nodes": []},
        "statusCheckRollup": None,
        "timelineItems": {"pageInfo": NO_MORE, "nodes": []},
        **more,
    }


def review(number: int, state: str, at: str, login: str = "bob") -> Json:
    return {"id": f"R{number}", "state": state, "submittedAt": at, "author": who(login), "comments": {"totalCount": 0}}


def listed(*nodes: Json) -> Json:
    return {"pageInfo": NO_MORE, "nodes": list(nodes)}


@contextmanager
def site(answer: Answer) -> Iterator[tuple[str, list[str]]]:
    """One without releases and deployments."""
    nothing = {"data": {"repository": {"url": "https://x", "releases": listed(), "deployments": listed()}}}

    def answered(method: str, path: str, body: Any) -> Reply:
        asked = body.get("operationName") if isinstance(body, dict) else None
        return Reply(200, nothing) if asked == "Deliveries" else answer(method, path, body)

    with serving(answered) as found:
        yield found


def repository(nodes: list[Json | None], *, more: bool = False) -> Json:
    return {
        "data": {"repository": {"pullRequests": {"pageInfo": {"hasNextPage": more, "endCursor": "c"}, "nodes": nodes}}}
    }
