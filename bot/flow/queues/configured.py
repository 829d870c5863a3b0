"""Lens: approval queues, of configured stages and of reviewers; items that still wait are counted."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import polars as pl

from bot.flow.clock import DAY, WorkClock, days, instant
from bot.flow.findings.queues import Capacity, Causes, Queue, QueueItem
from bot.flow.findings.stations import Cadence
from bot.flow.history.log import Log
from bot.flow.model import Court, StageKind, Stream, Window
from bot.flow.queues.causes import causes
from bot.flow.queues.discipline import capacity, discipline
from bot.flow.queues.little import little
from bot.flow.queues.stamps import stamp
from bot.flow.queues.waits import effective_number, grade_of, is_steady, proposed_box, time_box, wait_of, watched_visits
from bot.flow.statistics.survival import incidence
from bot.flow.timeline.holders import Holders
from bot.flow.timeline.spans import PASSED_THROUGH, Label, Outcome, Timeline, approval_place
from bot.flow.timeline.stays import joined
from bot.frames import WORDS, Items
from connectors.records import EventKind

ONE_PERSONS_DAY = 20
"""Items that one person may touch on three of four days."""

FOLLOWING = ("label", "item", "court", "position", "own_position", "own_state")
"""What is asked of the span after a wait."""

WAIT = ("run", "case", "station", "item", "court", "start", "end", "into", "into_item", "into_court", "back")

AFTER_APPROVAL = tuple(court.value for court in (Court.AWAITING_CHECKS, Court.AWAITING_MERGE, Court.IN_MERGE_QUEUE))


@dataclass(frozen=True)
class Surroundings:
    """What a queue is seen in.

    `cadences`: appointments, by the name of the queue; `discovered`: states that behave as an approval and are not
    called one: each is a queue of its own, under its own name, and its time stays where the configuration puts it;
    `returns`: states that lead back to where an item has been, wherever their stages stand.
    """

    stream: Stream
    timeline: Timeline
    log: Log
    holders: Holders
    clock: WorkClock
    window: Window
    cadences: Mapping[str, Cadence] = field(default_factory=dict)
    discovered: Collection[str] = ()
    returns: Collection[str] = ()

    @cached_property
    def waits(self) -> "Waits":
        """What waits for approval in the window, found once."""
        spans = _waits(self)
        return Waits(joined(spans, "run"), _visits(spans, self))


@dataclass(frozen=True)
class Waits:
    """`visits`: one row each (see `_visits`); `pieces`: run, start, end of what they are made of, without the holes."""

    pieces: pl.DataFrame
    visits: pl.DataFrame


def queues(around: Surroundings, total: float) -> tuple[Queue, ...]:
    """Every station at which something waited for approval in the window, the most expensive first.

    `total`: its item-days.
    """
    found = [
        _queue(around, station, group.sort("start", "case"), total)
        for (station,), group in around.waits.visits.group_by("station", maintain_order=True)
    ]
    return tuple(sorted(found, key=lambda queue: (-queue.cost, queue.stage)))


def queue_visits(around: Surroundings) -> pl.DataFrame:
    """The visits behind the queues, in no order: case, station, start, end, waited, before, ended, withdrawn, ..."""
    return around.waits.visits


def _visits(waits: pl.DataFrame, around: Surroundings) -> pl.DataFrame:
    """The waits that touch the window.

    run, case, station, start, item, court, end, waited, before (the window), ended, withdrawn, into_court, back (to an
    earlier stage, or into a state that leads there), by (who let it go), bulk (together with many).

    Neither a block nor waiting for checks and merge in between ends a wait, nor does a state that was left in the
    instant it was entered; only the block lengthens it. Reviews of two change requests are two waits. What took less
    than a minute was passed through and is none.
    """
    start, end = instant(around.window.start), instant(around.window.end)
    before = pl.col("end").clip(upper_bound=start) - pl.col("start").clip(upper_bound=start)
    visits = waits.group_by("run", maintain_order=True).agg(
        pl.col("case", "station", "start").first(),
        pl.col("item", "court", "end", "into", "into_item", "into_court", "back").last(),
        waited=(pl.col("end") - pl.col("start")).sum(),
        before=before.sum(),
    )
    case_ends = around.timeline.cases.select("case", "outcome", over="end")
    at_its_end = pl.col("end") == pl.col("over")
    ended = ~(at_its_end & (pl.col("outcome") == Outcome.OPEN))
    withdrawn = (at_its_end & (pl.col("outcome") == Outcome.DROPPED)) | (pl.col("into") == Label.DROPPED).fill_null(
        value=False
    )
    told = visits.join(case_ends, on="case", maintain_order="left").with_columns(ended=ended, withdrawn=withdrawn)
    known = told.drop("into", "outcome", "over").filter(~pl.col("ended") | (pl.col("waited") > PASSED_THROUGH))
    return _with_exits(known.filter((pl.col("start") < end) & (pl.col("end") > start)), around.log)


def _with_exits(visits: pl.DataFrame, log: Log) -> pl.DataFrame:
    """by, bulk: who ended each visit, at the item itself or at the one that took over; null if it was nobody."""
    by = pl.when("human").then("by").cast(WORDS)
    moved = log.moves.filter(~pl.col("assumed")).select("item", "at", "bulk", by=by)
    acted = log.events.filter("human").select("item", "at", bulk=pl.lit(value=False), by=pl.col("actor").cast(WORDS))
    every = pl.concat([moved, acted])
    ends = [visits.select(name, at="end").rename({name: "item"}) for name in ("item", "into_item")]
    then = every.join(pl.concat(ends).unique(), on=["item", "at"], how="semi", maintain_order="left")
    then = then.with_columns(by=pl.when(~pl.col("by").is_in(_shared(every))).then("by"))
    told = then.group_by("item", "at", maintain_order=True)
    done = told.agg(pl.col("by").drop_nulls().last(), pl.col("bulk").any())
    own = visits.join(done, left_on=["item", "end"], right_on=["item", "at"], how="left", maintain_order="left")
    other = done.rename({"by": "other", "bulk": "other_bulk"})
    both = own.join(other, left_on=["into_item", "end"], right_on=["item", "at"], how="left", maintain_order="left")
    bulk = pl.coalesce("bulk", "other_bulk").fill_null(value=False)
    return both.with_columns(by=pl.coalesce("by", "other"), bulk=bulk).drop("into_item", "other", "other_bulk")


def _shared(traces: pl.DataFrame) -> list[str]:
    """Accounts that stand for many people, or for a role: on many of their days they touch more items than one can."""
    days_of = traces.lazy().select("by", "item", day=(pl.col("at") // DAY).cast(pl.Int32)).drop_nulls("by").unique()
    daily = days_of.group_by("by", "day").agg(items=pl.len()).collect()
    usual = daily.group_by("by").agg(pl.col("items").quantile(0.75))
    return usual.filter(pl.col("items") > ONE_PERSONS_DAY)["by"].sort().to_list()


def _waits(around: Surroundings) -> pl.DataFrame:
    """The spans that wait for approval, with `station`, `run`, `into`, `into_item`, `into_court` and `back`.

    `station`: the stage, the turn that none claims, or the discovered state; `run`: of one wait; `into`: the label of
    what follows, `back`: which lies in an earlier stage or leads there; after a change request that was merged, whether
    the card was moved there.
    """
    same = pl.col("case") == pl.col("case").shift(-1)
    follows = pl.when(same).then(pl.col(*FOLLOWING).shift(-1))
    merged = around.log.events.filter(pl.col("kind") == EventKind.MERGED)["item"].unique()
    landed = pl.col("item").is_in(merged.implode()) & (pl.col("into_item") != pl.col("item"))
    behind, leads = pl.col("into_position") < pl.col("position"), pl.col("into_own_state").is_in(list(around.returns))
    sent = pl.col("into_own_position") < pl.col("own_position")
    moved = pl.col("into_own_state") != pl.col("own_state")
    back = pl.when(landed.fill_null(value=False)).then(sent | (leads & moved)).otherwise(behind | leads)
    changed = pl.any_horizontal(
        pl.col("station").ne_missing(pl.col("station").shift(1)),
        pl.col("case").ne_missing(pl.col("case").shift(1)),
        (pl.col("item") != pl.col("item").shift(1)) & _both(pl.col("court") == Court.AWAITING_REVIEW),
    )
    placed = _with_stations(around).lazy().with_columns(follows.name.prefix("into_"))
    told = placed.with_columns(into="into_label", back=back, run=changed.fill_null(value=True).cum_sum())
    return told.drop_nulls("station").select(WAIT).collect()


def _with_stations(around: Surroundings) -> pl.DataFrame:
    """The spans that wait for approval, with `station`, and what follows each, without one."""
    found = pl.col("court").is_null() & pl.col("state").is_in(list(around.discovered))
    found &= ~pl.col("label").is_in([Label.DONE.value, Label.DROPPED.value])
    place = pl.when(found).then(pl.col("state").cast(pl.String)).otherwise(approval_place(around.stream))
    asked = (pl.col("court") == Court.AWAITING_REVIEW) | (
        pl.col("court").is_null() & (pl.col("kind") == StageKind.APPROVAL)
    )
    waits = found | (pl.col("label") == Label.APPROVAL)
    waits |= (pl.col("label") == Label.BLOCKED) & asked.fill_null(value=False)
    after = pl.col("court").is_in(list(AFTER_APPROVAL))
    lasting = around.timeline.spans.lazy().filter(~after.fill_null(value=False) & (pl.col("start") < pl.col("end")))
    told = lasting.select(*FOLLOWING, "state", "kind", "case", "start", "end", waits=waits.fill_null(value=False))
    near = told.filter(pl.col("waits") | pl.col("waits").shift(1, fill_value=False)).collect()
    known = pl.col("station").is_not_null()
    placed = near.lazy().with_columns(station=pl.when("waits").then(place)).drop("state", "kind", "waits")
    return placed.filter(known | known.shift(1, fill_value=False)).collect()


def _both(condition: pl.Expr) -> pl.Expr:
    """Of this span and the one before."""
    return (condition & condition.shift(1)).fill_null(value=False)


def _queue(around: Surroundings, station: str, visits: pl.DataFrame, total: float) -> Queue:
    withdrawn, items = visits["withdrawn"].to_numpy(), around.log.items
    watched = watched_visits(visits)
    found = incidence(watched)
    size = effective_number(watched, found)
    cost = days(float((watched.durations - watched.entered).sum()))
    stage = next((s for s in around.stream.stages if s.name == station), None)
    waiting = _items(visits, items, around.holders)
    enough = grade_of(size) != "C"
    balance = little(visits, around.window, items.names)
    order = discipline(visits) if enough else None
    use = capacity(visits, around.clock, around.window, order) if enough else None
    stamps, evidence = stamp(stage, visits, around.timeline, around.log)
    cadence = around.cadences.get(station)
    return Queue(
        stage=station,
        kind="batch gate" if cadence else "approval",
        origin="discovered" if station in around.discovered else "configured" if stage else "change requests",
        n=int(watched.wanted.sum()),
        waiting=int((~visits["ended"]).sum()),
        withdrawn=int(withdrawn.sum()),
        effective_n=size,
        grade=grade_of(size),
        wait=wait_of(watched, found, size, steady=is_steady(balance, use)),
        cost=cost,
        share=cost / total if total else None,
        holders=tuple(sorted({h for i in waiting for h in i.holders})),
        batching=appointments(cadence) if cadence else None,
        rubber_stamp=stamps,
        stamp=evidence,
        time_box=time_box(stage, watched, found),
        proposed_box=None if stage and stage.time_box else proposed_box(visits, instant(around.window.end)),
        little=balance,
        discipline=order,
        capacity=use,
        causes=_causes(around, visits, use, cadence),
        items=waiting,
    )


def _causes(around: Surroundings, visits: pl.DataFrame, use: Capacity | None, cadence: Cadence | None) -> Causes:
    service = use.service_time * around.clock.day if use and use.service_time is not None else None
    pieces = around.waits.pieces.join(visits.select("run"), on="run", how="semi", maintain_order="left")
    return causes(visits, pieces, around.log, around.clock, around.stream.calendar, around.window, cadence, service)


def appointments(cadence: Cadence) -> str:
    """When a queue is emptied, as people say it: Mon and Thu, 17:00."""
    names = [name.capitalize() for name in cadence.weekdays]
    on = " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names) or "end of the month"
    rhythm = f", every {cadence.every_weeks} weeks" if cadence.every_weeks > 1 and names else ""
    return on + rhythm + (f", {cadence.hour:02}:00" if cadence.hour is not None else "")


def _items(visits: pl.DataFrame, items: Items, holders: Holders) -> tuple[QueueItem, ...]:
    """Of each visit; what still waits stands first, then the longest wait."""
    names = items.frame.select(item="name", title="title", url="url")[visits["case"]]
    told = visits.select("case", "court", "waited", number="item", waiting=~pl.col("ended"))
    rows = pl.concat([told, names], how="horizontal").sort(
        ["waiting", "waited", "item"], descending=[True, True, False], maintain_order=True
    )
    who = [
        holders.of(case, number, court) if waits else ()
        for case, number, court, waits in rows.select("case", "number", "court", "waiting").iter_rows()
    ]
    waited = (rows["waited"].to_numpy() / DAY).tolist()
    told_of = zip(rows["item"], rows["title"], rows["url"], waited, rows["waiting"], who, strict=True)
    return tuple(QueueItem(*row) for row in told_of)
