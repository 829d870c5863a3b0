"""Where the stages of a map stand: in rows, from left to right."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from bot.flow.findings.lead import OpenItem, StagePart
from bot.flow.findings.loops import Loop
from bot.flow.findings.queues import Queue
from bot.flow.model import Stage, StageKind
from bot.govern.document import Document
from bot.report.canvas import wrapped
from bot.report.ladder import Ladder, Step, ladder
from bot.words import tame

WIDTH, MARGIN, GAP, WIDEST_GAP = 860.0, 26.0, 24.0, 52.0
"""A picture is so wide whatever it shows, so that its text is large enough where it is shown 760 pixels wide."""

BOX, WIDEST_BOX, TRIANGLE, END = 166.0, 196.0, 102.0, 100.0
ROOM = WIDTH - 2 * MARGIN
BAND, NAME, LEADING, MOST_LINES = 40.0, 14.0, 16.0, 3
"""Height of the band with the name, the size of the name, how far its lines are apart, and how many it may have."""

FLOW, END_HIGH = 44.0, 50.0
"""So far below the band run the arrows from stage to stage; the height of the end stage."""

INSET, ASIDE, WIDER = 12.0, 22.0, 18.0
"""Beside a name in a box; for the sign of an approval; by how much wider than its column a triangle's text may be."""

UNNAMED = "in no stage"


@dataclass(frozen=True)
class Column:
    """A stage and where it stands. `oldest`: the item that has been in it the longest."""

    part: StagePart
    queue: Queue | None
    step: Step
    oldest: OpenItem | None
    worst: bool
    band: float
    x: float = 0.0
    width: float = 0.0

    @property
    def middle(self) -> float:
        return self.x + self.width / 2

    @property
    def name(self) -> str:
        return self.part.name or UNNAMED


@dataclass(frozen=True)
class Plan:
    """`elsewhere`: what the mean lead time has beside the stages of the map; `end`: where the end stage stands."""

    rows: tuple[tuple[Column, ...], ...]
    end: float
    elsewhere: tuple[StagePart, ...]
    ladder: Ladder
    band: float

    @property
    def flow(self) -> float:
        """How far below the top of the boxes the arrows run."""
        return self.band + FLOW

    @property
    def columns(self) -> list[Column]:
        return [column for row in self.rows for column in row]

    @property
    def beside(self) -> Step | None:
        """The last step of the ladder: times that have no place on the map."""
        return self.ladder.steps[-1] if self.elsewhere else None


def plan_of(document: Document, loops: Sequence[Loop], stages: Sequence[Stage]) -> Plan:
    """Columns from left to right, in as few rows as fit, broken where the fewest loops cross and evenly."""
    ended = over(document, stages)
    parts = [part for part in document.stages if part.name and part.name not in ended]
    elsewhere = tuple(part for part in document.stages if part not in parts and _time(part))
    times = [(part.wait_time, part.process_time) for part in parts]
    if elsewhere:
        times.append((sum(p.wait_time or 0.0 for p in elsewhere), sum(p.process_time or 0.0 for p in elsewhere)))
    found = ladder(times)
    worst, band = _constraint(document.stages), _band(parts)
    columns = [
        Column(part, _queue(part, document.queues, stages), step, _oldest(part, document), part is worst, band)
        for part, step in zip(parts, found.steps, strict=False)
    ]
    ends = [(stage_of(loop.origin, stages), stage_of(loop.back_to, stages)) for loop in loops]
    cut = _cut(columns, ends)
    rows = tuple(_placed(row, last=row is cut[-1]) for row in cut)
    edge = rows[-1][-1].x + rows[-1][-1].width + _gap(rows[-1]) if rows else MARGIN
    return Plan(rows, edge, elsewhere, found, band)


def _band(parts: Sequence[StagePart]) -> float:
    """As high as the longest name needs, at the least width of its box."""
    lines = (len(name_lines(part, _width(part))) for part in parts)
    return BAND + LEADING * max(max(lines, default=1) - 2, 0)


def name_lines(part: StagePart, width: float) -> list[str]:
    """The name of a stage as it is broken in a box or above a triangle of this width."""
    aside = ASIDE if part.kind is StageKind.APPROVAL else 0.0
    room = width + WIDER if only_waits(part) else width - 2 * INSET - aside
    return wrapped(tame(part.name or UNNAMED), room, NAME, bold=True, most=MOST_LINES)


def _constraint(parts: Sequence[StagePart]) -> StagePart | None:
    """The stage in which an item waits the most, if it is one alone."""
    most = max((part.wait_time or 0.0 for part in parts), default=0.0)
    found = [part for part in parts if part.wait_time == most]
    return found[0] if most and len(found) == 1 else None


def _time(part: StagePart) -> float:
    return (part.process_time or 0.0) + (part.wait_time or 0.0)


def _oldest(part: StagePart, document: Document) -> OpenItem | None:
    here = [item for item in document.age.items if item.stage == part.name]
    return max(here, key=lambda item: item.in_stage, default=None)


def _queue(part: StagePart, queues: Sequence[Queue], stages: Sequence[Stage]) -> Queue | None:
    """The queue of a stage, or the one found in a state that it claims."""
    states: Mapping[str, Sequence[str]] = {stage.name: stage.states for stage in stages}
    mine = {part.name, *states.get(part.name or "", ())}
    return next((queue for queue in queues if queue.stage in mine), None)


def over(document: Document, stages: Sequence[Stage]) -> set[str]:
    """The end stage, those behind it and the dropped ones: no place on the way."""
    end = next(n for n, stage in enumerate(stages) if stage.name == document.stream.end)
    return {stage.name for n, stage in enumerate(stages) if n >= end or stage.kind is StageKind.DROPPED}


def _placed(columns: Sequence[Column], *, last: bool) -> tuple[Column, ...]:
    """What room is left goes to the boxes and between them; `last`: the end stage follows."""
    many, free = len(columns), ROOM - _wide(columns) - (GAP + END if last else 0.0)
    boxes = sum(not only_waits(c.part) for c in columns)
    gap = GAP + min(max(free, 0.0) / max(many - 1 + last, 1), WIDEST_GAP - GAP)
    free -= (gap - GAP) * (many - 1 + last)
    more = min(max(free, 0.0) / boxes, WIDEST_BOX - BOX) if boxes else 0.0
    found, x = [], MARGIN
    for column in columns:
        width = _width(column.part) + (0.0 if only_waits(column.part) else more)
        found.append(replace(column, x=x, width=width))
        x += width + gap
    return tuple(found)


def _gap(row: Sequence[Column]) -> float:
    return row[1].x - row[0].x - row[0].width if len(row) > 1 else WIDEST_GAP


def _width(part: StagePart) -> float:
    return TRIANGLE if only_waits(part) else BOX


def only_waits(part: StagePart) -> bool:
    """Drawn as a triangle."""
    return part.kind in (StageKind.WAIT, StageKind.DONE)


def _wide(columns: Sequence[Column]) -> float:
    return sum(_width(column.part) + GAP for column in columns) - GAP


def _cut(columns: Sequence[Column], loops: Sequence[tuple[str, str]]) -> list[Sequence[Column]]:
    """As few rows as have room, in which as few loops as can be lead from row to row, and none is much wider."""
    if not columns:
        return []
    least = max(math.ceil((_wide(columns) + END) / (ROOM + GAP)), 1)
    tried = (_best(columns, number, loops) for number in range(least, len(columns) + 1))
    return next(found for found in tried if found is not None)


def _best(columns: Sequence[Column], number: int, loops: Sequence[tuple[str, str]]) -> list[Sequence[Column]] | None:
    """Row by row, the best way to cut each beginning of the stream; None if so many rows have no room."""
    best: dict[int, tuple[tuple[int, float], tuple[int, ...]]] = {0: ((0, 0.0), (0,))}
    for row in range(number):
        found: dict[int, tuple[tuple[int, float], tuple[int, ...]]] = {}
        for end in range(row + 1, len(columns) - (number - row) + 2):
            last = END + GAP if end == len(columns) else 0.0
            fits = [
                (_with_row(score, columns[start:end], loops, last), (*cuts, end))
                for start, (score, cuts) in best.items()
                if start < end and _wide(columns[start:end]) + last <= ROOM
            ]
            if fits:
                found[end] = min(fits)
        best = found
    if len(columns) not in best:
        return None
    return [columns[start:end] for start, end in pairwise(best[len(columns)][1])]


def _with_row(
    score: tuple[int, float], row: Sequence[Column], loops: Sequence[tuple[str, str]], last: float
) -> tuple[int, float]:
    names = {column.part.name for column in row}
    inside = sum(origin in names and back_to in names for origin, back_to in loops)
    return score[0] - inside, max(score[1], _wide(row) + last)


def stage_of(place: str, stages: Sequence[Stage]) -> str:
    """The stage itself, or the one that claims a turn of a change request; else the first in which somebody works."""
    for stage in stages:
        if stage.name == place or any(state.partition(":")[2] == place for state in stage.states):
            return stage.name
    return next((stage.name for stage in stages if stage.kind is StageKind.WORK), place)
