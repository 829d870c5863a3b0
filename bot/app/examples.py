"""The examples in the documents, made anew: the digest of the simulated company, its map, reference and messages.

The pages of which there are pictures, too; what photographs them is no part of Gemba.
"""

import base64
import json
import sys
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from bot.app import errors_page
from bot.app.analysis import map_picture
from bot.app.digests import Composed, digest_of
from bot.app.messages import messages
from bot.app.reference import configuration
from bot.app.reports import report_html
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
MAP_SCALE = 1.1


def example(config: Config) -> Composed:
    """The last of several digests, each of which comes back to the one before."""
    first, *others = MONDAYS
    found = digest_of(config, Wanted(now=first), None, chained=True)
    for monday in others:
        found = digest_of(config, Wanted(now=monday), found.told, chained=True)
    return found


def shown(found: Composed) -> str:
    """The digest as a block of a document."""
    console = Console(width=WIDTH, force_terminal=False, legacy_windows=False, color_system=None)
    with console.capture() as captured:
        console.print(text(found.digest))
    lines = "\n".join(line.rstrip() for line in captured.get().splitlines())
    return f"{OPENS}```text\n{lines}\n```\n{CLOSES}"


def put(document: str, block: str) -> str:
    """The document with another block."""
    before, _, rest = document.partition(OPENS)
    return before + block + rest.partition(CLOSES)[2]


def message(found: Composed) -> dict[str, Any]:
    """The digest as it is posted to Slack."""
    said = blocks(found.digest, Shown("F1", found.digest.text, asks=True))
    return {"name": "Gemba", "text": fallback(found.digest.text), "blocks": said}


def message_page(pictures: Path, found: Composed, picture: str) -> str:
    """The same as a page, with the picture (SVG) in it, after message.html in the folder of the pictures."""
    from jinja2 import Environment, FileSystemLoader

    drawn = base64.b64encode(picture.encode()).decode()
    environment = Environment(loader=FileSystemLoader(pictures), autoescape=True, trim_blocks=True)
    address = f"data:image/svg+xml;base64,{drawn}"
    return environment.get_template("message.html").render(
        title=found.digest.title, blocks=message(found)["blocks"], picture=address
    )


def main(root: Path) -> None:
    """Write docs/digest.md, configuration.md, errors.md and the map; into build/ the pages and the digest's blocks."""
    docs, build = root / "docs", root / "build"
    build.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, furnished(Path(folder) / "demo", AS_OF) as path:
        config = load_config(path)
        collect_all(config, lambda *_: None)
        found = example(config)
        drawn = map_picture(config, found.document)
        (build / "message.html").write_text(message_page(docs / "pictures", found, drawn), "utf-8")
        (build / "report.html").write_text(report_html(config, Wanted(now=MONDAYS[-1])), "utf-8")
    (docs / "pictures" / "map.png").write_bytes(png(drawn, MAP_SCALE))
    (docs / "digest.md").write_text(put((docs / "digest.md").read_text("utf-8"), shown(found)), "utf-8")
    (docs / "configuration.md").write_text(configuration(), "utf-8")
    (docs / "errors.md").write_text(errors_page.page(messages()), "utf-8")
    told = {**message(found), "files": {"F1": "../docs/pictures/map.png"}}
    (build / "digest.json").write_text(json.dumps(told, indent=1, ensure_ascii=False), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
