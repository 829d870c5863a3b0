"""The ladder below a map, and what it comes to."""

from collections.abc import Sequence
from itertools import pairwise

from bot.govern.document import Document
from bot.report.canvas import Canvas, text_width
from bot.report.ladder import Step
from bot.report.map_layout import END, MARGIN, Column, Plan
from bot.report.map_parts import SMALL
from bot.words import count

HEIGHT, RUNG, BEFORE, LARGE = 66.0, 32.0, 34.0, 15.0
ELSEWHERE = "elsewhere"


def draw_ladder(canvas: Canvas, row: Sequence[Column], y: float, beside: Step | None, end: float) -> None:
    """Waiting high, working low; last what has no place on the map."""
    between = ((left.x + left.width + right.x) / 2 for left, right in pairwise(row))
    edges = [row[0].x, *between, row[-1].x + row[-1].width + 8]
    pen = _Pen(canvas, y)
    for column, (start, stop) in zip(row, pairwise(edges), strict=True):
        pen.step(column.step, start, stop, worst=column.worst)
    pen.draw()
    if beside:
        aside_pen = _Pen(canvas, y, dash="4 3")
        aside_pen.step(beside, max(end - 4, edges[-1] + 4), end + END)
        aside_pen.draw()
        below = y + RUNG + 36 if beside.works else y + 19
        canvas.text(end + END / 2, below, ELSEWHERE, size=SMALL, fill=canvas.palette.soft, anchor="middle")


class _Pen:
    """Draws a ladder from left to right."""

    def __init__(self, canvas: Canvas, y: float, dash: str = "") -> None:
        self.canvas, self.y, self.dash, self.d = canvas, y, dash, ""

    def step(self, step: Step, start: float, stop: float, *, worst: bool = False) -> None:
        waits, works, y, low = step.waits or 0.0, step.works or 0.0, self.y, self.y + RUNG
        turn = stop if not works else start if not waits else (start + stop) / 2
        self.d += f"{'L' if self.d else 'M'}{start:.1f} {y if waits or not works else low:.1f} "
        self.d += f"H{turn:.1f} V{low:.1f} H{stop:.1f} " if waits and works else f"H{stop:.1f} "
        p = self.canvas.palette
        if waits:
            fill = p.bad if worst else p.ink
            self.canvas.text(
                (start + turn) / 2, y - 9, step.waits_told, size=14, anchor="middle", bold=worst, fill=fill
            )
        if waits and worst:
            self.canvas.path(f"M{start:.1f} {y:.1f} H{turn:.1f}", p.alarm, width=7)
        if works:
            middle = (turn + stop) / 2
            self.canvas.text(middle, low + 19, step.works_told, size=14, anchor="middle", fill=p.good, bold=True)

    def draw(self) -> None:
        self.canvas.path(self.d.strip(), self.canvas.palette.ink, width=2, dash=self.dash)


def draw_sums(canvas: Canvas, document: Document, plan: Plan, y: float) -> float:
    """What the ladder comes to."""
    p, found = canvas.palette, plan.ladder
    if document.lead_time.mean is None:
        canvas.text(MARGIN, y + 16, "Nothing was delivered in this time, so the ladder has no steps.", size=14)
        return y + 34
    x = MARGIN
    for told, fill, bold in (
        (f"waits {found.whole.waits_told}", p.ink, True),
        ("+", p.soft, False),
        (f"works {found.whole.works_told}", p.good, True),
        ("=", p.soft, False),
        (found.whole.total, p.ink, True),
        (f"lead time, the mean of {count(document.lead_time.n, 'item')}", p.soft, False),
    ):
        canvas.text(x, y + 16, told, size=LARGE, fill=fill, bold=bold)
        x += text_width(told, LARGE, bold=bold) + 9
    return y + 34
