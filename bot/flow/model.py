"""What the engine speaks: a stream and its stages going in, an analysis coming out.

Durations in documents are days as numbers (24 hours; working days where a name says so), times are ISO 8601 in UTC,
unknown is null. `gemba schema` prints the JSON Schema of `Analysis`.
"""

from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from bot.words import did_you_mean

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DURATION_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


class Frozen(BaseModel):
    """A value: never changed, and with no keys but those it knows."""

    model_config = ConfigDict(frozen=True, extra="forbid")


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


class LoopKind(StrEnum):
    """Why an item went back: to be done again, for a reviewer's changes, from being thought done, or to make way."""

    REWORK = "rework"
    REVIEW_ROUND = "review round"
    REOPEN = "reopen"
    PREEMPTION = "preemption"


def parse_duration(value: object) -> object:
    """'30m', '24h', '5d' or '2w' as a timedelta."""
    if not isinstance(value, str):
        return value
    number, unit = value[:-1].strip(), DURATION_UNITS.get(value[-1:])
    if unit is None or not number.replace(".", "", 1).isdigit():
        raise ValueError(f'"{value}" is no duration; write for example "30m", "24h", "5d" or "2w"')
    return float(number) * unit


Duration = Annotated[timedelta, BeforeValidator(parse_duration)]


class Calendar(Frozen):
    """When a team works. Weekends and holidays count in elapsed time and not in working time."""

    timezone: str = "UTC"
    working_days: tuple[Weekday, ...] = WEEKDAYS[:5]
    working_hours: str = "09:00-17:00"
    holidays: str | tuple[date, ...] = ()

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError) as problem:
            raise ValueError(f'"{name}" is no time zone; write for example "Europe/Berlin"') from problem
        return name

    @field_validator("working_hours")
    @classmethod
    def _ordered_hours(cls, text: str) -> str:
        try:
            opens, closes = (time.fromisoformat(part.strip()) for part in text.split("-"))
        except ValueError as problem:
            raise ValueError(f'"{text}" are no working hours; write for example "09:00-17:00"') from problem
        if opens >= closes:
            raise ValueError(f'the working hours "{text}" end before they begin')
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
    kind: StageKind
    states: tuple[str, ...]
    time_box: Duration | None = None
    value_adding: bool = True

    @field_validator("states")
    @classmethod
    def _with_source(cls, states: tuple[str, ...]) -> tuple[str, ...]:
        for state in states:
            if not all(state.partition(":")):
                raise ValueError(f'the state "{state}" needs its source, for example "jira:{state.strip(":")}"')
        return states


class Stream(Frozen):
    """One value stream: what belongs to it, where it starts and where it ends."""

    name: str
    sources: tuple[str, ...]
    trigger: str = "created"
    end: str
    stages: tuple[Stage, ...]
    item_types: tuple[str, ...] = ()
    not_delivered: tuple[str, ...] = ()
    calendar: Calendar = Calendar()

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
                raise ValueError(f'the {what} "{sorted(twice)[0]}" stands there twice')
        if not self.position(self.end):
            raise ValueError(f'"{self.end}" is the first stage, so nothing could take time; name the stages before it')
        if self.trigger != "created" and self.position(self.trigger) >= self.position(self.end):
            raise ValueError(f'the trigger "{self.trigger}" does not stand before the end "{self.end}"')
        return self

    def position(self, name: str) -> int:
        """Where a stage stands, from 0 upstream."""
        return next(i for i, stage in enumerate(self.stages) if stage.name == name)

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


# -- the document ------------------------------------------------------------------------------------------------


class StreamPart(Frozen):
    name: str
    trigger: str
    end: str


class ClockPart(Frozen):
    """The working calendar behind every figure called working time."""

    timezone: str
    working_days: tuple[str, ...]
    working_hours: str
    holidays: int = Field(description="holidays inside the window that fall on working days")


class ItemsPart(Frozen):
    delivered: int
    open: int
    excluded: int
    reasons: dict[str, int] = Field(description="why items are excluded; sums to excluded")


class LinksPart(Frozen):
    """How far change requests could be joined with items."""

    change_requests: int
    linked: int
    items_with_change_request: int
    evidence: dict[str, int] = Field(description="linked change requests by the strongest evidence")
    unlinked: dict[str, int] = Field(description="unlinked change requests by reason")


class Spread(Frozen):
    """A distribution of durations in days."""

    n: int
    mean: float | None
    p50: float | None
    p85: float | None


class Survival(Frozen):
    """A distribution of durations in days, with those that still run (Kaplan-Meier); null where it is not reached."""

    n: int
    p50: float | None
    p85: float | None


class Wait(Survival):
    """Waits that ended and waits that did not."""

    mean: float | None = Field(description="of those that ended")


class LeadTime(Spread):
    """Items delivered in the window. `low` and `high`: 80 % interval of p50. Open items count in `with_open`."""

    low: float | None
    high: float | None
    working: Spread = Field(description="the same in working days")
    with_open: Survival = Field(description="delivered and open items")


class Age(Frozen):
    """Work item age: since the trigger, of items not delivered."""

    p50: float | None
    p85: float | None
    items: tuple["OpenItem", ...] = Field(description="all of them, the oldest first")


class OpenItem(Frozen):
    """An open item, where it is, and who can free it."""

    item: str
    title: str
    url: str
    stage: str | None
    state: str
    label: str
    age: float
    in_stage: float
    waited: float | None = Field(description="since when it waits for what it waits for now; null: it is worked on")
    holders: tuple[str, ...]


class Week(Frozen):
    week: date = Field(description="its Monday, in the stream's time zone")
    items: int
    complete: bool = Field(description="false where the window cuts it")


class Ratio(Frozen):
    """Value-added time by total lead time, in working time: evidenced by activity (low), claimed by states (high)."""

    low: float | None
    high: float | None
    coverage: float | None = Field(description="share of delivered items with any evidence of work")


class StagePart(Frozen):
    """Process and wait time: mean days a delivered item spent there; over all stages they sum to the mean lead time.

    `items` and `visits` count all that were there at some time of the window, `wip` those at its end.
    """

    name: str | None = Field(description="null: time in states that no stage claims")
    kind: StageKind | None
    items: int
    visits: int
    process_time: float | None
    wait_time: float | None
    working_process_time: float | None
    working_wait_time: float | None
    wip: int
    complete_and_accurate: float | None


class TimeBox(Frozen):
    limit: float
    breaches: int = Field(description="visits, ended or not, that were longer")
    share: float | None


class QueueItem(Frozen):
    item: str
    title: str
    url: str
    waited: float
    waiting: bool
    holders: tuple[str, ...]


class Queue(Frozen):
    """An approval queue: only waiting for approval, not for checks or merge. `cost`: item-days inside the window.

    `n`, `waiting` and `withdrawn` count visits that ended, that still wait, and that ended because the item was
    dropped: how long those would have waited is unknown, as it is of those that still wait.
    """

    stage: str
    kind: str
    origin: Literal["configured", "discovered", "change requests"]
    n: int
    waiting: int
    withdrawn: int
    wait: Wait
    cost: float
    share: float | None
    holders: tuple[str, ...]
    batching: str | None = None
    rubber_stamp: bool | None = None
    time_box: TimeBox | None
    items: tuple[QueueItem, ...]


class Loop(Frozen):
    """Returns from one stage to an earlier one.

    `cost` is item-days inside the window from each return until it is made good.
    """

    origin: str
    back_to: str
    kind: LoopKind
    count: int = Field(description="returns inside the window")
    items: int = Field(
        description="items that were returned in the window or whose earlier return cost something in it"
    )
    rate: float | None = Field(description="items returned in the window, of the items that were there")
    cost: float
    share: float | None
    examples: tuple[str, ...]


class Evidence(Frozen):
    what: str
    cost: float
    items: tuple[str, ...]


class WastePart(Frozen):
    """Item-days a week, which divided by 7 is the mean number of items stuck in it.

    `low`, `high`: 80 % interval over items.
    """

    waste: Waste
    cost_per_week: float
    share: float
    low: float
    high: float
    evidence: tuple[Evidence, ...]


class Ledger(Frozen):
    """Where all item-days of the window went; wastes and these sum to `total`."""

    total: float
    wastes: float
    value_added: float
    necessary: float
    done: float = Field(description="thought done, and reopened later")
    weeks: float


class Doubt(Frozen):
    """Something dropped, guessed or missing; without blame."""

    kind: str
    detail: str
    items: tuple[str, ...] = ()
    touches: tuple[str, ...] = Field(default=(), description="the figures it bears on")


class Analysis(Frozen):
    """Everything the engine says about one stream in one window."""

    schema_: Literal["gemba.analysis/1"] = Field(default="gemba.analysis/1", alias="schema")
    stream: StreamPart
    window: Window
    clock: ClockPart
    items: ItemsPart
    links: LinksPart | None
    lead_time: LeadTime
    cycle_time: LeadTime
    throughput: tuple[Week, ...]
    wip: int
    age: Age
    value_added_ratio: Ratio
    stages: tuple[StagePart, ...]
    queues: tuple[Queue, ...]
    loops: tuple[Loop, ...]
    wastes: tuple[WastePart, ...]
    ledger: Ledger
    doubts: tuple[Doubt, ...]

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class ExplainedLink(Frozen):
    item: str
    evidence: str


class ExplainedSpan(Frozen):
    start: datetime
    end: datetime
    stage: str | None
    state: str
    label: str
    visit: int
    days: float
    working_days: float
    evidence: tuple[str, ...]


class Explanation(Frozen):
    """One item's timeline, contiguous from trigger to end, and why each span is what it is."""

    schema_: Literal["gemba.explanation/1"] = Field(default="gemba.explanation/1", alias="schema")
    item: str
    title: str
    url: str
    outcome: str
    timezone: str = Field(description="of the stream; times here are in UTC")
    links: tuple[ExplainedLink, ...]
    spans: tuple[ExplainedSpan, ...]
    totals: dict[str, float] = Field(description="days by label; sums to lead_time")
    lead_time: float
    doubts: tuple[str, ...]

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)
