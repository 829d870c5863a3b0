"""Lens: how long items take, how many get through, how old the open ones are, and how much of it adds value."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl

from bot.flow.clock import DAY, WorkClock, days, instant
from bot.flow.findings.lead import Age, LeadTime, OpenItem, Week
from bot.flow.findings.measures import Ratio
from bot.flow.holders import Holders
from bot.flow.model import Stage, Window
from bot.flow.spans import Label, Timeline, adds_value, redone
from bot.flow.statistics import quantile, quantile_interval, spread, survival
from bot.flow.weeks import WEEK, midnight, monday
from connectors.records import Item


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
    mondays = [monday(window.start, zone)]
    while midnight(mondays[-1] + WEEK, zone) < window.end:
        mondays.append(mondays[-1] + WEEK)
    cuts = [midnight(day, zone) for day in (*mondays, mondays[-1] + WEEK)]
    counts = np.diff(np.searchsorted(ends, [instant(cut) for cut in cuts]))
    whole = [window.start <= begin and close <= window.end for begin, close in pairwise(cuts)]
    return tuple(Week(week=w, items=int(n), complete=c) for w, n, c in zip(mondays, counts, whole, strict=True))


def age(timeline: Timeline, items: Sequence[Item], stages: Sequence[Stage], holders: Holders, window: Window) -> Age:
    """How long the open items have been under way, and the oldest of them."""
    end = instant(window.end)
    open_items = sorted(
        (_open_item(row, items, stages, holders, end) for row in _current(timeline).iter_rows(named=True)),
        key=lambda i: -i.age,
    )
    ages = [i.age for i in open_items]
    return Age(p50=quantile(ages, 0.50), p85=quantile(ages, 0.85), items=tuple(open_items))


def _current(timeline: Timeline) -> pl.DataFrame:
    """The last span of each open item, when its stage was entered and when what it is spent on began."""
    spans = timeline.spans.filter(pl.col("start") < pl.col("end"))
    stays = spans.group_by("case", "position", "visit").agg(entered=pl.col("start").min())
    turned = (pl.col("label") != pl.col("label").shift(1)).fill_null(value=True)
    since = spans.group_by("case").agg(since=pl.col("start").filter(turned).last())
    return (
        timeline.current()
        .join(stays, on=["case", "position", "visit"], how="left", nulls_equal=True, maintain_order="left")
        .join(since, on="case", how="left", maintain_order="left")
    )


def _open_item(
    row: Mapping[str, Any], items: Sequence[Item], stages: Sequence[Stage], holders: Holders, end: int
) -> OpenItem:
    item = items[row["case"]]
    return OpenItem(
        item=item.name,
        title=item.title,
        url=item.url,
        stage=None if row["position"] is None else stages[row["position"]].name,
        state=row["state"],
        label=row["label"],
        age=days(end - row["began"]),
        in_stage=days(end - (row["entered"] or end)),
        waited=None if row["label"] == Label.WORK else days(end - (row["since"] or end)),
        holders=holders.of(row["case"], row["item"], row["court"]),
    )


def value_added_ratio(timeline: Timeline, window: Window, stages: Sequence[Stage]) -> Ratio:
    """Ratio of sums over the delivered items, in working time.

    Work that had to be done again adds no value, nor does work in a stage that is not said to; traces of work left in a
    wait do.
    """
    spans = timeline.spans.join(timeline.delivered(window).select("case"), on="case")
    total, touched = int(spans["worked"].sum()), spans.filter(pl.col("touched") > 0)["case"].n_unique()
    if not total:
        return Ratio(low=None, high=None, coverage=None)
    adds = adds_value(stages)
    once = spans.filter(~redone() & (adds | (pl.col("label") != Label.WORK) | pl.col("position").is_null()))
    claimed = once.select(pl.when(adds).then("worked").otherwise("produced").sum()).item()
    evidenced = int(once["produced"].sum())
    return Ratio(
        low=evidenced / total if touched else None, high=claimed / total, coverage=touched / spans["case"].n_unique()
    )
