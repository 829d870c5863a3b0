"""What was true of a run: every instant of an item on one account, what returns cost, what a visit really took."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from statistics import median

from bot.demo.truth.hours import EPOCH, HOUR, Hours, moment
from bot.demo.truth.process import JUDGED, Design
from bot.demo.truth.story import Story
from bot.demo.truth.world import Account, Cadence, Episode, Truth
from bot.flow.model import Window

DAY = 24 * HOUR
AT_NIGHT = {Account.ACTIVE: Account.IDLE, Account.REVIEWING: Account.APPROVAL}
"""What an item is spent on while the people at work on it sleep."""

ASKED = (Account.APPROVAL, Account.REVIEWING)
"""While it is judged it waits as well."""


def state(name: str) -> str:
    """As the configuration says it."""
    return f"jira:{name}"


def lasting(stories: Sequence[Story], hours: Hours, window: Window) -> list[Story]:
    """Those that were delivered in the window, or were open at its end."""
    start = (window.start - EPOCH).total_seconds() * 1000
    return [
        story
        for story in stories
        if story.created < hours.end
        and not (story.dropped is not None and story.dropped < hours.end)
        and (story.delivered is None or story.delivered >= hours.end or hours.wall(story.delivered) >= start)
    ]


def spent(story: Story, hours: Hours, end: int) -> dict[Account, int]:
    """Milliseconds; their sum is the time from creation to delivery, or to the `end` of the window."""
    found: dict[Account, int] = defaultdict(int)
    until = story.delivered if story.delivered is not None and story.delivered < hours.end else None
    last = hours.wall(until) if until is not None else end
    stop = until if until is not None else hours.end
    marks = [(min(at, stop), account) for at, account in story.labels if at < stop]
    for (at, account), (following, _) in zip(marks, [*marks[1:], (stop, Account.IDLE)], strict=True):
        since = hours.wall(at)
        to = last if following == stop else hours.wall(following)
        worked = (round(following * HOUR) - round(at * HOUR)) if account in AT_NIGHT else to - since
        found[account] += worked
        found[AT_NIGHT.get(account, account)] += to - since - worked
    return {account: amount for account, amount in found.items() if amount}


def episodes(story: Story, design: Design, names: Mapping[int, str], item: str) -> Iterator[Episode]:
    """What was sent back, until it was past again or was sent back once more."""
    hours, aside = design.hours, {design.parking, design.returns}
    raw: list[tuple[float, float | None, int, int]] = []
    sent = [back for back in story.returned if back[0] < hours.end]
    for n, (at, origin, back) in enumerate(sent):
        past = [t for t, place, _ in story.moves if t > at and place > origin and place not in aside and t < hours.end]
        again = [t for t, other, _ in sent[n + 1 :] if other >= origin and t > at]
        raw.append((at, min(past[:1] + again[:1], default=None), origin, back))
    for start, end, origin, back in raw:
        within = [(s, e) for s, e, _, _ in raw if end is not None and start < s < end and e is not None and e <= end]
        outer = [(s, e) for s, e in within if not any(a < s and e <= b for a, b in within if (a, b) != (s, e))]
        length = hours.wall(end) - hours.wall(start) if end is not None else None
        own = length - sum(hours.wall(e) - hours.wall(s) for s, e in outer) if length is not None else None
        yield Episode(
            item,
            names[origin],
            names[_redone(design, back)],
            moment(hours.wall(start)),
            moment(hours.wall(end)) if end is not None else None,
            own / DAY if own is not None else None,
        )


def _redone(design: Design, back: int) -> int:
    """Where it is done again."""
    return design.returns if design.returns is not None and design.reworked_in_return else back


def truth_of(stories: Sequence[Story], design: Design, window: Window, names: Sequence[str]) -> Truth:
    """Of a run without noise. `names`: what people call the items."""
    hours, end = design.hours, (window.end - EPOCH) // (moment(1) - EPOCH)
    states = {n: state(place.name) for n, place in enumerate(design.places)}
    alive = lasting(stories, hours, window)
    accounts = {story.number: spent(story, hours, end) for story in alive}
    worked = sum(a.get(Account.ACTIVE, 0) + a.get(Account.REVIEWING, 0) for a in accounts.values())
    return Truth(
        stations={states[n]: place.kind for n, place in enumerate(design.places)},
        spent={(names[i], account): ms / DAY for i, found in accounts.items() for account, ms in found.items()},
        touched=worked / (8 * HOUR),
        episodes=tuple(e for story in stories for e in episodes(story, design, states, names[story.number])),
        order=tuple(states[n] for n in range(design.done + 1)),
        lives={names[story.number]: _life(story, hours) for story in alive},
        dropped=frozenset(names[s.number] for s in stories if s.dropped is not None and s.dropped < hours.end),
        cadences=_cadences(design, states),
        stamps={states[n]: _stamped(design, n) for n, place in enumerate(design.places) if place.kind in JUDGED},
        changed=moment(hours.wall(design.changed_at)) if design.change else None,
    )


def _life(story: Story, hours: Hours) -> tuple[datetime, datetime | None]:
    over = story.delivered is not None and story.delivered < hours.end
    return moment(hours.wall(story.created)), moment(hours.wall(story.delivered or 0)) if over else None


def _cadences(design: Design, states: Mapping[int, str]) -> dict[str, Cadence]:
    return {states[n]: place.cadence for n, place in enumerate(design.places) if place.cadence}


def _stamped(design: Design, n: int) -> float:
    """Changed visits of all visits, where an item is sent back at most so many times."""
    loop = design.loops.get(n)
    if not loop:
        return 0.0
    more = sum(loop.chance**k for k in range(1, loop.rounds + 1))
    return more / (1 + more)


def asked(stories: Sequence[Story], design: Design, since: float) -> dict[int, list[float]]:
    """Days that every visit which began and ended after `since` waited for a judge, by place.

    Where a pull request is reviewed, neither its checks nor its merge is such a wait, though the card stands there.
    """
    hours = design.hours
    found: dict[int, list[float]] = defaultdict(list)
    for story in stories:
        ends = [*(at for at, _ in story.labels[1:]), hours.end]
        waits = [(at, to) for (at, what), to in zip(story.labels, ends, strict=True) if what in ASKED]
        for (at, place, _), (left, _, _) in zip(story.moves, story.moves[1:], strict=False):
            if since <= at and left < hours.end and design.places[place].kind in JUDGED:
                inside = [(max(at, since), min(left, to)) for since, to in waits if since < left and to > at]
                found[place].append(sum(hours.wall(to) - hours.wall(since) for since, to in inside) / DAY)
    return found


def medians(stories: Sequence[Story], design: Design, since: float) -> dict[str, float]:
    """Of the judges that can take what comes."""
    found = asked(stories, design, since)
    return {
        state(place.name): median(found[n])
        for n, place in enumerate(design.places)
        if place.kind in JUDGED and not place.overloaded and found[n]
    }
