"""Worlds that several tests look at, made once, and their histories."""

from collections import defaultdict
from datetime import datetime
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from bot.demo.truth.world import Cadence, Movers, Plan, World
from bot.demo.truth.worlds import world
from connectors.records import Event, EventKind

SEEDS = range(3)
GATED = Plan(gate=Cadence(("tue",), 11), approval=True, pull_requests=True, evidence=True, loops=0.2)


@cache
def clean(seed: int, plan: Plan | None = None) -> World:
    return world(seed, Movers.OWN, noisy=False, weeks=20, plan=plan)


@cache
def noisy(seed: int, movers: Movers = Movers.MIXED, plan: Plan | None = None) -> World:
    return world(seed, movers, noisy=True, weeks=20, plan=plan)


def histories(known: World) -> dict[str, list[Event]]:
    """State events by name of the item, in order."""
    names = {item.key: item.name for item in known.records.items}
    found = defaultdict(list)
    for event in known.records.events:
        if event.kind is EventKind.STATE:
            found[names[event.item]].append(event)
    return {name: sorted(events, key=lambda e: (e.at, e.seq)) for name, events in found.items()}


def left(known: World, state: str) -> list[datetime]:
    """When items left a state, in the time zone of the team."""
    zone = ZoneInfo(known.window.timezone)
    return [
        after.at.astimezone(zone)
        for events in histories(known).values()
        for before, after in pairwise(events)
        if f"jira:{before.state}" == state
    ]
