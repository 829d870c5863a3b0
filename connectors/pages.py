"""Raw answers -> pages: one that is unreadable does not keep the others out."""

import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from connectors.errors import PayloadUnreadable, SourceUnavailable, reading
from connectors.records import Page, Payload, Person, Unreadable, check_shape

Json = dict[str, Any]

UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
"""NUL, which PostgreSQL refuses, and halves of characters, which are no text; JSON allows both."""


def page_of(
    raws: Iterable[Json],
    make: Callable[[Json], tuple[Payload, Iterable[Person]]],
    kind: str,
    place: Callable[[Json], str],
    cursor: str | None = None,
) -> Page:
    """The payloads and people that `make` can trim, and a sentence with its `place` for each that it cannot."""
    payloads: list[Payload] = []
    people: dict[tuple[str, bool], Person] = {}
    unreadable: list[Unreadable] = []
    for raw in raws:
        found = raw if isinstance(raw, dict) else {}
        try:
            with reading(place(found)):
                payload, met = make(raw)
                if not isinstance(payload.key, str) or not payload.key:
                    raise ValueError(f"its id is {payload.key!r:.60}")
                named = {(person.key, person.hearsay): _named(person) for person in met}
                payloads.append(replace(payload, body=_storable(payload.body)))
                people |= named
        except PayloadUnreadable as problem:
            key = found.get("id")
            unreadable.append(Unreadable(kind, key if isinstance(key, str) and key else None, str(problem)))
    return Page(tuple(payloads), cursor, tuple(unreadable), people=tuple(people.values()))


class Onward:
    """The pages of a list. A source that gives one of them again, with more to come, would be asked for ever."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._seen: set[str] = set()

    def to(self, page: object) -> None:
        """Raises SourceUnavailable for a page that came before. `page`: all of it, or what stands for it."""
        mark = fingerprint(str(page))
        if mark in self._seen:
            raise SourceUnavailable(f"{self._what} repeat themselves; try again later")
        self._seen.add(mark)


def fingerprint(text: str, digits: int = 16) -> str:
    """Hexadecimal digits that stand for a text: the same for the same, and hardly ever for another."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:digits]


def _named(person: Person) -> Person:
    check_shape(person)
    return replace(person, name=_storable(person.name))


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return UNSTORABLE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {key: _storable(part) for key, part in value.items()}
    return [_storable(part) for part in value] if isinstance(value, list) else value
