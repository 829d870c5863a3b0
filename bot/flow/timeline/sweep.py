"""Cases -> spans: in every case one state at a time, no overlap, no gap.

An item of a tracker, each of its change requests and each of its blocks is a step function over the case's time. All
their steps, sorted once, cut the time into elementary intervals; at each, the table of precedence below says who is
shown. So spans sum to the lead time by construction.

Precedence (the first that holds):
    ENDED       the item reached the end stage, or was dropped
    TURN        a verdict or a wait of the critical change request: review, checks, merge, or changes requested
    QUEUE       the item waits in an approval or in a queue between stages
    DRAFT       the change request is a draft
    LANDED      the change request is merged, and the item was not taken to work since
    OWN         whatever the item's own state says
A block overrides none of these; it marks the span. Critical is the open change request that is merged last; the others
do not count. One that was closed without being merged counts while it was open.
"""

from collections.abc import Mapping
from enum import IntEnum
from typing import Any

import polars as pl

from bot.flow.clock import WorkClock
from bot.flow.history.log import Log
from bot.flow.model import Court, StageKind, Stream
from bot.flow.timeline.cases import Cases
from bot.flow.timeline.ends import find_ends
from bot.flow.timeline.spans import KINDS, LABELS, Label, Timeline, code
from bot.frames import WORDS
from connectors.records import EventKind

FOREVER = 2**62


class Rank(IntEnum):
    ENDED = 0
    TURN = 1
    QUEUE = 2
    DRAFT = 3
    LANDED = 4
    OWN = 5
    OVERTAKEN = 6
    ABSENT = 7


LANDED = (Court.MERGED.value, Court.RELEASED.value, Court.DEPLOYED.value)

COURT_LABELS = {
    Court.DRAFT: Label.WORK,
    Court.AWAITING_REVIEW: Label.APPROVAL,
    Court.CHANGES_REQUESTED: Label.WORK,
    Court.CHECKS_FAILED: Label.WORK,
    Court.AWAITING_CHECKS: Label.CHECKS,
    Court.AWAITING_MERGE: Label.MERGE,
    Court.IN_MERGE_QUEUE: Label.MERGE,
    **dict.fromkeys(LANDED, Label.DEPLOY),
    Court.CLOSED: Label.DROPPED,
}
STAGE_LABELS = {
    StageKind.WORK: Label.WORK,
    StageKind.APPROVAL: Label.APPROVAL,
    StageKind.WAIT: Label.QUEUE,
    StageKind.DONE: Label.QUEUE,
}
"""A stage called done before the end of the stream is one more wait."""
COURT_RANKS = {Court.DRAFT: Rank.DRAFT, **dict.fromkeys(LANDED, Rank.LANDED)}
"""All others are a turn."""

SAYS = ("case", "item", "position", "kind", "state", "court", "own_position", "own_state", "label")
"""What a span says; neighbours that say the same are one."""

SHOWN = (*SAYS[:-1], "order", "at", "next", "blocked")
"""What is known of an elementary interval before it has a label."""

OPTIONAL = (Court.DRAFT.value, *LANDED)
"""Courts that count only where the configuration gives them a stage."""


def build_timeline(
    stream: Stream,
    log: Log,
    cases: Cases,
    courts: pl.DataFrame,
    labels: Mapping[str, Label],
    clock: WorkClock,
    end: int,
) -> Timeline:
    """Every case's spans as far as they were known at `end`.

    `labels`: what items wait for in a state, where that is known better than from the kind of its stage.
    """
    steps = _steps(cases, _claimed(stream, log, courts, cases), end)
    shown = _labelled(_shown(steps, log, cases, stream, end), stream, labels)
    everything = pl.concat([shown, _passed_through(steps, stream, labels)]).sort("case", "start", "end", "order")
    ended = find_ends(stream, log, cases, everything, end)
    spans = _coalesced(_clipped(everything, ended))
    worked = clock.elapsed(spans["end"].to_numpy()) - clock.elapsed(spans["start"].to_numpy())
    return Timeline(ended, _with_visits(spans.with_columns(worked=pl.Series(worked))))


def _claimed(stream: Stream, log: Log, courts: pl.DataFrame, cases: Cases) -> pl.DataFrame:
    """item, at, order, state, court, position: every step of every item, and the stage that claims it."""
    kinds = {n: repository.partition(".")[0] for n, repository in cases.requests.items()}
    source = pl.col("item").replace_strict(kinds, default="", return_dtype=pl.String)
    turned = courts.select("item", "at", "court", state=pl.concat_str(source, "court", separator=":"))
    moved = log.moves.select("item", "at", "state")
    claimed = pl.col("state").replace_strict(log.claims(stream), default=None, return_dtype=pl.Int64)
    dropped = next((n for n, stage in enumerate(stream.stages) if stage.kind is StageKind.DROPPED), None)
    position = pl.coalesce(claimed, pl.when(pl.col("court") == Court.CLOSED).then(pl.lit(dropped, pl.Int64)))
    placed = pl.concat([moved, turned], how="diagonal").with_columns(position=position).with_row_index("order")
    return placed.with_columns(pl.col("state", "court").cast(WORDS))


def _steps(cases: Cases, claimed: pl.DataFrame, end: int) -> pl.DataFrame:
    """The steps of every thread of every case; `priority` orders its change requests, the critical one first."""
    merged = claimed.filter(pl.col("court").is_in(LANDED)).group_by("item").agg(landed=pl.col("at").min())
    opened = claimed.group_by("item").agg(opened=pl.col("at").min())
    threads = (
        cases.members.join(merged, on="item", how="left")
        .join(opened, on="item")
        .with_columns(pl.col("landed").fill_null(FOREVER), own=pl.col("case") == pl.col("item"))
    )
    ordered = threads.sort("case", "landed", "opened", "item", descending=[False, True, True, False])
    ranked = ordered.with_columns(priority=pl.int_range(pl.len()).over("case"))
    return (
        ranked.select("case", "item", "own", "priority")
        .join(claimed, on="item")
        .filter(pl.col("at") < end)
        .sort("order")
    )


def _shown(steps: pl.DataFrame, log: Log, cases: Cases, stream: Stream, end: int) -> pl.DataFrame:
    """What is shown of every case at each elementary interval."""
    blocks = _blocks(log, cases)
    crossed = pl.concat([steps.filter(~pl.col("own"))["case"], blocks["case"]]).unique().implode()
    is_crossed = pl.col("case").is_in(crossed)
    first = _first(_grid(steps.filter(is_crossed), blocks, end), stream)
    return pl.concat([_alone(steps.filter(~is_crossed), stream, end), first], how="vertical_relaxed")


def _alone(steps: pl.DataFrame, stream: Stream, end: int) -> pl.DataFrame:
    """Of cases of one thread that were never blocked: from step to step."""
    held = steps.sort("case", "at", maintain_order=True).filter(~_left_at_once())
    following = pl.when(pl.col("case") == pl.col("case").shift(-1)).then(pl.col("at").shift(-1)).fill_null(end)
    return held.with_columns(
        next=following,
        blocked=pl.lit(value=False),
        kind=_kind(stream, "position"),
        own_position="position",
        own_state="state",
    ).select(SHOWN)


def _left_at_once() -> pl.Expr:
    """A step of a thread, which are sorted, that another one follows at the same instant."""
    again = (pl.col("case") == pl.col("case").shift(-1)) & (pl.col("at") == pl.col("at").shift(-1))
    return again.fill_null(value=False)


def _grid(steps: pl.DataFrame, blocks: pl.DataFrame, end: int) -> pl.DataFrame:
    """case, at, next, blocked: the elementary intervals since the item exists, a row for each thread that has begun."""
    born = steps.filter("own").group_by("case").agg(born=pl.col("at").min())
    cuts = pl.concat([steps.select("case", "at"), blocks.select("case", "at")]).unique().join(born, on="case")
    cuts = cuts.filter(pl.col("at") >= pl.col("born")).drop("born").sort("case", "at")
    cuts = cuts.with_columns(next=pl.col("at").shift(-1).over("case").fill_null(end))
    cuts = cuts.sort("at").join_asof(blocks.sort("at"), on="at", by="case", check_sortedness=False)
    cuts = cuts.with_columns(pl.col("blocked").fill_null(value=False))
    held = steps.unique(["case", "item", "at"], keep="last", maintain_order=True).with_columns(since="at")
    threads = steps.select("case", "item").unique()
    return (
        cuts.join(threads, on="case")
        .sort("at")
        .join_asof(held.sort("at"), on="at", by=["case", "item"], check_sortedness=False)
        .drop_nulls("state")
    )


def _blocks(log: Log, cases: Cases) -> pl.DataFrame:
    """case, at, blocked: when the first block of a case begins and the last one ends."""
    flags = log.events.filter(pl.col("kind").is_in([EventKind.BLOCKED, EventKind.UNBLOCKED])).with_columns(
        on=(pl.col("kind") == EventKind.BLOCKED).cast(pl.Int64)
    )
    before = pl.col("on").shift(1).over("item", "detail").fill_null(0)
    changes = flags.with_columns(change=pl.col("on") - before).join(cases.members, on="item")
    at_once = changes.group_by("case", "at").agg(pl.col("change").sum()).sort("case", "at")
    return at_once.select("case", "at", blocked=pl.col("change").cum_sum().over("case") > 0)


def _first(grid: pl.DataFrame, stream: Stream) -> pl.DataFrame:
    """At each elementary interval the thread that the table of precedence puts first."""
    own, kind = pl.col("own"), _kind(stream, "position")
    begins = (pl.col("case") != pl.col("case").shift(1)).fill_null(value=True)
    root = pl.when(own).then(pl.int_range(pl.len())).forward_fill()
    taken = pl.when(own & (kind == StageKind.WORK)).then("since").when(own & begins).then(0).forward_fill()
    beside = _critical(grid).with_columns(
        own_position=pl.col("position").gather(root),
        own_state=pl.col("state").gather(root),
        taken_to_work=taken,
        mapped=pl.col("position").is_not_null(),
    )
    placed = beside.with_columns(
        position=pl.when(own).then("position").otherwise(pl.coalesce("position", "own_position"))
    )
    ranked = placed.with_columns(kind=kind).with_columns(
        rank=pl.when(own).then(_own_rank(stream)).otherwise(_court_rank())
    )
    overrules = (~own & (pl.col("rank") < pl.col("rank").shift(1))).fill_null(value=False)
    return ranked.filter(pl.when(own).then(~overrules.shift(-1, fill_value=False)).otherwise(overrules)).select(SHOWN)


def _critical(grid: pl.DataFrame) -> pl.DataFrame:
    """The own thread of each case, and after it the open change request that is merged last, or the last merged."""
    told = grid.filter(pl.col("own") | (pl.col("court") != Court.CLOSED)).with_columns(
        landed=pl.col("court").is_in(LANDED)
    )
    ordered = told.sort("case", "at", "own", "landed", "priority", descending=[False, False, True, False, False])
    return ordered.filter(pl.col("own") | pl.col("own").shift(1)).drop("landed")


def _kind(stream: Stream, position: str) -> pl.Expr:
    kinds = {n: stage.kind.value for n, stage in enumerate(stream.stages)}
    return pl.col(position).replace_strict(kinds, default=None, return_dtype=KINDS)


def _own_rank(stream: Stream) -> pl.Expr:
    ended = (pl.col("kind") == StageKind.DROPPED) | (pl.col("position") >= stream.position(stream.end))
    between = ((pl.col("kind") == StageKind.WAIT) | (pl.col("kind") == StageKind.DONE)) & (
        pl.col("position") > stream.first_work
    )
    waits = between | (pl.col("kind") == StageKind.APPROVAL)
    return pl.when(ended).then(Rank.ENDED.value).when(waits).then(Rank.QUEUE.value).otherwise(Rank.OWN.value)


def _court_rank() -> pl.Expr:
    unused = pl.col("court").is_in(OPTIONAL) & ~pl.col("mapped")
    overtaken = pl.col("court").is_in(LANDED) & (pl.col("taken_to_work") > pl.col("since"))
    rank = pl.col("court").replace_strict(COURT_RANKS, default=Rank.TURN, return_dtype=pl.Int32)
    return pl.when(unused).then(Rank.ABSENT.value).when(overtaken).then(Rank.OVERTAKEN.value).otherwise(rank)


def _labelled(shown: pl.DataFrame, stream: Stream, labels: Mapping[str, Label]) -> pl.DataFrame:
    over = pl.col("position") >= stream.position(stream.end)
    label = (
        pl.when(pl.col("kind") == StageKind.DROPPED)
        .then(code(Label.DROPPED))
        .when(over)
        .then(code(Label.DONE))
        .when("blocked")
        .then(code(Label.BLOCKED))
        .otherwise(_label(stream, labels))
    )
    return shown.select(*SAYS[:-1], "order", start="at", end="next", label=label)


def _label(stream: Stream, labels: Mapping[str, Label]) -> pl.Expr:
    backlog = (pl.col("kind") == StageKind.WAIT) & (pl.col("position") < stream.first_work)
    stage = pl.when(backlog).then(code(Label.BACKLOG)).otherwise(_called("kind", STAGE_LABELS, Label.UNMAPPED))
    return pl.coalesce(_called("court", COURT_LABELS), _called("state", labels), stage)


def _called(name: str, labels: Mapping[Any, Label], otherwise: Label | None = None) -> pl.Expr:
    told = {str(word): label.value for word, label in labels.items()}
    return pl.col(name).replace_strict(told, default=otherwise and otherwise.value, return_dtype=LABELS)


def _passed_through(steps: pl.DataFrame, stream: Stream, labels: Mapping[str, Label]) -> pl.DataFrame:
    """States that an item left in the instant it entered them."""
    passed = steps.filter("own").sort("case", "at", "order").filter(_left_at_once())
    passed = passed.with_columns(
        kind=_kind(stream, "position"),
        blocked=pl.lit(value=False),
        next="at",
        own_position="position",
        own_state="state",
    )
    return _labelled(passed, stream, labels)


def _clipped(shown: pl.DataFrame, ended: pl.DataFrame) -> pl.DataFrame:
    """The part of each interval between the case's start and its end; what has no length stays only inside."""
    bounds = ended.select("case", first="start", last="end")
    cut = shown.join(bounds.drop_nulls("first"), on="case", maintain_order="left").with_columns(
        start=pl.max_horizontal("start", "first"),
        end=pl.min_horizontal("end", "last"),
        passed=pl.col("start") == pl.col("end"),
    )
    inside = (pl.col("start") < pl.col("end")) | (
        pl.col("passed") & (pl.col("start") == pl.col("end")) & (pl.col("start") < pl.col("last"))
    )
    return cut.filter(inside).drop("first", "last", "passed")


def _coalesced(spans: pl.DataFrame) -> pl.DataFrame:
    """Neighbours that say the same become one span."""
    changed = pl.any_horizontal([pl.col(name).ne_missing(pl.col(name).shift(1)) for name in SAYS])
    return (
        spans.with_columns(run=changed.cum_sum())
        .group_by("run", maintain_order=True)
        .agg(*(pl.col(name).first() for name in SAYS), pl.col("start").first(), pl.col("end").last())
        .drop("run")
    )


def _with_visits(spans: pl.DataFrame) -> pl.DataFrame:
    """Which stay in its stage a span belongs to, from 1."""
    entered = (pl.col("case") != pl.col("case").shift(1)) | pl.col("position").ne_missing(pl.col("position").shift(1))
    entered = entered.fill_null(value=True)
    stays = spans.select("case", "position").filter(entered)
    visits = stays.select(pl.int_range(1, pl.len() + 1).over("case", "position")).to_series()
    return spans.with_columns(visit=visits.gather(spans.select(entered.cum_sum() - 1).to_series()))
