"""What the engine is asked about: a stream, its stages and a window."""

import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from bot.words import did_you_mean

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DURATION_UNITS = {
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
    "y": timedelta(days=365),
}


class Frozen(BaseModel):
    """A value: never changed, and with no keys but those it knows. Its validator is made when it is used first."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class StageKind(StrEnum):
    """What happens in a stage."""

    WAIT = "wait"
    WORK = "work"
    APPROVAL = "approval"
    DONE = "done"
    DROPPED = "dropped"


class Waste(StrEnum):
    """The seven wastes of lean."""

    OVERPRODUCTION = "overproduction"
    WAITING = "waiting"
    TRANSPORT = "transport"
    OVER_PROCESSING = "over-processing"
    INVENTORY = "inventory"
    MOTION = "motion"
    DEFECTS = "defects"


class Court(StrEnum):
    """Whose turn a change request is; the configuration maps `<kind of source>:<court>` to stages."""

    DRAFT = "draft"
    AWAITING_REVIEW = "awaiting review"
    CHANGES_REQUESTED = "changes requested"
    CHECKS_FAILED = "checks failed"
    AWAITING_CHECKS = "awaiting checks"
    AWAITING_MERGE = "awaiting merge"
    IN_MERGE_QUEUE = "in merge queue"
    MERGED = "merged"
    RELEASED = "released"
    DEPLOYED = "deployed"
    CLOSED = "closed"


class LoopKind(StrEnum):
    """Why an item went back, or had to be made at all.

    To be done again, for a reviewer's changes, from being thought done, to make way, because what had landed was taken
    back, or because something delivered was at fault.
    """

    REWORK = "rework"
    REVIEW_ROUND = "review round"
    REOPEN = "reopen"
    PREEMPTION = "preemption"
    REVERT = "revert"
    ESCAPED = "escaped defect"


def parse_duration(value: object) -> object:
    """'30m', '24h', '5d', '2w' or '1y' (365 days) as a timedelta; a number without a unit could be anything."""
    if isinstance(value, timedelta):
        return value
    text = str(value)
    number, unit = text[:-1].strip(), DURATION_UNITS.get(text[-1:])
    if unit is None or not number.replace(".", "", 1).isdigit():
        raise ValueError(f'"{value}" is no duration; write for example "30m", "24h", "5d" or "2w"')
    try:
        return float(number) * unit
    except OverflowError as problem:
        raise ValueError(f'"{value}" is longer than any time can be; write less') from problem


Duration = Annotated[timedelta, BeforeValidator(parse_duration)]


def check_local(moment: time) -> time:
    """Raises ValueError for a time of day with an offset, since the zone is said elsewhere."""
    if moment.tzinfo is not None:
        raise ValueError("a time of day has no offset; write it as 09:00")
    return moment


YEARS = range(1971, 2200)
"""From any day in them a quarter can be reckoned back and forth, in every zone."""


def _in_our_time(day: date) -> date:
    if day.year not in YEARS:
        raise ValueError(f"{day} is no day that anybody plans for; years are from {YEARS[0]} to {YEARS[-1]}")
    return day


Day = Annotated[date, AfterValidator(_in_our_time)]


class Calendar(Frozen):
    """When a team works. Weekends and holidays count in elapsed time and not in working time."""

    timezone: str = "UTC"
    """by its IANA name, as `Europe/Berlin`"""
    working_days: tuple[Weekday, ...] = WEEKDAYS[:5]
    """of the week"""
    working_hours: str = "09:00-17:00"
    """from when until when"""
    holidays: str | tuple[Day, ...] = ()
    """country and subdivision, as `DE-BY`, or a list of dates"""

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (LookupError, ValueError, OSError) as problem:
            raise ValueError(f'"{name}" is no time zone; write for example "Europe/Berlin"') from problem
        return name

    @field_validator("working_hours")
    @classmethod
    def _ordered_hours(cls, text: str) -> str:
        try:
            opens, closes = (check_local(time.fromisoformat(part.strip())) for part in text.split("-"))
        except ValueError as problem:
            raise ValueError(f'"{text}" are no working hours; write for example "09:00-17:00"') from problem
        if opens >= closes:
            raise ValueError(f'the working hours "{text}" end before they begin; write for example "09:00-17:00"')
        return text

    @field_validator("holidays")
    @classmethod
    def _known_country(cls, found: str | tuple[date, ...]) -> str | tuple[date, ...]:
        if isinstance(found, str):
            import holidays

            country, _, subdivision = found.partition("-")
            try:
                holidays.country_holidays(country, subdiv=subdivision or None)
            except NotImplementedError as problem:
                raise ValueError(
                    f'no holidays are known for "{found}"; write for example "DE-BY", or dates'
                ) from problem
        return found

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def hours(self) -> tuple[time, time]:
        opens, closes = (time.fromisoformat(part.strip()) for part in self.working_hours.split("-"))
        return opens, closes


class Stage(Frozen):
    """A step of the stream, and the states of the sources that belong to it, as `<kind of source>:<state>`."""

    name: str
    """what it is called on the map"""
    kind: StageKind
    """what happens in it"""
    states: tuple[str, ...]
    """which states belong to it, as `jira:In Review` or `github:awaiting review`"""
    time_box: Duration | None = None
    """how long it may take; breaches are counted"""
    value_adding: bool = True
    """whether its work produces the output; needed work that does not is `false`"""
    necessary: str | None = None
    """the law or duty that requires it; it is never proposed to be removed"""
    prepares: str | None = None
    """the approval that it only gets ready for"""

    @field_validator("states")
    @classmethod
    def _with_source(cls, states: tuple[str, ...]) -> tuple[str, ...]:
        for state in states:
            if not all(state.partition(":")):
                raise ValueError(f'the state "{state}" needs its source, for example "jira:{state.strip(":")}"')
        return states


class Serves(Frozen):
    """What serves a goal; any of these will do, upper or lower case."""

    labels: tuple[str, ...] = ()
    """items with one of these"""
    epics: tuple[str, ...] = ()
    """items under one of these"""
    links: tuple[str, ...] = ()
    """items linked to one of these"""
    pattern: str | None = None
    """items whose title this regular expression finds"""

    @field_validator("pattern")
    @classmethod
    def _readable(cls, pattern: str | None) -> str | None:
        try:
            re.compile(pattern or "")
        except (re.error, OverflowError, RecursionError) as problem:
            raise ValueError(
                f'"{pattern}" is no regular expression: {problem}; write . and ? of a text as \\. and \\?'
            ) from problem
        return pattern

    @model_validator(mode="after")
    def _something(self) -> "Serves":
        if not (self.labels or self.epics or self.links or self.pattern):
            raise ValueError("serves says nothing; name labels, epics, links or a pattern")
        return self


class NotWaste(Frozen):
    """Waste that somebody says is none: of one item, at one place, or of that item there."""

    reason: str
    """for everybody who wonders later"""
    place: str | None = None
    """the stage, or the turn of a change request"""
    item: str | None = None
    """only this item"""
    waste: Waste | None = None
    """only this waste; default: whatever it would be booked as"""

    @model_validator(mode="after")
    def _somewhere(self) -> "NotWaste":
        if self.place is None and self.item is None:
            raise ValueError('not_waste needs a place or an item; write for example place = "Review"')
        if not self.reason.strip():
            raise ValueError("not_waste needs a reason, for everybody who wonders later")
        return self


class Staff(Frozen):
    """How many people work on a stream since a day, in full-time equivalents."""

    since: Day
    """the first day"""
    people: float = Field(gt=0)
    """in full-time equivalents"""


class Stream(Frozen):
    """One value stream: what belongs to it, where it starts and where it ends."""

    name: str
    """what it is called"""
    sources: tuple[str, ...]
    """what it reads, as `jira.acme/PAY`; a connector without a scope stands for all it has"""
    trigger: str = "created"
    """where lead time starts: `created`, or the name of a stage"""
    end: str
    """the stage whose last entry, the one that lasts, delivers"""
    stages: tuple[Stage, ...]
    """from upstream to downstream"""
    item_types: tuple[str, ...] = ()
    """only these types of issues; default: all"""
    not_delivered: tuple[str, ...] = ()
    steps: Literal["states", "completions", "children"] | None = None
    """what the steps of a case are told by; default: its child items, or else the states of its event log,
    of which is known when they were entered; "states": that each is left when its step is finished, too"""
    anchor: str | None = None
    """the stage or state whose first entry is the time by which a case should be ready"""
    must_have: tuple[str, ...] = ()
    """the steps that must be finished by then; default: all"""
    decided: str | None = None
    """the stage or state in which an initiative is decided"""
    groups: tuple[str, ...] = ()
    """labels that part its items into departments, teams or sites, which are compared; never persons"""
    headcount: tuple[Staff, ...] = ()
    """default: people are counted by their traces of work"""
    not_waste: tuple[NotWaste, ...] = ()
    """what counts as necessary, whatever it would be booked as"""
    calendar: Calendar = Calendar()
    """its own; default: the one of all streams"""

    @model_validator(mode="after")
    def _milestones(self) -> "Stream":
        names = [stage.name for stage in self.stages]
        for key, name in (("anchor", self.anchor), ("decided", self.decided)):
            if name is not None and name not in names and not all(name.partition(":")):
                near = did_you_mean(name, names) or "; write the name of a stage, or a state as jira:Done"
                raise ValueError(f'{key} = "{name}" is no stage and no state{near}')
        if self.must_have and self.anchor is None:
            raise ValueError("must_have names what must be finished by the anchor, but there is none; set anchor")
        return self

    @field_validator("groups")
    @classmethod
    def _told_apart(cls, groups: tuple[str, ...]) -> tuple[str, ...]:
        if len(groups) == 1 or not all(label.strip() for label in groups):
            raise ValueError('groups are compared, so name the labels of two or more: ["Sales", "Engineering"]')
        if len({label.casefold() for label in groups}) < len(groups):
            raise ValueError("groups names a label twice; name each once")
        return groups

    @model_validator(mode="after")
    def _consistent(self) -> "Stream":
        names = [stage.name for stage in self.stages]
        for key, name in (("end", self.end), ("trigger", self.trigger)):
            if name not in names and (key, name) != ("trigger", "created"):
                near = did_you_mean(name, names) or f"; it has {', '.join(names)}"
                raise ValueError(f'{key} = "{name}" is no stage of this stream{near}')
        for what, found in (("stage", names), ("state", [s for stage in self.stages for s in stage.states])):
            twice = {f for f in found if found.count(f) > 1}
            if twice:
                raise ValueError(f'the {what} "{sorted(twice)[0]}" stands there twice; remove or rename one')
        gates = [stage.name for stage in self.stages if stage.kind is StageKind.APPROVAL]
        for stage in self.stages:
            if stage.prepares is not None and stage.prepares not in gates:
                known = did_you_mean(stage.prepares, gates) or f"; approvals are {', '.join(gates) or 'none'}"
                raise ValueError(f'the stage "{stage.name}" prepares "{stage.prepares}", which is no approval{known}')
        if not self.position(self.end):
            raise ValueError(f'"{self.end}" is the first stage, so nothing could take time; name the stages before it')
        if self.trigger != "created" and self.position(self.trigger) >= self.position(self.end):
            raise ValueError(
                f'the trigger "{self.trigger}" does not stand before the end "{self.end}"; put the stages in order'
            )
        return self

    def position(self, name: str) -> int:
        """Where a stage stands, from 0 upstream."""
        return next(i for i, stage in enumerate(self.stages) if stage.name == name)

    @property
    def serving(self) -> Mapping[str, Serves]:
        """Goal -> what serves it, in a stream that has goals."""
        return {}

    @property
    def claims(self) -> dict[str, int]:
        """State -> the position of the stage it was given."""
        return {state: n for n, stage in enumerate(self.stages) for state in stage.states}

    @property
    def ending_states(self) -> frozenset[str]:
        """States in which nothing is left to do: delivered or dropped."""
        last = self.position(self.end)
        over = (s for n, s in enumerate(self.stages) if n >= last or s.kind is StageKind.DROPPED)
        return frozenset(state for stage in over for state in stage.states)

    @property
    def first_work(self) -> int:
        """The first stage in which somebody works; waiting before it is backlog."""
        return next((i for i, stage in enumerate(self.stages) if stage.kind is StageKind.WORK), len(self.stages))


class Window(Frozen):
    """The half-open span of time that is looked at. What comes after its end is not known to the analysis."""

    start: datetime
    end: datetime
    timezone: str = "UTC"

    @property
    def last(self) -> datetime:
        """Within the last day that is looked at."""
        return self.end - timedelta(seconds=1)

    @property
    def weeks(self) -> float:
        return (self.end - self.start) / timedelta(weeks=1)
