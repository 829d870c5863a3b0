"""The whole engine: records of a stream in, an analysis out."""

from collections.abc import Iterable, Iterator, Sequence

import polars as pl

from bot.flow.clock import holidays_of, instant
from bot.flow.doubts import doubts
from bot.flow.findings.analysis import Analysis
from bot.flow.findings.cascade import Cascade
from bot.flow.findings.lead import ClockPart, ItemsPart, StreamPart
from bot.flow.findings.measures import Doubt
from bot.flow.findings.queues import Queue
from bot.flow.history.log import Records
from bot.flow.lead import age, cycle_time, frequency, lead_time, throughput, value_added_ratio
from bot.flow.loops.accuracy import accuracy, quality
from bot.flow.loops.order_part import read_order
from bot.flow.loops.rework import rework
from bot.flow.model import WEEKDAYS, Stream, Window
from bot.flow.outlook.forecast import forecast
from bot.flow.outlook.trend import trend
from bot.flow.queues.configured import Surroundings, queue_visits, queues
from bot.flow.queues.discovered import cadences, disagreements, unconfigured_approvals
from bot.flow.queues.little import lost_exits
from bot.flow.reconstruct import Reconstruction, reconstruct
from bot.flow.signals.signals import signals
from bot.flow.sprints.scope import read_scope
from bot.flow.sprints.served import find_served, unserved
from bot.flow.sprints.serving import serving
from bot.flow.sprints.sprints import sprints
from bot.flow.stage_gates import Gates, stage_gates
from bot.flow.stages import stages
from bot.flow.steps.cascade import cascade
from bot.flow.steps.entries import read_steps
from bot.flow.steps.lateness import lateness
from bot.flow.steps.milestones import first_entries
from bot.flow.steps.precedence import judge
from bot.flow.steps.sequences import sequences
from bot.flow.steps.uneven import Compared, uneven
from bot.flow.timeline.spans import Outcome, item_days
from bot.flow.wastes.capacity import capacity, stock
from bot.flow.wastes.ledger import ledger


def analyse(stream: Stream, records: Records, window: Window) -> Analysis:
    """Everything the engine says about a stream in a window."""
    return read(reconstruct(stream, records, window))


def read(found: Reconstruction) -> Analysis:
    """The lenses over a reconstruction."""
    stream, timeline, window, items = found.stream, found.timeline, found.window, found.log.items
    around = surroundings(found)
    waits = queues(around, timeline.within(window, "case").select(item_days()).item())
    stamped = stamped_approvals(stream, waits)
    wastes, whole = ledger(stream, found.activity, items, found.cases.requested, stamped, window)
    right = accuracy(stream, timeline, found.returns, window)
    order, order_doubts = read_order(stream, found.order, found.log.claims(stream))
    steps = read_steps(stream, found.log, found.cases)
    judged = judge(steps)
    due = first_entries(stream, found.log, stream.anchor) if stream.anchor else {}
    cascaded = cascade(stream, found.log, found.cases, found.activity, window)
    trends = trend(stream, timeline, found.log, found.traces, window, found.clock)
    beside, served = found.beside, find_served(stream, found.log, found.cases, found.beside.links)
    scope = read_scope(found.log, found.cases, timeline, beside.sprints, instant(window.end))
    gates = Gates(queue_visits(around), found.returns, around.cadences, beside.sprints, scope)
    sprinted = sprints(beside.sprints, scope, found.activity, found.log, served, window)
    return Analysis(
        stream=StreamPart(name=stream.name, trigger=stream.trigger, end=stream.end),
        window=window,
        clock=_clock(found),
        items=_items(found),
        links=found.cases.links,
        lead_time=lead_time(timeline, window, found.clock),
        cycle_time=cycle_time(timeline, window, found.clock),
        throughput=throughput(timeline, window, stream.calendar.timezone),
        releases=frequency(found.released, window),
        deployments=frequency(found.deployed, window),
        wip=len(timeline.open()),
        age=age(timeline, items, stream.stages, found.holders, window),
        value_added_ratio=value_added_ratio(found.activity, window, stream.stages),
        stages=stages(stream, timeline, window, found.clock, right),
        stations=found.stations,
        queues=waits,
        loops=rework(stream, timeline, found.returns, items.names, window, whole.total),
        order=order,
        quality=quality(timeline, found.returns, right, window),
        wastes=wastes,
        ledger=whole,
        capacity=capacity(stream, found.activity, found.traces, found.cases, stamped, found.clock, window),
        stock=stock(timeline, found.log, found.cases, items, found.clock, window),
        sequences=sequences(steps, judged, timeline, items, window) if steps.told or stream.steps else None,
        lateness=lateness(stream, steps, judged, due, timeline, items, window),
        cascade=cascaded,
        uneven=uneven(stream, Compared(steps, due, timeline, found.log, found.cases, found.people), window),
        trend=trends,
        forecast=forecast(stream, timeline, found.log, window),
        signals=signals(stream, timeline, found.log, found.traces, beside, found.people, trends, window),
        stage_gates=stage_gates(stream, timeline, waits, gates, items, window),
        sprints=sprinted,
        serving=serving(stream, found.activity, found.log, served, window),
        doubts=(
            *_doubts(found, waits, order_doubts, cascaded),
            *(sprinted.doubts if sprinted else ()),
            *unserved(stream, served),
            *found.log.doubts,
            *found.cases.doubts,
        ),
    )


def _doubts(
    found: Reconstruction, waits: Sequence[Queue], of_order: Sequence[Doubt], cascaded: Cascade | None
) -> Iterator[Doubt]:
    """Of the lenses; those of the histories stand beside them."""
    yield from doubts(found.stream, found.activity, found.log, found.window)
    yield from lost_exits(waits)
    yield from disagreements(found.stations)
    yield from of_order
    yield from cascaded.doubts if cascaded else ()


def surroundings(found: Reconstruction) -> Surroundings:
    """What the queues of a reconstruction are seen in."""
    return Surroundings(
        found.stream,
        found.timeline,
        found.log,
        found.holders,
        found.clock,
        found.window,
        cadences(found.stations),
        unconfigured_approvals(found.stations),
        found.order.returns,
    )


def stamped_approvals(stream: Stream, waits: Iterable[Queue]) -> list[str]:
    """Approvals that do not change outcomes and that no duty asks for."""
    required = {stage.name for stage in stream.stages if stage.necessary}
    return [queue.stage for queue in waits if queue.rubber_stamp and queue.stage not in required]


def _items(found: Reconstruction) -> ItemsPart:
    """Every case of the stream is delivered, open or excluded for a reason."""
    delivered, going = len(found.timeline.delivered(found.window)), len(found.timeline.open())
    ended = found.timeline.cases.filter(pl.col("outcome").is_in([Outcome.DELIVERED, Outcome.DROPPED]))
    before = int((ended["end"] < instant(found.window.start)).sum())
    counts = dict(found.timeline.cases["outcome"].value_counts().iter_rows())
    reasons = {
        "ended before the window": before,
        "dropped": len(ended) - before - delivered,
        "not started": counts.get(Outcome.NOT_STARTED, 0),
        **{name.value: counts.get(name, 0) for name in (Outcome.NO_TIME, Outcome.SWEPT, Outcome.IMPORTED)},
        "no history": len(found.cases.roots) - len(found.timeline.cases),
    }
    return ItemsPart(
        delivered=delivered,
        arrived=len(found.timeline.arrived(found.window)),
        open=going,
        excluded=sum(reasons.values()),
        reasons={reason: number for reason, number in reasons.items() if number},
    )


def _clock(found: Reconstruction) -> ClockPart:
    calendar, window = found.stream.calendar, found.window
    first, last = (at.astimezone(calendar.zone).date() for at in (window.start, window.end))
    free = {
        day
        for day in holidays_of(calendar, range(first.year, last.year + 1))
        if first <= day < last and WEEKDAYS[day.weekday()] in calendar.working_days
    }
    return ClockPart(
        timezone=calendar.timezone,
        working_days=calendar.working_days,
        working_hours=calendar.working_hours,
        holidays=len(free),
    )
