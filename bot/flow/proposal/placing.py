"""Which stage a state makes or joins, and where it stands."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from bot.flow.loops.order import Order
from bot.flow.model import StageKind
from bot.flow.proposal.kinds import judge_kind
from bot.flow.proposal.known import Known, is_unknown
from bot.flow.proposal.stages import ProposedStage, Sure
from bot.flow.proposal.states import MOSTLY, State, Visits
from bot.flow.proposal.words import REOPENED, is_dropped, kind_by_name
from bot.words import count, duration, listed, share
from connectors.records import Category

SELDOM = 0.05
"""Of the histories of a log fewer end in such a state: they were rather given up there."""
RARE = 0.02
"""A state that fewer of the items visit is no stage of its own."""

DONE, DROPPED, SENT_BACK = "Done", "Dropped", "Sent back"


def in_order(
    states: Sequence[State], over: frozenset[str], order: Order, visits: Visits, known: Known
) -> list[ProposedStage]:
    going = [state for state in states if state.name not in over and not is_unknown(state.name)]
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
    """A stage of its own, that of the preset that knows it, or where hardly anything comes there one of its kind."""
    preset = known.vocabulary.get(state.label.casefold())
    if preset is not None:
        return _as_preset(stages, state, preset, visits)
    kind, why, sure = judge_kind(state, known.categories.get(state.name), visits)
    near = _last(stages, lambda s: s.kind is kind)
    if near is not None and _is_rare(state, visits):
        return _joined(stages, near, state, _few(state))
    return [
        *stages,
        _apart(stages, ProposedStage(state.label, kind, (state.name,), (*why, _weight(state, visits)), sure)),
    ]


def _as_preset(stages: list[ProposedStage], state: State, preset: ProposedStage, visits: Visits) -> list[ProposedStage]:
    same = _last(stages, lambda s: s.name == preset.name)
    if same is not None:
        return _joined(stages, same, state)
    known = replace(preset, states=(state.name,), evidence=("the preset knows it", _weight(state, visits)))
    return [*stages, _apart(stages, known)]


def _beside(stages: list[ProposedStage], state: State, over: frozenset[str], visits: Visits) -> list[ProposedStage]:
    """What is reopened waits where everything begins; what is parked, or sent back, has a stage beside its origin."""
    first = next((n for n, s in enumerate(stages) if s.kind is StageKind.WAIT), None)
    if first is not None and _reopened(state, over, visits):
        return _joined(
            stages, first, state, f'"{state.label}" stands here since items enter it when they are begun anew'
        )
    stage = _aside(state, visits)
    same = _last(stages, lambda s: s.name == stage.name == SENT_BACK)
    if same is not None:
        return _joined(stages, same, state, _weight(state, visits))
    if stages and not state.returns and _is_rare(state, visits):
        return _joined(stages, len(stages) - 1, state, _few(state))
    elsewhere = state.onward if state.returns else state.origin
    near = _last(stages, lambda s: elsewhere in s.states)
    place = len(stages) if near is None else near + (0 if state.returns else 1)
    return [*stages[:place], _apart(stages, stage), *stages[place:]]


def _aside(state: State, visits: Visits) -> ProposedStage:
    weight = _weight(state, visits)
    if not state.returns:
        why = f"items come here from other states and go back there{_named(state.origin)}"
        return ProposedStage(state.label, StageKind.WAIT, (state.name,), (why, weight))
    if kind_by_name(state.label) is StageKind.WAIT:
        return ProposedStage(state.label, StageKind.WAIT, (state.name,), (weight,))
    why = "items go back from here, to be done again"
    return ProposedStage(SENT_BACK, StageKind.WORK, (state.name,), (why, weight))


def _joined(stages: list[ProposedStage], place: int, state: State, *why: str) -> list[ProposedStage]:
    return [*stages[:place], stages[place].joined(state.name, *why), *stages[place + 1 :]]


def _is_rare(state: State, visits: Visits) -> bool:
    return state.items < RARE * visits.items


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
