"""Whether the engine finds the returns, what they cost, and which state comes before which."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment

from bot.demo.truth.run import Part, Run
from bot.demo.truth.scores.engine import Return, order, returns
from bot.demo.truth.world import Station, World
from bot.flow.clock import instant, moment

ENOUGH_OVERLAP = 0.5
"""Of the shorter of two episodes, for them to be the same."""

ROUND = 1e-3
"""What a pair with a round of review counts beside one with a move of the card, and an overlap beside a pair."""


def precision(run: Run) -> Part | None:
    """Of the returns found, those that happened.

    Of rounds of review that send no card back the truth does not tell; they are not judged.
    """
    matched, unmatched, _ = _matched(_said(run), _true(run.world))
    wrong = [found for found in unmatched if not found.round]
    return Part(len(matched), len(matched) + len(wrong), tuple(map(_told, wrong))) if matched or wrong else None


def recall(run: Run) -> Part | None:
    """Of the returns that happened, those found."""
    truth = _true(run.world)
    _, _, missed = _matched(_said(run), truth)
    return Part(len(truth) - len(missed), len(truth), tuple(map(_told, missed))) if truth else None


def cost_bias(run: Run) -> Part | None:
    """Signed error of the days that returns cost their own items, of the true ones; streams weigh by these.

    Those still going on at the end of the window count on neither side.
    """
    end = instant(run.world.window.end)
    known = _true(run.world)
    truth = sum(episode.days for episode in known if episode.end < end)
    said = sum(found.days for found in _said(run) if found.end < end and (not found.round or _within(found, known)))
    return Part(said - truth, truth, (f"said {said:.0f}, true {truth:.0f} days",)) if truth else None


def order_found(run: Run) -> Part | None:
    """Whether the order found without any configuration is the true one; parking and return states have none."""
    found, truth = order(run.blind), run.world.truth.order
    if found is None:
        return None
    passed = [state for state in found if run.world.truth.stations.get(state) not in (Station.PARKING, Station.RETURN)]
    right = _among(passed, truth) == _among(truth, passed) and not set(truth) - set(passed)
    return Part(right, 1, () if right else (f"said {', '.join(found)}; true {', '.join(truth)}",))


def beside_the_order(run: Run) -> Part | None:
    """Of the parking and return states, those that got no place in the order."""
    found = order(run.blind)
    beside = [s for s, what in run.world.truth.stations.items() if what in (Station.PARKING, Station.RETURN)]
    if found is None or not beside:
        return None
    placed = tuple(state for state in beside if state in found)
    return Part(len(beside) - len(placed), len(beside), placed)


def _within(found: Return, truth: Sequence[Return]) -> bool:
    """Of a round of review: it belongs to a return of the card."""
    return any(e.item == found.item and overlap(found, e) >= ENOUGH_OVERLAP for e in truth)


def _among(states: Sequence[str], others: Iterable[str]) -> list[str]:
    known = set(others)
    return [state for state in states if state in known]


def _said(run: Run) -> list[Return]:
    """Without imported items, of which the past is not known."""
    return [found for found in returns(run.told.found) if found.item not in run.world.truth.imported]


def _true(world: World) -> list[Return]:
    end = instant(world.window.end)
    return [
        Return(e.item, instant(e.start), end if e.end is None else instant(e.end), e.days or 0.0)
        for e in world.truth.episodes
        if e.item not in world.truth.imported
    ]


def _matched(
    said: Sequence[Return], truth: Sequence[Return]
) -> tuple[list[tuple[Return, Return]], list[Return], list[Return]]:
    """As many pairs as there can be, of these the largest overlaps, and on both sides those that have no partner.

    Each episode is in one pair at most; rounds of review come after moves of the card.
    """
    by_item: dict[str, tuple[list[Return], list[Return]]] = defaultdict(lambda: ([], []))
    for side, episodes in enumerate((said, truth)):
        for episode in episodes:
            by_item[episode.item][side].append(episode)
    pairs = [pair for found, known in by_item.values() for pair in _pairs(found, known)]
    matched = {id(episode) for pair in pairs for episode in pair}
    free, missed = ([e for e in episodes if id(e) not in matched] for episodes in (said, truth))
    return pairs, free, missed


def _pairs(said: Sequence[Return], truth: Sequence[Return]) -> list[tuple[Return, Return]]:
    worth = np.array([[_worth(found, known) for known in truth] for found in said]).reshape(len(said), len(truth))
    rows, columns = linear_sum_assignment(worth, maximize=True)
    return [(said[m], truth[n]) for m, n in zip(rows, columns, strict=True) if worth[m, n]]


def _worth(found: Return, known: Return) -> float:
    share = overlap(found, known)
    return (ROUND if found.round else 1.0) * (1 + share * ROUND) if share >= ENOUGH_OVERLAP else 0.0


def overlap(one: Return, other: Return) -> float:
    """Time that two episodes share, of the shorter; an instant inside the other is shared wholly."""
    shared = min(one.end, other.end) - max(one.start, other.start)
    shorter = min(one.end - one.start, other.end - other.start)
    if shared < 0:
        return 0.0
    return shared / shorter if shorter else 1.0


def _told(episode: Return) -> str:
    start, end = (f"{moment(at):%Y-%m-%d %H:%M}" for at in (episode.start, episode.end))
    return f"{episode.item} {start} to {end}, {episode.days:.2f} d"
