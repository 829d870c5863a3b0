"""The whole application: addresses, faults, health and figures, behind the guard."""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from bot.errors import NothingYet, StoreError, UsageError, place_of
from bot.serve.access import Access
from bot.serve.asked import NotAsked
from bot.serve.desk import Desk, NoSuchItem, NotYet
from bot.serve.figures import Figures, Requests, exposed, new_registry
from bot.serve.given import Given
from bot.serve.guard import Guard, head_of
from bot.serve.kept import Busy
from bot.serve.pages import fault_page
from bot.serve.signing_in import SigningIn
from bot.serve.sliders import NoSuchStep
from bot.serve.views import NotHere, Views, fault, titled

log = logging.getLogger("gemba")

NOWHERE = "There is nothing here."
SENTENCES = {404: NOWHERE, 405: "Everything here can be read, and nothing can be written."}
STATUS: Mapping[type[Exception], int] = {
    NotHere: 404, NoSuchItem: 404, NotAsked: 400, NoSuchStep: 400, UsageError: 400, NothingYet: 503, StoreError: 503,
}  # fmt: skip


def application(given: Given, access: Access, desk: Desk) -> ASGIApp:
    """What a server runs. While it runs, streams of which something new is known are looked at."""
    registry = new_registry()
    views, health, signing_in = Views(desk), Health(given, access, desk), SigningIn(access, given.clock)

    async def metrics(_: Request) -> Response:
        ready = await desk.missing() is None
        figures = Figures(await desk.reads() if ready else None, desk.summaries, given.clock())
        return Response(exposed(registry, figures), media_type=CONTENT_TYPE_LATEST)

    @asynccontextmanager
    async def living(_: Starlette) -> AsyncIterator[None]:
        fresh = asyncio.create_task(desk.keep_fresh())
        yield
        fresh.cancel()
        desk.close()

    inner = Starlette(
        routes=[*views.routes(), *signing_in.routes(), *health.routes(), Route("/metrics", metrics)],
        exception_handlers={
            **dict.fromkeys(STATUS, _known),
            NotYet: _not_yet,
            Busy: _busy,
            HTTPException: _http,
            Exception: _unforeseen,
        },
        lifespan=living,
    )
    inner.router.redirect_slashes = False
    return Guard(inner, access, given.clock, Requests(registry).answered, refusal)


class Health:
    """Whether the process lives, and whether it can tell anything."""

    def __init__(self, given: Given, access: Access, desk: Desk) -> None:
        self._given, self._access, self._desk = given, access, desk

    def routes(self) -> list[Route]:
        return [Route("/healthz", self.healthz), Route("/readyz", self.readyz)]

    async def healthz(self, _: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def readyz(self, request: Request) -> Response:
        """What is missing is said to those who may see the pages."""
        missing = await self._desk.missing()
        if missing is None:
            return PlainTextResponse("ready\n")
        head = head_of(request.scope)
        known = self._access.knows_host(head) and self._access.allows(head, self._given.clock())
        told = missing if known else "not ready"
        return PlainTextResponse(f"{told}\n", 503)


def refusal(status: int, sentence: str) -> Response:
    """The page of a request that is not answered."""
    return HTMLResponse(fault_page(titled(status), sentence), status)


def _known(request: Request, problem: Exception) -> Response:
    status = next(status for kind, status in STATUS.items() if isinstance(problem, kind))
    if status == 503:
        log.warning("%s", problem)
    return fault(request, status, str(problem) or NOWHERE, {"Retry-After": "60"} if status == 503 else None)


def _not_yet(request: Request, _: Exception) -> Response:
    """A browser comes again by itself."""
    sentence = "All that is known of this stream is being looked at, which takes a while; the page comes by itself."
    return fault(request, 503, sentence, {"Retry-After": "3", "Refresh": "3"})


def _busy(request: Request, _: Exception) -> Response:
    return fault(request, 503, "Too much is asked for at once; ask again in a minute.", {"Retry-After": "60"})


def _http(request: Request, problem: Exception) -> Response:
    status = problem.status_code if isinstance(problem, HTTPException) else 500
    return fault(request, status, SENTENCES.get(status, "This cannot be answered."))


def _unforeseen(request: Request, problem: Exception) -> Response:
    log.error("%s", place_of(problem))
    return fault(request, 500, "This is a fault of gemba; its log says where.")
