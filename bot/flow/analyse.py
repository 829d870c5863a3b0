"""The whole engine: records of a stream in, an analysis out."""

from dataclasses import dataclass

import polars as pl

from bot.flow.cases import Cases, build_cases
from bot.flow.clock import WorkClock, holidays_of, instant
from bot.flow.courts import read_courts
from bot.flow.deliveries import with_deliveries
from bot.flow.doubts import doubts
from bot.flow.findings.analysis import Analysis
from bot.flow.findings.lead import ClockPart, ItemsPart, StreamPart
from bot.flow.forecast import forecast
from bot.flow.holders import Holders
from bot.flow.lead import age, cycle_time, lead_time, throughput, value_added_ratio
from bot.flow.log import Log, Records, read_log
from bot.flow.model import WEEKDAYS, Stream, Window
from bot.flow.queues import queues
from bot.flow.rework import Return, complete_and_accurate, find_returns, rework
from bot.flow.spans import Outcome, Timeline
from bot.flow.stages import stages
from bot.flow.timeline import build_timeline
from bot.flow.touch import read_touch, with_touch
from bot.flow.trend import trend
from bot.flow.waste import ledger


@dataclass(frozen=True)
class Reconstruction:
    """The value stream as it was: everything the lenses look at."""

    stream: Stream
    window: Window
    clock: WorkClock
    log: Log
    cases: Cases
    timeline: Timeline
    returns: tuple[Return, ...]
    holders: Holders


def reconstruct(stream: Stream, records: Records, window: Window) -> Reconstruction:
    """Events -> cases -> one timeline a case, as known at the end of the window."""
    end = instant(window.end)
    log = read_log(with_deliveries(stream, records), end, stream.ending_states)
    cases = build_cases(stream, log, records.links)
    clock = WorkClock(stream.calendar, min([end, *log.events["at"], *log.moves["at"]]), end)
    timeline = build_timeline(stream, log, cases, read_courts(log.events, cases.requests), clock, end)
    returns, timeline = find_returns(stream, with_touch(timeline, cases, read_touch(log.events, clock), clock))
    return Reconstruction(stream, window, clock, log, cases, timeline, returns, Holders(log, records.people))


def analyse(stream: Stream, records: Records, window: Window) -> Analysis:
    """Everything the engine says about a stream in a window."""
    return read(reconstruct(stream, records, window))


def read(found: Reconstruction) -> Analysis:
    """The lenses over a reconstruction."""
    stream, timeline, window, items = found.stream, found.timeline, found.window, found.log.items
    wastes, whole = ledger(stream, timeline, items, found.cases.requested, window)
    accuracy = complete_and_accurate(stream, timeline, found.returns, set(timeline.delivered(window)["case"]))
    return Analysis(
        stream=StreamPart(name=stream.name, trigger=stream.trigger, end=stream.end),
        window=window,
        clock=_clock(found),
        items=_items(found),
        links=found.cases.links,
        lead_time=lead_time(timeline, window, found.clock),
        cycle_time=cycle_time(timeline, window, found.clock),
        throughput=throughput(timeline, window, stream.calendar.timezone),
        wip=len(timeline.open()),
        age=age(timeline, items, stream.stages, found.holders, window),
        value_added_ratio=value_added_ratio(timeline, window, stream.stages),
        stages=stages(stream, timeline, window, found.clock, accuracy),
        queues=queues(stream, timeline, items, found.holders, window, whole.total),
        loops=rework(stream, timeline, found.returns, [i.name for i in items], window, whole.total),
        wastes=wastes,
        ledger=whole,
        trend=trend(stream, timeline, found.log, window, found.clock),
        forecast=forecast(stream, timeline, found.log, window),
        doubts=(*doubts(stream, timeline, found.log, window), *found.log.doubts, *found.cases.doubts),
    )


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
        Outcome.NO_TIME.value: counts.get(Outcome.NO_TIME, 0),
        "no history": len(found.cases.roots) - len(found.timeline.cases),
    }
    return ItemsPart(
        delivered=delivered,
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
