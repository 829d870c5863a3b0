"""A simulated stream: what its vendors would tell of it, and what really happened.

The worlds are written without looking at how the engine finds things; the scores know only these records and what the
engine says in its documents.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from bot.demo.truth.results import Series
from bot.flow.history.log import Records
from bot.flow.model import Stream, Waste, Window


class Movers(StrEnum):
    """Who moves the cards."""

    OWN = "everybody their own"
    DEVELOPER = "the developer all"
    MIXED = "two of five the scrum master"
    SCRIBE = "the scrum master all, once a day"


class Station(StrEnum):
    """What a state really is."""

    BACKLOG = "backlog"
    WORK = "work"
    TEST = "test"
    APPROVAL = "approval"
    BATCH_GATE = "batch gate"
    HAND_OFF = "hand-off buffer"
    DEPLOY = "deploy"
    PARKING = "parking"
    RETURN = "return"
    DONE = "done"


class Account(StrEnum):
    """What an instant of an item was really spent on, whatever any tool says."""

    ACTIVE = "active"
    REVIEWING = "active.review"
    IDLE = "idle"
    BACKLOG = "waiting.backlog"
    APPROVAL = "waiting.approval"
    HAND_OFF = "waiting.handoff"
    CHECKS = "waiting.checks"
    MERGE = "waiting.merge"
    DEPLOY = "waiting.deploy"
    BLOCKED = "blocked"


@dataclass(frozen=True)
class Episode:
    """An item was sent back: from which state to which, when it left, and when it was past that state again.

    `back_to` is where it was done again. Where it was sent back once more from there, or from further downstream,
    before it was past, the episode ends then and another begins. `days`: elapsed days of its own path that the return
    cost, without those of the returns within it.
    """

    item: str
    origin: str
    back_to: str
    start: datetime
    end: datetime | None
    days: float | None


@dataclass(frozen=True)
class Cadence:
    """The appointments of a gate: weekdays (mon ... sun) and the hour of the stream's time zone."""

    weekdays: tuple[str, ...]
    hour: int


@dataclass(frozen=True)
class Change:
    """On purpose, from a week of the window on: what is done at `at` takes `factor` times as long from then.

    "approval": approvers look so much more seldom; "gate": appointments on more weekdays where `factor` is below 1;
    "work": effort.
    """

    week: int
    factor: float
    at: str = "approval"


@dataclass(frozen=True)
class Plan:
    """What a world must have or must not have. None leaves it to chance.

    `loops`, `stamps`: the chance that a visit is sent back, False for never; `idle`: how much of the time in the states
    of work nobody works; `priority`: approvers take by class of priority; `overloaded`: more comes than an approver can
    take.
    """

    approval: bool | None = None
    gate: bool | Cadence | None = None
    hand_off: bool | None = None
    deploy: bool | None = None
    loops: bool | float | None = None
    stamps: bool | float | None = None
    idle: float | None = None
    parking: bool | None = None
    returns: bool | None = None
    pull_requests: bool | None = None
    evidence: bool | None = None
    priority: bool | None = None
    overloaded: bool | None = None
    change: Change | None = None


@dataclass(frozen=True)
class TrueEffect:
    """Days by which a change moves the mean lead time in long runs, and the standard error of that.

    `change`, `waste`: as the configuration writes them.
    """

    kind: str
    change: Mapping[str, Any]
    waste: Waste
    days: float
    error: float


@dataclass(frozen=True)
class Truth:
    """What really happened. States are the names as the configuration says them, `jira:<name of today>`; items by name.

    `spent`: (item, account) -> elapsed days between trigger and delivery (or the end of the window), of the items of
    `lives`. At night and on free days nobody works: what is in work then is idle, and what waits goes on waiting.
    `touched`: working days that people really worked on these items. `order`: the states from upstream to downstream,
    without parking and return states. `lives`: trigger and delivery of the items that were delivered in the window or
    were open at its end (None); without those that were dropped. `episodes`, `bulk`, `imported` and `dropped` are of
    all items, also of those that were over before the window. `changed`: when a change was made on purpose.
    `waits`: see `bot.demo.truth.worlds.long_run_waits`.
    """

    stations: Mapping[str, Station]
    spent: Mapping[tuple[str, Account], float]
    touched: float
    episodes: tuple[Episode, ...]
    order: tuple[str, ...]
    lives: Mapping[str, tuple[datetime, datetime | None]] = field(default_factory=dict)
    dropped: frozenset[str] = frozenset()
    cadences: Mapping[str, Cadence] = field(default_factory=dict)
    """of gates and of deploy trains, as they were before a change"""
    stamps: Mapping[str, float] = field(default_factory=dict)
    """of an approval or a gate, the true share of visits whose outcome it changes"""
    imported: frozenset[str] = frozenset()
    bots: frozenset[str] = frozenset()
    """ids of accounts of automation that no vendor calls so"""
    renamed: Mapping[str, str] = field(default_factory=dict)
    """former name -> name of today, of states"""
    bulk: frozenset[tuple[str, datetime]] = frozenset()
    """item and instant of every event that was one of a bulk edit"""
    waits: Mapping[str, float] = field(default_factory=dict)
    required: frozenset[tuple[str, str]] = frozenset()
    """steps of which the second cannot begin before the first is finished"""
    changed: datetime | None = None
    effects: tuple[TrueEffect, ...] = ()
    late: bool = False
    """cards are moved hours after what they tell"""
    results: tuple[Series, ...] = ()
    """of a world that has nothing but key results"""


@dataclass(frozen=True)
class World:
    """`blind`: as somebody would configure it who calls every state between the first and the last `work`.

    `told`: as somebody would who knows it. Both over the same `records`, which went through the real connectors.
    """

    movers: Movers
    noisy: bool
    seed: int
    blind: Stream
    told: Stream
    records: Records
    window: Window
    truth: Truth
    plan: Plan | None = None
