"""Patience and refusals."""

from collections.abc import Callable

import pytest

from connectors.errors import AccessDenied, NotThere, RateLimited, SourceError, SourceUnavailable, Unanswered
from connectors.transport import patiently, refusal, retry_after, server_time

DATE = "Mon, 05 Jan 2026 10:00:00 GMT"


def failing(*problems: SourceError) -> tuple[list[SourceError], Callable[[], str]]:
    left = list(problems)

    def ask() -> str:
        if left:
            raise left.pop(0)
        return "answer"

    return left, ask


def test_what_is_unavailable_is_asked_again() -> None:
    """Twice down, then an answer."""
    _, ask = failing(SourceUnavailable("down"), RateLimited("wait", retry_after_s=0.01))

    assert patiently(ask) == "answer"


def test_after_a_few_attempts_it_gives_up() -> None:
    """With the last error."""
    left, ask = failing(*(SourceUnavailable(f"down {n}") for n in range(9)))

    with pytest.raises(SourceUnavailable, match="down 2"):
        patiently(ask)
    assert len(left) == 6


def test_denied_is_not_asked_again() -> None:
    """Waiting does not mend a token."""
    left, ask = failing(AccessDenied("no"), AccessDenied("no"))

    with pytest.raises(AccessDenied):
        patiently(ask)
    assert len(left) == 1


def test_what_may_have_been_done_is_not_sent_again() -> None:
    """Whoever sent it looks for it first."""
    left, ask = failing(Unanswered("no answer"), SourceUnavailable("down"))

    with pytest.raises(Unanswered):
        patiently(ask)
    assert len(left) == 1


def test_a_source_that_asks_for_an_hour_is_left_alone() -> None:
    """The next run comes back; nobody sleeps that long."""
    left, ask = failing(RateLimited("wait", retry_after_s=3600), RateLimited("wait"))

    with pytest.raises(RateLimited):
        patiently(ask)
    assert len(left) == 1


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Retry-After": "30"}, 30.0),
        ({"retry-after": "Mon, 05 Jan 2026 10:02:00 GMT", "date": DATE}, 120.0),
        ({"Retry-After": "soon", "Date": DATE}, None),
        ({"Retry-After": "Mon, 05 Jan 2026 09:00:00 GMT", "Date": DATE}, 0.0),
        ({}, None),
    ],
)
def test_retry_after(headers: dict[str, str], expected: float | None) -> None:
    """As seconds, as a date, as nonsense, in the past, not at all."""
    assert retry_after(headers) == expected


def test_the_server_says_what_time_it_is() -> None:
    """In UTC; nonsense is unknown."""
    found = server_time({"Date": DATE})

    assert found is not None
    assert found.isoformat() == "2026-01-05T10:00:00+00:00"
    assert server_time({"Date": "yesterday"}) is None


@pytest.mark.parametrize(
    ("status", "headers", "kind", "words"),
    [
        (401, {}, AccessDenied, "check JIRA_TOKEN"),
        (403, {}, AccessDenied, "grant the token"),
        (403, {"Retry-After": "9"}, RateLimited, "wait 9 s"),
        (404, {}, NotThere, "check the name"),
        (410, {}, NotThere, "check the name"),
        (429, {}, RateLimited, "wait a while"),
        (500, {}, SourceUnavailable, "try again later"),
        (503, {}, SourceUnavailable, "try again later"),
        (400, {}, NotThere, "check its name"),
    ],
)
def test_each_refusal_says_what_to_do(
    status: int, headers: dict[str, str], kind: type[SourceError], words: str
) -> None:
    """And is of the class that says what happens next."""
    problem = refusal("jira.acme", "project PAY", status, headers, "JIRA_TOKEN")

    assert type(problem) is kind
    assert words in str(problem)
    assert str(problem).startswith("jira.acme: ")
