"""Simulated streams, ready to be analysed, and what is true of them.

The same seed has the same team and the same items whoever moves the cards and whatever noise there is, but that noise
closes in bulk what was dropped.
"""

from dataclasses import replace
from random import Random

from bot.demo.truth.emit import FORGE, PROJECT, REPOSITORY, TRACKER, forged, members, tracked
from bot.demo.truth.history import History, history
from bot.demo.truth.ledger import medians, truth_of
from bot.demo.truth.process import Design, design
from bot.demo.truth.streams import blind, told
from bot.demo.truth.team import Team
from bot.demo.truth.world import Movers, Plan, World
from bot.flow.history.log import Records
from bot.flow.model import Window
from connectors.records import Event, Item, Link

WARM_UP = 8
"""Weeks before the window, so that the board is full when it begins."""

LONG = 400
"""Weeks of the run that tells how long a visit takes in the long run."""


def world(seed: int, movers: Movers, *, noisy: bool, weeks: int = 40, plan: Plan | None = None) -> World:
    """One stream of one team, and its truth; without `waits`, which take longer to know."""
    made = design(seed, plan or Plan(), WARM_UP, weeks)
    window = _window(made, weeks)
    stories = [s for s in Team(made, Random(f"{seed} team")).run() if s.created < made.hours.end]
    kept = history(seed, made, stories, movers, noisy=noisy, first=made.hours.begins(WARM_UP))
    truth = truth_of(stories, made, window, [kept.board.name(story.number) for story in stories])
    return World(
        movers, noisy, seed, blind(made), told(made), _records(kept, window), window, replace(truth, **kept.facts), plan
    )


def long_run_waits(known: World, weeks: int = LONG) -> dict[str, float]:
    """Median days that a visit waits at each approval and gate that can take what comes, in a long run of the team.

    Without the change that the plan of the world may make.
    """
    made = design(known.seed, known.plan or Plan(), WARM_UP, 0, long=weeks)
    stories = Team(made, Random(f"{known.seed} long run")).run()
    return medians(stories, made, made.hours.begins(WARM_UP))


def _window(made: Design, weeks: int) -> Window:
    start, end = (made.hours.midnight(week) for week in (WARM_UP, WARM_UP + weeks))
    return Window(start=start, end=end, timezone=made.hours.calendar.timezone)


def _records(kept: History, window: Window) -> Records:
    """As the store would give them."""
    found = [*tracked(kept.tickets, kept.board), *forged(kept.requests, kept.board)]
    places = [f"{TRACKER}/{PROJECT}", *([f"{FORGE}/{REPOSITORY}"] if kept.requests else [])]
    return Records.of(
        [one for one in found if isinstance(one, Item)],
        [one for one in found if isinstance(one, Event) and one.at < window.end],
        [one for one in found if isinstance(one, Link)],
        members(kept.people, forge=bool(kept.requests)),
        dict.fromkeys(places, window.end),
    )
