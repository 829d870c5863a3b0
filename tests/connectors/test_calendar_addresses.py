"""Calendars that are published at an address, which nothing may tell."""

import pytest

from connectors.errors import AccessDenied, NotThere, PayloadUnreadable, SourceError, SourceUnavailable
from tests.connectors.calendars import SECRET, WEEKLY, connector, event, ics, page
from tests.serve import Reply, serving


@pytest.mark.parametrize(
    ("address", "scope"),
    [
        (f"https://cal.example/ical/{SECRET}/basic.ics", "cal.example/basic.ics#"),
        (f"https://{SECRET}:pw@cal.example:8443/team-stand-ups.ics?key={SECRET}", "cal.example/team-stand-ups.ics#"),
        (f"https://cal.example/published/{SECRET}", "cal.example#"),
        (f"https://cal.example/{SECRET}.ics", "cal.example#"),
    ],
)
def test_an_address_is_known_by_its_host_and_a_hash(address: str, scope: str) -> None:
    """A last part that may be a secret is left out too."""
    found = connector({"calendars": [address]})._settings

    assert found.scopes[0].startswith(scope)
    assert len(found.scopes[0]) == len(scope) + 8
    assert SECRET not in repr(found)


def test_a_published_calendar_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a failure; its address stands in a variable."""
    replies = [Reply(200, ics(event(WEEKLY)).encode()), Reply(500)]
    with serving(lambda *_: replies.pop()) as (address, asked):
        monkeypatch.setenv("TEAM_CALENDAR", f"{address}/{SECRET}/basic.ics?key=1")
        found = page(connector({"calendars": ["$TEAM_CALENDAR"]}))

    assert asked == [f"GET /{SECRET}/basic.ics?key=1"] * 2
    assert {payload.scope for payload in found.payloads} == {"$TEAM_CALENDAR"}
    assert len(found.payloads) == 5


@pytest.mark.parametrize(
    ("reply", "kind", "words"),
    [
        (Reply(404), NotThere, "was not found"),
        (Reply(401), AccessDenied, r"check \$TEAM"),
        (Reply(503), SourceUnavailable, "failed at the source"),
        (Reply(200, b"{}"), PayloadUnreadable, "no calendar"),
        (Reply(302, headers={"Location": f"ftp://{SECRET}.example/"}), SourceUnavailable, "no answer from"),
    ],
)
@pytest.mark.parametrize("hidden", [True, False])
def test_no_message_tells_an_address(
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    reply: Reply,
    kind: type[SourceError],
    words: str,
    hidden: bool,
) -> None:
    """Nor does a log, nor a cause; `check` says the same."""
    with serving(lambda *_: reply) as (address, _):
        url = f"{address}/{SECRET}?key={SECRET}"
        monkeypatch.setenv("TEAM", url)
        one = connector({"calendars": ["$TEAM" if hidden else url]})
        with pytest.raises(kind, match=words if hidden else None) as caught:
            page(one)
        (line,) = one.check()

    assert not line.ok
    assert one.scopes[0] in str(caught.value)
    assert caught.value.__cause__ is None
    assert SECRET not in f"{caught.value} {line} {caplog.text}"


def test_a_variable_that_holds_no_address_is_denied(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what to set, and without what it holds."""
    for held in ("", SECRET):
        monkeypatch.setenv("TEAM", held)
        with pytest.raises(AccessDenied, match="set the environment variable TEAM to its address") as caught:
            page(connector({"calendars": ["$TEAM"]}))
        assert SECRET not in str(caught.value)
