"""Faults of every kind, kills at random moments and two at once: in the end everything stands in the channel once."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from bot.notify.message import Message
from bot.notify.to_slack import ToSlack
from bot.store import Store
from connectors.errors import AccessDenied
from connectors.slack import Slack
from connectors.slack_settings import SlackSettings
from tests.real.slack_storm import BEGIN, CHANNEL, REPLIES, message

STORMS = int(os.environ.get("GEMBA_STORMS", "4"))
"""How many messages are sent, each by as many runs as it takes."""

SEED = int(os.environ.get("GEMBA_SEED", "20260105"))

SOON, LATE = "bot.notify.to_slack.SOON_S", "bot.notify.to_slack.LATE_S"

Serve = Callable[..., Any]
Json = dict[str, Any]


def weather(servers: Any, store_url: str) -> Json:
    """What was counted, and the last version of every message."""
    urls = servers.urls()
    words = [store_url, urls["slack"], urls["control"], str(STORMS), str(SEED)]
    done = subprocess.run(
        [sys.executable, "-m", "tests.real.slack_storm", *words],
        capture_output=True,
        text=True,
        timeout=30 + 10 * STORMS,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    answer: Json = json.loads(done.stdout)
    assert "crashed" not in answer["counts"], done.stderr
    return answer


def key_of(posted: Json) -> str:
    found: Json = posted.get("metadata") or {"event_payload": {"key": "nobody knows"}}
    return str(found["event_payload"]["key"])


def pictures(found: list[Json], key: str) -> int:
    """How often the picture of a message is seen, in it or under it."""
    mine = [posted for posted in found if key_of(posted) in (key, f"{key} · picture")]
    return sum(block["type"] == "image" for posted in mine for block in posted["blocks"])


def stamps(store_url: str, keys: list[str]) -> dict[str, str | None]:
    """Where the outbox says that they stand."""
    store = Store.open(store_url)
    rows = {key: store.outbox.standing(CHANNEL, key) for key in keys}
    store.close()
    return {key: row.message if row else None for key, row in rows.items()}


def test_everything_stands_once(serve: Serve, store_url: str) -> None:
    """With its newest words, each reply in its thread, its picture in one place; and the outbox knows where."""
    servers = serve("--slack-scan-s", "0.03")
    found = weather(servers, store_url)
    posted = [m for m in servers.slack.stored_messages("C0FLOW") if not m.get("deleted")]
    hits = Counter(str(e["fault"]) for e in servers.sites["slack"].journal.entries("slack") if e["fault"])
    sys.stdout.write(f"\n{len(found['versions'])} messages, {found['counts']}, {sum(hits.values())} faults: {hits}\n")

    times = Counter(key_of(message) for message in posted)
    assert {key: n for key, n in times.items() if n != 1} == {}
    stood = {key_of(message): message for message in posted}
    late = [key for key in found["versions"] if f"{key} · picture" in stood]
    assert len(stood) == len(found["versions"]) * (1 + len(REPLIES)) + len(late)
    for key, version in found["versions"].items():
        said, root = message(key, version), stood[key]
        below = [stood[f"{key} · {name}"] for name in REPLIES]
        assert [root["text"], *(reply["text"] for reply in below)] == [said.text, *(r.text for r in said.replies)]
        assert [reply["thread_ts"] for reply in below] == [root["ts"]] * len(REPLIES)
        assert pictures(posted, key) == 1
    assert stamps(store_url, list(stood)) == {key: message["ts"] for key, message in stood.items()}


def send(store: Store, servers: Any, wanted: Message, channel: str = CHANNEL, token: str = "VENDORS_TOKEN") -> str:
    settings = SlackSettings(api_url=servers.urls()["slack"], token_env=token)
    return ToSlack(Slack(settings), channel).send(store, wanted, lambda: BEGIN)


def claimed(store: Store, channel: str, key: str) -> bool:
    """Whether somebody is sending it."""
    free = store.outbox.claim(channel, key, BEGIN)
    store.outbox.release(channel, key)
    return free is None


REFUSALS = [
    ("C0RANDOM", "VENDORS_TOKEN", "the bot is not in C0RANDOM; invite it there"),
    ("C0SECRET", "VENDORS_TOKEN", "there is no public channel C0SECRET, or the bot may not see it"),
    ("C0OLD", "VENDORS_TOKEN", "the channel C0OLD is archived; choose another"),
    ("#nowhere", "VENDORS_TOKEN", "there is no public channel #nowhere"),
    ("C0FLOW", "WRONG_TOKEN", "the token was refused; check WRONG_TOKEN"),
]


def test_a_refusal_is_told_and_the_next_run_posts(serve: Serve, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once somebody did what it says; nothing is claimed until then."""
    servers, wanted = serve("--slack-scan-s", "0"), message("W01", 1)
    monkeypatch.setenv("WRONG_TOKEN", "wrong")
    for channel, variable, words in REFUSALS:
        with pytest.raises(AccessDenied, match=words):
            send(store, servers, wanted, channel, variable)
        assert not claimed(store, channel, "W01")

        place = "C0NOWHERE" if channel == "#nowhere" else channel
        servers.slack.seed({"channels": [{"id": place, "name": channel.removeprefix("#"), "members": ["U0BOT"]}]})
        assert send(store, servers, wanted, channel) == f"posted to {channel}"
        assert len(servers.slack.stored_messages(place)) == 1 + len(REPLIES)


def test_a_picture_that_slack_never_looks_at_comes_later(
    serve: Serve, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The words go out without it, which is told; then it follows in the thread, once."""
    servers, wanted = serve("--slack-scan-s", "1000000"), message("W01", 1)
    for name, value in {"connectors.slack.SCAN_STEP_S": 0.01, SOON: 0.02, LATE: 0.02}.items():
        monkeypatch.setattr(name, value)
    missing = " without its picture, which Slack did not finish looking at"
    assert send(store, servers, wanted) == f"posted to {CHANNEL}{missing}"
    assert send(store, servers, wanted) == f"stands in {CHANNEL} already{missing}"
    servers.slack.scan_s = 0
    assert send(store, servers, wanted) == f"stands in {CHANNEL} already, its picture in the thread"
    assert send(store, servers, wanted) == f"stands in {CHANNEL} already"

    posted = servers.slack.stored_messages("C0FLOW")
    assert (len(posted), pictures(posted, "W01")) == (2 + len(REPLIES), 1)
    assert posted[-1]["thread_ts"] == posted[0]["ts"]


def test_what_changed_is_edited(serve: Serve, store: Store) -> None:
    """The message and its replies, each where it stands and to be found by its key; the picture stays."""
    servers = serve("--slack-scan-s", "0")
    told = [send(store, servers, message("W01", version)) for version in (1, 2, 2)]

    posted = servers.slack.stored_messages("C0FLOW")
    assert told == [f"posted to {CHANNEL}", f"updated in {CHANNEL}", f"stands in {CHANNEL} already"]
    assert [m["text"] for m in posted] == ["W01 v2", *(f"W01 v2 {name}" for name in REPLIES)]
    assert [len(m["versions"]) for m in posted] == [1] * 4
    assert [key_of(m) for m in posted] == ["W01", *(f"W01 · {name}" for name in REPLIES)]
    assert pictures(posted, "W01") == 1


@pytest.mark.parametrize("number", [0, 2])
def test_what_was_deleted_by_hand_stays_deleted(serve: Serve, store: Store, number: int) -> None:
    """Also where there is something else to say; where it is the message itself, nothing more is said below it."""
    servers = serve("--slack-scan-s", "0")
    send(store, servers, message("W01", 1))
    gone = servers.slack.stored_messages("C0FLOW")[number]
    gone["deleted"] = True
    told = [send(store, servers, message("W01", version)) for version in (1, 2, 3)]

    left = [m for m in servers.slack.stored_messages("C0FLOW") if not m.get("deleted")]
    assert told[1] == (f"updated in {CHANNEL}" if number else f"was deleted in {CHANNEL}, and stays so")
    assert len(left) == len(REPLIES)
    assert {m["text"].split()[1] for m in left} == ({"v3"} if number else {"v1"})
