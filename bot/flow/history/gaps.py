"""Moves that nobody recorded: where a move does not leave the state the item was in, one is assumed in between.

The time is split as the usual stays of the two states are to each other (medians of the stays between recorded moves),
or half and half where too few were seen.
"""

import polars as pl

from bot.flow.findings.measures import Doubt
from bot.frames import WORDS, Items

ENOUGH_STAYS = 5
"""To know how long one usually takes."""

MOVES = ("item", "at", "state", "by", "assumed", "human", "bulk")


def close_gaps(moves: pl.DataFrame) -> pl.DataFrame:
    """The moves with those that are assumed."""
    same = pl.col("item") == pl.col("item").shift(1)
    before = moves.with_row_index("order").with_columns(
        pl.col("order").cast(pl.Int64) * 2,
        assumed=pl.lit(False),
        previous=pl.when(same).then(pl.col("place").shift(1)),
        previous_at=pl.when(same).then(pl.col("at").shift(1)),
    )
    missing = before.filter(
        pl.col("previous").is_not_null() & pl.col("left").is_not_null() & (pl.col("left") != pl.col("previous"))
    )
    if not len(missing):
        return before.select(MOVES)
    assumed = missing.with_columns(
        pl.col("order") - 1,
        at=pl.col("previous_at") + ((pl.col("at") - pl.col("previous_at")) * _share_before(before, missing)).cast(int),
        by=pl.lit(None, WORDS),
        assumed=pl.lit(True),
        bulk=pl.lit(False),
        state=pl.col("left_state"),
    )
    return pl.concat([before, assumed]).sort("order").select(MOVES)


def _share_before(moves: pl.DataFrame, missing: pl.DataFrame) -> pl.Series:
    """Of the time of each gap, the share that belongs to the state entered before it."""
    stays = moves.filter(pl.col("left").is_null() | (pl.col("left") == pl.col("previous"))).select(
        place="previous", stay=pl.col("at") - pl.col("previous_at")
    )
    seen = stays.drop_nulls().group_by("place").agg(pl.len(), usual=pl.col("stay").median())
    usual = dict(seen.filter(pl.col("len") >= ENOUGH_STAYS).select("place", "usual").iter_rows())
    before, after = (
        missing[name].cast(pl.String).replace_strict(usual, default=None, return_dtype=pl.Float64)
        for name in ("previous", "left")
    )
    return (before / (before + after)).fill_nan(None).fill_null(0.5).alias("share")


def gaps(moves: pl.DataFrame, items: Items) -> tuple[Doubt, ...]:
    """How much of the recorded time lies in stays that are assumed."""
    found = moves.filter("assumed")["item"].unique(maintain_order=True).to_list()
    if not found:
        return ()
    same = pl.col("item") == pl.col("item").shift(-1)
    stays = moves.with_columns(stay=pl.when(same).then(pl.col("at").shift(-1)) - pl.col("at"))
    assumed, whole = int(stays.filter("assumed")["stay"].sum()), int(stays["stay"].sum())
    weight = f"; {assumed / whole:.1%} of the time between moves is assumed" if whole else ""
    return (
        Doubt(
            kind="gap",
            detail=f"a change of state is missing; the time between is split as the two states usually take{weight}",
            items=tuple(items.names[n] for n in found),
            touches=("stages", "queues", "loops"),
        ),
    )
