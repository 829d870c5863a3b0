"""The signs of a value stream map: boxes, triangles, arrows, the end, and what marks the constraint."""

from collections.abc import Callable, Sequence
from itertools import pairwise

from bot.flow.findings.queues import Queue
from bot.flow.model import StageKind
from bot.report.canvas import Canvas, fitted, text_width, wrapped
from bot.report.map_layout import (
    ASIDE,
    END,
    END_HIGH,
    FLOW,
    INSET,
    LEADING,
    MARGIN,
    NAME,
    WIDER,
    WIDTH,
    Column,
    Plan,
    name_lines,
    only_waits,
)
from bot.words import amount, duration, share, tame

LINE, CLOSE, FACT, SMALL, SIGN, TAG = 22.0, 18.5, 13.5, 13.0, 17.0, 22.0
TRIANGLE_WIDE, TRIANGLE_HIGH = 72.0, 60.0
MUCH = 0.5
"""Share of waits over their time-box from which on it is told in bold."""

CONSTRAINT = "constraint"
Link = Callable[[str], str | None]
Fact = tuple[str, str, bool]


def facts_of(column: Column) -> list[Fact]:
    """Name, value, and whether it alarms."""
    part, step, oldest = column.part, column.step, column.oldest
    found = [
        ("works per item", step.works_told, False),
        ("waits per item", step.waits_told, column.worst),
        ("here now", str(part.wip), False),
    ]
    if oldest:
        found.append(("longest here", duration(oldest.in_stage), False))
    return [*found, ("right first time", share(part.complete_and_accurate), False), *_box_facts(column.queue)]


def _box_facts(queue: Queue | None) -> list[Fact]:
    box = queue.time_box if queue else None
    if box is None:
        return []
    late = box.share if box.chance is None else box.chance
    return [(f"over {duration(box.limit)}", share(late), bool(late and late > MUCH))]


def remarks_of(column: Column) -> list[str]:
    """What is known of how an approval is given: when it is, and who can give it now."""
    queue, found = column.queue, list[str]()
    if queue is None:
        return found
    if column.part.kind is not StageKind.APPROVAL:
        found.append("acts like an approval")
    if queue.batching:
        found.append(f"decided {queue.batching}")
    if queue.holders:
        others = len(queue.holders) - 1
        found.append(f"waits for {tame(queue.holders[0])}" + (f" and {others} more" if others else ""))
    return found


def _remarks(column: Column, width: float) -> list[str]:
    return [line for remark in remarks_of(column) for line in wrapped(remark, width, SMALL)]


def height_of(row: Sequence[Column]) -> float:
    """Of all that stands in a row, with the mark of the constraint."""
    waits = (
        c.band + FLOW + TRIANGLE_HIGH / 2 + 14 + CLOSE * len(_below(c)) + (8 if c.worst else 0)
        for c in row
        if only_waits(c.part)
    )
    below = TAG / 2 if any(c.worst and not only_waits(c.part) for c in row) else 0.0
    return max(*waits, _boxes(row) + below, FLOW * 3)


def _boxes(row: Sequence[Column]) -> float:
    """All boxes of a row are as high as the highest."""
    boxes = (c.band + 10 + LINE * len(_lines(c)) + (8 if c.worst else 0) for c in row if not only_waits(c.part))
    return max(boxes, default=0.0)


def _lines(column: Column) -> list[Fact | str]:
    return [*facts_of(column), *_remarks(column, column.width - 2 * INSET)]


def draw_stages(canvas: Canvas, row: Sequence[Column], top: float, link: Link | None) -> None:
    """Each with all that belongs to it, in the order of the stream."""
    for column in row:
        href = link(column.part.name or "") if link else None
        with canvas.group(tame(column.name), href):
            if only_waits(column.part):
                _triangle(canvas, column, top)
            else:
                _box(canvas, column, top, _boxes(row))
    for left, right in pairwise(row):
        arrow(canvas, left.x + left.width + 4, right.x - 4, top + left.band + FLOW)


def draw_joints(canvas: Canvas, plan: Plan, number: int, top: float) -> None:
    """Where a row goes on from the one above it, and into the one below it."""
    row = plan.rows[number]
    if number:
        arrow(canvas, 5.0, row[0].x - 4, top + plan.flow)
    if number < len(plan.rows) - 1:
        arrow(canvas, row[-1].x + row[-1].width + 4, min(row[-1].x + row[-1].width + 30, WIDTH - 3), top + plan.flow)


def _box(canvas: Canvas, column: Column, top: float, height: float) -> None:
    p, part, x, width = canvas.palette, column.part, column.x, column.width
    band = {StageKind.APPROVAL: p.approval, StageKind.WORK: p.work}.get(part.kind or StageKind.DONE, p.wait)
    canvas.rectangle(x, top, width, height, p.card, stroke=p.line, radius=7)
    canvas.rectangle(x, top + column.band / 2, width, column.band / 2, band)
    canvas.rectangle(x, top, width, column.band, band, radius=7)
    if column.worst:
        canvas.rectangle(x - 1.5, top - 1.5, width + 3, height + 3, "none", stroke=p.alarm, radius=8, thick=3)
    _band_name(canvas, column, top, p.on_band)
    y = top + column.band + 22
    for name, value, alarming in facts_of(column):
        canvas.text(x + INSET, y, name, fill=p.soft, size=FACT)
        canvas.text(x + width - INSET, y, value, size=FACT, bold=True, anchor="end", fill=p.bad if alarming else p.ink)
        y += LINE
    for remark in _remarks(column, width - 2 * INSET):
        canvas.text(x + INSET, y, remark, size=SMALL, fill=p.ink)
        y += LINE
    if column.worst:
        tag(canvas, column.middle, top + height - TAG / 2)


def _band_name(canvas: Canvas, column: Column, top: float, fill: str) -> None:
    """Beside the sign of an approval."""
    lines, middle = name_lines(column.part, column.width), column.middle
    if column.part.kind is StageKind.APPROVAL:
        wide = max((text_width(line, NAME, bold=True) for line in lines), default=0.0)
        middle += ASIDE / 2
        stamp(canvas, middle - wide / 2 - (ASIDE - SIGN) - SIGN / 2, top + column.band / 2, fill)
    _name(canvas, lines, middle, top + column.band / 2, fill)


def _name(canvas: Canvas, lines: Sequence[str], x: float, y: float, fill: str) -> None:
    for n, line in enumerate(lines):
        at = y + 5 + (n - (len(lines) - 1) / 2) * LEADING
        canvas.text(x, at, line, size=NAME, bold=True, fill=fill, anchor="middle")


def stamp(canvas: Canvas, x: float, y: float, colour: str) -> None:
    """The sign of an approval: a tick in a circle, which needs no colour."""
    r = SIGN / 2 - 1
    canvas.path(f"M{x - r:.1f} {y:.1f} a{r:g} {r:g} 0 1 1 {2 * r:g} 0 a{r:g} {r:g} 0 1 1 -{2 * r:g} 0", colour)
    canvas.path(f"M{x - 3.4:.1f} {y + 0.2:.1f} l2.6 2.8 l4.4 -5.6", colour, width=1.8)


def tag(canvas: Canvas, x: float, y: float) -> None:
    """The word that marks the constraint, whatever the colours."""
    p = canvas.palette
    wide = text_width(CONSTRAINT, SMALL, bold=True) + 20
    canvas.rectangle(x - wide / 2, y, wide, TAG, p.alarm, radius=TAG / 2)
    canvas.text(x, y + 15.5, CONSTRAINT, size=SMALL, bold=True, fill=p.on_band, anchor="middle")


def _below(column: Column) -> list[tuple[str, bool]]:
    """What stands below a triangle, and whether it alarms."""
    part, step = column.part, column.step
    found = [(f"waits {step.waits_told}", column.worst)]
    if part.process_time:
        found.append((f"works {step.works_told}", False))
    if column.oldest:
        found.append((f"longest {duration(column.oldest.in_stage)}", False))
    if part.complete_and_accurate is not None:
        found.append((f"right {share(part.complete_and_accurate)}", False))
    found += [(remark, False) for remark in _remarks(column, column.width + WIDER)]
    return [*found, *([("", False)] if column.worst else [])]


def _triangle(canvas: Canvas, column: Column, top: float) -> None:
    """The inventory sign of value stream mapping, with the number of items that lie there."""
    p, middle = canvas.palette, column.middle
    _name(canvas, name_lines(column.part, column.width), middle, top + column.band / 2, p.ink)
    flow = top + column.band + FLOW
    inventory(canvas, middle, flow - TRIANGLE_HIGH / 2 + 6, str(column.part.wip), worst=column.worst)
    y = flow + TRIANGLE_HIGH / 2 + 26
    for told, alarming in _below(column):
        line = fitted(told, column.width + WIDER, SMALL)
        if line:
            canvas.text(middle, y, line, size=SMALL, anchor="middle", fill=p.bad if alarming else p.ink, bold=alarming)
        y += CLOSE
    if column.worst:
        tag(canvas, middle, y - CLOSE - 11)


def inventory(canvas: Canvas, middle: float, y: float, told: str, *, worst: bool = False) -> None:
    p = canvas.palette
    d = f"M{middle:.1f} {y:.1f} l{TRIANGLE_WIDE / 2:g} {TRIANGLE_HIGH:g} h-{TRIANGLE_WIDE:g} z"
    canvas.path(d, p.alarm if worst else p.soft, fill=p.card, width=4 if worst else 2)
    size = 17 if text_width(told, 17, bold=True) < TRIANGLE_WIDE / 2 else 13
    canvas.text(middle, y + TRIANGLE_HIGH - 10, told, bold=True, size=size, anchor="middle")


def arrow(canvas: Canvas, start: float, end: float, y: float) -> None:
    soft = canvas.palette.soft
    canvas.path(f"M{start:.1f} {y:.1f} H{end - 6:.1f}", soft, width=2, dash="4 2.5")
    canvas.path(f"M{end - 8:.1f} {y - 5:.1f} l8 5 l-8 5 z", soft, fill=soft, width=1)


def draw_end(canvas: Canvas, x: float, y: float, name: str, pace: float, link: Link | None) -> None:
    """The end stage, and how many items a week reach it."""
    p = canvas.palette
    with canvas.group(tame(name), link(name) if link else None):
        canvas.rectangle(x, y - END_HIGH / 2, END, END_HIGH, p.card, stroke=p.good, radius=END_HIGH / 2, thick=1.5)
        _name(canvas, wrapped(tame(name), END - 18, NAME, bold=True), x + END / 2, y, p.good)
        pace_at = y + END_HIGH / 2 + 18
        canvas.text(x + END / 2, pace_at, f"{amount(pace)} a week", size=SMALL, fill=p.soft, anchor="middle")


def legend(canvas: Canvas, y: float, *, worst: bool, approvals: bool, loops: bool) -> float:
    """What the signs mean, of those that are on the map; the y below it."""
    p = canvas.palette
    signs: list[tuple[str, Callable[[float, float], None]]] = [
        ("queue, and how many are in it", lambda x, y: canvas.path(f"M{x + 8:.1f} {y - 12:.1f} l8 13 h-16 z", p.soft)),
        ("waits above, works below", lambda x, y: canvas.path(f"M{x:.1f} {y - 10:.1f} h8 v9 h8", p.ink, width=2)),
    ]
    if approvals:
        signs.append(("approval", lambda x, y: stamp(canvas, x + 8, y - 5, p.ink)))
    if loops:
        signs.append(("goes back", lambda x, y: _bend(canvas, x, y)))
    if worst:
        signs.append(("constraint: here an item waits the most", lambda x, y: _frame(canvas, x, y)))
    x = MARGIN
    for words, sign in signs:
        wide = 22 + text_width(words, SMALL)
        if x + wide > WIDTH - MARGIN:
            x, y = MARGIN, y + 24
        sign(x, y)
        canvas.text(x + 22, y, words, size=SMALL, fill=p.soft)
        x += wide + 20
    return y + 8


def _frame(canvas: Canvas, x: float, y: float) -> None:
    canvas.rectangle(x + 1, y - 12, 14, 13, "none", stroke=canvas.palette.alarm, radius=3, thick=3)


def _bend(canvas: Canvas, x: float, y: float) -> None:
    bad = canvas.palette.bad
    canvas.path(f"M{x + 15:.1f} {y:.1f} v-6 q0 -4 -4 -4 h-5 q-3 0 -3 4 v1", bad, width=2)
    canvas.path(f"M{x:.1f} {y - 5:.1f} l3 6 l3 -6 z", bad, fill=bad, width=1)
