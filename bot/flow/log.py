"""Records -> event log: in order, with one name for each state, and with gaps closed.

Whatever is repaired or guessed is said as a doubt. Definitions: normaliser N1 (order of the source), N3
(identity of states by id), N9 (missing transitions: the boundary is set half-way), N10 (causal order of equal
instants).
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import polars as pl

from bot.flow.blocks import settle_blocks
from bot.flow.clock import DAY, instant
from bot.flow.findings.measures import Doubt
from connectors.records import FLOWING, UNKNOWN, ActorKind, Event, EventKind, Item, Link, Person

ORDER = {
    kind: rank
    for rank, kind in enumerate(
        (
            EventKind.OPENED,
            EventKind.DRAFTED,
            EventKind.READY,
            EventKind.REQUESTED,
            EventKind.UNREQUESTED,
            EventKind.COMMITTED,
            EventKind.PUSHED,
            EventKind.FORCE_PUSHED,
            EventKind.CHECKED,
            EventKind.DISMISSED,
            EventKind.REVIEWED,
            EventKind.STATE,
            EventKind.QUEUED,
            EventKind.UNQUEUED,
            EventKind.MERGED,
            EventKind.RELEASED,
            EventKind.DEPLOYED,
            EventKind.CLOSED,
            EventKind.REOPENED,
        )
    )
}
"""What causes what when two things happen at one instant; kinds not named come last."""

GONE = "gone"
"""Kind of the doubt about items that were deleted."""

UP_TO_DATE = DAY
"""A day without a collection is no reason to doubt."""

SCHEMA = {
    "source": pl.String,
    "id": pl.String,
    "item": pl.Int64,
    "at": pl.Int64,
    "kind": pl.String,
    "state": pl.String,
    "state_id": pl.String,
    "actor": pl.String,
    "human": pl.Boolean,
    "attended": pl.Boolean,
    "detail": pl.String,
    "seq": pl.Int64,
}


@dataclass(frozen=True)
class Records:
    """What the store gives for one stream."""

    items: Sequence[Item]
    events: Sequence[Event]
    links: Sequence[Link]
    people: Sequence[Person]
    read_until: Mapping[str, datetime | None] = field(default_factory=dict)
    """of each project and repository: until when everything is here, None if it was never read to the end"""


@dataclass(frozen=True)
class Log:
    """Items by number, and what happened to them in order.

    `events`: item, at, kind, actor, human, attended, detail. `moves`: item, at, state (`<kind of source>:<name>`), by,
    assumed, human, bulk: the states that sources name themselves, without repetitions. `attended`: a person did it, for
    this item alone, so it is evidence of work. `names`: former name -> name of today, of states that were renamed.
    `trusted_from`: of items that were imported, since when their history is known.
    """

    items: tuple[Item, ...]
    events: pl.DataFrame
    moves: pl.DataFrame
    names: dict[str, str]
    doubts: tuple[Doubt, ...]
    trusted_from: Mapping[int, int] = field(default_factory=dict)


def read_log(records: Records, end: int, ends: Collection[str] = ()) -> Log:
    """The log as it was known at `end`: what happens at that instant comes later. `ends`: states of what is over."""
    begun = [i for i in records.items if i.kind in FLOWING and instant(i.created_at) < end]
    items = tuple(i for i in begun if not _is_gone(i, end))
    settled, blocked = settle_blocks(items, records.events, ends)
    numbers = {(i.source, i.key): n for n, i in enumerate(items)}
    events = _frame(settled, numbers, records.people).filter(pl.col("at") < end)
    ordered = events.with_columns(
        rank=pl.col("kind").replace_strict(ORDER, default=len(ORDER), return_dtype=pl.Int64),
    )
    ordered = ordered.sort("item", "at", "rank", "seq", "id").drop("rank", "seq")
    moves, names = _named(ordered.filter(pl.col("kind") == EventKind.STATE))
    closed = _close_gaps(moves)
    doubts = (*_incomplete(records, end), *_gone(begun, end), *blocked, *_gaps(closed, items), *_histories(items))
    return Log(items, ordered.filter(pl.col("kind") != EventKind.STATE), _without_repetition(closed), names, doubts)


def _is_gone(item: Item, end: int) -> bool:
    return item.gone_at is not None and instant(item.gone_at) < end


def _gone(items: Sequence[Item], end: int) -> Iterator[Doubt]:
    """What was deleted counts as if it had never been."""
    names = tuple(item.name for item in items if _is_gone(item, end))
    if names:
        detail = "deleted at the source, or hidden from us; left out"
        yield Doubt(kind=GONE, detail=detail, items=names, touches=("lead_time", "wip", "age", "stages"))


def _frame(events: Sequence[Event], numbers: dict[tuple[str, str], int], people: Sequence[Person]) -> pl.DataFrame:
    """Who acted is a person or a bot by what is known of the account, or else by what the event says."""
    kinds = {(p.source, p.key): p.kind for p in people}
    rows = [
        (
            e.source,
            e.id,
            number,
            instant(e.at),
            e.kind,
            e.state,
            e.state_id,
            e.actor,
            human := kinds.get((e.source, e.actor or ""), e.actor_kind) is not ActorKind.BOT,
            human,
            e.detail,
            e.seq,
        )
        for e in events
        if (number := numbers.get((e.source, e.item))) is not None
    ]
    return pl.DataFrame(rows, SCHEMA, orient="row")


def _named(moves: pl.DataFrame) -> tuple[pl.DataFrame, dict[str, str]]:
    """A state is known by its id and goes by the newest name that id had."""
    kind = pl.col("source").str.split(".").list.first()
    place = pl.concat_str(pl.col("source"), pl.col("state_id"), separator="/")
    spoken = moves.with_columns(said=pl.concat_str(kind, pl.col("state"), separator=":"), place=place)
    newest = (
        spoken.filter(pl.col("place").is_not_null())
        .sort("at", "said")
        .group_by("place", maintain_order=True)
        .agg(newest=pl.col("said").last())
    )
    named = spoken.join(newest, on="place", how="left", maintain_order="left").with_columns(
        name=pl.coalesce("newest", "said"), left=pl.concat_str(pl.col("source"), pl.col("detail"), separator="/")
    )
    left = newest.rename({"place": "left", "newest": "left_name"})
    renamed = named.filter(pl.col("said") != pl.col("name")).select("said", "name").unique()
    named = named.join(left, on="left", how="left", maintain_order="left")
    return (
        named.select(
            "item",
            "at",
            "place",
            "left",
            state="name",
            left_state=pl.coalesce("left_name", pl.concat_str(kind, pl.lit(f":{UNKNOWN}"))),
            human="human",
            by="actor",
            bulk=pl.lit(value=False),
        ),
        {said: name for said, name in renamed.iter_rows() if said not in set(named["name"])},
    )


def _close_gaps(moves: pl.DataFrame) -> pl.DataFrame:
    """Where a move does not leave the state the item was in, a move is missing: assume it half-way."""
    same = pl.col("item") == pl.col("item").shift(1)
    before = moves.with_row_index("order").with_columns(
        pl.col("order").cast(pl.Int64) * 2,
        assumed=pl.lit(False),
        previous=pl.when(same).then(pl.col("place").shift(1)),
        previous_at=pl.when(same).then(pl.col("at").shift(1)),
    )
    missing = before.filter(
        pl.col("previous").is_not_null() & pl.col("left").is_not_null() & (pl.col("left") != pl.col("previous"))
    )
    assumed = missing.with_columns(
        pl.col("order") - 1,
        at=(pl.col("at") + pl.col("previous_at")) // 2,
        by=pl.lit(None, pl.String),
        assumed=pl.lit(True),
        state=pl.col("left_state"),
    )
    return pl.concat([before, assumed]).sort("order").select("item", "at", "state", "by", "assumed", "human", "bulk")


def _without_repetition(moves: pl.DataFrame) -> pl.DataFrame:
    repeated = (pl.col("item") == pl.col("item").shift(1)) & (pl.col("state") == pl.col("state").shift(1))
    return moves.filter(~repeated.fill_null(value=False))


def _incomplete(records: Records, end: int) -> Iterator[Doubt]:
    """What is not here cannot be told, and what was read long ago is out of date."""
    for place, until in records.read_until.items():
        if until is None or end - instant(until) > UP_TO_DATE:
            how_far = "was not read to the end yet" if until is None else f"was read until {until:%Y-%m-%d}"
            yield Doubt(
                kind="incomplete data",
                detail=f"{place} {how_far}; run `gemba collect`, after a new export if it is a file",
                touches=("lead_time", "wip", "age", "stages", "queues", "loops", "wastes"),
            )


def _gaps(moves: pl.DataFrame, items: Sequence[Item]) -> list[Doubt]:
    found = moves.filter("assumed")["item"].unique(maintain_order=True).to_list()
    if not found:
        return []
    return [
        Doubt(
            kind="gap",
            detail="a change of state is missing; the time between is split half and half",
            items=tuple(items[n].name for n in found),
            touches=("stages", "queues", "loops"),
        )
    ]


def _histories(items: Sequence[Item]) -> list[Doubt]:
    """What the connectors could not read whole, grouped by what is wrong."""
    found: dict[str, list[str]] = {}
    for item in items:
        for doubt in item.doubts:
            found.setdefault(doubt.partition(":")[0], []).append(item.name)
    return [
        Doubt(kind="history", detail=detail, items=tuple(names), touches=("lead_time", "stages", "loops"))
        for detail, names in sorted(found.items())
    ]
