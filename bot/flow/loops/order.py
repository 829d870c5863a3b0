"""Which state comes before which, found from the moves of the items.

Four steps. A parking state is left for the state it was entered from; it has no place in the order. Nor has a return
state, which leads back to where the item has been. The others are ordered so that as few first visits as possible run
backwards: a minimum feedback arc set, exact by dynamic programming over subsets up to 18 states (Lawler 1964), else by
Borda counts and swaps of neighbours. Two states that come first about equally often are unordered.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
import numpy.typing as npt
import polars as pl

from connectors.records import UNKNOWN

PARKED = 0.8
PARKED_FROM_SEVERAL = 0.6
"""A parking state is left for where the item came from, the first and the last time, in this share of items.

Of one that items come to from several states fewer do: whoever moves cards once a day skips a state now and then, while
a state of returns leads to one place wherever an item came from.
"""
LED_BACK = 0.7
"""A return state leads back in this share of the first exits, and of the last ones of items that ended."""
EQUAL = (0.4, 0.6)
"""Shares between these say that two states have no order."""
FEWEST = 5
"""Visits, or items, from which any of this is told."""
MAIN_ORIGIN = 0.15
"""Share of its entries from which on a state is a main origin of a parking state."""

EXACT = 18
"""States up to which the order is exact; 2 ** 18 subsets take a third of a second."""

Counts = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Support:
    """Of `n` items that were in both states, the share that was in the former first."""

    share: float
    n: int


@dataclass(frozen=True)
class Order:
    """What the data say of the states, named `<kind of source>:<name>`.

    `ranks`: from 0 upstream. `parking`: how many states each parking state is mainly entered from. `support`: of both
    directions of every pair that any item was in.
    """

    ranks: Mapping[str, int] = field(default_factory=dict)
    parking: Mapping[str, int] = field(default_factory=dict)
    returns: frozenset[str] = frozenset()
    unordered: frozenset[frozenset[str]] = frozenset()
    support: Mapping[tuple[str, str], Support] = field(default_factory=dict)

    def is_before(self, one: str, other: str) -> bool:
        """The first stands upstream of the second, and enough items say so."""
        ranked = one in self.ranks and other in self.ranks
        return ranked and self.ranks[one] < self.ranks[other] and frozenset((one, other)) not in self.unordered


def find_order(moves: pl.DataFrame, ends: Collection[str], working: Collection[str] = ()) -> Order:
    """The order of all states. `moves`: item, at, state, in order; `ends`: the states of what is over.

    `working`: those that are configured as work. Nobody parks there, though doing again may lead back to who asked for
    it.
    """
    visits = _visits(moves)
    parking = {state: n for state, n in _parking(visits, ends).items() if state not in working}
    returns = _returns(visits.filter(~pl.col("state").is_in(list(parking))), ends)
    left = visits.filter(~pl.col("state").is_in([*parking, *returns]))
    names, before = _precedence(left)
    ordered = [names[n] for n in _least_backwards(before)]
    both = before + before.T
    support = {
        (names[i], names[j]): Support(float(before[i, j] / both[i, j]), int(both[i, j]))
        for i, j in zip(*np.nonzero(both), strict=True)
    }
    unordered = {
        frozenset(pair) for pair in combinations(names, 2) if not _is_ordered(support.get(pair) or Support(0.5, 0))
    }
    ranks = {name: rank for rank, name in enumerate(ordered)}
    return Order(ranks, parking, frozenset(returns), frozenset(unordered), support)


def _is_ordered(found: Support) -> bool:
    return found.n >= FEWEST and not EQUAL[0] <= found.share <= EQUAL[1]


def _visits(moves: pl.DataFrame) -> pl.DataFrame:
    """item, state, order, came (from which state), left (for which)."""
    known = moves.filter(~pl.col("state").cast(pl.String).str.ends_with(f":{UNKNOWN}")).select("item", "state")
    known = known.sort("item", maintain_order=True).with_row_index("order")
    repeated = (pl.col("state") == _beside(1)).fill_null(value=False)
    return known.filter(~repeated).with_columns(came=_beside(1), left=_beside(-1))


def _beside(places: int) -> pl.Expr:
    """The state of the item that many places before, or after, in rows in the order of the items."""
    return pl.when(pl.col("item") == pl.col("item").shift(places)).then(pl.col("state").shift(places))


def _over(visits: pl.DataFrame, ends: Collection[str]) -> pl.DataFrame:
    """Those of items that ended."""
    last = visits.group_by("item").agg(pl.col("state").last())
    return visits.join(last.filter(pl.col("state").is_in(list(ends))).select("item"), on="item", maintain_order="left")


def _parking(visits: pl.DataFrame, ends: Collection[str]) -> dict[str, int]:
    """Each with the number of states it is mainly entered from."""
    back = (pl.col("came") == pl.col("left")).fill_null(value=False)
    over = _over(visits, ends).with_columns(back=back).filter(~pl.col("state").is_in(list(ends)))
    per_item = over.group_by("item", "state", maintain_order=True).agg(
        first=pl.col("back").first(), last=pl.col("back").last()
    )
    shares = per_item.group_by("state").agg(pl.len(), pl.col("first").mean(), pl.col("last").mean())
    entries = (
        visits.group_by("state", "came").len().with_columns(share=pl.col("len") / pl.col("len").sum().over("state"))
    )
    origins = entries.group_by("state").agg(n=(pl.col("share") >= MAIN_ORIGIN).sum())
    enough = pl.when(pl.col("n") > 1).then(PARKED_FROM_SEVERAL).otherwise(PARKED)
    told = shares.filter(pl.col("len") >= FEWEST).join(origins, on="state").sort("state")
    parked = told.filter(pl.min_horizontal("first", "last") >= enough)
    return {str(state): int(n) for state, n in parked.select("state", "n").iter_rows()}


def _returns(visits: pl.DataFrame, ends: Collection[str]) -> set[str]:
    """Leading directly, or through one another, back to where the item was before it first came here."""
    known = visits.with_columns(first=pl.col("order").min().over("item", "state"))
    ended = _over(visits, ends)["item"].unique()
    found: set[str] = set()
    while True:
        more = _leading_back(known, found, ended, ends) - found
        if not more:
            return found
        found |= more


def _leading_back(known: pl.DataFrame, through: set[str], ended: pl.Series, ends: Collection[str]) -> set[str]:
    """The first exits tell it from a step that mends, the last ones from a step that rejects often."""
    firm = pl.when(~pl.col("state").is_in(list(through)))
    first, item = firm.then(pl.col("first")), firm.then(pl.col("item"))
    to = _own(first.shift(-1).backward_fill(), item.shift(-1).backward_fill())
    origin = _own(first.shift(1).forward_fill(), item.shift(1).forward_fill())
    exits = known.with_columns(to=to, origin=origin)
    exits = exits.filter(~pl.col("state").is_in(list(ends))).drop_nulls("to")
    back = (pl.col("to") < pl.col("first")) | (pl.col("to") <= pl.col("origin")).fill_null(value=False)
    per_item = exits.group_by("item", "state", maintain_order=True).agg(
        first=(pl.col("to") < pl.col("first")).first(), last=back.last()
    )
    over = pl.col("item").is_in(ended.implode())
    shares = per_item.group_by("state").agg(pl.len(), pl.col("first").mean(), last=pl.col("last").filter(over).mean())
    both = pl.min_horizontal("first", pl.col("last").fill_null(pl.col("first")))
    return set(shares.filter(both >= LED_BACK, pl.col("len") >= FEWEST)["state"])


def _own(told: pl.Expr, item: pl.Expr) -> pl.Expr:
    """What is told of the same item."""
    return pl.when(item == pl.col("item")).then(told)


def _precedence(visits: pl.DataFrame) -> tuple[list[str], Counts]:
    """States, and how many items first came to the one of the row before they first came to the one of the column."""
    firsts = visits.group_by("item", "state").agg(pl.col("order").min())
    names = sorted(firsts["state"].unique())
    if not names:
        return [], np.zeros((0, 0))
    wide = firsts.pivot("state", index="item", values="order").select(names).to_numpy().astype(np.float64)
    before = np.array([(wide[:, [i]] < wide).sum(axis=0) for i in range(len(names))], np.float64)
    borda = np.argsort(-(before.sum(axis=1) - before.sum(axis=0)), kind="stable")
    return [names[n] for n in borda], before[np.ix_(borda, borda)]


def _least_backwards(before: Counts) -> Sequence[int]:
    return _exact(before) if len(before) <= EXACT else _swapped(before)


def _exact(before: Counts) -> list[int]:
    """Best order of every subset, from the best orders of the subsets with one state less."""
    n = len(before)
    gains = np.zeros((n, 1))
    for i in range(n):
        gains = np.concatenate([gains, gains + before[i][:, None]], axis=1)
    masks = np.arange(1 << n)
    sizes = np.bitwise_count(masks)
    best, last = np.zeros(1 << n), np.zeros(1 << n, np.int64)
    best[1:] = -1.0
    for size in range(1, n + 1):
        level = masks[sizes == size]
        for state in reversed(range(n)):
            chosen = level[(level >> state) & 1 == 1]
            rest = chosen ^ (1 << state)
            value = best[rest] + gains[state, rest]
            better = value > best[chosen]
            best[chosen[better]], last[chosen[better]] = value[better], state
    order: list[int] = []
    mask = (1 << n) - 1
    while mask:
        order.append(int(last[mask]))
        mask ^= 1 << order[-1]
    return order[::-1]


def _swapped(before: Counts) -> list[int]:
    """The states come in the order of their Borda counts; neighbours are swapped as long as that helps."""
    order, swapped = list(range(len(before))), True
    while swapped:
        swapped = False
        for n in range(len(order) - 1):
            one, other = order[n], order[n + 1]
            if before[other, one] > before[one, other]:
                order[n], order[n + 1], swapped = other, one, True
    return order
