"""The report."""

from pathlib import Path
from typing import Annotated

import typer

from bot.cli.options import DEFAULT, ConfigPath, From, Now, StreamName, To


def report(
    config: ConfigPath = DEFAULT,
    stream: StreamName = None,
    start: From = None,
    end: To = None,
    now: Now = None,
    out: Annotated[
        Path, typer.Option(metavar="PATH", help="A folder for all streams; or a file, NAME.html, for one.")
    ] = Path("report"),
    anonymise: Annotated[
        bool, typer.Option("--anonymise", help="Without names of people, items, projects and customers.")
    ] = False,
) -> None:
    """What a status meeting asks, answered on one page, with everything behind it. Needs no network to be read.

    Example: gemba report --out public; gemba report --stream Payments --out payments.html
    """
    from bot import terminal
    from bot.app.reports import folder_of_reports, report_html
    from bot.app.wiring import Wanted
    from bot.config import load_config

    settings, wanted = load_config(config), Wanted(stream, start, end, now)
    if out.suffix.lower() == ".html":
        terminal.written(out, report_html(settings, wanted, anonymise=anonymise).encode())
        return
    for page in folder_of_reports(settings, wanted, out, anonymise=anonymise):
        terminal.written(page.path, page.html.encode(), make_folder=True)
