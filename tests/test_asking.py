"""Asked and pressed in Slack: from the socket to the answer, and to the digest that stands in the channel."""

import json
import logging
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bot.app.analysis import analyse_stream
from bot.app.clock import clock
from bot.app.digests import digest_of, post_digest
from bot.app.listening import listening
from bot.app.remarks import remarks_in, withdraw
from bot.app.wiring import Wanted, opened
from bot.config import Config, load_config
from bot.demo.stand_ins import Addresses
from bot.digest.blocks import value_of
from connectors.slack import Slack
from connectors.slack_check import checked
from tests.commands import changed

Json = dict[str, Any]
OF_US, PATIENCE_S = "T0REPLAY", 60.0


@dataclass
class Workspace:
    """Slack with a channel in which the digest stands, and somebody who listens."""

    config: Config
    control: str

    def call(self, path: str, body: Json | None = None) -> Any:
        data = json.dumps(body).encode() if body is not None else None
        with urllib.request.urlopen(f"{self.control}{path}", data, timeout=30) as answer:
            return json.load(answer)

    def command(self, text: str, **payload: Any) -> Json:
        return self._push("slash_commands", {"command": "/gemba", "text": text, **payload})

    def press(self, action: str, value: str, **payload: Any) -> Json:
        return self._push("interactive", {"actions": [{"action_id": action, "value": value}], **payload})

    def fill(self, action: str, value: str, **fields: str) -> Json:
        values = {name: {name: {"value": filled}} for name, filled in fields.items()}
        view = {"callback_id": action, "private_metadata": f"C0FLOW {value}", "state": {"values": values}}
        return self._push("interactive", {"type": "view_submission", "view": view, "actions": None})

    def _push(self, kind: str, payload: Json) -> Json:
        found: Json = self.call("/slack/push", {"type": kind, "payload": payload, "wait_s": 3})
        assert found["acknowledged"]
        return found

    def answers(self) -> list[Json]:
        return [one["body"] for one in self.call("/slack/responses")]

    def answer(self, number: int) -> Json:
        """The so-manieth answer, once it is there."""
        return self.until(lambda: self.answers()[number : number + 1])[0]  # type: ignore[no-any-return]

    def until(self, found: Callable[[], Any]) -> Any:
        deadline = time.monotonic() + PATIENCE_S
        while not (there := found()):
            assert time.monotonic() < deadline, "nobody answered"
            time.sleep(0.05)
        return there

    def messages(self) -> list[Json]:
        found: list[Json] = self.call("/slack/messages?channel=C0FLOW")
        return found


@pytest.fixture
def place(
    serve: Callable[..., Any], company: tuple[Path, Addresses], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Workspace:
    """The company's digest stands in #flow, as of today."""
    urls = serve().urls()
    folder = changed(company, tmp_path, '"#payments"', '"#flow"')
    text = (folder / "config.toml").read_text()
    before, _, _ = text.partition("[slack]")
    after = text[text.index("[[digests]]") :]
    slack = f'[slack]\napi_url = "{urls["slack"]}"\ntoken_env = "ST"\napp_token_env = "AT"\n\n'
    (folder / "config.toml").write_text(before + slack + after)
    (folder / "gemba.db").write_bytes((company[0] / "gemba.db").read_bytes())
    monkeypatch.setenv("ST", "test-token")
    monkeypatch.setenv("AT", "xapp-test-token")
    return Workspace(load_config(folder / "config.toml"), urls["control"])


def test_every_question_is_answered_within_slacks_rules(place: Workspace) -> None:
    """Acknowledged at once, answered once and in order, seen only by who asked."""
    asked = ("", "stuck", "help", "explain PAY-100", "why waiting", "why Design approval", "why x", "gate", "map", "x")
    with listening(place.config):
        for text in asked:
            place.command(text)
        place.answer(len(asked) - 1)
    told = place.answers()
    from contracts import blockkit_contract as judge

    assert [one["text"].split(",")[0].split(":")[0] for one in told] == [
        "Payments",
        "Payments",
        "What you can ask",
        "PAY-100",
        "Waiting",
        "Design approval",
        "Nothing is called “x”; you can ask for",
        "Payments",
        "Value stream map of Payments",
        "“x” is nothing that can be asked; “/gemba help” says what can.",
    ]
    assert {one["response_type"] for one in told} == {"ephemeral"}
    assert not [
        fault for one in told for fault in (*judge.check(one["blocks"], one["text"]), *judge.lint_text(one["blocks"]))
    ]


def test_who_takes_something_is_shown_where_the_digest_stands(place: Workspace) -> None:
    """The message is edited, not posted anew; who did it when is on record, and can be taken back."""
    assert post_digest(place.config, Wanted()) == "posted to #flow"
    posted = place.messages()
    stuck = digest_of(place.config, Wanted()).told.stuck[0]
    value = value_of("Payments", [f"item {stuck}"])
    with listening(place.config):
        place.press("take 0", value)
        place.press("take 0", value_of("Payments", ["item PAY-9999"]))
        assert place.answer(1)["text"] == "PAY-9999 is not open any more; look at the newest digest."
    (row,) = remarks_in(place.config, None)

    assert len(place.messages()) == len(posted)
    assert {"type": "user", "user_id": "U0ADA"} in walk(place.messages()[0]["blocks"])
    assert (row["by"], row["kind"], row["subject"], row["place"]) == ("U0ADA", "claim", f"item {stuck}", "C0FLOW")
    assert withdraw(place.config, None, 1, "a mistake").endswith(" does not count any more")
    assert {"type": "user", "user_id": "U0ADA"} not in walk(place.messages()[0]["blocks"])
    assert [row["kind"] for row in remarks_in(place.config, None)] == ["claim", "withdrawn"]


def test_a_message_does_not_shrink_when_its_news_is_snoozed(place: Workspace) -> None:
    """What was told in full stays so."""
    first = digest_of(place.config, Wanted()).told
    with opened(place.config) as store:
        week_before = {**first.model_dump(mode="json"), "news": {}, "end": "2026-01-01"}
        store.said.tell("Payments", date(2026, 1, 1), week_before, clock())
    post_digest(place.config, Wanted())
    whole = place.messages()[0]["blocks"]
    with listening(place.config):
        for item in first.stuck:
            place.fill("snooze", value_of("Payments", [f"item {item}"]), about=f"item {item}", weeks="4")
        place.until(lambda: len(place.messages()[0].get("versions", [])) == len(first.stuck))

    assert abs(len(place.messages()[0]["blocks"]) - len(whole)) <= 2
    assert "Stuck, and who can free it" not in json.dumps(place.messages()[0]["blocks"])


def test_what_is_said_to_be_no_waste_is_respected_and_doubted(place: Workspace) -> None:
    """After a form that asks why; nothing is lost from the ledger."""
    before = analyse_stream(place.config, Wanted())
    value = value_of("Payments", ["waste waiting at Design approval"])
    with listening(place.config):
        pressed = place.press("not_waste", value)
        place.fill("not_waste", value, about="waste waiting at Design approval", reason="a law asks for it")
        place.until(lambda: remarks_in(place.config, None))
    after = analyse_stream(place.config, Wanted(now=before.window.end, heard=None))
    later = analyse_stream(place.config, Wanted())

    assert pressed["acknowledged"]
    assert "said to be no waste" not in [doubt.kind for doubt in after.doubts]
    (doubt,) = (doubt for doubt in later.doubts if doubt.kind == "said to be no waste")
    assert doubt.detail == 'waiting of "Design approval" counts as necessary: a law asks for it'
    waits = {e.what for part in later.wastes if part.waste == "waiting" for e in part.evidence}
    assert "Design approval" not in waits
    assert later.ledger.wastes + later.ledger.necessary == pytest.approx(
        before.ledger.wastes + before.ledger.necessary, 1e-3
    )


def walk(node: Any) -> list[Json]:
    if isinstance(node, list):
        return [found for part in node for found in walk(part)]
    return [node, *(found for part in node.values() for found in walk(part))] if isinstance(node, dict) else []


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        ({"team_id": "T0OTHER"}, "Only members of this workspace are answered; ask one of them."),
        ({"channel_id": "C0GENERAL"}, "Nothing is told in this channel; ask where the digest of a stream is posted."),
    ],
)
def test_strangers_and_other_channels_are_told_nothing(place: Workspace, payload: Json, words: str) -> None:
    """What waits where is the business of those who are told of it."""
    with listening(place.config):
        place.command("stuck", **payload)
        assert place.answer(0)["text"] == words


def test_only_those_who_are_configured_may_change_anything(place: Workspace) -> None:
    """They may ask; and nothing is kept of the others."""
    assert place.config.slack is not None
    slack = place.config.slack.model_copy(update={"may_change": ("U0BEN",)})
    config = place.config.model_copy(update={"slack": slack})
    with listening(config):
        place.press("take 0", value_of("Payments", ["item PAY-1"]))
        assert place.answer(0)["text"].startswith("Who may change this is configured, and you are not among them")

    assert remarks_in(place.config, None) == []


@pytest.mark.parametrize(("token", "ok"), [("xapp-test-token", True), ("xapp-wrong", False)])
def test_check_tells_whether_it_can_be_asked(
    place: Workspace, monkeypatch: pytest.MonkeyPatch, token: str, ok: bool
) -> None:
    """Before anybody asks in vain."""
    monkeypatch.setenv("AT", token)
    assert place.config.slack is not None
    found = {check.what: check for check in checked(Slack(place.config.slack), [], clock, None)}[
        "slack: app-level token"
    ]

    assert found.ok is ok
    assert ("the app-level token in AT was refused" in found.detail) is not ok


def test_it_listens_again_after_slack_hung_up(place: Workspace) -> None:
    """As it does every few hours."""
    with listening(place.config):
        place.command("help")
        place.answer(0)
        place.call("/slack/disconnect", {})
        time.sleep(1.0)
        place.command("help")
        assert place.answer(1)["text"] == "What you can ask"


def test_a_wrong_app_token_is_said_once(
    place: Workspace, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """And that it works again; neither tells the token."""
    monkeypatch.setenv("AT", "xapp-wrong")
    monkeypatch.setattr("bot.app.listening.LOOK_S", 0.2)
    caplog.set_level(logging.INFO, "gemba")
    with listening(place.config):
        place.until(lambda: "was refused" in caplog.text)
        time.sleep(1.0)
        monkeypatch.setenv("AT", "xapp-test-token")
        place.until(lambda: "recovered" in caplog.text)

    told = [record.message for record in caplog.records if record.name == "gemba"]
    assert len([line for line in told if "app-level token in AT was refused" in line]) == 1
    assert "xapp-wrong" not in caplog.text
