"""Half a year of a simulated product team, with waste planted in it. The same for the same Monday.

Planted: design approval meets on Thursdays only; reviews wait about a day and a third of them asks for changes; one
item in four comes back from testing; deployment is by hand on Tuesdays; some items are blocked, a few are dropped, a
few pull requests name no item, and one state is on nobody's map. About once a month the board forgets a design for five
weeks, and a reviewer is asked who is away. Sprints of two weeks begin on Mondays and promise more than is done; nearly
half of the work serves no goal; eight weeks ago the weekly status meeting became a short one every other week.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from bot.demo.days import ZONE, at_work, first_day, later, next_of
from bot.demo.stories import Company, Fact, ItemStory, Move, PullStory, SprintStory, Tracker

WEEKS, ITEMS_A_WEEK = 26, 5
BOARD, RELEASES = (3,), (1,)
"""Weekdays on which designs are approved, and on which what is tested is deployed; 0: Monday."""

FORGOTTEN, UNREVIEWED = 20, 23
"""Every so-manieth item waits for a forgetful board, or for a reviewer who is away."""

PROJECT, REPOSITORY = "PAY", "acme/payments"

STATUSES = (
    "To Do",
    "Design",
    "Design approval",
    "Ready",
    "In Progress",
    "In Review",
    "Testing",
    "Ready to deploy",
    "Done",
    "On hold",
)
WHAT = (
    "Refund",
    "Invoice",
    "Receipt",
    "Direct debit",
    "Card payment",
    "Payout",
    "Dispute",
    "Subscription",
    "Voucher",
    "Tax report",
)
ABOUT = (
    "as CSV",
    "by e-mail",
    "in several currencies",
    "with two approvals",
    "for marketplaces",
    "after 30 days",
    "on mobile",
    "without an account",
    "in instalments",
    "for charities",
    "with a discount",
    "in the customer's language",
    "by webhook",
)

GOALS = ("Refunds without a call", "Payouts on the same day", None, "Disputes in one place")
LABELS = (("ship-in-days",), ("approvals",), ())
SPRINT_WEEKS, SHORTER_MEETINGS = 2, timedelta(weeks=8)

DEVELOPERS = tuple(f"Developer {n}" for n in range(1, 6))
DESIGNERS, TESTERS = ("Designer 1", "Designer 2"), ("Tester 1", "Tester 2")
LEAD, RELEASER, BOT = "Product lead", "Release engineer", "dependency-bot"

PAYMENTS = Tracker({PROJECT: "Payments"}, STATUSES, ends=("Done",), planner=LEAD)


@dataclass(frozen=True)
class Habits:
    """How the company works: how long it is watched, how much comes, and when it releases.

    `releases_later`: since when releases are on which days instead. `board`: on which days designs are approved;
    `tested_back`: the share that testing sends back.
    """

    weeks: int = WEEKS
    items_a_week: int = ITEMS_A_WEEK
    releases: tuple[int, ...] = RELEASES
    releases_later: tuple[datetime, tuple[int, ...]] | None = None
    board: tuple[int, ...] = BOARD
    tested_back: float = 0.27

    def releases_at(self, at: datetime) -> tuple[int, ...]:
        changed = self.releases_later
        return changed[1] if changed and at >= changed[0] else self.releases


def simulate(now: datetime, seed: int = 7, habits: Habits = Habits()) -> Company:
    """Everything that happened in the weeks before `now`, which should be aware.

    Other habits meet the same chances: the same comes, and takes as long.
    """
    return _Simulation(now, Random(seed), habits).run()


class _Simulation:
    def __init__(self, now: datetime, random: Random, habits: Habits) -> None:
        self.now, self.random, self.habits = now.astimezone(ZONE), random, habits
        self.pulls: list[PullStory] = []
        self.monday = first_day(now, habits.weeks)

    def run(self) -> Company:
        items = [self._item(number, created) for number, created in enumerate(self._arrivals(), 1)]
        for week in range(0, self.habits.weeks, 3):
            self._bot_pull(self.monday + timedelta(weeks=week, days=1, hours=10))
        sprints = tuple(self._sprints())
        chance = Random(len(items))
        for item in items:
            item.labels = chance.choices(LABELS, (8, 3, 9))[0]
            item.planned = list(_plannings(item, sprints, added=chance.random() < 0.2))
        return Company(self.now, PAYMENTS, tuple(items), tuple(self.pulls), sprints).until(self.now)

    def _sprints(self) -> Iterator[SprintStory]:
        for number, week in enumerate(range(0, self.habits.weeks + SPRINT_WEEKS, SPRINT_WEEKS), 1):
            monday = self.monday + timedelta(weeks=week)
            ended = monday + timedelta(weeks=SPRINT_WEEKS) - timedelta(days=3) + timedelta(hours=16)
            yield SprintStory(number, GOALS[number % len(GOALS)], monday + timedelta(hours=10), ended)

    def _arrivals(self) -> Iterator[datetime]:
        usual = self.habits.items_a_week
        for week in range(self.habits.weeks + 1):
            moments = sorted(
                self.random.uniform(9, 5 * 24 - 8) for _ in range(self.random.randint(usual - 2, usual + 2))
            )
            for hours in moments:
                yield at_work(self.monday + timedelta(weeks=week, hours=hours))

    def _item(self, number: int, created: datetime) -> ItemStory:
        title = f"{self.random.choice(WHAT)} {self.random.choice(ABOUT)}"
        item = ItemStory(number, title, self.random.choices(("Story", "Bug", "Task"), (6, 3, 1))[0], created)
        item.type = "Story" if number % FORGOTTEN == 0 else item.type
        item.moves.append(Move(created, "To Do", LEAD))
        at = later(created, self.random.lognormvariate(2.9, 0.7))
        if self.random.random() < 0.07 and number % FORGOTTEN and number % UNREVIEWED:
            self._drop(item, at)
            return item
        if item.type == "Story":
            at = self._design(item, at)
        self._build(item, at)
        return item

    def _drop(self, item: ItemStory, at: datetime) -> None:
        item.resolution = self.random.choice(("Won't Do", "Duplicate"))
        item.moves.append(Move(at, "Done", LEAD))

    def _design(self, item: ItemStory, at: datetime) -> datetime:
        """Two hours to two days of design, then the board on Thursday at ten; one in six has to be drawn again."""
        designer = self.random.choice(DESIGNERS)
        item.facts.append(Fact(at, "assigned", LEAD, designer))
        while True:
            item.moves.append(Move(at, "Design", designer))
            effort = self.random.lognormvariate(1.9, 0.6)
            item.facts += [Fact(later(at, effort * share), "edited", designer) for share in (0.4, 0.95)]
            asked = later(at, effort)
            item.moves.append(Move(asked, "Design approval", designer))
            item.facts.append(Fact(asked, "assigned", designer, LEAD))
            at = next_of(asked, self.habits.board, hour=10) + timedelta(minutes=self.random.randint(5, 90))
            if item.number % FORGOTTEN == 0:
                at += timedelta(weeks=5)
            if self.random.random() > 0.17:
                item.moves.append(Move(at, "Ready", LEAD))
                return later(at, self.random.lognormvariate(2.2, 0.6))
            item.facts.append(Fact(at, "assigned", LEAD, designer))

    def _build(self, item: ItemStory, at: datetime) -> None:
        developer = self.random.choice(DEVELOPERS)
        item.facts.append(Fact(at, "assigned", developer, developer))
        for attempt in range(3):
            item.moves.append(Move(at, "In Progress", developer))
            merged = self._pull(item, developer, self._maybe_blocked(item, at, developer), attempt)
            item.moves.append(Move(merged, "Testing", developer))
            tester = self.random.choice(TESTERS)
            item.facts.append(Fact(merged + timedelta(minutes=1), "assigned", developer, tester))
            tested = later(merged, self.random.lognormvariate(2.1, 0.7))
            if self.random.random() > self.habits.tested_back or attempt == 2:
                return self._deploy(item, tested, tester)
            item.facts.append(Fact(tested, "assigned", tester, developer))
            at = tested
        return None

    def _maybe_blocked(self, item: ItemStory, at: datetime, developer: str) -> datetime:
        chance = self.random.random()
        if chance < 0.08:
            until = later(at, self.random.uniform(8, 40))
            item.facts += [Fact(later(at, 1), "flagged", developer), Fact(until, "unflagged", developer)]
            return until
        if chance < 0.12:
            until = later(at, self.random.uniform(10, 30))
            item.moves += [Move(later(at, 2), "On hold", developer), Move(until, "In Progress", developer)]
            return until
        return at

    def _pull(self, item: ItemStory, developer: str, at: datetime, attempt: int) -> datetime:
        """Write, open, be reviewed until approved, merge."""
        effort = self.random.lognormvariate(2.2 - 0.8 * attempt, 0.6)
        silent = self.random.random() < 0.06
        name = item.title if silent else f"{item.key} {item.title}"
        branch = item.title.lower().replace(" ", "-") if silent else f"{item.key.lower()}-{attempt or 'build'}"
        pull = PullStory(len(self.pulls) + 1, name, branch, developer, draft=self.random.random() < 0.3)
        self.pulls.append(pull)
        pull.facts += [Fact(later(at, effort * share), "committed", developer) for share in (0.35, 0.7, 0.98)]
        opened = later(at, effort)
        pull.facts.append(Fact(opened, "opened", developer))
        item.moves.append(Move(later(opened, 0.2), "In Review", developer))
        ready = later(opened, self.random.uniform(1, 6)) if pull.draft else opened
        if pull.draft:
            pull.facts.append(Fact(ready, "ready", developer))
        return self._review(pull, developer, ready, away=item.number % UNREVIEWED == 0)

    def _review(self, pull: PullStory, developer: str, at: datetime, *, away: bool) -> datetime:
        reviewer = self.random.choice([d for d in DEVELOPERS if d != developer])
        while True:
            pull.facts.append(Fact(at, "requested", developer, reviewer))
            reviewed = later(at, 120 if away else self.random.lognormvariate(2.1, 0.8))
            away = False
            if self.random.random() > 0.34:
                pull.facts.append(Fact(reviewed, "reviewed", reviewer, "APPROVED"))
                merged = later(reviewed, self.random.uniform(0.2, 5))
                pull.facts.append(Fact(merged, "merged", developer))
                return merged
            pull.facts.append(Fact(reviewed, "reviewed", reviewer, "CHANGES_REQUESTED"))
            at = later(reviewed, self.random.lognormvariate(1.5, 0.7))
            pull.facts.append(Fact(at - timedelta(minutes=5), "committed", developer))

    def _deploy(self, item: ItemStory, at: datetime, tester: str) -> None:
        item.moves.append(Move(at, "Ready to deploy", tester))
        item.facts.append(Fact(at, "assigned", tester, RELEASER))
        item.resolution = "Done"
        released = self._next_release(at) + timedelta(minutes=self.random.randint(10, 120))
        item.moves.append(Move(released, "Done", RELEASER))

    def _next_release(self, at: datetime) -> datetime:
        """What waits when the days change goes with the first of the new ones."""
        slot, changed = next_of(at, self.habits.releases_at(at), hour=14), self.habits.releases_later
        return min(slot, next_of(max(at, changed[0]), changed[1], hour=14)) if changed else slot

    def _bot_pull(self, at: datetime) -> None:
        pull = PullStory(len(self.pulls) + 1, "Bump http-client from 4.1 to 4.2", "bump/http-client", BOT, draft=False)
        pull.facts += [Fact(at, "opened", BOT), Fact(at + timedelta(hours=3), "merged", DEVELOPERS[0])]
        self.pulls.append(pull)


def _plannings(item: ItemStory, sprints: tuple[SprintStory, ...], *, added: bool) -> Iterator[tuple[datetime, int]]:
    """Into the sprint in which it is taken to work, and into each that follows until it is done.

    Those that are there when a sprint is planned are committed, unless they are `added` later.
    """
    begun = next((move.at for move in item.moves if move.status in ("Design", "In Progress")), None)
    if begun is None:
        return
    over = item.moves[-1].at
    before: SprintStory | None = None
    for sprint in sprints:
        if before is not None:
            yield before.ended + timedelta(minutes=1), sprint.number
        elif begun < sprint.ended:
            meeting = sprint.started - timedelta(minutes=30)
            yield (begun if added or item.created > meeting else meeting), sprint.number
        before = sprint if begun < sprint.ended else None
        if over <= sprint.ended:
            return
