"""What each approver was at: the time of each, cut where anything changes.

An approver is at an item before its exit for as long as a service takes, and not before his previous exit or before
the item came. Where it is not known who approves, everybody who does counts as one, who does nothing else.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from bot.flow.clock import DAY, MINUTE, Instants, WorkClock
from bot.flow.history.log import Log
from bot.flow.queues.cadence import PAUSE

BEFORE_A_TRACE = 15 * MINUTE
"""What went before a click is not seen; somebody is taken to be at it for so long at least."""

AWAY, PRESENT = 2.0, 0.5
"""An approver with traces on half of the working days was away when there is none for more than two of them."""

NONE = np.empty((0, 2), np.int64)


@dataclass(frozen=True)
class Cells:
    """An approver's time, cut where anything changes.

    `edges`: one more than cells; `begun`: start of the item whose approval it is spent on (-1: on none); `elsewhere`:
    at something else; `off`: outside working hours, or away.
    """

    edges: Instants
    begun: Instants
    elsewhere: npt.NDArray[np.bool_]
    off: npt.NDArray[np.bool_]


class Approvers:
    """The time of everybody who approves, inside a span; `exits`: what each let go, null: nobody knows who."""

    def __init__(
        self, exits: pl.DataFrame, log: Log, clock: WorkClock, span: tuple[int, int], service: float | None
    ) -> None:
        self._clock, self._span, self._service = clock, span, service
        ordered = exits.select("by", "item", "start", "end").sort("end", "start")
        self._exits = {None: ordered, **_by_person(ordered)}
        self._traces = _by_person(_traces(ordered, log))
        self._hours = clock.hours(*span)

    def cells(self, by: str | None) -> Cells:
        """The time of one approver, or of all of them."""
        exits = self._exits.get(by)
        starts, ends = (_column(exits, name) for name in ("start", "end"))
        busy = _busy(starts, ends, self._clock, self._service)
        traces = None if by is None else self._traces.get(by)
        at = _column(traces, "at")
        others = _sessions(at if traces is None else at[traces["elsewhere"].to_numpy()])
        away = _absences(at, self._clock, self._span)
        first, last = self._span
        every = np.concatenate([[first, last], busy.ravel(), others.ravel(), away.ravel(), self._hours.ravel()])
        edges = np.unique(every[(every >= first) & (every <= last)])
        middles = (edges[:-1] + edges[1:]) // 2
        inside = _inside(busy, middles)
        begun = np.where(inside >= 0, starts[inside] if len(starts) else -1, -1)
        off = (_inside(self._hours, middles) < 0) | (_inside(away, middles) >= 0)
        return Cells(edges, begun.astype(np.int64), _inside(others, middles) >= 0, off)


def _by_person(rows: pl.DataFrame) -> Mapping[str | None, pl.DataFrame]:
    parts = rows.drop_nulls("by").partition_by("by", as_dict=True, include_key=False)
    return {str(by): part for (by,), part in parts.items()}


def _column(rows: pl.DataFrame | None, name: str) -> Instants:
    return np.empty(0, np.int64) if rows is None else rows[name].to_numpy()


def _traces(exits: pl.DataFrame, log: Log) -> pl.DataFrame:
    """by, at, elsewhere: all that the approvers did, in order, and whether it was no approval of this queue."""
    people = exits["by"].drop_nulls().unique().implode()
    acted = log.events.filter(pl.col("actor").is_in(people) & pl.col("attended")).select("item", "at", by="actor")
    moved = log.moves.filter(pl.col("by").is_in(people) & ~pl.col("bulk")).select("item", "at", "by")
    own = exits.select("by", "item", at="end", elsewhere=pl.lit(value=False)).unique()
    told = pl.concat([acted, moved]).join(own, on=["by", "item", "at"], how="left")
    return told.select("by", "at", pl.col("elsewhere").fill_null(value=True)).sort("at")


def _busy(starts: Instants, ends: Instants, clock: WorkClock, service: float | None) -> Instants:
    """When the approver was at each item that left, in the order of the exits; these never overlap."""
    before = np.concatenate([[-(2**62)], ends[:-1]]).astype(np.int64)[: len(ends)]
    begins = np.maximum(before, starts)
    if service is None:
        return np.stack([np.maximum(begins, ends - BEFORE_A_TRACE), ends], axis=1)
    served = clock.instant_of(np.maximum(clock.elapsed(ends) - int(service), 0))
    return np.stack([np.minimum(np.maximum(begins, served), ends), ends], axis=1)


def _inside(intervals: Instants, at: Instants) -> Instants:
    """Number of the interval an instant lies in, -1 if in none; intervals are in order and do not overlap."""
    if not len(intervals):
        return np.full(len(at), -1, np.int64)
    index = np.searchsorted(intervals[:, 0], at, side="right") - 1
    known = (index >= 0) & (at < intervals[np.maximum(index, 0), 1])
    return np.where(known, index, -1).astype(np.int64)


def _sessions(at: Instants) -> Instants:
    """Rows of begin and end: instants in order with less than two hours between, from a little before the first."""
    if not len(at):
        return NONE
    breaks = np.flatnonzero(np.diff(at) > PAUSE)
    begins, ends = at[np.concatenate([[0], breaks + 1])], at[np.concatenate([breaks, [len(at) - 1]])]
    return np.stack([begins - BEFORE_A_TRACE, ends], axis=1)


def _absences(at: Instants, clock: WorkClock, span: tuple[int, int]) -> Instants:
    """Stretches without a trace, of somebody who otherwise leaves one on most working days."""
    inside = at[(at >= span[0]) & (at < span[1])]
    worked = clock.between(*span) / clock.day
    if not len(inside) or len(np.unique(inside // DAY)) < PRESENT * worked:
        return NONE
    long = np.flatnonzero(np.diff(clock.elapsed(inside)) > AWAY * clock.day)
    return np.stack([inside[long], inside[long + 1]], axis=1)
