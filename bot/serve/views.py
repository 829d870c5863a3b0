"""The addresses, and what each answers."""

import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from html import escape, unescape
from http import HTTPStatus
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from bot.config import ConfiguredStream, scopes_of
from bot.flow.findings.future import FutureState
from bot.serve.asked import asked_look
from bot.serve.desk import Desk, Seen, Summary
from bot.serve.given import Look, Read
from bot.serve.pages import (
    Around,
    Idea,
    Links,
    Row,
    Told,
    asset,
    fault_page,
    future_answer,
    future_page,
    idea,
    item_page,
    streams_page,
)
from bot.serve.sliders import grouped, planned, positions, step_of
from bot.words import between, count, duration, moment, tame

WINDOW = ("from", "to", "now")
ASSETS = {"pages.css": "text/css; charset=utf-8", "future.js": "text/javascript; charset=utf-8"}
POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)"', re.IGNORECASE)
PICTURE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"


class NotHere(Exception):
    """There is nothing at that address."""


class Views:
    """Of one desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._streams = addresses([stream.name for stream in desk.given.streams])

    def routes(self) -> list[Route]:
        of, get = "/streams/{stream}", partial(Route, methods=["GET"])
        return [
            get("/", self.index),
            get("/static/{name}", self.static),
            get(of, self.report),
            get(f"{of}/analysis.json", self.analysis_json),
            get(f"{of}/map.svg", self.map_svg),
            get(f"{of}/future", self.future),
            get(f"{of}/future/answer", self.future_answer),
            get(f"{of}/future.json", self.future_json),
            get(f"{of}/items", self.find_item),
            get(f"{of}/items/{{key:path}}", self.item),
            get(f"{of}/explain/{{key:path}}.json", self.explain_json),
        ]

    async def index(self, _: Request) -> Response:
        if len(self._streams) == 1:
            return RedirectResponse(f"/streams/{next(iter(self._streams))}", 303)
        reads = {(read.source, read.scope): read for read in await self._desk.reads()}
        streams = zip(self._streams, self._desk.given.streams, strict=True)
        return HTMLResponse(streams_page([self._row(address, stream, reads) for address, stream in streams]))

    async def static(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in ASSETS:
            raise NotHere
        found = asset(name)
        tag = f'"{hashlib.sha256(found).hexdigest()[:16]}"'
        return _unless_known(request, tag) or Response(found, media_type=ASSETS[name], headers={"ETag": tag})

    async def report(self, request: Request) -> Response:
        async def made(seen: Seen) -> Response:
            page = await self._desk.report(seen)
            return HTMLResponse(
                with_links(page, self._around(request, "report").links),
                headers={"Content-Security-Policy": policy_of(page)},
            )

        return await self._answered(request, made)

    async def analysis_json(self, request: Request) -> Response:
        async def made(seen: Seen) -> Response:
            return Response(await self._desk.analysis(seen), media_type="application/json")

        return await self._answered(request, made)

    async def map_svg(self, request: Request) -> Response:
        async def made(seen: Seen) -> Response:
            drawn = await self._desk.picture(seen, dark="dark" in request.query_params)
            policy = {"Content-Security-Policy": PICTURE_POLICY}
            return Response(drawn, media_type="image/svg+xml", headers=policy)

        return await self._answered(request, made)

    async def item(self, request: Request) -> Response:
        async def made(seen: Seen) -> Response:
            found = await self._desk.explained(seen, request.path_params["key"])
            return HTMLResponse(item_page(found, self._around(request)))

        return await self._answered(request, made)

    async def find_item(self, request: Request) -> Response:
        """Where the item is that somebody typed in."""
        look, key = self._look(request), request.query_params.get("key", "").strip()
        if not key:
            raise NotHere(f'Which item of {look.stream}? Write its name, or the number of a pull request as "#12".')
        around = self._around(request)
        window = f"?{urlencode(around.asked)}" if around.asked else ""
        return RedirectResponse(f"{around.items}/{quote(key, safe='')}{window}", 303)

    async def explain_json(self, request: Request) -> Response:
        async def made(seen: Seen) -> Response:
            found = await self._desk.explained(seen, request.path_params["key"])
            return JSONResponse(found.model_dump(mode="json", by_alias=True))

        return await self._answered(request, made)

    async def future(self, request: Request) -> Response:
        async def made(seen: Seen) -> Response:
            query, around = request.query_params, self._around(request, "future")
            at, known = positions(seen.sliders, query), {slider.key for slider in seen.sliders}
            told = Told(
                future_answer(await self._foretold(seen, query), seen.document.wastes),
                [tame(key)[:80] for key in query if ":" in key and key not in known][:5],
                await self._ideas(seen, around) if "suggest" in query else None,
            )
            return HTMLResponse(future_page(around, seen.document.lead_time, grouped(seen.sliders), at, told))

        return await self._answered(request, made)

    async def future_answer(self, request: Request) -> Response:
        async def made(seen: Seen) -> Response:
            state = await self._foretold(seen, request.query_params)
            return HTMLResponse(future_answer(state, seen.document.wastes))

        return await self._answered(request, made)

    async def future_json(self, request: Request) -> Response:
        async def made(seen: Seen) -> Response:
            state = await self._foretold(seen, request.query_params)
            return JSONResponse(state.model_dump(mode="json", by_alias=True))

        return await self._answered(request, made)

    async def _ideas(self, seen: Seen, around: Around) -> list[Idea]:
        """Each with the address at which its slider stands for it."""
        found = []
        for one in (await self._desk.suggested(seen)).suggestions:
            step = step_of(seen.sliders, one.change)
            asked = [*around.asked, *([(step[0], f"{step[1]}")] if step else [])]
            found.append(idea(one, seen.document.wastes, f"?{urlencode(asked)}"))
        return found

    async def _foretold(self, seen: Seen, query: Mapping[str, str]) -> FutureState:
        return await self._desk.foretold(seen, planned(seen.sliders, positions(seen.sliders, query)))

    async def _answered(self, request: Request, make: Callable[[Seen], Awaitable[Response]]) -> Response:
        """What is made of the stream that the address names, unless whoever asks has it already."""
        seen = await self._desk.seen(self._look(request))
        tag = f'W/"{seen.tag}"'
        answer = _unless_known(request, tag) or await make(seen)
        answer.headers["ETag"] = tag
        return answer

    def _look(self, request: Request) -> Look:
        name = self._streams.get(quoted(request.path_params["stream"]))
        if name is None:
            raise NotHere
        return asked_look(name, request.query_params)

    def _around(self, request: Request, here: str = "") -> Around:
        """The other pages of the stream, in the same window."""
        address = quoted(request.path_params["stream"])
        base, query = f"/streams/{address}", request.query_params
        asked = [(name, query[name]) for name in WINDOW if query.get(name)]
        window = f"?{urlencode(asked)}" if asked else ""
        pages = [("report", "Report", f"{base}{window}"), ("future", "Future state", f"{base}/future{window}")]
        links = [(words, place) for page, words, place in pages if page != here]
        several = [("All streams", "/")] if len(self._streams) > 1 else []
        return Around(self._streams[address], [*several, *links], f"{base}/items", asked)

    def _row(self, address: str, stream: ConfiguredStream, reads: Mapping[tuple[str, str], Read]) -> Row:
        zone = stream.calendar.timezone
        reached = [reads[scope].at if scope in reads else None for scope in scopes_of(stream)]
        whole = [at for at in reached if at is not None]
        read = f"read up to {moment(min(whole), zone)}" if whole and None not in reached else "not read to the end yet"
        summary = self._desk.summaries.get(stream.name)
        studied = f"as of {moment(summary.at, zone)}" if summary else "being looked at; open it to wait for it"
        return Row(stream.name, f"/streams/{address}", read, studied, _figures(summary) if summary else ())


def _figures(summary: Summary) -> list[tuple[str, str]]:
    document = summary.document
    return [
        ("lead time, half", duration(document.lead_time.p50)),
        ("lead time, 85 %", duration(document.lead_time.p85)),
        ("under way", str(document.wip)),
        ("value added", between(document.value_added_ratio.low, document.value_added_ratio.high)),
        ("data", count(len(document.doubts), "doubt")),
    ]


def quoted(name: str) -> str:
    """A name in an address. What would be taken for a part of the path is written otherwise."""
    return quote(re.sub(r"[/\\]|^\.{1,2}$", "~", name), safe="")


def addresses(names: list[str]) -> dict[str, str]:
    """Where each stream is -> its name; of two that would be at one place the later ones are numbered."""
    found: dict[str, str] = {}
    for name in names:
        place, number = quoted(name), 1
        while place in found:
            number += 1
            place = f"{quoted(name)}~{number}"
        found[place] = name
    return found


def policy_of(page: str) -> str:
    """What the page allows itself, which no other site may frame; nothing where it says nothing."""
    said = POLICY.search(page)
    policy = unescape(said[1]) if said else "default-src 'none'; style-src 'unsafe-inline'"
    return f"{policy}; frame-ancestors 'none'"


def with_links(page: str, links: Links) -> str:
    """A page that stands for itself, with the way to others above it."""
    listed = " · ".join(f'<a href="{escape(address)}">{escape(words)}</a>' for words, address in links)
    return re.sub(r"<body[^>]*>", lambda body: f'{body[0]}\n<nav aria-label="Pages">{listed}</nav>', page, count=1)


def _unless_known(request: Request, tag: str) -> Response | None:
    known = [told.strip() for told in request.headers.get("if-none-match", "").split(",")]
    return Response(status_code=304, headers={"ETag": tag}) if tag in known else None


def fault(request: Request, status: int, sentence: str, headers: Mapping[str, str] | None = None) -> Response:
    """What went wrong, in the form that was asked for."""
    if request.scope["path"].endswith(".json"):
        return JSONResponse({"error": sentence}, status, headers)
    return HTMLResponse(fault_page(titled(status), sentence), status, headers)


def titled(status: int) -> str:
    """`404 Not Found`."""
    return f"{status} {HTTPStatus(status).phrase}"
