"""Events that were delivered twice: by their id, or under another id with the same content.

A loop within one instant looks like a repetition and is none: there the second move leaves the state that the item was
in, which a repeated move does not. Several edits in one go have the same content, and each was made.
"""

from collections.abc import Iterator, Sequence

import polars as pl

from bot.flow.findings.measures import Doubt
from connectors.records import EventKind, Item

CONTENT = ("item", "at", "kind", "state", "state_id", "detail", "actor")


def drop_repeats(events: pl.DataFrame, items: Sequence[Item]) -> tuple[pl.DataFrame, tuple[Doubt, ...]]:
    """Every event once, of events in order."""
    once = events.unique(["source", "id"], keep="first", maintain_order=True).with_row_index("row")
    again = once.filter((pl.int_range(pl.len()).over(CONTENT) > 0) & (pl.col("kind") != EventKind.EDITED))
    moved = again.filter(pl.col("kind") == EventKind.STATE).select("item", "at").unique()
    rows = {*again.filter(pl.col("kind") != EventKind.STATE)["row"], *_moves_again(once, moved)}
    dropped = once.filter(pl.col("row").is_in(sorted(rows)))
    kept = once.filter(~pl.col("row").is_in(sorted(rows))).drop("row")
    twice = sorted({*dropped["item"], *events.filter(pl.struct("source", "id").is_duplicated())["item"]})
    return kept, _doubts(len(events) - len(kept), [items[n].name for n in twice])


def _moves_again(events: pl.DataFrame, instants: pl.DataFrame) -> Iterator[int]:
    """Rows of moves that were heard before at this instant and do not leave the state the item is in."""
    moves = events.filter(pl.col("kind") == EventKind.STATE).join(instants, on=["item", "at"], maintain_order="left")
    place: tuple[int, int] | None = None
    current, heard = None, set[tuple[object, ...]]()
    for row, *content in moves.select("row", *CONTENT).iter_rows():
        item, at, _, state, state_id, left, _ = content
        if place != (item, at):
            place, current, heard = (item, at), None, set()
        entered, said = state_id or state, tuple(content)
        if said in heard and (entered == current if left is None else left != current):
            yield row
        else:
            current = entered
        heard.add(said)


def _doubts(count: int, names: Sequence[str]) -> tuple[Doubt, ...]:
    if not count:
        return ()
    detail = f"{count} events were delivered twice; each counts once"
    return (Doubt(kind="duplicate", detail=detail, items=tuple(names), touches=("loops", "queues")),)
