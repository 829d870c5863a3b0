"""The demo."""

import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer


def demo(
    folder: Annotated[Path, typer.Option(metavar="FOLDER", help="Where to put the pictures and the database.")] = Path(
        "gemba-demo"
    ),
) -> None:
    """A simulated company: collected by the real connectors, analysed, drawn and told. Needs no token and no network.

    Example: gemba demo --folder gemba-demo
    """
    from bot import terminal
    from bot.app.analysis import map_picture, study
    from bot.app.demo import demo as furnished
    from bot.app.digests import digest_of, post_digest
    from bot.app.reports import studied_html
    from bot.app.sources import collect_all
    from bot.app.wiring import Wanted
    from bot.digest.text import text
    from bot.report.canvas import png
    from bot.report.map_text import map_text

    with furnished(folder) as settings:
        with terminal.progress() as progress:
            terminal.collected(collect_all(settings, progress))
        studied = study(settings, Wanted())
        found = studied.document
        for name, dark in (("map", False), ("map-dark", True)):
            drawn = map_picture(settings, found, dark=dark)
            terminal.written(folder / f"{name}.svg", drawn.encode())
            terminal.written(folder / f"{name}.png", png(drawn))
        terminal.written(folder / "report.html", studied_html(studied).encode())
        posted = post_digest(settings, Wanted())
    composed = digest_of(settings, Wanted()).digest
    terminal.out.print(map_text(found), "", f"The digest, {posted}:", "", text(composed), "", sep="\n")
    oldest = next((item.item for item in found.age.items), "PAY-1")
    terminal.out.print(
        f"The drawn map is {folder / 'map.png'}, the report {folder / 'report.html'}. Try next:\n"
        f"  {_called()} serve --config {folder / 'config.toml'}\n"
        f"  {_called()} explain {oldest} --config {folder / 'config.toml'}\n"
        f"  {_called()} analyse --json --config {folder / 'config.toml'}\n"
        f"  {_called()} gate review --config {folder / 'config.toml'}",
        markup=False,
        soft_wrap=True,
    )


def _called() -> str:
    """How this program can be called again from here."""
    if shutil.which("gemba"):
        return "gemba"
    here = Path(sys.argv[0]).absolute()
    return str(here.relative_to(Path.cwd())) if here.is_relative_to(Path.cwd()) else str(here)
