"""Lens: hours of people, and what lies about. Never to be added to item-days: the same hour costs both.

Switches and hand-offs are counted on the evidence of work: somebody takes up another item on the same day, or somebody
else goes on with an item. What a switch costs, 10 to 25 minutes, is taken from studies of interrupted work and not
measured here.
"""

from collections.abc import Collection

import numpy as np
import polars as pl

from bot.flow.clock import HOUR, WorkClock, days, instant
from bot.flow.evidence.activity import Activity
from bot.flow.evidence.touch import Reach, Traces
from bot.flow.findings.wastes import Account, Capacity, Stock
from bot.flow.history.log import Log
from bot.flow.model import Stream, Window
from bot.flow.timeline.cases import Cases
from bot.flow.timeline.spans import Label, Outcome, Spent, Timeline, approval_place, is_active, item_days, redone
from bot.frames import Items

SWITCH_MINUTES = (10, 25)
LEAST_STALE = 5
"""Working days, as most tools have it."""
ENOUGH_PAUSES = 20


def capacity(
    stream: Stream,
    activity: Activity,
    traces: Traces,
    cases: Cases,
    stamped: Collection[str],
    clock: WorkClock,
    window: Window,
) -> Capacity:
    """Evidenced hours in the window, and how often work changed hands or people changed items.

    `stamped`: the approvals that do not change outcomes.
    """
    steps = traces.windows(Reach.MID, clock).join(cases.members.select("case", "item"), on="item")
    inside = steps.filter(pl.col("at").is_between(instant(window.start), instant(window.end), closed="left"))
    single = inside.sort("actor", "at", "case").unique(["actor", "at"], keep="first", maintain_order=True)
    switches = _switches(single, stream)
    return Capacity(
        worked=_hours(activity, window, pl.lit(value=True)),
        rework=_hours(activity, window, redone()),
        stamps=_hours(
            activity, window, (pl.col("spent") == Spent.REVIEW) & approval_place(stream).is_in(list(stamped))
        ),
        hand_offs=_hand_offs(inside),
        switches=switches,
        switch_hours=(switches * SWITCH_MINUTES[0] / 60, switches * SWITCH_MINUTES[1] / 60),
    )


def _hours(activity: Activity, window: Window, condition: pl.Expr) -> Account:
    start, end = instant(window.start), instant(window.end)
    low, mid, high = (
        float(
            timeline.spans.filter(
                pl.col("evidenced") & condition & pl.col("end").is_between(start, end, closed="right")
            )["worked"].sum()
        )
        / HOUR
        for timeline in activity.every
    )
    return Account(low=low, mid=mid, high=high)


def _switches(steps: pl.DataFrame, stream: Stream) -> int:
    """A person's next trace of the same day is on another item."""
    day = pl.from_epoch("at", "us").dt.replace_time_zone("UTC").dt.convert_time_zone(stream.calendar.timezone).dt.date()
    told = steps.with_columns(day=day)
    same_person_and_day = (pl.col("actor") == pl.col("actor").shift(1)) & (pl.col("day") == pl.col("day").shift(1))
    return len(told.filter(same_person_and_day & (pl.col("case") != pl.col("case").shift(1))))


def _hand_offs(steps: pl.DataFrame) -> int:
    """Another person leaves the next trace of work on an item; reviews are no work on it."""
    working = steps.filter("producing").sort("case", "at", "actor")
    same = pl.col("case") == pl.col("case").shift(1)
    return len(working.filter(same & (pl.col("actor") != pl.col("actor").shift(1))))


def stock(timeline: Timeline, log: Log, cases: Cases, items: Items, clock: WorkClock, window: Window) -> Stock:
    """What lies about, and what has been left lying."""
    inside = timeline.within(window).filter(pl.col("spent") != Label.DONE)
    wip = inside.select(item_days()).item() / ((window.end - window.start).total_seconds() / 86_400)
    needed = _needed(timeline, window)
    last, usual = _silences(log, cases, clock)
    limit = max(LEAST_STALE * clock.day, usual)
    stale = _stale(timeline, last, clock, instant(window.end), limit) if len(last) else []
    return Stock(
        wip=wip,
        needed=needed,
        excess=None if needed is None else max(wip - needed, 0.0),
        stale_after=limit / clock.day if len(last) else None,
        stale=tuple(items.names[case] for case in stale),
    )


def _needed(timeline: Timeline, window: Window) -> float | None:
    """Little's law with the median time in which somebody works on a delivered item, nights and weekends with it."""
    ended = timeline.delivered(window).select("case")
    worked = timeline.spans.lazy().filter(is_active()).join(ended.lazy(), on="case", how="semi")
    per_item = worked.group_by("case").agg(active=(pl.col("end") - pl.col("start")).sum()).collect()
    if not len(per_item):
        return None
    pace = len(timeline.arrived(window)) / (window.weeks * 7)
    return pace * days(float(np.median(per_item["active"].to_numpy())))


def _silences(log: Log, cases: Cases, clock: WorkClock) -> tuple[pl.DataFrame, float]:
    """case, at: the last time a person did anything to an item; and how long nearly all pauses between two times are.

    In working microseconds: 95 of 100 are shorter.
    """
    acts = pl.concat(
        [log.events.filter("attended").select("item", "at"), log.moves.filter("human").select("item", "at")]
    )
    told = acts.join(cases.members.select("case", "item"), on="item").select("case", "at").sort("case", "at")
    same = pl.col("case") == pl.col("case").shift(1)
    worked = pl.Series("worked", clock.elapsed(told["at"].to_numpy()))
    pauses = told.select(gap=pl.when(same).then(worked.diff()))["gap"].drop_nulls()
    pauses = pauses.filter(pauses > 0)
    usual = float(np.quantile(pauses.to_numpy(), 0.95)) if len(pauses) >= ENOUGH_PAUSES else 0.0
    return told.group_by("case").agg(pl.col("at").max()), usual


def _stale(timeline: Timeline, last: pl.DataFrame, clock: WorkClock, end: int, limit: float) -> list[int]:
    """Open items that left the backlog, the one that lies longest first."""
    begun = timeline.spans.select("case", "label").filter(pl.col("label") != Label.BACKLOG)["case"].unique().implode()
    going = timeline.cases.filter((pl.col("outcome") == Outcome.OPEN) & pl.col("case").is_in(begun)).join(
        last, on="case"
    )
    silence = clock.elapsed(np.full(len(going), end)) - clock.elapsed(going["at"].to_numpy())
    silent = going.with_columns(silence=pl.Series(silence)).filter(pl.col("silence") > limit)
    return silent.sort(["silence", "case"], descending=[True, False])["case"].to_list()
