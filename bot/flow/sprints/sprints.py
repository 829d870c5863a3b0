"""Lens: what sprints promised, what came in between, what was done, and what was left over.

Only items of the stream count, and done is delivered, in the stream's own words: what a team calls done and what is
deployed a week later is left over here. What was reopened later was not done.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import polars as pl

from bot.flow.clock import MICROSECOND, instant, moment
from bot.flow.evidence.activity import Activity
from bot.flow.findings.measures import Doubt, Portion
from bot.flow.findings.sprints import Sprint, Sprints
from bot.flow.history.beside import SprintRecord
from bot.flow.history.log import Log
from bot.flow.model import Window
from bot.flow.sprints.served import shares, worked_in
from bot.flow.statistics.shares import clustered_portion, portion
from bot.frames import Items
from bot.words import count, listed

FEWEST_SPRINTS = 5
LONG = timedelta(weeks=8) // MICROSECOND
"""A sprint that runs for longer was rather never closed."""

Reaches = Sequence[Mapping[int, Mapping[int, int]]]
"""Of each reach of the traces: sprint -> case -> working microseconds."""


@dataclass(frozen=True)
class _Told:
    """A sprint with the rows of its items; `carried`: the cases that earlier sprints had left over."""

    number: int
    record: SprintRecord
    rows: pl.DataFrame
    carried: frozenset[int]

    def cases(self, condition: str) -> list[int]:
        return self.rows.filter(condition)["case"].to_list()


def sprints(
    records: Sequence[SprintRecord],
    scope: pl.DataFrame,
    activity: Activity,
    log: Log,
    served: Mapping[str, frozenset[int]],
    window: Window,
) -> Sprints | None:
    """None where no item of the stream was ever in a sprint. `scope`: the items of each sprint, in their numbers."""
    if scope.is_empty():
        return None
    start, end = instant(window.start), instant(window.end)
    every = list(_told(records, scope))
    seen = [one for one in every if one.record.started < end and (one.record.ended or end) > start]
    stays = scope.select(
        "case", place="sprint", start="joined", end=pl.min_horizontal("until", pl.col("left").fill_null(end))
    )
    touched = [worked_in(timeline, stays) for timeline in (activity.low, activity.high)]
    closed = [one for one in seen if one.record.ended is not None]
    enough = len(closed) >= FEWEST_SPRINTS
    return Sprints(
        closed=len(closed),
        without_goal=sum(not one.record.goal for one in closed),
        kept=_together(closed, _kept) if enough else None,
        added=_together(closed, _added) if enough else None,
        carry_over=_together(closed, _left_over) if enough else None,
        sprints=tuple(_sprint(one, log.items, served, touched) for one in seen),
        reason=None
        if enough
        else f"{count(len(closed), 'sprint')} ended in the window; shares of all take {FEWEST_SPRINTS}",
        doubts=tuple(_doubts(closed, seen, end)),
    )


def _told(records: Sequence[SprintRecord], scope: pl.DataFrame) -> Iterator[_Told]:
    """What an earlier sprint left over is carried into those that begin after its end."""
    by_sprint = {key[0]: rows for key, rows in scope.partition_by("sprint", as_dict=True).items()}
    over: list[tuple[int, frozenset[int]]] = []
    for number, record in enumerate(records):
        rows = by_sprint.get(number)
        if rows is None:
            continue
        earlier = [cases for ended, cases in over if ended <= record.started]
        yield _Told(number, record, rows, frozenset[int]().union(*earlier))
        if record.ended is not None:
            over.append((record.ended, frozenset(rows.filter("remaining")["case"])))


Counted = Callable[[_Told], tuple[int, int]]
"""Of how many, how many."""


def _kept(one: _Told) -> tuple[int, int]:
    committed = one.rows.filter("committed")
    return int(committed["done"].sum()), len(committed)


def _added(one: _Told) -> tuple[int, int]:
    return int((~one.rows["committed"]).sum()), len(one.rows)


def _left_over(one: _Told) -> tuple[int, int]:
    stayed = one.rows.filter(~pl.col("removed") & ~pl.col("dropped"))
    return int(stayed["remaining"].sum()), len(stayed)


def _together(closed: Sequence[_Told], counted: Counted) -> Portion:
    """A ratio of sums."""
    parts, wholes = (np.array(numbers, np.int64) for numbers in zip(*map(counted, closed), strict=True))
    return clustered_portion(parts, wholes)


def _sprint(one: _Told, items: Items, served: Mapping[str, frozenset[int]], touched: Reaches) -> Sprint:
    record, committed = one.record, one.cases("committed")
    done = one.cases("done")
    return Sprint(
        name=record.name,
        goal=record.goal,
        url=record.url,
        started=moment(record.started),
        ended=None if record.ended is None else moment(record.ended),
        committed=len(committed),
        added=_added(one)[0],
        removed=len(one.cases("removed")),
        dropped=len(one.cases("dropped")),
        done=len(done),
        kept=portion(*_kept(one)),
        remaining=tuple(sorted(items.names[case] for case in one.cases("remaining"))),
        carried_in=len(one.carried.intersection(committed)),
        serving=shares(served, items, done, [reach.get(one.number, {}) for reach in touched]),
    )


def _doubts(closed: Sequence[_Told], seen: Sequence[_Told], end: int) -> Iterator[Doubt]:
    empty = [one.record.name for one in closed if not _kept(one)[1]]
    if empty:
        yield Doubt(
            kind="sprint without commitment",
            detail=f"nothing was in {listed(empty)} when it began; look whether it was started in time",
            touches=("sprints",),
        )
    forgotten = [one.record.name for one in seen if one.record.ended is None and end - one.record.started > LONG]
    if forgotten:
        yield Doubt(
            kind="sprint never closed",
            detail=f"{listed(forgotten)} began more than eight weeks ago and runs still; close it if it is over",
            touches=("sprints",),
        )
