"""Any process: an event log of cases that enter named states, as CSV or XES (pm4py, Disco, ServiceNow, SQL).

A file has no list of changes: when it changed it is read whole, and the store keeps what differs. Cases that are no
longer in it are found by the census.
"""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import islice
from typing import Any

from connectors.errors import SourceError, reading
from connectors.eventlog_cases import EPOCH, MICROSECOND, Case, Reading
from connectors.eventlog_files import LogFile
from connectors.eventlog_settings import EventLogSettings
from connectors.pages import fingerprint, page_of
from connectors.people import judged
from connectors.records import (
    ActorKind,
    Category,
    Census,
    Check,
    Event,
    EventKind,
    Item,
    ItemKind,
    Page,
    Payload,
    Person,
    Record,
    told,
)

Json = dict[str, Any]

PAGE = 500
MANY = 10_000
"""Persons that are judged once; there may be more."""
MOST_STATES = 1000
"""A log with more names of states has numbers or texts in their place."""


class EventLog:
    """One file, which is its only scope."""

    census_every = timedelta(days=1)

    def __init__(self, name: str, settings: EventLogSettings, now: Callable[[], datetime]) -> None:
        self.name, self.scopes = name, settings.scopes
        self._settings, self._now = settings, now
        self._file = LogFile(name, settings)
        self._person = lru_cache(MANY)(self._judged)

    def fetch(self, scope: str, cursor: str | None) -> Iterator[Page]:
        """Everything, if the file or how it is read is not as it was. The cursor comes last: half a file is none."""
        size, changed_ns = self._file.stamp()
        here = self._cursor(size, changed_ns)
        found = self._reading()
        if cursor != here:
            yield from self._pages(scope, found.cases())
        changed = EPOCH + timedelta(microseconds=changed_ns // 1000)
        yield Page((), here, found.unreadable(), complete=min(changed, self._now()))

    def census(self, scope: str) -> Census:
        """Every case. While some rows cannot be read, or none are there, a case that is missing may come back."""
        found = self._reading()
        marks = {p.key: p.mark for page in self._pages(scope, found.cases()) for p in page.payloads}
        whole = marks and not found.unread
        return Census(marks, whole=(ItemKind.CASE,) if whole else (), certain=True)

    def whereabouts(self, scope: str, keys: Sequence[str]) -> Mapping[str, str]:  # noqa: ARG002 - the promise has them
        """What is not in the file is nowhere."""
        return {}

    def reread(self, scope: str, keys: Sequence[str]) -> Iterator[Page]:
        return self._pages(scope, self._reading().cases(only=set(keys)))

    def translate(self, payload: Payload) -> Iterator[Record]:
        with reading(f"{payload.source} case {payload.key}"):
            yield from told(_records(payload))

    def states(self, scope: str) -> Sequence[str]:  # noqa: ARG002 - there is but one
        """At most so many as a person can map."""
        found: dict[str, None] = {}
        for row in self._reading().rows():
            if row.state:
                found[row.state] = None
            if len(found) == MOST_STATES:
                break
        return sorted(found)

    def sample(self, scope: str, most: int) -> Iterator[Page]:  # noqa: ARG002 - a file is read as a whole
        """Every case; there is no quicker way to the newest."""
        return self._pages(scope, self._reading().cases())

    def categories(self, scope: str) -> Mapping[str, Category]:  # noqa: ARG002 - a log knows none
        return {}

    def check(self) -> Iterator[Check]:
        """What the file holds, and how it was understood."""
        what = f"{self.name}: {self.scopes[0]}"
        try:
            found = self._reading()
            detail = f"{_summary(found.cases())}; {self._file.manner()}{self._remarks(found)}"
        except SourceError as problem:
            yield Check(what, ok=False, detail=str(problem).removeprefix(f"{self.name}: "))
        else:
            yield Check(what, ok=True, detail=detail)

    def _remarks(self, found: Reading) -> str:
        """What a person should know about how the file was read."""
        said = [
            f"{found.naive} times have no offset and are taken as {self._settings.timezone}" if found.naive else "",
            f"{found.repeated} repeated rows are told once" if found.repeated else "",
            f"{found.unread} rows cannot be read: {found.unreadable()[0].sentence}" if found.unread else "",
        ]
        return "".join(f"; {remark}" for remark in said if remark)

    def _reading(self) -> Reading:
        return Reading(self._file, self._settings)

    def _cursor(self, size: int, changed_ns: int) -> str:
        """The file and the settings as they are. Where it lies does not matter."""
        how = self._settings.model_dump_json(exclude={"path"})
        return json.dumps({"size": size, "mtime_ns": changed_ns, "settings": fingerprint(how)})

    def _pages(self, scope: str, cases: Iterator[Case]) -> Iterator[Page]:
        """Cases of which something could be read."""
        raws = ({"id": case.key, "case": case} for case in cases if case.events)
        while some := list(islice(raws, PAGE)):
            yield page_of(
                some,
                lambda raw: self._payload(scope, raw["case"]),
                ItemKind.CASE,
                lambda raw: f"{self.name} case {raw.get('id')}",
            )

    def _payload(self, scope: str, case: Case) -> tuple[Payload, Iterable[Person]]:
        """A row may be corrected to an earlier time, so what was read last counts: it is as new as its reading."""
        people = {who: self._person(who) for _, _, who in case.events if who}
        body: Json = {
            "case": case.key,
            "events": [[_iso(at), state, people[who].key if who else None] for at, state, who in case.events],
            "bots": sorted(person.key for person in people.values() if person.kind is ActorKind.BOT),
            "unreadable": case.unreadable,
            **({"labels": list(case.labels)} if case.labels else {}),
        }
        mark = fingerprint(json.dumps(body))
        return Payload(self.name, scope, ItemKind.CASE, case.key, self._now(), body, mark), people.values()

    def _judged(self, name: str) -> Person:
        return judged(Person(self.name, fingerprint(name), name), self._settings)


def _records(payload: Payload) -> Iterator[Record]:
    """The case, and each state it entered, be it the one it was in."""
    body, source, case = payload.body, payload.source, payload.body["case"]
    times = [datetime.fromisoformat(at).astimezone(UTC) for at, _, _ in body["events"]]
    doubts = ("some rows of the log could not be read",) if body["unreadable"] else ()
    labels = tuple(body.get("labels", ()))
    yield Item(source, payload.scope, case, ItemKind.CASE, case, case, "", times[0], labels=labels, doubts=doubts)
    left: str | None = None
    for n, (at, (_, state, actor)) in enumerate(zip(times, body["events"], strict=True)):
        kind = _kind(actor, body["bots"])
        yield Event(source, f"{case}:{n}", case, at, EventKind.STATE, state, state, actor, kind, left)
        left = state


def _kind(actor: str | None, bots: Collection[str]) -> ActorKind | None:
    if actor is None:
        return None
    return ActorKind.BOT if actor in bots else ActorKind.HUMAN


def _summary(cases: Iterable[Case]) -> str:
    count = events = 0
    first, last = 2**63, -(2**63)
    for case in cases:
        if case.events:
            count, events = count + 1, events + len(case.events)
            first, last = min(first, case.events[0][0]), max(last, case.events[-1][0])
    if not count:
        return "no case yet"
    return f"{count} cases, {events} events from {_iso(first):.10} to {_iso(last):.10}"


def _iso(at: int) -> str:
    return (EPOCH + at * MICROSECOND).isoformat()
