"""Where pages get what they tell: looked up once for all who ask, beside the server, and kept."""

import asyncio
import json
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property, partial
from itertools import count
from secrets import token_hex
from threading import Lock
from time import monotonic
from typing import TypeVar

from bot.errors import NothingYet, StoreError, UsageError, place_of
from bot.flow.explain.timelines import explain
from bot.flow.findings.explanation import Explanation
from bot.flow.findings.future import FutureState
from bot.flow.future.changes import Planned
from bot.flow.future.foresee import foretold
from bot.govern.document import Document
from bot.report.studied import Studied
from bot.serve.given import Given, Look, Read
from bot.serve.kept import Kept, heard
from bot.serve.sliders import Slider, sliders

log = logging.getLogger("gemba")

T = TypeVar("T")

ROOM, BASE = 200_000, 5_000
"""Spans that are kept in all streams and windows together, and what a stream without any counts as."""

ANSWERS = 64
"""Answers of sliders that are kept for each stream and window."""

FORESEEN = (NothingYet, StoreError, UsageError)
AN_HOUR = timedelta(hours=1)
LONGEST_S = 20.0
"""Before who waits is told so, and asked to come again."""

LOOK_AGAIN_S, FRESH_S = 2.0, 30.0
"""How often it is looked whether anything changed: while somebody asks, and while nobody does."""


class NotYet(Exception):
    """It is being made, and takes a while."""


class NoSuchItem(Exception):
    """The stream has no item of that name."""


@dataclass(frozen=True)
class Summary:
    """What is remembered of a stream when the rest had to make room."""

    document: Document
    at: datetime
    took: float


@dataclass
class Seen:
    """A stream that was studied, and what was asked of it since. `tag`: differs from that of any other."""

    studied: Studied
    tag: str
    at: datetime
    texts: Kept[str, str]
    items: Kept[str, Explanation]
    futures: Kept[tuple[str, ...], FutureState]
    lock: Lock = field(default_factory=Lock)

    @property
    def document(self) -> Document:
        return self.studied.document

    @cached_property
    def sliders(self) -> list[Slider]:
        return sliders(self.studied.sight.analysis, self.studied.stream)

    @property
    def weight(self) -> int:
        return BASE + len(self.studied.found.timeline.spans)


class Desk:
    """One thread looks at streams, two answer what is asked of them, and one asks the store how it is."""

    def __init__(self, given: Given) -> None:
        self.given = given
        self.summaries: dict[str, Summary] = {}
        self._looks, self._asks, self._checks = (
            ThreadPoolExecutor(threads, thread_name_prefix=name)
            for threads, name in ((1, "look"), (2, "ask"), (1, "check"))
        )
        self._seen: Kept[Look, Seen] = Kept(self._looks, ROOM, weigh=lambda seen: seen.weight, most_asked=16)
        self._states: Kept[tuple[str, int], str] = Kept(self._checks, 200)
        self._fresh: dict[str, str] = {}
        self._running, self._numbers = token_hex(4), count(1)

    def close(self) -> None:
        """What nobody has begun is not begun any more."""
        for works in (self._looks, self._asks, self._checks):
            works.shutdown(wait=False, cancel_futures=True)

    async def check(self, ask: Callable[[], T]) -> T:
        """Something quick of the store."""
        return await asyncio.get_running_loop().run_in_executor(self._checks, ask)

    async def missing(self) -> str | None:
        return await self.check(self.given.missing)

    async def reads(self) -> Sequence[Read]:
        return await self.check(self.given.reads)

    async def seen(self, look: Look) -> Seen:
        """As of what is known now. While it is being studied anew, what was found within the last hour answers.

        Raises NotYet where that takes longer than browsers and proxies wait; it goes on.
        """
        version = await self._version(look)
        last = self._seen.newest(look)
        making = asyncio.ensure_future(self._seen.get(look, lambda: self._look(look), version))
        if last is not None and last.version != version and self.given.clock() - last.value.at < AN_HOUR:
            making.add_done_callback(heard)
            return last.value
        try:
            return await asyncio.wait_for(making, LONGEST_S)
        except TimeoutError:
            raise NotYet from None

    async def _version(self, look: Look) -> str:
        """With the hour, where it is seen as of now: items age though nothing is read."""
        name = look.stream
        state = await self._states.get((name, int(monotonic() / LOOK_AGAIN_S)), lambda: self.given.version(name))
        return state if look.now else f"{state} {self.given.clock():%Y-%m-%d %H}"

    def _look(self, look: Look) -> Seen:
        started = monotonic()
        studied = self.given.study(look)
        at = self.given.clock()
        if look.is_usual:
            self.summaries[look.stream] = Summary(studied.document, at, monotonic() - started)
        tag, asks = f"{self._running}-{next(self._numbers)}", self._asks
        return Seen(studied, tag, at, Kept(asks, ANSWERS), Kept(asks, ANSWERS), Kept(asks, ANSWERS))

    async def report(self, seen: Seen) -> str:
        return await seen.texts.get("report", lambda: self.given.report(seen.studied))

    async def analysis(self, seen: Seen) -> str:
        return await seen.texts.get("analysis", lambda: json.dumps(seen.document.to_json(), ensure_ascii=False))

    async def picture(self, seen: Seen, *, dark: bool) -> str:
        return await seen.texts.get(f"map {dark}", lambda: self.given.picture(seen.studied, dark))

    async def explained(self, seen: Seen, name: str) -> Explanation:
        """Raises NoSuchItem."""
        return await seen.items.get(name, partial(_explained, seen, name))

    async def foretold(self, seen: Seen, plan: Sequence[Planned]) -> FutureState:
        """One at a time of a stream, since they share what was worked out."""
        key = tuple(each.change.model_dump_json() for each in plan)
        return await seen.futures.get(key, partial(_foretold, seen, plan))

    async def suggested(self, seen: Seen) -> FutureState:
        """With what would help most, each alone."""
        return await seen.futures.get(("suggested",), partial(_foretold, seen, (), suggest=True))

    async def keep_fresh(self) -> None:
        """Look at every stream when something new is known of it, so that hardly anybody waits; until cancelled."""
        said: dict[str, str] = {}
        while True:
            for stream in self.given.streams:
                said[stream.name] = await self._freshened(stream.name, said.get(stream.name, ""))
            await asyncio.sleep(FRESH_S)

    async def _freshened(self, name: str, said: str) -> str:
        """What is wrong, told once; empty where nothing is."""
        (problem,) = await asyncio.gather(self._freshen(Look(name)), return_exceptions=True)
        if problem is None:
            return ""
        wrong = str(problem) if isinstance(problem, FORESEEN) else place_of(problem)
        if said != wrong:
            log.warning("%s: %s", name, wrong)
        return wrong

    async def _freshen(self, look: Look) -> None:
        version = await self._version(look)
        if self._fresh.get(look.stream) != version:
            await self._seen.get(look, lambda: self._look(look), version)
            self._fresh[look.stream] = version


def _explained(seen: Seen, name: str) -> Explanation:
    try:
        return explain(seen.studied.found, name)
    except KeyError as problem:
        raise NoSuchItem(str(problem.args[0])) from problem


def _foretold(seen: Seen, plan: Sequence[Planned], *, suggest: bool = False) -> FutureState:
    with seen.lock:
        return foretold(seen.studied.sight, plan, suggest=suggest)
