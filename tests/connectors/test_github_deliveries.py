"""Releases and deployments: which commits each of them brought."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.github_deliveries import deliveries, translate_delivery
from connectors.github_site import GitHubSettings, Site
from connectors.records import Event, Item, Link, Page, Record
from tests.serve import Reply, serving

Json = dict[str, Any]
NOW = datetime(2026, 2, 1, tzinfo=UTC)
COMMITS = [f"{n:040x}" for n in range(500)]
"""The newest first: each has all that come after it as its history."""


@pytest.fixture(autouse=True)
def token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "secret-token")


def built(n: int) -> Json:
    return {"id": f"C{n}", "oid": COMMITS[n], "history": history(n, 0)}


def history(n: int, start: int) -> Json:
    page = COMMITS[n + start : n + start + 100]
    more = n + start + 100 < len(COMMITS)
    return {"pageInfo": {"hasNextPage": more, "endCursor": str(start + 100)}, "nodes": [{"oid": oid} for oid in page]}


def day(days: float) -> str:
    return (NOW - timedelta(days=days)).isoformat()


def release(tag: str, commit: int, age: float, **more: Any) -> Json:
    made = {"createdAt": day(age), "publishedAt": day(age - 1), "isDraft": False, "isPrerelease": False}
    return {"id": f"RE_{tag}", "tagName": tag, "url": f"https://x/{tag}", **made, "tagCommit": built(commit), **more}


def deployment(number: int, commit: int, age: float, *states: str, environment: str = "production") -> Json:
    statuses = {"nodes": [{"state": state, "createdAt": day(age - n / 24)} for n, state in enumerate(states, 1)][::-1]}
    where = {"id": f"DE_{number}", "environment": environment, "createdAt": day(age)}
    return {**where, "commit": built(commit), "statuses": statuses}


def read(
    releases: Sequence[Json] = (), deployed: Sequence[Json] = (), since: datetime | None = None
) -> tuple[list[Page], list[str]]:
    """All pages, and the operations they took; pages of the size asked for."""
    asked: list[str] = []

    def listed(nodes: Sequence[Json], size: int, after: str | None) -> Json:
        start = int(after or 0)
        more = start + size < len(nodes)
        return {"pageInfo": {"hasNextPage": more, "endCursor": str(start + size)}, "nodes": nodes[start : start + size]}

    def answer(method: str, path: str, body: Any) -> Reply:
        variables = body["variables"]
        asked.append(body["operationName"])
        if body["operationName"] == "MoreHistory":
            found = history(int(variables["id"][1:]), int(variables["after"]))
            return Reply(200, {"data": {"node": {"history": found}}})
        shown = {
            name: listed(nodes, variables["size"], variables[f"{name}After"])
            for name, nodes in (("releases", releases), ("deployments", deployed))
            if variables[f"{name}Wanted"]
        }
        return Reply(200, {"data": {"repository": shown}})

    with serving(answer) as (url, _):
        settings = GitHubSettings(api_url=url, token_env="GITHUB_TOKEN", repositories=("acme/pay",))
        return list(deliveries(Site("github.acme", settings), "acme/pay", since, NOW)), asked


def records(pages: Sequence[Page]) -> Iterator[Record]:
    return (record for page in pages for payload in page.payloads for record in translate_delivery(payload))


def brought(pages: Sequence[Page]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for link in (r for r in records(pages) if isinstance(r, Link)):
        found.setdefault(link.item, []).append(COMMITS.index(link.other))
    return found


def test_a_release_brings_what_came_since_the_one_before() -> None:
    """However many commits that are; the first one brings all that it is made of, as far as it is read."""
    pages, asked = read([release("v3", 0, 1), release("v2", 250, 20), release("v1", 260, 40)])
    found = brought(pages)

    assert found["RE_v3"] == list(range(250))
    assert found["RE_v2"] == list(range(250, 260))
    assert found["RE_v1"] == list(range(260, 360))
    assert asked == ["Deliveries", "MoreHistory", "MoreHistory"]


def test_a_draft_is_no_release() -> None:
    """It has no tag yet."""
    pages, _ = read([release("v2", 0, 1, isDraft=True, tagCommit=None), release("v1", 5, 9)])

    assert [r.name for r in records(pages) if isinstance(r, Item)] == ["acme/pay@v1"]


def test_deployments_follow_each_other_in_their_environment() -> None:
    """One that failed brought nothing, so the next brings its commits, too."""
    pages, _ = read(
        deployed=[
            deployment(4, 0, 1, "IN_PROGRESS", "SUCCESS"),
            deployment(3, 0, 2, "SUCCESS", environment="staging"),
            deployment(2, 4, 3, "IN_PROGRESS", "FAILURE"),
            deployment(1, 8, 4, "SUCCESS", "INACTIVE"),
        ]
    )

    assert brought(pages)["DE_4"] == list(range(8))
    assert {e.item: e.detail for e in records(pages) if isinstance(e, Event)} == {
        "DE_1": "ok",
        "DE_2": "fail",
        "DE_3": "ok",
        "DE_4": "ok",
    }


def test_later_only_what_is_young_is_read_again() -> None:
    """A few days back, since a deployment goes on to fail or to succeed."""
    many = [deployment(n, n, n / 2, "SUCCESS") for n in range(100)]

    assert len(read(deployed=many)[1]) == 4
    assert len(read(deployed=many, since=NOW - timedelta(hours=1))[1]) == 1


def test_what_is_read_again_brings_what_it_brought() -> None:
    """Where reading stops, the one before is not at hand; what was told when it was stays as it was told."""
    deployed = [deployment(n, n, n / 2, "SUCCESS") for n in range(100)]
    releases = [release(f"v{n}", 3 * n, 10 * n) for n in range(60)]
    whole = brought(read(releases, deployed)[0])
    again = brought(read(releases, deployed, since=NOW - timedelta(hours=1))[0])

    assert len(again) == 48
    assert again == {key: whole[key] for key in again}


def test_what_the_token_may_not_read_is_nothing() -> None:
    """GitHub answers with null."""

    def answer(method: str, path: str, body: Any) -> Reply:
        return Reply(200, {"data": {"repository": {"releases": None, "deployments": None}}})

    with serving(answer) as (url, _):
        settings = GitHubSettings(api_url=url, token_env="GITHUB_TOKEN", repositories=("acme/pay",))
        assert list(deliveries(Site("github.acme", settings), "acme/pay", None, NOW)) == []
