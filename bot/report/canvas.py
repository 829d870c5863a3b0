"""SVG by hand: shapes, measured text in the bundled font, palettes, and PNG."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from functools import cache
from hashlib import sha256
from html import escape
from pathlib import Path

from rich.cells import split_graphemes

FONTS = Path(__file__).parent / "fonts"
FAMILY = "Inter, system-ui, -apple-system, 'Segoe UI', sans-serif"
FORBIDDEN = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 does not allow, not even escaped."""

VARIABLE = "--map-"
ADJUST = ' lengthAdjust="spacingAndGlyphs"'
MEASURED = re.compile(r' textLength="[^"]*"' + ADJUST)


@dataclass(frozen=True)
class Palette:
    """`on_band`: text upon work, approval, wait, bad and worked; `ink` is read upon everything else."""

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
    waited: str
    asked: str
    astray: str
    alarm: str
    on_band: str


LIGHT = Palette(
    paper="#ffffff",
    ink="#1b2430",
    soft="#56636f",
    line="#c3ccd6",
    card="#ffffff",
    work="#1d5fc4",
    approval="#8f5200",
    wait="#566474",
    bad="#be2318",
    good="#14763b",
    worked="#14763b",
    waited="#dfe5ec",
    asked="#f5dfb9",
    astray="#f9d6d2",
    alarm="#be2318",
    on_band="#ffffff",
)
DARK = Palette(
    paper="#11161d",
    ink="#e8edf4",
    soft="#a3b0bf",
    line="#3c4856",
    card="#18202a",
    work="#2c68c6",
    approval="#94600f",
    wait="#5a6878",
    bad="#ff8a7e",
    good="#56c98a",
    worked="#1f7a4a",
    waited="#333e4b",
    asked="#54401a",
    astray="#5a2a28",
    alarm="#b93a2f",
    on_band="#ffffff",
)
INLINE = Palette(**{one.name: f"var({VARIABLE}{one.name.replace('_', '-')})" for one in fields(Palette)})
"""For a picture inside a page that defines `css_variables`; a picture by itself needs colours of its own."""


def css_variables() -> tuple[str, str]:
    """What a page declares so that an INLINE picture has colours: in the light, and in the dark."""
    light, dark = (
        "".join(f"{VARIABLE}{name.replace('_', '-')}:{value};" for name, value in asdict(palette).items())
        for palette in (LIGHT, DARK)
    )
    return light, dark


@dataclass
class Canvas:
    """Collects shapes; `svg` is the picture."""

    palette: Palette
    parts: list[str] = field(default_factory=list)

    def rectangle(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        fill: str,
        *,
        stroke: str = "none",
        radius: float = 0,
        thick: float = 1,
    ) -> None:
        self.parts.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0):.1f}" height="{height:.1f}" rx="{radius:g}" '
            f'fill="{fill}" stroke="{stroke}" stroke-width="{thick:g}"/>'
        )

    def path(self, d: str, stroke: str, *, width: float = 1.5, fill: str = "none", dash: str = "") -> None:
        how = f'stroke-width="{width:.1f}" stroke-linejoin="round"' + (f' stroke-dasharray="{dash}"' if dash else "")
        self.parts.append(f'<path d="{d}" fill="{fill}" stroke="{stroke}" {how}/>')

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
        """`halo`: a rim in the colour of the paper, so that it can be read upon lines.

        It is as wide as it was measured, whatever font a browser has.
        """
        weight = 600 if bold else 400
        wide = f' textLength="{text_width(content, size, bold=bold):.1f}"' if content and has(content) else ""
        rim = f' stroke="{self.palette.paper}" stroke-width="4" paint-order="stroke"' if halo else ""
        self.parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" font-weight="{weight}" '
            f'fill="{fill or self.palette.ink}" text-anchor="{anchor}"'
            f"{wide + ADJUST if wide else ''}{rim}>{escaped(content)}</text>"
        )

    @contextmanager
    def group(self, name: str = "", href: str | None = None) -> Iterator[None]:
        """What belongs together; `name` is shown when pointed at, `href` is where it leads."""
        tag = "a" if href else "g"
        where = f' href="{escaped(href)}" aria-label="{escaped(name)}"' if href else ""
        self.parts.append(f"<{tag}{where}>" + (f"<title>{escaped(name)}</title>" if name else ""))
        yield
        self.parts.append(f"</{tag}>")

    def svg(self, width: float, height: float, title: str, words: str = "", *, role: str = "img") -> str:
        """The document, with a title and the whole picture in words for those who cannot see it.

        Ids come from what is drawn, so that several pictures may stand on one page.
        """
        body = "".join(self.parts)
        name = "m" + sha256(f"{title}\0{words}\0{body}".encode("utf-8", "replace")).hexdigest()[:10]
        size = f'width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}"'
        known = f'aria-labelledby="{name}t {name}d"' if role == "img" else f'aria-labelledby="{name}t"'
        head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="{FAMILY}" role="{role}" {known}>'
        told = f'<title id="{name}t">{escaped(title)}</title><desc id="{name}d">{escaped(words)}</desc>'
        paper = f'<rect width="{width:.0f}" height="{height:.0f}" fill="{self.palette.paper}"/>'
        return "".join((head, told, paper, body, "</svg>\n"))


def escaped(content: str) -> str:
    return escape(FORBIDDEN.sub("", content))


def fitted(content: str, width: float, size: float, *, bold: bool = False) -> str:
    """The text, cut with an ellipsis where it would be too wide; a character with its accents stays whole."""
    if text_width(content, size, bold=bold) <= width:
        return content
    spans, _ = split_graphemes(content)
    kept = content
    for start, _, _ in reversed(spans):
        kept = content[:start].rstrip()
        if text_width(kept + "…", size, bold=bold) <= width:
            break
    return kept + "…"


def wrapped(content: str, width: float, size: float, *, bold: bool = False, most: int = 2) -> list[str]:
    """The text in lines, the last one cut where it is too wide; what has no spaces is broken where it must be."""
    rest, lines = content.strip(), list[str]()
    while rest and len(lines) < most - 1 and text_width(rest, size, bold=bold) > width:
        line = _line(rest, width, size, bold=bold)
        lines.append(line.rstrip())
        rest = rest[len(line) :].lstrip()
    return [*lines, fitted(rest, width, size, bold=bold)] if rest else lines


def _line(content: str, width: float, size: float, *, bold: bool) -> str:
    """As much as fits: up to the end of a word, if the next one has room on a line of its own."""
    spans, _ = split_graphemes(content)
    ends = [end for _, end, _ in spans if text_width(content[:end].rstrip(), size, bold=bold) <= width]
    whole = content[: max(ends, default=spans[0][1])]
    words = whole.rpartition(" ")[0] if not content[len(whole) :].startswith(" ") else whole
    cut = content[len(words) :].split(" ", 2)[1:2] if words else []
    fits = bool(cut) and text_width(cut[0], size, bold=bold) <= width
    return words if words and (fits or len(words) * 2 > len(whole)) else whole


def text_width(content: str, size: float, *, bold: bool = False) -> float:
    """Pixels, from the font's own advance widths; characters it lacks count as wide."""
    advances, unit = _advances("SemiBold" if bold else "Regular")
    return sum(advances.get(ord(character), unit) for character in content) * size / unit


def has(content: str) -> bool:
    """Whether the font has all these letters."""
    return all(ord(character) in _advances("Regular")[0] for character in content)


@cache
def _advances(weight: str) -> tuple[dict[int, int], int]:
    from fontTools.ttLib import TTFont

    font = TTFont(FONTS / f"Inter-{weight}.otf")
    metrics = font["hmtx"]
    return {code: metrics[name][0] for code, name in font.getBestCmap().items()}, int(font["head"].unitsPerEm)


def png(svg: str, scale: float = 2.0) -> bytes:
    """The picture in pixels; letters the bundled font lacks come from the system's fonts."""
    import resvg_py

    natural = MEASURED.sub("", svg)
    return bytes(resvg_py.svg_to_bytes(svg_string=natural, zoom=scale, font_dirs=[str(FONTS)], font_family="Inter"))
