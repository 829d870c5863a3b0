"""Slack: once, whatever happens in between."""

import time
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.errors import AccessDenied, RateLimited, SourceError, SourceUnavailable, Unanswered
from connectors.records import Check
from connectors.slack import Posting, Standing
from connectors.slack_check import checked
from tests.serve import Reply, serving
from tests.slack_workspace import Workspace, refused, slack

NOW = datetime(2026, 1, 5, tzinfo=UTC)
SAID = Posting("W01", "text", [{"type": "divider"}], "mark")


@pytest.fixture(autouse=True)
def token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_TOKEN", "xoxb-secret")


def test_a_message_is_posted_to_the_channel_by_its_name() -> None:
    """Found on the second page of channels; nothing is unfurled."""
    workspace = Workspace()
    with serving(workspace) as (url, _):
        standing = slack(url).post_once(slack(url).channel("#pay"), SAID, NOW, "#pay")

    assert standing == Standing("1.0", "mark")
    assert [(m["channel"], m["metadata"]["event_payload"], m["unfurl_links"]) for m in workspace.posted] == [
        ("C0PAY", {"key": "W01", "mark": "mark"}, False)
    ]


def test_a_lost_answer_does_not_post_twice() -> None:
    """The message is found by its metadata, with what it says and shows."""
    workspace = Workspace(lost=1)
    with serving(workspace) as (url, _):
        standing = slack(url).post_once("C0PAY", Posting("W01", "text", [], "mark", "F1"), NOW, "#pay")

    assert (standing, len(workspace.posted)) == (Standing("1.0", "mark", "F1"), 1)


@pytest.mark.parametrize("late", ["no answer in time", "dropped", "504"])
def test_what_may_arrive_yet_is_not_sent_again(monkeypatch: pytest.MonkeyPatch, late: str) -> None:
    """It would stand there twice."""
    monkeypatch.setattr("connectors.slack.TIMEOUT_S", 0.1)
    workspace, posts = Workspace(), []

    def answer(method: str, sent: dict[str, Any]) -> Reply | None:
        if method != "chat.postMessage":
            return None
        posts.append(sent)
        if late == "504":
            return Reply(504)
        if late == "dropped":
            raise ConnectionError
        time.sleep(0.3)
        return Reply(200, {"ok": True, "ts": "1.0"})

    workspace.instead = answer
    with serving(workspace) as (url, _), pytest.raises(Unanswered, match="whether it arrived is seen in five minutes"):
        slack(url).post_once("C0PAY", SAID, NOW, "#pay")
    assert len(posts) == 1


def test_a_message_is_found_that_a_lost_database_knew_of() -> None:
    """Three days back, which is longer than a digest is late."""
    asked: list[float] = []

    def answer(method: str, path: str, body: Any) -> Reply:
        asked.append(float(body["oldest"]) if isinstance(body, dict) else float(str(body).split("oldest=")[1][:10]))
        return Reply(200, {"ok": True, "messages": []})

    with serving(answer) as (url, _):
        slack(url).find("C0PAY", "W01", NOW, "#pay")
    assert asked == [NOW.timestamp() - 3 * 86400]


@pytest.mark.parametrize(
    ("reply", "kind", "words"),
    [
        (refused("invalid_auth"), AccessDenied, "check SLACK_TOKEN"),
        (refused("missing_scope"), AccessDenied, "it needs chat:write"),
        (refused("not_in_channel"), AccessDenied, "the bot is not in #pay; invite it there"),
        (refused("is_archived"), AccessDenied, "the channel #pay is archived"),
        (refused("edit_window_closed"), AccessDenied, "what stands in #pay may not be edited any more"),
        (refused("invalid_blocks"), AccessDenied, "it refused with invalid_blocks"),
        (
            Reply(429, {"ok": False, "error": "ratelimited"}, {"Retry-After": "900"}),
            RateLimited,
            "it asks to wait 900 s",
        ),
        (Reply(502, {"ok": False}), SourceUnavailable, "try again later"),
    ],
)
def test_refusals_say_what_to_do(reply: Reply, kind: type[SourceError], words: str) -> None:
    """And hide the token."""
    workspace = Workspace()
    workspace.instead = lambda method, _: reply if method == "conversations.history" else None
    with serving(workspace) as (url, _), pytest.raises(kind) as problem:
        slack(url).post_once(slack(url).channel("#pay"), SAID, NOW, "#pay")
    assert words in str(problem.value)
    assert "xoxb-secret" not in str(problem.value)


NONSENSE = [
    Reply(200, []),
    Reply(200, {"ok": True, "messages": None, "channels": None}),
    Reply(200, {"ok": True, "messages": ["x"], "channels": ["x"], "file": "x"}),
    Reply(200, {"ok": True, "messages": [{"metadata": "x"}], "channels": [{"name": "pay"}], "file": []}),
    Reply(200, {"ok": True, "messages": [], "channels": [], "response_metadata": ["x"], "file": None}),
    Reply(200, b'{"ok": true, "mess'),
    Reply(200, b"<html>{token}</html>"),
    Reply(200, b'{"ok"', {"Content-Length": "900"}),
    Reply(200, {"ok": False, "error": "{token}"}),
    Reply(200, {"ok": False, "error": "internal_error"}),
]


METHODS = (
    "conversations.list",
    "conversations.history",
    "chat.postMessage",
    "files.getUploadURLExternal",
    "files.info",
)


def ask_everything(url: str) -> None:
    slack(url).is_ready(slack(url).upload(b"png", "map.png", "alt"), 0)
    slack(url).post_once(slack(url).channel("#pay"), SAID, NOW, "#pay")


@pytest.mark.parametrize("reply", NONSENSE, ids=[str(n.body)[:20] for n in NONSENSE])
def test_nonsense_is_told_in_a_sentence(reply: Reply) -> None:
    """Without quoting it, whatever was asked."""
    workspace, wrong = Workspace(), [""]
    workspace.instead = lambda asked, _: reply if asked in wrong else None
    with serving(workspace) as (url, _):
        workspace.address = url
        for wrong[0] in METHODS:
            with pytest.raises(SourceError) as problem:
                ask_everything(url)
            assert "token}" not in str(problem.value)


def test_a_channel_that_is_not_there() -> None:
    """Check names it."""
    with serving(Workspace()) as (url, _):
        found = list(checked(slack(url), ["#pay", "#nowhere"], lambda: NOW, None))

    assert [c.ok for c in found] == [True, True, True, False]
    assert "there is no public channel #nowhere" in found[3].detail


GRANTED = "chat:write,files:write,files:read,channels:read,channels:history"


def answered(workspace: Workspace, channel: str, member: str | None = None) -> dict[str, Check]:
    with serving(workspace) as (url, _):
        return {check.what: check for check in checked(slack(url), [channel], lambda: NOW, member)}


@pytest.mark.parametrize(
    ("granted", "ok", "said"),
    [
        (f"{GRANTED},groups:history,users:read", True, "it could do without users:read"),
        (GRANTED, True, "without groups:history nothing can be posted to private channels"),
        (GRANTED.replace("files:write,", ""), False, "lacks files:write (to show a picture); add"),
    ],
)
def test_what_the_token_may_do_is_held_against_what_is_needed(granted: str, ok: bool, said: str) -> None:
    """Slack tells it with every answer."""
    workspace = Workspace()
    workspace.instead = lambda method, _: (
        Reply(200, {"ok": True, "team": "Acme"}, {"X-OAuth-Scopes": granted}) if method == "auth.test" else None
    )
    found = answered(workspace, "#pay")["slack: scopes"]

    assert (found.ok, found.section) == (ok, "slack")
    assert said in found.detail


def test_a_clock_that_is_wrong_is_told() -> None:
    """Tokens, due times and what is looked for in the channel depend on it."""
    workspace = Workspace()
    late = {"Date": "Mon, 05 Jan 2026 01:00:00 GMT"}
    workspace.instead = lambda method, _: Reply(200, {"ok": True}, late) if method == "auth.test" else None
    found = answered(workspace, "#pay")["slack: clock"]

    assert (found.ok, found.section) == (False, "clock")
    assert found.detail == "3600 s apart; set this machine's clock (NTP)"


def test_a_bot_that_is_in_no_channel_is_told_before_the_digest_is_due() -> None:
    """It is found by its name by everybody, and may be posted to by members only."""
    workspace = Workspace()
    workspace.instead = lambda method, _: refused("not_in_channel") if method == "conversations.history" else None

    assert answered(workspace, "#pay")["slack: channel #pay"].detail == "the bot is not in #pay; invite it there"


def test_a_test_message_is_seen_by_one_member_of_the_channel() -> None:
    """Who is no member of it is told so."""
    workspace, shown = Workspace(), list[Any]()

    def answer(method: str, sent: dict[str, Any]) -> Reply | None:
        if method != "chat.postEphemeral":
            return None
        shown.append((sent["channel"], sent["user"]))
        return Reply(200, {"ok": True}) if sent["user"] == "U0MARA" else refused("user_not_in_channel")

    workspace.instead = answer
    first, other = (answered(workspace, "#pay", who)["slack: test message in #pay"] for who in ("U0MARA", "U0ELSE"))

    assert (first.detail, workspace.posted) == ("shown to U0MARA alone, where Slack is open", [])
    assert other.detail == "that member is not in #pay; name one who is, by id (U0123ABCD)"
    assert shown == [("C0PAY", "U0MARA"), ("C0PAY", "U0ELSE")]
