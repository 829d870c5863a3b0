"""A source that is not configured yet, and what its items went through lately, in memory."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from bot.config_faults import sentence
from bot.errors import UsageError
from bot.flow.history.log import Records
from connectors.errors import PayloadUnreadable
from connectors.protocol import Connector, Surveyed
from connectors.records import Category, Event, Item, Link, Page, Person
from connectors.registry import CONNECTORS

Clock = Callable[[], datetime]
Progress = Callable[[str, int], None]


Model = TypeVar("Model", bound=BaseModel)


def validated(model: type[Model], name: str, settings: Mapping[str, Any], folder: Path) -> Model:
    """Settings of a source, relative to a folder. Raises UsageError with what cannot be."""
    try:
        return model.model_validate(dict(settings), context={"folder": folder})
    except ValidationError as problem:
        raise UsageError(sentence(problem.errors()[0], model, (name,))) from problem


@dataclass(frozen=True)
class Source:
    """`settings`: its table in the configuration, with everything that is read of it; relative to `folder`."""

    kind: str
    name: str
    settings: Mapping[str, Any]
    folder: Path

    @property
    def full_name(self) -> str:
        return f"{self.kind}.{self.name}"

    def connector(self, now: Clock) -> Connector:
        """Raises UsageError for settings that cannot be."""
        known = CONNECTORS[self.kind]
        settings = validated(known.settings, self.full_name, self.settings, self.folder)
        return known.connector(self.full_name, settings, now)


@dataclass(frozen=True)
class Sample:
    """What one project, repository or log showed. `since`: all that changed after it is here; None: everything."""

    place: str
    """`<source>/<scope>`"""
    records: Records
    categories: Mapping[str, Category]
    since: datetime | None
    unreadable: int = 0

    @property
    def kind(self) -> str:
        return self.place.partition(".")[0]


def sample(connector: Connector, scope: str, most: int, progress: Progress) -> Sample:
    """The items that changed last, at most so many, and how far along each state is. Raises SourceError."""
    if not isinstance(connector, Surveyed):
        raise UsageError(f"{connector.name} shows nothing to propose stages from; write its streams by hand")
    kind, place = connector.name.partition(".")[0], f"{connector.name}/{scope}"
    read = _Read()
    for page in connector.sample(scope, most):
        read.add(page, connector)
        progress(place, len(page.payloads))
    categories = {f"{kind}:{state}": found for state, found in connector.categories(scope).items()}
    whole = read.payloads < most or kind == "eventlog"
    return Sample(place, read.records(), categories, None if whole else read.oldest, read.unreadable)


class _Read:
    """What the pages of a sample hold."""

    def __init__(self) -> None:
        self._items: list[Item] = []
        self._events: list[Event] = []
        self._links: list[Link] = []
        self._people: dict[tuple[str, str], Person] = {}
        self.payloads = self.unreadable = 0
        self.oldest: datetime | None = None

    def add(self, page: Page, connector: Connector) -> None:
        self.payloads += len(page.payloads)
        self.unreadable += len(page.unreadable)
        self._people |= {(person.source, person.key): person for person in page.people}
        for payload in page.payloads:
            self.oldest = min(filter(None, (self.oldest, payload.updated_at)))
            try:
                self._sort(list(connector.translate(payload)))
            except PayloadUnreadable:
                self.unreadable += 1

    def _sort(self, found: list[Item | Event | Link]) -> None:
        self._items += (one for one in found if isinstance(one, Item))
        self._events += (one for one in found if isinstance(one, Event))
        self._links += (one for one in found if isinstance(one, Link))

    def records(self) -> Records:
        return Records.of(self._items, self._events, self._links, list(self._people.values()))


def together(samples: list[Sample]) -> Records:
    """As of one stream."""
    parts = [one.records for one in samples]
    return Records.of(
        [item for part in parts for item in part.items],
        [event for part in parts for event in part.events],
        [link for part in parts for link in part.links],
        list({(p.source, p.key): p for part in parts for p in part.people}.values()),
    )


def sampled(source: Source, now: Clock, most: int, progress: Progress) -> Iterator[Sample]:
    """Of everything that the source is configured with."""
    connector = source.connector(now)
    for scope in connector.scopes:
        yield sample(connector, scope, most, progress)
