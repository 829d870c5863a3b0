"""The desk when something around it does not work: others are answered, once, and nothing is changed twice."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from bot.app.asking import Desk
from bot.app.listening import attempt
from bot.app.remarks import remarks_in, withdraw
from bot.app.wiring import opened
from bot.config import Config, load_config
from bot.digest.blocks import value_of
from bot.errors import UsageError
from connectors.errors import SourceUnavailable
from connectors.slack_socket import Request
from tests.serve import Reply, serving
from tests.slack_workspace import Workspace, slack

CONFIG = """
[store]
url = "sqlite:///gemba.db"
[calendar]
timezone = "Europe/Berlin"
[connectors.jira.acme]
url = "https://acme.example"
email = "bot@acme.example"
token_env = "SLACK_TOKEN"
projects = ["PAY"]
[[streams]]
name = "Payments"
sources = ["jira.acme/PAY"]
end = "Done"
stages = [{ name = "To do", kind = "wait", states = ["jira:To Do"] }, \
{ name = "Done", kind = "done", states = ["jira:Done"] }]
[slack]
token_env = "SLACK_TOKEN"
[[digests]]
stream = "Payments"
channel = "#nowhere"
[[digests]]
stream = "Payments"
channel = "#pay"
"""
HELP = Request("e1", "command", "U1", "T1", "T1", "C0PAY", text="help")
TAKE = replace(HELP, kind="press", action="take 0", value=value_of("Payments", ["item PAY-1"]))


@dataclass
class Room:
    """A desk; `used_up`: the addresses to answer at are; `said`: what was answered, and by which way."""

    config: Config
    address: str
    desk: Desk
    said: list[tuple[str, str]]
    used_up: bool = False

    def ask(self, request: Request) -> None:
        attempt(self.desk.work, replace(request, answer_at=f"{self.address}/hook"))


@contextmanager
def opened_room(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Room]:
    monkeypatch.setenv("SLACK_TOKEN", "xoxb-secret")
    (folder / "config.toml").write_text(CONFIG)
    workspace, config = Workspace(), load_config(folder / "config.toml")

    def instead(name: str, sent: dict[str, Any]) -> Reply | None:
        if name in ("hook", "chat.postEphemeral") and not (name == "hook" and room.used_up):
            room.said.append((name, sent["text"]))
        if name == "hook":
            return Reply(404 if room.used_up else 200)
        return Reply(200, {"ok": True, "team_id": "T1"}) if name == "auth.test" else None

    workspace.instead = instead
    with serving(workspace) as (url, _), opened(config):
        room = Room(config, url, Desk(config, slack(url)), [])
        yield room


def test_a_channel_that_is_not_found_silences_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is said once."""
    with opened_room(tmp_path, monkeypatch) as room:
        room.ask(HELP)
        room.ask(replace(HELP, id="e2", channel="C0ELSE"))

    assert [text.partition(";")[0] for _, text in room.said] == ["What you can ask", "Nothing is told in this channel"]
    assert [r.message.partition(":")[0] for r in caplog.records] == ["nobody is answered in #nowhere"]


@pytest.mark.parametrize("text", ["help", "nonsense", "stuck"])
def test_the_same_question_is_answered_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Understood or not, and while there are no data."""
    with opened_room(tmp_path, monkeypatch) as room:
        for _ in range(2):
            room.ask(replace(HELP, text=text))

    assert len(room.said) == 1


def test_where_the_address_is_used_up_the_answer_comes_in_the_channel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For who asked alone."""
    with opened_room(tmp_path, monkeypatch) as room:
        room.used_up = True
        room.ask(HELP)

    assert room.said == [("chat.postEphemeral", "What you can ask")]


def test_the_same_press_changes_something_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refused or not, it is answered once; what is not in the channel any more changes nothing."""
    with opened_room(tmp_path, monkeypatch) as room:
        for request in (TAKE, TAKE, *[replace(TAKE, id="e2", value=value_of("Gone", ["item PAY-1"]))] * 2):
            room.ask(request)
        kept = remarks_in(room.config, None)

    assert [(row["subject"], row["by"], row["request"]) for row in kept] == [("item PAY-1", "U1", "e1")]
    assert [text.partition(";")[0] for _, text in room.said] == [
        "You take PAY-1",
        "What this button was about is not told in this channel any more",
    ]


def test_who_is_first_takes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The others are told so, and it is kept once; taken back it can be taken again."""
    with opened_room(tmp_path, monkeypatch) as room:
        for number, by in enumerate(("U1", "U1", "U2"), 2):
            room.ask(replace(TAKE, id=f"e{number}", by=by))
        withdraw(room.config, None, 1, "on holiday")
        room.ask(replace(TAKE, id="e9", by="U2"))
        kept = remarks_in(room.config, None)

    assert [text.partition(" PAY-1")[0] for _, text in room.said] == [
        "You take",
        "You took",
        "Somebody else took",
        "You take",
    ]
    assert [(row["kind"], row["by"]) for row in kept if row["kind"] == "claim"] == [("claim", "U1"), ("claim", "U2")]


def test_who_may_not_change_is_told_so_before_a_form_is_filled_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They may still ask why."""
    with opened_room(tmp_path, monkeypatch) as room:
        assert room.config.slack is not None
        allowed = room.config.slack.model_copy(update={"may_change": ("U2",)})
        desk = Desk(room.config.model_copy(update={"slack": allowed}), slack(room.address))
        snooze, why = (replace(TAKE, action=name, trigger="t1") for name in ("snooze", "why"))

        assert [desk.opens(press) for press in (snooze, replace(snooze, by="U2"), why)] == [False, True, True]
        assert not desk.opens(replace(why, by_of="T2"))


def test_what_nobody_foresaw_tells_where_and_not_what(caplog: pytest.LogCaptureFixture) -> None:
    """Its words may hold an address or a token; the next request is worked on."""

    def work(_: Request) -> None:
        raise LookupError("https://hooks.slack.example/secret")

    attempt(work, HELP)

    assert "LookupError in test_asking_attacks.py, line" in caplog.text
    assert "secret" not in caplog.text.replace("xoxb-secret", "")


def test_what_could_not_be_shown_is_shown_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Why is said once as long as it is the same; then nothing is left to do."""
    shown: list[str] = []

    def refresh(_: Config, digest: Any) -> None:
        shown.append(digest.channel)
        if len(shown) <= 4:
            raise SourceUnavailable("slack: it failed")

    with opened_room(tmp_path, monkeypatch) as room:
        monkeypatch.setattr("bot.app.digests.refresh", refresh)
        room.ask(TAKE)
        for _ in range(4):
            room.desk.try_again()

    assert shown == ["#nowhere", "#pay"] * 3
    assert [r.message for r in caplog.records if "does not show" in r.message] == [
        f"the digest in {place} does not show what was said: slack: it failed" for place in ("#nowhere", "#pay")
    ]


def test_while_the_database_is_locked_it_is_said_and_then_work_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing is kept of it; the next is answered."""
    with opened_room(tmp_path, monkeypatch) as room:
        monkeypatch.setattr("bot.app.asking.opened", _impatient)
        other = sqlite3.connect(tmp_path / "gemba.db", isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        room.ask(TAKE)
        other.execute("ROLLBACK")
        other.close()
        room.ask(replace(TAKE, id="e2"))
        kept = remarks_in(room.config, None)

    assert [text.partition(";")[0] for _, text in room.said] == ["This cannot be answered now", "You take PAY-1"]
    assert [row["request"] for row in kept] == ["e2"]
    assert "locked" in caplog.text
    assert "/hook" not in caplog.text


@contextmanager
def _impatient(config: Config) -> Iterator[Any]:
    with opened(config) as store:
        engine = store.said._database.engine
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA busy_timeout=50")
        yield store


def test_what_was_withdrawn_is_not_withdrawn_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One row for one change."""
    with opened_room(tmp_path, monkeypatch) as room:
        room.ask(TAKE)
        withdraw(room.config, None, 1, "a mistake")
        with pytest.raises(UsageError, match="no remark 1"):
            withdraw(room.config, None, 1, "a mistake")

        assert len(remarks_in(room.config, None)) == 2


def test_what_was_kept_before_a_kill_is_shown_after_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of each digest in a channel of the stream; one that cannot be changed does not keep the others."""
    shown: list[str] = []

    def refresh(_: Config, digest: Any) -> None:
        shown.append(digest.channel)
        raise SourceUnavailable("slack: it failed")

    with opened_room(tmp_path, monkeypatch) as room:
        room.desk.catch_up()
        room.ask(TAKE)
        monkeypatch.setattr("bot.app.digests.refresh", refresh)
        Desk(room.config, slack(room.address)).catch_up()

    assert shown == ["#nowhere", "#pay"]
