"""A simulated cascade from decisions to work: initiatives, the epics under them, the stories under those.

Known of every initiative: when it was decided, and how long it took until the first epic, the first story, and until
people of the first team, of half and of four fifths of the teams began to work on it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import ceil
from random import Random

from bot.demo.truth.hours import Hours, moment
from bot.flow.history.log import Records
from bot.flow.model import Calendar, Stage, StageKind, Stream, Window
from connectors.records import ActorKind, Event, EventKind, Item, ItemKind, Person

TRACKER, STRATEGY = "jira.strategy", "STRAT"
TEAMS = ("RED", "BLUE", "GREEN", "GOLD")
WEEKS = 60
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Lags:
    """Elapsed days from the decision; None where it had not happened at the end of the window.

    `teams`: of each project that has an epic under the initiative, until its first work. What was in work before the
    decision counts from the first work after it.
    """

    epic: float | None
    story: float | None
    work: float | None
    teams: Mapping[str, float | None]

    def reached(self, share: float) -> float | None:
        """Until so many of the teams had begun."""
        begun = sorted(lag for lag in self.teams.values() if lag is not None)
        wanted = ceil(share * len(self.teams))
        return begun[wanted - 1] if 0 < wanted <= len(begun) else None


@dataclass(frozen=True)
class CascadeTruth:
    """`in_flight`: stories that are older than the decision above them. `orphans`: stories under no initiative."""

    decided: Mapping[str, datetime]
    lags: Mapping[str, Lags]
    in_flight: frozenset[str]
    orphans: frozenset[str]


@dataclass(frozen=True)
class Cascade:
    seed: int
    stream: Stream
    records: Records
    window: Window
    truth: CascadeTruth


@dataclass
class _Node:
    """An issue: moves and edits in working hours."""

    name: str
    scope: str
    type: str
    parent: str | None
    moves: list[tuple[float, str]]
    edits: list[float]

    @property
    def created(self) -> float:
        return self.moves[0][0]


def cascade(seed: int, *, initiatives: int = 24) -> Cascade:
    """Sixty weeks of a company with four teams."""
    random = Random(f"{seed} cascade")
    hours = Hours(date(2024, 9, 2) + timedelta(weeks=random.randrange(20)), WEEKS, Calendar(timezone="Europe/Berlin"))
    slow = random.uniform(20, 160)
    nodes, decided = list[_Node](), dict[str, float]()
    for n in range(initiatives):
        made = list(_initiative(random, n, hours.end * (n + random.random()) / initiatives * 0.95, slow))
        decided[made[0].name] = made[0].moves[1][0]
        nodes += made
    orphans = [_orphan(random, n, hours.end) for n in range(random.randrange(10, 60))]
    window = Window(start=hours.midnight(0), end=hours.midnight(WEEKS), timezone="Europe/Berlin")
    return Cascade(
        seed, _stream(), _records([*nodes, *orphans], hours, window), window, _truth(nodes, orphans, decided, hours)
    )


def _initiative(random: Random, n: int, proposed: float, slow: float) -> Iterator[_Node]:
    """The decision, then epics for some teams, then their stories; a story in seven was there before."""
    decided = proposed + random.uniform(8, 80)
    name = f"{STRATEGY}-{n + 1}"
    closed = decided + random.uniform(600, 1500)
    yield _Node(
        name, STRATEGY, "Initiative", None, [(proposed, "Proposed"), (decided, "Decided"), (closed, "Done")], []
    )
    for k, team in enumerate(random.sample(TEAMS, random.randint(1, len(TEAMS)))):
        born = decided + random.expovariate(1 / slow)
        epic = f"{team}-{1000 + n * 10 + k}"
        yield _Node(epic, team, "Epic", name, [(born, "To Do")], [])
        for m in range(random.randint(2, 6)):
            story = f"{team}-{10_000 + n * 100 + k * 10 + m}"
            earlier = random.random() < 0.14
            made = proposed - random.uniform(8, 60) if earlier else born + random.expovariate(1 / (slow / 2))
            yield _story(random, story, team, epic, max(0.0, made), slow)


def _story(random: Random, name: str, team: str, epic: str | None, born: float, slow: float) -> _Node:
    begun = born + random.expovariate(1 / (slow / 3))
    done = begun + random.lognormvariate(3.0, 0.6)
    edits = sorted(random.uniform(begun, done) for _ in range(random.randint(2, 6)))
    return _Node(name, team, "Story", epic, [(born, "To Do"), (begun, "In Progress"), (done, "Done")], edits)


def _orphan(random: Random, n: int, end: float) -> _Node:
    team = random.choice(TEAMS)
    return _story(random, f"{team}-{90_000 + n}", team, None, random.uniform(0, end * 0.9), 60)


def _truth(
    nodes: Sequence[_Node], orphans: Sequence[_Node], decided: Mapping[str, float], hours: Hours
) -> CascadeTruth:
    above = {node.name: node.parent for node in nodes if node.parent}
    root = {node.name: above.get(above.get(node.name, ""), "") for node in nodes if node.type == "Story"}
    stories = [node for node in nodes if node.type == "Story"]
    epics = [node for node in nodes if node.type == "Epic"]
    seen = {name: at for name, at in decided.items() if at < hours.end}
    return CascadeTruth(
        {name: moment(hours.wall(at)) for name, at in seen.items()},
        {
            name: _lags(at, [e for e in epics if e.parent == name], [s for s in stories if root[s.name] == name], hours)
            for name, at in seen.items()
        },
        frozenset(story.name for story in stories if story.created < decided[root[story.name]]),
        frozenset(node.name for node in orphans),
    )


def _lags(decided: float, epics: Sequence[_Node], stories: Sequence[_Node], hours: Hours) -> Lags:
    def first(instants: Sequence[float]) -> float | None:
        known = [at for at in instants if decided <= at < hours.end]
        return (moment(hours.wall(min(known))) - moment(hours.wall(decided))) / DAY if known else None

    teams = sorted({epic.scope for epic in epics if epic.created < hours.end})
    return Lags(
        first([epic.created for epic in epics]),
        first([story.created for story in stories]),
        first([edit for story in stories for edit in story.edits]),
        {team: first([edit for story in stories if story.scope == team for edit in story.edits]) for team in teams},
    )


def _records(nodes: Sequence[_Node], hours: Hours, window: Window) -> Records:
    items, events = list[Item](), list[Event]()
    for node in nodes:
        if node.created >= hours.end:
            continue
        url = f"https://strategy.atlassian.net/browse/{node.name}"
        born = moment(hours.wall(node.created))
        title = f"{node.type} {node.name}"
        items.append(
            Item(TRACKER, node.scope, node.name, ItemKind.ISSUE, node.name, title, url, born, node.type, node.parent)
        )
        events += _events(node, hours)
    places = sorted({f"{TRACKER}/{item.scope}" for item in items})
    people = [Person(TRACKER, who, who) for who in sorted({str(event.actor) for event in events})]
    return Records.of(items, events, [], people, dict.fromkeys(places, window.end))


def _events(node: _Node, hours: Hours) -> Iterator[Event]:
    who, left = f"someone of {node.scope}", None
    known = [(at, state) for at, state in node.moves if at < hours.end]
    for n, (at, state) in enumerate(known):
        when, human = moment(hours.wall(at)), ActorKind.HUMAN
        yield Event(TRACKER, f"{node.name}:{n}", node.name, when, EventKind.STATE, state, state, who, human, left, n)
        left = state
    for n, at in enumerate(edit for edit in node.edits if edit < hours.end):
        mark, when = f"{node.name}:edit:{n}", moment(hours.wall(at))
        yield Event(
            TRACKER,
            mark,
            node.name,
            when,
            EventKind.EDITED,
            actor=who,
            actor_kind=ActorKind.HUMAN,
            detail="description",
        )


def _stream() -> Stream:
    stages = (
        Stage(name="Open", kind=StageKind.WAIT, states=("jira:Proposed", "jira:To Do")),
        Stage(name="Decided", kind=StageKind.WAIT, states=("jira:Decided",)),
        Stage(name="Work", kind=StageKind.WORK, states=("jira:In Progress",)),
        Stage(name="Done", kind=StageKind.DONE, states=("jira:Done",)),
    )
    sources = tuple(f"{TRACKER}/{scope}" for scope in (STRATEGY, *TEAMS))
    return Stream(name="Strategy", sources=sources, end="Done", stages=stages)
