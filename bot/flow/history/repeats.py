"""Events that were delivered twice: by their id, or under another id with the same content.

A move may be told again a moment later; nobody enters a state twice within two seconds without leaving it. A loop looks
like a repetition and is none: there the second move leaves the state that the item was in, which a repeated move does
not. Several edits in one go have the same content, and each was made.
"""

from collections.abc import Iterator, Sequence

import polars as pl

from bot.flow.clock import SECOND
from bot.flow.findings.measures import Doubt
from bot.frames import Items
from connectors.records import EventKind

SAME = ("item", "kind", "state", "state_id", "detail", "actor")
CONTENT = (*SAME, "at")
TOLD_APART = (EventKind.STATE, EventKind.EDITED)
"""Kinds of which the same content does not make a repetition."""
A_MOMENT = 2 * SECOND


def drop_repeats(events: pl.DataFrame, items: Items) -> tuple[pl.DataFrame, tuple[Doubt, ...]]:
    """Every event once, of events in order."""
    once, twice = _delivered_once(events.with_row_index("row"))
    rows = pl.Series([*_again(once), *_moves_again(once)], dtype=pl.UInt32)
    again = once.filter(pl.col("row").is_in(rows.implode()))
    if not len(again) and not len(twice):
        return events, ()
    kept = once.filter(~pl.col("row").is_in(rows.implode())).drop("row")
    found = sorted({*again["item"], *twice})
    return kept, _doubts(len(events) - len(kept), [items.names[n] for n in found])


def _delivered_once(events: pl.DataFrame) -> tuple[pl.DataFrame, pl.Series]:
    """The first of each id of a source, and the items of which others were delivered."""
    hashes = events["id"].hash()
    ordered = hashes.sort()
    again = ordered.filter(ordered == ordered.shift(1)).unique()
    suspects = events.filter(hashes.is_in(again.implode())).select("row", "item", "source", "id")
    twice = suspects.filter(pl.struct("source", "id").is_duplicated())
    if not len(twice):
        return events, twice["item"]
    later = twice.filter(~pl.struct("source", "id").is_first_distinct())["row"]
    return events.filter(~pl.col("row").is_in(later.implode())), twice["item"]


def _again(events: pl.DataFrame) -> Iterator[int]:
    """Rows of the same content as one before, which are of the same item and instant."""
    neighbours = (pl.col("item") == pl.col("item").shift(1)) & (pl.col("at") == pl.col("at").shift(1))
    at_once = neighbours | neighbours.shift(-1)
    alike = events.filter(at_once.fill_null(value=False) & ~pl.col("kind").is_in(TOLD_APART))
    yield from alike.filter(~pl.struct(CONTENT).is_first_distinct())["row"]


def _moves_again(events: pl.DataFrame) -> Iterator[int]:
    """Rows of moves that were heard a moment before and do not leave the state the item is in."""
    moves = events.filter(pl.col("kind") == EventKind.STATE)
    soon = (pl.col("item") == pl.col("item").shift(1)) & (pl.col("at") - pl.col("at").shift(1) <= A_MOMENT)
    hasty = moves.filter(pl.col("item").is_in(moves.filter(soon)["item"].unique().implode()))
    soon_again = (pl.col("at") - pl.col("at").shift(1).over(SAME)) <= A_MOMENT
    suspects = hasty.filter(soon_again)["item"].unique().implode()
    item, current, heard = None, None, dict[tuple[object, ...], int]()
    for row, at, *content in hasty.filter(pl.col("item").is_in(suspects)).select("row", "at", *SAME).iter_rows():
        of, _, state, state_id, left, _ = content
        if item != of:
            item, current, heard = of, None, {}
        entered, said = state_id or state, tuple(content)
        stays = entered == current if left is None else left != current
        if stays and said in heard and at - heard[said] <= A_MOMENT:
            yield row
        else:
            current = entered
        heard[said] = at


def _doubts(count: int, names: Sequence[str]) -> tuple[Doubt, ...]:
    if not count:
        return ()
    detail = f"{count} events were delivered twice; each counts once"
    return (Doubt(kind="duplicate", detail=detail, items=tuple(names), touches=("loops", "queues")),)
