"""What could be changed, as far as the analysis shows something to change."""

from collections.abc import Iterator
from datetime import timedelta

from bot.flow.findings.analysis import Analysis
from bot.flow.findings.queues import Queue
from bot.flow.findings.stations import Cadence
from bot.flow.future.changes import Attention, Change, Deploy, FewerReturns, GateCadence, Parallel, Removal, TimeBox
from bot.flow.model import LoopKind, StageKind, Stream, Weekday
from bot.flow.queues.discovered import cadences

TWICE, HALF = 2.0, 0.5
FEWEST_RETURNS = 10


def suggested(analysis: Analysis, stream: Stream) -> Iterator[Change]:
    """Changes that the findings ask for; each names the waste it reduces, and none is forbidden."""
    gates = cadences(analysis.stations)
    for queue in analysis.queues:
        yield from _of_queue(queue, gates.get(queue.stage), stream)
    for station in analysis.stations:
        if station.queue == "deploy" and station.stage and _is_wait(stream, station.stage):
            yield from _of_deploy(station.stage, station.cadence, stream)
    for origin in sorted({loop.origin for loop in analysis.loops if _is_heavy(analysis, loop.origin)}):
        yield FewerReturns(rework=origin, by=HALF)
    yield from _of_steps(analysis, stream)


def _of_queue(queue: Queue, cadence: Cadence | None, stream: Stream) -> Iterator[Change]:
    stage = next((s for s in stream.stages if s.name == queue.stage), None)
    if cadence is not None and not _every_day(cadence, stream):
        if len(cadence.weekdays) == 1:
            yield GateCadence(cadence=queue.stage, on=_twice(cadence.weekdays[0], stream))
        yield GateCadence(cadence=queue.stage, on="daily")
    box = queue.time_box.limit if queue.time_box else queue.proposed_box.limit if queue.proposed_box else None
    if box and (queue.time_box is None or queue.time_box.breaches):
        yield TimeBox(cap=queue.stage, at=timedelta(days=box))
    if queue.rubber_stamp and not (stage and stage.necessary):
        yield Removal(remove=queue.stage)
    if cadence is None and queue.capacity and queue.capacity.verdict == "attention":
        yield Attention(attention=queue.stage, times=TWICE)


def _of_deploy(stage: str, cadence: Cadence | None, stream: Stream) -> Iterator[Change]:
    if cadence is not None and not _every_day(cadence, stream):
        yield Deploy(deploy=stage, on="daily")
    yield Deploy(deploy=stage)


def _of_steps(analysis: Analysis, stream: Stream) -> Iterator[Change]:
    """Only where the steps are stages of the stream."""
    states = {state.partition(":")[2]: stage.name for stage in stream.stages for state in stage.states}
    for pair in analysis.sequences.pairs if analysis.sequences else ():
        first, then = states.get(pair.first), states.get(pair.then)
        if pair.tier == "parallel" and first and then and first != then:
            yield Parallel(parallel=(first, then))


def _is_wait(stream: Stream, name: str) -> bool:
    return any(stage.name == name and stage.kind is StageKind.WAIT for stage in stream.stages)


def _is_heavy(analysis: Analysis, origin: str) -> bool:
    kinds = (LoopKind.REWORK, LoopKind.REVIEW_ROUND, LoopKind.REOPEN)
    return sum(loop.count for loop in analysis.loops if loop.origin == origin and loop.kind in kinds) >= FEWEST_RETURNS


def _every_day(cadence: Cadence, stream: Stream) -> bool:
    return set(stream.calendar.working_days) <= set(cadence.weekdays)


def _twice(day: Weekday, stream: Stream) -> tuple[Weekday, ...]:
    """The day and the one farthest from it in the week."""
    days = stream.calendar.working_days
    at = days.index(day) if day in days else 0
    other = days[(at + len(days) // 2 + len(days) % 2) % len(days)] if len(days) > 1 else day
    return tuple(d for d in days if d in (day, other))
