"""Loops as arcs above the rows of a map: the thicker, the more they cost."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.flow.findings.loops import Loop
from bot.flow.model import Stage
from bot.report.canvas import Canvas, fitted, text_width
from bot.report.map_layout import END, END_HIGH, MARGIN, ROOM, WIDTH, Plan, stage_of
from bot.words import amount, tame

LANE, APART, PAD, SIZE = 30.0, 17.0, 6.0, 13.0
THINNEST, THICKER = 1.4, 8.0
"""Width of an arc, and how much more it has when it costs all the time there is."""

STEP = 6.0
"""A label is moved by so much until nothing leads through it."""

LOWEST, CORNER, SLACK = 22.0, 9.0, 0.1


LoopLink = Callable[[Loop], str | None]


@dataclass(frozen=True)
class End:
    """Where a loop begins or ends: its row, the middle of its stage, and how far below the boxes' top it stands."""

    row: int
    middle: float
    drop: float = 0.0


@dataclass(frozen=True)
class Wire:
    """What of a loop is drawn above one row; where it leads to another row, it ends at the edge of the picture."""

    loop: Loop
    start: float
    end: float
    label: str
    leaves: bool = True
    arrives: bool = True
    drops: tuple[float, float] = (0.0, 0.0)

    @property
    def low(self) -> float:
        return min(self.start, self.end)

    @property
    def high(self) -> float:
        return max(self.start, self.end)


@dataclass(frozen=True)
class Drawn:
    """A wire on its lane, counted from the boxes up, with its label and the middle of it."""

    wire: Wire
    lane: int
    label: str
    at: float


def ends_of(loop: Loop, plan: Plan, stages: Sequence[Stage], end: str) -> tuple[End, End] | None:
    """Both, if both stand on the map."""
    places = {c.part.name: End(n, c.middle) for n, row in enumerate(plan.rows) for c in row}
    places[end] = End(len(plan.rows) - 1, plan.end + END / 2, plan.flow - END_HIGH / 2)
    origin, back_to = (places.get(stage_of(name, stages)) for name in (loop.origin, loop.back_to))
    return None if origin is None or back_to is None else (origin, back_to)


def arcs_of(placed: Iterable[tuple[Loop, End, End]], rows: int) -> list[list[Drawn]]:
    """The arcs above each row."""
    loops = list(placed)
    spread = _spread(loops)
    found: list[list[Wire]] = [[] for _ in range(rows)]
    for n, (loop, origin, back_to) in enumerate(loops):
        begins, arrives = spread[n, 0], spread[n, 1]
        if origin.row == back_to.row:
            found[origin.row].append(Wire(loop, begins, arrives, said(loop), drops=(origin.drop, back_to.drop)))
            continue
        out, into = (PAD, WIDTH - PAD) if back_to.row < origin.row else (WIDTH - PAD, PAD)
        to, by = f"{said(loop)}, back to {tame(loop.back_to)}", f"from {tame(loop.origin)}"
        found[origin.row].append(Wire(loop, begins, out, to, arrives=False, drops=(origin.drop, 0.0)))
        found[back_to.row].append(Wire(loop, into, arrives, by, leaves=False, drops=(0.0, back_to.drop)))
    return [_laid(wires) for wires in found]


def _spread(loops: Sequence[tuple[Loop, End, End]]) -> Mapping[tuple[int, int], float]:
    """Loop and end (0: where it begins) -> x; those of one stage side by side, so that they do not cross."""
    at: dict[End, list[tuple[tuple[int, float], tuple[int, int]]]] = {}
    for n, (_, *ends) in enumerate(loops):
        for which, (here, there) in enumerate((ends, ends[::-1])):
            at.setdefault(here, []).append((_side(here, there, which), (n, which)))
    return {
        key: here.middle + (place - (len(keys) - 1) / 2) * APART
        for here, keys in at.items()
        for place, (_, key) in enumerate(sorted(keys))
    }


def _side(here: End, there: End, which: int) -> tuple[int, float]:
    """Those from the left stand left, the nearest first; those from the right stand right, the farthest first."""
    away = (there.row - here.row) * WIDTH + there.middle - here.middle
    if not away:
        return 1, float(1 - which)
    return (0, -away) if away < 0 else (2, -away)


def _laid(wires: Sequence[Wire]) -> list[Drawn]:
    """Each above those that it spans, and no label where another arc leads through."""
    lanes: list[tuple[Wire, int]] = []
    for wire in sorted(wires, key=lambda w: (w.high - w.low, w.low)):
        below = [lane for other, lane in lanes if _meets(wire, other)]
        lanes.append((wire, max(below, default=-1) + 1))
    for _ in wires:
        stuck = next((wire for wire, label, _ in _labels(lanes) if label is None), None)
        if stuck is None:
            break
        highest = max(lane for _, lane in lanes) + 1
        lanes = [(wire, highest if wire is stuck else lane) for wire, lane in lanes]
    return [
        Drawn(wire, lane, brief(wire) if label is None else label, at)
        for (_, lane), (wire, label, at) in zip(lanes, _labels(lanes), strict=True)
    ]


def _labels(lanes: Sequence[tuple[Wire, int]]) -> list[tuple[Wire, str | None, float]]:
    """The label of each wire and the middle of it; None where there is no room for any, since others lead through."""
    found: list[tuple[Wire, str | None, float]] = []
    for wire, lane in lanes:
        legs = [x for other, above in lanes if above >= lane and other is not wire for x in _legs(other)]
        taken = [
            _extent(label, at)
            for (_, label, at), (_, same) in zip(found, lanes, strict=False)
            if same == lane and label is not None
        ]
        tried = ((label, _free(wire, label, legs, taken)) for label in (wire.label, brief(wire)))
        free = [(label, at) for label, at in tried if at is not None]
        found.append((wire, *free[0]) if free else (wire, None, _held(wire, brief(wire))))
    return found


def _meets(one: Wire, other: Wire) -> bool:
    (low, high), (left, right) = (_covered(wire) for wire in (one, other))
    return low - PAD < right and left < high + PAD


def _covered(wire: Wire) -> tuple[float, float]:
    low, high = _extent(wire.label, _held(wire, wire.label))
    return min(wire.low, low), max(wire.high, high)


def _legs(wire: Wire) -> list[float]:
    return [x for x, stands in ((wire.start, wire.leaves), (wire.end, wire.arrives)) if stands]


def _extent(label: str, middle: float) -> tuple[float, float]:
    half = min(text_width(label, SIZE, bold=True), ROOM) / 2
    return middle - half - PAD, middle + half + PAD


def _held(wire: Wire, label: str) -> float:
    """The middle of the arc, or as near as the label has room."""
    low, high = _extent(label, 0.0)
    return min(max((wire.low + wire.high) / 2, MARGIN - low - PAD), WIDTH - MARGIN - high + PAD)


def _free(wire: Wire, label: str, legs: Sequence[float], taken: Sequence[tuple[float, float]]) -> float | None:
    """Where the label stands on nothing, the nearest to the middle of its arc; None if there is no such place."""
    middle = _held(wire, label)
    for away in (STEP * n for n in range(int(WIDTH / STEP))):
        for at in (middle - away, middle + away):
            low, high = _extent(label, at)
            inside = low + PAD >= MARGIN - SLACK and high - PAD <= WIDTH - MARGIN + SLACK
            near = inside and low < wire.high and wire.low < high
            if near and not any(low < x < high for x in legs) and not any(low < r and x < high for x, r in taken):
                return at
    return None


def height(arcs: Sequence[Drawn]) -> float:
    """What they need above the boxes."""
    return LANE * (max((arc.lane for arc in arcs), default=-1) + 1)


def draw_arcs(canvas: Canvas, arcs: Sequence[Drawn], y: float, link: LoopLink | None) -> None:
    """`y`: the top of the boxes. Labels come last, so that no arc runs over them."""
    for arc in arcs:
        _draw_arc(canvas, arc.wire, y, y - LOWEST - LANE * arc.lane)
    for arc in arcs:
        label, at = fitted(arc.label, ROOM, SIZE, bold=True), y - LOWEST - LANE * arc.lane - 7
        with canvas.group(loop_words(arc.wire.loop), link(arc.wire.loop) if link else None):
            canvas.text(arc.at, at, label, size=SIZE, bold=True, fill=canvas.palette.bad, anchor="middle", halo=True)


def _draw_arc(canvas: Canvas, wire: Wire, y: float, peak: float) -> None:
    bad, (start, end) = canvas.palette.bad, (wire.start, wire.end)
    begun, arrived = (y + drop for drop in wire.drops)
    turn = math.copysign(min(CORNER, abs(end - start) / 2), end - start)
    up = f"M{start:.1f} {begun - 3:.1f} V{peak + CORNER:.1f} Q{start:.1f} {peak:.1f} {start + turn:.1f} {peak:.1f}"
    down = f"H{end - turn:.1f} Q{end:.1f} {peak:.1f} {end:.1f} {peak + CORNER:.1f} V{arrived - 9:.1f}"
    d = f"{up if wire.leaves else f'M{start:.1f} {peak:.1f}'} {down if wire.arrives else f'H{end:.1f}'}"
    canvas.path(d, bad, width=THINNEST + THICKER * min(wire.loop.share or 0.0, 1.0))
    if wire.arrives:
        canvas.path(f"M{end - 5:.1f} {arrived - 11:.1f} l5 9 l5 -9 z", bad, fill=bad, width=1)


def loop_words(loop: Loop) -> str:
    """Where it leads, how often, and what it costs."""
    return f"{tame(loop.origin)} back to {tame(loop.back_to)}: {said(loop)}"


def brief(wire: Wire) -> str:
    """Where there is no room for more."""
    return f"{wire.loop.count}×, {amount(wire.loop.cost)} d" if wire.leaves else wire.label


def said(loop: Loop) -> str:
    return f"{loop.kind} {loop.count}×, {amount(loop.cost)} item-days"
