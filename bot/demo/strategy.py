"""A year of a simulated company that decides on initiatives, and of three teams. The same for the same Monday.

Planted: what the strategy session decided once a month lies for weeks until a team works on it; some initiatives never
come to have an epic or a story; and two of five stories of the teams lie under no initiative.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from bot.demo.days import ZONE, first_day, later
from bot.demo.stories import Company, Fact, ItemStory, Move, Tracker

WEEKS, INITIATIVES, SESSION_WEEKS = 56, 36, 4
PROJECT, TEAMS = "STRAT", {"WEB": "Web shop", "APP": "Mobile app", "OPS": "Operations"}
OFFICE, BOARD = "Strategy office", "Executive board"
STRATEGY = Tracker(
    {PROJECT: "Strategy", **TEAMS},
    (
        "Proposed",
        "For decision",
        "Decided",
        "In Execution",
        "Outcome reached",
        "Stopped",
        "To Do",
        "In Progress",
        "Done",
    ),
    ends=("Outcome reached", "Stopped", "Done"),
    planner=OFFICE,
)
WHAT = ("Returns", "Search", "Invoices", "Delivery slots", "Loyalty points", "Checkout", "Help pages", "Stock levels")
ABOUT = ("without a call", "in every language", "on one page", "at half the cost", "for companies", "within a day")


@dataclass(frozen=True)
class StrategyHabits:
    """How decisions reach the teams.

    `lag`: mean working days from decided to an epic, and again to its stories. `unconnected`: the share of initiatives
    that never reach a team. `unasked`: so many stories lie under no initiative for each that lies under one.
    """

    lag: float = 18.0
    unconnected: float = 0.2
    unasked: float = 0.7


def simulate_strategy(now: datetime, seed: int = 7, habits: StrategyHabits = StrategyHabits()) -> Company:
    """Everything that happened in the weeks before `now`, which should be aware."""
    return _Simulation(now, Random(seed), habits).run()


class _Simulation:
    def __init__(self, now: datetime, random: Random, habits: StrategyHabits) -> None:
        self.now, self.random, self.habits = now, random, habits
        self.monday = first_day(now, WEEKS)
        self.numbers = dict.fromkeys(STRATEGY.projects, 0)

    def run(self) -> Company:
        items: list[ItemStory] = []
        for n in range(INITIATIVES):
            week = WEEKS * (n + self.random.random()) / INITIATIVES
            items += self._initiative(later(self.monday + timedelta(weeks=week), 1))
        asked = sum(item.type == "Story" for item in items)
        for _ in range(round(asked * self.habits.unasked)):
            born = self.monday + timedelta(weeks=self.random.uniform(2, WEEKS))
            items.append(self._story(self.random.choice(tuple(TEAMS)), None, later(born, 1)))
        return Company(self.now.astimezone(ZONE), STRATEGY, tuple(_numbered(items)), channel="strategy").until(self.now)

    def _initiative(self, proposed: datetime) -> Iterator[ItemStory]:
        asked = later(proposed, self.random.uniform(8, 80))
        decided = self._session(asked)
        found = self._named("Initiative", PROJECT, proposed, None)
        connected = self.random.random() >= self.habits.unconnected
        below = list(self._epics(found.key, decided)) if connected else []
        stories = [item for item in below if item.type == "Story"]
        yield replace(found, moves=list(self._moves(proposed, asked, decided, stories)), resolution="Done")
        yield from below

    def _session(self, at: datetime) -> datetime:
        """On a Wednesday every four weeks at ten."""
        weeks = (at - self.monday) // timedelta(weeks=SESSION_WEEKS)
        for n in (weeks, weeks + 1, weeks + 2):
            held = self.monday + timedelta(weeks=SESSION_WEEKS * n, days=2, hours=10)
            if held > at:
                return held + timedelta(minutes=self.random.randint(5, 110))
        raise AssertionError("two sessions ahead there is one")

    def _moves(
        self, proposed: datetime, asked: datetime, decided: datetime, stories: list[ItemStory]
    ) -> Iterator[Move]:
        yield Move(proposed, "Proposed", OFFICE)
        yield Move(asked, "For decision", OFFICE)
        yield Move(decided, "Decided", BOARD)
        if stories:
            yield Move(later(min(story.moves[1].at for story in stories), 2), "In Execution", OFFICE)
            yield Move(later(max(story.moves[2].at for story in stories), 24), "Outcome reached", OFFICE)

    def _epics(self, parent: str, decided: datetime) -> Iterator[ItemStory]:
        for team in self.random.sample(tuple(TEAMS), self.random.randint(1, len(TEAMS))):
            born = later(decided, 8 * self.random.gammavariate(4, self.habits.lag / 4))
            epic = self._named("Epic", team, born, parent)
            yield replace(epic, moves=[Move(born, "To Do", f"Lead of {team}")])
            for _ in range(self.random.randint(2, 5)):
                planned = later(born, 8 * self.random.gammavariate(2, self.habits.lag / 2))
                yield self._story(team, epic.key, planned)

    def _story(self, team: str, parent: str | None, born: datetime) -> ItemStory:
        """To do, then worked on for some days by somebody of the team."""
        who = f"Developer {self.random.randint(1, 4)} of {team}"
        begun = later(born, 8 * self.random.expovariate(1 / 4))
        done = later(begun, 8 * self.random.lognormvariate(1.2, 0.5))
        found = self._named("Story", team, born, parent)
        found.moves += [Move(born, "To Do", who), Move(begun, "In Progress", who), Move(done, "Done", who)]
        edits = sorted(self.random.uniform(0.05, 0.95) for _ in range(self.random.randint(2, 4)))
        found.facts += [Fact(later(begun + (done - begun) * share, 0), "edited", who) for share in edits]
        return replace(found, resolution="Done")

    def _named(self, kind: str, project: str, at: datetime, parent: str | None) -> ItemStory:
        self.numbers[project] += 1
        title = f"{self.random.choice(WHAT)} {self.random.choice(ABOUT)}"
        return ItemStory(self.numbers[project], title, kind, at, project=project, parent=parent)


def _numbered(items: list[ItemStory]) -> Iterator[ItemStory]:
    """As a tracker numbers them: by when they were created, each project from 1."""
    ordered = sorted(items, key=lambda item: item.created)
    numbers = dict.fromkeys(STRATEGY.projects, 0)
    keys: dict[str, str] = {}
    for item in ordered:
        numbers[item.project] += 1
        keys[item.key] = f"{item.project}-{numbers[item.project]}"
    for item in ordered:
        number = int(keys[item.key].rpartition("-")[2])
        yield replace(item, number=number, parent=item.parent and keys[item.parent])
