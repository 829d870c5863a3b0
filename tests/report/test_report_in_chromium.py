"""The report as people meet it: in a browser, with a keyboard, wide and narrow, with and without its script."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import expect

from bot.report.page import render
from bot.report.page.render import report_page
from tests.browser import Seen, browser, needs_chromium, serious
from tests.report.pages import report, some

pytestmark = needs_chromium
LINKS = "nav a, #moved a, #stuck a, #decide a"
EVIL = "<script>alert(1)</script><img src=https://evil.example/x onerror=alert(2)>"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Of a report whose titles are hostile, and whose items do not all have room."""
    found = report(some(40))
    before, render.LISTED = render.LISTED, (10,)
    try:
        page = report_page(replace(found, items=found.items.with_columns(title=found.items["title"] + EVIL)))
    finally:
        render.LISTED = before
    path: Path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(page, "utf-8")
    return path.as_uri()


@pytest.fixture
def seen(address: str) -> Iterator[Seen]:
    with browser() as found:
        found.page.goto(address)
        yield found


def test_the_page_is_silent_and_asks_nobody(seen: Seen, address: str) -> None:
    """No message on the console, no request but for itself, and what people wrote does nothing."""
    seen.page.get_by_role("button", name="Show all").click()
    expect(seen.page.locator("#list tbody tr").nth(10)).to_be_attached()

    assert seen.said == []
    assert seen.asked == [address]
    assert seen.page.locator("img").count() == 0


@pytest.mark.parametrize("width", [1280, 480])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_keeps_anybody_from_reading_it(address: str, width: int, scheme: str) -> None:
    """Axe finds no serious fault, and the page is as wide as its window."""
    with browser(width, color_scheme=scheme) as found:
        found.page.goto(address)

        assert serious(found.page) == []
        assert found.page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_keyboard_alone_reaches_what_is_folded(seen: Seen) -> None:
    """A link to the items behind a figure unfolds them, and a bar opens with the space bar."""
    page = seen.page
    link = page.locator("#queues tbody a").first
    link.focus()
    page.keyboard.press("Enter")
    expect(page.locator("details[open] #queue-0")).to_be_attached()
    assert page.locator("#queue-0 table").is_visible()

    page.locator("#list summary").first.focus()
    page.keyboard.press("Space")
    assert page.locator("#list ol").first.is_visible()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"


def test_everything_that_can_be_pressed_comes_up_with_the_tab_key(seen: Seen) -> None:
    """In the order of the page; nothing is left out."""
    seen.page.evaluate(f"window.links = [...document.querySelectorAll('{LINKS}')].filter(it => it.checkVisibility())")
    wanted, reached = seen.page.evaluate("links.length"), set()
    for _ in range(wanted + 40):
        seen.page.keyboard.press("Tab")
        reached.add(seen.page.evaluate("links.indexOf(document.activeElement)"))
    reached.discard(-1)
    assert len(reached) == wanted


def test_filter_and_order_look_through_all_items(seen: Seen) -> None:
    """Those that were packed, too."""
    page = seen.page
    page.locator("#filter").fill("pay-7 title")
    expect(page.locator("#shown")).to_have_text(re.compile(r" of 40$"))
    assert page.locator("#list tbody tr:visible td:first-child").all_inner_texts() == ["PAY-7"]

    page.locator("#filter").fill("")
    page.get_by_role("button", name="days", exact=True).click()
    expect(page.locator("#list th[aria-sort]")).to_be_attached()
    days = [float(text) for text in page.locator("#list tbody td:nth-child(6)").all_inner_texts()]
    assert days == sorted(days, reverse=True)
    assert len(days) == 40


def test_of_very_many_items_the_first_are_shown_until_all_are_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told that there are more; a malformed address says nothing."""
    monkeypatch.setattr(render, "LISTED", (10,))
    (tmp_path / "many.html").write_text(report_page(report(some(600), end=700)), "utf-8")
    with browser() as found:
        page = found.page
        page.goto((tmp_path / "many.html").as_uri() + "#%E0%A4%A")
        page.locator("#filter").fill("title")
        expect(page.locator("#shown")).to_have_text(re.compile(r", the first 500 shown$"))
        assert page.locator("#list tbody tr:visible").count() == 500
        page.get_by_role("button", name="Show all").click()
        expect(page.locator("#shown")).not_to_contain_text("first")

        assert page.locator("#list tbody tr:visible").count() == page.locator("#list tbody tr").count() > 500
        assert page.locator("#more").is_hidden()
        assert found.said == []


def test_a_packed_item_is_found_by_its_address(seen: Seen) -> None:
    """Its timeline says what a listed one says."""
    page = seen.page
    assert page.locator("#list tbody tr").count() == 10
    hidden = page.evaluate(
        "[...document.querySelectorAll('a[href^=\"#i\"]')].map(it => it.getAttribute('href').slice(1))"
        ".find(id => !document.getElementById(id))"
    )
    assert hidden
    page.evaluate(f"location.hash = '{hidden}'")
    expect(page.locator(f"#{hidden} details[open]").first).to_be_attached()
    assert page.locator(f"#{hidden} li").count() > 1
    assert page.locator(f"#{hidden} svg path").count() >= 1


def test_it_can_be_read_without_its_script(address: str) -> None:
    with browser(java_script_enabled=False) as found:
        found.page.goto(address)

        assert found.page.locator("#filter").is_hidden()
        assert found.page.locator("#stuck tbody tr").count() > 0
        found.page.locator("#list summary").first.click()
        assert found.page.locator("#list ol").first.is_visible()
