"""New colleagues, as an event log tells of them or as an issue with child issues does."""

from dataclasses import replace

from bot.flow.model import Stage, StageKind, Stream
from connectors.records import ActorKind, Event, EventKind, Item, Record
from tests.build import at, issue

HR = "eventlog.hr"
STEPS = ("Account", "Laptop", "Badge", "Training")
DESK = (
    Stage(name="Signed", kind=StageKind.WAIT, states=("eventlog:Signed",)),
    Stage(name="Preparation", kind=StageKind.WORK, states=tuple(f"eventlog:{step}" for step in STEPS)),
    Stage(name="Start", kind=StageKind.WAIT, states=("eventlog:First day",)),
    Stage(name="Productive", kind=StageKind.DONE, states=("eventlog:Productive",)),
)
LOGGED = Stream(name="Onboarding", sources=("eventlog.hr/hr.csv",), end="Productive", stages=DESK)

TOLD_APART = Stream(
    name="Onboarding",
    sources=("eventlog.hr/hr.csv",),
    end="Productive",
    stages=(
        DESK[0],
        Stage(name="Preparation", kind=StageKind.WORK, states=tuple(f"eventlog:{step} / start" for step in STEPS)),
        Stage(name="Prepared", kind=StageKind.WAIT, states=tuple(f"eventlog:{step} / complete" for step in STEPS)),
        *DESK[2:],
    ),
)


def case(name: str, *states: tuple[str, float] | tuple[str, float, str], who: str | None = None) -> list[Record]:
    """A case of a log: the states it entered, each with its day and by whom (`who` where it is not said)."""
    events = [
        Event(
            HR,
            f"{name}:{n}",
            name,
            at(state[1]),
            EventKind.STATE,
            state[0],
            state[0],
            state[2] if len(state) > 2 else who,
            ActorKind.HUMAN,
            states[n - 1][0] if n else None,
            n,
        )
        for n, state in enumerate(states)
    ]
    return [Item(HR, "hr.csv", name, "case", name, name, "", at(states[0][1])), *events]


def steps(name: str, *told: tuple[str, float, float] | tuple[str, float, float, str], end: float = 30) -> list[Record]:
    """A case of a log that tells starts and ends apart: (step, start, finish[, who]), which may overlap."""
    events: list[tuple[str, float, str]] = [("Signed", 0.0, "hr")]
    for one in told:
        who = one[3] if len(one) > 3 else f"{one[0]}'s owner"
        events += [(f"{one[0]} / start", one[1], who), (f"{one[0]} / complete", one[2], who)]
    return case(name, *sorted(events, key=lambda e: e[1]), ("Productive", end, "hr"))


def parent(name: str, *labels: str, moves: tuple[tuple[str, float], ...] = (("Open", 0), ("Done", 30))) -> list[Record]:
    """An issue to which others belong."""
    item, *rest = issue(name, *moves, item_type="Onboarding")
    assert isinstance(item, Item)
    return [replace(item, labels=labels), *rest]


def child(name: str, of: str, title: str, *moves: tuple[str, float]) -> list[Record]:
    item, *rest = issue(name, *moves, parent=of, item_type="Sub-task")
    assert isinstance(item, Item)
    return [replace(item, title=title), *rest]
