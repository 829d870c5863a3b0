"""Connector -> store. What happened is data: one `Collected` for each scope."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.store import UNREADABLE, Saved, Store
from connectors.errors import SourceError
from connectors.protocol import Connector
from connectors.records import Page

CENSUS_EVERY = timedelta(hours=20)
"""How often to look for changes that moved no time stamp: nightly, with room for a late start."""

Progress = Callable[[str, int], None]
"""Told the scope and how many more payloads it has read."""


@dataclass(frozen=True)
class Collected:
    """How the collection of one scope ended."""

    source: str
    scope: str
    saved: Saved
    error: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        told = {
            "source": self.source,
            "scope": self.scope,
            "payloads": self.saved.payloads,
            "changed": self.saved.changed,
        }
        return {**told, "unreadable": list(self.saved.unreadable), "error": self.error}


def collect(
    connectors: Iterable[Connector], store: Store, now: Callable[[], datetime], progress: Progress
) -> list[Collected]:
    """All scopes of all connectors. One that fails does not keep the others from being read."""
    return [_collect(c, scope, store, now, progress) for c in connectors for scope in c.scopes]


def _collect(
    connector: Connector, scope: str, store: Store, now: Callable[[], datetime], progress: Progress
) -> Collected:
    saved = Saved()
    try:
        for page in _pages(connector, scope, store, now):
            saved += store.save((connector.name, scope), page, connector.translate)
            progress(f"{connector.name}/{scope}", len(page.payloads))
    except SourceError as problem:
        return Collected(connector.name, scope, saved, str(problem))
    return Collected(connector.name, scope, saved)


class Outcomes:
    """What to say about one collection after another: a scope that fails is told once, and so is its recovery."""

    def __init__(self) -> None:
        self._failing: set[tuple[str, str]] = set()

    def told(self, found: Sequence[Collected]) -> str:
        """One line; raises nothing."""
        failing = {(c.source, c.scope) for c in found if c.error}
        unreadable = sum(len(c.saved.unreadable) for c in found)
        said = [
            f"{sum(c.saved.changed for c in found)} changed in {len(found)} projects and repositories",
            *([f"{unreadable} unreadable"] if unreadable else []),
            *(str(c.error) for c in found if c.error and (c.source, c.scope) not in self._failing),
            *([f"{len(failing & self._failing)} still failing"] if failing & self._failing else []),
            *(f"{source}/{scope} works again" for source, scope in sorted(self._failing - failing)),
        ]
        self._failing = failing
        return "; ".join(said)


def _pages(connector: Connector, scope: str, store: Store, now: Callable[[], datetime]) -> Iterable[Page]:
    """What could not be read before, what changed, and once a day what changed silently.

    A first walk has just seen everything.
    """
    place = (connector.name, scope)
    cursor, census_at = store.cursor(place)
    lost = sorted(key for key, mark in store.marks(place).items() if mark == UNREADABLE)
    if lost:
        yield from connector.reread(scope, lost)
    yield from connector.fetch(scope, cursor)
    if cursor is not None and (census_at is None or now() - census_at >= CENSUS_EVERY):
        known, found = store.marks(place), connector.census(scope)
        yield from connector.reread(scope, sorted(key for key, mark in found.items() if known.get(key) != mark))
        store.census_done(place, now())
    elif cursor is None:
        store.census_done(place, now())
