"""Wait, work or approval: what a state shows, what it is called, and where its source puts it, in this order."""

from bot.flow.model import StageKind
from bot.flow.proposal.stages import Sure
from bot.flow.proposal.states import FEWEST, MOSTLY, State, Visits
from bot.flow.proposal.words import VERDICT, kind_by_name
from bot.words import share
from connectors.records import Category

SAID = {Category.PLANNED: "to do", Category.STARTED: "in progress", Category.DONE: "done"}
BY_CATEGORY = {Category.PLANNED: StageKind.WAIT, Category.STARTED: StageKind.WORK, Category.DONE: StageKind.WAIT}

Judged = tuple[StageKind, tuple[str, ...], Sure]


def judge_kind(state: State, category: Category | None, visits: Visits) -> Judged:
    """The kind of a state that is not the end, what speaks for it, and how sure that is."""
    named, shown = kind_by_name(state.label), _shown(state)
    firm = shown is not None and state.station is not None and state.station.grade != "C"
    if shown is not None and firm:
        return _firm(state, shown, named)
    if _asks_for_a_verdict(state, visits) and named is not StageKind.WORK:
        return StageKind.APPROVAL, (f"{share(_answered(state, visits))} of its visits end with a verdict",), "likely"
    said = [f"its name says {named}"] if named else []
    said += [f'the source counts it as "{SAID[category]}"'] if category else []
    if named is not None:
        agree = category is not None and _agree(named, BY_CATEGORY[category])
        return named, (*said, *_hint(state, shown, named)), "sure" if agree or shown == named else "likely"
    if shown is not None:
        return shown, (*said, _reason(state)), "look"
    if category is not None:
        return BY_CATEGORY[category], tuple(said), "likely"
    return StageKind.WORK, ("neither its name nor what happens in it tells",), "look"


def _firm(state: State, shown: StageKind, named: StageKind | None) -> Judged:
    """Behaviour decides, but what is called a review is one though people work in it."""
    if shown is StageKind.WORK and named in (StageKind.APPROVAL, StageKind.WAIT):
        return named, (f"its name says {named}, though it behaves as work: {_reason(state)}",), "look"
    if shown is StageKind.WAIT and named is StageKind.APPROVAL:
        return named, (f"it behaves as a queue, and its name says approval: {_reason(state)}",), "sure"
    sure: Sure = "likely" if named is None else "sure" if shown == named else "look"
    return shown, (f"it behaves as {_behaviour(shown)}: {_reason(state)}",), sure


def _shown(state: State) -> StageKind | None:
    station = state.station
    if station is None or station.behaves is None:
        return None
    if station.behaves == "work":
        return StageKind.WORK
    gate = station.queue == "batch gate" and station.grade != "C"
    return StageKind.APPROVAL if gate or station.queue == "approval" else StageKind.WAIT


def _hint(state: State, shown: StageKind | None, named: StageKind) -> list[str]:
    if shown is None or shown == named:
        return []
    return [f"though weakly it looks like {_behaviour(shown)}: {_reason(state)}"]


def _behaviour(kind: StageKind) -> str:
    return {StageKind.WORK: "work", StageKind.APPROVAL: "a queue for an approval"}.get(kind, "a queue")


def _reason(state: State) -> str:
    found = state.station
    if found is None:
        return ""
    met = found.cadence
    when = f"; emptied on {', '.join(met.weekdays)}" if met and met.weekdays and len(met.weekdays) < 5 else ""
    return f"{found.reason}{when}"


def _agree(one: StageKind, other: StageKind) -> bool:
    """An approval is in progress for whoever sorts states into three."""
    return one == other or (one is StageKind.APPROVAL and other is StageKind.WORK)


def _asks_for_a_verdict(state: State, visits: Visits) -> bool:
    return state.visits >= FEWEST and _answered(state, visits) >= MOSTLY


def _answered(state: State, visits: Visits) -> float:
    verdicts = frozenset(name for name in visits.names if VERDICT.search(name.partition(":")[2]))
    return visits.share_into(state.name, verdicts)
