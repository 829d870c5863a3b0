"""Whether anybody looks at what was decided: every two weeks since the decision something should have happened.

A checkpoint is missed if in the two weeks before it nobody did anything to the initiative, nor to what lies under it by
parent links, nor to its change requests. Comments are not kept, so one that was only commented on seems to be missed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import polars as pl

from bot.flow.clock import MICROSECOND, instant
from bot.flow.history.log import Log
from bot.flow.model import Stream, Window
from bot.flow.steps.lineage import Lineage
from bot.flow.timeline.cases import Cases

EVERY = timedelta(weeks=2) // MICROSECOND


@dataclass(frozen=True)
class Checkpoints:
    """Of an initiative: how many were due in the window, and how many were missed; when it was over (None: it is not).

    `acted`: when anybody last did anything to it or to what lies under it.
    """

    due: int
    missed: int
    over: int | None
    acted: int | None


def checkpoints(
    stream: Stream, log: Log, cases: Cases, decided: Mapping[int, int], under: Lineage, window: Window
) -> dict[int, Checkpoints]:
    """By initiative. None is due after it is over, or before two whole weeks are."""
    start, end, over = instant(window.start), instant(window.end), _overs(stream, log)
    acts = _acts(log, cases, decided, under)
    met: dict[int, set[int]] = {}
    for top, number in acts.select("top", "number").unique().iter_rows():
        met.setdefault(top, set()).add(number)
    last = dict(acts.group_by("top").agg(pl.col("at").max()).iter_rows())
    found = {}
    for top, at in decided.items():
        until = min(end, over.get(top, end))
        numbers = {n for n in range(max((until - at) // EVERY, 0)) if at + (n + 1) * EVERY > start}
        missed = len(numbers - met.get(top, set()))
        found[top] = Checkpoints(len(numbers), missed, over.get(top), last.get(top))
    return found


def _acts(log: Log, cases: Cases, decided: Mapping[int, int], under: Lineage) -> pl.DataFrame:
    """top, at, number (of the two weeks since the decision): what people did since, for this item alone."""
    rows = [(top, n, decided[top]) for top, parts in under.parts.items() for n in (top, *parts)]
    places = pl.DataFrame(rows, {"top": pl.Int64, "item": pl.Int64, "decided": pl.Int64}, orient="row")
    acted = log.events.filter("attended").select("item", "at")
    moved = log.moves.filter(pl.col("human") & ~pl.col("bulk") & ~pl.col("assumed")).select("item", "at")
    roots = cases.members.filter(pl.col("case") != pl.col("item")).select("item", of="case")
    every = (
        pl.concat([acted, moved])
        .join(roots, on="item", how="left")
        .with_columns(pl.coalesce("of", "item").alias("item"))
    )
    since = every.join(places, on="item").filter(pl.col("at") > pl.col("decided"))
    return since.select("top", "at", number=(pl.col("at") - pl.col("decided")) // EVERY)


def _overs(stream: Stream, log: Log) -> dict[int, int]:
    """Item -> when it came to the state in which it is over, if it is."""
    ending = [log.names.get(state, state) for state in stream.ending_states]
    last = log.moves.group_by("item", maintain_order=True).last().filter(pl.col("state").is_in(ending))
    return dict(last.select("item", "at").iter_rows())
