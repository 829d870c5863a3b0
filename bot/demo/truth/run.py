"""One simulated stream, and what the engine says of it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from bot.demo.truth.world import World
from bot.flow.analyse import read
from bot.flow.findings.analysis import Analysis
from bot.flow.findings.future import FutureState
from bot.flow.future.changes import Planned, read_change
from bot.flow.future.foresee import foresee
from bot.flow.model import Stream
from bot.flow.reconstruct import Reconstruction, reconstruct


@dataclass(frozen=True)
class Reading:
    """What the engine makes of a stream: how it was, and what it says about it."""

    found: Reconstruction
    said: Analysis


@dataclass(frozen=True)
class Part:
    """What one stream adds to a score: so much of so much, and what was missed, for whoever looks into it.

    Of a rate `hits` of `of` cases; of a mean `hits` is a sum of values and `of` their weight. `classes`: the same of
    each of several classes, of which the widest mean counts.
    """

    hits: float
    of: float
    missed: tuple[str, ...] = ()
    classes: tuple[tuple[float, float], ...] = ()


def look(world: World, stream: Stream) -> Reading:
    """Let the engine look at the window of a world with one configuration."""
    found = reconstruct(stream, world.records, world.window)
    return Reading(found, read(found))


@dataclass(frozen=True)
class Run:
    """A world, read by somebody who knows nothing of its states (`blind`) and by somebody who does (`told`)."""

    world: World
    look: Callable[[World, Stream], Reading] = look

    @cached_property
    def blind(self) -> Reading:
        return self.look(self.world, self.world.blind)

    @cached_property
    def foreseen(self) -> FutureState:
        """What the engine says of every change whose true effect is known."""
        world, read_it = self.world, self.told
        plan = [Planned(e.kind, read_change(e.change, e.waste, world.told)) for e in world.truth.effects]
        return foresee(read_it.found, read_it.said, plan)

    @cached_property
    def told(self) -> Reading:
        return self.look(self.world, self.world.told)
