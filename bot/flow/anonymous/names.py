"""What everything is called instead of its name.

Items are numbered in the order in which they began, which their times tell anyhow, and at one instant in an order that
says nothing; so numbers stay when items are added later. A hash of a name would not do: who knows how names look tries
them all.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any

from bot.flow.anonymous.people import by_name, numbered_people, personal
from bot.flow.anonymous.series import Series, ranked
from bot.flow.history.log import Records
from bot.flow.model import Serves, Stream
from connectors.records import FLOWING, UNKNOWN, EventKind, Item, ItemKind

Place = tuple[str, str]
"""(source, key) or (source, scope)"""

SHORTEST_COMMIT = 7
"""So much of the id of a commit may stand for it."""


class Names:
    """Each name has one pseudonym, and what is told apart stays so: figures do not change."""

    def __init__(self, stream: Stream, records: Records) -> None:
        self._series: dict[str, Series] = {}
        self._people = numbered_people(records)
        self._named = by_name(records.people, self._people)
        self._personal = personal(records.people)
        self._cleaned: dict[str, str] = {}
        self._items = _items(records.items)
        self._prefixes = _prefixes(records)
        self._keys = _keys(records.items)
        self._scopes = _scopes(stream, records)
        self._sources = _sources(self._scopes, records)
        self._states = {event.state for event in records.events if event.state is not None}
        self._titles = {_spelt(item.title) for item in records.items if item.kind in FLOWING}
        self._goals = list(stream.serving.items())
        self._titled: dict[str, str] = {}
        for item in _in_order(records.items):
            self.title_of(item)

    def called(self, what: str, text: str) -> str:
        """The next number of a kind: of "Label " Label 1, then Label 2."""
        series = self._series.get(what) or self._series.setdefault(what, Series(what))
        return series.of(text)

    def text(self, text: str) -> str:
        """A word of the process, in which only persons are replaced."""
        if text not in self._cleaned:
            self._cleaned[text] = self._personal.sub(self._in_words, text) if self._personal else text
        return self._cleaned[text]

    def _in_words(self, found: re.Match[str]) -> str:
        return self._named.get(found[0].casefold()) or self.called("Somebody ", found[0])

    def plain(self, value: Any) -> Any:
        """The same of every text in it."""
        match value:
            case str():
                return self.text(value)
            case Mapping():
                return {key: self.plain(inner) for key, inner in value.items()}
            case list() | tuple():
                return type(value)(self.plain(inner) for inner in value)
        return value

    def knows(self, name: str) -> bool:
        return name.casefold() in self._items

    def item(self, name: str) -> str:
        """By its name or a former one, spelt in capitals or not as it is."""
        if not self.knows(name):
            ours = name.rpartition("-")[0] in self._prefixes
            given = self.called("ITEM-X" if ours else "other ", name.casefold())
            self._items[name.casefold()] = name, given if name == name.upper() else given.capitalize()
        real, given = self._items[name.casefold()]
        if name == real:
            return given
        return given.upper() if name == name.upper() else given.casefold()

    def person(self, source: str, key: str) -> str:
        return self._people[source, key]

    def named(self, name: str, otherwise: str) -> str:
        """Somebody whom a source knows by that name, or else a number of what they are."""
        return self._named.get(name.casefold()) or self.called(otherwise, name)

    def source(self, source: str) -> str:
        return self._sources[source]

    def place(self, place: str) -> str:
        """A source and its project or repository, with a stroke between them."""
        source, stroke, scope = place.partition("/")
        return f"{self.source(source)}{stroke}{self.scope(source, scope)}" if stroke else self.source(source)

    def scope(self, source: str, scope: str) -> str:
        return self._scopes[source, scope]

    def key(self, source: str, key: str) -> str:
        return self._keys.get((source, key)) or self.called("key ", f"{source}\n{key}")

    def commit(self, commit: str) -> str:
        """Those that begin alike do so still."""
        start = self.called("", commit[:SHORTEST_COMMIT].casefold())
        rest = self.called("x", commit) if len(commit) > SHORTEST_COMMIT else ""
        return f"{int(start):0{SHORTEST_COMMIT}}{rest}"

    def state_id(self, text: str) -> str:
        """A name where a source has no ids."""
        return self.text(text) if text in self._states or text == UNKNOWN else self.called("state ", text)

    def title(self, title: str) -> str:
        """And which goals it serves by its words."""
        if title not in self._titled:
            serving = [_tag(n) for n, (_, serves) in enumerate(self._goals, 1) if _finds(serves, title)]
            self._titled[title] = " ".join([self.called("Title ", _spelt(title)), *serving])
        return self._titled[title]

    def title_of(self, item: Item) -> str:
        if item.kind in FLOWING:
            return self.title(item.title)
        return self.called(f"{item.kind.capitalize()} ", item.title)

    def step(self, step: str) -> str:
        """Of a case: a title that recurs, or a word of the process."""
        return self.title(step) if _spelt(step) in self._titles else self.text(step)

    def serves(self, goal: str, serves: Serves) -> Serves:
        """What finds the same items."""
        number = next(n for n, (name, _) in enumerate(self._goals, 1) if name == goal)
        return Serves(
            labels=tuple(self.called("Label ", label) for label in serves.labels),
            epics=tuple(self.item(epic) for epic in serves.epics),
            links=tuple(self.item(link) for link in serves.links),
            pattern=re.escape(_tag(number)) if serves.pattern else None,
        )


def _tag(goal: int) -> str:
    return f"(serves key result {goal})"


def _finds(serves: Serves, title: str) -> bool:
    return bool(serves.pattern) and re.search(str(serves.pattern), title, re.I) is not None


def _spelt(title: str) -> str:
    return " ".join(title.split())


def _items(items: Sequence[Item]) -> dict[str, tuple[str, str]]:
    """Name in small letters -> how it is spelt, and what it is called instead; former names after all names."""
    order = _in_order(items)
    found: dict[str, tuple[str, str]] = {}
    numbers: dict[str, int] = {}
    for item in order:
        if item.name.casefold() not in found:
            word = _word(item)
            numbers[word.upper()] = number = numbers.get(word.upper(), 0) + 1
            found[item.name.casefold()] = item.name, f"{word}{number}"
    for item in order:
        for n, alias in enumerate(item.aliases, 1):
            given = f"{found[item.name.casefold()][1]}-FORMER-{n}"
            found.setdefault(alias.casefold(), (alias, given if alias == alias.upper() else given.capitalize()))
    return found


def _in_order(items: Sequence[Item]) -> list[Item]:
    return sorted(items, key=lambda i: (i.kind not in FLOWING, i.created_at, _shuffled(i)))


def _word(item: Item) -> str:
    """In capitals if its name is: that is how names are found in texts."""
    match item.kind:
        case ItemKind.ISSUE | ItemKind.CASE:
            return "ITEM-" if item.name == item.name.upper() else "Item-"
        case ItemKind.PULL_REQUEST:
            return "Request-"
    return f"{item.kind.capitalize()} "


def _shuffled(item: Item) -> str:
    return sha256(f"{item.source}\n{item.key}".encode("utf-8", "replace")).hexdigest()


def _prefixes(records: Records) -> set[str]:
    """How the names begin of all that goes through states: what begins so is an item, though it is not here."""
    moved = {(event.source, event.item) for event in records.events if event.kind is EventKind.STATE}
    return {
        name.upper().rpartition("-")[0]
        for item in records.items
        if (item.source, item.key) in moved
        for name in (*item.aliases, item.name)
    }


def _keys(items: Sequence[Item]) -> dict[Place, str]:
    """In the same order; numbers stay numbers."""
    found: dict[Place, str] = {}
    for source in {item.source for item in items}:
        keys = {item.key: item.kind == ItemKind.ISSUE for item in items if item.source == source}
        numeric = sorted((int(key), key) for key, is_issue in keys.items() if is_issue and key.isdigit())
        found |= {(source, key): f"{n:0{len(str(len(numeric)))}}" for n, (_, key) in enumerate(numeric, 1)}
        others = ranked((key for key in keys if (source, key) not in found), "k")
        found |= {(source, key): given for key, given in others.items()}
    return found


def _scopes(stream: Stream, records: Records) -> dict[Place, str]:
    places = {(item.source, item.scope) for item in records.items}
    places |= {(part[0], part[2]) for place in (*stream.sources, *records.read_until) if (part := place.partition("/"))}
    found: dict[Place, str] = {}
    for source in {source for source, _ in places}:
        numbers = ranked((scope for own, scope in places if own == source), "scope-")
        found |= {(source, scope): given for scope, given in numbers.items()}
    return found


def _sources(scopes: Mapping[Place, str], records: Records) -> dict[str, str]:
    """The kind stays, by which states are told."""
    every = {source for source, _ in scopes} | set(_speaking(records))
    found: dict[str, str] = {}
    for kind in {source.partition(".")[0] for source in every}:
        own = ranked(source for source in every if source.partition(".")[0] == kind)
        found |= {source: f"{kind}.source-{number}" for source, number in own.items()}
    return found


def _speaking(records: Records) -> Iterator[str]:
    for told in (records.events, records.links, records.people):
        yield from {one.source for one in told}
