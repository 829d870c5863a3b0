"""How a simulated team would be configured: by somebody who knows it, and by somebody who does not."""

from collections.abc import Iterator

from bot.demo.truth.emit import FORGE, PROJECT, REPOSITORY, TRACKER
from bot.demo.truth.ledger import state
from bot.demo.truth.process import Design, Pulls
from bot.demo.truth.world import Station
from bot.flow.model import Stage, StageKind, Stream

KINDS = {
    Station.BACKLOG: StageKind.WAIT,
    Station.WORK: StageKind.WORK,
    Station.TEST: StageKind.WORK,
    Station.APPROVAL: StageKind.APPROVAL,
    Station.BATCH_GATE: StageKind.APPROVAL,
    Station.HAND_OFF: StageKind.WAIT,
    Station.DEPLOY: StageKind.WAIT,
    Station.PARKING: StageKind.WAIT,
    Station.DONE: StageKind.DONE,
}
AUTHORS = ("draft", "changes requested", "checks failed")
REVIEWERS = ("awaiting review", "awaiting checks", "awaiting merge", "in merge queue")


def told(design: Design) -> Stream:
    """Every state as what it is; what stands aside stands before the work that it interrupts or returns to."""
    order = list(range(design.done + 1))
    first = next(n for n, place in enumerate(design.places) if place.kind is Station.WORK)
    backs = [loop.back for loop in design.loops.values()]
    for aside, before in ((design.returns, min(backs, default=first)), (design.parking, first)):
        if aside is not None:
            order.insert(order.index(before), aside)
    return _stream(design, [_stage(design, n, _kind(design, n)) for n in order])


def blind(design: Design) -> Stream:
    """As the statuses are listed: the first waits, the last is done, and all between is work."""
    aside = [n for n in (design.parking, design.returns) if n is not None]
    between = [_stage(design, n, StageKind.WORK) for n in (*range(1, design.done), *aside)]
    first, last = _stage(design, 0, StageKind.WAIT), _stage(design, design.done, StageKind.DONE)
    stages = [stage.model_copy(update={"value_adding": True}) for stage in between]
    return _stream(design, [first, *stages, last])


def _kind(design: Design, n: int) -> StageKind:
    if n == design.returns:
        return StageKind.WORK if design.reworked_in_return else StageKind.WAIT
    return KINDS[design.places[n].kind]


def _stage(design: Design, n: int, kind: StageKind) -> Stage:
    place = design.places[n]
    states = (state(place.name), *(_courts(design.pulls, n, design) if design.pulls else ()))
    return Stage(name=place.name, kind=kind, states=states, value_adding=place.kind is not Station.TEST)


def _courts(pulls: Pulls, n: int, design: Design) -> Iterator[str]:
    """Where the states of a change request belong."""
    if n == pulls.code:
        yield from (f"github:{name}" for name in AUTHORS)
    if n == (pulls.code if pulls.review is None else pulls.review):
        yield from (f"github:{name}" for name in REVIEWERS)
    if n == min((pulls.code if pulls.review is None else pulls.review) + 1, design.done - 1):
        yield "github:merged"


def _stream(design: Design, stages: list[Stage]) -> Stream:
    sources = [f"{TRACKER}/{PROJECT}", *([f"{FORGE}/{REPOSITORY}"] if design.pulls else [])]
    return Stream(
        name="Trees",
        sources=tuple(sources),
        end=design.places[design.done].name,
        stages=tuple(stages),
        not_delivered=("Won't Do", "Duplicate"),
        calendar=design.hours.calendar,
    )
