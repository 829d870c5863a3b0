"""What `gemba run` has to do, made of the configuration: each with the times at which it is due."""

from collections.abc import Iterator, MutableMapping
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from threading import Event
from zoneinfo import ZoneInfo

from bot.app.analysis import key_results_of
from bot.app.clock import clock
from bot.app.digests import check_read, tell
from bot.app.goals import post_pack, record_undecided
from bot.app.nights import nightly
from bot.app.sources import collect_from
from bot.app.wiring import Wanted, connector_of, opened
from bot.collect import Outcomes, Ways
from bot.config import Config, ConfiguredStream, DigestConfig
from bot.flow.clock import is_holiday
from bot.flow.model import WEEKDAYS
from bot.govern.gates import LATELY, Gate
from bot.schedule import NEVER, Due, Job, daily, every, weekly
from bot.store import Store
from bot.words import count
from connectors.protocol import Metered
from connectors.records import Budget

PACK_BEFORE = timedelta(days=3)
A_QUARTER = 14
"""Weeks within which a quarter ended."""

DIGEST_GRACE, DIGEST_PATIENCE = timedelta(days=2), timedelta(days=1)
"""A missed digest is posted up to two days late; in the first of them it waits for data that is not here yet."""

WEEK_GRACE = timedelta(days=6)

Budgets = MutableMapping[str, Budget]
"""By source."""


def jobs_of(config: Config, store: Store, stopped: Event, budgets: Budgets) -> list[Job]:
    """All of them; of `budgets` is told what is left after each collection."""
    return [
        *(_collecting(config, source, store, stopped, budgets) for source in config.sources),
        *(_digest(config, digest) for digest in config.digests),
        *(_pack(config, digest, gate) for digest, gate in gates_told(config)),
        *(_key_results(config, stream) for stream in config.streams if stream.key_results),
        *(_gate_record(config, stream, gate) for stream in config.streams for gate in stream.gates),
        *nightly(config, store),
    ]


def digest_due(config: Config, configured: DigestConfig) -> Due:
    """Not on a holiday of the stream."""
    calendar = config.stream(configured.stream).calendar
    usual = {*calendar.working_days, configured.day}

    def free(day: date) -> bool:
        return WEEKDAYS[day.weekday()] not in usual or is_holiday(calendar, day)

    return weekly(configured.day, configured.at, calendar.timezone, free)


def gates_told(config: Config) -> Iterator[tuple[DigestConfig, Gate]]:
    """With the digest in whose channel they are told."""
    for digest in config.digests:
        yield from ((digest, gate) for gate in config.stream(digest.stream).gates)


def _collecting(config: Config, source: str, store: Store, stopped: Event, budgets: Budgets) -> Job:
    interval, outcomes = config.schedule.collect_every, Outcomes(store)
    night = daily(config.schedule.night, config.calendar.timezone)

    def action(_: datetime) -> str:
        connector = connector_of(config, source)
        found = collect_from(config, [connector], Ways(stopped=stopped, census_before=night(clock())))
        if isinstance(connector, Metered) and connector.budget is not None:
            budgets[source] = connector.budget
        return outcomes.told(found, clock())

    return Job(f"collect {source}", every(interval), interval, action)


def _digest(config: Config, configured: DigestConfig) -> Job:
    def action(due: datetime) -> str:
        wanted = Wanted(stream=configured.stream, now=due)
        return tell(config, configured, wanted, due + DIGEST_PATIENCE)

    name = f"digest {configured.stream} {configured.mark}"
    return Job(name, digest_due(config, configured), DIGEST_GRACE, action, heavy=True)


def _pack(config: Config, configured: DigestConfig, gate: Gate) -> Job:
    """At the time of day of the digest."""
    at, zone = time.fromisoformat(configured.at), config.stream(configured.stream).calendar.zone

    def action(due: datetime) -> str:
        wanted = Wanted(stream=configured.stream, now=due)
        return post_pack(config, wanted, gate.name, configured, due + DIGEST_PATIENCE)

    name = f'gate "{configured.stream}" "{gate.name}" {configured.mark}'
    return Job(name, partial(gate_due, gate, -PACK_BEFORE, at, zone), DIGEST_GRACE, action, heavy=True)


def _key_results(config: Config, stream: ConfiguredStream) -> Job:
    """The figures of a week are kept as they are known when it is over, whoever looks at them later."""

    def action(due: datetime) -> str:
        end = _midnight(due, stream)
        with opened(config) as store:
            check_read(store, stream, end)
        kept = key_results_of(config, Wanted(stream.name, now=end))
        return f"{count(len(kept), 'key result')} measured"

    due = weekly("mon", config.schedule.night, stream.calendar.timezone)
    return Job(f"key results {stream.name}", due, WEEK_GRACE, action, heavy=True)


def _gate_record(config: Config, stream: ConfiguredStream, gate: Gate) -> Job:
    """In the night after its day."""

    def action(due: datetime) -> str:
        return record_undecided(config, stream, gate, _midnight(due, stream))

    night = time.fromisoformat(config.schedule.night)
    due = partial(gate_due, gate, timedelta(days=1), night, stream.calendar.zone)
    return Job(f'gate record "{stream.name}" "{gate.name}"', due, WEEK_GRACE, action, heavy=True)


def _midnight(due: datetime, stream: ConfiguredStream) -> datetime:
    """With which the day of a due time begins."""
    zone = stream.calendar.zone
    return datetime.combine(due.astimezone(zone).date(), time(0), zone).astimezone(UTC)


def gate_due(gate: Gate, after: timedelta, at: time, zone: ZoneInfo, now: datetime) -> datetime:
    """The newest time at or before now that is so many days after a day of the gate."""
    today = now.astimezone(zone).date()
    days = {gate.day(today + LATELY - timedelta(weeks=n)) for n in range(A_QUARTER)}
    due = [datetime.combine(day + after, at, zone).astimezone(UTC) for day in days]
    return max((moment for moment in due if moment <= now), default=NEVER)
