"""`make examples`: the pages that bot.app.examples wrote, as pictures of the documents. They want Chromium."""

import sys
from dataclasses import dataclass
from pathlib import Path

from tests.browser import CHROMIUM, browser


@dataclass(frozen=True)
class View:
    """How much of a page is seen, in CSS pixels."""

    width: int
    height: int


VIEWS = {"message": View(780, 892), "report": View(1100, 780)}
"""As much of a page as tells what it is like, in less than 150 kB."""


def photograph(page: Path, picture: Path, view: View) -> None:
    """The beginning of a page as a PNG."""
    with browser(view.width, view.height) as seen:
        seen.page.goto(page.resolve().as_uri())
        seen.page.screenshot(path=picture)


def main(root: Path) -> None:
    """build/message.html and report.html -> docs/pictures."""
    if CHROMIUM is None:
        print("Chromium is not installed, so the pictures of pages stay as they are", file=sys.stderr)  # noqa: T201
        return
    for name, view in VIEWS.items():
        photograph(root / "build" / f"{name}.html", root / "docs" / "pictures" / f"{name}.png", view)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
