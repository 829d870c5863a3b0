"""The command that shows the pages."""

import sys
from typing import Annotated

import typer

from bot.cli.options import DEFAULT, ConfigPath


def serve(
    config: ConfigPath = DEFAULT,
    host: Annotated[str, typer.Option(metavar="ADDRESS", help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any that is free.")] = 8765,
    *,
    show: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
) -> None:
    """Show the report of every stream in a browser, live and read only, and try changes with sliders.

    Example: gemba serve --open
    """
    from bot import terminal
    from bot.app.serving import serve_forever
    from bot.config import load_config
    from bot.logs import start_logging

    start_logging(sys.stderr)
    settings = load_config(config)
    serve_forever(settings, host, port, terminal.say, show=show)
