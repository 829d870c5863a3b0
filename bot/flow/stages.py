"""Lens: what each stage takes. Over all stages, process and wait times sum to the mean lead time."""

from collections.abc import Mapping

import polars as pl

from bot.flow.clock import DAY, WorkClock, instant
from bot.flow.findings.lead import StagePart
from bot.flow.findings.loops import Accuracy
from bot.flow.model import StageKind, Stream, Window
from bot.flow.timeline.spans import Timeline, is_active

SUMS = ("process", "wait", "working_process", "working_wait")


def stages(
    stream: Stream, timeline: Timeline, window: Window, clock: WorkClock, accuracy: Mapping[str, Accuracy]
) -> tuple[StagePart, ...]:
    """In the order of the stream; the end stage only where items left it again; last the states no stage claims."""
    sums = _per_delivered_item(timeline, window, clock)
    traffic = _traffic(timeline, window)
    open_at_end = _open_at_end(timeline)
    places: list[int | None] = [*range(len(stream.stages)), *([None] if None in traffic or None in sums else [])]
    return tuple(
        _part(stream, place, sums, traffic, open_at_end, accuracy)
        for place in places
        if place in sums or not _is_end(stream, place)
    )


def _is_end(stream: Stream, place: int | None) -> bool:
    return place is not None and (
        stream.stages[place].kind is StageKind.DROPPED or place >= stream.position(stream.end)
    )


def _part(
    stream: Stream,
    place: int | None,
    sums: Mapping[int | None, tuple[float, ...]],
    traffic: Mapping[int | None, tuple[int, int]],
    open_at_end: Mapping[int | None, int],
    accuracy: Mapping[str, Accuracy],
) -> StagePart:
    stage = None if place is None else stream.stages[place]
    process, wait, working_process, working_wait = sums.get(place, (0.0,) * 4 if sums else (None,) * 4)
    items, visits = traffic.get(place, (0, 0))
    right = accuracy.get(stage.name) if stage else None
    return StagePart(
        name=stage.name if stage else None,
        kind=stage.kind if stage else None,
        items=items,
        visits=visits,
        process_time=process,
        wait_time=wait,
        working_process_time=working_process,
        working_wait_time=working_wait,
        wip=open_at_end.get(place, 0),
        complete_and_accurate=right.share if right else None,
        complete_and_accurate_low=right.low if right else None,
        complete_and_accurate_high=right.high if right else None,
        complete_and_accurate_with_open=right.with_open if right else None,
    )


def _per_delivered_item(timeline: Timeline, window: Window, clock: WorkClock) -> dict[int | None, tuple[float, ...]]:
    """Mean days of a delivered item in each stage: worked on and waiting, elapsed and in working time."""
    ended = timeline.delivered(window)
    works, elapsed = is_active(), pl.col("end") - pl.col("start")
    sums = (
        timeline.spans.lazy()
        .join(ended.lazy(), on="case", how="semi")
        .group_by("position")
        .agg(
            process=elapsed.filter(works).sum(),
            wait=elapsed.filter(~works).sum(),
            working_process=pl.col("worked").filter(works).sum(),
            working_wait=pl.col("worked").filter(~works).sum(),
        )
    )
    units = (DAY, DAY, clock.day, clock.day)
    return {
        place: tuple(value / unit / len(ended) for value, unit in zip(values, units, strict=True))
        for place, *values in sums.select("position", *SUMS).collect().iter_rows()
    }


def _traffic(timeline: Timeline, window: Window) -> dict[int | None, tuple[int, int]]:
    """Items and visits that were there at some time of the window."""
    start, end = instant(window.start), instant(window.end)
    inside = (pl.col("start") < end) & (pl.col("end") > start) & (pl.col("end") > pl.col("start"))
    there = timeline.spans.lazy().filter(inside).select("position", "case", "visit").unique()
    counts = there.group_by("position").agg(items=pl.col("case").n_unique(), visits=pl.len()).collect()
    return {place: (items, visits) for place, items, visits in counts.iter_rows()}


def _open_at_end(timeline: Timeline) -> dict[int | None, int]:
    return dict(timeline.current().group_by("position").len().iter_rows())
