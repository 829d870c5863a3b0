"""Lens: where all item-days of the window went.

Every instant of every item is in exactly one account; the first rule that holds wins.

    overproduction   the whole life of an item that was dropped after it had been in work or had a change request
    defects          doing again: rework, review rounds, reopenings, reverts, escaped defects
    motion           made to wait for something else in the middle of the work
    over-processing  waiting and reviews at an approval that does not change outcomes, and that no duty asks for
    value added      work that produces the output
    necessary        reviews, and work in stages that do not produce it
    done             thought done or closed, and reopened later
    transport        waiting in a buffer between two who work on it
    motion           claimed as work while the one who works on it was on another item
    inventory        backlog, claimed as work while nobody worked, and states that no stage claims
    waiting          everything else: approvals, queues, checks, merges, deployments, blocks

What somebody said is no waste (`not_waste` of the stream) is necessary, whatever it would be booked as.
Accounts that evidence of work decides are ranges: from its shortest to its longest reach. All reaches sum to the same.
"""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import polars as pl

from bot.flow.clock import DAY, instant
from bot.flow.evidence.activity import Activity
from bot.flow.findings.measures import Grade
from bot.flow.findings.wastes import Account, Evidence, Ledger, WastePart
from bot.flow.model import LoopKind, NotWaste, StageKind, Stream, Waste, Window
from bot.flow.statistics.intervals import total_intervals
from bot.flow.timeline.spans import (
    Label,
    Outcome,
    Spent,
    Timeline,
    adds_value,
    approval_place,
    is_active,
    redone,
)
from bot.frames import Items

MOST_EVIDENCE, MOST_ITEMS = 4, 5
VALUE_ADDED, NECESSARY, DONE = "value added", "necessary", "done"
ACCOUNTS = (*(waste.value for waste in Waste), VALUE_ADDED, NECESSARY, DONE)
BY_EVIDENCE = (Waste.MOTION, Waste.INVENTORY)
"""How much is in them depends on how far a trace of work reaches."""

MANY, SOME = 20, 8


def ledger(
    stream: Stream,
    activity: Activity,
    items: Items,
    requested: Collection[int],
    stamped: Collection[str],
    window: Window,
) -> tuple[tuple[WastePart, ...], Ledger]:
    """The wastes, the most expensive first, and the whole they are part of.

    `requested`: the cases that have a change request; `stamped`: the approvals that do not change outcomes.
    """
    least, places, most = (
        _spans(stream, reach, items, requested, stamped, window)
        .group_by("case", "account", *place)
        .agg(_time())
        .collect()
        for reach, place in zip(activity.every, ((), ("place",), ()), strict=True)
    )
    likely = places.group_by("case", "account").agg(pl.col("time").sum())
    reaches = (least, likely, most)
    sums, total = [_sums(reach) for reach in reaches], likely.select(_days()).item()
    intervals = _intervals(reaches, likely["case"].unique().sort())
    parts = [
        _part(waste, places.filter(account=waste.value), items, window, total, intervals[waste])
        for waste in Waste
        if sums[1].get(waste)
    ]
    accounts = {name: _account_of([s.get(name, 0.0) for s in sums]) for name in ACCOUNTS}
    return tuple(sorted(parts, key=lambda part: (-part.cost_per_week, part.waste))), Ledger(
        total=total,
        wastes=sum(sums[1].get(w.value, 0.0) for w in Waste),
        value_added=sums[1].get(VALUE_ADDED, 0.0),
        necessary=sums[1].get(NECESSARY, 0.0),
        done=sums[1].get(DONE, 0.0),
        weeks=window.weeks,
        accounts={name: found for name, found in accounts.items() if found.high or found.low or found.mid},
    )


def booked(
    stream: Stream,
    timeline: Timeline,
    items: Items,
    requested: Collection[int],
    stamped: Collection[str],
    window: Window,
) -> pl.DataFrame:
    """The spans inside the window with the `account` each is in, and its `place`."""
    spans = _spans(stream, timeline, items, requested, stamped, window)
    return spans.with_columns(pl.col("account").cast(pl.String)).collect()


def _spans(
    stream: Stream,
    timeline: Timeline,
    items: Items,
    requested: Collection[int],
    stamped: Collection[str],
    window: Window,
) -> pl.LazyFrame:
    """The same, of which only what is asked for is made."""
    account, bounds = _account(stream, timeline, requested, stamped), (instant(window.start), instant(window.end))
    spans = timeline.spans.lazy().with_columns(pl.col("start", "end").clip(*bounds))
    told = spans.filter(pl.col("start") < pl.col("end")).with_columns(account=account, place=_place(stream))
    excused = pl.any_horizontal(pl.lit(value=False), *(_excuses(said, items) for said in stream.not_waste))
    return told.with_columns(account=pl.when(excused).then(_called(NECESSARY)).otherwise("account"))


def _time() -> pl.Expr:
    return (pl.col("end") - pl.col("start")).sum().alias("time")


def _days() -> pl.Expr:
    """Of sums of whole microseconds, which are the same in every order."""
    return (pl.col("time").sum() / DAY).alias("days")


def _called(account: str) -> pl.Expr:
    return pl.lit(str(account), pl.Enum(ACCOUNTS))


def _excuses(said: NotWaste, items: Items) -> pl.Expr:
    """Whether a span is waste that is said to be none."""
    wastes = [said.waste] if said.waste else list(Waste)
    found = pl.col("account").is_in([waste.value for waste in wastes])
    if said.place is not None:
        found &= pl.col("place") == said.place
    if said.item is not None:
        found &= pl.col("case").is_in((items.frame["name"] == said.item).arg_true().implode())
    return found.fill_null(value=False)


def _sums(reach: pl.DataFrame) -> dict[str, float]:
    return dict(reach.group_by("account").agg(_days()).iter_rows())


def _account_of(amounts: Sequence[float]) -> Account:
    low, mid, high = amounts
    return Account(low=low, mid=mid, high=high)


def _account(stream: Stream, timeline: Timeline, requested: Collection[int], stamped: Collection[str]) -> pl.Expr:
    preempted = (pl.col("redone") == LoopKind.PREEMPTION).fill_null(value=False)
    at_stamp = approval_place(stream).is_in(list(stamped)) & (
        (pl.col("label") == Label.APPROVAL) | (pl.col("spent") == Spent.REVIEW)
    )
    rules: list[tuple[pl.Expr, str]] = [
        (pl.col("case").is_in(_overproduced(stream, timeline, requested)), Waste.OVERPRODUCTION),
        (redone(), Waste.DEFECTS),
        (preempted & ~is_active(), Waste.MOTION),
        (at_stamp.fill_null(value=False), Waste.OVER_PROCESSING),
        (adds_value(stream.stages), VALUE_ADDED),
        (is_active(), NECESSARY),
        (_spent_on(Label.DONE, Label.DROPPED), DONE),
        (_spent_on(Label.HAND_OFF), Waste.TRANSPORT),
        (_spent_on(Spent.MULTITASK), Waste.MOTION),
        (_spent_on(Label.BACKLOG, Label.UNMAPPED, Spent.ABSENT, Spent.UNOWNED), Waste.INVENTORY),
    ]
    account = _called(Waste.WAITING)
    for condition, name in reversed(rules):
        account = pl.when(condition).then(_called(name)).otherwise(account)
    return account


def _spent_on(*names: Label | Spent) -> pl.Expr:
    return pl.col("spent").is_in([name.value for name in names])


def _overproduced(stream: Stream, timeline: Timeline, requested: Collection[int]) -> list[int]:
    """Dropped after somebody worked on it."""
    dropped = timeline.cases.filter(pl.col("outcome") == Outcome.DROPPED)["case"]
    in_work = pl.col("own_position").is_in([n for n, s in enumerate(stream.stages) if s.kind is StageKind.WORK])
    theirs = timeline.spans.lazy().filter(pl.col("case").is_in(dropped.implode()), pl.col("start") < pl.col("end"))
    begun = theirs.filter((pl.col("label") == Label.WORK) | in_work | pl.col("evidenced"))
    touched = begun.select(pl.col("case").unique()).collect().to_series()
    return sorted({*touched, *(set(dropped) & set(requested))})


def _place(stream: Stream) -> pl.Expr:
    """What people call the place of a span: blocked, the stage, or a turn that no stage claims."""
    names = {n: stage.name for n, stage in enumerate(stream.stages)}
    stage = pl.col("position").replace_strict(names, default=None, return_dtype=pl.String)
    claimed = pl.col("court").is_null() | pl.col("state").is_in(
        [state for stage in stream.stages for state in stage.states]
    )
    place = pl.when(claimed).then(pl.coalesce(stage, "state")).otherwise(pl.coalesce("court", "state"))
    return pl.when(pl.col("spent") == Label.BLOCKED).then(pl.lit("blocked")).otherwise(place)


def _intervals(reaches: Sequence[pl.DataFrame], cases: pl.Series) -> Mapping[str, tuple[float, float]]:
    """Of each account, from the least to the most that any reach of evidence makes likely."""
    amounts = np.zeros((len(cases), len(ACCOUNTS), len(reaches)))
    for number, reach in enumerate(reaches):
        known = reach.filter(pl.col("case").is_in(cases.implode()))
        row, column = np.searchsorted(cases.to_numpy(), known["case"]), known["account"].to_physical()
        amounts[row, column.to_numpy(), number] = known["time"].to_numpy() / DAY
    bounds = total_intervals(amounts[:, : len(Waste)].reshape(len(cases), len(Waste) * len(reaches)), len(cases))
    found = bounds.reshape(len(Waste), len(reaches), 2)
    return {
        name: (float(bound[:, 0].min()), float(bound[:, 1].max())) for name, bound in zip(Waste, found, strict=True)
    }


def _part(
    waste: Waste,
    places: pl.DataFrame,
    items: Items,
    window: Window,
    total: float,
    interval: tuple[float, float],
) -> WastePart:
    cost = places.select(_days()).item()
    return WastePart(
        waste=waste,
        cost_per_week=cost / window.weeks,
        share=cost / total,
        low=interval[0] / window.weeks,
        high=interval[1] / window.weeks,
        grade=_grade(waste, places["case"].n_unique()),
        evidence=_evidence(places, items),
    )


def _grade(waste: Waste, items: int) -> Grade:
    if items < SOME:
        return "C"
    return "B" if items < MANY or waste in BY_EVIDENCE else "A"


def _evidence(places: pl.DataFrame, items: Items) -> tuple[Evidence, ...]:
    """The places that cost most, and their items that cost most."""
    by_item = places.with_columns(days=pl.col("time") / DAY).sort(["days", "case"], descending=[True, False])
    dearest = by_item.group_by("place", maintain_order=True).agg(pl.col("case").head(MOST_ITEMS))
    by_place = places.group_by("place").agg(_days()).join(dearest, on="place")
    chosen = by_place.sort(["days", "place"], descending=[True, False]).head(MOST_EVIDENCE)
    return tuple(
        Evidence(what=what, cost=cost, items=tuple(items.names[case] for case in cases))
        for what, cost, cases in chosen.iter_rows()
    )
