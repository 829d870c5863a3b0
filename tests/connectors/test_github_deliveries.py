"""Releases and deployments: which commits each of them brought."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.github_deliveries import deliveries, translate_delivery
from connectors.github_settings import GitHubSettings
from connectors.github_site import Site
from connectors.records import Event, Item, Link, Page, Record
from connectors.transport import Meter
from tests.serve import Reply, serving

Json = dict[str, Any]
NOW = datetime(2026, 2, 1, tzinfo=UTC)
COMMITS = [f"{n:040x}" for n in range(500)]
"""The newest first: each has all that come after it as its history."""


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
        if body["operationName"] == "Environment":
            there = [node for node in deployed if node["environment"] == variables["environment"]]
            return Reply(200, {"data": {"repository": {"deployments": listed(there, 50, variables["after"])}}})
        if body["operationName"] == "MoreHistory":
            found = history(int(variables["id"][1:]), int(variables["after"]))
            return Reply(200, {"data": {"node": {"history": found}}})
        shown: Json = {"url": "https://x"} | {
            name: listed(nodes, variables["size"], variables[f"{name}After"])
            for name, nodes in (("releases", releases), ("deployments", deployed))
            if variables[f"{name}Wanted"]
        }
        return Reply(200, {"data": {"repository": shown}})

    with serving(answer) as (url, _):
        settings = GitHubSettings(api_url=url, token_env="GITHUB_TOKEN", repositories=("acme/pay",))
        return list(deliveries(Site("github.acme", settings, Meter()), "acme/pay", since, NOW)), asked


def records(pages: Sequence[Page]) -> Iterator[Record]:
    return (record for page in pages for payload in page.payloads for record in translate_delivery(payload))


def brought(pages: Sequence[Page]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for link in (r for r in records(pages) if isinstance(r, Link)):
        found.setdefault(link.item, []).append(COMMITS.index(link.other))
    return found


def test_a_release_brings_what_came_since_the_one_before() -> None:
    """However many commits that are; of the first nobody knows what was there before."""
    pages, asked = read([release("v3", 0, 1), release("v2", 250, 20), release("v1", 260, 40)])
    found = brought(pages)

    assert found["RE_v3"] == list(range(250))
    assert found["RE_v2"] == list(range(250, 260))
    assert found["RE_v1"] == [260]
    assert asked == ["Deliveries", "MoreHistory", "MoreHistory"]


def test_a_release_brings_what_its_previews_brought_too() -> None:
    """A preview reaches nobody, so it takes nothing away."""
    found = brought(read([release("v2", 0, 1), release("v2-rc", 5, 3, isPrerelease=True), release("v1", 20, 9)])[0])

    assert (found["RE_v2"], found["RE_v2-rc"]) == (list(range(20)), list(range(5, 20)))


def test_what_was_merged_beside_a_hotfix_is_brought() -> None:
    """A history is no line: the hotfix stands in it before what was there earlier, but not yet released."""
    mixed, hotfix = ([COMMITS[n] for n in ns] for ns in ((0, 1, 2, 3, 4, 9), (1, 9)))
    later, earlier = release("v2", 0, 1), release("v1.0.1", 1, 3)
    for node, oids in ((later, mixed), (earlier, hotfix)):
        page = {"pageInfo": {"hasNextPage": False, "endCursor": None}, "nodes": [{"oid": oid} for oid in oids]}
        node["tagCommit"] = {"id": "C", "oid": oids[0], "history": page}

    assert brought(read([later, earlier, release("v1", 9, 9)])[0])["RE_v2"] == [0, 2, 3, 4]


def test_a_rollback_brings_nothing() -> None:
    """And what comes after it only what is new; the same commit once more is nothing new either."""
    deployed = [deployment(n, commit, n, "SUCCESS") for n, commit in ((1, 5), (2, 30), (3, 10), (4, 10), (5, 40))]
    found = brought(read(deployed=deployed)[0])

    assert {key: (min(some), max(some)) for key, some in found.items()} == {
        "DE_1": (5, 29),
        "DE_4": (10, 39),
        "DE_5": (40, 40),
    }


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
    assert brought(pages)["DE_3"] == [0], "staging is told, but not what it brought"
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
    """The one before is looked for though it is old; what is old itself is not told again."""
    old, young = release("v1", 260, 40), release("v2", 250, 20, publishedAt=day(1))
    (first, _), (again, asked) = read([young, old]), read([young, old], since=NOW - timedelta(days=2))

    assert brought(again) == {"RE_v2": brought(first)["RE_v2"]}
    assert asked == ["Deliveries"]


def test_what_was_there_before_is_found_however_long_ago() -> None:
    """Behind hundreds of previews; a later run tells the same as the first."""
    previews = [deployment(n, n, 2 + n / 10, "SUCCESS", environment=f"preview-{n}") for n in range(200)]
    deployed = [deployment(900, 0, 1, "SUCCESS"), *previews, deployment(901, 70, 90, "SUCCESS")]
    (first, _), (later, asked) = read(deployed=deployed), read(deployed=deployed, since=NOW - timedelta(hours=1))

    assert brought(first)["DE_900"] == brought(later)["DE_900"] == list(range(70))
    assert asked[-1] == "Environment"
    assert all(len(commits) == 1 for key, commits in brought(first).items() if key != "DE_900")


def test_a_busy_environment_is_searched_to_its_end() -> None:
    """What failed there meanwhile brought nothing."""
    failed = [deployment(n, 0, 2 + n / 1000, "FAILURE") for n in range(120)]
    deployed = [deployment(900, 0, 1, "SUCCESS"), *failed, deployment(901, 70, 90, "SUCCESS")]

    assert brought(read(deployed=deployed, since=NOW)[0])["DE_900"] == list(range(70))


@pytest.mark.parametrize(
    "odd",
    [{"statuses": None}, {"commit": None}, {"commit": {"id": "C", "oid": "x", "history": None}}, {"environment": None}],
    ids=lambda odd: next(iter(odd)),
)
def test_an_odd_delivery_does_not_keep_the_others_out(odd: Json) -> None:
    """Nor is it lost."""
    pages, _ = read(deployed=[{**deployment(2, 0, 1, "SUCCESS"), **odd}, deployment(1, 5, 3, "SUCCESS")])

    assert {p.key for page in pages for p in page.payloads} == {"DE_1", "DE_2"}
    assert len([r for r in records(pages) if isinstance(r, Item)]) == 2


def test_what_cannot_be_read_is_told_and_asked_for_by_no_key() -> None:
    """It is read again with the list it stands in."""
    pages, _ = read([{**release("v1", 0, 1), "tagName": None, "url": None, "isPrerelease": None, "id": None}])

    assert [(u.key, u.kind) for page in pages for u in page.unreadable] == [(None, "release")]


def test_what_the_token_may_not_read_is_nothing() -> None:
    """GitHub answers with null."""

    def answer(method: str, path: str, body: Any) -> Reply:
        return Reply(200, {"data": {"repository": {"url": "https://x", "releases": None, "deployments": None}}})

    with serving(answer) as (url, _):
        settings = GitHubSettings(api_url=url, token_env="GITHUB_TOKEN", repositories=("acme/pay",))
        assert list(deliveries(Site("github.acme", settings, Meter()), "acme/pay", None, NOW)) == []
