"""What a connector hands over: payloads as they came, and the items, events, links and people read out of them.

Only the standard library is imported here. All times are aware and in UTC. Unknown is `None`, nothing is an empty
tuple.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from itertools import count
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

UNKNOWN = "unknown"
"""The state of an item at a time of which no history tells."""


class EventKind(StrEnum):
    """What can happen to an item, in words that any tracker and any forge shares.

    STATE moves an item into a state that the source itself names. From OPENED to REOPENED the state of a change
    request follows from the events. COMMITTED to LOGGED_WORK are evidence of work. PLANNED and
    UNPLANNED put an item into a sprint and take it out; STARTED and ENDED happen to the sprint itself, RELEASED to a
    release, DEPLOYED to a deployment, MET to a meeting. The rest is circumstance.
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
    AUTO_MERGE_ON = "auto_merge_on"
    AUTO_MERGE_OFF = "auto_merge_off"
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
    PLANNED = "planned"
    UNPLANNED = "unplanned"
    STARTED = "started"
    ENDED = "ended"
    RELEASED = "released"
    DEPLOYED = "deployed"
    MET = "met"


class Verdict(StrEnum):
    """`Event.detail` of a REVIEWED event."""

    APPROVED = "approved"
    CHANGES = "changes"
    COMMENT = "comment"


class ActorKind(StrEnum):
    HUMAN = "human"
    BOT = "bot"


class ItemKind(StrEnum):
    """What an item can be. Those of FLOWING go through states; of the others it counts when they happened."""

    ISSUE = "issue"
    PULL_REQUEST = "pull_request"
    CASE = "case"
    SPRINT = "sprint"
    RELEASE = "release"
    DEPLOYMENT = "deployment"
    MEETING = "meeting"
    PLAN = "plan"
    """A change to the flow itself, which is no item of it."""


PRODUCTION, PREVIEW = "production", "preview"
"""Labels of a deployment that reaches users, and of a release that does not."""

FLOWING = (ItemKind.ISSUE, ItemKind.PULL_REQUEST, ItemKind.CASE)


@dataclass(frozen=True, slots=True)
class Payload:
    """One thing of the source as it came, trimmed to what is used.

    No bodies, no comments, no e-mail addresses, no names of persons: those are handed over apart, in `Page.people`.
    `key` is the vendor's identity within the source, whatever the `kind`. `mark` changes whenever a change of the thing
    might not move `updated_at`; a census compares it.
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
    """An issue, a pull request or a case of a scope, or something beside the flow (`ItemKind`).

    `key` is the vendor's immutable id, `name` what people call it (PAY-12, acme/pay-api#7), `aliases` what they
    called it before, `parent` the name of the item it belongs to. `about`: the goal of a sprint, the environment of a
    deployment, "preview" of a release that is one, how many were invited to a meeting. `doubts` says in words what is
    missing or wrong in its history. `gone_at`: since when the source does not know it any more, as the store found out.
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
    about: str | None = None
    gone_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to an item at one instant.

    `id` is unique within the source, `seq` orders the events of one item at one instant. For STATE, `state` is the name
    that the source gave the state at that time, `state_id` its identity, and `detail` the identity of the state it left
    (None at creation). For REVIEWED, `detail` is a `Verdict`; for REQUESTED, UNREQUESTED and DISMISSED the reviewer;
    for ASSIGNED the assignee; for RESOLVED how it was resolved (None: it is open again); for CHECKED and DEPLOYED
    one of pending, ok, fail; for COMMITTED, MERGED and RELEASED the commit; for EDITED the field; for BLOCKED and
    UNBLOCKED what blocks (flag, or the name of an item); for PLANNED and UNPLANNED the key of the sprint; for MET how
    many seconds it took.
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

    kind: implements; blocks (`other` is the name of what blocks); causes (of what caused it); relates (any other link
    of a tracker, either way); reverts (`other` is a
    name or a commit); contains (`other` is a commit of a release or deployment). evidence, from strong to weak: api
    (the source says so), branch and title, commit, body.
    """

    source: str
    item: str
    other: str
    kind: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Person:
    """Whom a vendor's id stands for; kept apart from the events, needed only to say who can free an item.

    `hearsay`: known only from being mentioned, and never in place of what the account itself says. `configured`: the
    configuration says what it is. Neither is kept.
    """

    source: str
    key: str
    name: str
    kind: ActorKind = ActorKind.HUMAN
    hearsay: bool = False
    configured: bool = False


Record = Item | Event | Link


def told(records: Iterable[Record]) -> Iterator[Record]:
    """The same in their order, which the events know. Raises TypeError where one is not of the shape it promises."""
    order = count()
    for record in records:
        check_shape(record)
        yield replace(record, seq=next(order)) if isinstance(record, Event) else record


def check_shape(record: Record | Person) -> None:
    """Raises TypeError."""
    kind: Any = type(record)
    for name, types in _shape(kind):
        value = getattr(record, name)
        if not isinstance(value, types) or (isinstance(value, tuple) and not all(isinstance(v, str) for v in value)):
            raise TypeError(f"{name} of the {kind.__name__.lower()} is {value!r:.60}")


@cache
def _shape(kind: Any) -> tuple[tuple[str, tuple[type, ...]], ...]:
    """Each field with the types it may have."""
    hints = get_type_hints(kind)
    return tuple(
        (name, tuple(get_origin(part) or part for part in (get_args(hint) if isinstance(hint, UnionType) else (hint,))))
        for name, hint in hints.items()
    )


@dataclass(frozen=True, slots=True)
class Unreadable:
    """What came in a shape that could not even be trimmed, in a sentence. `key`: by which it can be asked for again."""

    kind: str
    key: str | None
    sentence: str


@dataclass(frozen=True, slots=True)
class Page:
    """Payloads and people to be kept in one transaction, and the cursor that is safe then (None: not safe yet).

    `complete`: with this page everything is handed over that had changed by then, in the source's own time.
    """

    payloads: tuple[Payload, ...]
    cursor: str | None = None
    unreadable: tuple[Unreadable, ...] = ()
    complete: datetime | None = None
    people: tuple[Person, ...] = ()


@dataclass(frozen=True, slots=True)
class Census:
    """Key and mark of everything that could have changed without moving its `updated_at`.

    `whole`: the kinds of which everything there is is counted, so that what is not counted is not there any more;
    `certain`: there is no need to look twice.
    """

    marks: Mapping[str, str]
    whole: tuple[ItemKind, ...] = ()
    certain: bool = False


class Category(StrEnum):
    """How far along an item is in a state, as the source sorts its states."""

    PLANNED = "planned"
    STARTED = "started"
    DONE = "done"


@dataclass(frozen=True)
class Place:
    """A project or repository that a token may see; `changed_at`: when anything in it changed last, if known."""

    scope: str
    title: str
    changed_at: datetime | None = None


@dataclass(frozen=True)
class Budget:
    """How many requests a source still takes, of how many at most."""

    left: int
    limit: int


@dataclass(frozen=True, slots=True)
class Check:
    """One line of `gemba check`: what was asked, whether it works, and what to do if it does not.

    `section`: what it is about; `poorer`: it works, and what is told will be poorer than it could be.
    """

    what: str
    ok: bool
    detail: str
    section: str = "sources"
    poorer: bool = False

    @property
    def status(self) -> str:
        """ok, hint or failed."""
        return "failed" if not self.ok else "hint" if self.poorer else "ok"


@dataclass(frozen=True, slots=True)
class Wish:
    """An issue that is to be made. `title` becomes one line; `text` is read in the source's own notation."""

    title: str
    text: str
    due: date | None = None
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Progress:
    """How an issue stands that was made.

    `key`: what it is called now; `state`: as the source names it; `category`: how far along that is; `since`: when
    it came into that category; `resolution`: None while it is unresolved.
    """

    key: str
    url: str
    state: str
    category: Category
    since: datetime | None
    assigned: bool
    resolution: str | None
