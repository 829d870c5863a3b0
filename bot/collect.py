"""Connector -> store. What happened is data: one `Collected` for each scope."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import Event
from typing import Any

from bot.errors import StoreError
from bot.queries import Scope
from bot.redaction import redacted
from bot.store import UNREADABLE, Saved, Store
from bot.words import count
from connectors.errors import AccessDenied, SourceError
from connectors.protocol import Connector
from connectors.records import Page, Person, Unreadable

log = logging.getLogger("gemba")

AT_ONCE = 4
"""So many scopes of a source are read at the same time; every source has its own."""

MOST_SAID = 5
"""So many sentences about what is newly unreadable stand in one line of the log."""

FEW = 50
"""If more than so many are missing at once, they were hidden rather than deleted."""

PLAN = "plan"
"""Under which name it is told what is wrong with a plan, where it is not a source's fault."""

Clock = Callable[[], datetime]
Progress = Callable[[str, int], None]
"""Told the scope and how many more payloads it has read."""


@dataclass(frozen=True)
class Ways:
    """How to collect.

    `thorough` looks for silent changes now, and otherwise where they were looked for last before `census_before`, or
    longer ago than the source asks for; `called` may put another name in place of a person's; what is `stopped` ends
    with the page it is at.
    """

    progress: Progress = lambda _scope, _more: None
    thorough: bool = False
    called: Callable[[Person], Person] | None = None
    stopped: Event = field(default_factory=Event)
    census_before: datetime | None = None
    failed: Event = field(default_factory=Event)
    """set where the collection cannot go on; whoever may stop it may stop others, too"""

    @property
    def end(self) -> bool:
        return self.stopped.is_set() or self.failed.is_set()


@dataclass(frozen=True)
class Collected:
    """How the collection of one scope ended; `gone`: how many the source does not know any more, as of now.

    `denied`: it stays as it is until a person acts.
    """

    source: str
    scope: str
    saved: Saved
    gone: int = 0
    error: str | None = None
    denied: bool = False

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        told = {
            "source": self.source,
            "scope": self.scope,
            "payloads": self.saved.payloads,
            "changed": self.saved.changed,
            "gone": self.gone,
        }
        unreadable = [redacted(sentence) for sentence in self.saved.unreadable]
        return {**told, "unreadable": unreadable, "error": self.error and redacted(self.error)}


def collect(connectors: Iterable[Connector], store: Store, now: Clock, ways: Ways) -> list[Collected]:
    """All scopes of all connectors, several at once. One that fails, or is slow, does not keep the others waiting."""
    if ways.called:
        store.hide_names(ways.called)
    pools: list[ThreadPoolExecutor] = []
    reading = [_begin(pools, connector, store, now, ways) for connector in connectors]
    try:
        return [collected for some in reading for collected in some]
    except BaseException:
        ways.failed.set()
        raise
    finally:
        for pool in pools:
            pool.shutdown(cancel_futures=True)


def _begin(
    pools: list[ThreadPoolExecutor], connector: Connector, store: Store, now: Clock, ways: Ways
) -> Iterator[Collected]:
    pools.append(ThreadPoolExecutor(AT_ONCE))
    return pools[-1].map(lambda scope: _Collection(connector, scope, store, now, ways).run(), connector.scopes)


class _Collection:
    """The reading of one scope."""

    def __init__(self, connector: Connector, scope: str, store: Store, now: Clock, ways: Ways) -> None:
        self._connector, self._scope, self._store, self._now = connector, scope, store, now
        self._ways = ways
        self._place: Scope = (connector.name, scope)
        self._gone = 0

    def run(self) -> Collected:
        saved, error, denied = Saved(), None, False
        try:
            for page in self._pages():
                if self._ways.end:
                    break
                saved += self._store.save(self._place, self._renamed(page), self._connector.translate)
                self._ways.progress("/".join(self._place), len(page.payloads))
        except SourceError as problem:
            error, denied = str(problem), isinstance(problem, AccessDenied)
        except StoreError:
            raise
        except Exception as problem:
            error = f"{'/'.join(self._place)}: {type(problem).__name__}: {problem}; this is a fault of gemba"
            log.debug("%s", error, exc_info=True)
        return Collected(*self._place, saved, self._gone, error, denied)

    def _renamed(self, page: Page) -> Page:
        called = self._ways.called
        return replace(page, people=tuple(called(person) for person in page.people)) if called else page

    def _pages(self) -> Iterator[Page]:
        """What could not be read before, what changed, and now and then what changed silently.

        A first walk has just seen everything.
        """
        cursor, census_at = self._store.cursor(self._place)
        lost = sorted(key for key, mark in self._store.marks(self._place).items() if mark == UNREADABLE)
        if lost:
            yield from self._connector.reread(self._scope, lost)
        yield from self._connector.fetch(self._scope, cursor)
        if cursor is None:
            self._store.census_done(self._place, self._now())
        elif self._is_census_due(census_at):
            yield from self._silently_changed()
            self._store.census_done(self._place, self._now())

    def _is_census_due(self, last: datetime | None) -> bool:
        """Who asks for it in every run gets it; the others as it is wished, or as often as they ask for."""
        every, wished = self._connector.census_every, self._ways.census_before
        if last is None or self._ways.thorough:
            return True
        return last < wished if wished and every else self._now() - last >= every

    def _silently_changed(self) -> Iterator[Page]:
        known, census = self._store.marks(self._place), self._connector.census(self._scope)
        changed = sorted(key for key, mark in census.marks.items() if known.get(key) != mark)
        if changed:
            yield from self._connector.reread(self._scope, changed)
        if census.whole:
            missing = self._store.keys(self._place, census.whole) - census.marks.keys()
            yield from self._missing(missing, certain=census.certain)

    def _missing(self, keys: set[str], *, certain: bool) -> Iterator[Page]:
        """Some are somewhere else; the others are gone, or were hidden if they are many at once."""
        long_gone = keys & self._store.gone(self._place)
        asked = keys - long_gone
        if len(asked) > FEW and not certain and not self._ways.thorough:
            yield Page((), unreadable=(self._hidden(len(asked)),))
            self._store.miss(self._place, long_gone, self._now())
            return
        there = self._connector.whereabouts(self._scope, sorted(asked))
        for other in sorted({*there.values()} - {self._scope}):
            yield from self._connector.reread(other, sorted(key for key in asked if there.get(key) == other))
        self._gone = self._store.miss(self._place, keys - there.keys(), self._now(), certain=certain)

    def _hidden(self, missing: int) -> Unreadable:
        sentence = (
            f"{'/'.join(self._place)}: {count(missing, 'item')} cannot be seen any more and stay as they were last "
            "read; check the permissions of the token, or run `gemba collect --thorough` twice if they were deleted"
        )
        return Unreadable("", None, sentence)


class Outcomes:
    """What to say about one collection after another: what fails is logged once, and so is its recovery.

    A collection tells of all that fails at a source: what it tells nothing of works, or is not asked for any more.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._said: set[str] = set()

    def told(self, found: Sequence[Collected], now: datetime) -> str:
        """One line."""
        sentences = [sentence for c in found for sentence in c.saved.unreadable]
        fresh = [sentence for sentence in dict.fromkeys(sentences) if sentence not in self._said]
        self._said = {*sentences}
        gone = sum(c.gone for c in found)
        failing = {f"{c.source}/{c.scope}": c for c in found if c.error is not None}
        self._note(found, failing, now)
        said = [
            f"{sum(c.saved.changed for c in found)} changed",
            *([f"{gone} gone"] if gone else []),
            *([f"{len(sentences)} unreadable"] if sentences else []),
            *fresh[:MOST_SAID],
            *([f"{len(failing)} failing"] if failing else []),
        ]
        return redacted("; ".join(said))

    def _note(self, found: Sequence[Collected], failing: Mapping[str, Collected], now: datetime) -> None:
        """What begins to fail, and what ends to."""
        sources = tuple(f"{source}/" for source in {PLAN, *(one.source for one in found)})
        for trouble in self._store.troubles.open():
            over = trouble.subject.startswith(sources) and trouble.subject not in failing
            if over and self._store.troubles.end(trouble.subject, now):
                log.info("%s works again", trouble.subject)
        for place, one in failing.items():
            if self._store.troubles.begin(place, one.error or "", now, denied=one.denied):
                log.error("%s", one.error, extra={"source": one.source, "scope": one.scope})
