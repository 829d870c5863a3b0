"""Returns to an earlier place, and until when each is made good.

The item's own state goes back: rework, a reopening, or a preemption when work is put back to wait and taken up there
again. The stages say what is back; inside one stage, and where no stage claims a state, the order that the data show.
A state that only leads back is entered on the way (the return begins there), and a state that items are only parked in
makes no return, each where it is a stage of its own or none. Beside these stand review rounds, reverts and defects that
escaped (`asides`).

A return is made good when the item gets past the place it was returned from, a preemption when it is there again, both
at the latest when the item is over. Returns nest: time belongs to the one that was opened last and is not made good,
so that costs add up without overlap.
"""

from collections import defaultdict
from collections.abc import Sequence
from itertools import islice

import numpy as np
import polars as pl

from bot.flow.clock import Instants, WorkClock
from bot.flow.loops.asides import Aside
from bot.flow.loops.order import Order
from bot.flow.loops.walk import Places, Return, Stay, Walk
from bot.flow.loops.ways import NONE, Ways, walked
from bot.flow.model import LoopKind, Stream
from bot.flow.timeline.spans import Outcome, Timeline

STAY = ("case", "item", "own", "own_state", "court", "alone", "start", "end")


def find_returns(
    stream: Stream, timeline: Timeline, order: Order, asides: Sequence[Aside], clock: WorkClock
) -> tuple[tuple[Return, ...], Timeline]:
    """All returns in order, and the spans with `owner` (the number of the return they are spent on) and its kind.

    A span is cut where a revert begins or ends inside it.
    """
    spans = _cut(timeline.spans, asides, clock)
    alone = (pl.col("case") == pl.col("item")) & pl.col("court").is_not_null()
    stays = spans.with_columns(pl.col("own_position").alias("own"), alone=alone).select(STAY)
    own, by_case = _found(Places(stream, order, spans), stays, timeline.cases, asides)
    counts = np.array([len(found) for found in by_case], np.int64)
    before = np.repeat(np.cumsum(counts) - counts, np.diff(_bounds(spans)))
    returns = tuple(found for each in by_case for found in each)
    owner = pl.Series("owner", np.where(own == NONE, NONE, own + before)).replace(NONE, None)
    redone = pl.Series("redone", [found.kind.value for found in returns], pl.String).gather(owner)
    return returns, Timeline(timeline.cases, spans.with_columns(owner, redone))


def _found(
    places: Places, stays: pl.DataFrame, cases: pl.DataFrame, asides: Sequence[Aside]
) -> tuple[Instants, list[Sequence[Return]]]:
    """Of each stay the number among the returns of its case, and these of each case, in the order of the stays."""
    beside: dict[int, list[Aside]] = defaultdict(list)
    for aside in asides:
        beside[aside.case].append(aside)
    bounds = _bounds(stays)
    lives = stays[bounds[:-1]].select("case").join(cases, on="case", how="left", maintain_order="left")
    is_open, ends = (lives["outcome"] == Outcome.OPEN).to_numpy(), lives["end"].to_numpy()
    apart = lives["case"].is_in(list(beside)).to_numpy()
    rows = np.repeat(apart, np.diff(bounds))
    owners, found = np.full(len(stays), NONE, np.int64), list[Sequence[Return]]([()] * len(lives))
    ways = Ways(places, stays.filter(~rows), is_open[~apart])
    owners[~rows], numbers = ways.owners(), np.flatnonzero(~apart)
    for number, told in ways.returns(ends[~apart]):
        found[numbers[number]] = told
    told_apart = stays.filter(rows).iter_rows()
    for number in np.flatnonzero(apart).tolist():
        begin, end = int(bounds[number]), int(bounds[number + 1])
        story = [Stay(*row) for row in islice(told_apart, end - begin)]
        walk = Walk(places, story, beside[story[0].case], is_open=bool(is_open[number]))
        way = walked(walk, len(story), None if is_open[number] else int(ends[number]))
        owners[begin:end], found[number] = way.owners, way.returns
    return owners, found


def _bounds(rows: pl.DataFrame) -> Instants:
    """Where each case begins, and the end."""
    return np.append(np.flatnonzero(np.diff(rows["case"].to_numpy(), prepend=-1)), len(rows))


def _cut(spans: pl.DataFrame, asides: Sequence[Aside], clock: WorkClock) -> pl.DataFrame:
    cuts = [(a.case, at) for a in asides if a.kind is LoopKind.REVERT for at in (a.at, a.until) if at is not None]
    if not cuts:
        return spans
    at = pl.DataFrame(cuts, {"case": pl.Int64, "cut": pl.Int64}, orient="row").group_by("case").agg("cut")
    inside = pl.col("cut").list.eval(pl.element().sort().unique(maintain_order=True))
    known = spans.join(at, on="case", how="left", maintain_order="left").with_columns(inside).with_row_index("span")
    cuts_inside = known.select("span", at="cut").explode("at").drop_nulls()
    starts = pl.concat([known.select("span", at="start"), cuts_inside])
    parts = starts.join(known.drop("cut"), on="span").sort("span", "at")
    parts = parts.filter((pl.col("at") == pl.col("start")) | pl.col("at").is_between("start", "end", closed="none"))
    parts = parts.unique(["span", "at"], keep="first", maintain_order=True)
    following = pl.col("at").shift(-1).over("span").fill_null(pl.col("end"))
    cut = parts.with_columns(start="at", end=following).drop("at", "span")
    worked = clock.elapsed(cut["end"].to_numpy()) - clock.elapsed(cut["start"].to_numpy())
    return cut.with_columns(worked=pl.Series(worked)).select(spans.columns)
