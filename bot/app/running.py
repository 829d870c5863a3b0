"""What `gemba run` does until it is stopped."""

import logging
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from threading import Event, Thread
from time import sleep

from bot.app.admin import Admin
from bot.app.clock import clock
from bot.app.jobs import PACK_BEFORE, Budgets, digest_due, gates_told, jobs_of
from bot.app.listening import listening
from bot.app.serving import missing, reads
from bot.app.wiring import opened
from bot.collect import PLAN
from bot.config import Config
from bot.errors import StoreError
from bot.schedule import Beat, Job, Pulse, run
from bot.serve.health import Kept, Vitals, telling
from bot.serve.listening import listen
from bot.store import Store
from bot.words import count, duration

log = logging.getLogger("gemba")

ELSEWHERE = ("name another one in [health] listen",) * 2

PATIENCE_S, LAST_S = 13.0, 18.0
"""How long what is under way may go on when it is to stop, and when all of it has ended.

Containers are killed after 20 to 30 seconds.
"""


def plan_of_run(config: Config) -> Iterator[str]:
    """What `run` will do, in sentences."""
    now = clock()
    yield f"collecting every {duration(config.schedule.collect_every / timedelta(days=1))}; stop with Ctrl-C"
    for configured in config.digests:
        zone = config.stream(configured.stream).calendar.zone
        due = digest_due(config, configured)(now + timedelta(weeks=1)).astimezone(zone)
        yield f"next digest of {configured.stream} to {configured.place}: {due:%a %d %b %H:%M} {zone}"
    for configured, gate in gates_told(config):
        zone = config.stream(configured.stream).calendar.zone
        if gate.on is None or gate.on >= now.astimezone(zone).date():
            before = count(PACK_BEFORE.days, "day")
            yield f"what {gate.name} of {configured.stream} decides on: to {configured.place}, {before} before it"
    if config.backup:
        yield f"a backup to {config.backup.folder} every night at {config.schedule.night}"
    if config.health:
        yield f"health at http://{config.health.listen}/healthz, /readyz and /metrics"


def run_forever(config: Config, stop: Event | None = None) -> None:
    """Do what is due until SIGTERM or SIGINT.

    What does not end in time then is cut off; nothing is lost, and the next run does it.
    """
    stopped = stop or Event()
    if stop is None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopped.set())
        Thread(target=_end_in_time, args=(stopped,), daemon=True).start()
    budgets: Budgets = {}
    with opened(config) as store, store.leading() as leads:
        store.care.check()
        jobs = jobs_of(config, store, stopped, budgets)
        tell_troubles(config, store, jobs)
        admin = Admin(config, store)
        beat = Beat(jobs, store, clock, leads, stopped, Pulse(), admin.look)
        with healthy(config, store, beat.pulse, budgets), listening(config):
            left = run(beat, PATIENCE_S)
    if left:
        log.warning("cut off: %s; the next run does it", ", ".join(left))
        if stop is None:
            _leave()


def _end_in_time(stopped: Event) -> None:
    """Also where what is waited for at the end, a database or Slack, does not answer."""
    stopped.wait()
    sleep(LAST_S)
    log.warning("cut off, since the database or Slack did not answer; the next run does what was left")
    _leave()


def _leave() -> None:
    logging.shutdown()
    sys.stderr.flush()
    os._exit(0)


def tell_troubles(config: Config, store: Store, jobs: Sequence[Job]) -> None:
    """What does not work since before; of what is not configured any more it is forgotten."""
    names, places = {job.name for job in jobs}, tuple(f"{source}/" for source in (PLAN, *config.sources))
    for trouble in store.troubles.all():
        if trouble.subject not in names and not trouble.subject.startswith(places):
            store.troubles.forget(trouble.subject)
        elif trouble.ended_at is None:
            log.warning("still: %s", trouble.sentence, extra={"job": trouble.subject})


@contextmanager
def healthy(config: Config, store: Store, pulse: Pulse, budgets: Budgets) -> Iterator[None]:
    """While the block runs it is told how it goes, where that is configured. Raises AddressError."""
    if config.health is None:
        yield
        return
    with (
        listen(config.health.host, config.health.port, ELSEWHERE) as place,
        telling(place, _vitals(config, store, pulse, budgets)),
    ):
        yield


def _vitals(config: Config, store: Store, pulse: Pulse, budgets: Budgets) -> Callable[[], Vitals]:
    def look() -> Vitals:
        kept, wrong = None, missing(config)
        if wrong is None:
            try:
                kept = Kept(reads(config), store.runs.last_ended(), store.outbox.waiting(), store.troubles.open())
            except StoreError as problem:
                wrong = str(problem)
        return Vitals(clock(), pulse.beat_at, pulse.leads, pulse.ended.copy(), {**budgets}, kept, wrong)

    return look
