"""A message in a channel of Slack: said once, brought up to date where it stands, left alone where it was deleted."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.notify.message import Message, Picture, Said
from bot.notify.to_slack import ToSlack
from bot.store import Store
from connectors.errors import AccessDenied, SourceError, SourceUnavailable
from tests.serve import Reply, serving
from tests.slack_workspace import Json, Workspace, refused, slack

NOW = datetime(2026, 1, 5, tzinfo=UTC)
LATER = NOW + timedelta(minutes=6)


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_TOKEN", "xoxb-secret")
    monkeypatch.setattr("connectors.slack.SCAN_STEP_S", 0.01)
    monkeypatch.setattr("bot.notify.to_slack.SOON_S", 0.01)
    monkeypatch.setattr("bot.notify.to_slack.LATE_S", 0.01)


def message(text: str = "text", *replies: str, picture: Picture | None = None) -> Message:
    said = tuple(Said(name, f"{text} {name}", [{"type": "divider"}]) for name in replies)
    return Message("W01", text, lambda file: [{"type": "divider", "block_id": file or "none"}], said, picture)


PICTURED = message(picture=Picture(b"png", "alt"))


def send(store: Store, url: str, wanted: Message, now: datetime = NOW) -> str:
    return ToSlack(slack(url), "#pay").send(store, wanted, lambda: now)


def sent(store: Store, workspace: Workspace, *messages: Message) -> list[str]:
    """What became of each."""
    with serving(workspace) as (url, _):
        workspace.address = url
        return [send(store, url, wanted) for wanted in messages]


def test_a_message_is_said_once(store: Store) -> None:
    """And brought up to date where its content changed, still to be found by its key."""
    workspace = Workspace()
    told = sent(store, workspace, message(), message(), message("other"))

    assert told == ["posted to #pay", "stands in #pay already", "updated in #pay"]
    assert workspace.texts() == ["other"]
    assert workspace.posted[0]["metadata"]["event_payload"]["key"] == "W01"


def test_a_restart_after_the_post_says_it_once_and_as_it_is_now(store: Store, tmp_path: Path) -> None:
    """The machine died before it could remember, and meanwhile there is something else to say."""
    workspace = Workspace()
    sent(store, workspace, message("old", "details"))
    forgetful = Store.open(f"sqlite:///{tmp_path}/another.db")
    told = sent(forgetful, workspace, message("new", "details"))
    forgetful.close()

    assert told == ["posted to #pay"]
    assert workspace.texts() == ["new", "new details"]


def test_the_picture_is_shown_once_slack_has_looked_at_it(store: Store) -> None:
    """By the id of the file."""
    workspace = Workspace()
    assert sent(store, workspace, PICTURED, PICTURED) == ["posted to #pay", "stands in #pay already"]
    assert [m["blocks"][0]["block_id"] for m in workspace.posted] == ["F1"]


def test_a_picture_that_takes_too_long_follows_in_the_thread(store: Store) -> None:
    """Uploaded anew, since Slack may never look at the first; and once."""
    workspace = Workspace()
    workspace.scanning = {"F1"}
    told = sent(store, workspace, PICTURED, PICTURED, PICTURED)

    assert told == [
        "posted to #pay without its picture, which Slack did not finish looking at",
        "stands in #pay already, its picture in the thread",
        "stands in #pay already",
    ]
    assert [m["blocks"][0].get("block_id") for m in workspace.posted] == ["none", None]
    assert (workspace.posted[1]["blocks"][0]["slack_file"], workspace.posted[1]["thread_ts"]) == ({"id": "F2"}, "1.0")


def test_a_picture_that_slack_lost_is_uploaded_anew(store: Store) -> None:
    """It was waited for when the machine died."""
    workspace = Workspace()
    store.outbox.claim("#pay", "W01", NOW)
    store.outbox.keep_file("#pay", "W01", "F0")
    store.outbox.release("#pay", "W01")
    workspace.instead = lambda method, asked: (
        refused("file_not_found") if method == "files.info" and asked["file"] == "F0" else None
    )

    assert sent(store, workspace, PICTURED) == ["posted to #pay"]
    assert [m["blocks"][0]["block_id"] for m in workspace.posted] == ["F1"]


@pytest.mark.parametrize("method", ["chat.postMessage", "chat.update"])
def test_a_refused_picture_does_not_keep_the_words_back(store: Store, method: str) -> None:
    """It follows in the thread: Slack may look at it longer than it says, or somebody deleted it."""
    workspace, other = Workspace(), message("other", picture=PICTURED.picture)

    def answer(asked: str, given: Json) -> Reply | None:
        return (
            refused("invalid_blocks") if asked == method and "block_id" in str(given) and "F1" in str(given) else None
        )

    workspace.instead = answer
    told = sent(store, workspace, PICTURED, other)

    assert any(outcome.endswith(", its picture in the thread") for outcome in told)
    assert [m["blocks"][0].get("block_id") for m in workspace.posted] == ["none", None]
    assert workspace.texts() == ["other", "alt"]


def test_who_was_overtaken_does_not_post(store: Store) -> None:
    """Who hung for longer than five minutes is taken for dead, and the other one does it."""
    workspace = Workspace()

    def answer(method: str, asked: Json) -> Reply | None:
        if method == "conversations.history":
            store.outbox.claim("#pay", "W01", LATER)
        return None

    workspace.instead = answer
    with serving(workspace) as (url, _), pytest.raises(SourceUnavailable, match="another process is posting to #pay"):
        send(store, url, message())
    assert workspace.posted == []
    assert store.outbox.claim("#pay", "W01", LATER) is None


def test_what_may_arrive_yet_is_looked_for_before_it_is_said_again(store: Store) -> None:
    """Nobody sends it in the five minutes that it may take."""
    workspace, late = Workspace(), [Reply(504)]
    workspace.instead = lambda method, _: late.pop() if method == "chat.postMessage" and late else None
    with serving(workspace) as (url, _):
        with pytest.raises(SourceUnavailable, match="whether it arrived is seen in five minutes"):
            send(store, url, message())
        with pytest.raises(SourceUnavailable, match="did not hear whether it has"):
            send(store, url, message(), NOW + timedelta(minutes=4))
        assert send(store, url, message(), LATER) == "posted to #pay"
    assert len(workspace.posted) == 1


def test_a_refusal_leaves_nothing_claimed(store: Store) -> None:
    """The next run tries again at once."""
    workspace, answers = Workspace(), [refused("is_archived")]
    workspace.instead = lambda method, _: answers.pop() if method == "chat.postMessage" and answers else None
    with serving(workspace) as (url, _):
        with pytest.raises(AccessDenied, match="the channel #pay is archived"):
            send(store, url, message("text", "details"))
        assert send(store, url, message("text", "details")) == "posted to #pay"
    assert workspace.texts() == ["text", "text details"]


@pytest.mark.parametrize("answer", [Reply(200, []), Reply(200, b'{"ok": true, "mess'), refused("internal_error")])
def test_after_nonsense_the_next_run_tries_again(store: Store, answer: Reply) -> None:
    """At once."""
    workspace, wrong = Workspace(), True
    workspace.instead = lambda method, _: answer if method == "conversations.history" and wrong else None
    with serving(workspace) as (url, _):
        with pytest.raises(SourceError):
            send(store, url, message())
        wrong = False
        assert send(store, url, message()) == "posted to #pay"


@pytest.mark.parametrize("where", ["in the history", "as a tombstone"])
def test_nothing_is_said_below_what_was_deleted(store: Store, where: str) -> None:
    """Neither a reply that was on its way nor the picture."""
    workspace = Workspace()

    def answer(method: str, asked: Json) -> Reply | None:
        if method != "conversations.replies":
            return None
        tombstone: dict[str, Any] = {"subtype": "tombstone", "ts": "1.0"}
        found = Reply(200, {"ok": True, "messages": [tombstone]})
        return found if where == "as a tombstone" else refused("thread_not_found")

    workspace.instead = answer
    told = sent(store, workspace, message("text", "details"), message("text", picture=PICTURED.picture))

    assert told == ["was deleted in #pay, and stays so"] * 2
    assert workspace.texts() == ["text"]
