"""Records -> the stages that the states of a source would make, from upstream to downstream.

The order comes from the flow: a minimum feedback arc set over first visits (`bot.flow.loops.order`); where the data see
two states in either order, how far along the source puts them decides. What is over is told by the category of a state,
or in a log by where histories end. What hardly any item visits joins the stage before it of the same kind, so that the
map stays legible and nothing is unclaimed.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.flow.clock import WorkClock, instant
from bot.flow.findings.lead import LinksPart
from bot.flow.history.log import Records, read_log
from bot.flow.loops.order import find_order
from bot.flow.model import Calendar, Stage, StageKind, Stream
from bot.flow.proposal.known import Known, is_unknown
from bot.flow.proposal.placing import DONE, in_order
from bot.flow.proposal.requests import with_requests
from bot.flow.proposal.stages import ProposedStage
from bot.flow.proposal.states import FEWEST, LAST, MOSTLY, State, Visits, describe, read_visits
from bot.flow.proposal.types import containers
from bot.flow.proposal.words import is_dropped
from bot.flow.queues.discovered import discover
from bot.flow.timeline.cases import build_cases
from bot.words import duration
from connectors.records import UNKNOWN, Category

HALF = 0.5
"""Of the histories at least so many end in what is taken for the end."""
LONG_BACKLOG = 30.0
"""Days that items lie in the first wait, typically, from which another trigger is worth a thought."""

BEFORE = "Before"
NOTHING = Known()


@dataclass(frozen=True)
class Proposal:
    """A stream as its data propose it. `remarks`: what a person should know or decide, in sentences."""

    stages: tuple[ProposedStage, ...]
    end: str
    item_types: tuple[str, ...] = ()
    trigger: str = "created"
    remarks: tuple[str, ...] = ()
    links: LinksPart | None = None
    not_seen: tuple[str, ...] = ()
    """states that the source has and no item of these was in"""

    @property
    def usable(self) -> str | None:
        """Why these stages make no stream, in a sentence; None where they make one."""
        if not self.stages:
            return "nothing has happened yet, so there are no stages to propose; wait until some items have moved"
        if not any(stage.kind is StageKind.DONE for stage in self.stages):
            return "nothing shows when an item is done; wait until some items are finished, or name the states of done"
        if self.end == self.stages[0].name:
            return "every item was in one state only, so nothing could take time; wait until some items have moved"
        return None

    def stream(self, name: str, sources: Sequence[str], calendar: Calendar) -> Stream:
        """As it would be configured. Raises ValueError where the data suffice for none."""
        stages = tuple(_configured(stage) for stage in self.stages)
        return Stream(
            name=name,
            sources=tuple(sources),
            trigger=self.trigger,
            end=self.end,
            stages=stages,
            item_types=self.item_types,
            calendar=calendar,
        )


def propose(records: Records, now: datetime, calendar: Calendar, known: Known = NOTHING) -> Proposal:
    """`now`: when the records were read, or when the last of them happened."""
    end = instant(now)
    first = read_log(records, end)
    over = _over(read_visits(first, end), known)
    log = read_log(records, end, over, dict.fromkeys(over, 0))
    visits, order = read_visits(log, end), find_order(log.moves, over)
    stream = _provisional(visits.names, over, calendar)
    cases = build_cases(stream, log, records.links)
    clock = WorkClock(calendar, log.begins(end), end)
    stations = {s.state: s for s in discover(stream, log, cases, records.people, clock, end)}
    asides = frozenset(order.returns), frozenset(order.parking)
    states = describe(visits, order.ranks, asides, stations)
    stages = in_order(states, over, order, visits, known)
    merged = with_requests(stages, log, cases)
    types, remarks = containers(log.items)
    return Proposal(
        stages=merged,
        end=_end_of(merged),
        item_types=types,
        remarks=(*remarks, *_remarks(states, merged)),
        links=cases.links,
        not_seen=tuple(sorted(set(known.categories) - {state.name for state in states})),
    )


def _provisional(names: Sequence[str], over: frozenset[str], calendar: Calendar) -> Stream:
    """Enough of a stream for the engine to look at how states behave: what is over, and what is not."""
    going = tuple(name for name in names if name not in over) or (f"none:{UNKNOWN}",)
    stages = (
        Stage(name=BEFORE, kind=StageKind.WAIT, states=going),
        Stage(name=DONE, kind=StageKind.DONE, states=tuple(sorted(over))),
    )
    return Stream(name="proposal", sources=(), end=DONE, stages=stages, calendar=calendar)


def _over(visits: Visits, known: Known) -> frozenset[str]:
    """By what the source says, unless items mostly go on from there; else where histories end."""
    names = [name for name in visits.names if not is_unknown(name)]
    said = {name for name in names if known.categories.get(name) is Category.DONE}
    going = frozenset(names) - said
    found = {n for n in said if visits.count(n) < FEWEST or visits.share_into(n, going) < MOSTLY}
    if known.categories:
        return frozenset(found)
    if not found:
        found = {n for n in names if visits.count(n) >= FEWEST and visits.stays(n) >= LAST}
        found |= _commonest_ends(visits, found)
    if all(is_dropped(name) for name in found):
        found |= {*[name for name in visits.ends if not is_dropped(name) and not is_unknown(name)][:1]}
    return frozenset(found)


def _commonest_ends(visits: Visits, found: Collection[str]) -> set[str]:
    """So many more that half of the histories end in one of them."""
    more: set[str] = set()
    for name in (name for name in visits.ends if not is_unknown(name)):
        if sum(visits.ends[n] for n in {*found, *more}) >= HALF * visits.items:
            return more
        more.add(name)
    return more


def _configured(stage: ProposedStage) -> Stage:
    settings = {"name": stage.name, "kind": stage.kind, "states": stage.states, **dict(stage.settings)}
    return Stage.model_validate(settings)


def _end_of(stages: Sequence[ProposedStage]) -> str:
    return next((s.name for s in stages if s.kind is StageKind.DONE), stages[-1].name if stages else DONE)


def _remarks(states: Sequence[State], stages: Sequence[ProposedStage]) -> list[str]:
    first = stages[0] if stages else None
    waits = [s for s in states if first and s.name in first.states and s.median and s.median > LONG_BACKLOG]
    if first and len(stages) > 2 and first.kind is StageKind.WAIT and waits:
        lie = f'half of the items lie in "{first.name}" for more than {duration(waits[0].median)}'
        return [f'{lie}; if nobody is promised anything while they lie there, set trigger = "{stages[1].name}"']
    return []
