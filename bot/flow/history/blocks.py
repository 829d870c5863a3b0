"""Items that block others: a block ends when what blocks is resolved, whether or not anybody takes the link away."""

from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence

import polars as pl

from bot.flow.findings.measures import Doubt
from bot.frames import KINDS, WORDS, Items
from connectors.records import EventKind

FLAG = "flag"
"""A block that no item is the reason of."""

BLOCKS = (EventKind.BLOCKED, EventKind.UNBLOCKED)


def settle_blocks(
    events: pl.DataFrame, items: Items, ends: Collection[str] = ()
) -> tuple[pl.DataFrame, tuple[Doubt, ...]]:
    """The events, in which every block by an item ends when that item is resolved.

    Nobody knows when a block ends by an item that was not collected, so it is left out and is a doubt.
    """
    blocks = events.with_row_index("row").filter(pl.col("kind").is_in(BLOCKS) & (pl.col("detail") != FLAG))
    if not len(blocks):
        return events, ()
    blockers = _blockers(blocks, items)
    strange = blocks.filter(pl.Series([blocker is None for blocker in blockers]))
    resolved = _resolved(events.filter(pl.col("item").is_in([b for b in blockers if b is not None])), ends)
    ended = [
        _over(resolved, blocker, at) if kind == EventKind.BLOCKED and blocker is not None else None
        for blocker, at, kind in zip(blockers, blocks["at"], blocks["kind"], strict=True)
    ]
    over = blocks.with_columns(at=pl.Series(ended, dtype=pl.Int64)).filter(pl.col("at").is_not_null())
    endings = over.with_columns(
        id=pl.col("id") + ":over",
        kind=pl.lit(EventKind.UNBLOCKED.value, KINDS),
        actor=pl.lit(None, WORDS),
    )
    kept = events.with_row_index("row").filter(~pl.col("row").is_in(strange["row"].implode()))
    names = [items.names[n] for n in strange["item"].unique().sort()]
    return pl.concat([kept, endings]).drop("row"), _doubts(names)


def _blockers(blocks: pl.DataFrame, items: Items) -> list[int | None]:
    """The number of each; None of one that was not collected."""
    named = blocks.select(name=pl.col("detail").cast(pl.String).str.to_uppercase())
    return named.join(items.calls(), on="name", how="left", maintain_order="left")["number"].to_list()


def _resolved(events: pl.DataFrame, ends: Collection[str]) -> Mapping[int, list[tuple[int, bool]]]:
    """When each item was resolved (True) and taken up again (False); by its state where it never has a resolution."""
    by_state = _turns(events, EventKind.STATE, _state().is_in(list(ends)))
    return {**by_state, **_turns(events, EventKind.RESOLVED, pl.col("detail").is_not_null())}


def _turns(events: pl.DataFrame, kind: EventKind, is_over: pl.Expr) -> dict[int, list[tuple[int, bool]]]:
    found: dict[int, list[tuple[int, bool]]] = {}
    chosen = events.filter(pl.col("kind") == kind).select("item", "at", over=is_over.fill_null(value=False))
    for item, at, over in chosen.sort("item", "at", "over").iter_rows():
        found.setdefault(item, []).append((at, over))
    return found


def _state() -> pl.Expr:
    return pl.concat_str(pl.col("source").cast(pl.String).str.split(".").list.first(), "state", separator=":")


def _over(resolved: Mapping[int, list[tuple[int, bool]]], blocker: int, at: int) -> int | None:
    """When the block ends that began then: at once, if what blocks was resolved before."""
    turns = resolved.get(blocker, [])
    first = bisect_right(turns, (at, True))
    if first and turns[first - 1][1]:
        return at
    return next((when for when, done in turns[first:] if done), None)


def _doubts(names: Sequence[str]) -> tuple[Doubt, ...]:
    if not names:
        return ()
    detail = "blocked by items that were not collected; this is not counted as blocked time"
    return (Doubt(kind="unknown blocker", detail=detail, items=tuple(names), touches=("stages", "wastes")),)
