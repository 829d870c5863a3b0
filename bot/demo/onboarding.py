"""Half a year of onboarding in a simulated company, with waste planted in it. The same for the same Monday.

Planted: laptops are ordered only once accounts are there and workplaces prepared only once laptops are set up, though
some of the company do it otherwise; compliance training is scheduled after the first day though there was time before;
and what managers prepare depends on the department: Engineering has a list for it, Sales begins when somebody asks.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count
from random import Random

from bot.demo.days import ZONE, first_day, later
from bot.demo.stories import Company, Fact, ItemStory, Move, Tracker

WEEKS, HIRES_A_WEEK = 30, 6
PROJECT = "HIRE"
RECRUITING = "Recruiting"
PEOPLE = Tracker(
    {PROJECT: "Onboarding"},
    (
        "Offer signed",
        "Preparation",
        "Ready to start",
        "First weeks",
        "Productive",
        "Withdrawn",
        "To Do",
        "In Progress",
        "Done",
    ),
    ends=("Productive", "Withdrawn", "Done"),
    planner=RECRUITING,
)

ACCOUNTS, ORDER, LAPTOP, WORKPLACE = "Create accounts", "Order laptop", "Set up laptop", "Prepare workplace"
MANAGER, TRAINING = "Manager preparation", "Compliance training"
PERFORMERS = {
    ACCOUNTS: ("IT desk 1", "IT desk 2", "IT desk 3"),
    ORDER: ("Purchasing 1", "Purchasing 2"),
    LAPTOP: ("Workshop 1", "Workshop 2", "Workshop 3"),
    WORKPLACE: ("Facilities 1", "Facilities 2"),
    TRAINING: ("Compliance 1", "Compliance 2"),
}
DEPARTMENTS = {"Engineering": 0.34, "Sales": 0.30, "Support": 0.22, "Finance": 0.14}


@dataclass(frozen=True)
class Preparation:
    """How managers of a department prepare: working days before the first day, and how long it takes them."""

    ahead: tuple[float, float]
    takes: float


LISTED, ON_DEMAND = Preparation((8, 14), 1.5), Preparation((-4, 4), 4.0)


@dataclass(frozen=True)
class OnboardingHabits:
    """How the company prepares. Without these habits nothing of the waste is there.

    `in_sequence`: the share of hires for whom steps wait for each other that need not. `training_late`: the share whose
    training is scheduled after the first day. `managers`: of the departments that have no list.
    """

    in_sequence: float = 0.85
    training_late: float = 0.6
    managers: Mapping[str, Preparation] | None = None

    def preparation(self, department: str) -> Preparation:
        usual = {"Sales": ON_DEMAND} if self.managers is None else self.managers
        return usual.get(department, LISTED)


def simulate_onboarding(now: datetime, seed: int = 7, habits: OnboardingHabits = OnboardingHabits()) -> Company:
    """Everything that happened in the weeks before `now`, which should be aware."""
    random, monday = Random(seed), first_day(now, WEEKS)
    items: list[ItemStory] = []
    hired = count(1)
    for week in range(WEEKS + 1):
        hours = sorted(random.uniform(0.5, 39) for _ in range(random.randint(HIRES_A_WEEK - 2, HIRES_A_WEEK + 2)))
        for signed in (later(monday + timedelta(weeks=week), after) for after in hours):
            items += _Hire(Random(random.random()), habits, len(items) + 1, signed).told(next(hired))
    return Company(now.astimezone(ZONE), PEOPLE, tuple(items), channel="onboarding").until(now)


class _Hire:
    """One person, from the signature on; times are drawn in a fixed order, so that habits do not change each other."""

    def __init__(self, random: Random, habits: OnboardingHabits, number: int, signed: datetime) -> None:
        self.random, self.habits, self.number, self.signed = random, habits, number, signed
        self.department = random.choices(tuple(DEPARTMENTS), tuple(DEPARTMENTS.values()))[0]
        weeks = random.randint(3, 5)
        monday = signed.replace(hour=0, minute=0) - timedelta(days=signed.weekday())
        self.starts = later(monday + timedelta(weeks=weeks), random.uniform(0.1, 3))
        self.withdrawn = random.random() < 0.04
        self.spans = dict(self._spans())

    def told(self, hired: int) -> Iterator[ItemStory]:
        """The person, the how-manieth, and each step as an issue below."""
        key = f"{PROJECT}-{self.number}"
        story = ItemStory(self.number, f"Onboarding of colleague {hired}", "Onboarding", self.signed, "Done")
        labels = (self.department,)
        yield replace(story, moves=list(self._moves()), labels=labels, project=PROJECT)
        for n, (step, (begun, finished)) in enumerate(() if self.withdrawn else self.spans.items(), 1):
            who = self._performer(step)
            moves = [Move(self.signed, "To Do", RECRUITING), Move(begun, "In Progress", who)]
            moves.append(Move(finished, "Done", who))
            facts = [Fact(begun, "assigned", who, who)]
            child = ItemStory(self.number + n, step, "Sub-task", self.signed, "Done", moves, facts)
            yield replace(child, project=PROJECT, parent=key)

    def _performer(self, step: str) -> str:
        if step == MANAGER:
            return f"Manager {self.random.randint(1, 4)} of {self.department}"
        return self.random.choice(PERFORMERS[step])

    def _spans(self) -> Iterator[tuple[str, tuple[datetime, datetime]]]:
        """Step -> begun and finished. Set up needs the laptop and the accounts; nothing else needs anything."""
        draw = self.random
        waits = {step: draw.lognormvariate(1.6, 0.6) for step in (*PERFORMERS, MANAGER)}
        takes = {ACCOUNTS: (1.6, 0.5), ORDER: (3.9, 0.35), LAPTOP: (1.8, 0.4), WORKPLACE: (1.6, 0.5)}
        took = {step: draw.lognormvariate(*shape) for step, shape in takes.items()}
        habit = {step: draw.random() < self.habits.in_sequence for step in (ORDER, WORKPLACE)}
        agreed = later(self.signed, draw.uniform(4, 24))
        accounts = self._done(agreed, waits[ACCOUNTS], took[ACCOUNTS])
        order = self._done(accounts[1] if habit[ORDER] else agreed, waits[ORDER], took[ORDER])
        laptop = self._done(max(accounts[1], order[1]), waits[LAPTOP], took[LAPTOP])
        workplace = self._done(laptop[1] if habit[WORKPLACE] else agreed, waits[WORKPLACE], took[WORKPLACE])
        yield from ((ACCOUNTS, accounts), (ORDER, order), (LAPTOP, laptop), (WORKPLACE, workplace))
        yield TRAINING, self._training(accounts[1])
        yield MANAGER, self._manager()

    def _done(self, free: datetime, waits: float, takes: float) -> tuple[datetime, datetime]:
        begun = later(free, waits)
        return begun, later(begun, takes)

    def _training(self, possible: datetime) -> tuple[datetime, datetime]:
        """Half a day; usually in a course after the first day, though from the accounts on anybody could do it."""
        after, before, late = self.random.uniform(8, 80), self.random.uniform(2, 24), self.random.random()
        begun = later(self.starts, after) if late < self.habits.training_late else later(possible, before)
        return begun, later(begun, 4)

    def _manager(self) -> tuple[datetime, datetime]:
        usual = self.habits.preparation(self.department)
        ahead, factor = self.random.uniform(*usual.ahead), self.random.lognormvariate(0, 0.4)
        begun = max(later(self.signed, 4), _working_days_from(self.starts, -ahead))
        return begun, later(begun, 8 * usual.takes * factor)

    def _moves(self) -> Iterator[Move]:
        """The person's own issue follows its steps."""
        yield Move(self.signed, "Offer signed", RECRUITING)
        if self.withdrawn:
            yield Move(later(self.signed, 40), "Withdrawn", RECRUITING)
            return
        yield Move(min(begun for begun, _ in self.spans.values()), "Preparation", "People team")
        ready = max(self.spans[step][1] for step in (ACCOUNTS, LAPTOP, WORKPLACE))
        if ready < self.starts:
            yield Move(ready, "Ready to start", "People team")
        yield Move(self.starts, "First weeks", "People team")
        missing = max(self.starts, *(finished for _, finished in self.spans.values()))
        yield Move(later(missing, 8 * self.random.uniform(15, 20)), "Productive", "People team")


def _working_days_from(at: datetime, days: float) -> datetime:
    """So many working days later, or earlier."""
    weeks, rest = divmod(days, 5)
    return later(at + timedelta(weeks=weeks), 8 * rest)
