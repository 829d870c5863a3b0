"""GitHub: what is kept of a pull request, what is read out of it, and how faults are told."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.errors import AccessDenied, PayloadUnreadable, RateLimited, SourceUnavailable
from connectors.github import GitHub
from connectors.github_events import keys, people_of, trim
from connectors.github_site import GitHubSettings
from connectors.people import judged
from connectors.records import ActorKind, Event, Link, Page, Payload, Record
from tests.serve import Answer, Reply, serving

Json = dict[str, Any]
NOW = datetime(2026, 2, 1, tzinfo=UTC)
NO_MORE: Json = {"hasNextPage": False, "endCursor": None}


@pytest.fixture(autouse=True)
def token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "secret-token")


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


def happening(kind: str, at: str, **more: Any) -> Json:
    return {"__typename": kind, "id": f"{kind}{at}", "createdAt": at, "actor": who("ann"), **more}


def listed(*nodes: Json) -> Json:
    return {"pageInfo": NO_MORE, "nodes": list(nodes)}


def commit(oid: str, authored: str, committed: str, message: str = "work") -> Json:
    return {
        "commit": {
            "oid": oid,
            "authoredDate": authored,
            "committedDate": committed,
            "message": message,
            "author": {"user": None},
        }
    }


@contextmanager
def site(answer: Answer) -> Iterator[tuple[str, list[str]]]:
    """One without releases and deployments."""
    nothing = {"data": {"repository": {"url": "https://x", "releases": listed(), "deployments": listed()}}}

    def answered(method: str, path: str, body: Any) -> Reply:
        asked = body.get("operationName") if isinstance(body, dict) else None
        return Reply(200, nothing) if asked == "Deliveries" else answer(method, path, body)

    with serving(answered) as found:
        yield found


def read(raw: Json) -> list[Record]:
    return list(
        github().translate(Payload("github.acme", "acme/pay", "pull_request", raw["id"], NOW, trim(raw, ("asfgit",))))
    )


def told(raw: Json) -> list[tuple[str, str, str | None]]:
    found = sorted((r for r in read(raw) if isinstance(r, Event)), key=lambda e: (e.at, e.kind))
    return [(e.at.strftime("%d %H:%M"), str(e.kind), e.detail) for e in found]


def test_the_items_it_names_with_the_evidence() -> None:
    """Branches are written in lower case."""
    raw = node(
        commits={
            "totalCount": 1,
            **listed(commit("c1", "2026-01-05T09:00:00Z", "2026-01-05T09:00:00Z", "PAY-4: first\n\nPAY-5")),
        }
    )

    assert {(r.other, r.evidence) for r in read(raw) if isinstance(r, Link)} == {
        ("PAY-1", "title"),
        ("PAY-2", "body"),
        ("PAY-3", "branch"),
        ("PAY-4", "commit"),
        ("PAY-5", "commit"),
    }


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("PAY-1", ["PAY-1"]),
        ("feature/pay-12-x", ["PAY-12"]),
        ("PAY-1,PAY-2", ["PAY-1", "PAY-2"]),
        ("xPAY-1", ["XPAY-1"]),
        ("PAY-1x", []),
        ("PAY1-2", ["PAY1-2"]),
        ("A-1", []),
        ("PAY-", []),
        ("", []),
        (None, []),
    ],
)
def test_keys(text: str | None, found: list[str]) -> None:
    """A project's key has at least two letters or digits and begins with a letter."""
    assert keys(text) == found


def test_reviews_and_a_dismissed_one_counts_until_it_was_dismissed() -> None:
    """A review that is still being written is nobody's business."""
    raw = node(
        reviews=listed(
            review(1, "DISMISSED", "2026-01-06T10:00:00Z"),
            {**review(2, "PENDING", ""), "submittedAt": None},
            review(3, "COMMENTED", "2026-01-08T10:00:00Z"),
        ),
        timelineItems=listed(
            happening(
                "ReviewDismissedEvent",
                "2026-01-07T10:00:00Z",
                previousReviewState="APPROVED",
                review={"id": "R1", "author": who("bob")},
            )
        ),
    )

    assert told(raw)[1:] == [
        ("06 10:00", "reviewed", "approved"),
        ("07 10:00", "dismissed", "U_bob"),
        ("08 10:00", "reviewed", "comment"),
    ]


def test_a_pull_request_may_be_born_a_draft() -> None:
    """Its first turn was to be made ready; or it still is one."""
    made_ready = node(timelineItems=listed(happening("ReadyForReviewEvent", "2026-01-06T10:00:00Z")))

    assert told(made_ready) == [
        ("05 10:00", "drafted", None),
        ("05 10:00", "opened", None),
        ("06 10:00", "ready", None),
    ]
    assert told(node(isDraft=True)) == [("05 10:00", "drafted", None), ("05 10:00", "opened", None)]
    assert told(node()) == [("05 10:00", "opened", None)]


def test_commits_say_when_work_happened_and_when_it_arrived() -> None:
    """Without an account they count as the author's of the pull request."""
    raw = node(commits={"totalCount": 1, **listed(commit("c1", "2026-01-04T09:00:00Z", "2026-01-06T09:00:00Z"))})

    assert told(raw) == [("04 09:00", "committed", "c1"), ("05 10:00", "opened", None), ("06 09:00", "pushed", "c1")]
    assert {r.actor for r in read(raw) if isinstance(r, Event)} == {"U_ann"}


def test_requests_name_people_and_teams() -> None:
    """Both can free it."""
    raw = node(
        timelineItems=listed(
            happening("ReviewRequestedEvent", "2026-01-06T10:00:00Z", requestedReviewer=who("bob")),
            happening(
                "ReviewRequestedEvent",
                "2026-01-06T11:00:00Z",
                requestedReviewer={"__typename": "Team", "id": "T_1", "slug": "payers"},
            ),
            happening("ReviewRequestRemovedEvent", "2026-01-06T12:00:00Z", requestedReviewer=who("bob")),
        )
    )

    assert told(raw)[1:] == [
        ("06 10:00", "requested", "U_bob"),
        ("06 11:00", "requested", "T_1"),
        ("06 12:00", "unrequested", "U_bob"),
    ]


def checks(state: str, *contexts: Json) -> Json:
    return {"state": state, "contexts": {"nodes": list(contexts)}}


RUN = {
    "__typename": "CheckRun",
    "status": "COMPLETED",
    "conclusion": "SUCCESS",
    "startedAt": "2026-01-05T10:01:00Z",
    "completedAt": "2026-01-05T10:09:00Z",
}


def test_checks_are_pending_from_the_first_start_to_the_last_end() -> None:
    """And end as GitHub says that they end as a whole, which may count some that are not listed."""
    status = {"__typename": "StatusContext", "state": "FAILURE", "createdAt": "2026-01-05T10:20:00Z"}

    assert told(node(statusCheckRollup=checks("SUCCESS", RUN)))[1:] == [
        ("05 10:01", "checked", "pending"),
        ("05 10:09", "checked", "ok"),
    ]
    assert told(node(statusCheckRollup=checks("FAILURE", RUN, status)))[1:] == [
        ("05 10:01", "checked", "pending"),
        ("05 10:20", "checked", "fail"),
    ]
    for state in ("PENDING", "EXPECTED"):
        assert told(node(statusCheckRollup=checks(state, RUN)))[1:] == [("05 10:01", "checked", "pending")]


def test_the_end_is_known_even_where_the_timeline_lacks_it() -> None:
    """Merging closes."""
    raw = node(
        state="MERGED", mergedAt="2026-01-09T10:00:00Z", closedAt="2026-01-09T10:00:00Z", mergeCommit={"oid": "m1"}
    )

    assert told(raw)[1:] == [("09 10:00", "closed", None), ("09 10:00", "merged", None)]


def test_ghosts_and_bots() -> None:
    """A deleted account is nobody."""
    raw = node(
        author=None,
        reviews=listed(
            {**review(1, "APPROVED", "2026-01-06T10:00:00Z"), "author": who("ai", "Bot")},
            review(2, "APPROVED", "2026-01-06T11:00:00Z", "x[bot]"),
        ),
    )

    assert [(e.actor, e.actor_kind) for e in read(raw) if isinstance(e, Event)] == [
        (None, None),
        ("U_ai", "bot"),
        ("U_x[bot]", "bot"),
    ]


def test_nothing_private_is_kept() -> None:
    """No body, no commit message."""
    raw = node(
        commits={"totalCount": 1, **listed(commit("c1", "2026-01-05T09:00:00Z", "2026-01-05T09:00:00Z", "a secret"))}
    )

    assert "secret" not in json.dumps(trim(raw))


def test_nonsense_is_refused_with_its_place() -> None:
    """The address leads there."""
    with pytest.raises(PayloadUnreadable, match=r"github\.acme pull request https://x"):
        list(
            github().translate(
                Payload("github.acme", "acme/pay", "pull_request", "PR_1", NOW, {"url": "https://x", "id": "PR_1"})
            )
        )


def repository(nodes: list[Json | None], *, more: bool = False) -> Json:
    return {
        "data": {"repository": {"pullRequests": {"pageInfo": {"hasNextPage": more, "endCursor": "c"}, "nodes": nodes}}}
    }


NAMED: Json = {"id": "PR_1", "url": "https://x/1", "updatedAt": "2026-01-09T10:00:00Z"}
TOO_MUCH = {"errors": [{"type": "RESOURCE_LIMITS_EXCEEDED", "message": "Resource limits exceeded"}], "data": None}


@pytest.mark.parametrize(
    "trouble",
    [
        Reply(200, TOO_MUCH),
        Reply(502),
        Reply(200, repository([None])),
        Reply(200, {"errors": [{"message": "a timeout"}]}),
    ],
)
def test_a_page_that_is_too_much_is_halved(trouble: Reply) -> None:
    """Until it passes; and the smaller size is kept for the rest of the walk."""
    sizes: list[int] = []

    def answer(method: str, path: str, body: Any) -> Reply:
        sizes.append(body["variables"]["size"])
        return trouble if sizes[-1] > 12 else Reply(200, repository([node(len(sizes))], more=len(sizes) < 4))

    with site(answer) as (url, _):
        assert sum(len(page.payloads) for page in github(url).fetch("acme/pay", None)) == 3
    assert sizes == [25, 12, 12, 12]


def test_a_page_grows_again() -> None:
    """After three that passed."""
    sizes: list[int] = []

    def answer(method: str, path: str, body: Any) -> Reply:
        sizes.append(body["variables"]["size"])
        return Reply(502) if len(sizes) < 4 else Reply(200, repository([node(len(sizes))], more=len(sizes) < 11))

    with site(answer) as (url, _):
        list(github(url).fetch("acme/pay", None))
    assert sizes == [25, 12, 6, 3, 3, 3, 6, 6, 6, 12, 12]


def test_what_cannot_be_given_even_alone_is_named_and_passed() -> None:
    """And remembered, to be asked for again."""

    def answer(method: str, path: str, body: Any) -> Reply:
        if body["operationName"] == "Names":
            return Reply(
                200, repository([{"id": "PR_1", "url": "https://x/1", "updatedAt": "2026-01-09T10:00:00Z"}], more=True)
            )
        return Reply(200, repository([node(2)])) if body["variables"]["after"] else Reply(200, TOO_MUCH)

    with site(answer) as (url, _):
        pages = list(github(url).fetch("acme/pay", None))
    assert [p.key for page in pages for p in page.payloads] == ["PR_2"]
    assert [(u.key, u.sentence) for page in pages for u in page.unreadable] == [
        ("PR_1", "github.acme: GitHub does not give pull request https://x/1; it is asked for again")
    ]


def test_many_in_a_row_that_cannot_be_given_are_an_outage() -> None:
    """The next run goes on from there."""

    def answer(method: str, path: str, body: Any) -> Reply:
        return Reply(200, repository([NAMED], more=True) if body["operationName"] == "Names" else TOO_MUCH)

    pages: list[Page] = []
    with site(answer) as (url, _), pytest.raises(SourceUnavailable):
        pages += github(url).fetch("acme/pay", None)
    assert [len(page.unreadable) for page in pages] == [1, 1, 1]


def test_a_later_walk_stops_at_what_it_cannot_be_given() -> None:
    """Where it is older than the last walk."""
    old = {**NAMED, "updatedAt": "2026-01-01T00:00:00Z"}

    def answer(method: str, path: str, body: Any) -> Reply:
        return Reply(200, repository([old], more=True) if body["operationName"] == "Names" else TOO_MUCH)

    with site(answer) as (url, _):
        pages = list(github(url).fetch("acme/pay", json.dumps({"started": "2026-01-20T00:00:00+00:00"})))
    assert [u for page in pages for u in page.unreadable] == []
    assert pages[-1].complete is not None


def test_some_whose_rest_cannot_be_had_do_not_stop_the_others() -> None:
    """Many in a row would."""
    endless = {"pageInfo": {"hasNextPage": True, "endCursor": "r50"}, "nodes": []}

    def answer(method: str, path: str, body: Any) -> Reply:
        if body["operationName"] == "MoreReviews":
            return Reply(502)
        return Reply(200, repository([*(node(n, reviews=endless) for n in troubled), node(9)]))

    troubled = [1, 2, 1]
    with site(answer) as (url, _):
        (page, _) = github(url).fetch("acme/pay", None)
    assert [p.key for p in page.payloads] == ["PR_9"]
    assert [u.key for u in page.unreadable] == ["PR_1", "PR_2", "PR_1"]
    troubled = [1, 2, 3, 4]
    with site(answer) as (url, _), pytest.raises(SourceUnavailable):
        list(github(url).fetch("acme/pay", None))


def test_reading_again_is_halved_too() -> None:
    """One of three cannot be given."""

    def answer(method: str, path: str, body: Any) -> Reply:
        ids = body["variables"]["ids"]
        return (
            Reply(200, TOO_MUCH) if "PR_2" in ids else Reply(200, {"data": {"nodes": [node(int(i[3:])) for i in ids]}})
        )

    with site(answer) as (url, _):
        pages = list(github(url).reread("acme/pay", ["PR_1", "PR_2", "PR_3"]))
    assert sorted(p.key for page in pages for p in page.payloads) == ["PR_1", "PR_3"]
    assert [u.key for page in pages for u in page.unreadable] == ["PR_2"]


def test_a_place_that_is_no_more_begins_the_walk_anew() -> None:
    """It would fail for ever."""
    stale = {"data": None, "errors": [{"type": "INVALID_CURSOR_ARGUMENTS", "message": "x"}]}

    def answer(method: str, path: str, body: Any) -> Reply:
        return Reply(200, stale if body["variables"]["after"] else repository([node()]))

    with site(answer) as (url, _):
        pages = list(github(url).fetch("acme/pay", json.dumps({"started": "2026-01-01T00:00:00+00:00", "after": "c9"})))
    assert [p.key for page in pages for p in page.payloads] == ["PR_7"]


@pytest.mark.parametrize(
    "trouble",
    [
        {"data": {"node": None}, "errors": [{"message": "Something went wrong while executing your query."}]},
        {"data": {"node": None}},
    ],
)
def test_trouble_with_the_rest_of_a_pull_request_is_no_fault_of_it(trouble: Json) -> None:
    """It is asked again; and if that does not help, the scope fails rather than the pull request being lost."""
    first = {"pageInfo": {"hasNextPage": True, "endCursor": "r50"}, "nodes": [None]}
    troubles = [trouble]

    def answer(method: str, path: str, body: Any) -> Reply:
        if body["operationName"] != "MoreReviews":
            return Reply(200, repository([node(reviews=first)]))
        rest = listed(review(2, "APPROVED", "2026-01-07T10:00:00Z"))
        return Reply(200, troubles.pop() if troubles else {"data": {"node": {"reviews": rest}}})

    with site(answer) as (url, _):
        try:
            pages = list(github(url).fetch("acme/pay", None))
        except SourceUnavailable:
            pages = list(github(url).fetch("acme/pay", None))
    assert [len(p.body["reviews"]) for page in pages for p in page.payloads] == [1]


def test_what_the_token_may_not_read_is_said_once() -> None:
    """The pull request is kept without it."""
    forbidden = [{"type": "FORBIDDEN", "path": ["repository", "statusCheckRollup"], "message": "x"}]

    def answer(method: str, path: str, body: Any) -> Reply:
        return Reply(200, repository([node()], more=not body["variables"]["after"]) | {"errors": forbidden})

    with site(answer) as (url, _):
        pages = list(github(url).fetch("acme/pay", None))
    assert [u.sentence for page in pages for u in page.unreadable] == [
        "github.acme: the token may not read statusCheckRollup of repository acme/pay"
    ]


def test_a_long_word_is_no_key() -> None:
    """It may be a secret, and no database takes it as a key."""
    assert keys("A" * 6000 + "-1", "PAY-" + "1" * 30, "PAY-12") == ["PAY-12"]


def test_what_does_not_fit_a_page_is_asked_for() -> None:
    """Fifty reviews and one more."""
    first = {
        "pageInfo": {"hasNextPage": True, "endCursor": "r50"},
        "nodes": [review(1, "COMMENTED", "2026-01-06T10:00:00Z")],
    }

    def answer(method: str, path: str, body: Any) -> Reply:
        if body["operationName"] == "MoreReviews":
            assert body["variables"] == {"id": "PR_7", "after": "r50"}
            return Reply(200, {"data": {"node": {"reviews": listed(review(2, "APPROVED", "2026-01-07T10:00:00Z"))}}})
        return Reply(200, repository([node(reviews=first)]))

    with site(answer) as (url, _):
        (payload,) = next(iter(github(url).fetch("acme/pay", None))).payloads
    assert [r["id"] for r in payload.body["reviews"]] == ["R1", "R2"]


def test_a_walk_is_resumed_where_it_was() -> None:
    """With the size that worked and the time it began."""
    seen: list[Json] = []

    def answer(method: str, path: str, body: Any) -> Reply:
        seen.append(body["variables"])
        return Reply(200, repository([node()]))

    with site(answer) as (url, _):
        pages = list(
            github(url).fetch(
                "acme/pay", json.dumps({"started": "2026-01-01T00:00:00+00:00", "after": "c9", "size": 6})
            )
        )
    assert (seen[0]["after"], seen[0]["size"], seen[0]["direction"]) == ("c9", 6, "ASC")
    assert json.loads(pages[-1].cursor or "")["started"] == "2026-01-01T00:00:00+00:00"


def test_later_walks_stop_where_the_last_began() -> None:
    """Newest first, with ten minutes of overlap."""
    old, new = node(1, updatedAt="2026-01-01T00:00:00Z"), node(2, updatedAt="2026-01-19T23:55:00Z")
    with site(lambda *_: Reply(200, repository([new, old], more=True))) as (url, asked):
        pages = list(github(url).fetch("acme/pay", json.dumps({"started": "2026-01-20T00:00:00+00:00"})))

    assert [p.key for page in pages for p in page.payloads] == ["PR_2"]
    assert len(asked) == len(["Pulls", "Deliveries"])


@pytest.mark.parametrize(
    ("reply", "kind", "words"),
    [
        (Reply(401, {"message": "Bad credentials"}), AccessDenied, "the token was refused (401); check GITHUB_TOKEN"),
        (Reply(403, {"message": "Resource not accessible"}), AccessDenied, "is forbidden (403)"),
        (
            Reply(
                403,
                {"message": "API rate limit exceeded"},
                {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1769911200"},
            ),
            RateLimited,
            "used up until 02:00 UTC",
        ),
        (Reply(403, {"message": "secondary"}, {"Retry-After": "900"}), RateLimited, "wait 900 s"),
        (Reply(404, {"message": "Not Found"}), AccessDenied, "not found (404)"),
        (Reply(503), SourceUnavailable, "failed at the source (503)"),
        (Reply(200, b"<html>"), SourceUnavailable, "no data"),
        (Reply(200, {"data": {"repository": None}}), AccessDenied, "repository acme/pay was not found"),
        (
            Reply(200, {"data": {"repository": None}, "errors": [{"type": "NOT_FOUND", "message": "x"}]}),
            AccessDenied,
            "was not found",
        ),
        (
            Reply(
                200,
                {"errors": [{"type": "RATE_LIMIT", "message": "x"}]},
                {"X-RateLimit-Reset": "1769911200", "Date": "Sun, 01 Feb 2026 01:00:00 GMT"},
            ),
            RateLimited,
            "used up until 02:00",
        ),
        (Reply(200, TOO_MUCH), SourceUnavailable, "GitHub gave up on a part of repository acme/pay"),
        (Reply(200, []), PayloadUnreadable, "answer for repository acme/pay"),
        (Reply(200, {"data": {"repository": {}}}), SourceUnavailable, "left out pullRequests"),
        (
            Reply(403, {"message": "You have exceeded a secondary rate limit."}),
            RateLimited,
            "it asks to wait 60 s",
        ),
    ],
)
def test_faults_are_told_in_a_sentence(reply: Reply, kind: type[Exception], words: str) -> None:
    """Also those that come with HTTP 200; and the token is in none of them."""
    with site(lambda *_: reply) as (url, _), pytest.raises(kind) as problem:
        list(github(url).fetch("acme/pay", None))

    assert words in str(problem.value)
    assert "secret-token" not in str(problem.value)


def test_a_host_that_does_not_answer() -> None:
    """Names the address."""
    with pytest.raises(SourceUnavailable, match=r"no answer from http://127.0.0.1:9"):
        list(github().fetch("acme/pay", None))


def test_the_token_is_asked_for_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which variable to set."""
    monkeypatch.delenv("GITHUB_TOKEN")

    with pytest.raises(AccessDenied, match="set the environment variable GITHUB_TOKEN"):
        list(github().fetch("acme/pay", None))


def test_check_goes_on_after_a_failure() -> None:
    """One line a repository."""
    with site(lambda *_: Reply(200, {"data": {"repository": None}})) as (url, _):
        assert [c.ok for c in github(url).check()] == [False]


# -- what else happens to a pull request -------------------------------------------------------------------------------


def closed(at: str, login: str = "ann", closer: Json | None = None) -> Json:
    return {**happening("ClosedEvent", at), "actor": who(login), "closer": closer}


@pytest.mark.parametrize(
    ("closing", "commit"),
    [
        (closed("2026-01-06T10:00:00Z", closer={"__typename": "Commit", "oid": "c9"}), "c9"),
        (closed("2026-01-06T10:00:00Z", login="asfgit"), None),
    ],
    ids=["by a commit", "by an account that merges"],
)
def test_what_was_merged_outside_of_github(closing: Json, commit: str | None) -> None:
    """A pull request that was closed by a commit has landed with it."""
    raw = node(state="CLOSED", closedAt="2026-01-06T10:00:00Z", timelineItems=listed(closing))

    assert told(raw)[1:] == [("06 10:00", "closed", None), ("06 10:00", "merged", commit)]


def test_closing_by_anybody_else_is_closing() -> None:
    """Also where another pull request is named as the reason."""
    closing = closed("2026-01-06T10:00:00Z", closer={"__typename": "PullRequest"})

    assert told(node(state="CLOSED", timelineItems=listed(closing)))[-1] == ("06 10:00", "closed", None)


def test_automatic_merging_is_told() -> None:
    """Whichever way it merges."""
    turns = [
        happening("AutoSquashEnabledEvent", "2026-01-06T10:00:00Z"),
        happening("AutoMergeDisabledEvent", "2026-01-07T10:00:00Z"),
    ]

    assert told(node(timelineItems=listed(*turns)))[-2:] == [
        ("06 10:00", "auto_merge_on", None),
        ("07 10:00", "auto_merge_off", None),
    ]


def test_a_review_on_behalf_of_a_team_answers_the_team() -> None:
    """GitHub tells the removal of the request in no other way."""
    team = {"id": "T1", "__typename": "Team", "slug": "payments"}
    asked = happening("ReviewRequestedEvent", "2026-01-06T10:00:00Z", requestedReviewer=team)
    given = {**review(1, "APPROVED", "2026-01-07T10:00:00Z"), "onBehalfOf": {"nodes": [{"id": "T1"}]}}

    assert told(node(timelineItems=listed(asked), reviews=listed(given)))[-3:] == [
        ("06 10:00", "requested", "T1"),
        ("07 10:00", "reviewed", "approved"),
        ("07 10:00", "unrequested", "T1"),
    ]
    assert {(p.key, p.name) for p in people_of("github.acme", node(timelineItems=listed(asked)))} == {
        ("U_ann", "ann"),
        ("T1", "payments"),
    }


def test_what_a_pull_request_reverts() -> None:
    """As GitHub's button says it, and as git does."""
    when = "2026-01-05T09:00:00Z"
    commits = {"totalCount": 1, **listed(commit("c1", when, when, "This reverts commit 1234567."))}
    raw = node(url="https://github.com/acme/pay/pull/7", body="Reverts acme/lib#12 and Reverts #13", commits=commits)

    assert [(r.other, r.evidence) for r in read(raw) if isinstance(r, Link) and r.kind == "reverts"] == [
        ("1234567", "body"),
        ("acme/lib#12", "body"),
        ("acme/pay#13", "body"),
    ]


def test_a_bot_is_told_by_its_type_its_name_and_the_configuration() -> None:
    """An AI that reviews is none the less one."""
    reviews = listed(
        *(
            review(n, "COMMENTED", "2026-01-07T10:00:00Z", login)
            for n, login in enumerate(("copilot-pull-request-reviewer", "acme-ci", "deploy-bot"))
        )
    )
    settings = GitHubSettings(token_env="T", repositories=("a/b",), bots=("acme-ci",), humans=("deploy-bot",))
    source = GitHub("github.acme", settings, lambda: NOW)
    kinds = {
        p.name: p.kind
        for p in (judged(person, source._settings) for person in people_of("github.acme", node(reviews=reviews)))
    }

    assert kinds == {
        "ann": ActorKind.HUMAN,
        "copilot-pull-request-reviewer": ActorKind.BOT,
        "acme-ci": ActorKind.BOT,
        "deploy-bot": ActorKind.HUMAN,
    }


def test_names_of_persons_are_not_in_the_payload() -> None:
    """They are handed over apart."""
    raw = node(reviews=listed(review(1, "APPROVED", "2026-01-07T10:00:00Z", "bob-the-builder")))

    assert "bob-the-builder" not in json.dumps(trim(raw)).replace("U_bob-the-builder", "")
    assert "bob-the-builder" in {person.name for person in people_of("github.acme", raw)}


# -- where it is asked -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "advice"),
    [
        ("https://github.com", "write https://api.github.com"),
        ("https://acme.ghe.com", "write https://api.acme.ghe.com"),
        ("https://github.acme.example", "write https://github.acme.example/api/v3"),
    ],
)
def test_an_address_where_people_look_is_refused_with_the_right_one(url: str, advice: str) -> None:
    """GitHub.com, GHE.com and Enterprise Server each have their own."""
    with pytest.raises(ValidationError, match=advice):
        GitHubSettings(api_url=url, token_env="T", repositories=("a/b",))


@pytest.mark.parametrize(
    ("url", "graphql"),
    [
        ("https://api.github.com", "https://api.github.com/graphql"),
        ("https://api.acme.ghe.com", "https://api.acme.ghe.com/graphql"),
        ("https://github.acme.example/api/v3", "https://github.acme.example/api/graphql"),
    ],
)
def test_each_github_is_asked_at_its_own_address(url: str, graphql: str) -> None:
    """PyGithub knows where."""
    assert github(url)._site._connected().graphql_url == graphql


def test_an_app_gets_a_token_for_where_it_is_installed(tmp_path: Path) -> None:
    """It needs no token of its own, only its key."""
    tokens = []

    def answer(method: str, path: str, body: Any) -> Reply:
        if path.endswith("/installation"):
            return Reply(200, {"id": 42, "url": "http://x"})
        if path == "/app/installations/42/access_tokens":
            tokens.append(path)
            return Reply(201, {"token": "ghs_short", "expires_at": "2099-01-01T00:00:00Z"})
        return Reply(200, repository([node()]))

    (tmp_path / "key.pem").write_text(_private_key())
    with site(answer) as (url, _):
        settings = GitHubSettings(api_url=url, app_id=1, private_key_file=tmp_path / "key.pem", repositories=("a/b",))
        pages = list(GitHub("github.acme", settings, lambda: NOW).fetch("a/b", None))
    assert [p.key for page in pages for p in page.payloads] == ["PR_7"]
    assert len(tokens) == 1


def _private_key() -> str:
    from cryptography.hazmat.primitives import serialization as s
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(s.Encoding.PEM, s.PrivateFormat.PKCS8, s.NoEncryption()).decode()


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"app_id": 1}, "an app needs app_id and private_key_file"),
        ({"app_id": 1, "private_key_file": "x", "token_env": "T"}, "and no token"),
        ({}, "needs either token_env"),
    ],
)
def test_a_token_or_an_app(keys: Json, words: str) -> None:
    """Not both, and not half of one."""
    with pytest.raises(ValidationError, match=words):
        GitHubSettings.model_validate({"repositories": ["a/b"], **keys})


def test_a_key_that_is_none_is_told(tmp_path: Path) -> None:
    """With the file it was read from."""
    (tmp_path / "key.pem").write_text("nonsense")
    settings = GitHubSettings(app_id=1, private_key_file=tmp_path / "key.pem", repositories=("a/b",))

    with pytest.raises(AccessDenied, match=r"key\.pem"):
        list(GitHub("github.acme", settings, lambda: NOW).fetch("a/b", None))


def test_trouble_with_releases_does_not_hold_up_the_pull_requests() -> None:
    """It is said, and all of them are read by the run that can."""
    trouble = [True]

    def answer(method: str, path: str, body: Any) -> Reply:
        if body["operationName"] == "Deliveries":
            nothing = {"data": {"repository": {"url": "https://x", "releases": listed(), "deployments": listed()}}}
            return Reply(502) if trouble[0] else Reply(200, nothing)
        return Reply(200, repository([node()]))

    with serving(answer) as (url, _):
        pages = list(github(url).fetch("acme/pay", None))
        trouble[0] = False
        mended = list(github(url).fetch("acme/pay", pages[-1].cursor))
    assert [u.sentence.partition(":")[0] for page in pages for u in page.unreadable] == ["github.acme"]
    assert pages[-1].complete is not None
    assert json.loads(str(pages[-1].cursor))["delivered"] is None
    assert json.loads(str(mended[-1].cursor))["delivered"] is not None


def test_what_a_token_may_read_later_is_read_then() -> None:
    """From its beginning: nothing was read before."""
    refused = [{"type": "FORBIDDEN", "path": ["repository", "deployments"], "message": "x"}]

    def answer(method: str, path: str, body: Any) -> Reply:
        if body["operationName"] == "Deliveries":
            found = {"data": {"repository": {"url": "https://x", "releases": listed(), "deployments": None}}}
            return Reply(200, {**found, "errors": refused})
        return Reply(200, repository([node()]))

    with serving(answer) as (url, _):
        pages = list(github(url).fetch("acme/pay", None))
    assert json.loads(str(pages[-1].cursor))["delivered"] is None
    assert ["may not read deployments" in u.sentence for page in pages for u in page.unreadable] == [True]
