"""Lens: what each gate costs, and where its calendar makes sprints wait.

A gate is an approval queue. Getting ready for it is told only of stages that are said to prepare it; work that a gate
asks for and work on the product look alike otherwise. What it sent back is done again until the item is past it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from bot.flow.clock import DAY, instant
from bot.flow.findings.queues import Queue
from bot.flow.findings.stage_gates import GateInSprint, StageGate
from bot.flow.findings.stations import Cadence
from bot.flow.history.beside import SprintRecord
from bot.flow.loops.walk import Return
from bot.flow.model import LoopKind, StageKind, Stream, Window
from bot.flow.queues.causes import until_appointment
from bot.flow.statistics.shares import portion, ratio_interval
from bot.flow.timeline.spans import Label, Timeline
from bot.frames import Items

UNPREPARED = "no stage says that it prepares this gate"
FOREVER = 2**62


@dataclass(frozen=True)
class Gates:
    """What the gates are seen in. `visits`: those behind the queues; `scope`: the items of the `sprints`."""

    visits: pl.DataFrame
    returns: Sequence[Return]
    cadences: Mapping[str, Cadence]
    sprints: Sequence[SprintRecord]
    scope: pl.DataFrame


def stage_gates(
    stream: Stream, timeline: Timeline, queues: Sequence[Queue], found: Gates, items: Items, window: Window
) -> tuple[StageGate, ...]:
    """Every approval queue of the window, the most expensive gate first."""
    inside = timeline.within(window)
    told = [_gate(stream, inside, queue, found, items, window) for queue in queues]
    return tuple(sorted(told, key=lambda gate: (-_days(gate), gate.gate)))


def _days(gate: StageGate) -> float:
    return (gate.preparation or 0.0) + gate.queue + gate.rework


def _gate(stream: Stream, inside: pl.DataFrame, queue: Queue, found: Gates, items: Items, window: Window) -> StageGate:
    visits = found.visits.filter(pl.col("station") == queue.stage).sort("start", "case")
    prepared = [n for n, stage in enumerate(stream.stages) if stage.prepares == queue.stage]
    amounts = _amounts(inside, visits, prepared, _sent_by(stream, queue, found.returns))
    sums = amounts.select("preparation", "queue", "rework").sum().row(0)
    parts, wholes = (amounts[name].to_numpy().astype(np.float64) for name in ("all", "whole"))
    low, high = ratio_interval(parts, wholes)
    decided = visits.filter(_decided(window))
    waits = _in_sprints(stream, visits, found, queue.stage, window)
    share, least, most = _of_sprints(waits, found.sprints)
    return StageGate(
        gate=queue.stage,
        origin=queue.origin,
        grade=queue.grade,
        appointments=queue.batching,
        preparation=sums[0] / DAY if prepared else None,
        queue=sums[1] / DAY,
        rework=sums[2] / DAY,
        share=float(parts.sum() / wholes.sum()) if len(wholes) else None,
        low=low,
        high=high,
        sent_back=portion(int(decided["back"].fill_null(value=False).sum()), len(decided)),
        sprints=tuple(_made_wait(waits, found.sprints, items)),
        sprint_share=share,
        sprint_low=least,
        sprint_high=most,
        reason=None if prepared else UNPREPARED,
    )


def _decided(window: Window) -> pl.Expr:
    inside = pl.col("end").is_between(instant(window.start), instant(window.end), closed="left")
    return pl.col("ended") & ~pl.col("withdrawn") & inside


def _sent_by(stream: Stream, queue: Queue, returns: Sequence[Return]) -> list[int]:
    """The returns that a gate made: from its stage, from a turn of a change request in it, or from the state it is."""
    stage = next((s for s in stream.stages if s.name == queue.stage), None)
    states = stage.states if stage else (queue.stage,)
    origins = {queue.stage, *(state.partition(":")[2] for state in states)}
    return [n for n, one in enumerate(returns) if one.origin in origins and one.kind is not LoopKind.PREEMPTION]


def _amounts(inside: pl.DataFrame, visits: pl.DataFrame, prepared: Sequence[int], sent: Sequence[int]) -> pl.DataFrame:
    """case, preparation, queue, rework, all of these, whole: microseconds inside the window, none of them twice."""
    length = pl.col("end") - pl.col("start")
    returned = pl.col("owner").is_in(list(sent)).fill_null(value=False)
    discovered = pl.col("state").is_in(visits["station"].unique().to_list())
    waits = (pl.col("label") == Label.APPROVAL) | (pl.col("label") == Label.BLOCKED) & (
        pl.col("kind") == StageKind.APPROVAL
    ).fill_null(value=False)
    apart = ~(waits | discovered)
    ready = pl.col("position").is_in(list(prepared)).fill_null(value=False)
    lengths = inside.group_by("case").agg(
        whole=length.sum(),
        preparation=length.filter(apart & ready & ~returned).sum(),
        rework=length.filter(apart & returned).sum(),
    )
    waited = visits.group_by("case").agg(queue=(pl.col("waited") - pl.col("before")).sum())
    both = lengths.join(waited, on="case", how="left").fill_null(0).sort("case")
    return both.with_columns(all=pl.sum_horizontal("preparation", "queue", "rework"))


def _in_sprints(stream: Stream, visits: pl.DataFrame, found: Gates, gate: str, window: Window) -> pl.DataFrame:
    """sprint, case, waited, appointed (of it until the next appointment), held, whole (how long the item was in it).

    A row for each item of a sprint that began in the window, if the gate has appointments; else none.
    """
    start, end = instant(window.start), instant(window.end)
    seen = [n for n, sprint in enumerate(found.sprints) if start <= sprint.started < end]
    closes = pl.min_horizontal("until", pl.col("left").fill_null(FOREVER), pl.col("over").fill_null(FOREVER))
    scope = found.scope.filter(pl.col("sprint").is_in(seen)).with_columns(closes=closes)
    cadence = found.cadences.get(gate)
    if cadence is None or scope.is_empty() or visits.is_empty():
        return pl.DataFrame()
    exits = visits.filter(pl.col("ended") & ~pl.col("withdrawn")).sort("end", "case")["end"].to_numpy()
    appointed = until_appointment(visits, exits, stream.calendar, cadence)
    waits = visits.select("case", "start", "end", appointed=pl.Series(appointed, dtype=pl.Int64))
    begin, known = pl.max_horizontal("start", "joined"), pl.col("start").is_not_null()
    rows = scope.join(waits, on="case", how="left").with_columns(
        waited=pl.when(known).then((pl.min_horizontal("end", "closes") - begin).clip(lower_bound=0)),
        appointed=pl.when(known).then((pl.min_horizontal("end", "closes", "appointed") - begin).clip(lower_bound=0)),
        held=pl.col("remaining") & (pl.col("start") < pl.col("until")) & (pl.col("end") >= pl.col("until")),
        whole=(pl.col("closes") - pl.col("joined")).clip(lower_bound=0),
    )
    return (
        rows.group_by("sprint", "case")
        .agg(
            pl.col("waited", "appointed").fill_null(0).sum(),
            pl.col("held").fill_null(value=False).any(),
            pl.col("whole").first(),
        )
        .sort("sprint", "case")
    )


def _of_sprints(waits: pl.DataFrame, sprints: Sequence[SprintRecord]) -> tuple[float | None, ...]:
    """Share of the items' time in sprints that ended which went by until the next appointment, with its interval."""
    if waits.is_empty():
        return None, None, None
    closed = [n for n, sprint in enumerate(sprints) if sprint.ended is not None]
    sums = waits.filter(pl.col("sprint").is_in(closed)).group_by("sprint").agg(pl.col("appointed", "whole").sum())
    parts, wholes = (sums.sort("sprint")[name].to_numpy().astype(np.float64) for name in ("appointed", "whole"))
    low, high = ratio_interval(parts, wholes)
    return (float(parts.sum() / wholes.sum()) if low is not None else None), low, high


def _made_wait(waits: pl.DataFrame, sprints: Sequence[SprintRecord], items: Items) -> Iterator[GateInSprint]:
    if waits.is_empty():
        return
    for (number,), rows in waits.filter(pl.col("waited") > 0).group_by("sprint", maintain_order=True):
        yield GateInSprint(
            sprint=sprints[int(str(number))].name,
            items=len(rows),
            waited=float(rows["waited"].sum()) / DAY,
            until_appointment=float(rows["appointed"].sum()) / DAY,
            held=tuple(sorted(items.names[case] for case in rows.filter("held")["case"])),
        )
