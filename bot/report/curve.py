"""How a key result stands, and how it went, week by week, on its way to the target."""

from html import escape

from markupsafe import Markup

from bot.govern.key_results import KeyResultPart
from bot.govern.metrics import measured
from bot.report.parts import Drawing
from bot.words import UNKNOWN, count, share

WIDTH, HEIGHT, RIM = 120.0, 36.0, 3.0
COLUMNS = ("key result", "verdict", "odds", "by week", "from", "now", "to", "way", "pace")


def course(part: KeyResultPart, verdict: str) -> tuple[str | Drawing, ...]:
    """A row of a table of key results."""
    baseline, value, target = (measured(part.metric, number) for number in (part.baseline, part.value, part.target))
    pace = UNKNOWN if part.pace is None else f"{part.pace:.2f}"
    way, odds = share(part.progress), share(part.probability)
    return part.name, verdict, odds, curve(part), baseline, value, target, way, pace


def curve(part: KeyResultPart) -> Drawing | str:
    """From the baseline on; the target is the dashed line. A curve needs two values."""
    values = [part.baseline, *(reading.value for reading in part.weeks if reading.value is not None)]
    if len(values) == 1:
        return ""
    low, high = min(*values, part.target), max(*values, part.target)
    span = (high - low) or 1.0

    def height(value: float) -> float:
        return RIM + (HEIGHT - 2 * RIM) * (high - value) / span

    step = (WIDTH - 2 * RIM) / (len(values) - 1)
    points = " ".join(f"{RIM + n * step:.1f},{height(value):.1f}" for n, value in enumerate(values))
    last, target = measured(part.metric, part.value), measured(part.metric, part.target)
    words = escape(f"{count(len(values) - 1, 'weekly value')}, the last {last}, the target {target}")
    return Drawing(
        Markup(  # noqa: S704 - numbers, and words that are escaped above
            f'<svg class="curve" width="{WIDTH:.0f}" height="{HEIGHT:.0f}" viewBox="0 0 {WIDTH:.0f} {HEIGHT:.0f}" '
            f'role="img" aria-label="{words}"><line x1="0" x2="{WIDTH:.0f}" y1="{height(part.target):.1f}" '
            f'y2="{height(part.target):.1f}"></line><polyline points="{points}"></polyline></svg>'
        )
    )
