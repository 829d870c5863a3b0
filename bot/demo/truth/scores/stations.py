"""Whether the engine sees which states are queues, of which kind, and which are emptied by appointment.

The unit is a state of a stream that was configured blind, with at least 30 visits that ended and 1 % of the time of
all items. Visits and time are counted here from the records, with the states under their names of today.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from bot.demo.truth.run import Part, Run
from bot.demo.truth.scores.engine import stations
from bot.demo.truth.world import Station, World
from bot.flow.findings.stations import Station as Found
from connectors.records import Event, EventKind

QUEUES = (Station.APPROVAL, Station.BATCH_GATE, Station.HAND_OFF, Station.DEPLOY)
WORK = (Station.WORK, Station.TEST)
FEWEST_VISITS, LEAST_TIME, MOST_WEEKDAYS = 30, 0.01, 3
DAY = 86_400.0


@dataclass(frozen=True)
class Unit:
    """A state, what it really is, the days that items spent there, and what the engine says of it, if anything."""

    state: str
    truth: Station
    days: float
    found: Found | None

    @property
    def queue(self) -> bool:
        return self.truth in QUEUES

    @property
    def behaves(self) -> str | None:
        return self.found.behaves if self.found else None


def precision(run: Run) -> Part | None:
    """Of the states called queues, those that are."""
    called = [unit for unit in units(run) if unit.behaves == "queue"]
    return _part([unit.queue for unit in called], called)


def recall(run: Run) -> Part | None:
    """Of the queues, those called so; an abstention is a miss."""
    queues = [unit for unit in units(run) if unit.queue]
    return _part([unit.behaves == "queue" for unit in queues], queues)


def recall_of_decided(run: Run) -> Part | None:
    """Of the queues about which the engine says anything, those called so."""
    queues = [unit for unit in units(run) if unit.queue and unit.behaves]
    return _part([unit.behaves == "queue" for unit in queues], queues)


def recall_of_time(run: Run) -> Part | None:
    """Of the days in queues, those in states called so."""
    queues = [unit for unit in units(run) if unit.queue]
    seen = sum(unit.days for unit in queues if unit.behaves == "queue")
    return Part(seen, sum(unit.days for unit in queues)) if queues else None


def abstention(run: Run) -> Part | None:
    """Of the states, those about which the engine says nothing."""
    silent = [unit for unit in units(run) if unit.behaves is None]
    every = len(units(run))
    return Part(len(silent), every, tuple(map(_told, silent))) if every else None


def kind_of_queue(run: Run) -> Part | None:
    """Of the queues called so, those whose kind is right; a train of deployments is a gate, too."""
    seen = [unit for unit in units(run) if unit.queue and unit.behaves == "queue"]
    return _part([unit.found is not None and unit.found.queue in _kinds(unit, run.world) for unit in seen], seen)


def gate_recall(run: Run) -> Part | None:
    """Of the states emptied by appointment, those found with their weekdays.

    Appointments on more than three weekdays are next to none; whether they are found is not judged.
    """
    gates = [unit for unit in units(run) if len(_appointments(unit, run.world)) in range(1, MOST_WEEKDAYS + 1)]
    return _part([_weekdays(unit) == set(run.world.truth.cadences[unit.state].weekdays) for unit in gates], gates)


def gate_false(run: Run) -> Part | None:
    """Of the states without appointments, those said to have some."""
    others = [unit for unit in units(run) if not _appointments(unit, run.world)]
    said = [unit for unit in others if unit.found and unit.found.cadence]
    return Part(len(said), len(others), tuple(map(_told, said))) if others else None


def units(run: Run) -> list[Unit]:
    """The states that are scored, in the order of their names."""
    said = {station.state: station for station in stations(run.blind)}
    stays = stays_of(run.world)
    total = sum(sum(days) for state, days in stays.items() if run.world.truth.stations.get(state) != Station.DONE)
    return [
        Unit(state, truth, sum(stays[state]), said.get(state))
        for state, truth in sorted(run.world.truth.stations.items())
        if truth in (*QUEUES, *WORK) and len(stays[state]) >= FEWEST_VISITS and sum(stays[state]) >= LEAST_TIME * total
    ]


def stays_of(world: World, until: datetime | None = None) -> dict[str, list[float]]:
    """State -> days of every visit that ended, as the records tell it; `until`: of those begun before."""
    found: dict[str, list[float]] = defaultdict(list)
    for moves in _moves(world):
        begun = (pair for pair in pairwise(moves) if until is None or pair[0].at < until)
        for move, following in begun:
            said = f"{move.source.partition('.')[0]}:{move.state}"
            found[world.truth.renamed.get(said, said)].append((following.at - move.at).total_seconds() / DAY)
    return found


def _moves(world: World) -> Iterator[list[Event]]:
    """The moves of each item in order; what is told twice counts once."""
    every = {(e.source, e.id): e for e in world.records.events if e.kind is EventKind.STATE and e.at < world.window.end}
    by_item: dict[tuple[str, str], list[Event]] = defaultdict(list)
    for event in sorted(every.values(), key=lambda e: (e.at, e.seq, e.id)):
        by_item[event.source, event.item].append(event)
    yield from by_item.values()


def _kinds(unit: Unit, world: World) -> set[str]:
    train = unit.truth is Station.DEPLOY and _appointments(unit, world)
    return {unit.truth.value, Station.BATCH_GATE.value} if train else {unit.truth.value}


def _appointments(unit: Unit, world: World) -> tuple[str, ...]:
    cadence = world.truth.cadences.get(unit.state)
    return cadence.weekdays if cadence else ()


def _weekdays(unit: Unit) -> set[str] | None:
    return set(unit.found.cadence.weekdays) if unit.found and unit.found.cadence else None


def _part(right: list[bool], among: list[Unit]) -> Part | None:
    """How many are right, and what is said of the others."""
    missed = tuple(_told(unit) for unit, fits in zip(among, right, strict=True) if not fits)
    return Part(sum(right), len(among), missed) if among else None


def _told(unit: Unit) -> str:
    said = unit.found
    if said is None:
        return f"{unit.state} ({unit.truth}): nothing said"
    cadence = f", cadence {'+'.join(said.cadence.weekdays)}" if said.cadence else ""
    return f"{unit.state} ({unit.truth}): {said.behaves} {said.queue or ''}{cadence}, n {said.n}: {said.reason}"
