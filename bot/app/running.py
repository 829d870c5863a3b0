"""What `gemba run` does until it is stopped."""

import signal
from collections.abc import Iterator
from datetime import datetime, timedelta
from threading import Event

from bot.app.digests import post_once
from bot.app.sources import collect_all
from bot.app.wiring import (
    Wanted,
    clock,
    opened,
)
from bot.collect import Outcomes
from bot.config import Config, DigestConfig
from bot.schedule import Job, every, run, weekly
from bot.words import duration

DIGEST_GRACE, DIGEST_PATIENCE = timedelta(days=2), timedelta(days=1)
"""A missed digest is posted up to two days late; in the first of them it waits for data that is not here yet."""


def plan_of_run(config: Config) -> Iterator[str]:
    """What `run` will do, in sentences."""
    now = clock()
    yield f"collecting every {duration(config.schedule.collect_every / timedelta(days=1))}; stop with Ctrl-C"
    for configured in config.digests:
        zone = config.stream(configured.stream).calendar.zone
        due = (weekly(configured.day, configured.at, str(zone))(now) + timedelta(weeks=1)).astimezone(zone)
        yield f"next digest of {configured.stream} to {configured.channel}: {due:%a %d %b %H:%M} {zone}"


def run_forever(config: Config, stop: Event | None = None) -> None:
    """Collect and post on schedule until SIGTERM or SIGINT."""
    stopped = stop or Event()
    if stop is None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopped.set())
    with opened(config) as store:
        run(_jobs(config, stopped), store, clock, stopped)


def _jobs(config: Config, stopped: Event) -> list[Job]:
    interval, outcomes = config.schedule.collect_every, Outcomes()

    def collecting_action(_: datetime) -> str:
        return outcomes.told(collect_all(config, lambda *_: None, stopped=stopped))

    collecting = Job("collect", every(interval), interval, collecting_action)
    return [collecting, *(_digest_job(config, d) for d in config.digests)]


def _digest_job(config: Config, configured: DigestConfig) -> Job:
    def action(due: datetime) -> str:
        wanted = Wanted(stream=configured.stream, now=due)
        return post_once(config, configured, wanted, due + DIGEST_PATIENCE)

    zone = config.stream(configured.stream).calendar.timezone
    return Job(
        f"digest {configured.stream} {configured.channel}",
        weekly(configured.day, configured.at, zone),
        DIGEST_GRACE,
        action,
    )
