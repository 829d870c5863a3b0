"""When each case begins, when it ends, and what becomes of it.

An item that somebody closed among many others, long after anybody had cared for it, did not end then: it was given up
at an unknown time, so it is neither delivered nor dropped, and what is known of it ends with the last sign of life.
Long is longer than 19 of 20 items were silent before they were closed one by one, and at least 30 days, for the item
and for most of those closed with it: on the day of a release many are closed at once, and a few of them were forgotten.
What waited after its work was done may be delivered with many others however long it waited.
"""

import polars as pl

from bot.flow.clock import DAY
from bot.flow.history.bulk import TOGETHER
from bot.flow.history.log import Log
from bot.flow.model import StageKind, Stream
from bot.flow.timeline.cases import Cases
from bot.flow.timeline.spans import Label, Outcome
from connectors.records import EventKind

LONG = 30 * DAY
USUAL, ENOUGH = 0.95, 20
"""The quantile of silences that is still usual, and how many are needed to tell it."""


def find_ends(stream: Stream, log: Log, cases: Cases, shown: pl.DataFrame, end: int) -> pl.DataFrame:
    """case, start, end, outcome, late.

    The end is the entry of the last stay in the end stage, or in a dropped one: what is left again did not last.
    """
    over, start = _over(stream, log, cases, shown), pl.col("start")
    since = pl.col("case").replace_strict(dict(log.trusted_from), default=None, return_dtype=pl.Int64)
    known = over.with_columns(late=(start <= since).fill_null(value=False))
    ended, refusal = pl.col("over").is_not_null(), pl.col("dropped") | pl.col("case").is_in(log.refused(stream))
    outcome = (
        pl.when("swept")
        .then(pl.lit(Outcome.SWEPT))
        .when(ended & refusal)
        .then(pl.lit(Outcome.DROPPED))
        .when(start.is_null())
        .then(pl.lit(Outcome.NOT_STARTED))
        .when(~ended)
        .then(pl.lit(Outcome.OPEN))
        .when("late")
        .then(pl.lit(Outcome.IMPORTED))
        .when(pl.col("over") <= start)
        .then(pl.lit(Outcome.NO_TIME))
        .otherwise(pl.lit(Outcome.DELIVERED))
    )
    until = pl.when("swept").then(pl.max_horizontal("sign", "start")).otherwise(pl.col("over").fill_null(end))
    return known.select("case", "start", end=until, outcome=outcome, late="late")


def _over(stream: Stream, log: Log, cases: Cases, shown: pl.DataFrame) -> pl.DataFrame:
    """case, start, over, dropped, sign (of life before it was over), swept; null where it is not."""
    dropped = pl.col("label") == Label.DROPPED
    arrived = (pl.col("position") >= stream.position(stream.end)).fill_null(value=False)
    known = shown.with_columns(arrived=arrived, dropped=dropped, begun=_begun(stream), closes=_closes())
    last = (pl.col("arrived") | pl.col("dropped")) & (pl.col("dropped") == _at_the_end("dropped"))
    known = known.with_columns(lasts=last).with_columns(left_again=(~pl.col("lasts")).cum_sum(reverse=True))
    known = known.with_columns(later=pl.col("left_again").shift(-1, fill_value=0))
    known = known.with_columns(tail=pl.col("left_again") == _at_the_end("later"))
    found = known.group_by("case", maintain_order=True).agg(
        born=pl.col("start").min(),
        start=pl.col("start").filter("begun").min(),
        over=pl.col("start").filter("tail").min(),
        dropped=pl.col("dropped").last(),
        left=pl.col("position").filter(~pl.col("tail")).last(),
    )
    signed = found.join(_last_signs(log, cases, found), on="case", how="left", maintain_order="left")
    told = signed.with_columns(pl.col("sign").fill_null(pl.col("born")))
    return told.with_columns(swept=_swept(stream, log, told))


def _closes() -> pl.Expr:
    """The last row of a case."""
    return (pl.col("case") != pl.col("case").shift(-1)).fill_null(value=True)


def _at_the_end(name: str) -> pl.Expr:
    """The value in the last row of the case."""
    return pl.when("closes").then(name).backward_fill()


def _last_signs(log: Log, cases: Cases, over: pl.DataFrame) -> pl.DataFrame:
    """case, sign: when somebody last cared for it, before it was over. How it was resolved is told with the end."""
    cared = log.events.filter(pl.col("attended") & (pl.col("kind") != EventKind.RESOLVED)).select("item", "at")
    moved = log.moves.filter(pl.col("human") & ~pl.col("bulk")).select("item", "at")
    signs = pl.concat([cared, moved]).join(cases.members.select("case", "item"), on="item")
    before = signs.join(over.select("case", "over"), on="case").filter(pl.col("at") < pl.col("over"))
    return before.group_by("case").agg(sign=pl.col("at").max())


def _swept(stream: Stream, log: Log, over: pl.DataFrame) -> pl.Series:
    """Closed in bulk with others, most of which had been silent for unusually long like this one.

    What comes out of a wait for delivery is delivered.
    """
    told = over.join(_bulk_moves(log), on=["case", "over"], how="left", maintain_order="left").with_columns(
        silence=pl.col("over") - pl.col("sign")
    )
    single = told.filter(pl.col("batch").is_null())["silence"].drop_nulls()
    usual = single.quantile(USUAL, "higher") if len(single) >= ENOUGH else None
    late = [StageKind.WAIT, StageKind.DONE]
    waits = [n for n, stage in enumerate(stream.stages) if stage.kind in late and n > stream.first_work]
    long = max(LONG, usual or 0)
    silent = (pl.col("silence") > long) & (pl.col("silence").median().over("batch") > long)
    finished = pl.col("left").is_in(waits).fill_null(value=False)
    swept = pl.col("batch").is_not_null() & silent & ~finished
    return told.select(swept.fill_null(value=False).alias("swept")).to_series()


def _bulk_moves(log: Log) -> pl.DataFrame:
    """case, over, batch: moves in bulk, those of one account together that were made in one go."""
    moves = log.moves.filter("bulk").sort("by", "at", "item")
    apart = (pl.col("by") != pl.col("by").shift(1)) | (pl.col("at") - pl.col("at").shift(1) > TOGETHER)
    batches = moves.with_columns(batch=apart.fill_null(value=False).cum_sum())
    return batches.select("batch", case="item", over="at").unique(["case", "over"], keep="last", maintain_order=True)


def _begun(stream: Stream) -> pl.Expr:
    """The trigger has happened: its stage, or one further down, was entered."""
    if stream.trigger == "created":
        return pl.lit(value=True)
    reached = pl.col("position") >= stream.position(stream.trigger)
    return reached.fill_null(value=False) & (pl.col("label") != Label.DROPPED)
