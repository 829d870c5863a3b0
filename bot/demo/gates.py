"""A year of new products in a simulated company with two gates, with waste planted in it. The same for the same Monday.

Planted: the investment board meets at the end of the month and the launch committee every other Thursday; before each
lies a week of packs and slides; every fourth business case and every third launch is sent back; and sprints, which end
on Fridays, wait for the committee.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from bot.demo.days import ZONE, at_work, first_day, later
from bot.demo.stories import Company, Fact, ItemStory, Move, SprintStory, Tracker

WEEKS, PRODUCTS_A_WEEK, SPRINT_WEEKS = 60, 2, 2
PROJECT = "NPD"
INVESTORS, COMMITTEE = "Investment board", "Launch committee"
NEW_PRODUCTS = Tracker(
    {PROJECT: "New products"},
    (
        "Idea",
        "Business Case",
        "Investment Pack",
        "Investment Gate",
        "Development",
        "Launch Pack",
        "Launch Gate",
        "Launch Preparation",
        "Launched",
        "Stopped",
    ),
    ends=("Launched", "Stopped"),
    planner="Product manager 1",
)
WHAT = ("Travel insurance", "Bicycle leasing", "Gift card", "Repair plan", "Rental", "Trade-in", "Home test", "Bundle")
ABOUT = ("for students", "for companies", "with a deposit", "by the month", "for two", "in the shop", "with service")


@dataclass(frozen=True)
class GateHabits:
    """When the gates meet, how much they want to be shown, and how much they send back.

    `monthly`: the investment board meets at the end of the month, else on any day. `committee_weeks`: weeks between
    sessions of the launch committee; 0: any day. `pack`: mean working days of getting ready; `back`: the shares that
    the first and the second gate send back.
    """

    monthly: bool = True
    committee_weeks: int = 2
    pack: float = 4.0
    back: tuple[float, float] = (0.25, 0.33)


def simulate_gates(now: datetime, seed: int = 7, habits: GateHabits = GateHabits()) -> Company:
    """Everything that happened in the weeks before `now`, which should be aware."""
    return _Simulation(now, Random(seed), habits).run()


class _Simulation:
    def __init__(self, now: datetime, random: Random, habits: GateHabits) -> None:
        self.now, self.random, self.habits = now, random, habits
        self.monday = first_day(now, WEEKS)

    def run(self) -> Company:
        sprints = tuple(self._sprints())
        items: list[ItemStory] = []
        for week in range(WEEKS + 1):
            many = self.random.randint(PRODUCTS_A_WEEK - 1, PRODUCTS_A_WEEK + 1)
            for hours in sorted(self.random.uniform(1, 39) for _ in range(many)):
                items.append(self._product(len(items) + 1, later(self.monday + timedelta(weeks=week), hours)))
        for item in items:
            item.planned = list(_plannings(item, sprints))
        return Company(self.now.astimezone(ZONE), NEW_PRODUCTS, tuple(items), (), sprints, "products").until(self.now)

    def _sprints(self) -> Iterator[SprintStory]:
        for number, week in enumerate(range(0, WEEKS + SPRINT_WEEKS, SPRINT_WEEKS), 1):
            started = self.monday + timedelta(weeks=week, hours=10)
            yield SprintStory(number, None, started, started + timedelta(days=11, hours=6))

    def _product(self, number: int, born: datetime) -> ItemStory:
        title = f"{self.random.choice(WHAT)} {self.random.choice(ABOUT)}"
        item = ItemStory(number, title, "Product", born, "Done", project=PROJECT)
        item.moves.append(Move(born, "Idea", "Portfolio office"))
        owner = f"Product manager {self.random.randint(1, 9)}"
        invested = self._stage(item, later(born, 8 * self.random.expovariate(1 / 6)), owner, _INVESTMENT)
        if self.random.random() < 0.08:
            item.resolution = "Won't Do"
            item.moves.append(Move(invested, "Stopped", INVESTORS))
            return item
        team = f"Developer {self.random.randint(1, 24)}"
        launch = self._stage(item, invested, team, _LAUNCH)
        hours = 8 * self.random.uniform(2, 5)
        item.moves.append(
            Move(self._worked(item, "Launch Preparation", launch, hours, owner, COMMITTEE), "Launched", owner)
        )
        return item

    def _stage(self, item: ItemStory, at: datetime, who: str, gate: "_Gate") -> datetime:
        """Work, a pack, the gate; what is sent back is worked on again for less time. When it let the item pass."""
        share, mover = 1.0, who
        while True:
            packed = self._worked(
                item, gate.work, at, 8 * share * self.random.gammavariate(6, gate.days / 6), who, mover
            )
            asked = packed
            if self.habits.pack:
                pack = 8 * self.random.gammavariate(6, self.habits.pack / 6)
                asked = self._worked(item, gate.pack, packed, pack, who, who)
            item.moves.append(Move(asked, gate.gate, who))
            held = self._session(later(asked, 1), gate)
            minute = timedelta(minutes=1)
            item.facts.append(Fact(asked + minute, "assigned", who, gate.holder))
            item.facts.append(Fact(held + minute, "assigned", gate.holder, who))
            if self.random.random() >= self.habits.back[gate.number]:
                return held
            at, share, mover = held, 0.4, gate.holder

    def _worked(self, item: ItemStory, status: str, at: datetime, hours: float, who: str, mover: str) -> datetime:
        """In a status for so many working hours, with a trace of work about every five; when they are over."""
        item.moves.append(Move(at, status, mover))
        item.facts += [
            Fact(later(at, self.random.uniform(n, n + 5)), "edited", who) for n in range(0, int(hours) - 4, 5)
        ]
        return later(at, hours)

    def _session(self, at: datetime, gate: "_Gate") -> datetime:
        minutes = timedelta(minutes=self.random.randint(5, 100))
        if gate is _INVESTMENT and self.habits.monthly:
            return _month_end(at) + minutes
        if gate is _LAUNCH and self.habits.committee_weeks:
            return self._committee(at) + minutes
        return later(at, self.random.uniform(1, 8))

    def _committee(self, at: datetime) -> datetime:
        every = timedelta(weeks=self.habits.committee_weeks)
        held = self.monday + timedelta(days=3, hours=14)
        while held <= at:
            held += every
        return held


@dataclass(frozen=True)
class _Gate:
    """`days`: mean working days of the work before it."""

    number: int
    work: str
    pack: str
    gate: str
    holder: str
    days: float


_INVESTMENT = _Gate(0, "Business Case", "Investment Pack", "Investment Gate", INVESTORS, 7.0)
_LAUNCH = _Gate(1, "Development", "Launch Pack", "Launch Gate", COMMITTEE, 15.0)


def _month_end(at: datetime) -> datetime:
    """Two in the afternoon of the last working day of a month, the next one."""
    first = at.replace(day=1)
    while True:
        first = (first + timedelta(days=32)).replace(day=1)
        last = first - timedelta(days=1)
        while last.weekday() >= 5:
            last -= timedelta(days=1)
        held = last.replace(hour=14, minute=0, second=0, microsecond=0)
        if held > at:
            return at_work(held)


def _plannings(item: ItemStory, sprints: tuple[SprintStory, ...]) -> Iterator[tuple[datetime, int]]:
    """Into the sprint in which development begins, and into each that follows until it is past the launch gate."""
    begun = next((move.at for move in item.moves if move.status == "Development"), None)
    past = next((move.at for move in item.moves if move.status == "Launch Preparation"), None)
    for sprint in sprints:
        if begun and past and begun < sprint.ended and past > sprint.started:
            yield max(begun, sprint.started - timedelta(minutes=30)), sprint.number
