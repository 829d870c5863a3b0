"""What the sources told of every case, as a table: a row each time that something entered a state.

As it was told: nothing is joined, assumed or left out but what came twice. Where the source names no states (change
requests), whose turn it was is the state.
"""

from collections.abc import Mapping
from typing import Any

import polars as pl

from bot.flow.clock import instant
from bot.flow.history.log import Records
from bot.flow.reconstruct import Reconstruction
from bot.flow.timeline.courts import read_courts
from connectors.records import EventKind

LIFECYCLE = ("schedule", "assign", "reassign", "start", "suspend", "resume", "complete", "withdraw")
"""Transitions of an activity, as event logs call them (IEEE 1849)."""

COMPLETE = "complete"
"""That of an activity which is told by one event."""

TOLD: Mapping[Any, Any] = {
    "item": pl.Int64,
    "at": pl.Int64,
    "seq": pl.Int64,
    "id": pl.String,
    "source": pl.String,
    "word": pl.String,
}


def events_table(found: Reconstruction, records: Records) -> pl.DataFrame:
    """By case, in the order of time.

    case, item (numbers of the engine; the item is the case itself or one of its change requests), at (microseconds
    since 1970), activity (the state without its source), lifecycle, state, stage (null: none claims it).
    """
    members = found.cases.members.select("case", "item")
    told = pl.concat([_moves(found, records), _turns(found)])
    joined = members.join(_named(found, told), on="item").sort("case", "at", "item", "seq", "id")
    return joined.select("case", "item", "at", "activity", "lifecycle", "state", "stage")


def moves_table(found: Reconstruction, records: Records) -> pl.DataFrame:
    """The same of every item by itself, without whose turn a change request was: item, at, activity, ..."""
    named = _named(found, _moves(found, records)).sort("at", "item", "seq", "id")
    return named.select("item", "at", "activity", "lifecycle", "state", "stage")


def _named(found: Reconstruction, told: pl.DataFrame) -> pl.DataFrame:
    names, claims = found.log.names, found.log.claims(found.stream)
    stages = {state: found.stream.stages[n].name for state, n in claims.items()}
    stages |= {state: stages[name] for state, name in names.items() if name in stages}
    kind = pl.col("source").str.split(".").list.first()
    transition = pl.col("word").str.extract(rf"^.* / ({'|'.join(LIFECYCLE)})$")
    activity = pl.when(transition.is_null()).then("word").otherwise(pl.col("word").str.replace(r" / \w+$", ""))
    rows = told.with_columns(
        state=pl.concat_str(kind, "word", separator=":"),
        activity=activity,
        lifecycle=transition.fill_null(COMPLETE),
    )
    return rows.with_columns(stage=pl.col("state").replace_strict(stages, default=None, return_dtype=pl.String))


def _moves(found: Reconstruction, records: Records) -> pl.DataFrame:
    is_move = (pl.col("kind") == EventKind.STATE) & (pl.col("at") < instant(found.window.end))
    moves, items = records.events.frame.filter(is_move), records.items.frame
    numbers = found.log.items.numbered(items.select("source", "key"))
    told = moves.with_columns(item=numbers.gather(moves["item"]), source=items["source"].gather(moves["item"]))
    rows = told.drop_nulls("item").select("item", "at", "seq", "id", "source", word="state").cast(TOLD)
    return rows.unique(["source", "id"], keep="first", maintain_order=True)


def _turns(found: Reconstruction) -> pl.DataFrame:
    courts = read_courts(found.log.events, found.cases.requests)
    return courts.select(
        "item",
        "at",
        pl.int_range(pl.len()).cast(pl.Int64).alias("seq"),
        pl.lit("").alias("id"),
        found.log.items.sources(courts["item"]),
        word="court",
    )
