"""Real projects through the real clients: everything is there, once, whatever the flavour and however often."""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.store import Store
from connectors.records import Event, EventKind, ItemKind, Verdict
from tests.real.conftest import DATA, collected, github, jira

DURACLOUD = DATA / "jira_changelogs" / "duraspace_DURACLOUD_issues_changelog.jsonl.gz"
SECP256K1 = DATA / "github_timelines" / "bitcoin-core_secp256k1_pulls_timeline.jsonl.gz"
MLS = DATA / "github_reviews_archive" / "mlswg_mls-protocol_archive.json.gz"
RELEASES = DATA / "joined" / "releases.csv"
JIRA_SCOPE, SECP_SCOPE = ("jira.real", "DURACLOUD"), ("github.real", "bitcoin-core/secp256k1")

Serve = Callable[..., Any]


def by_item(events: Sequence[Event]) -> dict[str, list[Event]]:
    stories: dict[str, list[Event]] = defaultdict(list)
    for event in sorted(events, key=lambda e: e.at):
        stories[event.item].append(event)
    return stories


def everything(store: Store, scope: tuple[str, str]) -> tuple[object, ...]:
    return store.items([scope]), store.events([scope]), store.links([scope]), store.people([scope[0]])


def test_duracloud_in_both_flavours(serve: Serve, store: Store, lite: Store) -> None:
    """739 issues, 1,375 moves, 49 issues that return to an earlier status; Cloud and Data Center tell the same."""
    collected(store, jira(serve("--jira", str(DURACLOUD)), "DURACLOUD"))
    collected(
        lite, jira(serve("--jira", str(DURACLOUD), "--jira-flavour", "datacenter"), "DURACLOUD", flavour="datacenter")
    )
    events = store.events([JIRA_SCOPE])
    moved = by_item([e for e in events if e.kind is EventKind.STATE])
    states = {item: [e.state_id for e in story] for item, story in moved.items()}
    kinds = Counter(item.kind for item in store.items([JIRA_SCOPE]))

    assert kinds == {ItemKind.ISSUE: len(states), ItemKind.SPRINT: 2}
    assert len(states) == 739
    assert sum(len(s) - 1 for s in states.values()) == 1375
    assert sum(len(set(s)) < len(s) for s in states.values()) == 49
    assert lite.events([JIRA_SCOPE]) == events


def test_secp256k1(serve: Serve, store: Store) -> None:
    """1,308 pull requests with reviews, verdicts and force-pushes as recorded."""
    collected(store, github(serve("--github", str(SECP256K1)), SECP_SCOPE[1]))
    stories = by_item(store.events([SECP_SCOPE])).values()

    def having(*kinds: EventKind, detail: str | None = None) -> int:
        return sum(any(e.kind in kinds and detail in (None, e.detail) for e in story) for story in stories)

    def pushed_after_review(story: list[Event]) -> bool:
        first = min((e.at for e in story if e.kind is EventKind.REVIEWED), default=None)
        return first is not None and any(e.kind is EventKind.FORCE_PUSHED and e.at > first for e in story)

    assert (len(stories), having(EventKind.MERGED), having(EventKind.REVIEWED)) == (1308, 944, 752)
    assert (
        having(EventKind.REVIEWED, detail=Verdict.APPROVED),
        having(EventKind.REVIEWED, detail=Verdict.CHANGES),
    ) == (559, 8)
    assert sum(map(pushed_after_review, stories)) == 389


def test_collecting_twice_changes_nothing(serve: Serve, store: Store) -> None:
    """Not a record, and next to no request."""
    servers = serve("--jira", str(DURACLOUD), "--github", str(SECP256K1))
    sources = jira(servers, "DURACLOUD"), github(servers, SECP_SCOPE[1])
    collected(store, *sources)
    before = everything(store, JIRA_SCOPE), everything(store, SECP_SCOPE)
    again = collected(store, *sources)

    assert [c.saved.changed for c in again] == [0, 0]
    assert (everything(store, JIRA_SCOPE), everything(store, SECP_SCOPE)) == before


@pytest.mark.parametrize(
    ("words", "years"),
    [
        (("--jira", str(DURACLOUD)), (2008, 2015)),
        (("--jira", str(DURACLOUD), "--jira-flavour", "datacenter"), (2008, 2015)),
        (("--github", str(SECP256K1)), (2014, 2026)),
        (("--github", str(MLS)), (2018, 2024)),
    ],
    ids=["cloud", "datacenter", "secp256k1", "mls"],
)
def test_collecting_in_ten_steps_of_time_ends_the_same(
    serve: Serve, lite: Store, other: Store, words: tuple[str, ...], years: tuple[int, int]
) -> None:
    """As collecting once at the end, silent changes included."""
    servers, once = serve(*words), other
    source = (
        jira(servers, "DURACLOUD", flavour="datacenter" if "datacenter" in words else "cloud")
        if "--jira" in words
        else github(servers, "mlswg/mls-protocol" if str(MLS) in words else SECP_SCOPE[1])
    )
    scope = (source.name, source.scopes[0])
    first, last = (datetime(year, 1, 1, tzinfo=UTC) for year in years)
    sizes = []
    for step in range(1, 11):
        servers.world.reveal_until = first + (last - first) * step / 10 if step < 10 else None
        collected(lite, source, at=servers.world.now())
        sizes.append(len(lite.items([scope])))
    collected(once, source)

    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[4] < sizes[-1]
    assert everything(lite, scope) == everything(once, scope)


def test_requests_are_few(serve: Serve, lite: Store) -> None:
    """Jira: at most 1.2 times the least possible; GitHub: at most 45 for 1,000 pull requests. Again: at most 3."""
    servers = serve("--jira", str(DURACLOUD), "--github", str(SECP256K1), "--releases", str(RELEASES))
    sources = jira(servers, "DURACLOUD"), github(servers, SECP_SCOPE[1])
    journal = servers.sites["jira"].journal

    def requests() -> Counter[str]:
        """The journal is written after an answer was sent."""
        time.sleep(0.3)
        found = Counter(entry["vendor"] for entry in journal.entries(None))
        journal.clear()
        return found

    collected(lite, *sources)
    first = requests()
    collected(lite, *sources)
    second = requests()

    assert first["jira"] == 1 + 8 + 1, "fields, pages of 100, histories of 1,000"
    assert first["github"] <= 45 * 1.308
    assert second["jira"] <= 3
    assert second["github"] <= 3


def test_requests_and_answers_keep_the_vendors_contracts(serve: Serve) -> None:
    """Judged by Atlassian's OpenAPI and by GitHub's schema."""
    servers = serve("--jira", str(DURACLOUD))
    from contracts import gh_graphql_contract as judge
    from contracts.jira_contract import JiraContract

    from connectors.github_site import document

    source = jira(servers, "DURACLOUD")
    verdicts: list[tuple[str, str, int, list[str]]] = []
    JiraContract().attach(source._site._connected()._session, verdicts)
    issues = [p.key for page in source.fetch("DURACLOUD", None) for p in page.payloads if p.kind == ItemKind.ISSUE]
    source.census("DURACLOUD")
    list(source.reread("DURACLOUD", issues[:3]))
    source.whereabouts("DURACLOUD", issues[:3])
    list(source.check())
    list(source.sample("DURACLOUD", 5))
    source.categories("DURACLOUD")

    assert len(verdicts) > 10
    assert [problem for *_, problems in verdicts for problem in problems if problem.startswith("request")] == []
    assert judge.validate_query(document()) == []
    assert judge.deprecated_used(document()) == []
    for operation, variables in (
        ("Pulls", {"size": 25}),
        ("Open", {}),
        ("Again", {"ids": ["x"] * 25}),
        ("MoreCommits", {}),
        ("MoreHistory", {}),
        ("Deliveries", {"size": 25, "releasesWanted": True, "deploymentsWanted": True}),
        ("Pulls", {"size": 50}),
        ("Repositories", {}),
    ):
        assert judge.measure(document(), variables, operation).problems == []


@pytest.mark.parametrize(
    "fault",
    [
        {
            "match": {"vendor": "jira", "path": "search/jql$", "nth": [2]},
            "action": {"status": 503, "headers": {"Retry-After": "1"}},
        },
        {"match": {"vendor": "jira", "path": "bulkfetch", "nth": [1]}, "action": {"truncate": 2000}},
        {"match": {"vendor": "jira", "nth": [3]}, "action": {"drop_after_processing": True}},
        {"match": {"vendor": "jira", "nth": [4]}, "action": {"rate_limited": 1}},
        {"match": {"vendor": "github", "body": "query Pulls", "nth": [2, 3]}, "action": {"graphql_partial": 3}},
        {"match": {"vendor": "github", "nth": [4]}, "action": {"status": 502}},
        {"match": {"vendor": "github", "nth": [5]}, "action": {"truncate": 3000}},
        {"match": {"vendor": "github", "nth": [2]}, "action": {"rate_limited": 1}},
        {"match": {"vendor": "github", "nth": [3]}, "action": {"drop_before": True}},
    ],
    ids=lambda f: f"{f['match'].get('vendor')}-{next(iter(f['action']))}",
)
def test_a_fault_on_the_way_changes_nothing(serve: Serve, lite: Store, other: Store, fault: dict[str, Any]) -> None:
    """The same records as on a quiet day."""
    servers, quiet = serve("--jira", str(DURACLOUD), "--github", str(MLS)), other
    sources = jira(servers, "DURACLOUD"), github(servers, "mlswg/mls-protocol")
    collected(quiet, *sources)
    servers.sites["jira"].faults.set([fault])
    collected(lite, *sources)

    for scope in (JIRA_SCOPE, ("github.real", "mlswg/mls-protocol")):
        assert everything(lite, scope) == everything(quiet, scope)


def test_a_project_that_is_hidden_is_denied_and_kept(serve: Serve, lite: Store) -> None:
    """Nothing is overwritten by nothing."""
    from bot.collect import Ways, collect

    servers = serve("--jira", str(DURACLOUD), "--github", str(MLS))
    sources = jira(servers, "DURACLOUD"), github(servers, "mlswg/mls-protocol")
    collected(lite, *sources)
    servers.world.hidden = frozenset({"DURACLOUD", "mlswg/mls-protocol"})
    found = collect(sources, lite, lambda: datetime(2026, 1, 1, tzinfo=UTC), Ways())

    assert "jira.real: project DURACLOUD was refused (400)" in str(found[0].error)
    assert "github.real: repository mlswg/mls-protocol was not found" in str(found[1].error)
    assert len([item for item in lite.items([JIRA_SCOPE]) if item.kind == ItemKind.ISSUE]) == 739
