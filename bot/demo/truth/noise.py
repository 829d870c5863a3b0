"""What keeps a history from being the truth: people who forget, tools that copy, clocks that go wrong, robots.

Each function spoils one thing and leaves what really happened alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random

from bot.demo.truth.emit import ADMIN, IMPORTER, REMINDER, SERVICE
from bot.demo.truth.hours import HOUR, Hours, moment
from bot.demo.truth.process import Design
from bot.demo.truth.story import Story
from bot.demo.truth.tickets import Edit, Request, Ticket

Card = list[tuple[float, int, int]]

SECOND, MINUTE = 1000, 60_000
DAY = 24 * HOUR
LATE = 2.0
"""Mean hours."""

DRAGGED, IMPORTED, EARLY = 0.06, 0.12, 0.03


@dataclass(frozen=True)
class Amounts:
    """How much of each there is in one world."""

    lost: float
    late: bool
    twice: float
    unlinked: float
    squashed: float
    served: tuple[int, ...]
    """places at whose entry the service acts"""
    imported_at: float
    renamed: int | None
    renamed_at: float


def amounts(design: Design, random: Random, first: float) -> Amounts:
    """`first`: the working hour in which the window begins."""
    middle = range(1, design.done)
    span = design.hours.end - first
    return Amounts(
        lost=random.uniform(0.03, 0.05),
        late=random.random() < 0.3,
        twice=random.uniform(0.005, 0.02),
        unlinked=random.uniform(0.1, 0.3),
        squashed=random.uniform(0.2, 0.5),
        served=tuple(random.sample(middle, min(2, len(middle)))),
        imported_at=first + span * random.uniform(0.1, 0.5),
        renamed=random.choice(middle) if random.random() < 0.5 else None,
        renamed_at=first + span * random.uniform(0.3, 0.7),
    )


def months(hours: Hours, opens: float) -> list[float]:
    """So many hours into the first working day of each month, in working hours since the beginning."""
    firsts = {(day.year, day.month): n for n, day in reversed(list(enumerate(hours.days)))}
    return sorted(8 * n + opens for n in firsts.values())


def closed_in_bulk(stories: Sequence[Story], design: Design, random: Random) -> dict[int, float]:
    """What was dropped is closed once a month by one person at one go; until then it is open for everybody."""
    found: dict[int, float] = {}
    dates = months(design.hours, random.uniform(1, 6))
    gone = sorted((s for s in stories if s.dropped is not None), key=lambda s: s.dropped or 0)
    for n, story in enumerate(gone):
        due = next(date for date in dates if date >= (story.dropped or 0)) + (n % 20) * 0.7 / 3600
        story.moves.pop()
        story.dropped = due if due < design.hours.end else None
        if story.dropped is not None:
            story.moves.append((due, design.done, ADMIN))
            found[story.number] = due
    return found


def dragged_through(card: Card, random: Random) -> Card:
    """Now and then somebody forgot the card for a while, and then drags it through several states within seconds."""
    if len(card) < 3 or random.random() >= DRAGGED:
        return card
    last = random.randrange(2, len(card))
    first = max(0, last - random.randint(1, 3))
    at = card[last][0]
    moved = [
        (at + n * random.uniform(1.5, 4) / 3600, place, card[last][2])
        for n, (_, place, _) in enumerate(card[first : last + 1])
    ]
    return in_order([*card[:first], *moved, *card[last + 1 :]])


def moved_late(card: Card, random: Random) -> Card:
    return in_order([(at + random.expovariate(1 / LATE), place, who) for at, place, who in card])


def in_order(card: Card) -> Card:
    """Nothing before what was recorded before it."""
    found: Card = []
    for at, place, who in card:
        found.append((max(at, found[-1][0] + 1.2 / 3600) if found else at, place, who))
    return found


def imported(tickets: Sequence[Ticket], at: int, random: Random) -> dict[int, int]:
    """Some tickets come from another tracker, on one day, by one account; of their past only the states are known.

    In the order of the export, which is not that of their creation. Number of the ticket -> when it came.
    """
    old = [ticket for ticket in tickets if ticket.created < at - DAY]
    chosen = random.sample(old, min(len(old), round(IMPORTED * len(tickets))))
    came = {ticket.number: at + n * 2 * SECOND for n, ticket in enumerate(chosen)}
    for ticket in chosen:
        _bring(ticket, came[ticket.number])
    return came


def _bring(ticket: Ticket, at: int) -> None:
    before = [moved for moved in ticket.moves if moved.at < at]
    after = [moved for moved in ticket.moves if moved.at >= at]
    copied = [replace(moved, at=at + 300 * (n + 1), who=IMPORTER) for n, moved in enumerate(before)]
    done = at + 300 * (len(before) + 2)
    ticket.moves = copied + [replace(moved, at=max(moved.at, done)) for moved in after]
    ticket.creator = IMPORTER
    ticket.edits = [edit for edit in ticket.edits if edit.at > done]
    ticket.logged = [log for log in ticket.logged if log.at > done]
    ticket.flags = [flag for flag in ticket.flags if flag[0] > done]
    ticket.assigned = [one for one in ticket.assigned if one[0] > done]


def forget_moves(ticket: Ticket, share: float, random: Random) -> None:
    """The history lacks them; the next one still says what it left."""
    ticket.moves = [moved for moved in ticket.moves if random.random() >= share]


def serve(ticket: Ticket, places: Sequence[int], random: Random) -> None:
    """An account that nobody calls a bot writes into the ticket as soon as it is moved."""
    for moved in ticket.moves:
        if moved.place in places and moved.who != IMPORTER and random.random() < 0.9:
            ticket.edits.append(Edit(moved.at + random.randint(900, 4900), "description", SERVICE))


def remind(tickets: Sequence[Ticket], design: Design, random: Random) -> None:
    """A script under a person's name looks at some open tickets every other working day, early, at a fixed minute."""
    hours, minute = design.hours, random.randrange(0, 60, 15)
    for n in range(0, int(hours.end // 8), 2):
        at = hours.wall(8 * n) - 3 * HOUR + minute * MINUTE
        for k, ticket in enumerate(t for t in tickets if _is_open(t, at) and random.random() < 0.15):
            ticket.edits.append(Edit(at + k * 400, "description", REMINDER))


def edit_in_bulk(tickets: Sequence[Ticket], design: Design, random: Random) -> set[tuple[int, int]]:
    """Every month labels, and every other month a field as well. Ticket and instant of what the connector keeps."""
    found = set()
    for n, date in enumerate(months(design.hours, random.uniform(0.5, 7))):
        at = design.hours.wall(date)
        for k, ticket in enumerate(t for t in tickets if _is_open(t, at) and date < design.hours.end):
            instant = at + k * 350
            ticket.labels = (*ticket.labels, f"plan-{n}")
            ticket.edits.append(Edit(instant, "labels", ADMIN))
            if n % 2:
                ticket.edits.append(Edit(instant, "environment", ADMIN))
                found.add((ticket.number, instant))
    return found


def _is_open(ticket: Ticket, at: int) -> bool:
    """It is moved again later, or never came to its end."""
    return ticket.created < at and (ticket.ended is None or ticket.ended > at)


def came_twice(tickets: Sequence[Ticket], share: float, random: Random) -> frozenset[tuple[int, int]]:
    """Changes that were delivered again."""
    moves = [(ticket.number, moved.at) for ticket in tickets for moved in ticket.moves]
    edits = [(ticket.number, edit.at) for ticket in tickets for edit in ticket.edits]
    return frozenset(change for change in (*moves, *edits) if random.random() < share)


def spoil(requests: Sequence[Request], plan: Amounts, random: Random) -> None:
    """Clocks of laptops, commits that were written days before, squashed branches, and no key of the item."""
    skew: dict[int, int] = {}
    for request in requests:
        if random.random() < plan.unlinked:
            request.in_branch = request.in_title = False
        if random.random() < plan.squashed:
            request.commits = request.commits[-1:]
        request.commits = [_skewed(commit, skew, random) for commit in request.commits]


def _skewed(commit: tuple[int, int, int], skew: dict[int, int], random: Random) -> tuple[int, int, int]:
    authored, pushed, who = commit
    off = skew.setdefault(who, round(random.gauss(0, 10) * MINUTE))
    early = round(random.uniform(1, 3) * DAY) if random.random() < EARLY else 0
    return authored + off - early, pushed + off, who


def nag(requests: Sequence[Request], random: Random) -> None:
    """The same script comments on what is open for longer than a day, always at the same minute."""
    for request in requests:
        ends = request.merged or request.closed
        if ends and ends - request.opened > 1.5 * DAY and random.random() < 0.7:
            day = moment(request.opened).replace(hour=6, minute=15, second=0, microsecond=0) + timedelta(days=1)
            at = round(day.timestamp() * 1000)
            request.facts = sorted([*request.facts, (at, "remarked", REMINDER, None)], key=lambda fact: fact[0])
