"""How `gemba run` says how it is: to a container's probes, and to Prometheus. No item and no person is named."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from socket import socket
from threading import Thread

from prometheus_client import CONTENT_TYPE_LATEST
from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.serve.figures import exposed, gauge, new_registry, of_sources
from bot.serve.given import Read
from bot.serve.listening import server
from bot.trouble_store import Trouble
from connectors.records import Budget

LATE = timedelta(minutes=3)
"""A process that did not look for so long what is due hangs."""


@dataclass(frozen=True)
class Kept:
    """What the store says."""

    reads: Sequence[Read]
    ended: Mapping[str, datetime]
    waiting: Sequence[datetime]
    troubles: Sequence[Trouble]


@dataclass(frozen=True)
class Vitals:
    """What is known at a moment; `kept` and `missing`: what the store says, or why it says nothing."""

    now: datetime
    beat_at: datetime | None
    leads: bool
    attempts: Counter[tuple[str, str]]
    budgets: Mapping[str, Budget]
    kept: Kept | None
    missing: str | None = None

    @property
    def lives(self) -> bool:
        return self.beat_at is not None and self.now - self.beat_at < LATE


Look = Callable[[], Vitals]


@contextmanager
def telling(listening: socket, look: Look) -> Iterator[None]:
    """While the block runs, beside whatever it does."""
    ending = server(health(look))
    thread = Thread(target=lambda: asyncio.run(ending.serve([listening])), daemon=True)
    thread.start()
    try:
        yield
    finally:
        ending.should_exit = True
        thread.join()


def health(look: Look) -> Starlette:
    """/healthz: whether it is at work; /readyz: whether the store is, too; /metrics."""
    registry = new_registry()

    async def healthz(_: Request) -> Response:
        vitals = await asyncio.to_thread(look)
        return PlainTextResponse("ok\n") if vitals.lives else PlainTextResponse("it hangs\n", 503)

    async def readyz(_: Request) -> Response:
        vitals = await asyncio.to_thread(look)
        if vitals.missing is not None:
            return PlainTextResponse("the database cannot be used; the log says why\n", 503)
        return PlainTextResponse("ready\n" if vitals.leads else "ready, and another process leads\n")

    async def metrics(_: Request) -> Response:
        vitals = await asyncio.to_thread(look)
        return Response(exposed(registry, Told(vitals)), media_type=CONTENT_TYPE_LATEST)

    routes = [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)]
    return Starlette(routes=routes)


class Told(Collector):
    """Made anew for each scrape."""

    def __init__(self, vitals: Vitals) -> None:
        self._vitals = vitals

    def collect(self) -> Iterator[Metric]:
        yield from self._of_the_process()
        yield from of_sources(self._vitals.kept.reads if self._vitals.kept else None, self._vitals.now)
        if self._vitals.kept:
            yield from self._of_the_store(self._vitals.kept)

    def _of_the_process(self) -> Iterator[Metric]:
        vitals = self._vitals
        beat = vitals.beat_at.timestamp() if vitals.beat_at else None
        yield gauge("gemba_run_leads", "Whether this process does what is due: 1 or 0.", (), [((), vitals.leads)])
        yield gauge("gemba_run_last_beat_timestamp_seconds", "When it looked last for what is due.", (), [((), beat)])
        attempts = CounterMetricFamily("gemba_job_attempts", "Attempts of this process.", labels=("job", "outcome"))
        for (job, outcome), number in vitals.attempts.items():
            attempts.add_metric([job, outcome], number)
        yield attempts
        for name, words in (("left", "Requests a source still takes."), ("limit", "Requests it takes at most.")):
            found = [((source,), float(getattr(one, name))) for source, one in vitals.budgets.items()]
            yield gauge(f"gemba_source_requests_{name}", words, ("source",), found)

    def _of_the_store(self, kept: Kept) -> Iterator[Metric]:
        now = self._vitals.now
        ended = [((job,), at.timestamp()) for job, at in kept.ended.items()]
        yield gauge("gemba_job_last_end_timestamp_seconds", "When a job was done last, by whom ever.", ("job",), ended)
        oldest = (now - kept.waiting[0]).total_seconds() if kept.waiting else 0.0
        yield gauge("gemba_outbox_messages", "Messages that are to be sent.", (), [((), len(kept.waiting))])
        yield gauge("gemba_outbox_oldest_age_seconds", "How long the oldest of them waits.", (), [((), oldest)])
        troubles = [((one.subject,), one.since.timestamp()) for one in kept.troubles]
        yield gauge(
            "gemba_trouble_since_timestamp_seconds", "Since when something does not work.", ("subject",), troubles
        )
