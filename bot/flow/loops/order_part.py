"""Lens: the order of states that the data show, and where the configured stages say otherwise."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from bot.flow.findings.loops import OrderPart, Precedence
from bot.flow.findings.measures import Doubt
from bot.flow.loops.order import Order
from bot.flow.model import Stream
from bot.flow.statistics.intervals import wilson
from bot.words import count

CLEAR = 0.6
"""Beyond this share, even at the lower end of its interval, two states have an order."""
FEWEST, MOST_PAIRS = 10, 3


def read_order(stream: Stream, order: Order, claims: Mapping[str, int]) -> tuple[OrderPart, tuple[Doubt, ...]]:
    """With a doubt about pairs of states whose stages are configured the other way round.

    `claims`: state -> the position of its stage.
    """
    states = tuple(sorted(order.ranks, key=lambda state: order.ranks[state]))
    against = _disagreements(stream, order, claims)
    part = OrderPart(
        states=states,
        parking=tuple(sorted(order.parking)),
        returns=tuple(sorted(order.returns)),
        unordered=tuple(sorted((min(pair), max(pair)) for pair in order.unordered if pair <= set(states))),
        support=tuple(p for pair in pairwise(states) if (p := _precedence(order, *pair))),
        disagreements=against,
    )
    return part, _doubts(against)


def _doubts(against: Sequence[Precedence]) -> tuple[Doubt, ...]:
    if not against:
        return ()
    told = "; ".join(
        f'"{p.before}" comes before "{p.after}" in {p.share:.0%} of {p.n} items' for p in against[:MOST_PAIRS]
    )
    more = f"; and {count(len(against) - MOST_PAIRS, 'pair')} more" if len(against) > MOST_PAIRS else ""
    return (Doubt(kind="order", detail=f"{told}{more}; the stages say after", touches=("loops", "stages")),)


def _precedence(order: Order, before: str, after: str) -> Precedence | None:
    found = order.support.get((before, after))
    return None if found is None else Precedence(before=before, after=after, share=found.share, n=found.n)


def _disagreements(stream: Stream, order: Order, claims: Mapping[str, int]) -> tuple[Precedence, ...]:
    found = []
    for (before, after), support in order.support.items():
        one, other = claims.get(before), claims.get(after)
        if one is None or other is None or one <= other or {before, after} & stream.ending_states:
            continue
        if support.n >= FEWEST and wilson(round(support.share * support.n), support.n)[0] > CLEAR:
            found.append(Precedence(before=before, after=after, share=support.share, n=support.n))
    return tuple(sorted(found, key=lambda p: (-p.n, p.before, p.after)))
