"""The pages in a real browser: quiet, from the keyboard alone, and readable for everybody."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.commands import NOW, private
from tests.served.site import EVIL, Site, a_desk, escaped, running

CHROMIUM = Path("/usr/bin/chromium")
OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
AT = f"now={escaped(NOW.isoformat())}"
FUTURE = f"/streams/Payments/future?{AT}"
ANSWER = "document.getElementById('answer').innerText"
SERIOUS = ("serious", "critical")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if not CHROMIUM.exists():
        pytest.skip(f"no browser: {CHROMIUM} is missing")
    api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    with api.sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=str(CHROMIUM), args=OPTIONS)
        yield found
        found.close()


@contextmanager
def quiet(browser: Any, site: Site, **options: Any) -> Iterator[Any]:
    """A page that says nothing on the console, asks nobody else, and opens no dialogue."""
    noise, asked = list[str](), list[str]()
    context = browser.new_context(**options)
    page = context.new_page()
    page.on("console", lambda message: noise.append(message.text))
    page.on("pageerror", lambda problem: noise.append(str(problem)))
    page.on("dialog", lambda dialog: noise.append(dialog.message))
    page.on("request", lambda request: asked.append(request.url))
    yield page
    context.close()
    assert noise == []
    assert [url for url in asked if not url.startswith((site.url, "data:"))] == []


def faults(page: Any) -> list[str]:
    """What keeps somebody from reading the page."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html']}" for one in found if one["impact"] in SERIOUS]


def test_a_slider_moves_from_the_keyboard_and_the_answer_follows(browser: Any, site: Site) -> None:
    """What it stands at is seen and heard, and the address keeps it."""
    with quiet(browser, site) as page:
        page.goto(site.url + FUTURE)
        before = page.evaluate(ANSWER)
        while page.evaluate("document.activeElement.name") != "cap:Review":
            page.keyboard.press("Tab")
        for _ in range(6):
            page.keyboard.press("ArrowRight")
        page.locator("#answer", has_text="80 % interval").wait_for()
        slider = page.locator("[name='cap:Review']")

        assert "Nothing is changed yet." in before
        assert slider.get_attribute("aria-valuetext") == "2.0\u00a0d"
        assert page.locator("output").first.inner_text() == "2.0\u00a0d"
        assert "mean lead time" in page.locator("#heard").inner_text()
        assert "cap%3AReview=6" in page.url
        page.reload()
        assert "80 % interval" in page.evaluate(ANSWER)


def test_without_script_a_button_asks(browser: Any, site: Site) -> None:
    """The same answer."""
    with quiet(browser, site, java_script_enabled=False) as page:
        page.goto(site.url + FUTURE)
        page.locator("[name='cap:Review']").press("End")
        page.get_by_role("button", name="What would it do?").press("Enter")

        assert "cap%3AReview=11" in page.url
        assert "80 % interval" in page.locator("#answer").inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 480])
def test_everybody_can_read_the_pages(browser: Any, site: Site, scheme: str, width: int) -> None:
    """Nothing serious is found, and nothing is wider than the screen."""
    view = {"width": width, "height": 900}
    with quiet(browser, site, color_scheme=scheme, viewport=view) as page:
        for path in (f"{FUTURE}&cap:Review=6&deploy:Ready to deploy=1", f"/streams/Payments/items/PAY-100?{AT}"):
            page.goto(site.url + path)
            assert faults(page) == []
            assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_hostile_names_do_nothing(browser: Any, hostile: Site) -> None:
    """In lists, sliders and timelines; and they can be read."""
    stream = f"/streams/{escaped(EVIL.replace('/', '~'))}"
    item = escaped("7 " + EVIL)
    places = ("/", f"{stream}/future?to=2026-06-01&cap:Checked=2", f"{stream}/items/{item}?to=2026-06-01", stream)
    with quiet(browser, hostile) as page:
        for path in places:
            page.goto(hostile.url + path)
            page.wait_for_timeout(100)
            assert page.locator("body img").count() == 0
            assert EVIL[:20] in page.locator("body").inner_text()
        page.goto(hostile.url)
        assert faults(page) == []


def test_the_token_is_entered_once(browser: Any, tmp_path: Path) -> None:
    """From the keyboard; then the page that was wanted comes, and no script sees the cookie."""
    private(tmp_path / "secret", "a-token-that-nobody-guesses")
    config = a_desk(tmp_path, "Desk", more='[serve]\ntoken_file = "secret"\n')
    with running(config) as site, quiet(browser, site) as page:
        page.goto(f"{site.url}/streams/Desk/future?to=2026-06-01")
        assert faults(page) == []
        page.keyboard.type("a-token-that-nobody-guesses")
        page.keyboard.press("Enter")
        page.wait_for_url("**/streams/Desk/future?to=2026-06-01")

        assert page.locator("h1").inner_text() == "Desk: future state"
        assert page.evaluate("document.cookie") == ""


def test_a_server_that_is_gone_is_said(browser: Any, tmp_path: Path) -> None:
    """Where the answer stood."""
    with running(a_desk(tmp_path, "Desk")) as site:
        context = browser.new_context()
        page = context.new_page()
        page.goto(f"{site.url}/streams/Desk/future?to=2026-06-01")
    page.locator("input[type=range]").first.press("ArrowRight")
    page.locator("#answer", has_text="does not answer any more").wait_for()
    context.close()
