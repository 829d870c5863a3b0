"""The drawn value stream map.

Work and approvals are boxes, waits are inventory triangles with the number of items in them; red arcs above, the
thicker the more they cost, lead back to where work was returned; below runs the lead-time ladder (waiting high, working
low) and a strip that shows to scale where the time goes. All times are means per delivered item; as they are printed
they add up to the mean lead time.
"""

from collections.abc import Sequence

from bot.flow.findings.lead import LeadTime, StagePart
from bot.flow.findings.loops import Loop
from bot.flow.model import Stage, StageKind
from bot.govern.document import Document
from bot.report.canvas import LIGHT, Canvas, Palette, fitted, text_width, wrapped
from bot.report.map_arcs import Drawn, LoopLink, arcs_of, draw_arcs, ends_of, height, loop_words
from bot.report.map_ladder import BEFORE, ELSEWHERE, HEIGHT, draw_ladder, draw_sums
from bot.report.map_layout import MARGIN, ROOM, WIDTH, Plan, plan_of
from bot.report.map_parts import SMALL, Link, arrow, draw_end, draw_joints, draw_stages, height_of, legend
from bot.report.map_words import asides, in_words
from bot.words import amount, between, count, day, duration, share, tame

MOST_LOOPS = 6
NAMED = 90.0
"""Segments of the strip that are so wide carry a name, if need be a cut one."""


def draw_map(
    document: Document,
    stages: Sequence[Stage],
    palette: Palette = LIGHT,
    *,
    link: Link | None = None,
    loop_link: LoopLink | None = None,
) -> str:
    """The map as SVG. `link`, `loop_link`: where a stage, by its name, or a loop leads to.

    With links it is no mere picture to a screen reader, so its texts are read one by one.
    """
    loops = document.loops[:MOST_LOOPS]
    plan = plan_of(document, loops, stages)
    placed = [(loop, *ends) for loop in loops if (ends := ends_of(loop, plan, stages, document.stream.end))]
    canvas, y = Canvas(palette), 0.0
    y = _header(canvas, document, plan)
    for number, arcs in enumerate(arcs_of(placed, len(plan.rows))):
        y = _row(canvas, (document, plan, number), arcs, y, (link, loop_link))
    y = draw_sums(canvas, document, plan, y)
    y = _strip(canvas, document, y)
    drawn = [loop for loop, *_ in placed]
    y = _notes(canvas, document, plan, [loop for loop in document.loops if loop not in drawn], y)
    kinds = {column.part.kind for column in plan.columns}
    worst = any(column.worst for column in plan.columns)
    y = legend(canvas, y + 26, worst=worst, approvals=StageKind.APPROVAL in kinds, loops=bool(drawn))
    title = f"Value stream map of {tame(document.stream.name)}"
    role = "group" if link or loop_link else "img"
    return canvas.svg(WIDTH, y + MARGIN / 2, title, in_words(document, plan), role=role)


def _header(canvas: Canvas, document: Document, plan: Plan) -> float:
    window, lead, p = document.window, document.lead_time, canvas.palette
    canvas.text(MARGIN, 48, fitted(tame(document.stream.name), ROOM, 25, bold=True), size=25, bold=True)
    period = f"{day(window.start, window.timezone)} to {day(window.last, window.timezone)}"
    told = f"{period} · {count(document.items.arrived, 'item')} delivered · {document.wip} under way"
    canvas.text(MARGIN, 73, told, fill=p.soft, size=14)
    figures = (
        ("lead time, mean", plan.ladder.whole.total),
        (f"half within{_interval(lead)}", duration(lead.p50)),
        ("85 % within", duration(lead.p85)),
        ("value added, of working time", between(document.value_added_ratio.low, document.value_added_ratio.high)),
    )
    for (name, value), x in zip(figures, (0.0, 175.0, 410.0, 560.0), strict=True):
        canvas.text(MARGIN + x, 103, name, fill=p.soft, size=SMALL)
        canvas.text(MARGIN + x, 127, value, bold=True, size=19)
    return 140.0


def _interval(lead: LeadTime) -> str:
    return "" if lead.low is None else f" ({duration(lead.low)} to {duration(lead.high)})"


def _row(
    canvas: Canvas,
    of: tuple[Document, Plan, int],
    arcs: Sequence[Drawn],
    y: float,
    links: tuple[Link | None, LoopLink | None],
) -> float:
    """Arcs, boxes and ladder of one row, and after the last one the end of the stream; the y below it."""
    document, plan, number = of
    row, last = plan.rows[number], number == len(plan.rows) - 1
    top, high = y + 22 + height(arcs), height_of(row)
    draw_stages(canvas, row, top, links[0])
    draw_joints(canvas, plan, number, top)
    if last:
        pace = document.items.arrived / document.window.weeks
        arrow(canvas, row[-1].x + row[-1].width + 4, plan.end - 4, top + plan.flow)
        draw_end(canvas, plan.end, top + plan.flow, document.stream.end, pace, links[0])
    draw_arcs(canvas, arcs, top, links[1])
    if document.lead_time.mean is None:
        return top + high + BEFORE
    draw_ladder(canvas, row, top + high + BEFORE, plan.beside if last else None, plan.end)
    return top + high + BEFORE + HEIGHT


def _strip(canvas: Canvas, document: Document, y: float) -> float:
    """Where a delivered item's time goes, to scale."""
    p = canvas.palette
    segments = [
        (part, days or 0.0, waits)
        for part in document.stages
        for waits, days in ((True, part.wait_time), (False, part.process_time))
    ]
    total = sum(days for _, days, _ in segments)
    if not total:
        return y
    canvas.text(MARGIN, y + 14, "Where an item's time goes, to scale: dark is working", size=SMALL, fill=p.soft)
    x = MARGIN
    for part, days, waits in segments:
        wide = ROOM * days / total
        _segment(canvas, part, (x, y + 22, wide), days / total, waits=waits)
        x += wide
    return y + 56


def _segment(canvas: Canvas, part: StagePart, at: tuple[float, float, float], of: float, *, waits: bool) -> None:
    p, (x, y, wide) = canvas.palette, at
    approves = waits and part.kind is StageKind.APPROVAL
    light = p.asked if approves else p.astray if part.kind is None else p.waited
    canvas.rectangle(x, y, wide - 1, 30, light if waits else p.worked, radius=2)
    if approves:
        canvas.rectangle(x, y + 26, wide - 1, 4, p.approval)
    told = _label(share(of), tame(part.name or ELSEWHERE), wide - 10)
    canvas.text(x + 5, y + 19, told, size=SMALL, bold=True, fill=p.ink if waits else p.on_band)


def _label(of: str, name: str, width: float) -> str:
    """With the name where enough of it has room, else the share alone, else nothing."""
    if width >= NAMED or text_width(f"{of} {name}", SMALL, bold=True) <= width:
        return fitted(f"{of} {name}", width, SMALL, bold=True)
    return of if text_width(of, SMALL, bold=True) <= width else ""


def _notes(canvas: Canvas, document: Document, plan: Plan, loops: Sequence[Loop], y: float) -> float:
    """Times without a place on the map, and loops that are not drawn, are told in words."""
    p = canvas.palette
    notes = [(told, p.ink) for told in asides(plan)]
    notes += [(loop_words(loop), p.bad) for loop in loops[:1]] if len(loops) == 1 else []
    if len(loops) > 1:
        cost = amount(sum(loop.cost for loop in loops))
        notes.append((f"{len(loops)} other loops cost {cost} item-days: gemba explain loop", p.bad))
    if document.doubts:
        notes.append((f"{count(len(document.doubts), 'doubt')} about the data: gemba analyse", p.soft))
    for told, fill in notes:
        for line in wrapped(told, ROOM, SMALL):
            y += 20
            canvas.text(MARGIN, y, line, size=SMALL, fill=fill)
    return y
