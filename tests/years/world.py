"""What there is besides `gemba run`: a clock that is moved, and a simulated company that lives by it."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import time_machine

from bot.demo.company import Habits, simulate
from bot.demo.jira_stand_in import JiraStandIn
from bot.demo.meetings import meetings
from bot.demo.stand_ins import TOKEN, GitHubStandIn, SlackStandIn, serving
from tests.commands import private

Json = dict[str, Any]

LOOK_S = 0.005


class Clock:
    """A time that all processes read from a file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def set(self, now: datetime) -> None:
        new = self._path.with_suffix(".new")
        new.write_text(now.isoformat())
        new.replace(self._path)

    def now(self) -> datetime:
        return datetime.fromisoformat(self._path.read_text())

    @contextmanager
    def moves(self) -> Iterator[None]:
        """While the block runs, everything in this process takes it for the time."""
        done = threading.Event()
        with time_machine.travel(self.now(), tick=False) as traveller:
            thread = threading.Thread(target=lambda: _follow(self, traveller, done), daemon=True)
            thread.start()
            try:
                yield
            finally:
                done.set()
                thread.join()


def _follow(clock: Clock, traveller: Any, done: threading.Event) -> None:
    while not done.is_set():
        traveller.move_to(clock.now(), tick=False)
        time.sleep(LOOK_S)


class Company:
    """The stand-ins, which show what happened until now."""

    def __init__(self, clock: Clock, end: datetime, weeks: int) -> None:
        self._clock, self._whole = clock, simulate(end, habits=Habits(weeks, 2))
        self._seen: tuple[datetime, JiraStandIn, GitHubStandIn] | None = None
        self._lock = threading.Lock()

    def jira(self, path: str, arguments: Json) -> Any:
        return self._now()[1](path, arguments)

    def github(self, path: str, arguments: Json) -> Any:
        return self._now()[2](path, arguments)

    def _now(self) -> tuple[datetime, JiraStandIn, GitHubStandIn]:
        """Made anew every hour."""
        hour = self._clock.now().replace(minute=0, second=0, microsecond=0)
        with self._lock:
            if self._seen is None or self._seen[0] != hour:
                company = self._whole.until(hour)
                self._seen = hour, JiraStandIn(company), GitHubStandIn(company)
            return self._seen


@contextmanager
def living(folder: Path, end: datetime, weeks: int) -> Iterator[list[Json]]:
    """A folder with a configuration, and what is posted in Slack, while the block runs."""
    clock, slack = Clock(folder / "clock"), SlackStandIn("payments")
    clock.set(end)
    company = Company(clock, end, weeks)
    with serving((company.jira, company.github, slack), clock.now) as (jira, github, messages):
        slack.address = messages
        template = files("bot.presets").joinpath("software-delivery.toml").read_text("utf-8")
        filled = template.format(
            jira=jira, github=github, slack=f"{messages}/api/", quarter="2026-Q4", due="2026-12-11"
        )
        (folder / "config.toml").write_text(
            filled.replace("[calendar]", '[schedule]\ncollect_every = "12h"\n\n[calendar]', 1)
        )
        private(folder / "token", TOKEN)
        (folder / "meetings.ics").write_text(meetings(end))
        yield slack.posted


def main(folder: Path, end: str, weeks: int) -> None:
    """Until standard input ends; every line that is read there is answered with what was posted so far."""
    import sys

    with living(folder, datetime.fromisoformat(end), weeks) as posted:
        print("ready", flush=True)  # noqa: T201 - the answer
        for _ in sys.stdin:
            print(json.dumps(posted), flush=True)  # noqa: T201 - the answer


if __name__ == "__main__":
    import sys

    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
