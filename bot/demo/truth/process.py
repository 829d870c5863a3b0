"""How a simulated team works: its stations, its people, and what is planted in it, drawn at random.

The names of the states tell nothing of what they are.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

from bot.demo.truth.hours import DAY_HOURS, Hours
from bot.demo.truth.world import Cadence, Change, Plan, Station
from bot.flow.model import Calendar

NAMES = (
    *("Amber", "Birch", "Cedar", "Dune", "Ember", "Fjord", "Garnet", "Hazel", "Indigo", "Jasper", "Kelp", "Laurel"),
    *("Maple", "Nimbus", "Onyx", "Pebble", "Quartz", "Rowan", "Sable", "Tundra", "Umber", "Violet", "Willow", "Yarrow"),
)
ZONES = (("Europe/Berlin", "DE-BY"), ("America/New_York", "US"), ("Asia/Kolkata", "IN"), ("UTC", ""))
WORKED = (Station.WORK, Station.TEST)
JUDGED = (Station.APPROVAL, Station.BATCH_GATE)
QUEUES = (Station.BACKLOG, Station.HAND_OFF)
"""From here the next station takes what it works on."""

APPROVERS, RELEASER = range(3000, 3090), 2900
"""Numbers of people; those of a pool begin with the hundred of their place, requesters are 1 to 3."""

WEEK_HOURS = 5 * DAY_HOURS
GATES = (("tue",), ("wed",), ("thu",), ("fri",), ("mon", "thu"), ("tue", "fri"))
TRAINS = (*GATES, ("mon", "tue", "wed", "thu"))


@dataclass(frozen=True)
class Place:
    """A state. `effort`: mean working hours of a visit; of a judge, of one decision.

    `every`: mean working hours between two looks of an approver, who takes `cap` items in `order`; of a queue, until
    those who work downstream hear of an item. `box`: elapsed days after which an approver is made to look.
    """

    name: str
    kind: Station
    effort: float = 0.0
    pool: int = 0
    people: tuple[int, ...] = ()
    every: float = 0.0
    cap: int = 1000
    order: str = "first"
    cadence: Cadence | None = None
    overloaded: bool = False
    box: float | None = None


@dataclass(frozen=True)
class Loop:
    """What is sent back from a place, at most `rounds` times an item; `redo`: the share of the effort anew."""

    back: int
    chance: float
    rounds: int
    redo: float


@dataclass(frozen=True)
class Pool:
    """People who work at the same places, each on `hands` items at once, and `away` hours after each session."""

    places: tuple[int, ...]
    people: tuple[int, ...]
    hands: int
    session: float
    away: float


@dataclass(frozen=True)
class Pulls:
    """Pull requests of one place; `review`: the place where they are judged."""

    code: int
    review: int | None
    draft: float
    several: float
    again: float
    dismissed: float


@dataclass(frozen=True)
class Design:
    """`places`: upstream to downstream, then `parking` and `returns`, which stand aside."""

    places: tuple[Place, ...]
    pools: tuple[Pool, ...]
    loops: dict[int, Loop]
    hours: Hours
    rate: float
    """items a week"""
    meetings: float
    limit: int | None
    parking: int | None
    parked: float
    returns: int | None
    reworked_in_return: bool
    flagged: float
    dropped: float
    evidence: float
    """traces an hour of work"""
    worklogs: float
    pulls: Pulls | None
    priority: bool
    change: Change | None
    changed_at: float
    together: tuple[int, ...] = ()
    """places that follow each other directly and begin together: whoever judges, and the next when all have judged"""

    @property
    def done(self) -> int:
        return next(n for n, place in enumerate(self.places) if place.kind is Station.DONE)

    @property
    def manager(self) -> int:
        """Who drags the cards of others, and closes what nobody wants."""
        return 0


def design(seed: int, plan: Plan, warm_up: int, weeks: int, long: int | None = None) -> Design:
    """The same for the same seed, however long it runs. `long`: weeks of a run for its own sake, without a change."""
    random = Random(f"{seed} design")
    hours = _hours(random, long or warm_up + weeks)
    rate = random.uniform(9.5, 14.5)
    kinds = _kinds(random, plan)
    names = random.sample(NAMES, len(kinds) + 2)
    change = None if long else plan.change
    places = [_place(random, name, kind, rate, plan) for name, kind in zip(names, kinds, strict=False)]
    loops = _loops(random, places, plan)
    pulls = _pulls(random, places, loops, plan)
    meetings = random.uniform(0.1, 0.3)
    pools, places = _staffed(random, places, loops, (rate, meetings), plan)
    evidence = random.uniform(0.3, 2.0) * _yes(random, plan.evidence, 0.9)
    aside = _aside(random, plan, bool(loops))
    parking = len(places) if aside[0] else None
    returns = len(places) + aside[0] if aside[1] else None
    places += [Place(names[-1], Station.PARKING)] * aside[0] + [Place(names[-2], Station.RETURN)] * aside[1]
    limit = round(rate * random.uniform(5, 8))
    return Design(
        tuple(places),
        tuple(pools),
        loops,
        hours,
        rate,
        meetings=meetings,
        limit=limit if random.random() < 0.5 else None,
        parking=parking,
        parked=random.uniform(0.01, 0.04),
        returns=returns,
        reworked_in_return=random.random() < 0.4,
        flagged=random.uniform(0.005, 0.02) * (random.random() < 0.6),
        dropped=random.uniform(0.03, 0.08),
        evidence=evidence,
        worklogs=random.choice((0.0, 0.2, 0.6)),
        pulls=pulls if evidence else None,
        priority=bool(plan.priority),
        change=change,
        changed_at=hours.begins(warm_up + change.week) if change else float("inf"),
    )


def _yes(random: Random, wanted: bool | float | Cadence | None, chance: float) -> bool:
    """The dice are thrown whatever is wanted, so that one plan does not change the rest of the design."""
    thrown = random.random() < chance
    return thrown if wanted is None else bool(wanted)


def _hours(random: Random, weeks: int) -> Hours:
    zone, country = random.choice(ZONES)
    opens = random.choice((8, 9))
    free = country if random.random() < 0.4 else ()
    monday = date(2024, 9, 2) + timedelta(weeks=random.randrange(40))
    calendar = Calendar(timezone=zone, working_hours=f"{opens:02}:00-{opens + DAY_HOURS}:00", holidays=free or ())
    return Hours(monday, weeks, calendar)


def _kinds(random: Random, plan: Plan) -> list[Station]:
    """Backlog, work with something between in most places, done."""
    many = random.randint(5, 9)
    approvals = random.randint(1, 2) * _yes(random, plan.approval, 0.55)
    gates = int(_yes(random, plan.gate, 0.4))
    buffers = random.randint(1, 2) * _yes(random, plan.hand_off, 0.5)
    trains = int(_yes(random, plan.deploy, 0.45))
    works = max(2, many - 2 - approvals - gates - buffers - trains)
    works, buffers = min(works, 5), min(buffers, max(works, 2) - 1)
    slots: list[list[Station]] = [[] for _ in range(works)]
    for kind, count in ((Station.APPROVAL, approvals), (Station.BATCH_GATE, gates)):
        for after in random.sample(range(works), min(count, works)):
            slots[after].append(kind)
    for before in random.sample(range(works - 1), buffers):
        slots[before].append(Station.HAND_OFF)
    found = [Station.BACKLOG]
    for n, slot in enumerate(slots):
        found += [Station.TEST if n and random.random() < 0.45 else Station.WORK, *slot]
    return [*found, *[Station.DEPLOY] * trains, Station.DONE]


def _place(random: Random, name: str, kind: Station, rate: float, plan: Plan) -> Place:
    place = Place(name, kind)
    if kind in WORKED:
        return replace(place, effort=random.uniform(3, 9) if kind is Station.WORK else random.uniform(2, 5))
    if kind in QUEUES:
        return replace(place, every=random.uniform(4, 24))
    if kind is Station.APPROVAL:
        return _approval(random, place, rate, plan)
    if kind in (Station.BATCH_GATE, Station.DEPLOY):
        cadence = Cadence(random.choice(GATES if kind in JUDGED else TRAINS), random.choice((10, 11, 13, 14, 15)))
        wished = plan.gate if kind in JUDGED and isinstance(plan.gate, Cadence) else cadence
        return replace(place, cadence=wished, effort=random.uniform(0.03, 0.1), people=(RELEASER,))
    return place


def _approval(random: Random, place: Place, rate: float, plan: Plan) -> Place:
    """Fast ones look several times a day, slow ones every other day; all of them could take more than comes."""
    approvers = random.randint(1, 3)
    every = random.choice((random.uniform(2, 5), random.uniform(6, 14), random.uniform(14, 28)))
    looks = 5 * DAY_HOURS * approvers / every
    load = random.uniform(0.35, 0.8)
    overloaded = _yes(random, plan.overloaded, 0.06)
    cap = max(1, round(rate / looks / load + 0.5))
    if overloaded:
        cap = max(1, int(rate / looks))
        every = 5 * DAY_HOURS * approvers * cap / (rate * 0.97)
    order = random.choice(("first", "last", "random"))
    people = tuple(random.sample(APPROVERS, approvers))
    effort = random.uniform(0.1, 0.6)
    return replace(place, every=every, cap=cap, order=order, people=people, effort=effort, overloaded=overloaded)


def _loops(random: Random, places: Sequence[Place], plan: Plan) -> dict[int, Loop]:
    """At least a change now and then where somebody judges; one of the loops may be a heavy one."""
    found: dict[int, Loop] = {}
    any_loops = _yes(random, plan.loops, 0.58)
    stamped, heavy = _yes(random, plan.stamps, 0.3), random.random() < 0.3
    works = [n for n, place in enumerate(places) if place.kind in WORKED]
    for n, place in enumerate(places):
        before = [w for w in works if w < n]
        if place.kind not in (Station.TEST, *JUDGED) or not before:
            continue
        back = before[-1] if random.random() < 0.7 else random.choice(before)
        strong = random.uniform(0.3, 0.6)
        chance, rounds, redo = random.uniform(0.05, 0.3), random.randint(1, 4), random.uniform(0.2, 0.7)
        chance = strong if heavy and not place.overloaded else chance
        if place.kind in JUDGED and stamped:
            chance = random.uniform(0.0, 0.03)
        elif heavy and any_loops:
            heavy = False
        chance = _wished(chance, place, plan)
        picked = random.random() < (0.9 if place.kind in JUDGED else 0.7)
        if (any_loops and (picked or not found)) or (place.kind in JUDGED and plan.stamps not in (None, False)):
            found[n] = Loop(back, chance, rounds, redo)
    return {n: loop for n, loop in found.items() if loop.chance > 0}


def _wished(chance: float, place: Place, plan: Plan) -> float:
    if place.kind in JUDGED and isinstance(plan.stamps, float):
        return plan.stamps
    return plan.loops if isinstance(plan.loops, float) else chance


def _pulls(random: Random, places: Sequence[Place], loops: dict[int, Loop], plan: Plan) -> Pulls | None:
    """Where an approval follows on work, it is the review; what it sends back goes to the code."""
    wanted = _yes(random, plan.pull_requests, 0.5)
    draft, several, again, dismissed = (random.uniform(0.1, 0.6) for _ in range(4))
    codes = [n for n, place in enumerate(places) if place.kind is Station.WORK]
    reviewed = [n for n in codes if places[n + 1].kind is Station.APPROVAL]
    if not wanted:
        return None
    code = (reviewed or codes)[0]
    review = code + 1 if reviewed else None
    if review in loops:
        loops[review] = replace(loops[review], back=code)
    return Pulls(code, review, draft, several / 2, again, dismissed / 3)


def visits(places: Sequence[Place], loops: dict[int, Loop]) -> list[tuple[float, float]]:
    """About how many visits an item makes at each place, and how many times its effort it takes."""
    found = [(1.0, 1.0)] * len(places)
    for origin, loop in loops.items():
        more = sum(loop.chance**n for n in range(1, loop.rounds + 1))
        for n in range(loop.back, origin + 1):
            found[n] = found[n][0] * (1 + more), found[n][1] * (1 + more * loop.redo)
    return found


def _staffed(
    random: Random, places: list[Place], loops: dict[int, Loop], pace: tuple[float, float], plan: Plan
) -> tuple[list[Pool], list[Place]]:
    """As many people as the work wants, and some to spare; approvers look more often where loops bring more."""
    (rate, meetings), often = pace, visits(places, loops)
    thrown = random.uniform(0.0, 0.7)
    idle = thrown if plan.idle is None else plan.idle
    pools: list[Pool] = []
    for n, place in enumerate(places):
        if place.kind is Station.APPROVAL and not place.overloaded:
            places[n] = replace(place, cap=max(place.cap, round(place.cap * often[n][0])))
        elif place.kind is Station.APPROVAL:
            places[n] = replace(place, every=place.every / often[n][0])
        elif place.kind in WORKED:
            hands, session, away = _manner(random, idle)
            pulled = places[n - 1].kind in QUEUES
            each = WEEK_HOURS * session / (session / (1 - meetings) + away)
            each *= random.uniform(0.72, 0.87) if pulled else random.uniform(0.5, 0.65)
            weekly = place.effort * often[n][1] * rate
            people = max(2, round(weekly / each))
            effort = place.effort * min(1.6, max(0.6, people * each / weekly))
            staff = tuple(100 * (n + 1) + k for k in range(people))
            places[n] = replace(place, pool=len(pools), effort=effort)
            pools.append(Pool((n,), staff, hands, session, away))
    return pools, places


def _manner(random: Random, idle: float) -> tuple[int, float, float]:
    """Who works on several items leaves the others lying; the rest of `idle` is other work after each session."""
    hands = 1 if idle < 0.25 else random.choice((1, 2)) if idle < 0.5 else random.choice((2, 3))
    left = max(0.0, 1 - (1 - idle) * (1 + 0.3 * (hands - 1)))
    session = random.uniform(1.0, 3.0)
    return hands, session, min(session * left / (1 - left), 4 * session)


def _aside(random: Random, plan: Plan, loops: bool) -> tuple[int, int]:
    """Whether there is a state for what is parked, and one for what was sent back."""
    parking, returns = _yes(random, plan.parking, 0.3), _yes(random, plan.returns, 0.35)
    return int(parking), int(returns and loops)
