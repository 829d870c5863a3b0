"""Histories at scale, as frames: issues of a tracker, half of them with a pull request, of about twelve events each.

The same number gives the same frames everywhere. Nothing is a Python object for each event, so that ten million of
them take seconds: every item takes one of a few thousand ways (`bench.stories`) at its own pace, with its own people.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

from bench.stories import CI, COMMIT, STATES, WORKED, Step, ways_of_issues, ways_of_pulls
from bot.flow.model import Stage, StageKind, Stream, Window
from connectors.records import ActorKind, EventKind, Link, Person

Ints = npt.NDArray[np.int64]

TRACKER, FORGE = "jira.bench", "github.bench"
PROJECT, REPOSITORY = "B", "bench/app"
START = datetime(2024, 1, 1, tzinfo=UTC)
END = START + timedelta(days=730)
EVERYTHING = Window(start=START, end=END)
QUARTER = Window(start=END - timedelta(weeks=13), end=END)
EVENTS_A_CASE = 18.0
TEAMS, TEAM = 40, 10
TIES = 0.02
HOUR = 3_600_000_000

STREAM = Stream(
    name="Bench",
    sources=(f"{TRACKER}/{PROJECT}", f"{FORGE}/{REPOSITORY}"),
    end="Done",
    stages=tuple(
        Stage(name=name, kind=kind, states=(f"jira:{name}", *(f"github:{court}" for court in courts)))
        for name, kind, courts in (
            ("Open", StageKind.WAIT, ()),
            ("In Progress", StageKind.WORK, ("draft", "changes requested", "checks failed")),
            ("In Review", StageKind.APPROVAL, ("awaiting review", "awaiting checks", "awaiting merge")),
            ("Testing", StageKind.WORK, ()),
            ("Ready to deploy", StageKind.WAIT, ()),
            ("Done", StageKind.DONE, ()),
            ("Rejected", StageKind.DROPPED, ()),
        )
    ),
)


@dataclass(frozen=True)
class Histories:
    """`items` and `events` in the shape of `bot.frames`, with `case`: the row of the issue an event is about."""

    items: pl.DataFrame
    events: pl.DataFrame
    cases: pl.Series
    links: Sequence[Link]


@dataclass(frozen=True)
class Flat:
    """Ways one after the other: the first step and the number of steps of each, and every step's fields as codes."""

    first: Ints
    length: Ints
    steps: tuple[Step, ...]
    kind: Ints
    role: Ints
    asked: Ints
    state: Ints
    hours: npt.NDArray[np.float64]

    @classmethod
    def of(cls, ways: Sequence[Sequence[Step]]) -> "Flat":
        length = np.array([len(way) for way in ways])
        steps = tuple(step for way in ways for step in way)
        return cls(
            np.concatenate([[0], np.cumsum(length)[:-1]]),
            length,
            steps,
            np.array([KINDS.index(step.kind) for step in steps]),
            np.array([step.role for step in steps]),
            np.array([-1 if step.asked is None else step.asked for step in steps]),
            np.array([-1 if step.state is None else STATES.index(step.state) for step in steps]),
            np.array([step.hours for step in steps]),
        )

    def first_of(self, state: int) -> Ints:
        """The place of the first step of each way into a state, or of its last step."""
        found = [
            next((n for n in range(length) if self.state[first + n] == state), length - 1)
            for first, length in zip(self.first, self.length, strict=True)
        ]
        return np.array(found)


KINDS = [kind.value for kind in EventKind]


@dataclass(frozen=True)
class Taken:
    """Steps that were taken: item, place in its way, step and time of each; and where each item's steps begin."""

    item: Ints
    place: Ints
    step: Ints
    at: Ints
    begins: Ints


@dataclass(frozen=True)
class Drawn:
    """Issues and pull requests and what happens to them, also after the end; `of_issue`: of each pull request."""

    issues: Flat
    tracked: Taken
    pulls: Flat
    requested: Taken
    of_issue: Ints


def histories(events: int) -> Histories:
    """About so many events, over two years; whatever would come after their end is not there yet."""
    random = np.random.default_rng(events)
    many = max(round(events / EVENTS_A_CASE), 2)
    with_pull = np.flatnonzero(random.random(many) < 0.5)
    return _assembled(drawn(many, with_pull, random))


def drawn(many: int, of_issue: Ints, random: np.random.Generator) -> Drawn:
    """So many issues in the order in which they were created, and pull requests for these ones of them."""
    issues, pulls = Flat.of(ways_of_issues()), Flat.of(ways_of_pulls())
    way = random.integers(0, len(issues.length), many)
    born = micros(START) + np.sort(random.integers(0, (END - START) // timedelta(microseconds=1), many))
    tracked = _take(issues, way, born, random)
    worked = tracked.at[(tracked.begins + issues.first_of(WORKED)[way])[of_issue]]
    opened = worked + random.integers(HOUR, 20 * HOUR, len(of_issue))
    requested = _take(pulls, random.integers(0, len(pulls.length), len(of_issue)), opened, random)
    return Drawn(issues, tracked, pulls, requested, of_issue)


def _take(flat: Flat, way: Ints, born: Ints, random: np.random.Generator) -> Taken:
    length = flat.length[way]
    begins = np.concatenate([[0], np.cumsum(length)[:-1]])
    item = np.repeat(np.arange(len(way)), length)
    place = np.arange(len(item)) - begins[item]
    step = flat.first[way][item] + place
    waits = flat.hours[step] * random.lognormal(0.0, 0.9, len(step)) * (random.random(len(step)) >= TIES)
    passed = np.cumsum(np.rint(waits * HOUR).astype(np.int64))
    at = born[item] + passed - passed[begins][item]
    return Taken(item, place, step, at, begins)


def _assembled(found: Drawn) -> Histories:
    tracked, requested, with_pull = found.tracked, found.requested, found.of_issue
    many = len(tracked.begins)
    told = pl.concat(
        [
            _events(found.pulls, requested, with_pull[requested.item], requested.item + many, FORGE),
            _events(found.issues, tracked, tracked.item, tracked.item, TRACKER),
        ]
    )
    known = told.filter(pl.col("at") < micros(END)).sort("source", "at", "item", "seq")
    items, rows = _known(pl.concat([_issues(tracked), _pulls(requested)]))
    events = known.select(
        rows.gather(known["item"]).alias("item"),
        pl.int_range(pl.len()).cast(pl.String).str.zfill(9).alias("id"),
        *("at", "kind", "state", "state_id", "actor", "actor_kind", "detail", "seq"),
    )
    return Histories(items, events, known["case"], _links(with_pull, opened=requested.at[requested.begins]))


def _known(items: pl.DataFrame) -> tuple[pl.DataFrame, pl.Series]:
    """Those that are there at the end, as the store orders them; and the row of each, None of those that are not."""
    numbered = items.with_row_index("was").filter(pl.col("created_at") < micros(END)).sort("source", "key")
    rows = numbered.select("was", row=pl.int_range(pl.len(), dtype=pl.UInt32))
    every = items.select(was=pl.int_range(pl.len(), dtype=pl.UInt32))
    return numbered.drop("was"), every.join(rows, on="was", how="left", maintain_order="left")["row"]


def _events(flat: Flat, taken: Taken, case: Ints, item: Ints, source: str) -> pl.DataFrame:
    """One row a step. Codes become words once for each word, never once for each event."""
    role, asked = flat.role[taken.step], flat.asked[taken.step]
    state = flat.state[taken.step]
    left = _left(state, taken)
    details, detail = _details(flat, taken, asked, case, left)
    return pl.DataFrame(
        {
            "source": pl.repeat(source, len(item), dtype=pl.Categorical, eager=True),
            "case": pl.Series(case, dtype=pl.UInt32),
            "item": pl.Series(item, dtype=pl.UInt32),
            "at": taken.at,
            "kind": _words(flat.kind[taken.step], KINDS).cast(pl.Enum(KINDS)),
            "state": _words(state, STATES).cast(pl.Categorical),
            "state_id": _words(state, [str(n) for n in range(len(STATES))]).cast(pl.Categorical),
            "actor": _words(_person(role, case), [person(n) for n in range(TEAMS * TEAM)]).cast(pl.Categorical),
            "actor_kind": _actor_kind(role),
            "detail": _words(detail, details).cast(pl.Categorical),
            "seq": taken.place,
        }
    )


def _actor_kind(role: Ints) -> pl.Series:
    """People act, and checks run by themselves."""
    return _words(np.where(role == CI, -1, 0), [ActorKind.HUMAN.value]).cast(pl.Enum([k.value for k in ActorKind]))


def _words(codes: Ints, words: Sequence[str]) -> pl.Series:
    """-1: none."""
    known = pl.Series(codes)
    rows = known.set(known < 0, None).cast(pl.UInt32)
    return pl.Series([str(word) for word in words], dtype=pl.String).gather(rows)


def _person(role: Ints, case: Ints) -> Ints:
    """Another of the item's team in each role."""
    team = case % TEAMS
    found: Ints = np.where(role == CI, -1, team * TEAM + (case // TEAMS + role) % TEAM)
    return found


def _left(state: Ints, taken: Taken) -> Ints:
    """Of each step into a state, the state that is left; -1: it is the first, or no such step."""
    moves = np.flatnonzero(state >= 0)
    found = np.full(len(state), -1)
    if len(moves):
        before = np.concatenate([[-1], state[moves][:-1]])
        first = np.concatenate([[True], taken.item[moves][1:] != taken.item[moves][:-1]])
        found[moves] = np.where(first, -1, before)
    return found


def _details(flat: Flat, taken: Taken, asked: Ints, case: Ints, left: Ints) -> tuple[list[str], Ints]:
    """The words that details are of, and which of them each step has; every commit is one of its own."""
    said = sorted({str(step.detail) for step in flat.steps if step.detail and step.detail != COMMIT})
    people = [person(n) for n in range(TEAMS * TEAM)]
    states = [str(n) for n in range(len(STATES))]
    of_way = np.array([said.index(str(s.detail)) if s.detail and s.detail != COMMIT else -1 for s in flat.steps])
    is_commit = np.array([step.detail == COMMIT for step in flat.steps])[taken.step]
    found = of_way[taken.step]
    found = np.where(asked >= 0, len(said) + _person(asked, case), found)
    found = np.where(left >= 0, len(said) + len(people) + left, found)
    words = [*said, *people, *states]
    numbers = np.cumsum(is_commit) - 1
    commits = [f"{n:040x}" for n in range(int(is_commit.sum()))]
    return [*words, *commits], np.where(is_commit, len(words) + numbers, found)


def _issues(taken: Taken) -> pl.DataFrame:
    key = pl.int_range(len(taken.begins), eager=True).cast(pl.String)
    made = _items(taken, key, pl.lit(f"{PROJECT}-") + key)
    return made.with_columns(source=pl.lit(TRACKER), scope=pl.lit(PROJECT), kind=pl.lit("issue"), type=pl.lit("Story"))


def _pulls(taken: Taken) -> pl.DataFrame:
    key = pl.int_range(len(taken.begins), eager=True).cast(pl.String)
    made = _items(taken, key, pl.lit(f"{REPOSITORY}#") + key)
    return made.with_columns(source=pl.lit(FORGE), scope=pl.lit(REPOSITORY), kind=pl.lit("pull_request"))


def _items(taken: Taken, key: pl.Series, name: pl.Expr) -> pl.DataFrame:
    nothing, unknown = pl.lit([], pl.List(pl.String)), pl.lit(None, pl.String)
    return pl.DataFrame({"key": key, "created_at": taken.at[taken.begins]}).select(
        source=unknown,
        scope=unknown,
        key="key",
        kind=unknown,
        name=name,
        title=pl.lit("What is to be done"),
        url=pl.lit(""),
        created_at="created_at",
        type=unknown,
        parent=unknown,
        labels=nothing,
        aliases=nothing,
        doubts=nothing,
        about=unknown,
        gone_at=pl.lit(None, pl.Int64),
    )


def _links(with_pull: Ints, opened: Ints) -> list[Link]:
    """Each pull request names its issue in its branch."""
    there = np.flatnonzero(opened < micros(END))
    return [
        Link(FORGE, str(pull), f"{PROJECT}-{issue}", "implements", "branch")
        for pull, issue in zip(there.tolist(), with_pull[there].tolist(), strict=True)
    ]


def people() -> list[Person]:
    return [Person(source, person(n), person(n).title()) for source in (TRACKER, FORGE) for n in range(TEAMS * TEAM)]


def person(number: int) -> str:
    return f"u{number:03}"


def micros(at: datetime) -> int:
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
