"""SVG by hand: shapes, measured text in the bundled font, two palettes, and PNG."""

import re
from dataclasses import dataclass, field
from functools import cache
from html import escape
from pathlib import Path

FONTS = Path(__file__).parent / "fonts"
FAMILY = "Inter, system-ui, -apple-system, 'Segoe UI', sans-serif"
FORBIDDEN = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 does not allow, not even escaped."""


@dataclass(frozen=True)
class Palette:
    paper: str
    ink: str
    soft: str
    line: str
    card: str
    work: str
    approval: str
    wait: str
    bad: str
    good: str
    worked: str
    on_band: str


LIGHT = Palette(
    paper="#ffffff",
    ink="#1b2430",
    soft="#5d6b7c",
    line="#d3dae3",
    card="#ffffff",
    work="#1d5fc4",
    approval="#b76a00",
    wait="#667587",
    bad="#c8261b",
    good="#14763b",
    worked="#14763b",
    on_band="#ffffff",
)
DARK = Palette(
    paper="#11161d",
    ink="#e8edf4",
    soft="#9aa8b8",
    line="#323d4a",
    card="#18202a",
    work="#3b7ce0",
    approval="#c07f1c",
    wait="#5a6878",
    bad="#ff7b6e",
    good="#56c98a",
    worked="#2b8a57",
    on_band="#ffffff",
)


@dataclass
class Canvas:
    """Collects shapes; `svg` is the picture."""

    palette: Palette
    parts: list[str] = field(default_factory=list)

    def rectangle(
        self, x: float, y: float, width: float, height: float, fill: str, *, stroke: str = "none", radius: float = 0
    ) -> None:
        self.parts.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0):.1f}" height="{height:.1f}" rx="{radius}" '
            f'fill="{fill}" stroke="{stroke}"/>'
        )

    def path(self, d: str, stroke: str, *, width: float = 1.5, fill: str = "none", dash: str = "") -> None:
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        self.parts.append(f'<path d="{d}" fill="{fill}" stroke="{stroke}" stroke-width="{width:.1f}"{dashed}/>')

    def text(
        self,
        x: float,
        y: float,
        content: str,
        *,
        size: float = 13,
        fill: str = "",
        bold: bool = False,
        anchor: str = "start",
        halo: bool = False,
    ) -> None:
        """`halo`: a rim in the colour of the paper, so that it can be read upon lines."""
        weight = 600 if bold else 400
        rim = f' stroke="{self.palette.paper}" stroke-width="4" paint-order="stroke"' if halo else ""
        self.parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" font-weight="{weight}" '
            f'fill="{fill or self.palette.ink}" text-anchor="{anchor}"{rim}>{_escaped(content)}</text>'
        )

    def svg(self, width: float, height: float, title: str) -> str:
        """The document, with a title for those who cannot see it."""
        size = f'width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}"'
        head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="{FAMILY}" role="img">'
        paper = f'<title>{_escaped(title)}</title><rect width="100%" height="100%" fill="{self.palette.paper}"/>'
        return "".join((head, paper, *self.parts, "</svg>\n"))


def _escaped(content: str) -> str:
    return escape(FORBIDDEN.sub("", content))


def fitted(content: str, width: float, size: float, *, bold: bool = False) -> str:
    """The text, cut with an ellipsis where it would be too wide."""
    if text_width(content, size, bold=bold) <= width:
        return content
    while content and text_width(content + "…", size, bold=bold) > width:
        content = content[:-1]
    return content.rstrip() + "…"


def text_width(content: str, size: float, *, bold: bool = False) -> float:
    """Pixels, from the font's own advance widths; characters it lacks count as wide."""
    advances, unit = _advances("SemiBold" if bold else "Regular")
    return sum(advances.get(ord(character), unit) for character in content) * size / unit


@cache
def _advances(weight: str) -> tuple[dict[int, int], int]:
    from fontTools.ttLib import TTFont

    font = TTFont(FONTS / f"Inter-{weight}.otf")
    metrics = font["hmtx"]
    return {code: metrics[name][0] for code, name in font.getBestCmap().items()}, int(font["head"].unitsPerEm)


def png(svg: str, scale: float = 2.0) -> bytes:
    """The picture in pixels; letters the bundled font lacks come from the system's fonts."""
    import resvg_py

    return bytes(resvg_py.svg_to_bytes(svg_string=svg, zoom=scale, font_dirs=[str(FONTS)], font_family="Inter"))
