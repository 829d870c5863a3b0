"""Records -> the value stream as it was: everything the lenses look at."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.flow.clock import WorkClock, instant
from bot.flow.evidence.activity import Activity, with_activity
from bot.flow.evidence.touch import Traces, read_traces
from bot.flow.findings.stations import Station
from bot.flow.history.beside import Beside, read_beside
from bot.flow.history.log import Log, Records, read_log
from bot.flow.loops.asides import find_asides
from bot.flow.loops.order import Order, find_order
from bot.flow.loops.returns import find_returns
from bot.flow.loops.walk import Return
from bot.flow.model import StageKind, Stream, Window
from bot.flow.queues.discovered import discover
from bot.flow.timeline.cases import Cases, build_cases
from bot.flow.timeline.courts import read_courts
from bot.flow.timeline.deliveries import delivered, with_deliveries
from bot.flow.timeline.holders import Holders
from bot.flow.timeline.spans import Label, Timeline
from bot.flow.timeline.sweep import build_timeline
from connectors.records import EventKind, Person


@dataclass(frozen=True)
class Reconstruction:
    """`stations`: how each state behaves; `order`: which comes before which; `returns`: every step back.

    `activity`: the timeline at each reach of the `traces` of work; `beside`: sprints and meetings.
    """

    stream: Stream
    window: Window
    clock: WorkClock
    log: Log
    cases: Cases
    stations: tuple[Station, ...]
    order: Order
    returns: tuple[Return, ...]
    traces: Traces
    activity: Activity
    holders: Holders
    beside: Beside
    people: tuple[Person, ...]
    released: tuple[datetime, ...] | None
    """when, in time order; None: nothing tells of releases"""
    deployed: tuple[datetime, ...] | None

    @property
    def timeline(self) -> Timeline:
        """As it most likely was."""
        return self.activity.mid


def reconstruct(stream: Stream, records: Records, window: Window) -> Reconstruction:
    """Events -> cases -> one timeline a case, as known at the end of the window."""
    end = instant(window.end)
    log = read_log(with_deliveries(stream, records), end, stream.ending_states, stream.claims)
    cases = build_cases(stream, log, records.links)
    clock = WorkClock(stream.calendar, log.begins(end), end)
    stations = discover(stream, log, cases, records.people, clock, end)
    order = find_order(log.moves, stream.ending_states, _working(stream, log))
    courts = read_courts(log.events, cases.requests)
    timeline = build_timeline(stream, log, cases, courts, _shown_labels(stations, order), clock, end)
    asides = find_asides(stream, log, cases, courts, records.links, timeline)
    returns, timeline = find_returns(stream, timeline, order, asides, clock)
    traces = read_traces(log.events, clock)
    return Reconstruction(
        stream=stream,
        window=window,
        clock=clock,
        log=log,
        cases=cases,
        stations=stations,
        order=order,
        returns=returns,
        traces=traces,
        activity=with_activity(timeline, log, cases, traces, clock),
        holders=Holders(log, records.people),
        beside=read_beside(records, end),
        people=tuple(records.people),
        released=delivered(records, EventKind.RELEASED),
        deployed=delivered(records, EventKind.DEPLOYED),
    )


def _working(stream: Stream, log: Log) -> frozenset[str]:
    claims = log.claims(stream)
    return frozenset(state for state, n in claims.items() if stream.stages[n].kind is StageKind.WORK)


WAITS: dict[str | None, Label] = {
    "approval": Label.APPROVAL,
    "batch gate": Label.APPROVAL,
    "hand-off buffer": Label.HAND_OFF,
    "deploy": Label.DEPLOY,
}


def _shown_labels(stations: Sequence[Station], order: Order) -> dict[str, Label]:
    """What items wait for in a state, as its visits show it, where the configuration does not say.

    It says so of approvals and of work; it does not of states that no stage claims, nor what a wait is for.
    """
    found: dict[str, Label] = {}
    for station in stations:
        label = Label.BLOCKED if station.state in order.parking else WAITS.get(station.queue)
        called_wait = station.configured is StageKind.WAIT and label is not Label.APPROVAL
        if label and (station.configured is None or called_wait):
            found[station.state] = label
    return found
