"""Files for other tools."""

from pathlib import Path
from typing import Annotated

import typer

from bot.cli.options import DEFAULT, ConfigPath, From, Now, StreamName, To
from bot.export.kinds import Kind


def export(
    out: Annotated[
        Path,
        typer.Option("--out", "-o", metavar="PATH", help="The file; for csv and parquet a folder, which is made."),
    ],
    kind: Annotated[
        Kind, typer.Option("--format", "-f", help="csv, json and parquet: tables. xes and ocel: event logs.")
    ] = Kind.CSV,
    config: ConfigPath = DEFAULT,
    stream: StreamName = None,
    start: From = None,
    end: To = None,
    now: Now = None,
    anonymise: Annotated[
        bool, typer.Option("--anonymise", help="Without names of people, items, projects and customers.")
    ] = False,
) -> None:
    """Items, spans and findings as tables, or the event log, in files for other tools.

    Example: gemba export --format parquet --out export; gemba export --format xes --out payments.xes --anonymise
    """
    from bot import terminal
    from bot.app.exporting import export_stream
    from bot.app.wiring import Wanted
    from bot.config import load_config

    files, kept = export_stream(load_config(config), Wanted(stream, start, end, now), kind, out, anonymise=anonymise)
    for path in files:
        terminal.say(f"written to {path}")
    if kept:
        terminal.say(kept)
