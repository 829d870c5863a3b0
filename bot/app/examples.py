"""What the documents show, made anew: the digest and the map of the simulated company, and what the messages mean."""

import json
import sys
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path

from rich.console import Console

from bot.app.analysis import map_picture
from bot.app.digests import Composed, digest_of
from bot.app.errors_page import page
from bot.app.messages import messages
from bot.app.sources import collect_all
from bot.app.wiring import Wanted
from bot.config import Config, load_config
from bot.demo.folder import furnished
from bot.digest.blocks import Shown, blocks, fallback
from bot.digest.text import text
from bot.report.canvas import png

AS_OF = datetime(2026, 11, 20, 12, tzinfo=UTC)
MONDAYS = (date(2026, 10, 26), date(2026, 11, 2), date(2026, 11, 9))
OPENS, CLOSES = "<!-- digest -->\n", "<!-- /digest -->"
WIDTH = 100


def example(config: Config) -> Composed:
    """The last of several digests, each of which comes back to the one before."""
    first, *others = MONDAYS
    found = digest_of(config, Wanted(now=first), None, chained=True)
    for monday in others:
        found = digest_of(config, Wanted(now=monday), found.told, chained=True)
    return found


def shown(found: Composed) -> str:
    """The digest as a block of the README."""
    console = Console(width=WIDTH, force_terminal=False, legacy_windows=False, color_system=None)
    with console.capture() as captured:
        console.print(text(found.digest))
    lines = "\n".join(line.rstrip() for line in captured.get().splitlines())
    return f"{OPENS}```text\n{lines}\n```\n{CLOSES}"


def put(readme: str, block: str) -> str:
    """The README with another block."""
    before, _, rest = readme.partition(OPENS)
    return before + block + rest.partition(CLOSES)[2]


def main(root: Path) -> None:
    """Write README.md, what docs/ shows, and build/digest.json: the digest in Block Kit, for who wants to see it."""
    with tempfile.TemporaryDirectory() as folder, furnished(Path(folder) / "demo", AS_OF) as path:
        config = load_config(path)
        collect_all(config, lambda *_: None)
        found = example(config)
        picture = png(map_picture(config, found.document))
    (root / "docs" / "map.png").write_bytes(picture)
    (root / "docs" / "errors.md").write_text(page(messages()), "utf-8")
    (root / "README.md").write_text(put((root / "README.md").read_text("utf-8"), shown(found)), "utf-8")
    said = blocks(found.digest, Shown("F1", found.digest.text, asks=True))
    told = {"name": "Gemba", "text": fallback(found.digest.text), "blocks": said, "files": {"F1": "../docs/map.png"}}
    (root / "build").mkdir(exist_ok=True)
    (root / "build" / "digest.json").write_text(json.dumps(told, indent=1, ensure_ascii=False), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
