"""Lens: where all item-days of the window went.

Every instant of every item is in exactly one account; the first rule that holds wins.

    overproduction  the whole life of an item that was dropped after it had been in work or had a change request
    defects         doing again: rework, review rounds, reopenings
    motion          made to wait for something else in the middle of the work
    value added     work in a stage that produces the output
    necessary       work in other stages
    done            thought done or closed, and reopened later
    inventory       backlog, and states that no stage claims
    waiting         everything else: approvals, queues, checks, merges, deployments, blocks

Over-processing and transport need more than states tell and are not measured yet; what belongs there is in `waiting`.
"""

from collections.abc import Collection, Sequence

import polars as pl

from bot.flow.findings.wastes import Evidence, Ledger, WastePart
from bot.flow.model import LoopKind, StageKind, Stream, Waste, Window
from bot.flow.spans import Label, Outcome, Timeline, adds_value, redone
from bot.flow.statistics import total_interval
from connectors.records import Item

MOST_EVIDENCE, MOST_ITEMS = 4, 5
VALUE_ADDED, NECESSARY, DONE = "value added", "necessary", "done"


def ledger(
    stream: Stream, timeline: Timeline, items: Sequence[Item], requested: Collection[int], window: Window
) -> tuple[tuple[WastePart, ...], Ledger]:
    """The wastes, the most expensive first, and the whole they are part of.

    `requested`: the cases that have a change request.
    """
    account = _account(stream, timeline, requested)
    spans = timeline.within(window).with_columns(account=account, place=_place(stream))
    total, among = float(spans["days"].sum()), spans["case"].n_unique()
    sums = dict(spans.group_by("account").agg(pl.col("days").sum()).iter_rows())
    parts = [
        _part(Waste(name), spans.filter(pl.col("account") == name), items, window, total, among)
        for name in sums
        if name in set(Waste)
    ]
    wastes = tuple(sorted(parts, key=lambda part: -part.cost_per_week))
    return wastes, Ledger(
        total=total,
        wastes=sum(sums.get(w.value, 0.0) for w in Waste),
        value_added=sums.get(VALUE_ADDED, 0.0),
        necessary=sums.get(NECESSARY, 0.0),
        done=sums.get(DONE, 0.0),
        weeks=window.weeks,
    )


def _account(stream: Stream, timeline: Timeline, requested: Collection[int]) -> pl.Expr:
    works = pl.col("label") == Label.WORK
    dropped = timeline.cases.filter(pl.col("outcome") == Outcome.DROPPED).select("case")
    in_work = pl.col("own_position").is_in([n for n, s in enumerate(stream.stages) if s.kind is StageKind.WORK])
    begun = timeline.spans.filter((works | in_work) & (pl.col("start") < pl.col("end")))
    touched = {*begun.join(dropped, on="case")["case"], *(set(dropped["case"]) & set(requested))}
    rules: list[tuple[pl.Expr, str]] = [
        (pl.col("case").is_in(sorted(touched)), Waste.OVERPRODUCTION),
        (redone(), Waste.DEFECTS),
        ((pl.col("redone") == LoopKind.PREEMPTION).fill_null(value=False) & ~works, Waste.MOTION),
        (adds_value(stream.stages), VALUE_ADDED),
        (works, NECESSARY),
        (pl.col("label").is_in([Label.DONE, Label.DROPPED]), DONE),
        (pl.col("label").is_in([Label.BACKLOG, Label.UNMAPPED]), Waste.INVENTORY),
    ]
    account: pl.Expr = pl.lit(Waste.WAITING.value)
    for condition, name in reversed(rules):
        account = pl.when(condition).then(pl.lit(str(name))).otherwise(account)
    return account


def _place(stream: Stream) -> pl.Expr:
    """What people call the place of a span: blocked, the stage, or a turn that no stage claims."""
    names = {n: stage.name for n, stage in enumerate(stream.stages)}
    stage = pl.col("position").replace_strict(names, default=None, return_dtype=pl.String)
    claimed = pl.col("court").is_null() | pl.col("state").is_in(
        [state for stage in stream.stages for state in stage.states]
    )
    place = pl.when(claimed).then(pl.coalesce(stage, "state")).otherwise(pl.coalesce("court", "state"))
    return pl.when(pl.col("label") == Label.BLOCKED).then(pl.lit("blocked")).otherwise(place)


def _part(
    waste: Waste, spans: pl.DataFrame, items: Sequence[Item], window: Window, total: float, among: int
) -> WastePart:
    per_item = spans.group_by("case").agg(pl.col("days").sum()).sort("case")["days"].to_numpy()
    low, high = total_interval(per_item, among)
    return WastePart(
        waste=waste,
        cost_per_week=float(per_item.sum()) / window.weeks,
        share=float(per_item.sum()) / total,
        low=low / window.weeks,
        high=high / window.weeks,
        evidence=_evidence(spans, items),
    )


def _evidence(spans: pl.DataFrame, items: Sequence[Item]) -> tuple[Evidence, ...]:
    """The places that cost most, and their items that cost most."""
    by_item = spans.group_by("place", "case").agg(pl.col("days").sum()).sort(["days", "case"], descending=[True, False])
    by_place = by_item.group_by("place", maintain_order=True).agg(pl.col("days").sum(), pl.col("case").head(MOST_ITEMS))
    chosen = by_place.sort(["days", "place"], descending=[True, False]).head(MOST_EVIDENCE)
    return tuple(
        Evidence(what=what, cost=cost, items=tuple(items[case].name for case in cases))
        for what, cost, cases in chosen.iter_rows()
    )
