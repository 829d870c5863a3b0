"""Send messages to Slack, under faults and kills, over and over: run by `test_slack_storms`, in a process of its own.

One thread only, so that it may fork: each child sends with everything imported already, until it is killed.
"""

import json
import mmap
import os
import random
import signal
import struct
import sys
import time
import traceback
import urllib.request
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import stamina

import bot.notify.to_slack
import connectors.slack
from bot.errors import StoreError
from bot.notify.message import Json, Message, Picture, Said
from bot.notify.to_slack import ToSlack
from bot.store import Store
from connectors.errors import SourceError
from connectors.slack import Slack
from connectors.slack_settings import SlackSettings

CHANNEL = "#flow"
REPLIES = ("details", "waste", "plan")
BEGIN = datetime(2026, 1, 5, 9, tzinfo=UTC)
TIMEOUT_S, SLOWEST_S = 0.3, 0.45
LONGEST_LIFE_S = 0.25
CLOCKS_APART_S = 290
"""How much the clock of another machine may be ahead: less than what makes it take a living claim for a dead one."""

MOST_RUNS = 60
CALM_AFTER = 25
"""So many runs must suffice for one message; after so many the weather is fair."""

DONE, FAILED, UNFINISHED = 0, 3, 4
ENDS = {DONE: "done", FAILED: "failed", UNFINISHED: "unfinished"}

PATHS = (
    "chat.postMessage",
    "chat.update",
    "conversations.history",
    "conversations.replies",
    "conversations.list",
    "files.getUploadURLExternal",
    "files.completeUploadExternal",
    "files.info",
    "upload/v1",
    "api/",
)
ACTIONS: tuple[Json, ...] = (
    {"status": 429, "headers": {"Retry-After": "0"}, "body": {"ok": False, "error": "ratelimited"}},
    {"rate_limited": 1},
    {"drop_before": True},
    {"drop_after_processing": True},
    {"status": 500},
    {"status": 502},
    {"status": 503, "headers": {"Retry-After": "0"}},
    {"truncate": 0},
    {"truncate": 25},
    {"delay_s": 0.05},
    {"delay_s": SLOWEST_S},
    {"delay_s": SLOWEST_S, "drop_after_processing": True},
)


def message(key: str, version: int) -> Message:
    """One with three replies and a picture; its words change with the version."""
    said = f"{key} v{version}"
    replies = tuple(Said(name, f"{said} {name}", [_section(f"{said} {name}")]) for name in REPLIES)
    return Message(key, said, partial(_root, said), replies, Picture(b"a picture", f"the picture of {key}"))


def _root(said: str, file: str | None) -> list[Json]:
    shown = [] if file is None else [{"type": "image", "slack_file": {"id": file}, "alt_text": "a picture"}]
    return [_section(said), *shown]


def _section(words: str) -> Json:
    return {"type": "section", "text": {"type": "mrkdwn", "text": words}}


class Clock:
    """One for all processes, which stands until it is moved."""

    def __init__(self) -> None:
        self._shared = mmap.mmap(-1, 8)
        self.move(timedelta())

    def __call__(self) -> datetime:
        return BEGIN + timedelta(seconds=struct.unpack("d", self._shared[:])[0])

    def move(self, by: timedelta) -> None:
        since = struct.unpack("d", self._shared[:])[0]
        self._shared[:] = struct.pack("d", since + by.total_seconds())


@dataclass
class Storm:
    """`counts`: runs, and how they ended; how often two ran together; whether something goes wrong slowly now."""

    store: str
    slack: str
    control: str
    chance: random.Random
    clock: Clock = field(default_factory=Clock)
    counts: Counter[str] = field(default_factory=Counter)

    def bring(self, key: str) -> int:
        """Send it again and again until it is there; the version that was sent last."""
        version, apart = 1, timedelta(minutes=self.chance.uniform(-50, 50))
        for run in range(MOST_RUNS):
            self._weather(apart, calm=run >= CALM_AFTER)
            if self._runs(key, version, safe=run >= CALM_AFTER):
                return version
            self.clock.move(timedelta(seconds=self.chance.choice((2, 30, 301, 400))))
            version += self.chance.random() < 0.15
        raise SystemExit(f"{key} is not there after {MOST_RUNS} runs")

    def _weather(self, apart: timedelta, *, calm: bool) -> None:
        """What went wrong slowly has come to its end before time moves."""
        time.sleep(SLOWEST_S if self.counts.pop("slow", 0) else 0)
        faults = [] if calm else [self._fault() for _ in range(self.chance.randint(0, 6))]
        self.counts["slow"] = any("delay_s" in fault["action"] for fault in faults)
        self._order({"faults": faults, "now": (self.clock() + apart).isoformat()})

    def _fault(self) -> Json:
        match: Json = {"vendor": "slack", "path": self.chance.choice(PATHS), "nth": self.chance.randint(1, 4)}
        if self.chance.random() < 0.2:
            del match["nth"]
            match["times"] = self.chance.randint(2, 6)
        return {"match": match, "action": self.chance.choice(ACTIONS)}

    def _runs(self, key: str, version: int, *, safe: bool) -> bool:
        """One, or two at the same time; whether one of them said done."""
        together = not safe and self.chance.random() < 0.2
        self.counts["together"] += together
        ahead = [timedelta(), timedelta(seconds=self.chance.uniform(0, CLOCKS_APART_S))]
        children = [self._child(key, version, by) for by in ahead[: 1 + together]]
        doomed = [child for child in children if not safe and self.chance.random() < 0.7]
        for child in doomed:
            time.sleep(self.chance.uniform(0.002, LONGEST_LIFE_S))
            os.kill(child, signal.SIGKILL)
        ends = [os.waitpid(child, 0)[1] for child in children]
        return DONE in [self._counted(end) for end in ends]

    def _counted(self, end: int) -> int:
        self.counts["runs"] += 1
        if os.WIFSIGNALED(end):
            self.counts["kills"] += 1
            return FAILED
        status = os.WEXITSTATUS(end)
        self.counts[ENDS.get(status, "crashed")] += 1
        return status

    def _child(self, key: str, version: int, ahead: timedelta) -> int:
        child = os.fork()
        if not child:
            status = 1
            try:
                status = _sent(self.store, self.slack, message(key, version), lambda: self.clock() + ahead)
            finally:
                if status == 1:
                    traceback.print_exc()
                sys.stderr.flush()
                os._exit(status)
        return child

    def _order(self, wanted: Json) -> None:
        sent = urllib.request.Request(self.control, json.dumps(wanted).encode(), {"Content-Type": "application/json"})
        urllib.request.urlopen(sent, timeout=60).close()


def _sent(store_url: str, slack_url: str, message: Message, clock: Callable[[], datetime]) -> int:
    settings = SlackSettings(api_url=slack_url, token_env="VENDORS_TOKEN")
    try:
        store = Store.open(store_url)
        told = ToSlack(Slack(settings), CHANNEL).send(store, message, clock)
        store.close()
    except (SourceError, StoreError) as problem:
        sys.stderr.write(f"{message.key}: {problem}\n")
        return FAILED
    sys.stderr.write(f"{message.key}: {told}\n")
    return UNFINISHED if "without its picture" in told else DONE


def main(store: str, slack: str, control: str, messages: int, seed: int) -> None:
    """Prints what was counted, and the last version of every message."""
    hurry: dict[Any, dict[str, float]] = {
        connectors.slack: {"SCAN_STEP_S": 0.01, "TIMEOUT_S": TIMEOUT_S},
        bot.notify.to_slack: {"SOON_S": 0.05, "LATE_S": 0.1},
    }
    for module, values in hurry.items():
        for name, value in values.items():
            setattr(module, name, value)
    Store.open(store).close()
    storm = Storm(store, slack, control, random.Random(seed))
    with stamina.set_testing(True, attempts=3, cap=True):
        versions = {f"W{number:04d}": storm.bring(f"W{number:04d}") for number in range(messages)}
    print(json.dumps({"counts": storm.counts, "versions": versions}))  # noqa: T201 - the answer


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
