"""Collect, and be killed at random moments, over and over: run by `test_storms`, in a process of its own.

One thread only, so that it may fork: each child collects with everything imported already, until it is killed.
"""

import json
import os
import random
import signal
import sys
import time
import urllib.request
from datetime import datetime
from pathlib import Path

import stamina

from bot.app.wiring import connectors_of
from bot.collect import Ways, collect
from bot.config import Config, load_config
from bot.store import Store

LONGEST_LIFE_S = 0.4
THE_END = "2027-01-01T00:00:00Z"


def main(config_path: str, control: str, steps: list[str | None], kills: int, seed: int) -> None:
    """At every step of time: so many kills, then one run to its end. Prints how many were killed."""
    config, chance, killed = load_config(Path(config_path)), random.Random(seed), 0
    Store.open(config.store.url).close()
    for step in steps:
        now = _travel(control, step)
        wanted = killed + kills
        while killed < wanted:
            killed += _one_life(config, now, chance.uniform(0.002, LONGEST_LIFE_S))
        if _collected(config, now):
            raise SystemExit("the last run failed")
    print(killed)  # noqa: T201 - the answer


def _travel(control: str, step: str | None) -> datetime:
    """Show everything as it was then (None: all there is, in a year to come); the time there."""
    body = json.dumps({"reveal_until": step, "now": step or THE_END}).encode()
    asked = urllib.request.Request(control, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(asked, timeout=60) as answer:
        told = json.loads(answer.read())
    return datetime.fromisoformat(told["now"])


def _one_life(config: Config, now: datetime, seconds: float) -> bool:
    """Whether it was killed before it had done all there was to do."""
    child = os.fork()
    if not child:
        os._exit(_collected(config, now))
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def _collected(config: Config, now: datetime) -> int:
    """Exit status: 1 where a scope failed."""
    with stamina.set_testing(True, attempts=8, cap=True):
        store = Store.open(config.store.url)
        found = collect(connectors_of(config), store, lambda: now, Ways())
        store.close()
    for failed in (scope for scope in found if scope.error):
        sys.stderr.write(f"{failed.source}: {failed.error}\n")
    return int(any(scope.error for scope in found))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], json.loads(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5]))
