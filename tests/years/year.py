"""A year of `gemba run` in three time zones, through every change of the clocks and a week without it.

`python -m tests.years.year` tells what came of it.
"""

import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from threading import Event
from zoneinfo import ZoneInfo

import time_machine
from sqlalchemy import select

from bot.app.clock import clock
from bot.app.jobs import jobs_of
from bot.config import Config, load_config
from bot.demo.stand_ins import TOKEN, SlackStandIn, serving
from bot.schedule import attempt
from bot.store import Store
from bot.tables import Rows
from tests.commands import private

STEP = timedelta(minutes=15)
ZONES = {"Berlin": "Europe/Berlin", "York": "America/New_York", "Sydney": "Australia/Sydney"}
AT, SUNDAY = time(2, 30), 6
"""An hour that is skipped in spring, and comes twice in autumn."""

CONFIG = """
[schedule]
collect_every = "6h"
[connectors.eventlog.log]
path = "log.csv"
case = "case"
state = "state"
at = "at"
[slack]
api_url = "{slack}/api/"
token_file = "token"
"""
STREAM = """
[[streams]]
name = "{name}"
sources = ["eventlog.log/log.csv"]
end = "Done"
calendar = {{ timezone = "{zone}" }}
stages = [
    {{ name = "Asked", kind = "wait", states = ["eventlog:Asked"] }},
    {{ name = "Done", kind = "done", states = ["eventlog:Done"] }},
]
[[digests]]
stream = "{name}"
channel = "#payments"
day = "sun"
at = "{at}"
quiet = "line"
"""


@dataclass(frozen=True)
class Posted:
    """A digest: when it was due and when it was posted, at the place of its stream."""

    stream: str
    due: datetime
    ended: datetime


@dataclass(frozen=True)
class Span:
    """How long is looked on, and in which part of it nothing runs."""

    start: datetime
    weeks: int
    outage: tuple[datetime, datetime]

    def moments(self) -> Iterator[datetime]:
        yield from (self.start + number * STEP for number in range(int(timedelta(weeks=self.weeks) / STEP)))

    def is_out(self, now: datetime) -> bool:
        return self.outage[0] <= now < self.outage[1]

    def sundays(self, zone: ZoneInfo) -> set[date]:
        """Whose digest is due while it is looked on."""
        end = self.start + timedelta(weeks=self.weeks) - STEP
        days = {(self.start + timedelta(days=n)).astimezone(zone).date() for n in range(7 * self.weeks + 1)}
        due = {day: datetime.combine(day, AT, zone).astimezone(UTC) for day in days if day.weekday() == SUNDAY}
        return {day for day, at in due.items() if self.start <= at <= end}


def furnish(folder: Path, slack: str, span: Span) -> Config:
    """An event log with a case a day, and a stream for each zone, with a digest on the day the clocks change."""
    cases = [(n, span.start + timedelta(days=n)) for n in range(-28, 7 * span.weeks + 14)]
    rows = [f"{n},Asked,{at.isoformat()}\n{n},Done,{at + timedelta(hours=30 + n % 50)}\n" for n, at in cases]
    (folder / "log.csv").write_text("case,state,at\n" + "".join(rows))
    os.utime(folder / "log.csv", (cases[-1][1].timestamp(), cases[-1][1].timestamp()))
    private(folder / "token", TOKEN)
    streams = "".join(STREAM.format(name=name, zone=zone, at=f"{AT:%H:%M}") for name, zone in ZONES.items())
    (folder / "config.toml").write_text(CONFIG.format(slack=slack) + streams)
    return load_config(folder / "config.toml")


def lived(folder: Path, span: Span) -> tuple[list[Posted], list[str]]:
    """The digests that were posted, and the keys of what stands in Slack."""
    slack = SlackStandIn("payments")
    with serving([slack], clock) as (address,), time_machine.travel(span.start, tick=False) as traveller:
        slack.address = address
        config = furnish(folder, address, span)
        with closing(Store.open(config.store.url)) as store:
            jobs = jobs_of(config, store, Event(), {})
            for now in span.moments():
                if span.is_out(now):
                    jobs = jobs_of(config, store, Event(), {})
                    continue
                traveller.move_to(now)
                for job in jobs:
                    attempt(job, store, clock)
            return posted(store), [one["metadata"]["event_payload"]["key"] for one in slack.posted]


def posted(store: Store) -> list[Posted]:
    run = Rows.metadata.tables["run"]
    with store._database.read() as connection:
        rows = connection.execute(select(run).where(run.c.job.like("digest %"), run.c.ended_at.is_not(None))).all()
    found = [(row.job.split()[1], row.due, row.ended_at) for row in rows]
    return [Posted(name, *(at.astimezone(ZoneInfo(ZONES[name])) for at in times)) for name, *times in found]


def wrong(found: list[Posted], keys: list[str], span: Span) -> list[str]:
    """What is not as it should be. What was due just before the start is caught up, and not looked at."""
    told = [f"in Slack {n} times: {key}" for key, n in Counter(keys).items() if n != 1]
    for name, zone in ZONES.items():
        mine = [one for one in found if one.stream == name and one.due >= span.start]
        days = Counter(one.due.date() for one in mine)
        told += [f"{name}: nothing for {day}" for day in sorted(span.sundays(ZoneInfo(zone)) - {*days})]
        told += [f"{name}: {n} times for {day}" for day, n in days.items() if n != 1]
        told += [f"{name}: {one.due} posted at {one.ended}" for one in mine if not _in_time(one, span)]
    return told


def _in_time(one: Posted, span: Span) -> bool:
    """Within a step of the local time, or as soon as the outage was over."""
    earliest = span.outage[1] if span.is_out(one.due) else one.due
    return timedelta(0) <= one.ended - earliest <= STEP


def main() -> None:
    outage = datetime(2026, 6, 8, 12, tzinfo=UTC), datetime(2026, 6, 15, 12, tzinfo=UTC)
    span = Span(datetime(2026, 1, 5, tzinfo=UTC), 52, outage)
    with tempfile.TemporaryDirectory() as folder:
        found, keys = lived(Path(folder), span)
    faults = wrong(found, keys, span)
    sys.stdout.write(f"{len(found)} digests, {len(keys)} messages in Slack\n" + "".join(f"{one}\n" for one in faults))
    raise SystemExit(1 if faults else 0)


if __name__ == "__main__":
    main()
