"""What was dropped, guessed or missing, without blame, beside the figures it bears on."""

from collections.abc import Iterator

import polars as pl

from bot.flow.clock import DAY, instant, moment
from bot.flow.evidence.activity import Activity
from bot.flow.findings.measures import Doubt
from bot.flow.history.log import Log
from bot.flow.model import Stream, Window
from bot.flow.statistics.intervals import FEWEST_FOR_INTERVAL
from bot.flow.timeline.spans import Label, Outcome, Timeline, item_days
from bot.frames import Items
from bot.words import amount, count, share
from connectors.records import UNKNOWN

SILENCE = 14 * DAY
"""Without a record, from which data are old."""

LEAST_CLAIMED, LEAST_NAMED, MOST_STATES = 0.01, 0.001, 5
"""Shares of the item-days that are worth a doubt, and a name in it; how many states are named in one."""

LEAST_TRUST = 0.6
"""Of the evidenced work, in states that are called work; below it the states do not tell when people work."""


def doubts(stream: Stream, activity: Activity, log: Log, window: Window) -> tuple[Doubt, ...]:
    timeline = activity.mid
    return (
        *_unmapped(timeline, log.items, window),
        *_untraced(activity, log.items, window),
        *_status_trust(activity, window),
        *_swept(timeline, log.items),
        *_nothing_delivered(stream, timeline, window),
        *_few(timeline, window),
        *_late_returns(timeline, log.items, window),
        *_nothing_since(log, window),
        *_excused(stream),
    )


def _unmapped(timeline: Timeline, items: Items, window: Window) -> Iterator[Doubt]:
    """States that no stage claims, and times of which no history tells, with what they weigh."""
    spans = timeline.within(window)
    total = spans.select(item_days()).item()
    unclaimed = spans.filter(pl.col("position").is_null()).with_columns(
        unknown=pl.col("state").cast(pl.String).str.ends_with(f":{UNKNOWN}")
    )
    for unknown in (False, True):
        some = unclaimed.filter(pl.col("unknown") == unknown)
        if not len(some):
            continue
        cost = some.select(item_days()).item()
        weight = f"{amount(cost)} item-days in the window, {share(cost / total)} of all"
        yield Doubt(
            kind="unknown state" if unknown else "unmapped state",
            detail=f"no history tells where items were: {weight}" if unknown else _heaviest(some, weight, total),
            items=tuple(items.names[case] for case in some["case"].unique().sort()),
            touches=("stages", "value_added_ratio", "wastes"),
        )


def _untraced(activity: Activity, items: Items, window: Window) -> Iterator[Doubt]:
    """Work that leaves no trace looks like waiting, and waiting in such a state looks like work."""
    spans = activity.mid.within(window)
    total = spans.select(item_days()).item()
    claimed = spans.filter((pl.col("spent") == Label.WORK) & ~pl.col("evidenced"))
    weighed = claimed.group_by("state").agg(item_days()).sort("days", "state", descending=[True, False])
    heavy = weighed.filter(pl.col("days") > LEAST_NAMED * total)
    if len(heavy) and claimed.select(item_days()).item() > LEAST_CLAIMED * total:
        states = ", ".join(f'"{state}" {amount(days)}' for state, days in heavy.head(MOST_STATES).iter_rows())
        yield Doubt(
            kind="work without traces",
            detail=f"too few traces to tell work from waiting, so the states are believed: {states} item-days",
            items=tuple(items.names[case] for case in claimed["case"].unique().sort()),
            touches=("value_added_ratio", "stages", "wastes"),
        )


def _status_trust(activity: Activity, window: Window) -> Iterator[Doubt]:
    """Where people work before they move the card, its states say little about when."""
    work = activity.mid.within(window).filter((pl.col("spent") == Label.WORK) & pl.col("evidenced"))
    total = int(work["worked"].sum())
    trust = int(work.filter(pl.col("label") == Label.WORK)["worked"].sum()) / total if total else 1.0
    if trust < LEAST_TRUST:
        yield Doubt(
            kind="states that do not tell of work",
            detail=f"only {trust:.0%} of the work that left traces was done in states called work; "
            "the traces are believed, but work without a trace is told as waiting",
            touches=("stages", "value_added_ratio", "wastes"),
        )


def _heaviest(unclaimed: pl.DataFrame, weight: str, total: float) -> str:
    lost = unclaimed.group_by("state").agg(item_days()).sort(["days", "state"], descending=[True, False])
    if len(lost) == 1:
        return f'no stage claims "{lost["state"].item()}": {weight}; add it to a stage'
    told = [f'"{state}" ({share(cost / total)})' for state, cost in lost.head(MOST_STATES).iter_rows()]
    more = f" and {len(lost) - MOST_STATES} more" if len(lost) > MOST_STATES else ""
    return f"no stage claims {', '.join(told)}{more}: {weight}; add them to stages"


def _swept(timeline: Timeline, items: Items) -> Iterator[Doubt]:
    cases = timeline.cases.filter(pl.col("outcome") == Outcome.SWEPT)["case"].sort()
    if len(cases):
        yield Doubt(
            kind="closed in bulk",
            detail=f"{len(cases)} items were closed with many others after a long silence; "
            "they count neither as delivered nor as dropped, and up to their last sign of life",
            items=tuple(items.names[case] for case in cases),
            touches=("lead_time", "throughput"),
        )


def _nothing_delivered(stream: Stream, timeline: Timeline, window: Window) -> Iterator[Doubt]:
    if len(timeline.delivered(window)):
        return
    came, none = timeline.arrivals(), "no item was delivered in the window"
    ends = came.filter(pl.col("outcome") == Outcome.DELIVERED)["end"].to_list()
    skipped = timeline.cases.filter(pl.col("outcome") == Outcome.NO_TIME)
    if ends:
        why = f"{none}; the last delivery was on {moment(max(ends)):%Y-%m-%d}; choose another --from and --to"
    elif len(came):
        why = f"of no item that was delivered it is known when it began: {_imported(len(came))}; choose later days"
    elif len(skipped):
        why = f'{none}; {count(len(skipped), "item")} came to "{stream.end}" in no time; check the trigger'
    else:
        why = f'{none}; nor ever before did one come to stay in "{stream.end}"; choose later days, or check that stage'
    yield Doubt(kind="nothing delivered", detail=why, touches=("lead_time", "stages"))


def _imported(number: int) -> str:
    return "the only one was imported" if number == 1 else f"all {number} were imported"


def _few(timeline: Timeline, window: Window) -> Iterator[Doubt]:
    number = len(timeline.delivered(window))
    if 0 < number < FEWEST_FOR_INTERVAL:
        yield Doubt(
            kind="few items",
            detail=f"only {count(number, 'delivered item')}: too few for an interval",
            touches=("lead_time", "cycle_time"),
        )


def _late_returns(timeline: Timeline, items: Items, window: Window) -> Iterator[Doubt]:
    """The lead time of a reopened item contains the time it was thought done."""
    ended = timeline.delivered(window).select("case")
    thought = timeline.spans.filter(pl.col("label") == Label.DONE).join(ended, on="case")
    cases = thought["case"].unique().sort().to_list()
    if cases:
        mean = float((thought["end"] - thought["start"]).sum()) / DAY / len(cases)
        yield Doubt(
            kind="reopened",
            detail=f"{len(cases)} delivered items were thought done before, for {mean:.1f} days on average; "
            "their lead time contains it",
            items=tuple(items.names[case] for case in cases),
            touches=("lead_time",),
        )


def _excused(stream: Stream) -> Iterator[Doubt]:
    """What is left out of the wastes because somebody says so."""
    for said in stream.not_waste:
        where = " at ".join(name for name in (said.item, f'"{said.place}"' if said.place else None) if name)
        yield Doubt(
            kind="said to be no waste",
            detail=f"{said.waste or 'waste'} of {where} counts as necessary: {said.reason}",
            items=(said.item,) if said.item else (),
            touches=("wastes",),
        )


def _nothing_since(log: Log, window: Window) -> Iterator[Doubt]:
    """Open items grow older and look stuck when nothing is recorded any more."""
    newest = pl.concat([log.events["at"], log.moves["at"]]).max()
    if isinstance(newest, int) and instant(window.end) - newest > SILENCE:
        yield Doubt(
            kind="old data",
            detail=f"nothing was recorded since {moment(newest):%Y-%m-%d}: open items look stuck; choose earlier days",
            touches=("wip", "age", "queues", "wastes"),
        )
