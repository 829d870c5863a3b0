"""What `gemba run` does when: every due time is claimed once in the store, and made up for after an absence.

APScheduler only beats the minute. Its job stores do not lock and forget missed runs, so the due times come from the
configuration and the claims stand in the database, where several machines may share them.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from threading import Event
from zoneinfo import ZoneInfo

from bot.flow.model import WEEKDAYS
from bot.store import Store

log = logging.getLogger("gemba")

BEAT_S = 20
PAUSE = timedelta(minutes=5)
"""How long to wait after a failure."""


@dataclass
class Job:
    """`last_due`: the newest due time at or before an instant. `grace`: how late it may still be done."""

    name: str
    last_due: Callable[[datetime], datetime]
    grace: timedelta
    action: Callable[[datetime], str]
    done: datetime | None = None
    failed_at: datetime | None = None
    said: str | None = None


def every(interval: timedelta) -> Callable[[datetime], datetime]:
    """Due times at multiples of an interval since 1970."""
    return lambda now: datetime.fromtimestamp(
        now.timestamp() // interval.total_seconds() * interval.total_seconds(), now.tzinfo
    )


def weekly(
    day: str, at: str, timezone: str, free: Callable[[date], bool] = lambda _: False
) -> Callable[[datetime], datetime]:
    """Due once a week at a local time; where the clocks skip it, at the moment they skip to.

    A day on which nobody works (`free`) is made up for on the next one of its week on which somebody does.
    """
    zone, clock = ZoneInfo(timezone), time.fromisoformat(at)

    def last_due(now: datetime) -> datetime:
        today = now.astimezone(zone).date()
        monday = today - timedelta(days=today.weekday())
        dues = (_in_week(monday - timedelta(weeks=back)) for back in range(3))
        return next(due for due in dues if due <= now).astimezone(now.tzinfo)

    def _in_week(monday: date) -> datetime:
        days = [monday + timedelta(days=n) for n in range(WEEKDAYS.index(day), len(WEEKDAYS))]
        return datetime.combine(next((d for d in days if not free(d)), days[0]), clock, zone)

    return last_due


def attempt(job: Job, store: Store, clock: Callable[[], datetime]) -> bool:
    """Do what is due, if nobody else does.

    A failure is logged once for each cause, its claim given back, and tried again after a pause. Raises nothing: one
    failing job must not stop the others.
    """
    now = clock()
    due = job.last_due(now)
    if job.done == due or (job.failed_at is not None and now - job.failed_at < PAUSE):
        return False
    try:
        return _attempt(job, store, clock, due)
    except Exception as problem:  # noqa: BLE001 - whatever it is, the beat goes on
        if job.said != str(problem):
            log.error("%s failed: %s", job.name, problem)
        job.failed_at, job.said = now, str(problem)
        return False


def _attempt(job: Job, store: Store, clock: Callable[[], datetime], due: datetime) -> bool:
    now = clock()
    if now - due > job.grace or store.is_done(job.name, due):
        job.done, job.failed_at, job.said = due, None, None
        return False
    if not store.claim(job.name, due, now):
        return False
    try:
        outcome = job.action(due)
    except Exception:
        store.release(job.name, due, now)
        raise
    store.finish(job.name, due, now, clock(), outcome)
    log.info("%s: %s%s", job.name, outcome, " (recovered)" if job.failed_at else "")
    job.done, job.failed_at, job.said = due, None, None
    return True


def run(jobs: Sequence[Job], store: Store, clock: Callable[[], datetime], stop: Event) -> None:
    """Beat until `stop` is set; what is under way is finished first."""
    from apscheduler.schedulers.background import BackgroundScheduler

    def beat() -> None:
        for job in jobs:
            if not stop.is_set():
                attempt(job, store, clock)

    scheduler = BackgroundScheduler(timezone="UTC")
    scheduler.add_job(
        beat, "interval", seconds=BEAT_S, next_run_time=clock(), max_instances=1, coalesce=True, misfire_grace_time=None
    )
    scheduler.start()
    stop.wait()
    scheduler.shutdown(wait=True)
