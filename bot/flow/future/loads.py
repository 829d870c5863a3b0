"""How busy those are who work in a stage, as far as they leave traces of it."""

from dataclasses import dataclass

import polars as pl

from bot.flow.clock import instant
from bot.flow.model import StageKind
from bot.flow.reconstruct import Reconstruction
from bot.flow.timeline.spans import Spent

REGULAR = 0.05
"""Share of the traces in a stage from which on somebody counts as working there."""

FULLEST = 0.95
"""Nobody is taken to be busier: more would mean that waits have no limit."""


@dataclass(frozen=True)
class Load:
    """Share of their working time, and how many people."""

    utilisation: float
    people: float


def read_loads(found: Reconstruction) -> dict[int, Load]:
    """By position of a stage of work, in the window; only where work leaves traces.

    Too low where those who work there do other things as well, of which nothing is known.
    """
    spans = found.timeline.within(found.window).filter(pl.col("start") < pl.col("end"))
    worked = spans.filter((pl.col("spent") == Spent.WORK) & pl.col("evidenced"))
    starts = found.clock.elapsed(worked["start"].to_numpy())
    lengths = pl.Series("worked", found.clock.elapsed(worked["end"].to_numpy()) - starts)
    busy = worked.with_columns(lengths).group_by("position").agg(pl.col("worked").sum()).drop_nulls()
    people, there = _people(found), found.clock.between(instant(found.window.start), instant(found.window.end))
    works = [n for n, stage in enumerate(found.stream.stages) if stage.kind is StageKind.WORK]
    return {
        position: Load(min(amount / (there * people[position]), FULLEST), float(people[position]))
        for position, amount in sorted(busy.iter_rows())
        if position in works and people.get(position) and there
    }


def _people(found: Reconstruction) -> dict[int, int]:
    """Position -> those who regularly left a trace of work while an item was there."""
    members = found.cases.members.select("case", "item").unique()
    left = (
        found.traces.frame.filter("producing")
        .join(members, on="item")
        .select("case", "actor", start="at")
        .sort("start")
    )
    spans = found.timeline.spans.select("case", "start", "end", "position").sort("start")
    placed = left.join_asof(spans, on="start", by="case", check_sortedness=False).drop_nulls("position")
    counts = placed.group_by("position", "actor").agg(pl.len())
    regular = counts.filter(pl.col("len") >= REGULAR * pl.col("len").sum().over("position"))
    return dict(regular.group_by("position").agg(pl.len()).sort("position").iter_rows())
