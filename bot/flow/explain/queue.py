"""A queue: what it is, why, and every visit behind its figures."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from bot.flow.analyse import surroundings
from bot.flow.clock import days, moment
from bot.flow.explain.names import same, unknown
from bot.flow.findings.analysis import Analysis
from bot.flow.findings.explained import Numbered, QueueExplanation, QueueVisit
from bot.flow.findings.queues import Queue
from bot.flow.findings.stations import Station
from bot.flow.queues.configured import queue_visits
from bot.flow.reconstruct import Reconstruction

ORIGINS = {
    "configured": "it is configured as an approval",
    "change requests": "change requests wait there for a review, and no stage claims it",
    "discovered": "nobody calls it an approval, but its items behave as in one",
}


def explain_queue(found: Reconstruction, analysis: Analysis, name: str) -> QueueExplanation:
    """By its name, or by that of a state without its source. Raises KeyError with a sentence where there is none."""
    queue = _named(analysis, name)
    visits = queue_visits(surroundings(found)).filter(pl.col("station") == queue.stage)
    told = [_visit(found, row) for row in visits.iter_rows(named=True)]
    return QueueExplanation(
        stream=found.stream.name,
        window=found.window,
        name=queue.stage,
        why=_why(queue, analysis.stations),
        figures=queue,
        visits=tuple(sorted(told, key=lambda visit: (-visit.waited, visit.item, visit.start))),
    )


def _named(analysis: Analysis, name: str) -> Queue:
    for queue in analysis.queues:
        if same(queue.stage, name):
            return queue
    short = [queue for queue in analysis.queues if same(queue.stage.partition(":")[2], name)]
    if len(short) != 1:
        raise unknown(Numbered.QUEUE, name, [queue.stage for queue in analysis.queues])
    return short[0]


def _why(queue: Queue, stations: tuple[Station, ...]) -> str:
    seen = [station for station in stations if queue.stage in (station.stage, station.state)]
    told = [f"{station.state.partition(':')[2]}: {station.reason}" for station in seen]
    return ". ".join([ORIGINS[queue.origin], *told])


def _visit(found: Reconstruction, row: Mapping[str, Any]) -> QueueVisit:
    item, waiting = found.log.items[row["case"]], not row["ended"]
    return QueueVisit(
        item=item.name,
        title=item.title,
        url=item.url,
        start=moment(row["start"]),
        end=None if waiting else moment(row["end"]),
        waited=days(row["waited"]),
        cost=days(row["waited"] - row["before"]),
        waiting=waiting,
        withdrawn=row["withdrawn"],
        holders=found.holders.of(row["case"], row["item"], row["court"]) if waiting else (),
    )
