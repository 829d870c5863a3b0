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
    preset: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Which stream: software-delivery, hr-onboarding, strategic-planning or stage-gate, and what it is "
            "known for. Default: the first.",
        ),
    ] = None,
) -> None:
    """A simulated company: collected by the real connectors, analysed, drawn and told. Needs no token and no network.

    Example: gemba demo --preset hr-onboarding --folder gemba-demo
    """
    from bot import terminal
    from bot.app.analysis import study
    from bot.app.demo import demo as furnished
    from bot.app.demo import pictures, typical_waste
    from bot.app.digests import digest_of, post_digest
    from bot.app.sources import collect_all
    from bot.app.wiring import Wanted
    from bot.cli.reading import bars, say_collected
    from bot.digest.text import text
    from bot.report.map_text import map_text

    with furnished(folder, preset) as settings:
        with bars() as progress:
            say_collected(collect_all(settings, progress))
        studies = [study(settings, Wanted(stream=stream.name)) for stream in settings.streams]
        for studied in studies:
            for name, content in pictures(settings, studied):
                terminal.written(folder / name, content)
        wanted = Wanted(stream=settings.streams[0].name)
        posted = post_digest(settings, wanted)
    composed = digest_of(settings, wanted).digest
    for studied in studies:
        terminal.out.print(map_text(studied.document), "", sep="\n")
    terminal.out.print(f"The digest, {posted}:", "", text(composed), "", sep="\n")
    documents = [studied.document for studied in studies]
    for line in typical_waste(preset, documents) if preset else ():
        terminal.out.print(line, markup=False)
    oldest = next((item.item for item in documents[0].age.items), "PAY-1")
    _try_next(folder, oldest, f" --stream {documents[0].stream.name}" if len(documents) > 1 else "")


def _try_next(folder: Path, oldest: str, of: str) -> None:
    """`of`: which stream, where there are several."""
    from bot import terminal

    config = folder / "config.toml"
    terminal.out.print(
        f"The drawn map is {folder / 'map.png'}, the report {folder / 'report.html'}. Try next:\n"
        f"  {_called()} serve --config {config}\n"
        f"  {_called()} explain {oldest} --config {config}\n"
        f"  {_called()} analyse --json{of} --config {config}\n"
        f"  {_called()} gate review{of} --config {config}",
        markup=False,
        soft_wrap=True,
    )


def _called() -> str:
    """How this program can be called again from here."""
    if shutil.which("gemba"):
        return "gemba"
    here = Path(sys.argv[0]).absolute()
    return str(here.relative_to(Path.cwd())) if here.is_relative_to(Path.cwd()) else str(here)
