"""Slack: once, whatever happens in between."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest

from bot.notify import Message, post
from bot.store import Store
from connectors.errors import AccessDenied, RateLimited, SourceError, SourceUnavailable
from connectors.slack import Slack, SlackSettings
from tests.serve import Reply, serving

NOW = datetime(2026, 1, 5, tzinfo=UTC)
BLOCKS: list[dict[str, Any]] = [{"type": "divider"}]
MESSAGE = Message(lambda picture: [{"type": "divider", "block_id": picture or "none"}], "text", b"png", "alt")


@pytest.fixture(autouse=True)
def token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_TOKEN", "xoxb-secret")


class Workspace:
    """A channel that remembers; `lost` posts are taken but their answer is lost, `scanning` uploads never get ready."""

    def __init__(self, *, lost: int = 0, scanning: bool = False) -> None:
        self.posted: list[dict[str, Any]] = []
        self.lost, self.scanning, self.address = lost, scanning, ""

    def __call__(self, method: str, path: str, body: Any) -> Reply:
        sent = body if isinstance(body, dict) else {k: v[0] for k, v in parse_qs(str(body)).items()}
        match path.rpartition("/")[2].partition("?")[0]:
            case "chat.postMessage":
                return self._post(sent)
            case "conversations.history":
                return Reply(200, {"ok": True, "messages": self.posted})
            case "conversations.list" if not sent.get("cursor"):
                return Reply(
                    200,
                    {
                        "ok": True,
                        "channels": [{"id": "C0OLD", "name": "old"}],
                        "response_metadata": {"next_cursor": "more"},
                    },
                )
            case "conversations.list":
                return Reply(
                    200,
                    {
                        "ok": True,
                        "channels": [{"id": "C0PAY", "name": "pay"}],
                        "response_metadata": {"next_cursor": ""},
                    },
                )
            case "files.getUploadURLExternal":
                return Reply(200, {"ok": True, "upload_url": f"{self.address}/upload", "file_id": "F1"})
            case "files.info":
                return Reply(200, {"ok": True, "file": {"mimetype": "" if self.scanning else "image/png"}})
        return Reply(200, {"ok": True, "team": "Acme"})

    def _post(self, sent: dict[str, Any]) -> Reply:
        self.posted.append({**sent, "ts": f"{len(self.posted) + 1}.0"})
        if self.lost:
            self.lost -= 1
            return Reply(503)
        return Reply(200, {"ok": True, "ts": self.posted[-1]["ts"]})


def slack(url: str) -> Slack:
    return Slack(SlackSettings(api_url=f"{url}/api/", token_env="SLACK_TOKEN"))


def test_a_message_is_posted_to_the_channel_by_its_name() -> None:
    """Found on the second page of channels; nothing is unfurled."""
    workspace = Workspace()
    with serving(workspace) as (url, _):
        stamp = slack(url).post_once(slack(url).channel("#pay"), "W01", BLOCKS, "text", NOW, "#pay")

    assert stamp == "1.0"
    assert [(m["channel"], m["metadata"]["event_payload"], m["unfurl_links"]) for m in workspace.posted] == [
        ("C0PAY", {"key": "W01"}, False)
    ]


def test_a_lost_answer_does_not_post_twice() -> None:
    """The message is found by its metadata."""
    workspace = Workspace(lost=1)
    with serving(workspace) as (url, _):
        stamp = slack(url).post_once("C0PAY", "W01", BLOCKS, "text", NOW, "#pay")

    assert (stamp, len(workspace.posted)) == ("1.0", 1)


def test_a_restart_after_the_post_does_not_post_twice(store: Store) -> None:
    """The machine died before it could remember; the next one looks first."""
    workspace = Workspace()
    with serving(workspace) as (url, _):
        workspace.address = url
        store.outbox.claim("#pay", "W01", NOW)
        slack(url).post_once(slack(url).channel("#pay"), "W01", BLOCKS, "text", NOW, "#pay")
        later = NOW + timedelta(days=3)
        assert post(store, slack(url), "#pay", "W01", MESSAGE, later) == "posted to #pay"
        assert post(store, slack(url), "#pay", "W01", MESSAGE, later) == "stands in #pay already"

    assert len(workspace.posted) == 1


def test_the_picture_is_shown_once_slack_has_looked_at_it(store: Store) -> None:
    """By the id of the file."""
    workspace = Workspace()
    with serving(workspace) as (url, _):
        workspace.address = url
        post(store, slack(url), "#pay", "W01", MESSAGE, NOW)

    assert workspace.posted[0]["blocks"][0]["block_id"] == "F1"


def test_without_the_picture_the_words_are_posted(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Slack takes too long to look at it."""
    monkeypatch.setattr("connectors.slack.SCAN_S", 0.01)
    monkeypatch.setattr("connectors.slack.SCAN_STEP_S", 0.01)
    workspace = Workspace(scanning=True)
    with serving(workspace) as (url, _):
        workspace.address = url
        post(store, slack(url), "#pay", "W01", MESSAGE, NOW)

    assert workspace.posted[0]["blocks"][0]["block_id"] == "none"


@pytest.mark.parametrize(
    ("reply", "kind", "words"),
    [
        (Reply(200, {"ok": False, "error": "invalid_auth"}), AccessDenied, "check SLACK_TOKEN"),
        (Reply(200, {"ok": False, "error": "missing_scope"}), AccessDenied, "it needs chat:write"),
        (Reply(200, {"ok": False, "error": "not_in_channel"}), AccessDenied, "the bot is not in #pay; invite it there"),
        (Reply(200, {"ok": False, "error": "is_archived"}), AccessDenied, "the channel #pay is archived"),
        (Reply(200, {"ok": False, "error": "invalid_blocks"}), AccessDenied, "it refused with invalid_blocks"),
        (Reply(429, {"ok": False, "error": "ratelimited"}, {"Retry-After": "900"}), RateLimited, "too many requests"),
        (Reply(502, {"ok": False}), SourceUnavailable, "try again later"),
    ],
)
def test_refusals_say_what_to_do(reply: Reply, kind: type[SourceError], words: str) -> None:
    """And hide the token."""

    def answer(method: str, path: str, body: Any) -> Reply:
        return reply if "history" in path else Reply(200, {"ok": True, "channels": [{"id": "C0PAY", "name": "pay"}]})

    with serving(answer) as (url, _), pytest.raises(kind) as problem:
        slack(url).post_once(slack(url).channel("#pay"), "W01", BLOCKS, "text", NOW, "#pay")
    assert words in str(problem.value)
    assert "xoxb-secret" not in str(problem.value)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, []),
        Reply(200, {"ok": True, "messages": None}),
        Reply(200, {"ok": True, "messages": ["x"]}),
        Reply(200, b'{"ok": true, "mess'),
        Reply(200, b"<html>{token}</html>"),
        Reply(200, {"ok": False, "error": "{token}"}),
        Reply(200, {"ok": False, "error": "internal_error"}),
    ],
)
def test_nonsense_is_told_in_a_sentence_and_the_next_run_tries_again(store: Store, reply: Reply) -> None:
    """Without quoting it."""
    workspace = Workspace()

    def answer(method: str, path: str, body: Any) -> Reply:
        return reply if "history" in path else workspace(method, path, body)

    with serving(answer) as (url, _), pytest.raises(SourceError) as problem:
        post(store, slack(url), "#pay", "W01", MESSAGE, NOW)
    assert "token}" not in str(problem.value)
    with serving(workspace) as (url, _):
        workspace.address = url
        assert post(store, slack(url), "#pay", "W01", MESSAGE, NOW) == "posted to #pay"


def test_a_refused_picture_does_not_keep_the_words_back(store: Store) -> None:
    """Slack may look at it longer than it says."""
    workspace = Workspace()

    def answer(method: str, path: str, body: Any) -> Reply:
        if path.endswith("chat.postMessage") and "F1" in str(body):
            return Reply(200, {"ok": False, "error": "invalid_blocks"})
        return workspace(method, path, body)

    with serving(answer) as (url, _):
        workspace.address = url
        told = post(store, slack(url), "#pay", "W01", MESSAGE, NOW)

    assert told == "posted to #pay without its picture, which Slack refused"
    assert workspace.posted[0]["blocks"][0]["block_id"] == "none"


def test_a_channel_that_is_not_there() -> None:
    """Check names it."""
    with serving(Workspace()) as (url, _):
        found = slack(url).check(["#pay", "#nowhere"])

    assert [c.ok for c in found] == [True, True, False]
    assert "there is no public channel #nowhere" in found[2].detail
