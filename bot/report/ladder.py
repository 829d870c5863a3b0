"""The lead-time ladder in figures that add up as they are printed.

Every step is rounded down or up, so that waits and works sum to what is printed as their sums, and those to the mean
lead time.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from bot.words import NBSP, UNKNOWN

SLACK = 1e-9
HOURS, MINUTES = 24.0, 1440.0
WHOLE_FROM, DAYS_FROM, HOURS_FROM = 100.0, 1.0, 1.0 / 24
"""Mean lead times in days from which on whole days, tenths of days, and tenths of hours are told; else minutes."""


@dataclass(frozen=True)
class Unit:
    """What one is called, how many make a day, and how many digits it is told with."""

    name: str
    per_day: float
    digits: int

    @property
    def least(self) -> float:
        return float(10**-self.digits)

    def told(self, ticks: int, days: float | None = None) -> str:
        """So many of the smallest that can be told; `days`: how long it is exactly."""
        if not ticks and not days:
            return "0"
        value = f"{ticks * self.least:,.{self.digits}f}" if ticks else f"<{self.least:g}"
        return f"{value}{NBSP}{self.name}"

    @property
    def scale(self) -> float:
        """How many ticks a day has."""
        return self.per_day / self.least

    def ticks(self, days: float) -> int:
        return round(days * self.scale)

    def signed(self, ticks: int) -> str:
        """A difference."""
        return "±0" if not ticks else ("+" if ticks > 0 else "\u2212") + self.told(abs(ticks))


def unit_for(mean: float | None) -> Unit:
    """The one in which a lead time of so many days, and its parts, are told."""
    days = mean or 0.0
    if days >= DAYS_FROM or not days:
        return Unit("d", 1.0, 0 if days >= WHOLE_FROM else 1)
    return Unit("h", HOURS, 1) if days >= HOURS_FROM else Unit("min", MINUTES, 1)


@dataclass(frozen=True)
class Step:
    """What one stage takes of a mean lead time: in days, None if nothing was delivered, and as it is told."""

    waits: float | None
    works: float | None
    waits_ticks: int
    works_ticks: int
    unit: Unit

    @property
    def waits_told(self) -> str:
        return UNKNOWN if self.waits is None else self.unit.told(self.waits_ticks, self.waits)

    @property
    def works_told(self) -> str:
        return UNKNOWN if self.works is None else self.unit.told(self.works_ticks, self.works)

    @property
    def total(self) -> str:
        return UNKNOWN if self.waits is None else self.unit.told(self.ticks, self.waits + (self.works or 0.0))

    @property
    def ticks(self) -> int:
        return self.waits_ticks + self.works_ticks


@dataclass(frozen=True)
class Ladder:
    """Steps in their order, and the sum that they have as they are told."""

    steps: tuple[Step, ...]
    whole: Step

    @property
    def unit(self) -> Unit:
        return self.whole.unit

    def split(self, step: int, days: Sequence[float]) -> list[str]:
        """The parts of a step, which add up to it as they are told."""
        ticks = apportioned([value * self.unit.scale for value in days], self.steps[step].ticks)
        return [self.unit.told(tick, exact) for tick, exact in zip(ticks, days, strict=True)]


Times = Sequence[tuple[float | None, float | None]]


def ladder(times: Times) -> Ladder:
    """`times`: how long is waited and worked in each stage, in days; None if nothing was delivered."""
    if all(value is None for pair in times for value in pair):
        empty = Step(None, None, 0, 0, unit_for(None))
        return Ladder(tuple(empty for _ in times), empty)
    waits, works = _halves(times)
    unit = unit_for(sum(waits) + sum(works))
    sums = apportioned([sum(waits) * unit.scale, sum(works) * unit.scale], unit.ticks(sum(waits) + sum(works)))
    ticks = [apportioned([v * unit.scale for v in half], of) for half, of in zip((waits, works), sums, strict=True)]
    return _built(waits, works, ticks, unit)


def moved(before: Ladder, times: Times) -> Ladder:
    """The same stages after a change: what did not change is told as before, and so the differences add up, too."""
    unit, whole = before.unit, before.whole
    waits, works = _halves(times)
    more_waits, more_works = sum(waits) - (whole.waits or 0.0), sum(works) - (whole.works or 0.0)
    room = (whole.waits_ticks, whole.works_ticks)
    sums = apportioned([more_waits * unit.scale, more_works * unit.scale], unit.ticks(more_waits + more_works), room)
    waited = [(step.waits or 0.0, step.waits_ticks) for step in before.steps]
    worked = [(step.works or 0.0, step.works_ticks) for step in before.steps]
    ticks = [_after(waited, waits, sums[0], unit), _after(worked, works, sums[1], unit)]
    return _built(waits, works, ticks, unit)


def _halves(times: Times) -> tuple[list[float], list[float]]:
    return [waits or 0.0 for waits, _ in times], [works or 0.0 for _, works in times]


def _built(waits: Sequence[float], works: Sequence[float], ticks: Sequence[Sequence[int]], unit: Unit) -> Ladder:
    each = zip(waits, works, *ticks, strict=True)
    steps = tuple(Step(waited, worked, first, second, unit) for waited, worked, first, second in each)
    return Ladder(steps, Step(sum(waits), sum(works), sum(ticks[0]), sum(ticks[1]), unit))


def _after(was: Sequence[tuple[float, int]], now: Sequence[float], change: int, unit: Unit) -> list[int]:
    differ = [(new - days) * unit.scale for (days, _), new in zip(was, now, strict=True)]
    ticks = apportioned(differ, change, [tick for _, tick in was])
    return [tick + more for (_, tick), more in zip(was, ticks, strict=True)]


def apportioned(values: Sequence[float], total: int, room: Sequence[int] | None = None) -> list[int]:
    """Each rounded down or up, so that they sum to `total`: near their own sum, as it was rounded.

    `room`: by how much each may fall below zero.
    """
    lowest = [-by for by in room] if room else [math.floor(value) for value in values]
    found = [max(math.floor(value + SLACK), low) for value, low in zip(values, lowest, strict=True)]
    while sum(found) != total:
        step = 1 if sum(found) < total else -1
        able = [n for n, low in enumerate(lowest) if step > 0 or found[n] > low or not room]
        found[max(able, key=lambda n: (step * (values[n] - found[n]), -n))] += step
    return found
