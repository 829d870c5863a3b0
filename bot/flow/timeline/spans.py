"""The reconstructed timeline: what every instant of every case is spent on. The lenses read it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import polars as pl

from bot.flow.instants import DAY, MINUTE, instant
from bot.flow.model import LoopKind, Stage, StageKind, Stream, Window


class Label(StrEnum):
    """What an instant of an item is spent on."""

    WORK = "work"
    BACKLOG = "waiting.backlog"
    QUEUE = "waiting.queue"
    HAND_OFF = "waiting.handoff"
    APPROVAL = "waiting.approval"
    CHECKS = "waiting.checks"
    MERGE = "waiting.merge"
    DEPLOY = "waiting.deploy"
    BLOCKED = "blocked"
    DONE = "done"
    DROPPED = "dropped"
    UNMAPPED = "unmapped"


class Spent(StrEnum):
    """What evidence tells beyond the label: somebody worked, or nobody did where work is claimed.

    Idle while the one who works on it was on another item, on none, or while nobody ever leaves a trace of work on it.
    """

    WORK = "work"
    REVIEW = "review"
    MULTITASK = "idle.multitask"
    ABSENT = "idle.absent"
    UNOWNED = "idle.unowned"


LABELS = pl.Enum(list(dict.fromkeys(what.value for what in (*Label, *Spent))))
"""What an instant is spent on, as spans tell it."""

KINDS = pl.Enum([kind.value for kind in StageKind])

IDLE = (Spent.MULTITASK, Spent.ABSENT, Spent.UNOWNED)
ACTIVE = (Spent.WORK, Spent.REVIEW)

PASSED_THROUGH = MINUTE
"""Dragging a card across the board takes no longer: a state left so soon was neither waited nor worked in."""


class Outcome(StrEnum):
    """What became of a case."""

    DELIVERED = "delivered"
    OPEN = "open"
    DROPPED = "dropped"
    NOT_STARTED = "not started"
    NO_TIME = "ended without passing the trigger"
    SWEPT = "closed in bulk"
    IMPORTED = "imported: its start is unknown"


@dataclass(frozen=True)
class Timeline:
    """`cases`: case, start, end, outcome, late (it was under way before anything is known of it).

    `spans`: case, item (whose state it is), position (of the stage; null: none claims it), kind (of the stage),
    state, court, own_position and own_state (of the item itself), label (what the states say it is spent on), start,
    end, visit, worked (working microseconds inside); after `find_returns` owner and redone (the return it is spent on,
    and its kind); after `with_activity` spent (a `Spent` where evidence tells more than the label, else the label)
    and evidenced (by a trace). `kind` is of KINDS, `label` and `spent` are of LABELS; states and courts are categories.

    The spans of a case are contiguous from its start to its end, or to the end of the window while it is open. A
    state that was left in the instant it was entered is a span without length.
    """

    cases: pl.DataFrame
    spans: pl.DataFrame

    def delivered(self, window: Window) -> pl.DataFrame:
        """The cases that ended inside the window, in the order of their ends."""
        return self.arrived(window).filter(pl.col("outcome") == Outcome.DELIVERED)

    def arrived(self, window: Window) -> pl.DataFrame:
        """The same and the imported ones, of which only the end is known; they ended after they had come."""
        inside = pl.col("end").is_between(instant(window.start), instant(window.end), closed="left")
        return self.arrivals().filter(inside)

    def arrivals(self) -> pl.DataFrame:
        """All that arrived, whenever it was."""
        imported = (pl.col("outcome") == Outcome.IMPORTED) & (pl.col("start") < pl.col("end"))
        return self.cases.filter((pl.col("outcome") == Outcome.DELIVERED) | imported).sort("end", "case")

    def open(self) -> pl.DataFrame:
        """The cases still under way at the end of the window."""
        return self.cases.filter(pl.col("outcome") == Outcome.OPEN).sort("start", "case")

    def current(self) -> pl.DataFrame:
        """The last span of each case under way, with `began`, the start of the case."""
        going = self.open().select("case", began="start")
        spans = self.spans.join(going, on="case", maintain_order="left")
        return spans.group_by("case", maintain_order=True).agg(pl.all().last())

    def within(self, window: Window, *columns: str) -> pl.DataFrame:
        """What of the spans is inside the window: all that they tell, or only these columns, start and end."""
        first, last = instant(window.start), instant(window.end)
        told = self.spans.select(*columns, "start", "end") if columns else self.spans
        touched = told.filter((pl.col("start") < last) & (pl.col("end") > first) & (pl.col("start") < pl.col("end")))
        return touched.with_columns(pl.col("start", "end").clip(first, last))


def code(word: Label | Spent) -> pl.Expr:
    """As spans tell it."""
    return pl.lit(word.value, LABELS)


def first_work(spans: pl.DataFrame) -> pl.DataFrame:
    """case, start: when somebody first worked on it, as a state or a trace tells; none where neither does."""
    begun = (pl.col("label") == Label.WORK) | (pl.col("spent") == Spent.WORK)
    return spans.filter(begun).group_by("case").agg(pl.col("start").min())


def item_days() -> pl.Expr:
    """`days`: how long the spans are together, as sums of whole microseconds, which are the same in every order."""
    return ((pl.col("end") - pl.col("start")).sum() / DAY).alias("days")


def adds_value(stages: Sequence[Stage]) -> pl.Expr:
    """Work that directly produces the output, wherever the card was, but for stages that are said not to."""
    others = [n for n, stage in enumerate(stages) if stage.kind is StageKind.WORK and not stage.value_adding]
    return (pl.col("spent") == Spent.WORK) & ~pl.col("position").is_in(others).fill_null(value=False)


def is_active() -> pl.Expr:
    """Somebody works on it, as far as evidence or the state tells."""
    return pl.col("spent").is_in([spent.value for spent in ACTIVE])


def redone() -> pl.Expr:
    """Spent on doing something again."""
    return (pl.col("redone").is_not_null() & (pl.col("redone") != LoopKind.PREEMPTION)).fill_null(value=False)


def approval_place(stream: Stream) -> pl.Expr:
    """The approval stage, or the turn of a change request that none claims."""
    names = {n: stage.name for n, stage in enumerate(stream.stages) if stage.kind is StageKind.APPROVAL}
    stage = pl.col("position").replace_strict(names, default=None, return_dtype=pl.String)
    return pl.coalesce(stage, pl.col("court").cast(pl.String))
