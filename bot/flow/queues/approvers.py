"""What approvers were at: their time, cut where anything changes.

An approver is at an item before its exit for as long as a service takes, and not before his previous exit or before
the item came. Where it is not known who approves, everybody who does counts as one, who does nothing else.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from bot.flow.clock import DAY, MINUTE, Instants, WorkClock
from bot.flow.history.log import Log
from bot.flow.queues.cadence import PAUSE
from bot.flow.statistics.ranges import distinct
from bot.frames import WORDS

BEFORE_A_TRACE = 15 * MINUTE
"""What went before a click is not seen; somebody is taken to be at it for so long at least."""

AWAY, PRESENT = 2.0, 0.5
"""An approver with traces on half of the working days was away when there is none for more than two of them."""

LONG_AGO = -(2**62)


@dataclass(frozen=True)
class Axis:
    """The time of several people between two instants, one after the other."""

    first: int
    last: int

    def of(self, who: Instants, at: Instants) -> Instants:
        """Where instants of people lie on it. `who`: their numbers, from 0."""
        place: Instants = who * (self.last - self.first + 1) + (np.clip(at, self.first, self.last) - self.first)
        return place

    def between(self, who: Instants, starts: Instants, ends: Instants) -> Instants:
        """Rows of begin and end."""
        return np.stack([self.of(who, starts), self.of(who, ends)], axis=-1).reshape(-1, 2)


@dataclass(frozen=True)
class Cells:
    """The time of approvers on an axis, cut where anything changes.

    `edges`: one more than cells; `begun`: start of the item whose approval it is spent on (-1: on none); `elsewhere`:
    at something else; `off`: outside working hours, or away.
    """

    edges: Instants
    begun: Instants
    elsewhere: npt.NDArray[np.bool_]
    off: npt.NDArray[np.bool_]


class Approvers:
    """The time of everybody who approves, inside a span.

    `people`: who (a number, from 0), by (null: all who approve); `exits`: what each let go, null: nobody knows who.
    """

    def __init__(
        self,
        people: pl.DataFrame,
        exits: pl.DataFrame,
        log: Log,
        clock: WorkClock,
        span: tuple[int, int],
        service: float | None,
    ) -> None:
        self.axis, self._clock, self._service = Axis(*span), clock, service
        self._exits = _exits(people, exits.select("by", "start", "end")).sort("who", "end", "start")
        self._traces = _traces(people, exits, log).sort("who", "at")

    def cells(self, first: int, last: int) -> Cells:
        """The time of some of them, by their numbers; on the axis the first of them is the first."""
        chosen, people = pl.col("who").is_between(first, last), last - first + 1
        exits, traces = (
            rows.filter(chosen).with_columns(pl.col("who") - first) for rows in (self._exits, self._traces)
        )
        busy, others = self._busy(exits), self._sessions(traces.filter("elsewhere"))
        away, hours = self._absences(traces, people), self._hours(people)
        every = self.axis.between(np.arange(people), *(np.array([at]) for at in (self.axis.first, self.axis.last)))
        edges = distinct(np.concatenate([rows.ravel() for rows in (every, busy, others, away, hours)]))
        began, at_work = np.append(exits["start"].to_numpy(), -1), _inside(edges, hours) >= 0
        return Cells(
            edges=edges,
            begun=began[_inside(edges, busy)],
            elsewhere=_inside(edges, others) >= 0,
            off=~at_work | (_inside(edges, away) >= 0),
        )

    def _busy(self, exits: pl.DataFrame) -> Instants:
        """When the approver was at each item that left; these never overlap."""
        who, starts, ends = (exits[name].to_numpy() for name in ("who", "start", "end"))
        before = np.where(np.diff(who, prepend=-1) == 0, np.append(LONG_AGO, ends[:-1])[: len(ends)], LONG_AGO)
        begins = np.maximum(before, starts)
        if self._service is None:
            return self.axis.between(who, np.maximum(begins, ends - BEFORE_A_TRACE), ends)
        served = self._clock.instant_of(np.maximum(self._clock.elapsed(ends) - int(self._service), 0))
        return self.axis.between(who, np.minimum(np.maximum(begins, served), ends), ends)

    def _sessions(self, traces: pl.DataFrame) -> Instants:
        """Traces with less than two hours between, from a little before the first."""
        who, at = (traces[name].to_numpy() for name in ("who", "at"))
        opens = (np.diff(who, prepend=-1) != 0) | (np.diff(at, prepend=0) > PAUSE)
        closes = np.append(opens[1:], values=True)[: len(opens)]
        return self.axis.between(who[opens], at[opens] - BEFORE_A_TRACE, at[closes])

    def _absences(self, traces: pl.DataFrame, people: int) -> Instants:
        """Stretches without a trace, of those who otherwise leave one on most working days."""
        first, last = self.axis.first, self.axis.last
        inside = traces.filter(pl.col("at").is_between(first, last, closed="left"))
        who, at = (inside[name].to_numpy() for name in ("who", "at"))
        another = (np.diff(who, prepend=-1) != 0) | (np.diff(at // DAY, prepend=0) != 0)
        days = np.bincount(who[another], minlength=people)
        present = days >= PRESENT * self._clock.between(first, last) / self._clock.day
        long = np.diff(self._clock.elapsed(at)) > AWAY * self._clock.day
        away = np.flatnonzero(long & (np.diff(who) == 0) & present[who[:-1]])
        return self.axis.between(who[away], at[away], at[away + 1])

    def _hours(self, people: int) -> Instants:
        """When each of them works."""
        hours = self._clock.hours(self.axis.first, self.axis.last)
        return self.axis.between(np.arange(people)[:, None], hours[None, :, 0], hours[None, :, 1])


def _exits(people: pl.DataFrame, exits: pl.DataFrame) -> pl.DataFrame:
    """who, start, end: what each let go; whoever stands for all, everything."""
    everybody = people.filter(pl.col("by").is_null()).select("who")
    theirs = [exits.join(people, on="by"), exits.join(everybody, how="cross")]
    return pl.concat(rows.select("who", "start", "end") for rows in theirs)


def _traces(people: pl.DataFrame, exits: pl.DataFrame, log: Log) -> pl.DataFrame:
    """who, at, elsewhere: all that the approvers did, and whether it was no approval of this queue."""
    acted = log.events.filter("attended").select("item", "at", by=pl.col("actor").cast(WORDS))
    moved = log.moves.filter(~pl.col("bulk")).select("item", "at", pl.col("by").cast(WORDS))
    let_go = exits.select("by", "item", at="end", elsewhere=pl.lit(value=False)).unique()
    theirs, own = (rows.lazy().join(people.lazy(), on="by").drop("by") for rows in (pl.concat([acted, moved]), let_go))
    told = theirs.join(own, on=["who", "item", "at"], how="left")
    return told.select("who", "at", pl.col("elsewhere").fill_null(value=True)).collect()


def _inside(edges: Instants, intervals: Instants) -> Instants:
    """Number of the interval each cell lies in, -1 if in none; intervals are in order and do not overlap."""
    numbers, change = np.arange(1, len(intervals) + 1), np.zeros(len(edges), np.int64)
    np.add.at(change, np.searchsorted(edges, intervals[:, 0]), numbers)
    np.subtract.at(change, np.searchsorted(edges, intervals[:, 1]), numbers)
    inside: Instants = np.cumsum(change)[:-1] - 1
    return inside
