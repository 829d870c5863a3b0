"""Records -> the stages that the states of a source would make, from upstream to downstream.

The order comes from the flow: a minimum feedback arc set over first visits (`bot.flow.loops.order`); where the data see
two states in either order, how far along the source puts them decides. What is over is told by the category of a state,
or in a log by where histories end. What hardly any item visits joins the stage before it of the same kind, so that the
map stays legible and nothing is unclaimed.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.flow.clock import WorkClock, instant
from bot.flow.findings.lead import LinksPart
from bot.flow.history.log import Records, read_log
from bot.flow.loops.order import Order, find_order
from bot.flow.model import Calendar, Stage, StageKind, Stream
from bot.flow.proposal.kinds import judge_kind
from bot.flow.proposal.requests import with_requests
from bot.flow.proposal.stages import ProposedStage, Sure
from bot.flow.proposal.states import FEWEST, LAST, MOSTLY, State, Visits, describe, read_visits
from bot.flow.proposal.types import containers
from bot.flow.proposal.words import REOPENED, is_dropped, kind_by_name
from bot.flow.queues.discovered import discover
from bot.flow.timeline.cases import build_cases
from bot.words import count, duration, listed, share
from connectors.records import UNKNOWN, Category

HALF = 0.5
SELDOM = 0.05
"""Of the histories of a log fewer end in such a state: they were rather given up there."""
RARE = 0.02
"""A state that fewer of the items visit is no stage of its own."""
LONG_BACKLOG = 30.0
"""Days that items lie in the first wait, typically, from which another trigger is worth a thought."""

DONE, DROPPED, SENT_BACK = "Done", "Dropped", "Sent back"
BEFORE = "Before"


@dataclass(frozen=True)
class Proposal:
    """A stream as its data propose it. `remarks`: what a person should know or decide, in sentences."""

    stages: tuple[ProposedStage, ...]
    end: str
    item_types: tuple[str, ...] = ()
    trigger: str = "created"
    remarks: tuple[str, ...] = ()
    links: LinksPart | None = None
    items: int = 0
    events: int = 0
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


@dataclass(frozen=True)
class Known:
    """What the sources say of their states besides what happened in them."""

    categories: Mapping[str, Category] = field(default_factory=dict)
    """state, named `<kind of source>:<name>` -> how far along"""
    vocabulary: Mapping[str, ProposedStage] = field(default_factory=dict)
    """name of a state in lower case -> the stage that a preset gives it"""


def propose(records: Records, now: datetime, calendar: Calendar, known: Known = Known()) -> Proposal:
    """`now`: when the records were read, or when the last of them happened."""
    end = instant(now)
    first = read_log(records, end)
    over = _over(read_visits(first, end), known)
    log = read_log(records, end, over, dict.fromkeys(over, 0))
    visits, order = read_visits(log, end), find_order(log.moves, over)
    stream = _provisional(visits.names, over, calendar)
    cases = build_cases(stream, log, records.links)
    clock = WorkClock(calendar, min([end, *log.events["at"], *log.moves["at"]]), end)
    stations = {s.state: s for s in discover(stream, log, cases, records.people, clock, end)}
    asides = frozenset(order.returns), frozenset(order.parking)
    states = describe(visits, order.ranks, asides, stations, over)
    stages = _stages(states, over, order, visits, known)
    merged = with_requests(stages, log, cases)
    types, remarks = containers(log.items)
    return Proposal(
        stages=merged,
        end=_end_of(merged),
        item_types=types,
        remarks=(*remarks, *_remarks(states, merged)),
        links=cases.links,
        items=len(cases.roots),
        events=len(log.events) + len(log.moves),
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
    names = [name for name in visits.names if not _is_unknown(name)]
    said = {name for name in names if known.categories.get(name) is Category.DONE}
    going = frozenset(names) - said
    found = {n for n in said if visits.count(n) < FEWEST or visits.share_into(n, going) < MOSTLY}
    if known.categories:
        return frozenset(found)
    if not found:
        found = {n for n in names if visits.count(n) >= FEWEST and visits.stays(n) >= LAST}
        found |= _commonest_ends(visits, found)
    if all(is_dropped(name) for name in found):
        found |= {*[name for name in visits.ends if not is_dropped(name) and not _is_unknown(name)][:1]}
    return frozenset(found)


def _is_unknown(name: str) -> bool:
    return name.endswith(f":{UNKNOWN}")


def _commonest_ends(visits: Visits, found: Collection[str]) -> set[str]:
    """So many more that half of the histories end in one of them."""
    more: set[str] = set()
    for name in (name for name in visits.ends if not _is_unknown(name)):
        if sum(visits.ends[n] for n in {*found, *more}) >= HALF * visits.items:
            return more
        more.add(name)
    return more


def _stages(
    states: Sequence[State], over: frozenset[str], order: Order, visits: Visits, known: Known
) -> list[ProposedStage]:
    going = [state for state in states if state.name not in over and not _is_unknown(state.name)]
    placed = _placed([s for s in going if not _is_aside(s, over, visits)], order, known)
    stages: list[ProposedStage] = []
    for state in placed:
        stages = _with_state(stages, state, known, visits)
    for state in (s for s in going if _is_aside(s, over, visits)):
        stages = _beside(stages, state, over, visits)
    return [*stages, *_ends(states, over, known)]


def _is_aside(state: State, over: frozenset[str], visits: Visits) -> bool:
    """Where items are parked or sent back to, it is no step of the way."""
    return state.parking or state.returns or _reopened(state, over, visits)


def _reopened(state: State, over: frozenset[str], visits: Visits) -> bool:
    return bool(REOPENED.search(state.label)) or visits.share_from(state.name, over) >= MOSTLY


def _placed(states: Sequence[State], order: Order, known: Known) -> list[State]:
    """By rank; two neighbours whose order the data do not tell stand as the source sorts them."""
    found = sorted(states, key=lambda s: (s.rank is None, s.rank or 0))
    far = {Category.PLANNED: 0, Category.STARTED: 1, Category.DONE: 2}
    for _ in found:
        for n in range(len(found) - 1):
            one, other = found[n], found[n + 1]
            if frozenset((one.name, other.name)) not in order.unordered:
                continue
            here, there = (known.categories.get(s.name) for s in (one, other))
            if here and there and far[here] > far[there]:
                found[n], found[n + 1] = other, one
    return found


def _with_state(stages: list[ProposedStage], state: State, known: Known, visits: Visits) -> list[ProposedStage]:
    preset = known.vocabulary.get(state.label.casefold())
    kind, why, sure = judge_kind(state, known.categories.get(state.name), visits)
    stage = ProposedStage(state.label, kind, (state.name,), (*why, _weight(state, visits)), sure)
    if preset is not None:
        stage = replace(
            preset, states=(state.name,), evidence=("the preset knows it", _weight(state, visits)), sure="sure"
        )
        same = next((n for n, s in enumerate(stages) if s.name == preset.name), None)
        if same is not None:
            return [*stages[:same], stages[same].joined(state.name, ""), *stages[same + 1 :]]
    if preset is None and _is_rare(state, visits):
        near = _last(stages, lambda s: s.kind is stage.kind)
        if near is not None:
            return [*stages[:near], stages[near].joined(state.name, _few(state)), *stages[near + 1 :]]
    return [*stages, _apart(stages, stage)]


def _beside(stages: list[ProposedStage], state: State, over: frozenset[str], visits: Visits) -> list[ProposedStage]:
    """What is reopened waits where everything begins; what is parked, or sent back, has a stage beside its origin."""
    if _reopened(state, over, visits):
        first = next((n for n, s in enumerate(stages) if s.kind is StageKind.WAIT), None)
        if first is not None:
            why = f'"{state.label}" stands here since what was over begins anew'
            return [*stages[:first], stages[first].joined(state.name, why), *stages[first + 1 :]]
    same, waits = _last(stages, lambda s: s.name == SENT_BACK), kind_by_name(state.label) is StageKind.WAIT
    if state.returns and same is not None and not waits:
        return [*stages[:same], stages[same].joined(state.name, _weight(state, visits)), *stages[same + 1 :]]
    if state.returns and waits:
        stage = ProposedStage(state.label, StageKind.WAIT, (state.name,), (_weight(state, visits),), "likely")
    elif state.returns:
        why = "items go back from here, to be done again"
        stage = ProposedStage(SENT_BACK, StageKind.WORK, (state.name,), (why, _weight(state, visits)), "likely")
    elif _is_rare(state, visits) and stages:
        return _to_the_last(stages, state)
    else:
        why = f"items come here from other states and go back there{_named(state.origin)}"
        stage = ProposedStage(state.label, StageKind.WAIT, (state.name,), (why, _weight(state, visits)), "likely")
    elsewhere = state.onward if state.returns else state.origin
    near = _last(stages, lambda s: elsewhere in s.states)
    place = len(stages) if near is None else near + (0 if state.returns else 1)
    return [*stages[:place], _apart(stages, stage), *stages[place:]]


def _is_rare(state: State, visits: Visits) -> bool:
    return state.items < RARE * visits.items


def _to_the_last(stages: list[ProposedStage], state: State) -> list[ProposedStage]:
    return [*stages[:-1], stages[-1].joined(state.name, _few(state))]


def _few(state: State) -> str:
    return f'"{state.label}" stands here since only {count(state.items, "item")} came there'


def _named(state: str | None) -> str:
    return f', mostly "{state.partition(":")[2]}"' if state else ""


def _ends(states: Sequence[State], over: frozenset[str], known: Known) -> list[ProposedStage]:
    ended = sorted((s for s in states if s.name in over), key=lambda s: -s.here)
    seldom = SELDOM * sum(s.here for s in ended)
    dropped = [s for s in ended if is_dropped(s.label) or (s.name not in known.categories and s.here < seldom)]
    done = [s for s in ended if s not in dropped]
    found = []
    for called, kind, some in ((DONE, StageKind.DONE, done), (DROPPED, StageKind.DROPPED, dropped)):
        if some:
            label = some[0].label if len(some) == 1 else called
            here = f"{count(sum(s.here for s in some), 'item')} ended in {listed([s.label for s in some])}"
            sure: Sure = "sure" if all(s.name in known.categories for s in some) else "look"
            found.append(ProposedStage(label, kind, tuple(s.name for s in some), (here,), sure))
    return found


def _configured(stage: ProposedStage) -> Stage:
    settings = {"name": stage.name, "kind": stage.kind, "states": stage.states, **dict(stage.settings)}
    return Stage.model_validate(settings)


def _end_of(stages: Sequence[ProposedStage]) -> str:
    return next((s.name for s in stages if s.kind is StageKind.DONE), stages[-1].name if stages else DONE)


def _apart(stages: Sequence[ProposedStage], stage: ProposedStage) -> ProposedStage:
    """Two sources may call their states alike."""
    if stage.name not in {s.name for s in stages} | {DONE, DROPPED}:
        return stage
    return replace(stage, name=f"{stage.name} ({stage.states[0].partition(':')[0]})")


def _weight(state: State, visits: Visits) -> str:
    typical = f", half of the visits longer than {duration(state.median)}" if state.median is not None else ""
    return f"{share(state.items / max(visits.items, 1))} of the items came here, {state.here} of them now{typical}"


def _last(stages: Sequence[ProposedStage], fits: Callable[[ProposedStage], bool]) -> int | None:
    return max((n for n, stage in enumerate(stages) if fits(stage)), default=None)


def _remarks(states: Sequence[State], stages: Sequence[ProposedStage]) -> list[str]:
    first = stages[0] if stages else None
    waits = [s for s in states if first and s.name in first.states and s.median and s.median > LONG_BACKLOG]
    if first and len(stages) > 2 and first.kind is StageKind.WAIT and waits:
        lie = f'half of the items lie in "{first.name}" for more than {duration(waits[0].median)}'
        return [f'{lie}; if nobody is promised anything while they lie there, set trigger = "{stages[1].name}"']
    return []
