"""What a change would really do: the same team in long runs, once as it is and once with the change.

The changes are written as the configuration writes them, for the places that the team really has.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from math import sqrt
from random import Random
from statistics import mean, stdev
from typing import Any

from bot.demo.truth.process import JUDGED, Design, Place, design
from bot.demo.truth.story import Story
from bot.demo.truth.team import Act, Team, Worker
from bot.demo.truth.world import Plan, Station, TrueEffect
from bot.flow.model import Waste

WARM_UP, RUN_OUT = 8, 20
"""Weeks before a run is looked at, and weeks at its end of which nothing that begins in them is."""

KINDS = ("cadence", "cap", "remove", "deploy", "parallel", "rework", "attention")
RUNS, WEEKS = 4, 150
"""The scores know how little four runs tell."""

DAILY = ("mon", "tue", "wed", "thu", "fri")
BOX = 1.0
OFTEN, HALF = 2, 0.5
AT_ONCE = 0.2
DAY = 86_400_000


@dataclass(frozen=True)
class Intervention:
    """`kind`: what is scored together; `change`, `waste`: as they are written; `design`: the team that has it."""

    kind: str
    place: str
    change: Mapping[str, Any]
    waste: Waste
    design: Design


def interventions(made: Design, kinds: tuple[str, ...]) -> Iterator[Intervention]:
    """The changes of these kinds that a team could make, one a place."""
    for n, place in enumerate(made.places):
        if place.overloaded:
            continue
        for kind in kinds:
            found = _intervention(made, n, place, kind)
            if found is not None:
                yield found


def _intervention(made: Design, n: int, place: Place, kind: str) -> Intervention | None:
    name, what = place.name, place.kind
    match kind:
        case "cadence" if what is Station.BATCH_GATE and place.cadence:
            changed = replace(place, cadence=replace(place.cadence, weekdays=DAILY))
            return _made(made, n, changed, kind, {"cadence": name, "on": "daily"})
        case "deploy" if what is Station.DEPLOY and place.cadence:
            changed = replace(place, cadence=replace(place.cadence, weekdays=DAILY))
            return _made(made, n, changed, kind, {"deploy": name, "on": "daily"})
        case "cap" if what is Station.APPROVAL:
            return _made(made, n, replace(place, box=BOX), kind, {"cap": name, "at": "1d"})
        case "attention" if what is Station.APPROVAL:
            changed = replace(place, every=place.every / OFTEN)
            return _made(made, n, changed, kind, {"attention": name, "times": OFTEN})
        case "remove" if what is Station.APPROVAL:
            changed = replace(place, every=AT_ONCE, cap=1000, effort=0.001)
            loops = {origin: loop for origin, loop in made.loops.items() if origin != n}
            found = _made(made, n, changed, kind, {"remove": name}, Waste.OVER_PROCESSING)
            return replace(found, design=replace(found.design, loops=loops))
        case "parallel" if what in JUDGED and made.places[n + 1].kind in JUDGED and not made.places[n + 1].overloaded:
            told = {"parallel": (name, made.places[n + 1].name)}
            return Intervention(kind, name, told, Waste.WAITING, replace(made, together=(n, n + 1)))
        case "rework" if n in made.loops:
            fewer = {**made.loops, n: replace(made.loops[n], chance=made.loops[n].chance * (1 - HALF))}
            found = _made(made, n, place, kind, {"rework": name, "by": HALF}, Waste.DEFECTS)
            return replace(found, design=replace(made, loops=fewer))
    return None


def _one_of_each(made: Design) -> dict[str, Intervention]:
    """At the first place where it can be made; returns where most is sent back."""
    found: dict[str, Intervention] = {}
    for change in interventions(made, KINDS):
        if change.kind not in found or _sent_back(made, change) > _sent_back(made, found[change.kind]):
            found[change.kind] = change
    return found


def _sent_back(made: Design, change: Intervention) -> float:
    """By how much less likely something is sent back from one place."""
    kept = change.design.loops
    return max((loop.chance - kept[n].chance for n, loop in made.loops.items() if n in kept), default=0.0)


def _made(
    made: Design, n: int, changed: Place, kind: str, change: Mapping[str, Any], waste: Waste = Waste.WAITING
) -> Intervention:
    places = tuple(changed if k == n else place for k, place in enumerate(made.places))
    return Intervention(kind, changed.name, change, waste, replace(made, places=places))


def true_effects(seed: int, plan: Plan, runs: int = RUNS, weeks: int = WEEKS) -> tuple[TrueEffect, ...]:
    """Of one change of each kind that this team could make, in so many runs of so many weeks, with it and without."""
    made = design(seed, plan, WARM_UP, 0, long=weeks)
    chances = [1000 * (run + 1) + seed for run in range(runs)]
    before = [mean_lead_time(made, chance) for chance in chances]
    found = []
    one_of_each = _one_of_each(made)
    for change in (one_of_each[kind] for kind in KINDS if kind in one_of_each):
        days = [mean_lead_time(change.design, chance) - b for chance, b in zip(chances, before, strict=True)]
        found.append(TrueEffect(change.kind, change.change, change.waste, mean(days), stdev(days) / sqrt(runs)))
    return tuple(found)


class SameChances(Team):
    """A team whose every item, person and place has chances of its own, so that two runs differ by their design only.

    (Common random numbers: what comes, how large it is and what is sent back stay the same, whoever works on it when.)
    """

    def __init__(self, design: Design, seed: int) -> None:
        super().__init__(design, Random(seed))
        self._seed = seed
        self._times: Counter[tuple[Any, ...]] = Counter()

    def _at(self, at: float, act: Act, *about: Any) -> None:
        super()._at(at, self._with_chances, act, about)

    def _with_chances(self, at: float, act: Act, about: tuple[Any, ...]) -> None:
        subjects = (a.number if isinstance(a, Story) else a.who if isinstance(a, Worker) else a for a in about[:2])
        self._throw(act.__name__, *(subject for subject in subjects if isinstance(subject, int)))
        act(at, *about)

    def _throw(self, *key: str | int) -> None:
        """What comes next by chance is the same in every run in which this happens so many times."""
        self._times[key] += 1
        self.random.seed(hash((self._seed, self._times[key], *map(_number, key))))

    def _measure(self, at: float, story: Story, n: int) -> None:
        self._throw("measure", story.number, n)
        super()._measure(at, story, n)

    def _is_sent_back(self, at: float, story: Story, n: int, who: int) -> bool:
        self._throw("sent back", story.number, n)
        return super()._is_sent_back(at, story, n, who)


def _number(part: Any) -> int:
    """The same in every process, as hashes of strings are not."""
    return part if isinstance(part, int) else int.from_bytes(part.encode())


def mean_lead_time(made: Design, seed: int) -> float:
    """Days from creation to delivery, of all that begins while the run is looked at."""
    stories = SameChances(made, seed).run()
    first, last = made.hours.begins(WARM_UP), made.hours.end - RUN_OUT * 40
    wall = made.hours.wall
    took = [
        (wall(story.delivered) - wall(story.created)) / DAY
        for story in stories
        if story.delivered is not None and first <= story.created < last and story.delivered < made.hours.end
    ]
    return sum(took) / len(took)
