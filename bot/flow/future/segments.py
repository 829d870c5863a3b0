"""Timelines of delivered items, cut where a change could take hold."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from bot.flow.clock import Instants
from bot.flow.loops.walk import Return
from bot.flow.model import LoopKind
from bot.flow.timeline.spans import IDLE, Label, Spent, Timeline, is_active

Flags = npt.NDArray[np.bool_]

AGAIN = (LoopKind.REWORK, LoopKind.REVIEW_ROUND, LoopKind.REOPEN)
NONE = -1
SAYS = ("row", "visit", "position", "machine")
"""What one segment has throughout."""


@dataclass(frozen=True)
class Segments:
    """Cases in the order of `cases`, each with so many `many` segments from `first` on, contiguous in time.

    Of a segment: `row` (of its case), `began`, `left`, `position` (of the stage, -1: none), `visit` (a row of `visits`,
    -1: none waits for approval), `machine` (checks run, at any hour), `busy` and `idle` (working microseconds in which
    a trace tells that somebody worked, and in which nobody did where work is claimed).

    `places`: segment, place (a position, -1: none), works, lasted (microseconds): where the time of each segment goes.
    `visits`: station, waited (microseconds), end, sent_back, by row. `decisions`: origin of every return that was made
    good; `undone`: pairs of a segment and a decision without which it would not have been.
    """

    cases: Instants
    starts: Instants
    ends: Instants
    first: Instants
    many: Instants
    row: Instants
    began: Instants
    left: Instants
    position: Instants
    visit: Instants
    machine: Flags
    busy: Instants
    idle: Instants
    places: pl.DataFrame
    visits: pl.DataFrame
    decisions: tuple[str, ...]
    undone: Instants

    def __len__(self) -> int:
        return len(self.began)

    def at_station(self, station: str) -> Flags:
        """The segments in which an item waits for this approval."""
        rows = np.flatnonzero((self.visits["station"] == station).to_numpy())
        return np.isin(self.visit, rows) if len(rows) else np.zeros(len(self), np.bool_)

    def of_visit(self, column: str) -> Instants:
        """What is known of the visit of each segment; 0 where there is none."""
        values = np.append(self.visits[column].cast(pl.Int64).to_numpy(), 0)
        found: Instants = values[self.visit]
        return found


def segments(timeline: Timeline, cases: pl.DataFrame, visits: pl.DataFrame, returns: Sequence[Return]) -> Segments:
    """`cases`: case, start, end; `visits`: case, station, start, end, waited, of any cases.

    A segment ends where an item enters or leaves an approval, a stage or a check, is sent back, or is past that again.
    """
    lives = cases.select("case", "start", "end").sort("case").with_row_index("row").cast(pl.Int64)
    decided = _decisions(lives, returns)
    waits = _visits(lives, visits, decided)
    spans = timeline.spans.filter(pl.col("start") < pl.col("end")).join(lives.select("case", "row"), on="case")
    runs = _runs(spans.sort("row", "start"), waits, decided)
    cut = _cut(runs)
    many = np.bincount(cut["row"].to_numpy(), minlength=len(lives)).astype(np.int64)
    return Segments(
        cases=lives["case"].to_numpy(),
        starts=lives["start"].to_numpy(),
        ends=lives["end"].to_numpy(),
        first=np.cumsum(many) - many,
        many=many,
        row=cut["row"].to_numpy(),
        began=cut["began"].to_numpy(),
        left=cut["left"].to_numpy(),
        position=cut["position"].to_numpy(),
        visit=cut["visit"].to_numpy(),
        machine=cut["machine"].to_numpy(),
        busy=cut["busy"].to_numpy(),
        idle=cut["idle"].to_numpy(),
        places=_places(runs, cut),
        visits=waits.select("station", "waited", "end", "sent_back"),
        decisions=tuple(decided["origin"]),
        undone=_undone(cut, decided),
    )


def _decisions(lives: pl.DataFrame, returns: Sequence[Return]) -> pl.DataFrame:
    """decision, row, origin, at, until."""
    rows = [(r.case, r.origin, r.at, r.until) for r in returns if r.kind in AGAIN and r.until is not None]
    schema = {"case": pl.Int64, "origin": pl.String, "at": pl.Int64, "until": pl.Int64}
    known = pl.DataFrame(rows, schema, orient="row").join(lives.select("case", "row"), on="case")
    ordered = known.filter(pl.col("at") < pl.col("until")).sort("row", "at", "until", "origin")
    return ordered.drop("case").with_row_index("decision").with_columns(pl.col("decision").cast(pl.Int64))


def _visits(lives: pl.DataFrame, visits: pl.DataFrame, decided: pl.DataFrame) -> pl.DataFrame:
    """visit, row, station, start, end, waited, sent_back (it ended with a return)."""
    mine = visits.select("case", "station", "start", "end", "waited").join(lives.select("case", "row"), on="case")
    ordered = mine.filter(pl.col("start") < pl.col("end")).sort("row", "start").drop("case")
    back = decided.select("row", end="at").unique().with_columns(sent_back=pl.lit(value=True))
    told = ordered.join(back, on=["row", "end"], how="left", maintain_order="left")
    flagged = told.with_columns(pl.col("sent_back").fill_null(value=False)).with_row_index("visit")
    return flagged.with_columns(pl.col("visit").cast(pl.Int64))


def _runs(spans: pl.DataFrame, waits: pl.DataFrame, decided: pl.DataFrame) -> pl.DataFrame:
    """Spans, those of one segment with one number `run`, and the `place` in which each is."""
    held = waits.select("row", "visit", start="start", over="end").sort("start")
    placed = (
        spans.drop("visit")
        .sort("start")
        .join_asof(held, on="start", by="row", check_sortedness=False)
        .sort("row", "start")
    )
    inside = (pl.col("start") < pl.col("over")).fill_null(value=False)
    marks = pl.concat([decided.select("row", start=name) for name in ("at", "until")]).unique()
    marked = placed.join(
        marks.with_columns(mark=pl.lit(value=True)), on=["row", "start"], how="left", maintain_order="left"
    )
    told = marked.select(
        "row",
        "start",
        "end",
        "mark",
        "worked",
        "evidenced",
        "spent",
        place=pl.col("position").fill_null(NONE),
        works=is_active(),
        visit=pl.when(inside).then("visit").otherwise(NONE),
        position=pl.when(inside).then(pl.col("position").first().over("row", "visit")).otherwise("position"),
        machine=~inside & (pl.col("label") == Label.CHECKS),
    ).with_columns(pl.col("position").fill_null(NONE))
    turned = pl.any_horizontal(
        [pl.col(n).ne_missing(pl.col(n).shift(1)) for n in SAYS] + [pl.col("mark").is_not_null()]
    )
    return told.with_columns(run=turned.cum_sum())


def _cut(runs: pl.DataFrame) -> pl.DataFrame:
    """run, row, began, left, position, visit, machine, busy, idle."""
    return runs.group_by("run", maintain_order=True).agg(
        *(pl.col(n).first() for n in SAYS),
        began=pl.col("start").first(),
        left=pl.col("end").last(),
        busy=pl.col("worked").filter((pl.col("spent") == Spent.WORK) & pl.col("evidenced")).sum(),
        idle=pl.col("worked").filter(pl.col("spent").is_in([spent.value for spent in IDLE])).sum(),
    )


def _places(runs: pl.DataFrame, cut: pl.DataFrame) -> pl.DataFrame:
    numbered = cut.with_row_index("segment").select("run", pl.col("segment").cast(pl.Int64))
    lasted = runs.group_by("run", "place", "works", maintain_order=True).agg(
        lasted=(pl.col("end") - pl.col("start")).sum()
    )
    return lasted.join(numbered, on="run", maintain_order="left").select("segment", "place", "works", "lasted")


def _undone(cut: pl.DataFrame, decided: pl.DataFrame) -> Instants:
    """Rows of two: a segment, and a decision within which it lies."""
    numbered = cut.with_row_index("segment").select(pl.col("segment").cast(pl.Int64), "row", "began", "left")
    pairs = numbered.join(decided, on="row").filter(
        (pl.col("began") >= pl.col("at")) & (pl.col("left") <= pl.col("until"))
    )
    found: Instants = pairs.select("segment", "decision").sort("segment", "decision").to_numpy().astype(np.int64)
    return found
