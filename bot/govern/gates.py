"""Gates: where outcomes decide whether to continue, to pivot or to stop, by thresholds written down beforehand."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from bot.flow.findings.analysis import Analysis
from bot.flow.findings.lead import ItemsPart, LeadTime
from bot.flow.findings.measures import Answer, Ratio
from bot.flow.findings.trend import Trend
from bot.flow.model import Day, Frozen, Waste, Window
from bot.govern.key_results import KeyResult, KeyResultPart, judged
from bot.govern.plan_part import PlanPart
from bot.govern.verdicts import Thresholds, Verdict

LATELY = timedelta(weeks=3)
"""So long after the end of a quarter its gate may still be held."""

Decision = Literal["continue", "pivot", "stop"]


class Gate(Thresholds):
    """`[[streams.gates]]`: on a day, or at the end of every quarter. Default: it judges all key results of its quarter.

    A threshold is a probability that a key result is reached.
    """

    name: str
    """what it is called"""
    on: Day | None = None
    """its day"""
    every: Literal["quarter"] | None = None
    """or the last day of every quarter"""
    key_results: tuple[str, ...] = ()
    """the names of those it judges; default: all of its quarter"""

    @model_validator(mode="after")
    def _once_or_ever_again(self) -> "Gate":
        if (self.on is None) == (self.every is None):
            raise ValueError(f'"{self.name}" needs either on = 2026-12-18 or every = "quarter"')
        return self

    @model_validator(mode="after")
    def _ordered(self) -> "Gate":
        if not 0 < self.stop_below < self.continue_at < 1:
            raise ValueError(
                f"stop_below = {self.stop_below:g} and continue_at = {self.continue_at:g} must be probabilities "
                "between 0 and 1, the first below the second"
            )
        return self

    @property
    def thresholds(self) -> Thresholds:
        return Thresholds(continue_at=self.continue_at, stop_below=self.stop_below)

    def day(self, today: date) -> date:
        """Its day; where it comes every quarter, the last day of the quarter, until three weeks after it."""
        return self.on or _last_day(today - LATELY)

    def judges(self, results: Sequence[KeyResult], day: date) -> list[str]:
        """The names of the key results it judges on a day: of that quarter, or else of the one before."""
        asked = [result for result in results if not self.key_results or result.name in self.key_results]
        now, before = _quarter(day), _quarter(day.replace(day=1, month=3 * ((day.month - 1) // 3) + 1) - timedelta(1))
        of_now = [result.name for result in asked if result.quarter == now]
        return of_now or [result.name for result in asked if result.quarter == before]


class Judged(Frozen):
    """The verdict on one key result, by the thresholds of the gate."""

    key_result: str
    verdict: Verdict
    probability: float | None
    reason: str


class Removable(Frozen):
    """The largest waste that no law or duty asks for: so many item-days a week in one place."""

    waste: Waste
    what: str
    cost_per_week: float


UNDECIDED = "undecided"
"""Recorded where nobody had decided by the end of a gate's day."""


class Recorded(Frozen):
    """A decision that was recorded. `hash` seals it together with all that was recorded before."""

    number: int
    at: datetime
    decision: str
    verdict: str = Field(description="what the thresholds said")
    reason: str
    hash: str
    intact: bool = Field(description="it is as it was recorded, and so is all before it")


class GatePart(Frozen):
    """A gate as it stands: the verdict is what its thresholds say of the outcomes; people decide."""

    name: str
    day: date
    days_left: int = Field(description="negative once it is past")
    continue_at: float
    stop_below: float
    since: datetime | None = Field(description="since when these thresholds are written down")
    verdict: Verdict
    reason: str
    key_results: tuple[Judged, ...]
    removable: Removable | None
    recorded: tuple[Recorded, ...] = Field(description="decisions on this day's gate")

    @property
    def is_decided(self) -> bool:
        return any(one.decision != UNDECIDED for one in self.recorded)


class GateContext(Frozen):
    """What is known of gates beside the analysis: since when each is written down as it is, and what was recorded."""

    since: Mapping[str, datetime] = {}
    recorded: Mapping[tuple[str, str], tuple[Recorded, ...]] = {}
    """by gate and day"""


class Pack(Answer):
    """`gemba.gate/1`: everything that a gate decides on, as it was known at `seen`."""

    schema_: Literal["gemba.gate/1"] = Field(default="gemba.gate/1", alias="schema")
    stream: str
    window: Window
    seen: datetime
    gate: GatePart
    key_results: tuple[KeyResultPart, ...]
    items: ItemsPart
    lead_time: LeadTime
    wip: int
    value_added_ratio: Ratio
    trend: tuple[Trend, ...]
    plan: tuple[PlanPart, ...]
    doubts: dict[str, int] = Field(description="how many of each kind bear on these figures")


class HistoryEntry(Recorded):
    """A record with what it rests on; `fault` says what is wrong with it since it was recorded."""

    gate: str
    day: str
    previous: str = Field(description="hash of the record before")
    fault: str | None
    pack: dict[str, Any]


class History(Answer):
    """`gemba.gate.history/1`: what was decided at the gates of a stream. `intact`: nothing was changed since."""

    schema_: Literal["gemba.gate.history/1"] = Field(default="gemba.gate.history/1", alias="schema")
    stream: str
    intact: bool
    records: tuple[HistoryEntry, ...]


def gates(
    configured: Sequence[Gate],
    results: Sequence[KeyResult],
    parts: Sequence[KeyResultPart],
    removable: Removable | None,
    now: datetime,
    zone: ZoneInfo,
    context: GateContext | None = None,
) -> tuple[GatePart, ...]:
    """The gates as they stand, the next first."""
    known = context or GateContext()
    today = now.astimezone(zone).date()
    found = [_gate(gate, results, parts, removable, today, known) for gate in configured]
    return tuple(sorted(found, key=lambda part: (part.days_left < 0, abs(part.days_left))))


def largest_removable(analysis: Analysis, necessary: Iterable[str]) -> Removable | None:
    """The largest waste in one place; approvals that a law or duty requires are left alone."""
    kept = {*necessary}
    weeks = analysis.ledger.weeks
    places = [
        Removable(waste=part.waste, what=place.what, cost_per_week=place.cost / weeks)
        for part in analysis.wastes
        for place in part.evidence
        if place.what not in kept
    ]
    return max(places, key=lambda place: place.cost_per_week, default=None)


def _gate(
    gate: Gate,
    results: Sequence[KeyResult],
    parts: Sequence[KeyResultPart],
    removable: Removable | None,
    today: date,
    known: GateContext,
) -> GatePart:
    day = gate.day(today)
    names = gate.judges(results, day)
    mine = [part for part in parts if part.name in names]
    said = tuple(_judged(part, gate.thresholds) for part in mine)
    verdict, reason = _together(mine, said, removable)
    return GatePart(
        name=gate.name,
        day=day,
        days_left=(day - today).days,
        continue_at=gate.continue_at,
        stop_below=gate.stop_below,
        since=known.since.get(gate.name),
        verdict=verdict,
        reason=reason,
        key_results=said,
        removable=removable,
        recorded=known.recorded.get((gate.name, day.isoformat()), ()),
    )


def _judged(part: KeyResultPart, thresholds: Thresholds) -> Judged:
    verdict, reason = judged(part, thresholds)
    return Judged(key_result=part.name, verdict=verdict, probability=part.probability, reason=reason)


def _together(
    parts: Sequence[KeyResultPart], said: Sequence[Judged], removable: Removable | None
) -> tuple[Verdict, str]:
    """Committed key results decide, or the others where there are none: all of them, or else it is a pivot."""
    committed = [judged for part, judged in zip(parts, said, strict=True) if part.kind == "committed"]
    deciding = committed or list(said)
    if not deciding:
        return "insufficient", "no key result of its quarter"
    missing = [judged.key_result for judged in deciding if judged.verdict == "insufficient"]
    if missing:
        return "insufficient", f"data are missing of {', '.join(missing)}"
    verdicts = {judged.verdict for judged in deciding}
    if len(verdicts) == 1 and verdicts != {"pivot"}:
        return deciding[0].verdict, "; ".join(f"{judged.key_result}: {judged.reason}" for judged in deciding)
    return "pivot", _what_else(deciding, removable)


def _what_else(deciding: Sequence[Judged], removable: Removable | None) -> str:
    behind = [f"{judged.key_result}: {judged.reason}" for judged in deciding if judged.verdict != "continue"]
    largest = f"; the largest waste to remove is {removable.waste} in {removable.what}" if removable else ""
    return "; ".join(behind) + largest


def _quarter(day: date) -> str:
    return f"{day.year}-Q{(day.month + 2) // 3}"


def _last_day(day: date) -> date:
    """Of its quarter."""
    month = 3 * ((day.month + 2) // 3)
    return date(day.year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
