"""Charts as SVG for the report: axes, dots, bars, areas and lines. Colours and type are the page's, by class.

Every chart has a title and says in words what it shows; what stands out is a link to its item.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from html import escape
from math import floor, log10

from markupsafe import Markup

from bot.report.canvas import fitted, text_width
from bot.words import duration

WIDTH, HEIGHT = 760.0, 300.0
LEFT, RIGHT, TOP, BOTTOM = 48.0, 24.0, 14.0, 34.0
TYPE = 12.5
STEPS = (1, 2, 5, 10)
MOST_TICKS, FEWEST_TICKS = 5, 4


@dataclass
class Chart:
    """Collects the shapes of one chart; `x` and `y` place a value."""

    title: str
    words: str
    x: Callable[[float], float]
    y: Callable[[float], float]
    width: float = WIDTH
    height: float = HEIGHT
    right: float = RIGHT
    kind: str = "chart"
    shapes: list[str] = field(default_factory=list)

    def add(self, shape: str) -> None:
        self.shapes.append(shape)

    def text(self, x: float, y: float, content: str, kind: str = "tick", anchor: str = "start") -> None:
        self.add(f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(content)}</text>')

    def line(self, first: tuple[float, float], last: tuple[float, float], kind: str) -> None:
        (x1, y1), (x2, y2) = first, last
        self.add(f'<path class="{kind}" d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}"/>')

    def across(self, value: float, kind: str, said: str) -> None:
        """A level from left to right, named above its left end."""
        y = self.y(value)
        self.line((LEFT, y), (WIDTH - self.right, y), kind)
        self.text(LEFT + 6, y - 5, said, "level")

    def path(self, points: Iterable[tuple[float, float]], kind: str, *, closed: bool = False) -> None:
        d = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
        if d:
            self.add(f'<path class="{kind}" d="M{d}{"Z" if closed else ""}"/>')

    def dots(self, points: Iterable[tuple[float, float]], kind: str = "dot") -> None:
        """Many at once."""
        d = "".join(f"M{x:.1f} {y:.1f}h0" for x, y in points)
        if d:
            self.add(f'<path class="{kind}" d="{d}"/>')

    def linked(self, x: float, y: float, href: str, said: str, kind: str = "mark") -> None:
        """A dot that leads somewhere."""
        radius = 5.5 if kind == "mark" else 4.5
        dot = f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="{radius}"><title>{escape(said)}</title></circle>'
        self.add(f'<a href="{escape(href)}" aria-label="{escape(said)}">{dot}</a>')

    def svg(self) -> Markup:
        size = f'viewBox="0 0 {self.width:.0f} {self.height:.0f}"'
        role = "group" if any(shape.startswith("<a ") for shape in self.shapes) else "img"
        head = f'<svg class="{self.kind}" {size} role="{role}" aria-label="{escape(self.title)}">'
        about = f"<title>{escape(self.title)}</title><desc>{escape(self.words)}</desc>"
        return Markup("".join((head, about, *self.shapes, "</svg>")))  # noqa: S704 - every shape escapes its words


def scale(low: float, high: float, start: float, end: float) -> Callable[[float], float]:
    """From values to places."""
    span = (high - low) or 1.0
    return lambda value: start + (value - low) / span * (end - start)


def chart(title: str, words: str, across: tuple[float, float], highest: float, *, right: float = RIGHT) -> Chart:
    """An empty chart whose values run from 0 to a little above the highest."""
    top = ticks(highest)[-1]
    return Chart(
        title,
        words,
        scale(*across, LEFT, WIDTH - right),
        scale(0, max(top, highest), HEIGHT - BOTTOM, TOP),
        right=right,
    )


def ticks(highest: float) -> list[float]:
    """Round values from 0 to the first that is not below the highest."""
    if highest <= 0:
        return [0.0, 1.0]
    power = 10.0 ** floor(log10(highest / FEWEST_TICKS))
    step = next(power * step for step in STEPS if highest / (power * step) <= MOST_TICKS)
    number = -(-highest // step)
    return [step * n for n in range(int(number) + 1)]


def grid(found: Chart, highest: float, said: Callable[[float], str]) -> None:
    """Lines at round values, with what they are."""
    for value in ticks(highest):
        found.line((LEFT, found.y(value)), (WIDTH - found.right, found.y(value)), "grid")
        found.text(LEFT - 7, found.y(value) + 4, said(value), anchor="end")


def days(value: float) -> str:
    return duration(value) if value else "0"


def dates(found: Chart, known: Sequence[date]) -> None:
    """Some of the days under the axis, evenly."""
    step = max(1, -(-len(known) // 7))
    for day in known[::step]:
        x = found.x(day.toordinal())
        if x < WIDTH - found.right - 20:
            found.text(x, found.height - 10, f"{day.day} {day:%b}")
            found.line((x, found.height - BOTTOM), (x, found.height - BOTTOM + 5), "axis")
    found.line((LEFT, found.height - BOTTOM), (WIDTH - found.right, found.height - BOTTOM), "axis")


def label(content: str, width: float) -> str:
    """Cut where it would be too wide."""
    return fitted(content, width, TYPE)


def width_of(content: str) -> float:
    return text_width(content, TYPE)
