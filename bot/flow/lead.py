"""Lens: how long items take, how many get through, how old the open ones are, and how much of it adds value."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl

from bot.flow.clock import DAY, WorkClock, days, days_or_none, instant
from bot.flow.evidence.activity import Activity
from bot.flow.findings.lead import Age, Frequency, LeadTime, OpenItem, Week
from bot.flow.findings.measures import Ratio
from bot.flow.model import Stage, Window
from bot.flow.outlook.weeks import A_WEEK, midnight, monday
from bot.flow.statistics.intervals import quantile, quantile_interval, spread, survival
from bot.flow.timeline.holders import Holders
from bot.flow.timeline.spans import ACTIVE, Timeline, adds_value, first_work, redone
from bot.frames import Items


def lead_time(timeline: Timeline, window: Window, clock: WorkClock) -> LeadTime:
    """From trigger to delivery."""
    return _durations(timeline.delivered(window), _seen_begin(timeline), window, clock)


def cycle_time(timeline: Timeline, window: Window, clock: WorkClock) -> LeadTime:
    """From the first work to delivery; items on which neither a state nor a trace tells of work are left out."""
    began = first_work(timeline.spans)
    ended, going = (
        cases.drop("start").join(began, on="case", maintain_order="left").drop_nulls("start")
        for cases in (timeline.delivered(window), _seen_begin(timeline))
    )
    return _durations(ended, going, window, clock)


def _seen_begin(timeline: Timeline) -> pl.DataFrame:
    """The open cases whose age is known."""
    return timeline.open().filter(~pl.col("late"))


def _durations(ended: pl.DataFrame, going: pl.DataFrame, window: Window, clock: WorkClock) -> LeadTime:
    starts, ends = ended["start"].to_numpy(), ended["end"].to_numpy()
    elapsed = (ends - starts).astype(np.float64)
    low, high = quantile_interval(elapsed, 0.50)
    every = pl.concat([ended.select("start", "end"), going.select("start", "end")])
    ages = (every["end"] - every["start"]).to_numpy().astype(np.float64)
    seen_from = np.maximum(instant(window.start) - every["start"].to_numpy(), 0).astype(np.float64)
    finished = np.arange(len(every)) < len(ended)
    working = spread((clock.elapsed(ends) - clock.elapsed(starts)).astype(np.float64) * (DAY / clock.day))
    return LeadTime(
        **spread(elapsed).model_dump(),
        low=days_or_none(low),
        high=days_or_none(high),
        working=working,
        with_open=survival(ages, finished, seen_from),
    )


def throughput(timeline: Timeline, window: Window, zone: str) -> tuple[Week, ...]:
    """Deliveries by calendar week of the stream's time zone; the first and the last week may be cut by the window.

    Of imported items too: when they began is unknown, when they were delivered is not.
    """
    ends = timeline.arrived(window)["end"].to_numpy()
    mondays = [monday(window.start, zone)]
    while midnight(mondays[-1] + A_WEEK, zone) < window.end:
        mondays.append(mondays[-1] + A_WEEK)
    cuts = [midnight(day, zone) for day in (*mondays, mondays[-1] + A_WEEK)]
    counts = np.diff(np.searchsorted(ends, [instant(cut) for cut in cuts]))
    whole = [window.start <= begin and close <= window.end for begin, close in pairwise(cuts)]
    return tuple(Week(week=w, items=int(n), complete=c) for w, n, c in zip(mondays, counts, whole, strict=True))


def frequency(happened: Sequence[datetime] | None, window: Window) -> Frequency | None:
    """How often something happened in the window; None where it is not told of."""
    if happened is None or happened[0] >= window.end:
        return None
    number = sum(window.start <= at < window.end for at in happened)
    return Frequency(n=number, per_week=number / window.weeks)


def age(timeline: Timeline, items: Items, stages: Sequence[Stage], holders: Holders, window: Window) -> Age:
    """How long the open items have been under way, and the oldest of them."""
    end = instant(window.end)
    current = _current(timeline)
    told = items.frame.select("name", "title", "url")[current["case"]]
    rows = pl.concat([current, told], how="horizontal").iter_rows(named=True)
    open_items = sorted((_open_item(row, stages, holders, end) for row in rows), key=lambda i: -i.age)
    ages = [i.age for i in open_items]
    return Age(p50=quantile(ages, 0.50), p85=quantile(ages, 0.85), items=tuple(open_items))


def _current(timeline: Timeline) -> pl.DataFrame:
    """The last span of each open item, when its stage was entered and when what it is spent on began."""
    current = timeline.current()
    turned = (pl.col("spent") != pl.col("spent").shift(1)).fill_null(value=True)
    going = pl.col("case").is_in(current["case"].implode())
    spans = timeline.spans.filter(going & (pl.col("start") < pl.col("end")))
    stays = spans.group_by("case", "position", "visit").agg(entered=pl.col("start").min())
    since = spans.group_by("case").agg(since=pl.col("start").filter(turned).last())
    return current.join(
        stays, on=["case", "position", "visit"], how="left", nulls_equal=True, maintain_order="left"
    ).join(since, on="case", how="left", maintain_order="left")


def _open_item(row: Mapping[str, Any], stages: Sequence[Stage], holders: Holders, end: int) -> OpenItem:
    return OpenItem(
        item=row["name"],
        title=row["title"],
        url=row["url"],
        stage=None if row["position"] is None else stages[row["position"]].name,
        state=row["state"],
        label=row["spent"],
        age=days(end - row["began"]),
        in_stage=days(end - (row["entered"] or end)),
        waited=None if row["spent"] in ACTIVE else days(end - (row["since"] or end)),
        holders=holders.of(row["case"], row["item"], row["court"]),
    )


def value_added_ratio(activity: Activity, window: Window, stages: Sequence[Stage]) -> Ratio:
    """Ratio of sums over the delivered items, in working time.

    Work that had to be done again adds no value, nor does work in a stage that is not said to; traces of work left in a
    wait do. At least: what traces evidence with the shortest reach; at most: with the longest, and what states claim in
    which nobody leaves traces. Unknown where neither a trace nor a state tells of any work.
    """
    ended = activity.mid.delivered(window).select("case")
    once, traced = adds_value(stages) & ~redone(), pl.col("evidenced")
    low, mid, high = (timeline.spans.lazy().join(ended.lazy(), on="case", how="semi") for timeline in activity.every)
    sums = mid.select(_worked(), once=_worked(once), evidenced=pl.col("case").filter(traced).n_unique()).collect()
    total, likely, cases = sums.row(0)
    if not total:
        return Ratio(low=None, mid=None, high=None, coverage=None)
    least, most = (spans.select(_worked(rule)).collect().item() for spans, rule in ((low, once & traced), (high, once)))
    if not cases and not most:
        return Ratio(low=None, mid=None, high=None, coverage=0.0)
    return Ratio(
        low=least / total if cases else None,
        mid=likely / total if cases else None,
        high=most / total,
        coverage=cases / len(ended),
    )


def _worked(chosen: pl.Expr | None = None) -> pl.Expr:
    """Working microseconds of all spans, or of those that are chosen."""
    worked = pl.col("worked")
    return (worked if chosen is None else worked.filter(chosen)).sum()
