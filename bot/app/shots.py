"""Pages as pictures, for the documents: what Chromium shows of them."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

QUIET = ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--force-color-profile=srgb")
"""Without a sandbox, which root has none of: the pages are our own."""

PATIENCE_S = 60


@dataclass(frozen=True)
class View:
    """How much of a page is seen, in CSS pixels, and by how much each is drawn larger."""

    width: int
    height: int
    scale: float = 1.0


def chromium() -> str | None:
    """Where it is installed, if it is."""
    return shutil.which("chromium") or shutil.which("google-chrome")


def shot(browser: str, page: Path, picture: Path, view: View) -> None:
    """The beginning of a page as a PNG."""
    words = [
        *QUIET,
        f"--window-size={view.width},{view.height}",
        f"--force-device-scale-factor={view.scale}",
        f"--screenshot={picture}",
        page.resolve().as_uri(),
    ]
    subprocess.run([browser, *words], check=True, timeout=PATIENCE_S, capture_output=True)  # noqa: S603 - no shell
