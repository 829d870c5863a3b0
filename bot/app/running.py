"""What `gemba run` does until it is stopped."""

import signal
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from threading import Event
from zoneinfo import ZoneInfo

from bot.app.digests import tell
from bot.app.goals import post_pack
from bot.app.listening import listening
from bot.app.sources import collect_all
from bot.app.wiring import Wanted, clock, opened
from bot.collect import Outcomes
from bot.config import Config, DigestConfig
from bot.flow.clock import is_holiday
from bot.flow.model import WEEKDAYS
from bot.govern.gates import LATELY, Gate
from bot.schedule import Job, every, run, weekly
from bot.words import count, duration

PACK_BEFORE = timedelta(days=3)
A_QUARTER = 14
"""Weeks within which a quarter ended."""

NEVER = datetime(1980, 1, 1, tzinfo=UTC)
DIGEST_GRACE, DIGEST_PATIENCE = timedelta(days=2), timedelta(days=1)
"""A missed digest is posted up to two days late; in the first of them it waits for data that is not here yet."""


def plan_of_run(config: Config) -> Iterator[str]:
    """What `run` will do, in sentences."""
    now = clock()
    yield f"collecting every {duration(config.schedule.collect_every / timedelta(days=1))}; stop with Ctrl-C"
    for configured in config.digests:
        zone = config.stream(configured.stream).calendar.zone
        due = _due(config, configured)(now + timedelta(weeks=1)).astimezone(zone)
        yield f"next digest of {configured.stream} to {configured.place}: {due:%a %d %b %H:%M} {zone}"
    for configured, gate in _gates(config):
        zone = config.stream(configured.stream).calendar.zone
        if gate.on is None or gate.on >= now.astimezone(zone).date():
            before = count(PACK_BEFORE.days, "day")
            yield f"what {gate.name} of {configured.stream} decides on: to {configured.place}, {before} before it"


def run_forever(config: Config, stop: Event | None = None) -> None:
    """Collect and post on schedule until SIGTERM or SIGINT."""
    stopped = stop or Event()
    if stop is None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopped.set())
    with opened(config) as store, listening(config):
        run(_jobs(config, stopped), store, clock, stopped)


def _jobs(config: Config, stopped: Event) -> list[Job]:
    interval, outcomes = config.schedule.collect_every, Outcomes()

    def collecting_action(_: datetime) -> str:
        return outcomes.told(collect_all(config, lambda *_: None, stopped=stopped))

    collecting = Job("collect", every(interval), interval, collecting_action)
    digests = [_digest_job(config, digest) for digest in config.digests]
    packs = [_pack_job(config, digest, gate) for digest, gate in _gates(config)]
    return [collecting, *digests, *packs]


def _gates(config: Config) -> Iterator[tuple[DigestConfig, Gate]]:
    """With the digest in whose channel they are told."""
    for digest in config.digests:
        yield from ((digest, gate) for gate in config.stream(digest.stream).gates)


def _pack_job(config: Config, configured: DigestConfig, gate: Gate) -> Job:
    """At the time of day of the digest."""
    at, zone = time.fromisoformat(configured.at), config.stream(configured.stream).calendar.zone

    def action(due: datetime) -> str:
        wanted = Wanted(stream=configured.stream, now=due)
        return post_pack(config, wanted, gate.name, configured, due + DIGEST_PATIENCE)

    return Job(
        f'gate "{configured.stream}" "{gate.name}" {configured.mark}',
        partial(pack_due, gate, at, zone),
        DIGEST_GRACE,
        action,
    )


def pack_due(gate: Gate, at: time, zone: ZoneInfo, now: datetime) -> datetime:
    """The newest time at or before now at which people were to have what a gate decides on: three days before it."""
    today = now.astimezone(zone).date()
    days = {gate.day(today + LATELY - timedelta(weeks=n)) for n in range(A_QUARTER)}
    due = [datetime.combine(day - PACK_BEFORE, at, zone).astimezone(UTC) for day in days]
    return max((moment for moment in due if moment <= now), default=NEVER)


def _digest_job(config: Config, configured: DigestConfig) -> Job:
    def action(due: datetime) -> str:
        wanted = Wanted(stream=configured.stream, now=due)
        return tell(config, configured, wanted, due + DIGEST_PATIENCE)

    return Job(f"digest {configured.stream} {configured.mark}", _due(config, configured), DIGEST_GRACE, action)


def _due(config: Config, configured: DigestConfig) -> Callable[[datetime], datetime]:
    """Not on a holiday of the stream."""
    calendar = config.stream(configured.stream).calendar
    usual = {*calendar.working_days, configured.day}

    def free(day: date) -> bool:
        return WEEKDAYS[day.weekday()] not in usual or is_holiday(calendar, day)

    return weekly(configured.day, configured.at, calendar.timezone, free)
