"""Key results: a figure, where it started, where it is to be, how far it has come, and whether it will get there."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, FiniteFloat, field_validator, model_validator

from bot.flow.findings.future import Moved
from bot.flow.model import YEARS, Frozen, Serves
from bot.govern.metrics import Better, better
from bot.govern.plan import Course
from bot.govern.verdicts import Odds, Thresholds, Verdict, judge

WEEK = timedelta(weeks=1)
LOOKS_BACK = 4
"""A figure of the analysis is that of the four weeks up to its time, as in the digest."""

FEWEST, OLDEST = 4, 2 * WEEK
"""Weekly values that it takes to say anything, and how old the last may be."""

SUCCESS = {"committed": 1.0, "stretch": 0.7}
"""Share of the way that counts as success (Doerr, Measure What Matters, 2018)."""

PLACE = re.compile(r'\["([^"]+)"\]')
"""Of which a metric speaks."""

Measured = Literal["analysis", "count", "hand"]


class KeyResult(Frozen):
    """`[[streams.key_results]]`; measured by the `metric` of the analysis, by counting what `jql` finds, or by hand."""

    objective: str
    """what it belongs to"""
    name: str
    """what it is called"""
    metric: str | None = None
    """a figure of the analysis, as `lead_time.p85`; `gemba schema metrics` lists them"""
    jql: str | None = None
    """or how many issues this finds, counted once a day"""
    source: str | None = None
    """the Jira that counts, where the stream reads several"""
    by_hand: bool = False
    """or values that somebody enters with `gemba kr set`"""
    baseline: FiniteFloat
    """where it started"""
    target: FiniteFloat
    """where it is to be"""
    better: Better | None = None
    """default: what the metric says, or the way from baseline to target"""
    quarter: str
    """as `2026-Q4`"""
    kind: Literal["committed", "stretch"] = "committed"
    """of a stretch goal 70 % of the way are success"""
    serves: Serves | None = None
    """what serves it"""

    @field_validator("quarter")
    @classmethod
    def _quarter(cls, text: str) -> str:
        if not re.fullmatch(r"[0-9]{4}-Q[1-4]", text) or int(text[:4]) not in YEARS:
            raise ValueError(f'"{text}" is no quarter; write for example "2026-Q4"')
        return text

    @model_validator(mode="after")
    def _measurable(self) -> "KeyResult":
        if sum((self.metric is not None, self.jql is not None, self.by_hand)) != 1:
            raise ValueError(f'"{self.name}" needs exactly one of metric = "...", jql = "..." and by_hand = true')
        if self.source is not None and self.jql is None:
            raise ValueError(f'"{self.name}": source names the Jira that counts, so it needs jql = "..."')
        return self

    @model_validator(mode="after")
    def _reachable(self) -> "KeyResult":
        if self.baseline == self.target:
            raise ValueError("baseline and target are the same, so nothing can be reached; set another target")
        way = "more" if self.target > self.baseline else "less"
        wanted = self.better or (better(self.metric) if self.metric else None)
        if wanted not in (None, way):
            raise ValueError(
                f"the target {self.target:g} is on the wrong side of the baseline {self.baseline:g}: "
                f"of {self.metric or self.name} {wanted} is better"
                + ("; correct them" if self.better else f'; correct them, or write better = "{way}" if you mean it')
            )
        return self

    @property
    def measured(self) -> Measured:
        return "analysis" if self.metric else "count" if self.jql else "hand"

    @property
    def success(self) -> float:
        return SUCCESS[self.kind]

    def span(self, zone: ZoneInfo | None = None) -> tuple[datetime, datetime]:
        """First instant of the quarter, and of the one after it, in UTC."""
        year, number = int(self.quarter[:4]), int(self.quarter[-1])
        start = datetime(year, 3 * number - 2, 1, tzinfo=zone or UTC)
        end = datetime(year + number // 4, 3 * number % 12 + 1, 1, tzinfo=zone or UTC)
        return start.astimezone(UTC), end.astimezone(UTC)

    def progress(self, value: float) -> float:
        """0 at the baseline, 1 at the target."""
        return (value - self.baseline) / (self.target - self.baseline)


class Reading(Frozen):
    """The value of a key result at an instant; None: it was looked for, and there was none."""

    at: datetime
    value: float | None


class KeyResultPart(Frozen):
    """Where a key result stands. Figures of the analysis are those of the four weeks up to each time."""

    objective: str
    name: str
    metric: str | None
    jql: str | None
    measured: Measured
    kind: Literal["committed", "stretch"]
    quarter: str
    baseline: float
    target: float
    success: float = Field(description="progress that counts as success: 1 if committed, 0.7 if stretch")
    value: float | None = Field(description="the last known value of the quarter")
    at: datetime | None = Field(description="when it was so")
    progress: float | None = Field(description="0 at the baseline, 1 at the target")
    elapsed: float = Field(description="share of the quarter that is gone")
    pace: float | None = Field(description="progress by elapsed: 1 arrives on time")
    probability: float | None = Field(description="of success at the end of the quarter; null where it cannot be told")
    probability_before: float | None = Field(description="the same at the weekly value before")
    elapsed_before: float | None = Field(description="share of the quarter that was gone then")
    probability_with_change: float | None = Field(
        default=None, description="with the best change that is proven to help; null: none is"
    )
    coming: str | None = Field(
        default=None, description="a planned change of this quarter that is due, or was less than four weeks ago"
    )
    sufficient: bool = Field(description="four weekly values or more, the last not older than two weeks")
    verdict: Verdict
    reason: str = Field(description="of the verdict, or why there is none")
    weeks: tuple[Reading, ...] = Field(description="the last value of each week of the quarter")


def key_results(
    configured: Sequence[KeyResult],
    readings: Mapping[str, Sequence[Reading]],
    now: datetime,
    zone: ZoneInfo | None = None,
    late: Iterable[str] = (),
    planned: Sequence[Course] = (),
    helps: Mapping[str, Moved] = MappingProxyType({}),
) -> tuple[KeyResultPart, ...]:
    """Where the configured key results stand, from their values by name up to `now`.

    `late`: the names of those that were written down only when their quarter was over. `planned`: what is to change.
    `helps`: by metric, what the best change would do to it that is proven to help.
    """
    parts = [
        _part(result, readings.get(result.name, ()), now, zone, result.name in late, helps.get(result.metric or ""))
        for result in configured
    ]
    both = zip(configured, parts, strict=True)
    return tuple(
        _with_verdict(part, _coming(_bearing_on(result, planned), result.span(zone), now, zone))
        for result, part in both
    )


def _bearing_on(result: KeyResult, planned: Sequence[Course]) -> list[Course]:
    """Those that may move it: a figure of one place is moved by what is changed there; counts and entries by none."""
    if result.metric is None:
        return []
    places = PLACE.findall(result.metric)
    return [each for each in planned if not (places and each.item.change) or _names(each.item.change, places)]


def _names(change: Mapping[str, Any], places: Sequence[str]) -> bool:
    said = [value for values in change.values() for value in (values if isinstance(values, list | tuple) else [values])]
    return any(place in said for place in places)


def _coming(
    planned: Sequence[Course], span: tuple[datetime, datetime], now: datetime, zone: ZoneInfo | None
) -> str | None:
    """The planned change of the quarter that is due next, or was made too lately for its effect to be seen."""
    first, end, today = (at.astimezone(zone or UTC).date() for at in (*span, now))
    days = [(_day(each, zone), each.item.name) for each in planned if each.wanted]
    some = [(day, name) for day, name in days if first <= day < end and day > today - LOOKS_BACK * WEEK]
    return min(some)[1] if some else None


def _day(each: Course, zone: ZoneInfo | None) -> date:
    """On which a change was done, or is due."""
    return each.done_at.astimezone(zone or UTC).date() if each.done_at else each.item.due


def _with_verdict(part: KeyResultPart, coming: str | None) -> KeyResultPart:
    known = part.model_copy(update={"coming": coming})
    verdict, reason = judged(known, Thresholds())
    return known.model_copy(update={"verdict": verdict, "reason": reason})


def judged(part: KeyResultPart, thresholds: Thresholds) -> tuple[Verdict, str]:
    """The verdict on a key result by other thresholds."""
    if not part.sufficient or part.probability is None:
        return "insufficient", part.reason
    before, elapsed = part.probability_before, part.elapsed_before
    earlier = None if before is None or elapsed is None else Odds(before, elapsed)
    return judge(Odds(part.probability, part.elapsed, earlier, part.probability_with_change, part.coming), thresholds)


def week_ends(result: KeyResult, until: datetime, zone: ZoneInfo) -> list[datetime]:
    """When the weeks of the quarter end: each Monday, and the end of the quarter; as far as they are past."""
    start, end = result.span(zone)
    day: date = start.astimezone(zone).date()
    day += timedelta(days=7 - day.weekday())
    found = []
    while (monday := datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)) < end:
        found.append(monday)
        day += WEEK
    return [at for at in (*found, end) if at <= until]


def _part(
    result: KeyResult,
    readings: Sequence[Reading],
    now: datetime,
    zone: ZoneInfo | None,
    late: bool,
    helps: Moved | None,
) -> KeyResultPart:
    start, end = span = result.span(zone)
    elapsed = min(max((now - start) / (end - start), 0.0), 1.0)
    weeks = _by_week(readings, span, now)
    known = [reading for reading in weeks if reading.value is not None]
    last = known[-1] if known else None
    progress = result.progress(last.value) if last and last.value is not None else None
    lacking = _lacking(result, known, span, now, late)
    return KeyResultPart(
        **result.model_dump(include={"objective", "name", "metric", "jql", "kind", "quarter", "baseline", "target"}),
        measured=result.measured,
        success=result.success,
        value=last.value if last else None,
        at=last.at if last else None,
        progress=progress,
        elapsed=elapsed,
        pace=progress / elapsed if progress is not None and elapsed else None,
        probability=None if lacking else _chance(result, known, now, span),
        probability_before=None if lacking else _chance(result, known[:-1], known[-2].at, span),
        probability_with_change=None if lacking or helps is None else _chance_with(result, known, now, span, helps),
        elapsed_before=None if lacking else (known[-2].at - start) / (end - start),
        sufficient=not lacking,
        verdict="insufficient",
        reason=lacking,
        weeks=weeks,
    )


def _by_week(readings: Sequence[Reading], span: tuple[datetime, datetime], now: datetime) -> tuple[Reading, ...]:
    """The last of each week since the quarter began that has a value; None where none has."""
    inside = sorted((r for r in readings if span[0] < r.at <= min(now, span[1])), key=lambda r: r.at)
    weeks: dict[int, Reading] = {}
    for reading in inside:
        number = (reading.at - span[0]) // WEEK
        if reading.value is not None or number not in weeks:
            weeks[number] = reading
    return tuple(weeks.values())


def _lacking(
    result: KeyResult, known: Sequence[Reading], span: tuple[datetime, datetime], now: datetime, late: bool
) -> str:
    """Why nothing can be told; empty where something can."""
    if now < span[0]:
        return f"{result.quarter} has not begun"
    if late:
        return f"{result.quarter} was over before this key result was written down; give it a quarter to come"
    if len(known) < FEWEST:
        return f"{len(known)} of the {FEWEST} weekly values that it takes"
    if min(now, span[1]) - known[-1].at > OLDEST:
        return f"the last value is of {known[-1].at:%Y-%m-%d}, more than two weeks old"
    return ""


def _chance_with(
    result: KeyResult, known: Sequence[Reading], now: datetime, span: tuple[datetime, datetime], helps: Moved
) -> float | None:
    """The same if a change were in force now: as far as what begins then would be delivered in the last weeks counted.

    The mean over its 80 % interval by the weights 0.3, 0.4, 0.3 (Swanson's; Hurst, Brown and Swanson, AAPG Bulletin
    84, 2000).
    """
    left = (span[1] - now) / WEEK - helps.before / 7
    seen = min(max(left / LOOKS_BACK, 0.0), 1.0)
    chances = []
    for weight, change in ((0.3, helps.low), (0.4, helps.change), (0.3, helps.high)):
        gained = seen * change / (result.target - result.baseline)
        chance = _chance(result, known, now, span, gained)
        if chance is None:
            return None
        chances.append(weight * chance)
    return sum(chances)


def _chance(
    result: KeyResult, known: Sequence[Reading], now: datetime, span: tuple[datetime, datetime], gained: float = 0.0
) -> float | None:
    """Of success at the end of the quarter; once that is over, the last value decides. `gained`: progress on top."""
    values = [(reading.at, result.progress(reading.value)) for reading in known if reading.value is not None]
    if now >= span[1]:
        return float(values[-1][1] >= result.success)
    from bot.flow.statistics.reaching import probability_of_reaching

    return probability_of_reaching(
        [(at - span[0]) / WEEK for at, _ in values],
        [progress for _, progress in values],
        (span[1] - span[0]) / WEEK,
        result.success - gained,
        LOOKS_BACK if result.measured == "analysis" else 0,
    )
