"""Lens: how long a new item will take, when each open one is delivered, and how many are by when.

All of it says what comes if things stay as they are: the past is drawn again, nothing is modelled.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from bot.flow.clock import DAY, Instants, instant
from bot.flow.findings.forecast import AllOpen, Deliveries, Expected, Forecast, Remaining
from bot.flow.history.log import Log
from bot.flow.model import Stream, Window
from bot.flow.outlook.weeks import A_WEEK, closed_weeks, known_until
from bot.flow.statistics.forecast import Flags, at_least, expected_quantile, paths, remaining, weeks_until
from bot.flow.statistics.intervals import Values
from bot.flow.timeline.spans import Outcome, Timeline
from bot.flow.timeline.stays import STAY, stays
from bot.words import count

RECENT, LONGER = 13, 26
"""Weeks from which a new item is forecast; the longer ones where the recent ones hold fewer than ENOUGH items."""

ENOUGH, FEWEST_ITEMS = 20, 10
"""Deliveries that suffice, and below which nothing is forecast."""

WATCHED = (26, 52, 104)
"""Weeks in which open items are followed: as many as it takes for FEWEST_ENDS deliveries."""

FEWEST_ENDS, FEWEST_IN_STAGE = 20, 30
"""Deliveries of items as old, and of those that were as long in a stage."""

QUANTILES = (0.50, 0.85)
HISTORY, SHORTEST_HISTORY, FEWEST_WITH_DATA = 26, 12, 6
"""Closed weeks that are drawn again; fewer than so many, or with deliveries in fewer than so many, tell nothing."""

HORIZONS, FARTHEST = (1, 2, 4, 8), 26
"""Weeks ahead for which deliveries are told, and how far ahead the end of all open items is looked for."""


def forecast(stream: Stream, timeline: Timeline, log: Log, window: Window) -> Forecast:
    """As seen from the end of the window; refused, with the reason, where nothing is recorded up to there."""
    known = known_until(window, log.events["at"].to_numpy(), log.moves["at"].to_numpy())
    stale = "" if known == window.end else f"nothing is recorded since {known:%Y-%m-%d}"
    history = _history(timeline, window, stream.calendar.timezone)
    reason = stale or _too_little(history)
    reached = None if reason else paths(history, FARTHEST)
    return Forecast(
        new_items=_new_items(timeline, window, stale),
        open_items=tuple(_open_items(stream, timeline, log, window, stale)),
        deliveries=() if reached is None else tuple(_deliveries(reached, window)),
        all_open=None if reached is None else _all_open(reached, len(timeline.open()), window),
        weeks=len(history),
        reason=reason,
    )


def _deliveries(reached: Instants, window: Window) -> Iterator[Deliveries]:
    for weeks in HORIZONS:
        even, sure = (at_least(reached, weeks, confidence) for confidence in QUANTILES)
        yield Deliveries(weeks=weeks, until=_date(window, weeks * 7), p50=even, p85=sure)


def _all_open(reached: Instants, going: int, window: Window) -> AllOpen | None:
    if not going:
        return None
    even, sure = (_after(window, weeks_until(reached, going, confidence)) for confidence in QUANTILES)
    return AllOpen(items=going, p50=even, p85=sure)


def _history(timeline: Timeline, window: Window, zone: str) -> list[int]:
    """Deliveries of each of the last closed weeks since the first item began."""
    starts = timeline.cases["start"].drop_nulls().to_numpy()
    weeks = closed_weeks(window.end - (HISTORY + 1) * A_WEEK, window.end, zone)
    if not len(starts) or not len(weeks):
        return []
    counts = np.diff(np.searchsorted(timeline.arrivals()["end"].to_numpy(), weeks.cuts))
    return [int(n) for n, begins in zip(counts, weeks.cuts[:-1], strict=True) if begins >= starts.min()][-HISTORY:]


def _too_little(history: Sequence[int]) -> str:
    filled = sum(number > 0 for number in history)
    if len(history) < SHORTEST_HISTORY:
        return f"the history has {count(len(history), 'closed week')}; it takes {SHORTEST_HISTORY}"
    if filled < FEWEST_WITH_DATA:
        return f"something was delivered in {filled} of {len(history)} weeks; it takes {FEWEST_WITH_DATA}"
    return ""


def _date(window: Window, days: float) -> date:
    """The day that lies so far after the window, in the stream's time zone."""
    return (window.end + timedelta(days=days)).astimezone(ZoneInfo(window.timezone)).date()


def _after(window: Window, weeks: int | None) -> date | None:
    return None if weeks is None else _date(window, weeks * 7)


def _new_items(timeline: Timeline, window: Window, stale: str) -> Expected:
    weeks, times = RECENT, _lead_times(timeline, window, RECENT)
    if len(times) < ENOUGH:
        weeks, times = LONGER, _lead_times(timeline, window, LONGER)
    few = f"{count(len(times), 'item was', 'items were')} delivered in {weeks} weeks; it takes {FEWEST_ITEMS}"
    reason = stale or (few if len(times) < FEWEST_ITEMS else "")
    names = {"p10": 0.10, "p50": 0.50, "p85": 0.85, "p90": 0.90}
    told = {name: None if reason else expected_quantile(times, p) for name, p in names.items()}
    return Expected(n=len(times), weeks=weeks, reason=reason, **told)


def _lead_times(timeline: Timeline, window: Window, weeks: int) -> Values:
    ended = timeline.delivered(window.model_copy(update={"start": window.end - weeks * A_WEEK}))
    return (ended["end"] - ended["start"]).to_numpy() / DAY


@dataclass(frozen=True)
class _Stays:
    """Since when, until when it was followed, whether it was delivered then, and for how long the stay itself lasted.

    In days since 1970, in the order of `until`.
    """

    since: Values
    until: Values
    delivered: Flags
    lasted: Values

    def remaining(self, age: float, now: float, fewest: int) -> tuple[float | None, ...] | None:
        """Of those that lasted longer than `age`; from the last half year, or from longer if that has too few."""
        for watched_from in (now - weeks * 7 for weeks in WATCHED):
            first = int(np.searchsorted(self.until, watched_from, side="right"))
            alike = first + np.flatnonzero(self.lasted[first:] > age)
            since, until, delivered = self.since[alike], self.until[alike], self.delivered[alike]
            found = remaining(since, until, delivered, watched_from, age, QUANTILES, fewest)
            if found is not None:
                return found
        return None


class _Past:
    """Whole lives of items, and their stays in each stage. What is alike to two digits of its age is told once."""

    def __init__(self, timeline: Timeline, entered: pl.DataFrame, now: float) -> None:
        self._timeline, self._entered, self._now = timeline, entered, now
        self._told: dict[tuple[int | None, float], tuple[float | None, ...] | None] = {}

    def remaining(self, position: int | None, age: float) -> tuple[float | None, ...] | None:
        """Of those that were as long in a stage, or with None as old; None where too few were."""
        key = position, float(f"{age:.2g}")
        if key not in self._told:
            stays = self._lives if position is None else self._stays.get(position)
            fewest = FEWEST_ENDS if position is None else FEWEST_IN_STAGE
            self._told[key] = stays.remaining(key[1], self._now, fewest) if stays else None
        return self._told[key]

    @cached_property
    def oldest(self) -> float:
        """The longest lead time of all that were delivered."""
        return float(self._lives.lasted[self._lives.delivered].max(initial=0.0))

    @cached_property
    def _lives(self) -> _Stays:
        return _stays(self._cases.with_columns(since="start", exit="end"))

    @cached_property
    def _stays(self) -> dict[int, _Stays]:
        stays = self._entered.drop_nulls("position").select("case", "position", since="start", exit="end")
        joined = stays.join(self._cases, on="case").sort("end")
        return {int(str(key[0])): _stays(rows) for key, rows in joined.partition_by("position", as_dict=True).items()}

    @property
    def _cases(self) -> pl.DataFrame:
        begun = pl.col("outcome").is_in([Outcome.DELIVERED, Outcome.DROPPED, Outcome.OPEN])
        return self._timeline.cases.filter(begun & (pl.col("start") < pl.col("end"))).sort("end")


def _stays(rows: pl.DataFrame) -> _Stays:
    since, until, left = (rows[name].to_numpy() / DAY for name in ("since", "end", "exit"))
    return _Stays(since, until, (rows["outcome"] == Outcome.DELIVERED).to_numpy(), left - since)


def _open_items(stream: Stream, timeline: Timeline, log: Log, window: Window, stale: str) -> Iterator[Remaining]:
    now = instant(window.end) / DAY
    entered = stays(timeline)
    past = _Past(timeline, entered, now)
    since = entered.select(*STAY, entered="start")
    current = timeline.current().join(since, on=STAY, how="left", nulls_equal=True)
    for row in current.sort("began", "case").iter_rows(named=True):
        age = now - row["began"] / DAY
        like, found = (None, None) if stale else _alike(past, row, age, now)
        yield Remaining(
            item=log.items.names[row["case"]],
            stage=None if row["position"] is None else stream.stages[row["position"]].name,
            age=age,
            like=like,
            p50=found[0] if found else None,
            p85=found[1] if found else None,
            p50_date=_day_of(window, found[0] if found else None),
            p85_date=_day_of(window, found[1] if found else None),
            oldest=age > past.oldest,
            reason=stale or _why_not(found, older=age > past.oldest),
        )


def _alike(past: _Past, row: Mapping[str, Any], age: float, now: float) -> tuple[Any, tuple[float | None, ...] | None]:
    """By the time in its stage where enough were as long there, else by its age."""
    if row["position"] is not None and row["entered"] is not None:
        found = past.remaining(row["position"], now - row["entered"] / DAY)
        if found is not None:
            return "stage", found
    found = past.remaining(None, age)
    return ("age" if found else None), found


def _why_not(found: tuple[float | None, ...] | None, *, older: bool) -> str:
    if older and found is None:
        return "older than anything that was delivered"
    return "" if found else f"fewer than {FEWEST_ENDS} were delivered at this age or older"


def _day_of(window: Window, days: float | None) -> date | None:
    return None if days is None else _date(window, days)
