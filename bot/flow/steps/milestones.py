"""When an item first came to a stage or a state that a stream names as its milestone, and which stage claims a move."""

import polars as pl

from bot.flow.history.log import Log
from bot.flow.model import StageKind, Stream


def states_of(stream: Stream, log: Log, milestone: str) -> list[str]:
    """The states of a stage, or the state itself, by their names of today."""
    named = next((stage.states for stage in stream.stages if stage.name == milestone), (milestone,))
    return [log.names.get(state, state) for state in named]


def first_entries(stream: Stream, log: Log, milestone: str) -> dict[int, int]:
    """Item -> when it first entered the milestone."""
    there = log.moves.filter(pl.col("state").is_in(states_of(stream, log, milestone)))
    return dict(there.group_by("item").agg(pl.col("at").min()).iter_rows())


def claimed_moves(stream: Stream, log: Log) -> pl.DataFrame:
    """The moves of the log, with `position` and `kind` of the stage that claims their state (null: none does)."""
    kinds: dict[int, StageKind] = {n: stage.kind for n, stage in enumerate(stream.stages)}
    position = pl.col("state").replace_strict(log.claims(stream), default=None, return_dtype=pl.Int64)
    return log.moves.with_columns(position=position).with_columns(
        kind=pl.col("position").replace_strict(kinds, default=None, return_dtype=pl.String)
    )
