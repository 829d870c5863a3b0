"""GitHub: how pull requests are walked through, what happens to a page that is too much, and how faults are told."""

import json
from itertools import count
from typing import Any

import pytest

from connectors.errors import AccessDenied, PayloadUnreadable, RateLimited, SourceUnavailable
from connectors.records import Page
from tests.connectors.github_answers import Json, github, listed, node, repository, review, site
from tests.serve import Reply, serving

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
    numbers = count()

    def answer(method: str, path: str, body: Any) -> Reply:
        named = NAMED | {"id": f"PR_{next(numbers)}"}
        return Reply(200, repository([named], more=True) if body["operationName"] == "Names" else TOO_MUCH)

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


def test_check_goes_on_after_a_failure() -> None:
    """One line a repository."""
    with site(lambda *_: Reply(200, {"data": {"repository": None}})) as (url, _):
        assert [c.ok for c in github(url).check()] == [False]


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
