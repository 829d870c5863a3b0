"""What a wait for approval is spent on: every instant once, so that the causes sum to the wait.

The five causes and their precedence are those of Lashkevich et al. 2022 (arXiv 2212.01392), read from exits alone,
since nobody records when an approval is begun:

    batching        until the next appointment at which the queue is emptied; where none is known, until the last of the
                    items arrived that left in the same session, if that session left nothing behind
    contention      its approver was at an item that had come before, or at something else
    prioritisation  its approver was at an item that had come later
    unavailability  outside working hours, or the approver left no trace anywhere for days
    extraneous      all the rest: the approver was there, and did not look

What an approver was at is told by `approvers`.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from bot.flow.clock import DAY, Instants, WorkClock, closing_days, instant, moment
from bot.flow.findings.queues import Causes
from bot.flow.findings.stations import Cadence
from bot.flow.history.log import Log
from bot.flow.model import WEEKDAYS, Calendar, Window
from bot.flow.queues.approvers import Approvers, Cells
from bot.flow.queues.cadence import PAUSE
from bot.flow.statistics.ranges import Bits, numbers_below, sums_at, sums_below
from bot.frames import WORDS

HOURS_APART = 1
"""How far from its hour an appointment is still held."""

PEOPLE_AT_ONCE = 256
"""Approvers whose time is laid out together."""

EXTRANEOUS, BATCHING, CONTENTION, PRIORITISATION, UNAVAILABILITY = range(5)
NAMES = ("extraneous", "batching", "contention", "prioritisation", "unavailability")


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
    """Split of the waits inside the window. `pieces`: run, start, end of what makes up each visit.

    `service`: working microseconds an approval takes, None if unknown.
    """
    first, last = instant(window.start), instant(window.end)
    until = pl.Series(_batched(visits, calendar, cadence), dtype=pl.Int64)
    told = visits.with_columns(until=until, by=_approver(visits))
    cut = pieces.with_columns(pl.col("start", "end").clip(first, last)).filter(pl.col("start") < pl.col("end"))
    parts = cut.join(told.select("run", "by", "until", begun="start"), on="run", maintain_order="left")
    batch = pl.col("until").clip(pl.col("start"), pl.col("end"))
    waited = parts.select("by", "begun", "start", "end", batch=batch)
    sums = np.zeros(len(NAMES), np.int64)
    sums[BATCHING] = waited.select((pl.col("batch") - pl.col("start")).sum()).item()
    rest = waited.filter(pl.col("batch") < pl.col("end"))
    people = rest.select("by").unique().with_row_index("who").cast({"who": pl.Int64})
    approved = told.filter(pl.col("ended") & ~pl.col("withdrawn"))
    approvers = Approvers(people, approved, log, clock, (first, last), service)
    theirs = rest.join(people, on="by", nulls_equal=True)
    for number in range(0, len(people), PEOPLE_AT_ONCE):
        sums += _spent_with(approvers, number, min(number + PEOPLE_AT_ONCE, len(people)) - 1, theirs)
    return Causes(**{name: float(amount) / DAY for name, amount in zip(NAMES, sums, strict=True)})


def _approver(visits: pl.DataFrame) -> pl.Expr:
    """Who let it go, or the only one who ever does; of the withdrawn nobody knows."""
    approved = pl.col("ended") & ~pl.col("withdrawn")
    people = visits.filter(approved)["by"].drop_nulls().unique().to_list()
    only = pl.lit(people[0] if len(people) == 1 else None, pl.String).cast(WORDS)
    return pl.when(approved).then(pl.coalesce("by", only)).otherwise(only)


def _spent_with(approvers: Approvers, first: int, last: int, waited: pl.DataFrame) -> Instants:
    """What the waits for some of the approvers are spent on, by their numbers."""
    theirs = waited.filter(pl.col("who").is_between(first, last))
    who, begun = theirs["who"].to_numpy() - first, theirs["begun"].to_numpy()
    starts, ends = (approvers.axis.of(who, theirs[name].to_numpy()) for name in ("batch", "end"))
    return _spent(approvers.cells(first, last), starts, ends, begun)


def _spent(cells: Cells, starts: Instants, ends: Instants, begun: Instants) -> Instants:
    """What the waits [start, end) of visits that began at `begun` are spent on together, by cause.

    Of whole cells, less what the first begins before a wait and the last goes on after it.
    """
    low = np.searchsorted(cells.edges, starts, side="right") - 1
    high = np.searchsorted(cells.edges, ends, side="left")
    before = _by_cause(_cause(cells, low, begun), starts - cells.edges[low])
    after = _by_cause(_cause(cells, high - 1, begun), cells.edges[high] - ends)
    return _whole(cells, low, high, begun) - before - after


def _cause(cells: Cells, number: Instants, begun: Instants) -> Instants:
    """What a visit that began at `begun` waits for in a cell."""
    item, elsewhere = cells.begun[number], cells.elsewhere[number]
    own = item == begun
    rest = np.where(cells.off[number] & ~own, UNAVAILABILITY, EXTRANEOUS)
    cause = np.where(item > begun, PRIORITISATION, rest)
    cause[((item >= 0) & (item < begun)) | (elsewhere & ~own)] = CONTENTION
    return cause


def _by_cause(cause: Instants, amounts: Instants) -> Instants:
    sums = np.zeros(len(NAMES), np.int64)
    np.add.at(sums, cause, amounts)
    return sums


def _whole(cells: Cells, low: Instants, high: Instants, begun: Instants) -> Instants:
    """The same of the whole cells [low, high) of each wait, as sums over ranges."""
    ranges, busy = _Ranges(np.diff(cells.edges), cells.begun, low, high), cells.begun >= 0
    here, elsewhere = busy & ~cells.elsewhere, busy & cells.elsewhere
    earlier = ranges.begun_before(here, begun)
    sums = np.zeros(len(NAMES), np.int64)
    sums[CONTENTION] = earlier + ranges.of(cells.elsewhere) - ranges.begun_at(elsewhere, begun)
    sums[PRIORITISATION] = ranges.of(here) - earlier - ranges.begun_at(here, begun)
    sums[UNAVAILABILITY] = ranges.of(~busy & ~cells.elsewhere & cells.off)
    sums[EXTRANEOUS] = ranges.of(np.ones(len(busy), np.bool_)) - sums.sum()
    return sums


@dataclass(frozen=True)
class _Ranges:
    """Ranges of cells, of all of which something is summed."""

    lengths: Instants
    begun: Instants
    low: Instants
    high: Instants

    def of(self, chosen: Bits) -> int:
        before = np.concatenate([[0], np.cumsum(np.where(chosen, self.lengths, 0))])
        return int((before[self.high] - before[self.low]).sum())

    def begun_before(self, chosen: Bits, bounds: Instants) -> int:
        """Of the chosen cells that are spent on an item which began before a bound, one for each range."""
        return int(sums_below(*self._chosen(chosen), bounds).sum())

    def begun_at(self, chosen: Bits, instants: Instants) -> int:
        """The same of those spent on an item which began at an instant."""
        return int(sums_at(*self._chosen(chosen), instants).sum())

    def _chosen(self, chosen: Bits) -> tuple[Instants, Instants, Instants, Instants]:
        """When the items of the chosen cells began, how long these are, and the ranges of them."""
        number = np.concatenate([[0], np.cumsum(chosen)])
        return self.begun[chosen], self.lengths[chosen], number[self.low], number[self.high]


def _batched(visits: pl.DataFrame, calendar: Calendar, cadence: Cadence | None) -> Instants:
    """Until when each visit waited for a batch; its start where it did not."""
    approved = visits.with_row_index("row").filter(pl.col("ended") & ~pl.col("withdrawn"))
    if cadence is not None:
        return until_appointment(visits, approved["end"].sort().to_numpy(), calendar, cadence)
    until = visits["start"].to_numpy().copy()
    left = _with_sessions(approved.filter(~pl.col("bulk")))
    if not len(left):
        return until
    sessions = left.group_by("session", maintain_order=True).agg(
        pl.len(), opened=pl.col("end").min(), closed=pl.col("end").max(), came=pl.col("start").max()
    )
    whole = sessions.filter((pl.col("len") > 1) & pl.Series(_emptied(visits, sessions)))
    batched = left.join(whole, on="session", maintain_order="left")
    rows, last = batched["row"].to_numpy(), pl.min_horizontal("came", "opened")
    until[rows] = batched.select(pl.max_horizontal("start", last)).to_series().to_numpy()
    return until


def _with_sessions(left: pl.DataFrame) -> pl.DataFrame:
    """The exits with `session`: by one person, with less than two hours between."""
    ordered = left.sort("by", "end", "case")
    new = pl.col("by").ne_missing(pl.col("by").shift(1)) | (pl.col("end") - pl.col("end").shift(1) > PAUSE)
    return ordered.with_columns(session=new.fill_null(value=True).cum_sum())


def _emptied(visits: pl.DataFrame, sessions: pl.DataFrame) -> npt.NDArray[np.bool_]:
    """Whether each session left nothing behind of what had come before it opened."""
    by_end = visits.sort("end")
    starts, ends = (by_end[name].to_numpy() for name in ("start", "end"))
    opened, closed = (sessions[name].to_numpy() for name in ("opened", "closed"))
    came = np.searchsorted(np.sort(starts), opened, side="right")
    went = np.searchsorted(ends, closed, side="right")
    earlier = numbers_below(starts, np.zeros_like(went), went, opened + 1)
    emptied: npt.NDArray[np.bool_] = came <= np.where(went > came, earlier, went)
    return emptied


def until_appointment(visits: pl.DataFrame, exits: Instants, calendar: Calendar, cadence: Cadence) -> Instants:
    """The first session after the start that was held at an appointment; the end where none was."""
    begins = exits[np.concatenate([[True], np.diff(exits) > PAUSE])] if len(exits) else exits
    held = _held(begins, calendar, cadence)
    starts, ends = visits["start"].to_numpy(), visits["end"].to_numpy()
    place = np.searchsorted(held, starts, side="left")
    known = np.concatenate([held, [2**62]])
    until: Instants = np.minimum(known[place], ends)
    return until


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
