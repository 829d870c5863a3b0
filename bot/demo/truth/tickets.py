"""What a tracker and a forge have written down of a story: by whom a card was moved and when, in wall time.

Times are milliseconds since 1970. Nothing here is untrue yet but that a scrum master moves cards at the stand-up.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil
from random import Random

from bot.demo.company import ABOUT, WHAT
from bot.demo.truth.hours import DAY_HOURS, Hours
from bot.demo.truth.process import Design
from bot.demo.truth.story import Pull, Story
from bot.demo.truth.world import Movers

FIELDS = ("description", "description", "Acceptance Criteria", "Attachment", "summary")
STAND_UP = 0.5
"""Working hours after the day begins."""

SHARE = {Movers.OWN: 0.0, Movers.DEVELOPER: 0.0, Movers.MIXED: 0.4, Movers.SCRIBE: 1.0}
"""Of the moves, those the scrum master makes."""


@dataclass(frozen=True, slots=True)
class Moved:
    """Into `place`; `said`: what it is said to have left."""

    at: int
    said: int
    place: int
    who: int


@dataclass(frozen=True, slots=True)
class Edit:
    at: int
    field: str
    who: int


@dataclass(frozen=True, slots=True)
class Logged:
    at: int
    seconds: int
    who: int


@dataclass(slots=True)
class Ticket:
    """An item as the tracker has it. `resolution`: how it ended, if it has; `ended`: when."""

    number: int
    created: int
    type: str
    title: str
    creator: int
    place: int
    moves: list[Moved] = field(default_factory=list)
    edits: list[Edit] = field(default_factory=list)
    logged: list[Logged] = field(default_factory=list)
    assigned: list[tuple[int, int]] = field(default_factory=list)
    flags: list[tuple[int, bool, int]] = field(default_factory=list)
    resolution: str = "Done"
    labels: tuple[str, ...] = ()
    ended: int | None = None


@dataclass(slots=True)
class Request:
    """A pull request as the forge has it. `commits`: authored, pushed, who; `facts`: at, what, who, about whom."""

    number: int
    story: int
    title: str
    author: int
    opened: int
    draft: bool
    merged: int | None
    closed: int | None
    checked: int | None
    commits: list[tuple[int, int, int]]
    facts: list[tuple[int, str, int, int | None]]
    in_branch: bool = True
    in_title: bool = True
    pushed: int | None = None
    """when the newest commit really came, by the clock of the forge"""


def card(story: Story, design: Design, movers: Movers, random: Random) -> list[tuple[float, int, int]]:
    """The moves that are recorded: working hour, place, who. What the scrum master did not see in time is skipped."""
    if movers is Movers.DEVELOPER:
        mover = story.assigned[0][1] if story.assigned else story.moves[0][2]
        return [(at, place, mover) for at, place, _ in story.moves[1:]]
    found: list[tuple[float, int, int]] = []
    pending: tuple[float, int, int] | None = None
    for at, place, who in story.moves[1:]:
        if pending and pending[0] <= at:
            found.append(pending)
        pending = None
        if random.random() < SHARE[movers]:
            pending = (stand_up(at) + random.uniform(0, 0.2), place, design.manager)
        else:
            found.append((at, place, who))
    return [*found, pending] if pending else found


def stand_up(at: float) -> float:
    """The next one."""
    return ceil((at - STAND_UP) / DAY_HOURS) * DAY_HOURS + STAND_UP


def ticket(story: Story, design: Design, moves: Sequence[tuple[float, int, int]], random: Random) -> Ticket:
    """Until the end of the run."""
    hours, seen = design.hours, Random(story.number)
    title = f"{seen.choice(WHAT)} {seen.choice(ABOUT)}"
    made = Ticket(story.number, hours.wall(story.created), story.type, title, story.moves[0][2], 0)
    for at, place, who in moves:
        if at < hours.end and place != made.place:
            made.moves.append(Moved(hours.wall(at), made.place, place, who))
            made.place = place
    made.ended = made.moves[-1].at if made.place == design.done else None
    made.resolution = "Done" if story.dropped is None else "Won't Do"
    made.assigned = [(hours.wall(at), who) for at, who in story.assigned if at < hours.end]
    made.flags = [(hours.wall(at), on, who) for at, on, who in story.flags if at < hours.end]
    committed = {(at, who) for pull in story.pulls for at, _, who in pull.commits}
    for at, since, who in story.touches:
        if (at, who) in committed or at >= hours.end:
            continue
        if random.random() < design.worklogs:
            made.logged.append(Logged(hours.wall(at), max(60, round((at - since) * 60) * 60), who))
        else:
            made.edits.append(Edit(hours.wall(at), random.choice(FIELDS), who))
    return made


def requests(stories: Sequence[Story], hours: Hours, random: Random) -> list[Request]:
    """Numbered as they were opened."""
    opened = [(pull.opened, s, pull) for s in stories for pull in s.pulls if pull.opened is not None]
    opened.sort(key=lambda one: one[0])
    return [
        _request(number, story, pull, hours, random)
        for number, (at, story, pull) in enumerate(opened, 1)
        if at < hours.end
    ]


def _request(number: int, story: Story, pull: Pull, hours: Hours, random: Random) -> Request:
    def known(at: float | None) -> int | None:
        return hours.wall(at) if at is not None and at < hours.end else None

    seen, pushed = Random(story.number), [at for _, at, _ in pull.commits if at < hours.end]
    return Request(
        number,
        story.number,
        f"{seen.choice(WHAT)} {seen.choice(ABOUT)}",
        pull.author,
        hours.wall(pull.opened or 0),
        pull.draft,
        known(pull.merged),
        known(pull.closed),
        known(pull.checked),
        [(hours.wall(at), hours.wall(pushed), who) for at, pushed, who in pull.commits if pushed < hours.end],
        [(hours.wall(at), what, who, about) for at, what, who, about in pull.facts if at < hours.end],
        in_title=random.random() < 0.6,
        pushed=hours.wall(pushed[-1]) if pushed else None,
    )
