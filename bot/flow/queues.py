"""Lens: approval queues, of configured stages and of reviewers; items that still wait are counted."""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl

from bot.flow.clock import MICROSECOND, days, instant
from bot.flow.courts import Court
from bot.flow.findings.measures import Wait
from bot.flow.findings.queues import Queue, QueueItem, TimeBox
from bot.flow.holders import Holders
from bot.flow.model import Stage, StageKind, Stream, Window
from bot.flow.spans import Label, Outcome, Timeline
from bot.flow.statistics import spread, survival
from connectors.records import Item

PASSED_THROUGH = timedelta(minutes=1) // MICROSECOND


def queues(
    stream: Stream,
    timeline: Timeline,
    items: Sequence[Item],
    holders: Holders,
    window: Window,
    total: float,
    discovered: Collection[str] = (),
) -> tuple[Queue, ...]:
    """Every station at which something waited for approval in the window, the most expensive first.

    `total`: its item-days. `discovered`: states that behave as an approval and are not called one; each is a station
    of its own, under its own name, and its time stays where the configuration puts it.
    """
    visits = _visits(stream, timeline, window, discovered)
    found = [
        _queue(stream, station, group.sort("start", "case"), items, holders, total, discovered)
        for (station,), group in visits.group_by("station", maintain_order=True)
    ]
    return tuple(sorted(found, key=lambda queue: (-queue.cost, queue.stage)))


def _visits(stream: Stream, timeline: Timeline, window: Window, discovered: Collection[str]) -> pl.DataFrame:
    """case, station, start, item, court, end, waited, before (the window), ended, withdrawn: waits that touch it.

    Neither a block nor waiting for checks and merge in between ends a wait, nor does a state that was left in the
    instant it was entered; only the block lengthens it. Reviews of two change requests are two waits. What took less
    than a minute was passed through and is none.
    """
    start, end = instant(window.start), instant(window.end)
    before = pl.col("end").clip(upper_bound=start) - pl.col("start").clip(upper_bound=start)
    visits = (
        _waits(stream, timeline, discovered)
        .group_by("run", maintain_order=True)
        .agg(
            pl.col("case", "station", "start").first(),
            pl.col("item", "court", "end", "into").last(),
            waited=(pl.col("end") - pl.col("start")).sum(),
            before=before.sum(),
        )
    )
    case_ends = timeline.cases.select("case", "outcome", over="end")
    at_its_end = pl.col("end") == pl.col("over")
    ended = ~(at_its_end & (pl.col("outcome") == Outcome.OPEN))
    withdrawn = (at_its_end & (pl.col("outcome") == Outcome.DROPPED)) | (pl.col("into") == Label.DROPPED).fill_null(
        value=False
    )
    told = visits.join(case_ends, on="case", maintain_order="left").with_columns(ended=ended, withdrawn=withdrawn)
    known = told.drop("run", "into", "outcome", "over").filter(~pl.col("ended") | (pl.col("waited") > PASSED_THROUGH))
    return known.filter((pl.col("start") < end) & (pl.col("end") > start))


def _waits(stream: Stream, timeline: Timeline, discovered: Collection[str]) -> pl.DataFrame:
    """The spans that wait for approval, with `station`, `run` and `into`.

    `station`: the stage, the turn that none claims, or the discovered state; `run`: of one wait; `into`: the label of
    what follows.
    """
    names = {n: stage.name for n, stage in enumerate(stream.stages) if stage.kind is StageKind.APPROVAL}
    found = pl.col("court").is_null() & pl.col("state").is_in(list(discovered))
    found &= ~pl.col("label").is_in([Label.DONE, Label.DROPPED])
    named = pl.col("position").replace_strict(names, default=None, return_dtype=pl.String)
    station = pl.when(found).then("state").otherwise(pl.coalesce(named, "court"))
    asked = (pl.col("court") == Court.AWAITING_REVIEW) | (
        pl.col("court").is_null() & (pl.col("kind") == StageKind.APPROVAL)
    )
    waits = found | (pl.col("label") == Label.APPROVAL)
    waits |= (pl.col("label") == Label.BLOCKED) & asked.fill_null(value=False)
    after = pl.col("court").is_in([Court.AWAITING_CHECKS, Court.AWAITING_MERGE, Court.IN_MERGE_QUEUE])
    spans = timeline.spans.filter(~after.fill_null(value=False) & (pl.col("start") < pl.col("end")))
    placed = spans.with_columns(station=pl.when(waits).then(station), into=pl.col("label").shift(-1).over("case"))
    changed = pl.any_horizontal(
        pl.col("station").ne_missing(pl.col("station").shift(1)),
        pl.col("case").ne_missing(pl.col("case").shift(1)),
        (pl.col("item") != pl.col("item").shift(1)) & _both(pl.col("court") == Court.AWAITING_REVIEW),
    )
    return placed.with_columns(run=changed.fill_null(value=True).cum_sum()).drop_nulls("station")


def _both(condition: pl.Expr) -> pl.Expr:
    """Of this span and the one before."""
    return (condition & condition.shift(1)).fill_null(value=False)


def _queue(
    stream: Stream,
    station: str,
    visits: pl.DataFrame,
    items: Sequence[Item],
    holders: Holders,
    total: float,
    discovered: Collection[str],
) -> Queue:
    withdrawn = visits["withdrawn"].to_numpy()
    ended = visits["ended"].to_numpy() & ~withdrawn
    waited, before = (visits[name].to_numpy().astype(np.float64) for name in ("waited", "before"))
    cost = days(float((waited - before).sum()))
    stage = next((s for s in stream.stages if s.name == station), None)
    waiting = [_item(row, items, holders) for row in visits.iter_rows(named=True)]
    return Queue(
        stage=station,
        kind="approval",
        origin="discovered" if station in discovered else "configured" if stage else "change requests",
        n=int(ended.sum()),
        waiting=int((~visits["ended"]).sum()),
        withdrawn=int(withdrawn.sum()),
        wait=Wait(**survival(waited, ended, before).model_dump(), mean=spread(waited[ended]).mean),
        cost=cost,
        share=cost / total if total else None,
        holders=tuple(sorted({h for i in waiting for h in i.holders})),
        time_box=_time_box(stage, waited),
        items=tuple(sorted(waiting, key=lambda i: (not i.waiting, -i.waited, i.item))),
    )


def _item(row: Mapping[str, Any], items: Sequence[Item], holders: Holders) -> QueueItem:
    case, item, court = row["case"], row["item"], row["court"]
    return QueueItem(
        item=items[case].name,
        title=items[case].title,
        url=items[case].url,
        waited=days(row["waited"]),
        waiting=not row["ended"],
        holders=() if row["ended"] else holders.of(case, item, court),
    )


def _time_box(stage: Stage | None, waited: np.ndarray[tuple[int], np.dtype[np.float64]]) -> TimeBox | None:
    if stage is None or stage.time_box is None:
        return None
    limit = stage.time_box.total_seconds() * 1e6
    breaches = int((waited > limit).sum())
    return TimeBox(limit=days(limit), breaches=breaches, share=breaches / len(waited) if len(waited) else None)
