"""What a connector hands over: payloads as they came, and the items, events, links and people read out of them.

Only the standard library is imported here. All times are aware and in UTC. Unknown is `None`, nothing is an empty
tuple.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from itertools import count
from typing import Any

UNKNOWN = "unknown"
"""The state of an item at a time of which no history tells."""


class EventKind(StrEnum):
    """What can happen to an item, in words that any tracker and any forge shares.

    STATE moves an item into a state that the source itself names. From OPENED to REOPENED the state of a change
    request follows from the events (`bot.flow.courts`). COMMITTED to LOGGED_WORK are evidence of work. The rest is
    circumstance.
    """

    STATE = "state"
    OPENED = "opened"
    READY = "ready"
    DRAFTED = "drafted"
    REQUESTED = "requested"
    UNREQUESTED = "unrequested"
    REVIEWED = "reviewed"
    DISMISSED = "dismissed"
    PUSHED = "pushed"
    FORCE_PUSHED = "force_pushed"
    CHECKED = "checked"
    QUEUED = "queued"
    UNQUEUED = "unqueued"
    MERGED = "merged"
    CLOSED = "closed"
    REOPENED = "reopened"
    COMMITTED = "committed"
    EDITED = "edited"
    LOGGED_WORK = "logged_work"
    BLOCKED = "blocked"
    UNBLOCKED = "unblocked"
    ASSIGNED = "assigned"
    RESOLVED = "resolved"


class Verdict(StrEnum):
    """`Event.detail` of a REVIEWED event."""

    APPROVED = "approved"
    CHANGES = "changes"
    COMMENT = "comment"


class ActorKind(StrEnum):
    HUMAN = "human"
    BOT = "bot"


@dataclass(frozen=True, slots=True)
class Payload:
    """One thing of the source as it came, trimmed to what is used: no bodies, no comments, no e-mail addresses.

    `(kind, key)` is the vendor's identity within the source. `mark` changes whenever a change of the thing might not
    move `updated_at`; a census compares it.
    """

    source: str
    scope: str
    kind: str
    key: str
    updated_at: datetime
    body: Mapping[str, Any]
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """An issue or a pull request of a scope (project or repository).

    `key` is the vendor's immutable id, `name` what people call it (PAY-12, acme/pay-api#7), `aliases` what they
    called it before, `parent` the name of the item it belongs to. `doubts` says in words what is missing or wrong in
    its history.
    """

    source: str
    scope: str
    key: str
    kind: str
    name: str
    title: str
    url: str
    created_at: datetime
    type: str | None = None
    parent: str | None = None
    labels: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to an item at one instant.

    `id` is unique within the source, `seq` orders the events of one item at one instant. For STATE, `state` is the name
    that the source gave the state at that time, `state_id` its identity, and `detail` the identity of the state it left
    (None at creation). For REVIEWED, `detail` is a `Verdict`; for REQUESTED, UNREQUESTED and DISMISSED the reviewer;
    for ASSIGNED the assignee; for RESOLVED how it was resolved (None: it is open again); for CHECKED one of pending,
    ok, fail; for COMMITTED and MERGED the commit; for EDITED the field; for BLOCKED the reason.
    """

    source: str
    id: str
    item: str
    at: datetime
    kind: EventKind
    state: str | None = None
    state_id: str | None = None
    actor: str | None = None
    actor_kind: ActorKind | None = None
    detail: str | None = None
    seq: int = 0


@dataclass(frozen=True, slots=True)
class Link:
    """`item` (a key) points to `other` (a name, since links are found in texts).

    kind: implements. evidence, from strong to weak: branch, title, commit, body.
    """

    source: str
    item: str
    other: str
    kind: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Person:
    """Whom a vendor's id stands for; kept apart from the events, needed only to say who can free an item."""

    source: str
    key: str
    name: str
    kind: ActorKind = ActorKind.HUMAN


Record = Item | Event | Link | Person


def numbered(records: Iterable[Record]) -> Iterator[Record]:
    """The same, and the events know the order in which they are told."""
    order = count()
    for record in records:
        yield replace(record, seq=next(order)) if isinstance(record, Event) else record


@dataclass(frozen=True, slots=True)
class Page:
    """Payloads to be kept in one transaction, and the cursor that is safe once they are (None: not safe yet).

    `unreadable` says in sentences what came in a shape that could not even be trimmed.
    """

    payloads: tuple[Payload, ...]
    cursor: str | None = None
    unreadable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Check:
    """One line of `gemba check`: what was asked, whether it works, and what to do if it does not."""

    what: str
    ok: bool
    detail: str
