"""What each change does in the replay: which segments it concerns, and when they end then.

A rule says nothing, with the reason, where the data do not hold what it changes.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bot.flow.clock import DAY, MICROSECOND, Instants
from bot.flow.findings.queues import Queue
from bot.flow.findings.stations import Cadence
from bot.flow.future.changes import (
    DAILY,
    Attention,
    Change,
    Days,
    Deploy,
    FewerReturns,
    GateCadence,
    Parallel,
    Removal,
    TimeBox,
)
from bot.flow.future.loads import Load
from bot.flow.future.replay import Draw, Lanes, Replay, Rule
from bot.flow.future.segments import NONE, Flags
from bot.flow.future.slots import at_minute, kept, working_days
from bot.flow.model import WEEKDAYS, StageKind, Stream, Weekday
from bot.flow.statistics.intervals import Values
from bot.flow.statistics.queueing import looked_at, relief
from bot.words import count

SAME_DAY = DAY // 2
"""What leaves so long after the beginning of an appointment, or within half a day of work, still leaves at it."""

HOUR = DAY // 24
NOTICES = tuple(hours * HOUR for hours in (0, 1, 2, 4, 8, 12, 24, 36, 48))
ALIKE = 0.02
"""Shares of what left at the first appointment that are no better than each other."""

QUICKEST = 0.05
"""The median of the quickest tenth."""

FEWEST_VISITS = 10
FEWEST_PASSED = 6
"""Days of the week on which something waited and nothing left, from which on there is no appointment on them."""


class CannotTell(Exception):
    """Why nothing is predicted of a change."""


@dataclass(frozen=True)
class Appointment:
    """The appointments of a place and the minute of the day at which they begin."""

    slots: Instants
    minute: int


@dataclass(frozen=True)
class Known:
    """The replay and what the analysis knows of its places; `first`, `last`: what the calendar spans."""

    replay: Replay
    stream: Stream
    loads: Mapping[int, Load]
    cadences: Mapping[str, Cadence]
    queues: Mapping[str, Queue]
    first: int
    last: int

    def at(self, place: str) -> Flags:
        """The segments at an approval, a turn or a state that waits for approval, or else in a stage."""
        waits = self.replay.segments.at_station(place)
        if waits.any():
            return waits
        positions = [n for n, stage in enumerate(self.stream.stages) if stage.name == place]
        return np.isin(self.replay.segments.position, positions) if positions else waits

    def is_buffer(self, position: int) -> bool:
        """Whether a stage is a wait for whoever works downstream, and not for an appointment."""
        stage = self.stream.stages[position] if position >= 0 else None
        return stage is not None and stage.kind is StageKind.WAIT and stage.name not in self.cadences

    def appointment(self, place: str) -> Appointment | None:
        """None where none was found."""
        if place not in self.cadences:
            return None
        left = self.replay.segments.left[self.at(place)]
        return Appointment(*kept(self.cadences[place], left, self.stream.calendar, self.first, self.last))

    def on(self, days: Days | str, minute: int) -> Instants:
        """The appointments there would be; none on a day that is free."""
        every = working_days(self.stream.calendar, self.first, self.last)
        chosen = [d for d in every if days == DAILY or WEEKDAYS[d.weekday()] in days]
        return at_minute(chosen, minute, self.stream.calendar)


def appointed(known: Known) -> dict[str, Rule]:
    """What waits for an appointment waits for it in every replay; by place."""
    found: dict[str, Rule] = {}
    for place in known.cadences:
        now = known.appointment(place)
        if now is not None:
            found[place] = _at_appointments(known, known.at(place), now.slots, now.slots)
    return found


def perhaps_appointed(known: Known) -> dict[str, Rule]:
    """The same of places that may have more appointments than were seen, with all of those.

    A day on which hardly ever anything waited says nothing: behind a board that meets on Wednesdays all is deployed on
    Thursdays, whenever it could have been.
    """
    found: dict[str, Rule] = {}
    for place, cadence in known.cadences.items():
        now, more = known.appointment(place), _unseen(known, place, cadence)
        if now is not None and more:
            slots = np.union1d(now.slots, known.on(more, now.minute))
            found[place] = _at_appointments(known, known.at(place), slots, slots)
    return found


def _unseen(known: Known, place: str, cadence: Cadence) -> Days:
    """Working days without an appointment, of which at most a few had something waiting at that hour."""
    now, here = known.appointment(place), known.at(place)
    others = [day for day in known.stream.calendar.working_days if day not in cadence.weekdays]
    if now is None or not cadence.weekdays:
        return ()
    began, left = np.sort(known.replay.segments.began[here]), np.sort(known.replay.segments.left[here])

    def waited(day: Weekday) -> int:
        slots = known.on((day,), now.minute)
        return int((np.searchsorted(began, slots, "right") > np.searchsorted(left, slots, "right")).sum())

    return tuple(day for day in others if waited(day) < FEWEST_PASSED)


def rules_of(known: Known, change: Change) -> tuple[Rule, ...]:
    """The rule of a change, and what follows from it for others. Raises CannotTell."""
    rule = rule_of(known, change)
    return (rule, *_relieved(known, change, rule)) if isinstance(change, FewerReturns) else (rule,)


def rule_of(known: Known, change: Change) -> Rule:
    """Of the items that a change touches itself. Raises CannotTell."""
    match change:
        case GateCadence():
            return _cadence(known, change)
        case TimeBox():
            return _time_box(known, change)
        case Removal():
            return _removal(known, change)
        case Deploy():
            return _deploy(known, change)
        case FewerReturns():
            return _fewer_returns(known, change)
        case Attention():
            return _attention(known, change)
        case Parallel():
            return _parallel(known, change)
    raise CannotTell(f"nothing is known of {change.words}")


def _visited(known: Known, place: str) -> Flags:
    found = known.at(place)
    if int(found.sum()) < FEWEST_VISITS:
        visits = count(int(found.sum()), "visit")
        raise CannotTell(f"the items that were delivered made {visits} to {place}; it takes {FEWEST_VISITS}")
    return found


def _by_chance(many: int, chance: float) -> Draw | None:
    """Each of so many segments with this chance."""
    return None if chance == 1.0 else lambda random: random.random(many) < chance


def _cadence(known: Known, change: GateCadence) -> Rule:
    found, now = _visited(known, change.cadence), known.appointment(change.cadence)
    if now is None:
        raise CannotTell(f"no appointments were found at {change.cadence}: say how often it is looked at (attention)")
    minute = now.minute if change.hour is None else change.hour * 60
    return _at_appointments(known, found, now.slots, known.on(change.on, minute))


def _at_appointments(known: Known, found: Flags, before: Instants, after: Instants) -> Rule:
    """What left at an appointment leaves after one of the new ones, the first or the later that it took.

    As long after it as before. What was not reached on the day was gone on with the next morning; it is reached sooner
    where more appointments have less to do each. What left between appointments keeps the time it took. Appointments
    want as much notice as they do now.
    """
    segments, clock = known.replay.segments, known.replay.clock
    if not len(before) or not len(after):
        return Rule(np.zeros(len(found), np.bool_), lambda _, __, ends: ends)
    taken = np.searchsorted(before, segments.left, side="right") - 1
    at = before[np.clip(taken, 0, None)]
    rest, worked = segments.left - at, clock.elapsed(segments.left) - clock.elapsed(at)
    went_on = (rest >= SAME_DAY) & (worked <= clock.day // 2)
    kept_one = found & (taken >= 0) & (at >= segments.began) & ((rest < SAME_DAY) | went_on)
    to_do = len(before) / len(after)
    notice = np.minimum(_notice(before, segments.began[kept_one], at[kept_one]), np.maximum(at - segments.began, 0))
    later = taken - np.searchsorted(before, segments.began + notice, side="left")

    def left(here: Instants, arrived: Instants, ends: Instants) -> Instants:
        slot = np.searchsorted(after, arrived + notice[here], side="left") + later[here]
        chosen = after[np.minimum(slot, len(after) - 1)]
        gone_on = clock.instant_of(clock.elapsed(chosen) + np.rint(worked[here] * to_do).astype(np.int64))
        when = np.where(went_on[here] & (chosen != at[here]), gone_on, chosen + rest[here])
        inside: Instants = np.where(slot < len(after), when, ends)
        return inside

    return Rule(kept_one, left)


def _notice(slots: Instants, began: Instants, taken: Instants) -> int:
    """The shortest of some times before an appointment with which most of what came left at the first one."""
    if not len(began):
        return 0
    shares = [
        float((slots[np.searchsorted(slots, began + n).clip(max=len(slots) - 1)] == taken).mean()) for n in NOTICES
    ]
    return next(n for n, part in zip(NOTICES, shares, strict=True) if part >= max(shares) - ALIKE)


def _time_box(known: Known, change: TimeBox) -> Rule:
    found, box = _visited(known, change.cap), change.at // MICROSECOND
    beside = _beside(known)

    def left(here: Instants, arrived: Instants, ends: Instants) -> Instants:
        at: Instants = np.minimum(ends, known.replay.on_duty(arrived + box) + beside[here])
        return at

    return Rule(found, left, _by_chance(len(found), change.compliance))


def _beside(known: Known) -> Instants:
    """Microseconds of each visit that nobody waited for approval: its checks and its merge."""
    segments = known.replay.segments
    whole = segments.left - segments.began
    found: Instants = np.maximum(whole - segments.of_visit("waited"), 0)
    return found


def _removal(known: Known, change: Removal) -> Rule:
    """What was sent back stays: its fault would have been found elsewhere, or by whoever is still asked."""
    found, queue = _visited(known, change.remove), known.queues.get(change.remove)
    if queue is None or queue.rubber_stamp is None:
        verdicts = count(queue.stamp.n if queue and queue.stamp else 0, "verdict")
        raise CannotTell(f"{verdicts} cannot tell whether {change.remove} is a rubber stamp")
    if not queue.rubber_stamp:
        changed = f"{queue.stamp.changed} of {queue.stamp.n}" if queue.stamp else "some"
        raise CannotTell(
            f"{change.remove} is no rubber stamp: it changed {changed}, so nothing of it is over-processing"
        )
    through = found & (known.replay.segments.of_visit("sent_back") == 0)
    beside = _beside(known)
    chance = _by_chance(len(through), change.share)
    return Rule(through, lambda here, arrived, _: arrived + beside[here], chance)


def _deploy(known: Known, change: Deploy) -> Rule:
    found, now = _visited(known, change.deploy), known.appointment(change.deploy)
    segments = known.replay.segments
    if change.on is None:
        quickest = int(np.quantile((segments.left - segments.began)[found], QUICKEST))
        return Rule(found, lambda _, arrived, ends: np.minimum(ends, arrived + quickest))
    if now is not None:
        minute = now.minute if change.hour is None else change.hour * 60
        return _at_appointments(known, found, now.slots, known.on(change.on, minute))
    if change.hour is None:
        raise CannotTell(f"no appointments were found at {change.deploy}; say the hour of the new ones")
    slots = known.on(change.on, change.hour * 60)

    def left(_: Instants, arrived: Instants, ends: Instants) -> Instants:
        slot = np.searchsorted(slots, arrived, side="left")
        at: Instants = np.where(slot < len(slots), slots[np.minimum(slot, len(slots) - 1)], ends)
        return at

    return Rule(found, left)


def _fewer_returns(known: Known, change: FewerReturns) -> Rule:
    """Each decision to send back is undone by chance, with all that followed until it was made good."""
    segments = known.replay.segments
    stages = [stage for stage in known.stream.stages if stage.name == change.rework]
    names = {change.rework, *(state.partition(":")[2] for stage in stages for state in stage.states)}
    mine = np.array([origin in names for origin in segments.decisions], np.bool_)
    if int(mine.sum()) < FEWEST_VISITS:
        sent = count(int(mine.sum()), "time")
        raise CannotTell(f"{change.rework} sent back {sent} what was delivered; it takes {FEWEST_VISITS}")
    pairs = segments.undone[mine[segments.undone[:, 1]]]

    inside = np.zeros(len(segments), np.bool_)
    inside[pairs[:, 0]] = True

    def draw(random: np.random.Generator) -> Flags:
        flipped = random.random(len(segments.decisions)) < change.by
        found = np.zeros(len(segments), np.bool_)
        found[pairs[flipped[pairs[:, 1]], 0]] = True
        return found

    return Rule(inside, lambda _, arrived, __: arrived, None if change.by == 1.0 else draw)


def _relieved(known: Known, change: FewerReturns, rule: Rule) -> Iterator[Rule]:
    """Where less is done again everything waits less for those who work there, in the stage and before it."""
    segments = known.replay.segments
    for position, load in known.loads.items():
        here = segments.position == position
        busy, again = segments.busy[here].sum(), segments.busy[here & rule.concerned].sum()
        factor = relief(load.utilisation, load.people, 1 - change.by * float(again) / max(float(busy), 1.0))
        if factor == 1.0:
            continue
        worked = np.maximum(known.replay.worked, 1)
        part = np.where(here, 1 - (1 - factor) * segments.idle / worked, 1.0)
        before = (segments.position == position - 1) & known.is_buffer(position - 1)
        part = np.where(before, factor, part)
        yield shortened(known, (here | before) & ~rule.concerned, part)


def shortened(known: Known, concerned: Flags, part: Values) -> Rule:
    """What is concerned takes that part of its time."""
    return Rule(concerned, lambda here, arrived, _: known.replay.after(here, arrived, part[here]))


def _attention(known: Known, change: Attention) -> Rule:
    """The waits become as much shorter as those of a queue do that is looked at so often (simulated)."""
    found = _visited(known, change.attention)
    if known.appointment(change.attention) is not None:
        raise CannotTell(f"{change.attention} decides at appointments: change its cadence")
    segments, clock = known.replay.segments, known.replay.clock
    came, went = (clock.elapsed(at[found]) for at in (segments.began, segments.left))
    ratio = looked_at(came, went, change.times, clock.day)
    if ratio is None:
        alone = f"hardly anything came to {change.attention} while nothing waited"
        raise CannotTell(f"{alone}, so how often it is looked at does not show")
    return Rule(found, lambda here, arrived, _: known.replay.after(here, arrived, ratio))


def _parallel(known: Known, change: Parallel) -> Rule:
    """Stays that follow each other directly in these stages begin with the first of them."""
    segments = known.replay.segments
    wanted = [n for n, stage in enumerate(known.stream.stages) if stage.name in change.parallel]
    first, previous = (np.full(len(segments), NONE, np.int64) for _ in range(2))
    for group in _together(np.isin(segments.position, wanted), segments.row):
        positions = segments.position[group]
        first[group[1:]] = group[:1]
        for position in wanted:
            lane = group[positions == position]
            previous[lane[1:]] = lane[:-1]
    sooner = (first >= 0) & (segments.position[first] != segments.position)
    if int(sooner.sum()) < FEWEST_VISITS:
        raise CannotTell(f"{' and '.join(change.parallel)} hardly ever followed each other directly")
    return Rule(sooner, lambda _, __, ends: ends, lanes=Lanes(first, previous))


def _together(inside: Flags, row: Instants) -> Sequence[Instants]:
    """Neighbours of one case that are all inside."""
    numbers = np.flatnonzero(inside)
    breaks = np.flatnonzero((np.diff(numbers) > 1) | (np.diff(row[numbers]) != 0)) + 1
    return np.split(numbers, breaks)
