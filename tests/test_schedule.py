"""What is due, done once, and made up for."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from queue import Queue
from threading import Event, Thread
from zoneinfo import ZoneInfo

import pytest
import time_machine
from sqlalchemy import select

from bot.app.clock import clock
from bot.errors import NothingYet
from bot.run_store import Claim
from bot.schedule import LIGHT, SLOW, Beat, Job, Pulse, attempt, daily, every, give_back, renew, run, weekly
from bot.store import Store
from bot.tables import Rows
from connectors.errors import SourceUnavailable

MONDAY = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)  # nine o'clock in Berlin


def job(done: list[datetime], grace: timedelta = timedelta(hours=12)) -> Job:
    return Job("digest", weekly("mon", "09:00", "Europe/Berlin"), grace, lambda due: done.append(due) or "posted")  # type: ignore[func-returns-value]


def on(later: timedelta) -> Callable[[], datetime]:
    """A clock that stands still, so much after Monday."""
    return lambda: MONDAY + later


@pytest.mark.parametrize(
    ("now", "due"),
    [
        (MONDAY, MONDAY),
        (MONDAY - timedelta(seconds=1), MONDAY - timedelta(weeks=1)),
        (MONDAY + timedelta(days=6), MONDAY),
        (datetime(2026, 3, 30, 7, 0, tzinfo=UTC), datetime(2026, 3, 30, 7, 0, tzinfo=UTC)),  # summer time has begun
        (datetime(2026, 3, 30, 6, 59, tzinfo=UTC), datetime(2026, 3, 23, 8, 0, tzinfo=UTC)),
    ],
)
def test_weekly_is_at_a_local_time(now: datetime, due: datetime) -> None:
    """At nine in summer and in winter."""
    assert weekly("mon", "09:00", "Europe/Berlin")(now) == due


def test_every_hour_is_on_the_hour() -> None:
    """Whenever the program was started."""
    assert every(timedelta(hours=1))(MONDAY + timedelta(minutes=59)) == MONDAY


def test_a_due_time_is_done_once(store: Store) -> None:
    """However often it is attempted, and by however many."""
    done: list[datetime] = []
    first, second = job(done), job(done)

    assert [
        attempt(j, store, on(timedelta(minutes=m))) for j, m in ((first, 0), (first, 1), (second, 2), (job(done), 3))
    ] == [True, False, False, False]
    assert attempt(first, store, on(timedelta(weeks=1)))
    assert done == [MONDAY, MONDAY + timedelta(weeks=1)]


def test_what_was_missed_is_made_up_for_within_its_grace(store: Store) -> None:
    """The machine was off at nine; a digest of last month is not wanted."""
    done: list[datetime] = []

    assert not attempt(job(done), store, on(timedelta(hours=13)))
    assert attempt(job(done), store, on(timedelta(hours=11)))
    assert done == [MONDAY]


def test_a_failure_is_logged_once_and_tried_again(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    """And its recovery is told."""
    caplog.set_level("INFO", "gemba")
    outcomes: list[str | None] = [None, None, "posted"]

    def action(due: datetime) -> str:
        outcome = outcomes.pop(0)
        if outcome is None:
            raise SourceUnavailable("no route")
        return outcome

    failing = Job("digest", weekly("mon", "09:00", "Europe/Berlin"), timedelta(days=1), action)
    tried = [attempt(failing, store, on(timedelta(minutes=m))) for m in (0, 1, 5, 6, 11, 12)]
    assert tried == [False, False, False, False, True, False]
    assert [r.getMessage() for r in caplog.records] == ["digest failed: no route", "digest: posted (recovered)"]


def test_to_wait_for_data_is_no_trouble(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    """It is said once, and nobody is alarmed."""
    caplog.set_level("INFO", "gemba")

    def action(due: datetime) -> str:
        raise NothingYet("jira.acme/PAY was not read until then")

    waiting = Job("digest", weekly("mon", "09:00", "Europe/Berlin"), timedelta(days=1), action)
    for minutes in (0, 6, 12):
        assert not attempt(waiting, store, on(timedelta(minutes=minutes)))
    assert [(r.levelname, r.getMessage()) for r in caplog.records] == [
        ("INFO", "digest waits: jira.acme/PAY was not read until then")
    ]
    assert store.troubles.all() == []


def test_what_a_killed_process_claimed_is_taken_over(store: Store) -> None:
    """After three minutes: it may still be at it before. Nobody takes over what was finished."""
    done: list[datetime] = []
    waiting = job(done)
    assert store.runs.claim("digest", MONDAY, MONDAY)

    assert [attempt(waiting, store, on(timedelta(minutes=m))) for m in (1, 2, 4, 90)] == [False, False, True, False]
    assert done == [MONDAY]


def test_what_another_process_gave_back_is_done(store: Store) -> None:
    """Its claim is no proof that it succeeded."""
    done: list[datetime] = []
    waiting = job(done)
    claim = store.runs.claim("digest", MONDAY, MONDAY)
    assert claim is not None
    assert not attempt(waiting, store, on(timedelta(minutes=1)))
    store.runs.release(claim)

    assert attempt(waiting, store, on(timedelta(minutes=2)))


def test_a_run_says_when_it_ended(store: Store) -> None:
    """Not when it began."""
    times = iter([MONDAY, MONDAY, MONDAY + timedelta(minutes=3)])

    assert attempt(job([]), store, lambda: next(times))
    with store._database.read() as connection:
        (row,) = connection.execute(select(Rows.metadata.tables["run"]))
    assert row.ended_at - row.claimed_at == timedelta(minutes=3)


def test_a_long_job_keeps_its_claim(store: Store) -> None:
    """A first collection takes hours; nobody takes it over meanwhile."""
    pulse, taken = Pulse(), list[bool]()

    def hours(due: datetime) -> str:
        for minutes in range(2, 60, 2):
            renew(store, pulse, MONDAY + timedelta(minutes=minutes))
        taken.append(attempt(job([]), store, on(timedelta(minutes=60))))
        return "posted"

    assert attempt(Job("digest", job([]).last_due, timedelta(hours=12), hours), store, on(timedelta(0)), pulse)
    assert taken == [False]
    assert pulse.ended == {("digest", "done"): 1}


def test_what_is_cut_off_is_free_at_once(store: Store) -> None:
    """The next process need not wait until the claim is old."""
    pulse, done = Pulse(), list[datetime]()

    def cut(due: datetime) -> str:
        give_back(store, pulse)
        assert attempt(job(done), store, on(timedelta(minutes=1)))
        return "posted"

    attempt(Job("digest", job([]).last_due, timedelta(hours=12), cut), store, on(timedelta(0)), pulse)
    assert done == [MONDAY]


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"])
def test_a_daily_time_comes_once_on_every_local_date(zone: str) -> None:
    """Also on the days on which the clocks change, at an hour that is skipped or comes twice."""
    start = datetime(2026, 1, 1, 12, tzinfo=UTC)
    for at in ("00:00", "01:45", "02:30", "04:00"):
        due = daily(at, zone)
        found = sorted({due(start + timedelta(minutes=10 * n)) for n in range(365 * 24 * 6)})
        dates = [moment.astimezone(ZoneInfo(zone)).date() for moment in found]
        assert dates == [dates[0] + timedelta(days=n) for n in range(len(dates))]


def beat(jobs: list[Job], store: Store, stop: Event, leads: bool = True) -> Beat:
    now = datetime.now(UTC)  # noqa: TID251 - the scheduler itself looks at the clock
    return Beat(jobs, store, lambda: now, lambda: leads, stop)


def test_the_beat_begins_at_once_and_ends_on_request(store: Store) -> None:
    """What is due when the program starts is done then."""
    stop, done = Event(), list[datetime]()

    def action(due: datetime) -> str:
        done.append(due)
        stop.set()
        return "collected"

    jobs = [Job("collect", every(timedelta(hours=1)), timedelta(hours=1), action)]
    thread = Thread(target=run, args=(beat(jobs, store, stop), 10.0))
    thread.start()
    thread.join(timeout=20)

    assert not thread.is_alive()
    assert len(done) == 1


def test_what_does_not_end_in_time_is_cut_off(store: Store) -> None:
    """And a slow job does not keep the others waiting."""
    stop, begun, held = Event(), Event(), Event()

    def slow(due: datetime) -> str:
        begun.set()
        held.wait(20)
        return "late"

    def quick(due: datetime) -> str:
        begun.wait(20)
        stop.set()
        return "done"

    hourly = every(timedelta(hours=1)), timedelta(hours=1)
    left = run(beat([Job("slow", *hourly, slow), Job("quick", *hourly, quick)], store, stop), 0.1)
    held.set()
    for thread in threading.enumerate():
        if thread.name.startswith("ThreadPoolExecutor"):
            thread.join(20)
    assert left == ["slow"]


def test_what_hangs_beside_the_jobs_is_cut_off_too(store: Store) -> None:
    """Nobody waits for Slack to end, nor for a database in which nothing can be given back any more."""
    stop, held = Event(), Event()

    def hang(_: datetime) -> None:
        stop.set()
        held.wait(20)

    hanging = replace(beat([], store, stop), besides=hang)
    hanging.pulse.claims["digest"] = Claim("digest", MONDAY, MONDAY)
    with store._database.write() as connection:
        Rows.metadata.tables["run"].drop(connection)
    assert run(hanging, 0.1) == ["digest"]
    held.set()


def test_what_was_slow_leaves_room_for_the_others(store: Store) -> None:
    """Half of the workers, however many sources do not answer; a slow one that fails is slow, too."""
    now = [MONDAY]

    def slow(due: datetime) -> str:
        now[0] += SLOW
        raise SourceUnavailable("no answer")

    hourly = every(timedelta(hours=1)), timedelta(hours=1)
    quick, slows = Job("quick", *hourly, str), [Job(f"slow {n}", *hourly, slow) for n in range(LIGHT)]
    looking = Beat([], store, lambda: now[0], lambda: True, Event(), Pulse(leads=True))
    for one in slows:
        looking.attempt(one)
    while looking.slow.acquire(blocking=False):
        pass
    now[0] += timedelta(hours=1)
    for one in (*slows, quick):
        looking.attempt(one)

    assert sum(looking.pulse.ended[one.name, "failed"] for one in slows) == LIGHT
    assert looking.pulse.ended["quick", "done"] == 1


def test_who_does_not_lead_does_nothing(store: Store) -> None:
    """Another process does it."""
    stop, done = Event(), list[datetime]()
    idle = beat([job(done)], store, stop, leads=False)
    idle.look()
    idle.attempt(idle.jobs[0])

    assert done == []


def test_a_clock_that_is_set_does_not_stop_the_beat(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Back by a day, or ahead by years: what is due is looked for as before."""
    monkeypatch.setattr("bot.schedule.BEAT_S", 0.05)
    stop, looked = Event(), Queue[bool]()
    with time_machine.travel(MONDAY) as traveller:
        thread = Thread(target=run, args=(Beat([], store, clock, lambda: looked.put(True) or True, stop), 1.0))  # type: ignore[func-returns-value]
        thread.start()
        for days in (-1, 7000):
            traveller.shift(timedelta(days=days))
            looked.queue.clear()
            assert [looked.get(timeout=10) for _ in range(3)] == [True] * 3
        stop.set()
        thread.join(timeout=20)
    assert not thread.is_alive()


def test_a_failure_of_a_time_to_come_is_not_waited_for(store: Store) -> None:
    """The clock was a day ahead when it happened."""
    done: list[datetime] = []
    failed = job(done)
    failed.failed_at = MONDAY + timedelta(days=1)

    assert attempt(failed, store, on(timedelta(0)))
