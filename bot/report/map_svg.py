"""The drawn value stream map.

Work and approvals are boxes, waits are inventory triangles with the number of items in them; red arcs above, the
thicker the more they cost, lead back to where work was returned; below runs the lead-time ladder (waiting high, working
low) and a strip that shows to scale where the time goes. All times are means per delivered item, so they add up to the
mean lead time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from bot.flow.findings.lead import LeadTime, StagePart
from bot.flow.findings.loops import Loop
from bot.flow.model import Stage, StageKind
from bot.govern.document import Document
from bot.report.canvas import LIGHT, Canvas, Palette, fitted
from bot.report.map_layout import GAP, MARGIN, UNNAMED, Column, only_waits, over, rows_of, stage_of
from bot.words import amount, between, count, day, duration, share

ARC_LANE, CARD, LADDER, END = 34.0, 150.0, 92.0, 108.0
MOST_LOOPS = 4
THINNEST, THICKER = 1.2, 12.0
"""Width of an arc, and how much more it has when it costs all the time there is."""

HALF = 0.5
NARROWEST = 760.0
"""Room for the head."""

SLIVER = 0.06
"""Segments of the strip below this share carry no name."""


def draw_map(document: Document, stages: Sequence[Stage], palette: Palette = LIGHT) -> str:
    """The map as SVG."""
    loops = document.loops[:MOST_LOOPS]
    rows = rows_of(document, loops, stages)
    width = (
        max(rows[-1][-1].x + rows[-1][-1].width + GAP + END, *(row[-1].x + row[-1].width for row in rows), NARROWEST)
        + MARGIN
    )
    canvas = Canvas(palette)
    y = _header(canvas, document)
    worst = max((c.part.wait_time or 0.0 for row in rows for c in row), default=0.0)
    for number, row in enumerate(rows):
        arcs = [arc for loop in loops if (arc := _placed(loop, row, stages))]
        y = _row(canvas, row, arcs, y, worst, document if number == len(rows) - 1 else None)
    y = _strip(canvas, document, y, width - 2 * MARGIN)
    elsewhere = [loop for loop in loops if not any(_placed(loop, row, stages) for row in rows)]
    y = _notes(canvas, document, stages, elsewhere, y)
    return canvas.svg(width, y + MARGIN / 2, f"Value stream map of {document.stream.name}")


def _header(canvas: Canvas, document: Document) -> float:
    window, lead, p = document.window, document.lead_time, canvas.palette
    canvas.text(MARGIN, 48, document.stream.name, size=24, bold=True)
    period = f"{day(window.start, window.timezone)} to {day(window.last, window.timezone)}"
    canvas.text(
        MARGIN,
        72,
        f"{period} · {count(document.items.arrived, 'item')} delivered · {document.wip} under way",
        fill=p.soft,
        size=14,
    )
    figures = (
        ("Lead time, mean", duration(lead.mean)),
        (f"half within{_interval(lead)}", duration(lead.p50)),
        ("85 % within", duration(lead.p85)),
        ("value added", between(document.value_added_ratio.low, document.value_added_ratio.high)),
    )
    x = MARGIN
    for name, value in figures:
        canvas.text(x, 100, name, fill=p.soft, size=12)
        canvas.text(x, 121, value, bold=True, size=17)
        x += 190
    return 136.0


def _interval(lead: LeadTime) -> str:
    return "" if lead.low is None else f" ({duration(lead.low)} to {duration(lead.high)})"


def _row(
    canvas: Canvas, row: Sequence[Column], arcs: Sequence["Arc"], y: float, worst: float, ending: Document | None
) -> float:
    """Arcs, boxes and ladder of one row, and after the last one the end of the stream; the y below it."""
    top = y + 22 + ARC_LANE * len(arcs)
    lanes = sorted(arcs, key=lambda a: abs(a.origin.x - a.back_to.x))
    for lane, arc in enumerate(lanes):
        _arc(canvas, arc, top, lane)
    for lane, arc in enumerate(lanes):
        _arc_label(canvas, arc, top, lane)
    for column in row:
        (_triangle if only_waits(column.part) else _box)(canvas, column, top, worst)
    for left, right in pairwise(row):
        _arrow(canvas, left.x + left.width + 6, right.x - 6, top + CARD / 2)
    if ending is None:
        _arrow(canvas, row[-1].x + row[-1].width + 6, row[-1].x + row[-1].width + GAP - 6, top + CARD / 2)
    else:
        _end(canvas, row[-1].x + row[-1].width, top + CARD / 2, ending)
    _ladder(canvas, row, top + CARD + 30, worst)
    return top + CARD + 30 + LADDER


def _end(canvas: Canvas, x: float, y: float, document: Document) -> None:
    """The end stage, and how many items a week reach it."""
    p = canvas.palette
    _arrow(canvas, x + 6, x + GAP - 6, y)
    canvas.rectangle(x + GAP, y - 24, END, 48, p.card, stroke=p.good, radius=24)
    canvas.text(
        x + GAP + END / 2,
        y - 2,
        fitted(document.stream.end, END - 24, 13, bold=True),
        bold=True,
        fill=p.good,
        anchor="middle",
    )
    pace = document.items.arrived / document.window.weeks
    canvas.text(x + GAP + END / 2, y + 14, f"{amount(pace)} a week", size=11, fill=p.soft, anchor="middle")


def _box(canvas: Canvas, column: Column, top: float, worst: float) -> None:
    p, part, x = canvas.palette, column.part, column.x
    band = {StageKind.APPROVAL: p.approval, StageKind.WORK: p.work}.get(part.kind or StageKind.DONE, p.wait)
    canvas.rectangle(x, top, column.width, CARD, p.card, stroke=p.line, radius=8)
    canvas.path(
        f"M{x:.1f} {top + 34:.1f} v-26 a8 8 0 0 1 8 -8 h{column.width - 16:.1f} a8 8 0 0 1 8 8 v26 z",
        band,
        fill=band,
        width=1,
    )
    canvas.text(
        column.middle,
        top + 22.5,
        fitted(column.name, column.width - 20, 14, bold=True),
        size=14,
        bold=True,
        fill=p.on_band,
        anchor="middle",
    )
    for line, (name, value, alarming) in enumerate(_facts(column, worst)):
        at = top + 58 + 24 * line
        canvas.text(x + 14, at, name, fill=p.soft)
        canvas.text(x + column.width - 14, at, value, bold=True, anchor="end", fill=p.bad if alarming else p.ink)


def _facts(column: Column, worst: float) -> list[tuple[str, str, bool]]:
    part, queue = column.part, column.queue
    waits = ("waits, per item", duration(part.wait_time), bool(worst) and part.wait_time == worst)
    if part.kind is StageKind.APPROVAL and not queue:
        return [waits, ("here now", str(part.wip), False), ("visits", str(part.visits), False)]
    if part.kind is not StageKind.APPROVAL or not queue:
        return [
            ("works, per item", duration(part.process_time), False),
            waits,
            ("here now", str(part.wip), False),
            ("right first time", share(part.complete_and_accurate), False),
        ]
    box = queue.time_box
    late = (box.share if box.chance is None else box.chance) if box else None
    last = (
        (f"longer than {duration(box.limit)}", share(late), bool(late and late > HALF))
        if box
        else ("waits", str(queue.wait.n), False)
    )
    return [waits, ("85 % of waits in", duration(queue.wait.p85), False), ("here now", str(part.wip), False), last]


def _triangle(canvas: Canvas, column: Column, top: float, worst: float) -> None:
    """The inventory sign of value stream mapping."""
    p, part, middle = canvas.palette, column.part, column.middle
    is_worst = bool(worst) and part.wait_time == worst
    canvas.path(f"M{middle:.1f} {top + 38:.1f} l34 60 h-68 z", p.bad if is_worst else p.wait, fill=p.card, width=2)
    canvas.text(middle, top + 87, str(part.wip), bold=True, size=17, anchor="middle")
    canvas.text(middle, top + 24, fitted(column.name, column.width + 20, 13, bold=True), bold=True, anchor="middle")
    canvas.text(
        middle,
        top + 122,
        f"waits {duration(part.wait_time)}",
        anchor="middle",
        fill=p.bad if is_worst else p.soft,
        bold=is_worst,
    )


def _arrow(canvas: Canvas, start: float, end: float, y: float) -> None:
    soft = canvas.palette.soft
    canvas.path(f"M{start:.1f} {y:.1f} H{end - 6:.1f}", soft, width=2, dash="5 3")
    canvas.path(f"M{end - 8:.1f} {y - 5:.1f} l8 5 l-8 5 z", soft, fill=soft, width=1)


@dataclass(frozen=True)
class Arc:
    """A loop and the columns it joins."""

    origin: Column
    back_to: Column
    label: str
    thickness: float


def _placed(loop: Loop, row: Sequence[Column], stages: Sequence[Stage]) -> Arc | None:
    """The loop, if both its ends stand in the row."""
    origin, back_to = (
        next((c for c in row if c.part.name == stage_of(name, stages)), None) for name in (loop.origin, loop.back_to)
    )
    if origin is None or back_to is None:
        return None
    label = f"{loop.kind} {loop.count}×, {amount(loop.cost)} item-days"
    return Arc(origin, back_to, label, THINNEST + THICKER * (loop.share or 0.0))


def _arc(canvas: Canvas, arc: Arc, top: float, lane: int) -> None:
    bad, peak = canvas.palette.bad, top - 16 - ARC_LANE * lane
    start, end = arc.origin.middle + 14 + 16 * lane, arc.back_to.middle - 14 - 16 * lane
    canvas.path(
        f"M{start:.1f} {top - 4:.1f} V{peak + 10:.1f} Q{start:.1f} {peak:.1f} {start - 10:.1f} {peak:.1f} "
        f"H{end + 10:.1f} Q{end:.1f} {peak:.1f} {end:.1f} {peak + 10:.1f} V{top - 9:.1f}",
        bad,
        width=arc.thickness,
    )
    canvas.path(f"M{end - 4.5:.1f} {top - 12:.1f} l4.5 8 l4.5 -8 z", bad, fill=bad, width=1)


def _arc_label(canvas: Canvas, arc: Arc, top: float, lane: int) -> None:
    middle, peak = (arc.origin.middle + arc.back_to.middle) / 2, top - 16 - ARC_LANE * lane
    canvas.text(middle, peak - 6, arc.label, size=12, bold=True, fill=canvas.palette.bad, anchor="middle", halo=True)


def _ladder(canvas: Canvas, row: Sequence[Column], y: float, worst: float) -> None:
    """Waiting high, working low."""
    p, low, d = canvas.palette, y + 34, ""
    for number, column in enumerate(row):
        start = column.x - (GAP / 2 if number else 0)
        end = column.x + column.width + GAP / 2
        waits, works = column.part.wait_time or 0.0, column.part.process_time or 0.0
        turn = end if not works else start if not waits else (start + end) / 2
        d += f"{'M' if not d else 'L'}{start:.1f} {y if waits or not works else low:.1f} " + (
            f"H{turn:.1f} V{low:.1f} H{end:.1f} " if waits and works else f"H{end:.1f} "
        )
        if waits:
            alarming = waits == worst
            canvas.text(
                (start + turn) / 2,
                y - 8,
                duration(waits),
                anchor="middle",
                bold=alarming,
                fill=p.bad if alarming else p.ink,
            )
        if works:
            canvas.text((turn + end) / 2, low + 19, duration(works), anchor="middle", fill=p.good, bold=True)
    canvas.path(d, p.ink, width=2)


def _strip(canvas: Canvas, document: Document, y: float, width: float) -> float:
    """Where a delivered item's time goes, to scale."""
    p = canvas.palette
    segments = [
        (part.name or UNNAMED, days or 0.0, _strip_fill(p, part, waits=waits))
        for part in document.stages
        for waits, days in ((True, part.wait_time), (False, part.process_time))
    ]
    total = sum(days for _, days, _ in segments)
    if not total:
        return y
    canvas.text(MARGIN, y + 12, "Where an item's time goes, to scale", size=12, fill=p.soft)
    x = MARGIN
    for name, days, fill in segments:
        wide = width * days / total
        canvas.rectangle(x, y + 22, wide - 1, 26, fill, radius=2)
        if days / total >= SLIVER:
            label = fitted(f"{share(days / total)} {name}", wide - 12, 12, bold=True)
            canvas.text(x + 6, y + 39.5, label, size=12, bold=True, fill=p.on_band)
        x += wide
    return y + 60


def _strip_fill(palette: Palette, part: StagePart, *, waits: bool) -> str:
    if not waits:
        return palette.worked
    return {StageKind.APPROVAL: palette.approval, None: palette.bad}.get(part.kind, palette.wait)


def _notes(canvas: Canvas, document: Document, stages: Sequence[Stage], loops: Sequence[Loop], y: float) -> float:
    """Loops from one row to another, and times without a place on the map, are told in words."""
    p = canvas.palette
    notes = [
        f"{loop.origin} back to {loop.back_to}: {loop.kind} {loop.count}×, {amount(loop.cost)} item-days"
        for loop in loops
    ]
    notes += [_aside(part) for part in document.stages if not _stands(part, document, stages)]
    for note in notes:
        y += 20
        canvas.text(MARGIN, y, note, fill=p.bad, bold=True)
    if document.doubts:
        y += 20
        hint = f"{count(len(document.doubts), 'doubt')} about the data; gemba analyse tells them"
        canvas.text(MARGIN, y, hint, fill=p.soft, size=12)
    return y


def _stands(part: StagePart, document: Document, stages: Sequence[Stage]) -> bool:
    return part.name is not None and part.name not in over(document, stages)


def _aside(part: StagePart) -> str:
    """Time that is part of the mean lead time and has no place on the map."""
    spent = duration((part.wait_time or 0.0) + (part.process_time or 0.0))
    if part.name is None:
        return f"{spent} an item in states that no stage claims"
    return f"{spent} an item in {part.name}, before it was taken up again"
