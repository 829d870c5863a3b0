"""What is followed from week to week: the figures of a stream as values with the closed week each belongs to.

An item belongs to the week in which it was delivered, a visit to the week in which it ended.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from bot.flow.clock import DAY, Instants, WorkClock
from bot.flow.model import Court, Stream
from bot.flow.outlook.weeks import Weeks
from bot.flow.statistics.trend import Sample
from bot.flow.timeline.spans import (
    PASSED_THROUGH,
    Label,
    Outcome,
    Timeline,
    adds_value,
    approval_place,
    first_work,
    redone,
)

SHORT_WEEK = 0.6
"""A week with less than this share of the usual working time is a holiday; its throughput tells nothing."""


@dataclass(frozen=True)
class Figure:
    """A sample, numbered by week; `p`: which quantile is meant, where the sample has no weights.

    `evidenced`: it rests on traces of work.
    """

    metric: str
    sample: Sample
    p: float = 0.5
    more_is_better: bool = False
    evidenced: bool = False


def figures(stream: Stream, timeline: Timeline, weeks: Weeks, clock: WorkClock) -> tuple[Figure, ...]:
    """All that have a value in any of the weeks."""
    ended = _ended(timeline, weeks)
    found = (
        Figure("lead_time", _durations(ended)),
        _cycle_time(timeline, ended),
        Figure("throughput", _throughput(_in_weeks(timeline.arrivals(), weeks), weeks, clock), more_is_better=True),
        *_ratios(stream, timeline, ended),
        Figure("wip", _wip(timeline, weeks)),
        *_waits(stream, timeline, weeks),
    )
    return tuple(figure for figure in found if len(figure.sample.values))


def _ended(timeline: Timeline, weeks: Weeks) -> pl.DataFrame:
    """case, start, end, week of the items delivered in the weeks, in the order of their ends."""
    cases = timeline.cases.filter(pl.col("outcome") == Outcome.DELIVERED).sort("end", "case")
    return _in_weeks(cases.select("case", "start", "end"), weeks)


def _in_weeks(rows: pl.DataFrame, weeks: Weeks) -> pl.DataFrame:
    numbered = rows.with_columns(week=pl.Series(weeks.number(rows["end"].to_numpy()), dtype=pl.Int64))
    return numbered.filter(pl.col("week").is_between(0, len(weeks) - 1))


def _durations(rows: pl.DataFrame) -> Sample:
    return Sample((rows["end"] - rows["start"]).to_numpy() / DAY, rows["week"].to_numpy())


def _cycle_time(timeline: Timeline, ended: pl.DataFrame) -> Figure:
    """It rests on traces where any of them tells of work before a state does, or of work that no state tells of."""
    columns = timeline.spans.select("case", "label", "spent", "start")
    cases = columns.join(ended, on="case", how="semi")
    began, claimed = (first_work(spans).sort("case") for spans in (cases, cases.filter(pl.col("label") == Label.WORK)))
    worked = ended.drop("start").join(began, on="case", maintain_order="left").drop_nulls("start")
    return Figure("cycle_time", _durations(worked), evidenced=not began.equals(claimed))


def _throughput(arrived: pl.DataFrame, weeks: Weeks, clock: WorkClock) -> Sample:
    """Of imported items too: when they were delivered is known."""
    counts = np.bincount(arrived["week"].to_numpy(), minlength=len(weeks)).astype(np.float64)
    working = np.diff(clock.elapsed(weeks.cuts))
    usual = np.flatnonzero(working >= SHORT_WEEK * np.median(working)) if counts.any() else np.array([], np.int64)
    return Sample(counts[usual], usual, np.ones(len(usual)))


def _wip(timeline: Timeline, weeks: Weeks) -> Sample:
    """Items under way at the end of each week; imported ones since they came, whether they are still open or not."""
    known = [Outcome.DELIVERED, Outcome.IMPORTED, Outcome.DROPPED, Outcome.OPEN]
    begun = timeline.cases.filter(pl.col("outcome").is_in(known))
    begun = begun.drop_nulls("start").filter(pl.col("start") < pl.col("end"))
    over = begun.filter(pl.col("outcome") != Outcome.OPEN)
    number = _until(begun["start"], weeks) - _until(over["end"], weeks)
    return Sample(number.astype(np.float64), np.arange(len(weeks)), np.ones(len(weeks)))


def _until(at: pl.Series, weeks: Weeks) -> Instants:
    """How many lie before the end of each week."""
    return np.searchsorted(np.sort(at.to_numpy()), weeks.cuts[1:])


def _ratios(stream: Stream, timeline: Timeline, ended: pl.DataFrame) -> Iterator[Figure]:
    """Value-added ratio, by traces of work where there are any or else by states, and share of rework."""
    adds = adds_value(stream.stages)
    once = ~redone()
    length = pl.col("end") - pl.col("start")
    spans = timeline.spans.lazy().join(ended.lazy(), on="case", how="semi")
    told = spans.group_by("case").agg(
        worked=pl.col("worked").sum(),
        claimed=pl.col("worked").filter(once & adds).sum(),
        evidenced=pl.col("worked").filter(once & adds & pl.col("evidenced")).sum(),
        again=length.filter(redone()).sum(),
        whole=length.sum(),
    )
    rows = ended.join(told.collect(), on="case", maintain_order="left")
    traced = bool(rows["evidenced"].sum())
    value = _shares(rows, "evidenced" if traced else "claimed", "worked")
    yield Figure("value_added_ratio", value, more_is_better=True, evidenced=traced)
    yield Figure("rework_share", _shares(rows, "again", "whole"))


def _shares(rows: pl.DataFrame, part: str, whole: str) -> Sample:
    """Share of each item, weighted so that the mean is a ratio of sums."""
    known = rows.filter(pl.col(whole) > 0)
    weights = known[whole].to_numpy().astype(np.float64)
    return Sample(known[part].to_numpy() / weights, known["week"].to_numpy(), weights / DAY)


def _waits(stream: Stream, timeline: Timeline, weeks: Weeks) -> Iterator[Figure]:
    """Of each approval queue the median and the 85 % quantile of the waits that ended, and of all reviews."""
    visits = _in_weeks(_visits(stream, timeline), weeks)
    for (station,), group in visits.sort("station", "end", "case").group_by("station", maintain_order=True):
        for name, p in (("p50", 0.5), ("p85", 0.85)):
            yield Figure(f'queues["{station}"].wait.{name}', _waited(group), p)
    yield Figure("review_wait", _waited(visits.filter("review").sort("end", "case", "station")))


def _waited(visits: pl.DataFrame) -> Sample:
    return Sample(visits["waited"].to_numpy() / DAY, visits["week"].to_numpy())


def _visits(stream: Stream, timeline: Timeline) -> pl.DataFrame:
    """case, station, review, waited, end: the stays in which something waited for approval, and which ended."""
    spans = timeline.spans.select("case", "position", "visit", "label", "court", "start", "end")
    waits = spans.filter((pl.col("label") == Label.APPROVAL) & (pl.col("start") < pl.col("end")))
    stays = (
        waits.with_columns(station=approval_place(stream), review=pl.col("court") == Court.AWAITING_REVIEW)
        .drop_nulls("station")
        .group_by("case", "station", "position", "visit")
        .agg(pl.col("review").any(), pl.col("end").max(), waited=(pl.col("end") - pl.col("start")).sum())
    )
    still = timeline.cases.filter(pl.col("outcome") == Outcome.OPEN).select("case", over="end")
    ended = stays.join(still, on="case", how="left").filter(pl.col("over").is_null() | (pl.col("end") < pl.col("over")))
    return ended.filter(pl.col("waited") > PASSED_THROUGH).select("case", "station", "review", "waited", "end")
