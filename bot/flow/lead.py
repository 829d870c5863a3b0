"""Lens: how long items take, how many get through, how old the open ones are, and how much of it adds value."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from bot.flow.clock import DAY, WorkClock, days, instant
from bot.flow.holders import Holders
from bot.flow.model import Age, LeadTime, OpenItem, Ratio, Stage, Week, Window
from bot.flow.statistics import quantile, quantile_interval, spread, survival
from bot.flow.timeline import Label, Timeline, adds_value, redone
from connectors.records import Item

WEEK = timedelta(weeks=1)


def lead_time(timeline: Timeline, window: Window, clock: WorkClock) -> LeadTime:
    """From trigger to delivery."""
    return _durations(timeline.delivered(window), timeline.open(), window, clock)


def cycle_time(timeline: Timeline, window: Window, clock: WorkClock) -> LeadTime:
    """From the first work to delivery; items on which no state claims work are left out."""
    began = timeline.spans.filter(pl.col("label") == Label.WORK).group_by("case").agg(pl.col("start").min())
    ended, going = (
        cases.drop("start").join(began, on="case", maintain_order="left").drop_nulls("start")
        for cases in (timeline.delivered(window), timeline.open())
    )
    return _durations(ended, going, window, clock)


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
        low=None if low is None else days(low),
        high=None if high is None else days(high),
        working=working,
        with_open=survival(ages, finished, seen_from),
    )


def throughput(timeline: Timeline, window: Window, zone: str) -> tuple[Week, ...]:
    """Deliveries by calendar week of the stream's time zone; the first and the last week may be cut by the window."""
    ends = timeline.delivered(window)["end"].to_numpy()
    mondays = [_monday(window.start, zone)]
    while _midnight(mondays[-1] + WEEK, zone) < window.end:
        mondays.append(mondays[-1] + WEEK)
    cuts = [_midnight(monday, zone) for monday in (*mondays, mondays[-1] + WEEK)]
    counts = np.diff(np.searchsorted(ends, [instant(cut) for cut in cuts]))
    whole = [window.start <= begin and close <= window.end for begin, close in pairwise(cuts)]
    return tuple(Week(week=w, items=int(n), complete=c) for w, n, c in zip(mondays, counts, whole, strict=True))


def _monday(at: datetime, zone: str) -> date:
    day = at.astimezone(ZoneInfo(zone)).date()
    return day - timedelta(days=day.weekday())


def _midnight(day: date, zone: str) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone))


def age(timeline: Timeline, items: Sequence[Item], stages: Sequence[Stage], holders: Holders, window: Window) -> Age:
    """How long the open items have been under way, and the oldest of them."""
    open_items = sorted(_open_items(timeline, items, stages, holders, instant(window.end)), key=lambda i: -i.age)
    ages = [i.age for i in open_items]
    return Age(p50=quantile(ages, 0.50), p85=quantile(ages, 0.85), items=tuple(open_items))


def _open_items(
    timeline: Timeline, items: Sequence[Item], stages: Sequence[Stage], holders: Holders, end: int
) -> list[OpenItem]:
    going = timeline.open()
    spans = timeline.spans.join(going.select("case", began="start"), on="case").sort("case", "start")
    stays = spans.group_by("case", "position", "visit").agg(pl.col("start").min())
    current = (
        spans.group_by("case", maintain_order=True)
        .agg(pl.all().last())
        .join(
            stays.rename({"start": "entered"}),
            on=["case", "position", "visit"],
            nulls_equal=True,
            maintain_order="left",
        )
    )
    return [
        OpenItem(
            item=items[row["case"]].name,
            title=items[row["case"]].title,
            url=items[row["case"]].url,
            stage=None if row["position"] is None else stages[row["position"]].name,
            state=row["state"],
            label=row["label"],
            age=days(end - row["began"]),
            in_stage=days(end - row["entered"]),
            holders=holders.of(row["case"], row["item"], row["court"]),
        )
        for row in current.iter_rows(named=True)
    ]


def value_added_ratio(timeline: Timeline, window: Window, stages: Sequence[Stage]) -> Ratio:
    """Ratio of sums over the delivered items, in working time. Work that had to be done again adds no value."""
    spans = timeline.spans.join(timeline.delivered(window).select("case"), on="case")
    total, touched = int(spans["worked"].sum()), spans.filter(pl.col("touched") > 0)["case"].n_unique()
    if not total:
        return Ratio(low=None, high=None, coverage=None)
    once = spans.filter(~redone())
    claimed = once.select(pl.when(adds_value(stages)).then("worked").otherwise("produced").sum()).item()
    evidenced = int(once["produced"].sum())
    return Ratio(
        low=evidenced / total if touched else None, high=claimed / total, coverage=touched / spans["case"].n_unique()
    )
