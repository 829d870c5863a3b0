"""Slack, listening: whatever comes is read or left, and nothing secret is told."""

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import Queue
from typing import Any
from urllib.request import urlopen

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import AccessDenied, SourceUnavailable
from connectors.slack_settings import SlackSettings
from connectors.slack_socket import Ears, Request, read_request
from tests.serve import Reply, serving
from tests.slack_workspace import slack

Json = dict[str, Any]
COMMAND: Json = {"user_id": "U1", "team_id": "T1", "channel_id": "C1", "text": "stuck", "trigger_id": "t"}
PRESS: Json = {
    "type": "block_actions",
    "user": {"id": "U1", "team_id": "T1"},
    "team": {"id": "T1"},
    "channel": {"id": "C1"},
    "actions": [{"action_id": "take 0", "value": "v"}],
}
FORM: Json = {
    "type": "view_submission",
    "user": {"id": "U1"},
    "team": {"id": "T1"},
    "view": {"private_metadata": "C1 v", "callback_id": "snooze", "state": {"values": {"about": {"about": {}}}}},
}
KNOWN = [("slash_commands", COMMAND), ("interactive", PRESS), ("interactive", FORM)]
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(), max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=5,
)


def _paths(found: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield at
    parts = found.items() if isinstance(found, dict) else enumerate(found) if isinstance(found, list) else ()
    for name, part in parts:
        yield from _paths(part, (*at, name))


def _with(found: Any, at: tuple[Any, ...], part: Any) -> Any:
    if not at:
        return part
    copy = found.copy()
    copy[at[0]] = _with(found[at[0]], at[1:], part)
    return copy


@given(data=st.data(), known=st.sampled_from(KNOWN), junk=JUNK)
def test_whatever_comes_is_read_or_left(data: st.DataObject, known: tuple[str, Json], junk: Any) -> None:
    """All that is read is text that can be kept; what must be there is there."""
    kind, payload = known
    where = data.draw(st.sampled_from(list(_paths(payload))))
    found = read_request(kind, "e1", _with(payload, where, junk))

    if found is not None:
        texts = [*(str(part) for pair in found.fields for part in pair), found.text, found.value, found.trigger]
        assert all((found.by, found.of, found.by_of, found.channel))
        assert all(isinstance(v, str) for name, v in vars(found).items() if name != "fields")
        assert not any("\0" in text or text.encode("utf-8", "strict") is None for text in texts)


@pytest.mark.parametrize("known", KNOWN)
def test_what_slack_sends_is_read(known: tuple[str, Json]) -> None:
    """Who, where, and what."""
    found = read_request(known[0], "e1", known[1])

    assert found is not None
    assert (found.by, found.of, found.by_of, found.channel) == ("U1", "T1", "T1", "C1")


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ({**PRESS, "channel": None, "container": {"channel_id": "C2"}}, ("C2", "T1", ())),
        ({**PRESS, "team": None}, ("C1", "T1", ())),
        ({**FORM, "view": {**FORM["view"], "state": None}}, ("C1", "T1", ())),
        ({**FORM, "view": {**FORM["view"], "state": {"values": {}}}}, ("C1", "T1", ())),
    ],
)
def test_what_may_be_missing_may_be_missing(payload: Json, expected: tuple[str, str, tuple[()]]) -> None:
    """In a thread, in an organisation, in a form in which nothing is filled in."""
    found = read_request("interactive", "e1", payload)

    assert found is not None
    assert (found.channel, found.of, found.fields) == expected


@pytest.mark.parametrize("payload", [None, [], {**PRESS, "actions": []}, {**PRESS, "user": None}])
def test_what_is_not_understood_is_told_without_what_it_says(payload: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Once, so that somebody can find out why nobody was answered."""
    assert read_request("interactive", "e1", payload) is None
    (record,) = caplog.records
    assert record.message.startswith("a request of Slack was not understood (")


@pytest.mark.parametrize(
    ("status", "expected"), [(404, AccessDenied), (429, SourceUnavailable), (500, SourceUnavailable)]
)
def test_an_address_that_is_used_up_is_told_from_one_that_may_work_again(
    status: int, expected: type[Exception], caplog: pytest.LogCaptureFixture
) -> None:
    """It is a secret, and nobody tells it."""
    with serving(lambda *_: Reply(status)) as (url, _), pytest.raises(expected) as refused:
        slack(url).answer(f"{url}/SECRET", [], "text")

    assert "SECRET" not in str(refused.value) + caplog.text


@pytest.mark.parametrize("address", ["", "SECRET", "file:///SECRET", "http://[SECRET", "http://127.0.0.1:1/SECRET"])
def test_an_address_that_is_none_is_refused_without_telling_it(address: str, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever the library makes of it."""
    caplog.set_level(logging.DEBUG)
    with pytest.raises((AccessDenied, SourceUnavailable)) as refused:
        slack("http://127.0.0.1:1").answer(address, [], "text")

    assert "SECRET" not in str(refused.value) + caplog.text


@contextmanager
def listening(urls: dict[str, str], heard: Callable[[Request], None]) -> Iterator[Callable[[str, Json], Json]]:
    """A real client; pushes what a test wants."""
    ears = Ears(SlackSettings(api_url=urls["slack"], token_env="ST", app_token_env="AT"), heard)
    ears.open()

    def push(kind: str, payload: Json) -> Json:
        body = json.dumps({"type": kind, "payload": payload, "wait_s": 3}).encode()
        with urlopen(f"{urls['control']}/slack/push", body, timeout=30) as answer:
            return json.load(answer)  # type: ignore[no-any-return]

    try:
        yield push
    finally:
        ears.close()


def test_a_long_or_strange_command_is_acknowledged_and_heard_once(
    serve: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """10,000 characters, all kinds of them; what is not understood is acknowledged, too."""
    monkeypatch.setenv("ST", "test-token")
    monkeypatch.setenv("AT", "xapp-test-token")
    heard: Queue[Request] = Queue()
    texts = ["x" * 10_000, "\u202eמסלול 🏳️‍🌈", "a\0b\ud800c"]
    with listening(serve().urls(), heard.put) as push:
        pushed = [push("slash_commands", {"text": text}) for text in texts]
        pushed += [push("interactive", {"actions": []}), push("events_api", {}), push("interactive", {"type": "x"})]
        found = [heard.get(timeout=5).text for _ in texts]

    assert all(one["acknowledged"] for one in pushed)
    assert found == [texts[0], texts[1], "abc"]
    assert heard.empty()


@pytest.mark.parametrize(
    ("reply", "expected", "words"),
    [
        (Reply(200, {"ok": False, "error": "invalid_auth"}), AccessDenied, "in AT was refused (invalid_auth)"),
        (Reply(200, {"ok": False, "error": "internal_error"}), SourceUnavailable, "(internal_error)"),
        (Reply(503, b"<html>busy</html>"), SourceUnavailable, "(no answer of Slack)"),
    ],
)
def test_a_refused_token_is_told_from_a_slack_that_is_down(
    monkeypatch: pytest.MonkeyPatch, reply: Reply, expected: type[Exception], words: str
) -> None:
    """Only the first is for a person to mend; a page of somebody in between is not repeated."""
    monkeypatch.setenv("AT", "xapp-secret")
    with serving(lambda *_: reply) as (url, _):
        ears = Ears(SlackSettings(api_url=f"{url}/api/", token_env="AT", app_token_env="AT"), print)
        with pytest.raises(expected) as refused:
            ears.open()

    assert words in str(refused.value)
    assert "html" not in str(refused.value)
