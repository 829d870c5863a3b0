"""The drawn map in a real browser, whatever fonts it has."""

import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from bot.report.canvas import DARK, INLINE, LIGHT, css_variables, has, text_width
from bot.report.map_svg import draw_map
from tests.report.gallery import case, drawn
from tests.report.test_future_map import drawn as future_drawn
from tests.report.test_future_map import future

CHROMIUM = shutil.which("chromium")
WIDTHS = """() => [...document.querySelectorAll('text')].map(
    t => [t.textContent, +t.getAttribute('font-size'), t.getAttribute('font-weight'), t.getBBox().width])"""
PAPER = "() => [...document.querySelectorAll('svg > rect:first-of-type')].map(r => getComputedStyle(r).fill)"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    sync = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("there is no Chromium")
    with sync.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.mark.parametrize("family", ["Inter", "DejaVu Sans", "monospace"])
def test_texts_are_as_wide_as_they_were_measured(browser: Any, family: str) -> None:
    """Also where the browser has another font, so that nothing runs into anything."""
    page = browser.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.set_content(drawn("twelve loops").replace('font-family="Inter,', f'font-family="{family},'))
    widths = [one for one in page.evaluate(WIDTHS) if one[0] and has(one[0])]

    assert len(widths) > 50
    for text, size, weight, wide in widths:
        assert wide == pytest.approx(text_width(text, size, bold=weight == "600"), abs=1.5), text
    assert said == []


def test_inline_maps_follow_the_page_into_the_dark(browser: Any) -> None:
    """Two on one page, with no id twice."""
    light, dark = css_variables()
    rule = f"<style>:root{{{light}}}@media (prefers-color-scheme:dark){{:root{{{dark}}}}}</style>"
    for scheme, palette in (("light", LIGHT), ("dark", DARK)):
        page = browser.new_page(color_scheme=scheme)
        page.set_content(f"<!doctype html>{rule}{drawn('story', INLINE)}{drawn('twelve loops', INLINE)}")
        red, green, blue = (int(palette.paper[n : n + 2], 16) for n in (1, 3, 5))

        assert page.evaluate(PAPER) == [f"rgb({red}, {green}, {blue})"] * 2
        assert page.evaluate("() => document.querySelectorAll('[id]').length") == 4
        assert page.evaluate("() => new Set([...document.querySelectorAll('[id]')].map(n => n.id)).size") == 4


def test_everybody_can_read_inline_maps(browser: Any) -> None:
    """With links and without, and beside the future state."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed").Axe()
    linked = draw_map(*case("twelve loops"), INLINE, link=lambda stage: f"#{stage}", loop_link=lambda _: "#loop")
    maps = "".join((linked, drawn("story", INLINE), future_drawn(future(changes=3), INLINE)))
    for scheme, colours in zip(("light", "dark"), css_variables(), strict=True):
        page = browser.new_page(color_scheme=scheme)
        style = f"<style>:root{{{colours}}}h1{{color:var(--map-ink)}}body{{background:var(--map-paper)}}</style>"
        head = f"<head><title>Maps</title>{style}</head>"
        page.set_content(f"<!doctype html><html lang=en>{head}<body><main><h1>Maps</h1>{maps}</main></body></html>")

        assert [found["id"] for found in axe.run(page).response["violations"]] == []
