"""What may be changed in a stream. Each change reduces one waste; one that names another, or none, is refused.

A change is written as a table with one leading key, as `{ cap = "Review", at = "24h" }`.
"""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Any, ClassVar, Literal

from pydantic import Field, ValidationError, field_validator

from bot.flow.model import WEEKDAYS, Court, Duration, Frozen, StageKind, Stream, Waste, Weekday
from bot.words import did_you_mean, duration, listed, share

Days = tuple[Weekday, ...]
DAILY = "daily"


def _in_order(on: Days | Literal["daily"] | None) -> Days | Literal["daily"] | None:
    if on is None or on == DAILY:
        return on
    if not on:
        raise ValueError('on has no day; write for example ["mon", "thu"], or "daily"')
    return tuple(day for day in WEEKDAYS if day in on)


class Change(Frozen):
    """`waste`: the account of the ledger that it reduces.

    `discrepancy`: by how much of the effect the replay may be wrong beside chance (one standard deviation); how near
    it comes on simulated teams stands in docs/truth.md.
    `at_least`: the replay is known to find too little, since it does not see that others wait less, too.
    `kinds`: of the stages that can be changed so; `what`: one of them, in a word.
    """

    waste: ClassVar[Waste]
    discrepancy: ClassVar[float]
    at_least: ClassVar[bool] = False
    kinds: ClassVar[tuple[StageKind, ...]] = (StageKind.APPROVAL,)
    what: ClassVar[str] = "approval"

    @property
    def places(self) -> tuple[str, ...]:
        """The stages, turns or states at which something is changed."""
        return (str(getattr(self, next(iter(type(self).model_fields)))),)

    @property
    @abstractmethod
    def words(self) -> str:
        """What is done, in words."""

    def check(self, stream: Stream) -> None:
        """Raises ValueError where the stream has no such place, or none that can be changed so."""
        for place in self.places:
            _known(place, stream, self.kinds, self.what)


class GateCadence(Change):
    """A gate meets on other days: every item waits for the next appointment.

    On 15 simulated teams the replay was wrong by 0.13 of the effect (likely 0.07 to 0.21; the mean is taken).
    """

    waste, discrepancy = Waste.WAITING, 0.15
    cadence: str
    """the gate"""
    on: Days | Literal["daily"]
    """the days on which it meets, or `daily`"""
    hour: int | None = Field(default=None, ge=0, le=23)
    """of the day; default: as now"""

    @property
    def words(self) -> str:
        return f"{self.cadence} meets {days_in_words(self.on)}{_at(self.hour)}"

    _ordered = field_validator("on")(_in_order)


class TimeBox(Change):
    """What waits longer for an approval is escalated and answered, in so many of all cases."""

    waste, discrepancy = Waste.WAITING, 0.30
    cap: str
    """the approval"""
    at: Duration
    """how long it may take"""
    compliance: float = Field(default=1.0, gt=0, le=1)
    """share of the cases in which that is kept"""

    @property
    def words(self) -> str:
        kept = "" if self.compliance == 1 else f", in {share(self.compliance)} of the cases"
        return f"{self.cap} answers within {duration(self.at.total_seconds() / 86_400)}{kept}"


class Removal(Change):
    """An approval that changes nothing is given up, or given by itself to so many of all items."""

    waste, discrepancy = Waste.OVER_PROCESSING, 0.30
    remove: str
    """the approval"""
    share: float = Field(default=1.0, gt=0, le=1)
    """of the items that need it no more"""

    @property
    def words(self) -> str:
        return f"{self.remove} is given up" if self.share == 1 else f"{self.remove} is left out for {share(self.share)}"

    def check(self, stream: Stream) -> None:
        """Nor where a law or a duty requires it."""
        super().check(stream)
        for stage in stream.stages:
            if stage.name == self.remove and stage.necessary:
                raise ValueError(
                    f'"{stage.name}" is required by {stage.necessary} and is never removed; '
                    "write another change, as of its cadence, or a time-box"
                )


class Deploy(Change):
    """Deployed on more days, or, without days, by a machine: as soon as the quickest tenth is today."""

    waste, discrepancy = Waste.WAITING, 0.10
    kinds, what = (StageKind.WAIT, StageKind.APPROVAL, StageKind.DONE), "wait"
    deploy: str
    """the stage that waits for it"""
    on: Days | Literal["daily"] | None = None
    """the days, or `daily`; default: as soon as it is ready"""
    hour: int | None = Field(default=None, ge=0, le=23)
    """of the day; default: as now"""

    @property
    def words(self) -> str:
        how = "as soon as it is ready" if self.on is None else f"{days_in_words(self.on)}{_at(self.hour)}"
        return f"{self.deploy}: deployed {how}"

    _ordered = field_validator("on")(_in_order)


class FewerReturns(Change):
    """So many of the items that a stage sends back would have been right the first time."""

    waste, discrepancy, at_least = Waste.DEFECTS, 0.40, True
    kinds, what = tuple(StageKind), "stage"
    rework: str
    """the stage that sends back"""
    by: float = Field(gt=0, le=1)
    """share of the returns that do not happen any more"""

    @property
    def words(self) -> str:
        return f"{self.rework} sends back {share(self.by)} less"


class Attention(Change):
    """Those who approve look so many times as often."""

    waste, discrepancy, at_least = Waste.WAITING, 0.50, True
    attention: str
    """the approval"""
    times: float = Field(gt=1, le=20)
    """how many times as often they look, up to 20"""

    @property
    def words(self) -> str:
        return f"{self.attention} is looked at {self.times:g} times as often"


class Parallel(Change):
    """Stages that follow each other begin together: what follows waits for the last of them.

    The replay was wrong by no more than chance on 14 simulated teams, and by 0.27 of the effect on 11 others.
    """

    waste, discrepancy = Waste.WAITING, 0.30
    kinds, what = (StageKind.WORK, StageKind.WAIT, StageKind.APPROVAL), "stage"
    parallel: tuple[str, ...] = Field(min_length=2)
    """the stages, two or more"""

    @property
    def places(self) -> tuple[str, ...]:
        return self.parallel

    @property
    def words(self) -> str:
        return f"{' and '.join(self.parallel)} run in parallel"


@dataclass(frozen=True)
class Planned:
    """A change and what it is called."""

    name: str
    change: Change


KINDS: Mapping[str, type[Change]] = MappingProxyType(
    {next(iter(kind.model_fields)): kind for kind in (
        GateCadence, TimeBox, Removal, Deploy, FewerReturns, Attention, Parallel
    )}
)  # fmt: skip
"""A change by its leading key."""

UNTOLD: Mapping[str, str] = MappingProxyType(
    {"wip": "what fewer items at a time would do cannot be told yet, since it changes what is begun and when"}
)
"""Changes that make sense and that nothing is said of, by their leading key."""

EXAMPLE = 'write for example { cap = "Review", at = "24h" }'


def read_change(written: Mapping[str, object], waste: object, stream: Stream) -> Change:
    """The change that a table says, with the waste it states. Raises ValueError, which says what is wrong."""
    untold = next((key for key in written if key in UNTOLD), None)
    if untold:
        raise ValueError(f'"{untold}" is not supported: {UNTOLD[untold]}; leave it out')
    leading = [key for key in written if key in KINDS]
    if not leading:
        near = did_you_mean(next(iter(written), ""), KINDS)
        raise ValueError(f"a change begins with {listed([*KINDS])}{near}; {EXAMPLE}")
    if len(leading) > 1:
        raise ValueError(f"one change has both {' and '.join(leading)}; write two")
    kind = KINDS[leading[0]]
    _check_waste(kind, f'{leading[0]} = "{written[leading[0]]}"', waste)
    try:
        found = kind.model_validate(dict(written))
    except ValidationError as problem:
        raise ValueError(_fault(problem, kind, leading[0])) from problem
    found.check(stream)
    return found


def as_written(change: Change) -> dict[str, Any]:
    """The table that says this change."""
    told = change.model_dump(exclude_defaults=True)
    return {key: _plain(value) for key, value in told.items()}


def _plain(value: object) -> object:
    if isinstance(value, timedelta):
        return f"{value / timedelta(hours=1):.6f}".rstrip("0").rstrip(".") + "h"
    return list(value) if isinstance(value, tuple) else value


def _check_waste(kind: type[Change], what: str, stated: object) -> None:
    if stated is None:
        raise ValueError(f'{what} names no waste; it reduces {kind.waste}, so say waste = "{kind.waste}"')
    if stated not in [*Waste]:
        near = did_you_mean(str(stated), Waste)
        raise ValueError(f'{what}: "{stated}" is no waste{near or "; known are " + ", ".join(Waste)}')
    if stated != kind.waste:
        raise ValueError(
            f"{what} reduces {kind.waste}, not {stated}; write that, since a change traces to the one waste it reduces"
        )


def _fault(problem: ValidationError, kind: type[Change], leading: str) -> str:
    error = problem.errors()[0]
    name = str(error["loc"][0]) if error["loc"] else leading
    match error["type"]:
        case "extra_forbidden":
            return f"{leading}: unknown key {name}{did_you_mean(name, kind.model_fields) or '; remove it'}"
        case "missing":
            return f"{leading}: {name} is missing; add it"
        case "value_error":
            return f"{leading}: {error['ctx']['error']}"
    if name == "on":
        return f'{leading}: on wants "daily" or weekdays; write for example ["mon", "thu"]'
    return f"{leading}: {name}: {error['msg'][0].lower()}{error['msg'][1:]}; {EXAMPLE}"


def _known(place: str, stream: Stream, kinds: tuple[StageKind, ...], what: str) -> None:
    """A stage of such a kind before the end, the reviewers' turn, or a state, which is told by its source."""
    here = stream.stages[: stream.position(stream.end)]
    names = [stage.name for stage in here if stage.kind in kinds]
    turns = [Court.AWAITING_REVIEW] if StageKind.APPROVAL in kinds else []
    if place in (*names, *turns) or all(place.partition(":")):
        return
    known = f"; there is {listed(names)}" if names else "; add one to its stages"
    raise ValueError(f'"{place}" is no {what} of this stream{did_you_mean(place, [*names, *turns]) or known}')


def days_in_words(on: Days | str) -> str:
    """`every day`, or `on Mon and Thu`."""
    return "every day" if on == DAILY else "on " + " and ".join(day.capitalize() for day in on)


def _at(hour: int | None) -> str:
    return "" if hour is None else f" at {hour:02}:00"
