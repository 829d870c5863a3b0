"""Small logs, written down as people would tell them."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from bot.flow.history.log import Records
from bot.flow.model import Stage, StageKind, Stream, Window
from connectors.records import ActorKind, Event, EventKind, Item, Link, Person, Record

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
JIRA, GITHUB = "jira.acme", "github.acme"

STAGES = (
    Stage(name="Backlog", kind=StageKind.WAIT, states=("jira:Open",)),
    Stage(name="Build", kind=StageKind.WORK, states=("jira:In Progress", "github:draft", "github:changes requested")),
    Stage(name="Review", kind=StageKind.APPROVAL, states=("jira:In Review", "github:awaiting review")),
    Stage(name="Test", kind=StageKind.WORK, states=("jira:Testing",), value_adding=False),
    Stage(name="Deploy", kind=StageKind.WAIT, states=("jira:Ready",)),
    Stage(name="Done", kind=StageKind.DONE, states=("jira:Done",)),
    Stage(name="Dropped", kind=StageKind.DROPPED, states=("jira:Cancelled",)),
)
STREAM = Stream(
    name="Payments", sources=("jira.acme/PAY",), end="Done", stages=STAGES, not_delivered=("Duplicate", "Won't Do")
)


def at(days: float) -> datetime:
    """So many days after a Monday at midnight."""
    return MONDAY + timedelta(days=days)


def window(start: float = 0, end: float = 100) -> Window:
    return Window(start=at(start), end=at(end))


def issue(
    name: str,
    *moves: tuple[str, float],
    resolution: str | None = None,
    item_type: str = "Story",
    parent: str | None = None,
) -> list[Record]:
    """An item and the states it entered, each with its day; the first is where it was born."""
    item = Item(
        JIRA,
        "PAY",
        name.lower(),
        "issue",
        name,
        f"Title of {name}",
        f"https://jira/{name}",
        at(moves[0][1]),
        type=item_type,
        parent=parent,
    )
    resolved = Event(JIRA, f"{item.key}:r", item.key, at(moves[-1][1]), EventKind.RESOLVED, detail=resolution)
    before = [None, *(state for state, _ in moves)]
    return [
        item,
        *([resolved] if resolution else []),
        *(
            Event(
                JIRA,
                f"{item.key}:{n}",
                item.key,
                at(day),
                EventKind.STATE,
                state,
                state,
                "dev",
                ActorKind.HUMAN,
                left,
                n,
            )
            for n, ((state, day), left) in enumerate(zip(moves, before, strict=False))
        ),
    ]


def change(
    name: str, kind: EventKind, day: float, detail: str | None = None, actor: str | None = "dev"
) -> list[Record]:
    """Something else that happened to an issue."""
    return [
        Event(
            JIRA,
            f"{name.lower()}:{kind}:{day}:{actor}:{detail}",
            name.lower(),
            at(day),
            kind,
            actor=actor,
            actor_kind=ActorKind.HUMAN,
            detail=detail,
        )
    ]


def pull(
    number: int,
    *happenings: tuple[EventKind, float] | tuple[EventKind, float, str] | tuple[EventKind, float, str, str],
    names: Iterable[str] = (),
    evidence: str = "branch",
    author: str = "ann",
) -> list[Record]:
    """A pull request: what happened, when, by whom (the author unless said), with what detail; the items it names."""
    key = f"PR{number}"
    item = Item(
        GITHUB,
        "acme/pay",
        key,
        "pull_request",
        f"acme/pay#{number}",
        f"Pull {number}",
        f"https://github/{number}",
        at(happenings[0][1]),
    )
    events: list[Record] = []
    for n, happening in enumerate(happenings):
        kind, day = happening[0], happening[1]
        actor = happening[2] if len(happening) > 2 else author
        detail = happening[3] if len(happening) > 3 else None
        bot = ActorKind.BOT if actor.endswith("[bot]") else ActorKind.HUMAN
        event = Event(GITHUB, f"{key}:{n}", key, at(day), kind, actor=actor, actor_kind=bot, detail=detail, seq=n)
        events.append(event)
    return [item, *events, *(Link(GITHUB, key, name, "implements", evidence) for name in names)]


def records(*parts: Iterable[Record | Person]) -> Records:
    every = [record for part in parts for record in part]
    return Records.of(
        [r for r in every if isinstance(r, Item)],
        [r for r in every if isinstance(r, Event)],
        [r for r in every if isinstance(r, Link)],
        [r for r in every if isinstance(r, Person)],
    )


def clock(day: int, hour: int = 0, minute: int = 0, second: float = 0) -> float:
    """The time of a day, exactly, as a number of days."""
    return day + (hour * 3600 + minute * 60 + second) / 86400


def event(
    item: str,
    kind: EventKind,
    day: float,
    actor: str | None = "ann",
    detail: str | None = None,
    source: str = JIRA,
) -> Event:
    """One event with an id of its own."""
    mark = f"{item}:{kind}:{day}:{actor}:{detail}"
    return Event(source, mark, item, at(day), kind, actor=actor, actor_kind=ActorKind.HUMAN, detail=detail)
