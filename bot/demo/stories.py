"""What happens in a simulated company: items, pull requests and sprints, and how far they have come."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime


@dataclass(frozen=True)
class Move:
    """An item enters a status."""

    at: datetime
    status: str
    who: str


@dataclass(frozen=True)
class Fact:
    """Something else that happens.

    what: assigned, edited, flagged, unflagged; or opened, ready, requested, reviewed, committed, merged.
    """

    at: datetime
    what: str
    who: str
    detail: str = ""


@dataclass(frozen=True)
class SprintStory:
    """A sprint; `ended` is when it is to end while it runs."""

    number: int
    goal: str | None
    started: datetime
    ended: datetime

    @property
    def name(self) -> str:
        return f"Sprint {self.number}"


@dataclass
class PullStory:
    """A pull request."""

    number: int
    title: str
    branch: str
    author: str
    draft: bool
    facts: list[Fact] = field(default_factory=list)


@dataclass
class ItemStory:
    """An item and its pull requests."""

    number: int
    title: str
    type: str
    created: datetime
    resolution: str | None = None
    moves: list[Move] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    labels: tuple[str, ...] = ()
    planned: list[tuple[datetime, int]] = field(default_factory=list)
    """when it was taken into which sprint"""
    project: str = "PAY"
    parent: str | None = None

    @property
    def key(self) -> str:
        return f"{self.project}-{self.number}"


@dataclass(frozen=True)
class Tracker:
    """What a company's Jira has. `ends`: statuses that resolve an item; `planner`: who takes items into sprints."""

    projects: Mapping[str, str]
    statuses: tuple[str, ...]
    ends: tuple[str, ...]
    planner: str


@dataclass(frozen=True)
class Company:
    """What there is to collect, up to `now`."""

    now: datetime
    tracker: Tracker
    items: tuple[ItemStory, ...]
    pulls: tuple[PullStory, ...] = ()
    sprints: tuple[SprintStory, ...] = ()
    channel: str = "payments"
    """of its Slack"""

    def until(self, now: datetime) -> "Company":
        """As it was then."""
        items = tuple(_until(item, self.tracker, now) for item in self.items if item.created <= now)
        pulls = tuple(pull for pull in (_pull_until(pull, now) for pull in self.pulls) if pull.facts)
        sprints = tuple(sprint for sprint in self.sprints if sprint.started <= now)
        return replace(self, now=now, items=items, pulls=pulls, sprints=sprints)


def _until(item: ItemStory, tracker: Tracker, now: datetime) -> ItemStory:
    """The item as far as it has come."""
    moves = sorted((m for m in item.moves if m.at <= now), key=lambda m: m.at)
    facts = sorted((f for f in item.facts if f.at <= now), key=lambda f: f.at)
    resolution = item.resolution if moves[-1].status in tracker.ends else None
    planned = [(at, sprint) for at, sprint in item.planned if at <= now]
    return replace(item, resolution=resolution, moves=moves, facts=facts, planned=planned)


def _pull_until(pull: PullStory, now: datetime) -> PullStory:
    facts = sorted((f for f in pull.facts if f.at <= now), key=lambda f: f.at)
    opened = any(f.what == "opened" for f in facts)
    return PullStory(pull.number, pull.title, pull.branch, pull.author, pull.draft, facts if opened else [])
