"""Lens: how much of what a stage hands over can be used as it is.

%C&A (Martin and Osterling 2013): share of the items that passed a work stage and were never returned to it. An item
passed a stage if it was shown there, or if its card stood there behind the turn of a change request. A stage that items
first enter by being returned ("fix it") has none.
"""

from collections.abc import Mapping, Sequence
from math import prod

import numpy as np
import polars as pl

from bot.flow.clock import instant
from bot.flow.findings.loops import Accuracy, Quality
from bot.flow.loops.walk import Return
from bot.flow.model import LoopKind, StageKind, Stream, Window
from bot.flow.statistics.intervals import wilson
from bot.flow.statistics.returns import incidence
from bot.flow.timeline.spans import Outcome, Timeline

RETURN_STAGE = 0.7
"""A stage that this share of its items first enter by a return is where work is mended, not where it is done."""

NOT_AT_FAULT = (LoopKind.PREEMPTION, LoopKind.ESCAPED)
"""Nothing of what the item had been through was unusable."""


def accuracy(stream: Stream, timeline: Timeline, returns: Sequence[Return], window: Window) -> dict[str, Accuracy]:
    """%C&A of the work stages, of the items delivered in the window."""
    delivered = timeline.delivered(window)["case"].implode()
    work = [n for n, stage in enumerate(stream.stages) if stage.kind is StageKind.WORK]
    visits = _visits(timeline, work).join(
        _returned(returns), on=["position", "case"], how="left", maintain_order="left"
    )
    found: dict[str, Accuracy] = {}
    for (position,), group in visits.group_by("position", maintain_order=True):
        ended = group.filter(pl.col("case").is_in(delivered))
        by_return = int((ended["returned"] <= ended["start"]).sum())
        if len(ended) and by_return < RETURN_STAGE * len(ended):
            right = ended["returned"].null_count()
            low, high = wilson(right, len(ended))
            name = stream.stages[int(str(position))].name
            share = right / len(ended)
            still = _with_open(group, timeline, window)
            found[name] = Accuracy(share=share, low=low, high=high, n=len(ended), with_open=still)
    return found


def _returned(returns: Sequence[Return]) -> pl.DataFrame:
    """position, case, returned: when each case was first returned to a stage whose result could not be used."""
    at_fault = [(r.charged, r.case, r.at) for r in returns if r.kind not in NOT_AT_FAULT and r.charged is not None]
    schema = {"position": pl.Int64, "case": pl.Int64, "returned": pl.Int64}
    return pl.DataFrame(at_fault, schema, orient="row").group_by("position", "case").agg(pl.col("returned").min())


def _visits(timeline: Timeline, work: Sequence[int]) -> pl.DataFrame:
    """position, case, start, left: the first stay of each case in each work stage."""
    places = (timeline.spans.select("case", "start", "end", position=name) for name in ("position", "own_position"))
    visits = pl.concat([place.filter(pl.col("position").is_in(list(work))) for place in places])
    first = visits.sort("position", "case", "start").group_by("position", "case", maintain_order=True)
    return first.agg(pl.col("start").first(), left=pl.col("end").first())


def _with_open(group: pl.DataFrame, timeline: Timeline, window: Window) -> float | None:
    """Of all that left the stage inside the window, whether they were returned first or delivered first."""
    known = group.join(timeline.cases.select("case", "end", "outcome"), on="case", maintain_order="left")
    left = known.filter(pl.col("left") >= instant(window.start), pl.col("left") < instant(window.end))
    if not len(left):
        return None
    returned = left["returned"].fill_null(-1).to_numpy()
    was = (returned >= left["start"].to_numpy()) & (returned >= 0)
    cause = np.where(was, 1, np.where((left["outcome"] == Outcome.DELIVERED).to_numpy(), 2, 0))
    times = np.where(was, returned, left["end"].to_numpy()) - left["left"].to_numpy()
    share = incidence(np.maximum(times, 0).astype(np.float64), cause.astype(np.int64))
    return None if share is None else 1 - share


def quality(timeline: Timeline, returns: Sequence[Return], right: Mapping[str, Accuracy], window: Window) -> Quality:
    """Of the items delivered in the window."""
    delivered = set(timeline.delivered(window)["case"])
    at_fault = {r.case for r in returns if r.kind is not LoopKind.PREEMPTION} & delivered
    n = len(delivered)
    low, high = wilson(n - len(at_fault), n) if n else (None, None)
    return Quality(
        rolled=prod(found.share for found in right.values()) if right else None,
        first_pass_yield=1 - len(at_fault) / n if n else None,
        low=low,
        high=high,
        n=n,
    )
