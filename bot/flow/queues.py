"""Lens: approval queues, of configured stages and of reviewers; items that still wait are counted."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from bot.flow.clock import days, instant
from bot.flow.courts import Court
from bot.flow.holders import Holders
from bot.flow.model import Queue, QueueItem, Stage, StageKind, Stream, TimeBox, Window
from bot.flow.statistics import survival_spread
from bot.flow.timeline import Label, Outcome, Timeline
from connectors.records import Item


def queues(
    stream: Stream, timeline: Timeline, items: Sequence[Item], holders: Holders, window: Window, total: float
) -> tuple[Queue, ...]:
    """Every station at which something waited for approval in the window, the most expensive first.

    `total`: its item-days.
    """
    visits = _visits(stream, timeline, window)
    found = [
        _queue(stream, station, group.sort("start", "case"), items, holders, window, total)
        for (station,), group in visits.group_by("station", maintain_order=True)
    ]
    return tuple(sorted(found, key=lambda queue: (-queue.cost, queue.stage)))


def _visits(stream: Stream, timeline: Timeline, window: Window) -> pl.DataFrame:
    """case, item, court, station, start, end, ended: waits for approval that touch the window.

    A block does not end a wait.
    """
    names = {n: stage.name for n, stage in enumerate(stream.stages) if stage.kind is StageKind.APPROVAL}
    station = pl.coalesce(pl.col("position").replace_strict(names, default=None, return_dtype=pl.String), "court")
    asked = (pl.col("kind") == StageKind.APPROVAL) | (pl.col("court") == Court.AWAITING_REVIEW)
    waits = (pl.col("label") == Label.APPROVAL) | ((pl.col("label") == Label.BLOCKED) & asked.fill_null(value=False))
    spans = timeline.spans.sort("case", "start").with_columns(station=pl.when(waits).then(station))
    changed = pl.col("station").ne_missing(pl.col("station").shift(1)) | (pl.col("case") != pl.col("case").shift(1))
    runs = spans.with_columns(run=changed.fill_null(value=True).cum_sum()).filter(pl.col("station").is_not_null())
    visits = (
        runs.group_by("run", maintain_order=True)
        .agg(
            pl.col("case").first(),
            pl.col("item").last(),
            pl.col("court").last(),
            pl.col("station").first(),
            pl.col("start").first(),
            pl.col("end").last(),
        )
        .drop("run")
    )
    going = timeline.cases.filter(pl.col("outcome") == Outcome.OPEN).select("case", open=pl.lit(value=True))
    start, end = instant(window.start), instant(window.end)
    known = visits.join(going, on="case", how="left", maintain_order="left").with_columns(
        ended=~(pl.col("open").fill_null(value=False) & (pl.col("end") == end))
    )
    return known.filter((pl.col("start") < end) & (pl.col("end") >= start) & (pl.col("end") > pl.col("start")))


def _queue(
    stream: Stream,
    station: str,
    visits: pl.DataFrame,
    items: Sequence[Item],
    holders: Holders,
    window: Window,
    total: float,
) -> Queue:
    start, end = instant(window.start), instant(window.end)
    ended = visits["ended"].to_numpy()
    waited = (visits["end"] - visits["start"]).to_numpy().astype(np.float64)
    cost = days(float((np.minimum(visits["end"], end) - np.maximum(visits["start"], start)).sum()))
    stage = next((s for s in stream.stages if s.name == station), None)
    waiting = [_item(row, items, holders) for row in visits.iter_rows(named=True)]
    return Queue(
        stage=station,
        kind="approval",
        origin="configured" if stage else "change requests",
        n=int(ended.sum()),
        waiting=int((~ended).sum()),
        wait=survival_spread(waited, ended, np.maximum(start - visits["start"].to_numpy(), 0).astype(np.float64)),
        cost=cost,
        share=cost / total if total else None,
        holders=tuple(sorted({h for i in waiting for h in i.holders})),
        time_box=_time_box(stage, waited),
        items=tuple(sorted(waiting, key=lambda i: (not i.waiting, -i.waited, i.item))),
    )


def _item(row: dict[str, object], items: Sequence[Item], holders: Holders) -> QueueItem:
    case, item, start, end = (int(str(row[name])) for name in ("case", "item", "start", "end"))
    court = None if row["court"] is None else str(row["court"])
    return QueueItem(
        item=items[case].name,
        title=items[case].title,
        url=items[case].url,
        waited=days(end - start),
        waiting=not row["ended"],
        holders=() if row["ended"] else holders.of(case, item, court),
    )


def _time_box(stage: Stage | None, waited: np.ndarray[tuple[int], np.dtype[np.float64]]) -> TimeBox | None:
    if stage is None or stage.time_box is None:
        return None
    limit = stage.time_box.total_seconds() * 1e6
    breaches = int((waited > limit).sum())
    return TimeBox(limit=days(limit), breaches=breaches, share=breaches / len(waited) if len(waited) else None)
