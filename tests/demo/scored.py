"""Streams with a known truth, and what an engine might say of them."""

from collections.abc import Iterable
from typing import Any

from bot.demo.truth.run import Part, Reading, Run
from bot.demo.truth.world import Movers, Station, Truth, World
from bot.flow.model import StageKind
from tests.build import STREAM, issue, records, window

STATIONS = {
    "jira:Open": Station.BACKLOG,
    "jira:In Progress": Station.WORK,
    "jira:In Review": Station.APPROVAL,
    "jira:Testing": Station.TEST,
    "jira:Ready": Station.DEPLOY,
    "jira:Done": Station.DONE,
}
ORDER, DAYS = tuple(STATIONS), (0, 1, 2, 4, 5, 6)
KEPT = (StageKind.DONE, StageKind.DROPPED)
UNKNOWING = tuple(s if s.kind in KEPT else s.model_copy(update={"kind": StageKind.WORK}) for s in STREAM.stages)
BLIND = STREAM.model_copy(update={"stages": UNKNOWING})


def world(items: int = 30, *more: Iterable[Any], **truth: Any) -> World:
    """Items that take a day in each state but two in review; the truth is as told, or nothing."""
    names = ("Open", "In Progress", "In Review", "Testing", "Ready", "Done")
    moves = [issue(f"T-{n}", *((name, n + day) for name, day in zip(names, DAYS, strict=True))) for n in range(items)]
    known = {"stations": STATIONS, "spent": {}, "touched": 0.0, "episodes": (), "order": ORDER, **truth}
    told = Truth(**known)
    return World(Movers.OWN, False, 1, BLIND, STREAM, records(*moves, *more), window(0, 100), told)


def but(run: Run, *, blind: Reading | None = None, told: Reading | None = None) -> Run:
    """The same with something else said."""
    other = {id(run.world.blind): blind or run.blind, id(run.world.told): told or run.told}
    return Run(run.world, lambda _, stream: other[id(stream)])


def share(part: Part | None) -> float:
    assert part is not None
    return part.hits / part.of
