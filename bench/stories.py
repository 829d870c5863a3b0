"""The ways an issue and a pull request can go, drawn once: each a short list of steps that many items take."""

from dataclasses import dataclass
from random import Random

from connectors.records import EventKind, Verdict

WAYS = 3000
"""So many ways of issues, and as many of pull requests."""

STATES = ("Open", "In Progress", "In Review", "Testing", "Ready to deploy", "Done", "Rejected")
WORKED = STATES.index("In Progress")
BACK = {"In Review": 0.25, "Testing": 0.12}
"""How often work goes back to In Progress from there."""

AUTHOR, REVIEWER, TESTER, LEAD, CI = range(5)
"""Who acts: a role, filled by another person in each item."""

COMMIT = "commit"
"""In place of a detail: a commit of its own."""


@dataclass(frozen=True)
class Step:
    """`hours`: how long after the one before, at the median; `asked`: the role that the detail names."""

    kind: EventKind
    role: int
    hours: float
    state: str | None = None
    detail: str | None = None
    asked: int | None = None


def ways_of_issues() -> list[list[Step]]:
    random = Random(1)
    return [_issue(random) for _ in range(WAYS)]


def ways_of_pulls() -> list[list[Step]]:
    random = Random(2)
    return [_pull(random) for _ in range(WAYS)]


def _issue(random: Random) -> list[Step]:
    """About twelve steps, from Open to Done or Rejected."""
    steps = [Step(EventKind.STATE, LEAD, 0, "Open"), *_edits(random, LEAD, 2)]
    if random.random() < 0.04:
        return [*steps, Step(EventKind.STATE, LEAD, 90, "Rejected")]
    steps.append(Step(EventKind.ASSIGNED, LEAD, 60, asked=AUTHOR))
    at = WORKED
    while STATES[at] != "Done":
        steps += _stay(random, STATES[at])
        at = WORKED if random.random() < BACK.get(STATES[at], 0) else at + 1
    return [*steps, Step(EventKind.STATE, LEAD, 20, "Done"), Step(EventKind.RESOLVED, LEAD, 0, detail="Done")]


def _stay(random: Random, state: str) -> list[Step]:
    role = {"In Review": REVIEWER, "Testing": TESTER}.get(state, AUTHOR)
    steps = [Step(EventKind.STATE, AUTHOR, 24, state), *_edits(random, role, 1)]
    if random.random() < 0.02:
        blocked = Step(EventKind.BLOCKED, role, 6, detail="flag")
        steps += [blocked, Step(EventKind.UNBLOCKED, role, 40, detail="flag")]
    return steps


def _edits(random: Random, role: int, most: int) -> list[Step]:
    return [Step(EventKind.EDITED, role, 8, detail="description") for _ in range(random.randint(0, most))]


def _pull(random: Random) -> list[Step]:
    """About twelve steps: opened as a draft or not, pushed, checked and reviewed in rounds, merged or closed."""
    steps = [Step(EventKind.OPENED, AUTHOR, 0), *_commits(random)]
    if random.random() < 0.2:
        steps[1:1] = [Step(EventKind.DRAFTED, AUTHOR, 0)]
        steps.append(Step(EventKind.READY, AUTHOR, 20))
    steps.append(Step(EventKind.REQUESTED, AUTHOR, 1, asked=REVIEWER))
    while random.random() < 0.35:
        steps += [Step(EventKind.REVIEWED, REVIEWER, 18, detail=Verdict.CHANGES), *_commits(random)]
        steps.append(Step(EventKind.REQUESTED, AUTHOR, 1, asked=REVIEWER))
    if random.random() < 0.05:
        return [*steps, Step(EventKind.CLOSED, AUTHOR, 100)]
    approved = Step(EventKind.REVIEWED, REVIEWER, 18, detail=Verdict.APPROVED)
    return [*steps, approved, Step(EventKind.MERGED, AUTHOR, 3, detail=COMMIT), Step(EventKind.CLOSED, AUTHOR, 0)]


def _commits(random: Random) -> list[Step]:
    """Some commits, pushed and checked."""
    commits = [Step(EventKind.COMMITTED, AUTHOR, 3, detail=COMMIT) for _ in range(random.randint(1, 4))]
    checked = "fail" if random.random() < 0.1 else "ok"
    return [*commits, Step(EventKind.PUSHED, AUTHOR, 1), Step(EventKind.CHECKED, CI, 0.3, detail=checked)]
