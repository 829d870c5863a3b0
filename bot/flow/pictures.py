"""Figures that only pictures show: how many items were where day by day, and how old items were when they went on."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from bot.flow.clock import DAY, days, instant
from bot.flow.outlook.weeks import midnight
from bot.flow.reconstruct import Reconstruction
from bot.flow.statistics.intervals import quantile

FEWEST = 5
"""Ages of which quantiles are told."""

MOST_DAYS = 120
"""So many points at most lie on the axis of time."""


@dataclass(frozen=True)
class Standing:
    """How many items were where when each of the days ended.

    `delivered`: since the beginning of the window, so that it and the stages together are a cumulative flow diagram;
    `stages`: by name, upstream first, and last what no stage claims (None).
    """

    days: tuple[date, ...]
    delivered: tuple[int, ...]
    stages: dict[str | None, tuple[int, ...]]


@dataclass(frozen=True)
class Pace:
    """How old, in days since their trigger, half and 85 % of the delivered items at most were when they left a stage.

    The percentiles of an aging chart. None: fewer than five did.
    """

    stage: str
    n: int
    p50: float | None
    p85: float | None


def standing(found: Reconstruction) -> Standing:
    """At the end of each day of the window, or of every so many where there are many, and at its end."""
    ends = _day_ends(found)
    at = np.array(
        [instant(min(midnight(day + timedelta(1), _zone(found)), found.window.end)) for day in ends], np.int64
    )
    start = instant(found.window.start)
    arrived = found.timeline.arrivals().filter(pl.col("end") >= start)["end"].sort().to_numpy()
    places: list[int | None] = [*range(len(found.stream.stages)), None]
    counts = {_name(found, place): _present(found, place, at) for place in places}
    return Standing(
        days=ends,
        delivered=tuple(int(n) for n in np.searchsorted(arrived, at, side="left")),
        stages={name: numbers for name, numbers in counts.items() if any(numbers)},
    )


def pace(found: Reconstruction) -> tuple[Pace, ...]:
    """Of the stages before the end, by the items delivered in the window; the last time they left each counts."""
    ended = found.timeline.delivered(found.window).select("case", began="start")
    left = (
        found.timeline.spans.filter(pl.col("start") < pl.col("end"))
        .join(ended, on="case")
        .drop_nulls("position")
        .group_by("case", "position")
        .agg(age=(pl.col("end").max() - pl.col("began").first()))
    )
    upstream = enumerate(found.stream.stages[: found.stream.position(found.stream.end)])
    return tuple(_pace(stage.name, left.filter(position=n)["age"].to_numpy()) for n, stage in upstream)


def _pace(stage: str, ages: np.ndarray) -> Pace:
    told = len(ages) >= FEWEST
    p50, p85 = (quantile(ages.astype(np.float64), p) if told else None for p in (0.50, 0.85))
    return Pace(stage, len(ages), None if p50 is None else p50 / DAY, None if p85 is None else days(p85))


def _zone(found: Reconstruction) -> str:
    return found.stream.calendar.timezone


def _day_ends(found: Reconstruction) -> tuple[date, ...]:
    zone = found.stream.calendar.zone
    first, last = (at.astimezone(zone).date() for at in (found.window.start, found.window.last))
    number = (last - first).days
    step = -(-(number + 1) // MOST_DAYS)
    return tuple(last - timedelta(n) for n in range(number // step * step, -1, -step))


def _name(found: Reconstruction, place: int | None) -> str | None:
    return None if place is None else found.stream.stages[place].name


def _present(found: Reconstruction, place: int | None, at: np.ndarray) -> tuple[int, ...]:
    """How many are there at each instant: those that came before it, without those that had left."""
    there = pl.col("position").is_null() if place is None else pl.col("position") == place
    spans = found.timeline.spans.filter(there & (pl.col("start") < pl.col("end")))
    came, left = (np.sort(spans[name].to_numpy()) for name in ("start", "end"))
    # A span that ends with the window is still there at its end.
    present = np.searchsorted(came, at, side="left") - np.searchsorted(left, at, side="left")
    return tuple(int(n) for n in present)
