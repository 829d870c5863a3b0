"""Where the stages of a map stand: in rows, from left to right."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from bot.flow.findings.lead import StagePart
from bot.flow.findings.loops import Loop
from bot.flow.findings.queues import Queue
from bot.flow.model import Stage, StageKind
from bot.govern.document import Document

MARGIN, GAP, BOX, TRIANGLE = 32.0, 34.0, 178.0, 104.0
ROW_WIDTH = 1120.0
"""Wider streams are broken into rows."""

UNNAMED = "in no stage"


@dataclass(frozen=True)
class Column:
    """A stage and where it stands."""

    part: StagePart
    queue: Queue | None
    x: float
    width: float

    @property
    def middle(self) -> float:
        return self.x + self.width / 2

    @property
    def name(self) -> str:
        return self.part.name or UNNAMED


def rows_of(document: Document, loops: Sequence[Loop], stages: Sequence[Stage]) -> list[list[Column]]:
    """Columns from left to right, in as few rows as fit, broken where the fewest loops cross and evenly."""
    queues = {queue.stage: queue for queue in document.queues}
    ended = over(document, stages)
    parts = [part for part in document.stages if part.name and part.name not in ended]
    number = max(math.ceil(_wide(parts) / ROW_WIDTH), 1)
    ends = [(stage_of(loop.origin, stages), stage_of(loop.back_to, stages)) for loop in loops]
    return [_columns(row, queues) for row in _cut(parts, min(number, len(parts)), ends)]


def over(document: Document, stages: Sequence[Stage]) -> set[str]:
    """The end stage, those behind it and the dropped ones: no place on the way."""
    end = next(n for n, stage in enumerate(stages) if stage.name == document.stream.end)
    return {stage.name for n, stage in enumerate(stages) if n >= end or stage.kind is StageKind.DROPPED}


def _columns(parts: Sequence[StagePart], queues: Mapping[str, Queue]) -> list[Column]:
    columns, x = [], MARGIN
    for part in parts:
        columns.append(Column(part, queues.get(part.name or ""), x, _width(part)))
        x += _width(part) + GAP
    return columns


def _width(part: StagePart) -> float:
    return TRIANGLE if only_waits(part) else BOX


def only_waits(part: StagePart) -> bool:
    """Drawn as a triangle."""
    return part.kind in (StageKind.WAIT, StageKind.DONE)


def _wide(parts: Sequence[StagePart]) -> float:
    return sum(_width(part) + GAP for part in parts)


def _cut(parts: Sequence[StagePart], number: int, loops: Sequence[tuple[str, str]]) -> list[Sequence[StagePart]]:
    """So many rows, in which as few loops as can be lead from row to row and none is much wider than the others.

    Row by row, the best way to cut each beginning of the stream.
    """
    best: dict[int, tuple[tuple[int, float], tuple[int, ...]]] = {0: ((0, 0.0), ())}
    for row in range(number):
        ends = range(row + 1, len(parts) - (number - row) + 2)
        best = {
            end: min(
                (_with_row(score, parts[start:end], loops), (*cuts, end))
                for start, (score, cuts) in best.items()
                if start < end
            )
            for end in ends
        }
    cuts = (0, *best[len(parts)][1])
    return [parts[start:end] for start, end in pairwise(cuts)]


def _with_row(
    score: tuple[int, float], row: Sequence[StagePart], loops: Sequence[tuple[str, str]]
) -> tuple[int, float]:
    names = {part.name for part in row}
    inside = sum(origin in names and back_to in names for origin, back_to in loops)
    return score[0] - inside, max(score[1], _wide(row))


def stage_of(place: str, stages: Sequence[Stage]) -> str:
    """The stage itself, or the one that claims a turn of a change request; else the first in which somebody works."""
    for stage in stages:
        if stage.name == place or any(state.partition(":")[2] == place for state in stage.states):
            return stage.name
    return next((stage.name for stage in stages if stage.kind is StageKind.WORK), place)
