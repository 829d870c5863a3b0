"""What a wait for approval is spent on: every instant once, so that the causes sum to the wait.

The five causes and their precedence are those of Lashkevich et al. 2022 (arXiv 2212.01392), read from exits alone,
since nobody records when an approval is begun:

    batching        until the next appointment at which the queue is emptied; where none is known, until the last of the
                    items arrived that left in the same session, if that session left nothing behind
    contention      its approver was at an item that had come before, or at something else
    prioritisation  its approver was at an item that had come later
    unavailability  outside working hours, or the approver left no trace anywhere for days
    extraneous      all the rest: the approver was there, and did not look

An approver is at an item before its exit for as long as a service takes, and not before his previous exit or before
the item came. Where it is not known who approves, everybody who does counts as one, who does nothing else.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from bot.flow.clock import DAY, MINUTE, Instants, WorkClock, closing_days, instant, moment
from bot.flow.findings.queues import Causes
from bot.flow.findings.stations import Cadence
from bot.flow.history.log import Log
from bot.flow.model import WEEKDAYS, Calendar, Window
from bot.flow.queues.cadence import PAUSE

BEFORE_A_TRACE = 15 * MINUTE
"""What went before a click is not seen; somebody is taken to be at it for so long at least."""

AWAY, PRESENT = 2.0, 0.5
"""An approver with traces on half of the working days was away when there is none for more than two of them."""

HOURS_APART = 1
"""How far from its hour an appointment is still held."""

EXTRANEOUS, BATCHING, CONTENTION, PRIORITISATION, UNAVAILABILITY = range(5)
NAMES = ("extraneous", "batching", "contention", "prioritisation", "unavailability")


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


def causes(
    visits: pl.DataFrame,
    pieces: pl.DataFrame,
    log: Log,
    clock: WorkClock,
    calendar: Calendar,
    window: Window,
    cadence: Cadence | None,
    service: float | None,
) -> Causes:
    """Split of the waits inside the window. `pieces`: run, start, end of the spans that make up each visit.

    `service`: working microseconds an approval takes, None if unknown.
    """
    first, last = instant(window.start), instant(window.end)
    until = pl.Series(_batched(visits, calendar, cadence), dtype=pl.Int64)
    told = visits.with_columns(until=until, by=_approver(visits))
    cut = pieces.with_columns(pl.col("start", "end").clip(first, last)).filter(pl.col("start") < pl.col("end"))
    parts = cut.join(told.select("run", "by", "until", begun="start"), on="run", maintain_order="left")
    sums = np.zeros(len(NAMES), np.int64)
    left = told.filter(pl.col("ended") & ~pl.col("withdrawn"))
    for (by,), group in parts.group_by("by", maintain_order=True):
        mine = left if by is None else left.filter(pl.col("by") == by)
        cells = _cells(mine, str(by) if by is not None else None, log, clock, (first, last), service)
        for start, end, until, begun in group.select("start", "end", "until", "begun").iter_rows():
            batch = min(max(until, start), end)
            sums[BATCHING] += batch - start
            _spend(sums, cells, batch, end, begun)
    return Causes(**{name: float(amount) / DAY for name, amount in zip(NAMES, sums, strict=True)})


def _approver(visits: pl.DataFrame) -> pl.Expr:
    """Who let it go, or the only one who ever does; of the withdrawn nobody knows."""
    approved = pl.col("ended") & ~pl.col("withdrawn")
    people = visits.filter(approved)["by"].drop_nulls().unique().to_list()
    only = pl.lit(people[0] if len(people) == 1 else None, pl.String)
    return pl.when(approved).then(pl.coalesce("by", only)).otherwise(only)


def _spend(sums: Instants, cells: Cells, start: int, end: int, begun: int) -> None:
    """Add [start, end) of a visit that began at `begun`, cell by cell."""
    if start >= end:
        return
    low = int(np.searchsorted(cells.edges, start, side="right")) - 1
    high = int(np.searchsorted(cells.edges, end, side="left"))
    edges = cells.edges[low : high + 1].clip(start, end)
    item, elsewhere, off = cells.begun[low:high], cells.elsewhere[low:high], cells.off[low:high]
    own = item == begun
    rest = np.where(off & ~own, UNAVAILABILITY, EXTRANEOUS)
    cause = np.where(item > begun, PRIORITISATION, rest)
    cause[((item >= 0) & (item < begun)) | (elsewhere & ~own)] = CONTENTION
    sums += np.bincount(cause, weights=edges[1:] - edges[:-1], minlength=len(NAMES)).astype(np.int64)


def _cells(
    left: pl.DataFrame, by: str | None, log: Log, clock: WorkClock, span: tuple[int, int], service: float | None
) -> Cells:
    """The time of one approver, or of all of them, inside a span."""
    exits = left.sort("end", "start", "case")
    busy = _busy(exits, clock, service)
    traces = _traces(log, by)
    others = _sessions(_elsewhere(log, by, exits))
    away = _absences(traces, clock, span) if by is not None else np.empty((0, 2), np.int64)
    hours = clock.hours(*span)
    every = np.concatenate([np.array(span), busy.ravel(), others.ravel(), away.ravel(), hours.ravel()])
    edges = np.unique(every[(every >= span[0]) & (every <= span[1])])
    middles = (edges[:-1] + edges[1:]) // 2
    inside = _inside(busy, middles)
    begun = np.where(inside >= 0, exits["start"].to_numpy()[inside] if len(exits) else -1, -1)
    off = (_inside(hours, middles) < 0) | (_inside(away, middles) >= 0)
    return Cells(edges, begun.astype(np.int64), _inside(others, middles) >= 0, off)


def _busy(exits: pl.DataFrame, clock: WorkClock, service: float | None) -> Instants:
    """When the approver was at each item that left, in the order of the exits; these never overlap."""
    ends, starts = exits["end"].to_numpy(), exits["start"].to_numpy()
    before = np.concatenate([[-(2**62)], ends[:-1]]).astype(np.int64)
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


def _traces(log: Log, by: str | None) -> pl.DataFrame:
    """item, at: all that a person did, in order."""
    if by is None:
        return pl.DataFrame(schema={"item": pl.Int64, "at": pl.Int64})
    acted = log.events.filter((pl.col("actor") == by) & pl.col("attended")).select("item", "at")
    moved = log.moves.filter((pl.col("by") == by) & ~pl.col("bulk")).select("item", "at")
    return pl.concat([acted, moved]).sort("at")


def _elsewhere(log: Log, by: str | None, exits: pl.DataFrame) -> Instants:
    """Instants at which a person did something that is not an approval of this queue."""
    traces = _traces(log, by)
    own = exits.select("item", at="end")
    return traces.join(own, on=["item", "at"], how="anti", maintain_order="left")["at"].to_numpy()


def _sessions(at: Instants) -> Instants:
    """Rows of begin and end: instants in order with less than two hours between, from a little before the first."""
    if not len(at):
        return np.empty((0, 2), np.int64)
    breaks = np.flatnonzero(np.diff(at) > PAUSE)
    begins, ends = at[np.concatenate([[0], breaks + 1])], at[np.concatenate([breaks, [len(at) - 1]])]
    return np.stack([begins - BEFORE_A_TRACE, ends], axis=1)


def _absences(traces: pl.DataFrame, clock: WorkClock, span: tuple[int, int]) -> Instants:
    """Stretches without a trace, of somebody who otherwise leaves one on most working days."""
    at = traces["at"].to_numpy()
    at = at[(at >= span[0]) & (at < span[1])]
    worked = clock.between(*span) / clock.day
    if not len(at) or len(np.unique(at // DAY)) < PRESENT * worked:
        return np.empty((0, 2), np.int64)
    long = np.flatnonzero(np.diff(clock.elapsed(at)) > AWAY * clock.day)
    return np.stack([at[long], at[long + 1]], axis=1)


def _batched(visits: pl.DataFrame, calendar: Calendar, cadence: Cadence | None) -> Sequence[int]:
    """Until when each visit waited for a batch; its start where it did not."""
    approved = visits.with_row_index("row").filter(pl.col("ended") & ~pl.col("withdrawn")).sort("end", "case")
    one_by_one = approved.filter(~pl.col("bulk"))
    if cadence is not None:
        return until_appointment(visits, approved["end"].to_numpy(), calendar, cadence)
    until = visits["start"].to_numpy().copy()
    starts, ends, rows = (visits["start"].to_numpy(), visits["end"].to_numpy(), one_by_one["row"].to_numpy())
    by_end, by_start = np.sort(ends), np.sort(starts)
    for session in _runs(one_by_one):
        members = rows[session]
        opened = int(ends[members].min())
        came = int(np.searchsorted(by_start, opened, side="right"))
        went = int(np.searchsorted(by_end, int(ends[members].max()), side="right"))
        later = int(np.sum((starts > opened) & (ends <= ends[members].max()))) if went > came else 0
        if len(members) > 1 and came <= went - later:
            until[members] = np.maximum(starts[members], min(int(starts[members].max()), opened))
    return [int(at) for at in until]


def _runs(approved: pl.DataFrame) -> list[npt.NDArray[np.int64]]:
    """Positions of the exits of each session: by one person, with less than two hours between."""
    people = approved["by"].fill_null("").to_numpy()
    ends, found = approved["end"].to_numpy(), []
    for person in np.unique(people):
        own = np.flatnonzero(people == person)
        found.extend(np.split(own, np.flatnonzero(np.diff(ends[own]) > PAUSE) + 1))
    return found


def until_appointment(visits: pl.DataFrame, exits: Instants, calendar: Calendar, cadence: Cadence) -> Sequence[int]:
    """The first session after the start that was held at an appointment; the end where none was."""
    begins = exits[np.concatenate([[True], np.diff(exits) > PAUSE])] if len(exits) else exits
    held = _held(begins, calendar, cadence)
    starts, ends = visits["start"].to_numpy(), visits["end"].to_numpy()
    place = np.searchsorted(held, starts, side="left")
    known = np.concatenate([held, [2**62]])
    return [int(at) for at in np.minimum(known[place], ends)]


def _held(begins: Instants, calendar: Calendar, cadence: Cadence) -> Instants:
    """The sessions within an hour of its hour, on one of its days or, if it has none, at the end of a month."""
    local = [moment(at).astimezone(calendar.zone) for at in begins.tolist()]
    closing = closing_days(calendar, local[0].date(), local[-1].date()) if local else frozenset()
    held = [
        (cadence.hour is None or abs(at.hour - cadence.hour) <= HOURS_APART)
        and (WEEKDAYS[at.weekday()] in cadence.weekdays if cadence.weekdays else at.date() in closing)
        for at in local
    ]
    return np.asarray(begins[np.array(held, np.bool_)], np.int64)
