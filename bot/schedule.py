"""What `gemba run` does when: every due time is claimed once in the store, and made up for after an absence.

APScheduler only beats. Its job stores do not lock and forget missed runs, so the due times come from the
configuration and the claims stand in the database, where several machines may share them.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from threading import Event, Lock, Semaphore, Thread
from typing import Any
from zoneinfo import ZoneInfo

from apscheduler.triggers.base import BaseTrigger

from bot.errors import ConfigError, NothingYet, OutputError, StoreError, UsageError, place_of
from bot.flow.model import WEEKDAYS
from bot.leading import Leads
from bot.run_store import Claim
from bot.store import Store
from connectors.errors import AccessDenied, SourceError

log = logging.getLogger("gemba")

BEAT_S, GIVE_BACK_S = 20, 2.0
LIGHT = 8
"""So many jobs that mostly wait for others go on at the same time."""

SLOW = timedelta(minutes=1)
"""Of jobs that took so long the last time, half as many: sources that do not answer leave room for those that do."""

NAMELESS = "a look at the database or at Slack"
"""What is cut off where no job is."""

PAUSE = timedelta(minutes=5)
"""How long to wait after a failure."""

KNOWN = (SourceError, StoreError, OutputError, UsageError, NothingYet, ConfigError)
"""What is known to say nothing secret, and what to do."""

NEVER = datetime(1980, 1, 1, tzinfo=UTC)
"""Due before anything was: never yet."""

Clock = Callable[[], datetime]
Due = Callable[[datetime], datetime]
"""The newest due time at or before an instant."""


@dataclass
class Job:
    """`grace`: how late it may still be done; `heavy`: what takes the whole machine, of which one is done at a time."""

    name: str
    last_due: Due
    grace: timedelta
    action: Callable[[datetime], str]
    heavy: bool = False
    done: datetime | None = None
    failed_at: datetime | None = None
    said: str | None = None
    took: timedelta = timedelta(0)


@dataclass
class Pulse:
    """What a running process knows of itself: when it looked last for what is due, and what became of its jobs."""

    beat_at: datetime | None = None
    leads: bool = False
    wrong: str | None = None
    """why nobody can know who leads"""
    ended: Counter[tuple[str, str]] = field(default_factory=Counter)
    """by job and "done", "failed" or "waits" """
    claims: dict[str, Claim] = field(default_factory=dict)
    """what is under way, by job"""
    lock: Lock = field(default_factory=Lock)


def every(interval: timedelta) -> Due:
    """Due times at multiples of an interval since 1970."""
    return lambda now: datetime.fromtimestamp(
        now.timestamp() // interval.total_seconds() * interval.total_seconds(), now.tzinfo
    )


def daily(at: str, timezone: str) -> Due:
    """Due once on every local date; where the clocks skip the time, at the moment they skip to."""
    zone, clock = ZoneInfo(timezone), time.fromisoformat(at)

    def last_due(now: datetime) -> datetime:
        today = now.astimezone(zone).date()
        dues = (datetime.combine(today - timedelta(days=back), clock, zone).astimezone(UTC) for back in range(3))
        return next(due for due in dues if due <= now)

    return last_due


def weekly(day: str, at: str, timezone: str, free: Callable[[date], bool] = lambda _: False) -> Due:
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


def attempt(job: Job, store: Store, clock: Clock, pulse: Pulse | None = None) -> bool:
    """Do what is due, if nobody else does.

    A failure is logged once for each cause, its claim given back, and tried again after a pause. Raises nothing: one
    failing job must not stop the others.
    """
    now, pulse = clock(), pulse or Pulse()
    due = job.last_due(now)
    if job.done == due or (job.failed_at is not None and abs(now - job.failed_at) < PAUSE):
        return False
    try:
        return _attempt(job, store, clock, due, pulse)
    except Exception as problem:  # noqa: BLE001 - whatever it is, the beat goes on
        job.failed_at = now
        pulse.ended[job.name, "waits" if isinstance(problem, NothingYet) else "failed"] += 1
        _tell(job, store, problem, now)
        return False


def _attempt(job: Job, store: Store, clock: Clock, due: datetime, pulse: Pulse) -> bool:
    now = clock()
    if now - due > job.grace or store.runs.is_done(job.name, due):
        job.done, job.failed_at = due, None
        return False
    claim = store.runs.claim(job.name, due, now)
    if claim is None:
        return False
    with _under_way(pulse, claim):
        try:
            outcome = job.action(due)
        except Exception:
            job.took = clock() - now
            store.runs.release(claim)
            raise
        ended = clock()
        job.took = ended - now
        store.runs.finish(claim, ended, outcome)
    recovered = store.troubles.end(job.name, ended)
    log.info("%s: %s%s", job.name, outcome, " (recovered)" if recovered else "", extra={"job": job.name})
    pulse.ended[job.name, "done"] += 1
    job.done, job.failed_at, job.said = due, None, None
    return True


@contextmanager
def _under_way(pulse: Pulse, claim: Claim) -> Iterator[None]:
    with pulse.lock:
        pulse.claims[claim.job] = claim
    try:
        yield
    finally:
        with pulse.lock:
            pulse.claims.pop(claim.job, None)


def _tell(job: Job, store: Store, problem: Exception, now: datetime) -> None:
    """Once for each cause, by whichever process meets it first; to wait for data is no trouble."""
    sentence = str(problem) if isinstance(problem, KNOWN) else place_of(problem)
    if isinstance(problem, NothingYet):
        if job.said != sentence:
            log.info("%s waits: %s", job.name, sentence, extra={"job": job.name})
        job.said = sentence
        return
    try:
        news = store.troubles.begin(job.name, sentence, now, denied=isinstance(problem, AccessDenied))
    except StoreError:
        news = job.said != sentence
    job.said = sentence
    if news:
        log.error("%s failed: %s", job.name, sentence, extra={"job": job.name})


def renew(store: Store, pulse: Pulse, now: datetime) -> None:
    """Whoever is at work keeps its claims."""
    with pulse.lock:
        claims = list(pulse.claims.values())
    for claim in claims:
        if not store.runs.renew(claim, now):
            log.warning("%s was taken over by another process", claim.job, extra={"job": claim.job})


def give_back(store: Store, pulse: Pulse) -> None:
    """What is under way, so that the next process need not wait until its claims are old."""
    with pulse.lock:
        claims = list(pulse.claims.values())
    try:
        for claim in claims:
            store.runs.release(claim)
    except StoreError as problem:
        log.debug("%s", problem)


@dataclass(frozen=True)
class Beat:
    """What is looked at again and again until it is to stop; `besides`: whatever else the leader looks at."""

    jobs: Sequence[Job]
    store: Store
    clock: Clock
    leads: Leads
    stop: Event
    pulse: Pulse = field(default_factory=Pulse)
    besides: Callable[[datetime], None] = lambda _: None
    slow: Semaphore = field(default_factory=lambda: Semaphore(LIGHT // 2))

    def look(self) -> None:
        """Whether this process leads, and whether it lives."""
        now, before = self.clock(), (self.pulse.leads, self.pulse.wrong)
        try:
            leads, wrong = self.leads(), None
        except StoreError as problem:
            leads, wrong = False, str(problem)
        self.pulse.leads, self.pulse.wrong, self.pulse.beat_at = leads, wrong, now
        if wrong is not None and before[1] is None:
            log.error("nothing can be done: %s", wrong)
        elif wrong is None and before != (leads, None):
            log.info("this process does what is due" if leads else "another process does what is due")
        try:
            renew(self.store, self.pulse, now)
        except StoreError as problem:
            log.debug("%s", problem)

    def look_besides(self) -> None:
        try:
            if self.pulse.leads and not self.stop.is_set():
                self.besides(self.clock())
        except StoreError as problem:
            log.debug("%s", problem)
        except Exception as problem:  # noqa: BLE001 - whatever it is, the beat goes on
            log.error("the admins cannot be told: %s", place_of(problem))

    def attempt(self, job: Job) -> None:
        if not self.pulse.leads or self.stop.is_set():
            return
        if job.heavy or job.took < SLOW:
            attempt(job, self.store, self.clock, self.pulse)
        elif self.slow.acquire(blocking=False):
            try:
                attempt(job, self.store, self.clock, self.pulse)
            finally:
                self.slow.release()


class Steadily(BaseTrigger):  # type: ignore[misc]
    """At once, and then so long after each time; what a clock that was set ahead has skipped is not counted."""

    __slots__ = ()

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        return now if previous_fire_time is None else now + timedelta(seconds=BEAT_S)


def run(beat: Beat, patience_s: float) -> Sequence[str]:
    """Until it is to stop; then what is under way has some seconds to end. Returns the jobs that did not."""
    from apscheduler.executors.pool import ThreadPoolExecutor
    from apscheduler.schedulers.background import BackgroundScheduler

    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    sizes = {"default": 1, "besides": 1, "light": LIGHT, "heavy": 1}
    pools = {name: ThreadPoolExecutor(size) for name, size in sizes.items()}
    scheduler = BackgroundScheduler(timezone="UTC", executors=pools)
    steadily = {"trigger": Steadily(), "misfire_grace_time": None, "max_instances": 1, "coalesce": True}
    beat.look()
    scheduler.add_job(beat.look, **steadily)
    scheduler.add_job(beat.look_besides, executor="besides", **steadily)
    for job in beat.jobs:
        scheduler.add_job(beat.attempt, args=[job], executor="heavy" if job.heavy else "light", **steadily)
    scheduler.start()
    while not beat.stop.wait(BEAT_S):
        _go_on(scheduler, beat.clock())
    scheduler.pause()
    if _ends(scheduler.shutdown, patience_s):
        return []
    left = list(beat.pulse.claims)
    _ends(lambda: give_back(beat.store, beat.pulse), GIVE_BACK_S)
    return left or [NAMELESS]


def _go_on(scheduler: Any, now: datetime) -> None:
    """Where the clock was set back, nothing waits until it is as late again."""
    for waiting in scheduler.get_jobs():
        if waiting.next_run_time - now > timedelta(seconds=2 * BEAT_S):
            waiting.modify(next_run_time=now)


def _ends(work: Callable[[], object], patience_s: float) -> bool:
    """Whether it does by then; else it is left to itself."""
    thread = Thread(target=work, daemon=True)
    thread.start()
    thread.join(patience_s)
    return not thread.is_alive()
