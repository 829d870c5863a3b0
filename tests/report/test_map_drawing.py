"""The drawn map by its geometry: nothing runs into anything, and nothing sticks out, whatever the stream is like."""

import re
from collections.abc import Iterator
from dataclasses import asdict
from itertools import combinations
from typing import NamedTuple
from xml.etree import ElementTree

import pytest

from bot.report.canvas import DARK, INLINE, LIGHT, Palette, css_variables, png, text_width, wrapped
from bot.report.map_svg import draw_map
from tests.report.gallery import CASES, case, drawn

SVG = "{http://www.w3.org/2000/svg}"
LEAST_CONTRAST, SMALLEST, SHOWN, READABLE = 4.5, 13, 760, 11
SHADES = pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
EVERY = pytest.mark.parametrize("name", list(CASES))


class Box(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float
    what: str = ""

    def meets(self, other: "Box") -> bool:
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )

    def holds(self, other: "Box", slack: float = 0.5) -> bool:
        return (
            self.left - slack <= other.left
            and other.right <= self.right + slack
            and self.top - slack <= other.top
            and other.bottom <= self.bottom + slack
        )


def number(node: ElementTree.Element, name: str) -> float:
    return float(node.attrib[name])


def text_box(node: ElementTree.Element) -> Box:
    """From the middle of high letters to the base line, as wide as the font says."""
    size, content = number(node, "font-size"), node.text or ""
    wide = text_width(content, size, bold=node.attrib["font-weight"] == "600")
    shift = {"start": 0.0, "middle": wide / 2, "end": wide}[node.attrib["text-anchor"]]
    x, y = number(node, "x") - shift, number(node, "y")
    return Box(x, y - size * 0.75, x + wide, y + size * 0.1, content)


def rectangles(svg: str) -> list[tuple[Box, str]]:
    nodes = [n for n in ElementTree.fromstring(svg).iter(f"{SVG}rect") if n.attrib["fill"] != "none"]
    found = []
    for n in nodes:
        x, y = float(n.attrib.get("x", 0)), float(n.attrib.get("y", 0))
        found.append((Box(x, y, x + number(n, "width"), y + number(n, "height")), n.attrib["fill"]))
    return found


def texts(svg: str) -> list[tuple[Box, str]]:
    nodes = ElementTree.fromstring(svg).iter(f"{SVG}text")
    return [(text_box(n), n.attrib["fill"]) for n in nodes if n.text]


def legs(svg: str) -> Iterator[Box]:
    """The upright and the level parts of arcs."""
    for node in ElementTree.fromstring(svg).iter(f"{SVG}path"):
        if "Q" not in node.attrib["d"]:
            continue
        x = y = 0.0
        for command, values in re.findall(r"([MVHQ])([-\d. ]+)", node.attrib["d"]):
            numbers = [float(v) for v in values.split()]
            to = {"V": (x, numbers[-1]), "H": (numbers[-1], y)}.get(command, (numbers[-2 % len(numbers)], numbers[-1]))
            if command in "VH":
                yield Box(min(x, to[0]), min(y, to[1]), max(x, to[0]), max(y, to[1]), node.attrib["d"])
            x, y = to


def assert_tidy(svg: str) -> None:
    """Nothing sticks out, no two texts meet, none runs over the edge of a box, and no arc through any of them."""
    root = ElementTree.fromstring(svg)
    paper = Box(0, 0, number(root, "width"), number(root, "height"))
    found, boxes = [box for box, _ in texts(svg)], [box for box, _ in rectangles(svg)]
    grounds = [(text, [box for box in boxes if box.meets(text)]) for text in found]

    assert [box for box in (*found, *boxes) if not paper.holds(box)] == []
    assert [(a.what, b.what) for a, b in combinations(found, 2) if a.meets(b)] == []
    assert [(leg.what, text.what) for leg in legs(svg) for text in found if leg.meets(text)] == []
    assert [(text.what, under[-1]) for text, under in grounds if not under[-1].holds(text)] == []


@EVERY
def test_nothing_runs_into_anything(name: str) -> None:
    """By the font's own widths."""
    assert_tidy(drawn(name))


def luminance(colour: str) -> float:
    """Relative, as WCAG 2 defines it."""
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def assert_readable(svg: str) -> None:
    """A contrast of 4.5 to 1, and letters that are large enough in a picture of 760 pixels."""
    for text, fill in texts(svg):
        ground = [colour for box, colour in rectangles(svg) if box.meets(text)][-1]

        assert contrast(fill, ground) >= LEAST_CONTRAST, (text.what, fill, ground)
    root = ElementTree.fromstring(svg)
    sizes = {number(node, "font-size") for node in root.iter(f"{SVG}text")}
    assert min(sizes) >= SMALLEST
    assert min(sizes) * SHOWN / number(root, "width") >= READABLE


@EVERY
@SHADES
def test_every_text_can_be_read_on_what_it_stands_on(name: str, palette: Palette) -> None:
    """In the light and in the dark."""
    assert_readable(drawn(name, palette))


@SHADES
def test_signs_can_be_told_from_the_paper(palette: Palette) -> None:
    """Lines and frames that carry a meaning: 3 to 1."""
    for sign in (palette.bad, palette.alarm, palette.good, palette.soft):
        assert contrast(sign, palette.paper) >= 3


def test_a_page_gives_the_colours_of_an_inline_map() -> None:
    """All that it asks for, in the light and in the dark; by itself it is drawn in colours of its own."""
    svg = drawn("twelve loops", INLINE)
    asked = set(re.findall(r"var\((--map-[a-z-]+)\)", svg))
    light, dark = (dict(one.split(":") for one in block.split(";") if one) for block in css_variables())

    assert asked <= light.keys() == dark.keys()
    assert not re.search(r"#[0-9a-f]{6}", svg)
    assert list(light.values()) == list(asdict(LIGHT).values())
    assert "var(" not in drawn("twelve loops")


@EVERY
def test_the_map_is_told_in_words(name: str) -> None:
    """A title, and every stage, every loop, the sums and the constraint in the description."""
    root, found = ElementTree.fromstring(drawn(name)), case(name)[0]
    told = root.find(f"{SVG}desc")
    assert told is not None
    words = re.sub(r"[\u2068\u2069]", "", told.text or "")

    assert root.attrib["role"] == "img"
    assert root.attrib["aria-labelledby"].split() == [node.attrib["id"] for node in root[:2]]
    assert all(part in words for part in ("delivered", "under way"))
    assert words.count(" back to ") == len(found.loops)
    assert ("the constraint" in words) == ("constraint" in {node.text for node in root.iter(f"{SVG}text")})


def test_ids_differ_where_maps_differ() -> None:
    """So that several may stand on one page."""
    ids = [re.findall(r'id="([^"]+)"', drawn(name, shade)) for name in ("story", "empty") for shade in (LIGHT, DARK)]

    assert len({one for found in ids for one in found}) == 8


def test_stages_and_loops_lead_somewhere_if_asked_to() -> None:
    """Then screen readers are told its texts one by one; otherwise nothing is a link."""
    found, stages = case("story")
    svg = draw_map(
        found, stages, link=lambda stage: f'#"{stage}' if stage != "Test" else None, loop_link=lambda _: "#l"
    )
    root = ElementTree.fromstring(svg)
    where = [node.attrib["href"] for node in root.iter(f"{SVG}a")]

    assert sorted(where) == ['#"Backlog', '#"Build', '#"Deploy', '#"Done', '#"Review', "#l"]
    assert root.attrib["role"] == "group"
    assert "<a" not in drawn("story")


def test_names_are_broken_where_they_may_be() -> None:
    """Between words, or inside one that is too long; never inside a character."""
    family = "👨‍👩‍👧‍👦"

    assert wrapped("Waiting for approval", 80, 14) == ["Waiting for", "approval"]
    assert wrapped("Donaudampfschiff", 60, 14)[0].startswith("Donau")
    assert "".join(wrapped(family * 3, 90, 14)).rstrip("…").replace(family, "") == ""
    assert wrapped("  ", 80, 14) == []


@pytest.mark.parametrize("name", ["14 stages", "hard names in loops"])
def test_a_map_is_small_and_its_picture_has_letters(name: str) -> None:
    """Under 100 kB as SVG, under 500 kB as PNG."""
    svg = drawn(name)
    picture = png(svg)

    assert len(svg.encode()) < 100_000
    assert 60_000 < len(picture) < 500_000
