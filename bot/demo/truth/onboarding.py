"""A simulated onboarding of new people, of which is known what must wait for what, and what only does so by habit.

A person signs, starts at an appointed day and is productive some weeks later. Between lie steps that are done one after
another. Some of them have to be; others could run beside each other, and now and then they do. One training should be
finished before the first day and often is not.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import pairwise
from random import Random

from bot.demo.truth.hours import HOUR, Hours, moment
from bot.flow.history.log import Records
from bot.flow.model import Calendar, Stage, StageKind, Stream, Window
from connectors.records import ActorKind, Event, EventKind, Item, ItemKind, Person

TRACKER, PROJECT, LOG = "jira.people", "HIRE", "eventlog.people"
TRAINING, ANCHOR, END = "Compliance training", "First day", "Productive"
STEPS = ("Check papers", "Create account", "Order laptop", "Assign desk", "Set up laptop", TRAINING, "Meet the buddy")
HARD = (
    ("Check papers", "Create account"),
    ("Create account", "Set up laptop"),
    ("Order laptop", "Set up laptop"),
    ("Create account", TRAINING),
)
CONTROL = 0.4
"""The share of habits that nobody ever breaks."""


@dataclass(frozen=True)
class OnboardingTruth:
    """What has to be, what is done so by habit, and what came too late.

    `hard`: what has to be finished before what. `habits`: steps in a row that need not be, each with the share of cases
    in which the second began before the first was finished. `spans`: (case, step) -> begun and finished, as they really
    were. `anchors`: the first day of each case, be it to come. `avoidable`: the days that its training was finished
    after the first day, though it could have been before.
    """

    hard: frozenset[tuple[str, str]]
    habits: Mapping[tuple[str, str], float]
    spans: Mapping[tuple[str, str], tuple[datetime, datetime]]
    anchors: Mapping[str, datetime]
    avoidable: Mapping[str, float]
    performers: Mapping[str, str]
    """of each step, who does it"""


@dataclass(frozen=True)
class Onboarding:
    """`children`: every step is an issue of its own below that of the person; or else a state of the person's case."""

    seed: int
    children: bool
    stream: Stream
    records: Records
    window: Window
    truth: OnboardingTruth


@dataclass
class _Hire:
    name: str
    signed: float
    first_day: float
    spans: dict[str, tuple[float, float]] = field(default_factory=dict)

    @property
    def productive(self) -> float:
        return max(self.first_day + 120, *(end + 1 for _, end in self.spans.values()))


def onboarding(seed: int, *, cases: int = 200, children: bool = False, slips: float = 0.01) -> Onboarding:
    """`slips`: the share of steps whose recorded beginning is a mistake, some hours too early."""
    random = Random(f"{seed} onboarding")
    hours = Hours(date(2024, 9, 2) + timedelta(weeks=random.randrange(20)), 52, Calendar(timezone="Europe/Berlin"))
    order = _order(random)
    habits = {pair: _broken(random) for pair in _habits(order)}
    late = random.choice((0.0, 0.0, random.uniform(0.3, 0.9)))
    hires = [_hire(random, hours, n, cases, order, habits, late) for n in range(cases)]
    truth = _truth(hires, order, habits, hours)
    told = list(
        _children(hires, hours, truth, random, slips) if children else _cases(hires, hours, truth, random, slips)
    )
    window = Window(start=hours.midnight(0), end=hours.midnight(52), timezone="Europe/Berlin")
    records = Records.of(
        [one for one in told if isinstance(one, Item) and one.created_at < window.end],
        [one for one in told if isinstance(one, Event) and one.at < window.end],
        [],
        [Person(TRACKER if children else LOG, who, who) for who in sorted({*truth.performers.values(), "recruiting"})],
    )
    return Onboarding(seed, children, _stream(order, children=children), records, window, truth)


def _order(random: Random) -> list[str]:
    """An order that keeps what is hard."""
    left, found = list(STEPS), list[str]()
    while left:
        free = [step for step in left if all(a in found for a, b in HARD if b == step)]
        found.append(random.choice(free))
        left.remove(found[-1])
    return found


def _habits(order: Sequence[str]) -> list[tuple[str, str]]:
    """Steps in a row of which the second does not need the first, not even by way of others."""
    return [(a, b) for a, b in pairwise(order) if not _needs(b, a)]


def _needs(step: str, other: str) -> bool:
    return any(a == other or _needs(a, other) for a, b in HARD if b == step)


def _broken(random: Random) -> float:
    thrown = random.uniform(0.05, 0.3)
    return 0.0 if random.random() < CONTROL else thrown


def _hire(
    random: Random,
    hours: Hours,
    n: int,
    cases: int,
    order: Sequence[str],
    habits: Mapping[tuple[str, str], float],
    late: float,
) -> _Hire:
    signed = (hours.end - 200) * (n + random.random()) / cases
    hire = _Hire(f"{PROJECT}-{n + 1}", signed, (int(signed / 8) + random.randint(15, 35)) * 8.0)
    free = signed + random.expovariate(1 / 6)
    for before, step in zip([None, *order], order, strict=False):
        took = random.lognormvariate(1.6, 0.5)
        begins = free + random.expovariate(1 / 5)
        needed = max([signed, *(hire.spans[a][1] for a, b in HARD if b == step)])
        if before and random.random() < habits.get((before, step), 0.0):
            start, end = hire.spans[before]
            begins = max(needed + 0.1, start + random.uniform(-0.3, 0.7) * (end - start))
        if step == TRAINING and random.random() < late:
            begins = max(begins, hire.first_day + random.uniform(4, 60))
        hire.spans[step] = begins, begins + took
        free = max(free, begins + took) if step != TRAINING else max(free, min(begins + took, hire.first_day))
    return hire


def _truth(
    hires: Sequence[_Hire], order: Sequence[str], habits: Mapping[tuple[str, str], float], hours: Hours
) -> OnboardingTruth:
    def at(hour: float) -> datetime:
        return moment(hours.wall(hour))

    broken = {(a, b): sum(hire.spans[b][0] < hire.spans[a][1] for hire in hires) / len(hires) for a, b in habits}
    groups = ("people team", "it desk", "it desk", "facilities", "it desk", "people team", "the team")
    return OnboardingTruth(
        frozenset((a, b) for a in STEPS for b in STEPS if _needs(b, a)),
        broken,
        {(hire.name, step): (at(span[0]), at(span[1])) for hire in hires for step, span in hire.spans.items()},
        {hire.name: at(hire.first_day) for hire in hires},
        {hire.name: _avoidable(hire, hours) for hire in hires},
        {step: group for step, group in zip(STEPS, groups, strict=True) if step in order},
    )


def _avoidable(hire: _Hire, hours: Hours) -> float:
    """Days after the first day, less those by which it had come too late anyhow. Compare: finish at the earliest."""
    begun, finished = hire.spans[TRAINING]
    earliest = max(hire.spans[a][1] for a, b in HARD if b == TRAINING) + finished - begun
    anchor = hours.wall(hire.first_day)
    lateness, unavoidable = (max(0, hours.wall(end) - anchor) for end in (finished, earliest))
    return (lateness - unavoidable) / (24 * HOUR)


def _recorded(hire: _Hire, hours: Hours, random: Random, slips: float) -> dict[str, tuple[datetime, datetime]]:
    found = {}
    for step, (begun, finished) in hire.spans.items():
        slipped = random.uniform(4, 16) if random.random() < slips else 0.0
        start = max(hire.signed + 0.01, begun - slipped)
        found[step] = moment(hours.wall(start)), moment(hours.wall(finished))
    return found


def _cases(
    hires: Sequence[_Hire], hours: Hours, truth: OnboardingTruth, random: Random, slips: float
) -> Iterator[Item | Event]:
    """As a log of what began when, which tells one state of a case at a time."""
    for hire in hires:
        steps = _recorded(hire, hours, random, slips)
        rows = [
            (moment(hours.wall(hire.signed)), "Signed", "recruiting"),
            (truth.anchors[hire.name], ANCHOR, "the team"),
        ]
        rows += [(begun, step, truth.performers[step]) for step, (begun, _) in steps.items()]
        rows.append((moment(hours.wall(hire.productive)), END, "the team"))
        yield Item(LOG, "onboarding", hire.name, ItemKind.CASE, hire.name, hire.name, "", rows[0][0])
        left: str | None = None
        for n, (at, state, who) in enumerate(sorted(rows)):
            human = ActorKind.HUMAN
            yield Event(LOG, f"{hire.name}:{n}", hire.name, at, EventKind.STATE, state, state, who, human, left, n)
            left = state


def _children(
    hires: Sequence[_Hire], hours: Hours, truth: OnboardingTruth, random: Random, slips: float
) -> Iterator[Item | Event]:
    """As an issue for the person, and one below it for each step."""
    for hire in hires:
        signed = moment(hours.wall(hire.signed))
        moves = [(signed, "Signed"), (truth.anchors[hire.name], ANCHOR), (moment(hours.wall(hire.productive)), END)]
        yield from _issue(
            hire.name, "Onboarding", f"Onboarding of person {hire.name[5:]}", None, sorted(moves), "recruiting"
        )
        for n, (step, (begun, finished)) in enumerate(_recorded(hire, hours, random, slips).items()):
            moves = [(signed, "To Do"), (begun, "Doing"), (finished, "Done")]
            name = f"{PROJECT}-{10_000 + int(hire.name.removeprefix(PROJECT)[1:]) * 10 + n}"
            yield from _issue(name, "Sub-task", step, hire.name, moves, truth.performers[step])


def _issue(
    name: str, kind: str, title: str, parent: str | None, moves: Sequence[tuple[datetime, str]], who: str
) -> Iterator[Item | Event]:
    url = f"https://people.atlassian.net/browse/{name}"
    yield Item(TRACKER, PROJECT, name, ItemKind.ISSUE, name, title, url, moves[0][0], kind, parent)
    left: str | None = None
    for n, (at, state) in enumerate(moves):
        human = ActorKind.HUMAN
        yield Event(TRACKER, f"{name}:{n}", name, at, EventKind.STATE, state, state, who, human, left, n)
        left = state


def _stream(order: Sequence[str], *, children: bool) -> Stream:
    if children:
        stages = [
            Stage(name="Signed", kind=StageKind.WAIT, states=("jira:Signed", "jira:To Do")),
            Stage(name="Doing", kind=StageKind.WORK, states=("jira:Doing", f"jira:{ANCHOR}")),
            Stage(name=END, kind=StageKind.DONE, states=(f"jira:{END}", "jira:Done")),
        ]
        return Stream(name="Onboarding", sources=(f"{TRACKER}/{PROJECT}",), end=END, stages=tuple(stages))
    stages = [Stage(name="Signed", kind=StageKind.WAIT, states=("eventlog:Signed",))]
    stages += [Stage(name=step, kind=StageKind.WORK, states=(f"eventlog:{step}",)) for step in (*order, ANCHOR)]
    stages.append(Stage(name=END, kind=StageKind.DONE, states=(f"eventlog:{END}",)))
    return Stream(name="Onboarding", sources=(f"{LOG}/onboarding",), end=END, stages=tuple(stages))
