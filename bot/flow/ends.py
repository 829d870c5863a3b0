"""When each case begins, when it ends, and what becomes of it."""

import polars as pl

from bot.flow.log import Log
from bot.flow.model import Stream
from bot.flow.spans import Label, Outcome
from connectors.records import EventKind


def find_ends(stream: Stream, log: Log, shown: pl.DataFrame, end: int) -> pl.DataFrame:
    """case, start, end, outcome.

    The end is the entry of the last stay in the end stage, or in a dropped one: what is left again did not last.
    """
    names = [name.lower() for name in stream.not_delivered]
    resolved = log.events.filter(pl.col("kind") == EventKind.RESOLVED).group_by("item", maintain_order=True).last()
    refused = resolved.filter(pl.col("detail").str.to_lowercase().is_in(names))["item"].to_list()
    dropped = pl.col("label") == Label.DROPPED
    arrived = (pl.col("position") >= stream.position(stream.end)).fill_null(value=False)
    last = (arrived | dropped) & (dropped == dropped.last().over("case"))
    tail = last.reverse().cum_min().reverse().over("case")
    known = shown.with_columns(tail=tail, begun=_begun(stream), dropped=dropped)
    cases = known.group_by("case", maintain_order=True).agg(
        start=pl.col("start").filter("begun").min(),
        over=pl.col("start").filter("tail").min(),
        dropped=pl.col("dropped").last(),
    )
    ended, refusal = pl.col("over").is_not_null(), pl.col("dropped") | pl.col("case").is_in(refused)
    outcome = (
        pl.when(ended & refusal)
        .then(pl.lit(Outcome.DROPPED))
        .when(pl.col("start").is_null())
        .then(pl.lit(Outcome.NOT_STARTED))
        .when(~ended)
        .then(pl.lit(Outcome.OPEN))
        .when(pl.col("over") <= pl.col("start"))
        .then(pl.lit(Outcome.NO_TIME))
        .otherwise(pl.lit(Outcome.DELIVERED))
    )
    return cases.select("case", "start", end=pl.col("over").fill_null(end), outcome=outcome)


def _begun(stream: Stream) -> pl.Expr:
    """The trigger has happened: its stage, or one further down, was entered."""
    if stream.trigger == "created":
        return pl.lit(value=True)
    reached = pl.col("position") >= stream.position(stream.trigger)
    return reached.fill_null(value=False) & (pl.col("label") != Label.DROPPED)
