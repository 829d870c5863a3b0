"""The current and the future state side by side, stage by stage, with the difference.

Both come from one replay of the delivered items. All times are means per item; as they are printed they add up to the
mean lead times, and the differences to theirs.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.flow.findings.future import Effect, Future, FutureState, StageMoved
from bot.flow.model import Stage, StageKind
from bot.report.canvas import LIGHT, Canvas, Palette, fitted, text_width, wrapped
from bot.report.ladder import Ladder, Step, ladder, moved
from bot.report.map_layout import MARGIN, ROOM, UNNAMED, WIDTH, stage_of
from bot.report.map_parts import SMALL, stamp
from bot.words import count, day, duration, tame

CELL, GAP, HIGH, STEP = 330.0, 16.0, 68.0, 82.0
NAMED, BAR = 156.0, 9.0
THEN, RAYS = MARGIN + CELL + GAP, (12.5, 9.0)


@dataclass(frozen=True)
class FutureMap:
    """`whole`: all `changes` in one replay, with an effect; `left_out`: those of which nothing can be told."""

    state: FutureState
    whole: Future
    effect: Effect
    changes: tuple[Future, ...]
    left_out: tuple[Future, ...]

    @property
    def ladders(self) -> tuple[Ladder, Ladder]:
        """Now and then, in one unit; as told they differ by what the change is told to bring."""
        stages = self.effect.stages
        now = ladder([(s.wait_before, s.process_before) for s in stages])
        return now, moved(now, [(s.wait_after, s.process_after) for s in stages])


def no_future(state: FutureState, whole: Future | None) -> str:
    """Why there is no future state to draw."""
    if whole is not None:
        return f"the future state cannot be told: {whole.reason}"
    if not state.changes:
        return "nothing is planned that could be drawn; name a change with --change, or see gemba future --suggest"
    if not state.back_test.passed:
        return f"the future state cannot be told: {state.changes[0].reason}"
    return "the future state cannot be told: " + "; ".join(f"{each.what}: {each.reason}" for each in state.changes)


def draw_future(found: FutureMap, stages: Sequence[Stage], palette: Palette = LIGHT) -> str:
    """As SVG."""
    canvas, places = Canvas(palette), _places(found.changes, stages)
    y = _header(canvas, found)
    y = _heads(canvas, y)
    y = _rows(canvas, found, places, y)
    y = _sums(canvas, found, y)
    y = _notes(canvas, found, y)
    title = f"Current and future value stream of {tame(found.state.stream.name)}"
    return canvas.svg(WIDTH, y + MARGIN, title, " ".join(in_words(found)))


def _places(changes: Sequence[Future], stages: Sequence[Stage]) -> Mapping[str, list[int]]:
    """Stage -> numbers of the changes that take hold there."""
    found: dict[str, list[int]] = {}
    for number, each in enumerate(changes, start=1):
        where = next(iter(each.change.values()), ())
        for name in [where] if isinstance(where, str) else where:
            found.setdefault(stage_of(str(name), stages), []).append(number)
    return found


def _header(canvas: Canvas, found: FutureMap) -> float:
    state, p, window = found.state, canvas.palette, found.state.window
    name = fitted(f"{tame(state.stream.name)}: now, and after the change", ROOM, 25, bold=True)
    canvas.text(MARGIN, 48, name, size=25, bold=True)
    period = f"{day(window.start, window.timezone)} to {day(window.last, window.timezone)}"
    replayed = f"{period} · {count(state.items, 'delivered item')}, replayed as if it had been so"
    canvas.text(MARGIN, 73, replayed, fill=p.soft, size=14)
    y = 84.0
    for number, each in enumerate(found.changes, start=1):
        for n, line in enumerate(wrapped(words_of(each), ROOM - 32, 14)):
            y += 23
            if not n:
                _burst(canvas, MARGIN + 11, y - 5, str(number))
            canvas.text(MARGIN + 32, y, line, size=14)
    return y + 8


def words_of(change: Future) -> str:
    """What is done, and against which waste."""
    name = change.what if change.name in (change.what, "") else f"{change.name}: {change.what}"
    return f"{tame(name)}, against {change.waste or 'several wastes'}"


def _heads(canvas: Canvas, y: float) -> float:
    for x, told in ((MARGIN, "Now"), (THEN, "After")):
        canvas.text(x, y + 28, told, size=17, bold=True)
    canvas.text(WIDTH - MARGIN, y + 28, "difference", size=14, anchor="end", fill=canvas.palette.soft)
    return y + 40


def _rows(canvas: Canvas, found: FutureMap, places: Mapping[str, list[int]], y: float) -> float:
    stages, (now, then) = found.effect.stages, found.ladders
    longest = max(_days(step) for ladder_ in (now, then) for step in ladder_.steps) or 1.0
    for n, (stage, before, after) in enumerate(zip(stages, now.steps, then.steps, strict=True)):
        numbers = places.get(stage.name or "", [])
        _cell(canvas, stage, before, (MARGIN, y), longest)
        _cell(canvas, stage, after, (THEN, y), longest, changed=bool(numbers))
        for place, number in enumerate(numbers):
            _burst(canvas, THEN + CELL + 26 * place, y + 3, str(number))
        _difference(canvas, after.ticks - before.ticks, found, y + HIGH / 2 + 5)
        if n < len(stages) - 1:
            for x in (MARGIN, THEN):
                _down(canvas, x + NAMED / 2, y + HIGH + 1)
        y += STEP
    return y - STEP + HIGH


def _days(step: Step) -> float:
    return (step.waits or 0.0) + (step.works or 0.0)


def _cell(
    canvas: Canvas, stage: StageMoved, step: Step, at: tuple[float, float], longest: float, *, changed: bool = False
) -> None:
    """A stage in one of the two states: its sign and name, what it takes, and that to scale."""
    p, (x, y) = canvas.palette, at
    canvas.rectangle(x, y, CELL, HIGH, p.card, stroke=p.line, radius=7)
    _sign(canvas, stage, x, y)
    if changed:
        canvas.rectangle(x, y, CELL, HIGH, "none", stroke=p.good, radius=7, thick=3)
    left, whole, low = x + NAMED + 12, CELL - NAMED - 24, 0.0 if step.works else 9.0
    canvas.text(left, y + 20 + low, f"waits {step.waits_told}", size=14, bold=True)
    if step.works:
        canvas.text(left, y + 39, f"works {step.works_told}", size=14, bold=True, fill=p.good)
    waits, works = (whole * (days or 0.0) / longest for days in (step.waits, step.works))
    canvas.rectangle(left, y + 50 - low, waits, BAR, p.approval if stage.kind is StageKind.APPROVAL else p.soft)
    canvas.rectangle(left + waits, y + 50 - low, works, BAR, p.worked)


def _sign(canvas: Canvas, stage: StageMoved, x: float, y: float) -> None:
    """A box in the colour of its kind, or a triangle; and the name."""
    p, kind, name = canvas.palette, stage.kind, tame(stage.name or UNNAMED)
    waits = kind in (StageKind.WAIT, StageKind.DONE)
    approves = kind is StageKind.APPROVAL
    aside = 42.0 if waits else 24.0 if approves else 0.0
    if waits:
        canvas.path(f"M{x + 26:.1f} {y + 18:.1f} l15 26 h-30 z", p.soft, width=2)
    else:
        band = p.approval if approves else p.work if kind is StageKind.WORK else p.wait
        canvas.rectangle(x, y, NAMED, HIGH, band, radius=7)
        canvas.rectangle(x + NAMED - 8, y, 8, HIGH, band)
    if approves:
        stamp(canvas, x + 19, y + HIGH / 2, p.on_band)
    lines = wrapped(name, NAMED - 20 - aside, 14, bold=True)
    for n, line in enumerate(lines):
        at = y + HIGH / 2 + 5 + (n - (len(lines) - 1) / 2) * 17
        canvas.text(x + 10 + aside, at, line, size=14, bold=True, fill=p.ink if waits else p.on_band)


def _difference(canvas: Canvas, ticks: int, found: FutureMap, y: float, size: float = 15) -> None:
    p, unit = canvas.palette, found.ladders[0].unit
    fill = p.soft if not ticks else p.good if ticks < 0 else p.bad
    canvas.text(WIDTH - MARGIN, y, unit.signed(ticks), size=size, bold=bool(ticks), anchor="end", fill=fill)


def _burst(canvas: Canvas, x: float, y: float, told: str) -> None:
    """The sign of value stream mapping for a change: here something is made better."""
    p = canvas.palette
    spikes = ((RAYS[n % 2] * math.cos(n * math.pi / 9), RAYS[n % 2] * math.sin(n * math.pi / 9)) for n in range(18))
    canvas.path("M" + " L".join(f"{x + dx:.1f} {y + dy:.1f}" for dx, dy in spikes) + " z", p.worked, fill=p.worked)
    canvas.rectangle(x - 7, y - 7, 14, 14, p.worked)
    canvas.text(x, y + 4.5, told, size=SMALL, bold=True, fill=p.on_band, anchor="middle")


def _down(canvas: Canvas, x: float, y: float) -> None:
    soft = canvas.palette.soft
    canvas.path(f"M{x:.1f} {y:.1f} v4", soft, width=2)
    canvas.path(f"M{x - 5:.1f} {y + 4:.1f} l5 8 l5 -8 z", soft, fill=soft, width=1)


def _sums(canvas: Canvas, found: FutureMap, y: float) -> float:
    """What both come to, and how sure the difference is."""
    p, (now, then) = canvas.palette, found.ladders
    canvas.path(f"M{MARGIN:.1f} {y + 14:.1f} H{WIDTH - MARGIN:.1f}", p.line, width=2)
    for x, whole in ((MARGIN, now), (THEN, then)):
        canvas.text(x, y + 42, whole.whole.total, size=21, bold=True)
        canvas.text(
            x + text_width(whole.whole.total, 21, bold=True) + 8, y + 42, "mean lead time", size=14, fill=p.soft
        )
        canvas.text(x, y + 64, f"waits {whole.whole.waits_told} + works {whole.whole.works_told}", size=14)
    _difference(canvas, then.whole.ticks - now.whole.ticks, found, y + 42, 21)
    canvas.text(MARGIN, y + 92, sure(found), size=14, bold=True)
    p50, p85 = (f"{duration(one.before)} → {duration(one.after)}" for one in (found.effect.p50, found.effect.p85))
    canvas.text(MARGIN, y + 113, f"Half within {p50}, 85 % within {p85}.", size=14)
    return y + 118


def sure(found: FutureMap) -> str:
    """The difference with its interval."""
    mean, unit = found.effect.mean, found.ladders[0].unit
    change, low, high = (unit.signed(unit.ticks(days)) for days in (mean.change, mean.low, mean.high))
    least = "at least " if found.whole.at_least else ""
    return f"The mean lead time changes by {least}{change}; in eight of ten cases by {low} to {high}."


def _notes(canvas: Canvas, found: FutureMap, y: float) -> float:
    for note in notes(found):
        for line in wrapped(note, ROOM, SMALL, most=4):
            y += 20
            canvas.text(MARGIN, y, line, size=SMALL, fill=canvas.palette.soft)
    return y


def notes(found: FutureMap) -> list[str]:
    """What is to be known to read it right."""
    moved = "Work moves to other hours where it begins earlier, so times of stages that nobody changed differ a little."
    return [
        *(f"Left out: {tame(each.what)}, since {tame(each.reason)}." for each in found.left_out),
        f"{moved} Times count nights and weekends.",
        f"Back-test held: {found.state.back_test.reason}.",
    ]


def in_words(found: FutureMap) -> list[str]:
    """The whole picture in sentences."""
    (now, then), unit = found.ladders, found.ladders[0].unit
    changed = [f"Change {n}: {words_of(each)}." for n, each in enumerate(found.changes, start=1)]
    stages = [
        f"{tame(stage.name or UNNAMED)}: waits {a.waits_told}, works {a.works_told}; after it waits {b.waits_told}, "
        f"works {b.works_told}; difference {unit.signed(b.ticks - a.ticks)}."
        for stage, a, b in zip(found.effect.stages, now.steps, then.steps, strict=True)
    ]
    whole = f"Mean lead time {now.whole.total}, after it {then.whole.total}. {sure(found)}"
    return [*changed, *stages, whole, *notes(found)]
