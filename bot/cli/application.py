"""The commands put together, all of them or only those that are wanted."""

from collections.abc import Iterable
from importlib import import_module
from typing import Annotated

import typer

from bot.cli.commands import ABOUT, COMMANDS, OPTIONS


def application(names: Iterable[str] = COMMANDS) -> typer.Typer:
    """With the commands of these names. Each is imported here."""
    app = typer.Typer(
        no_args_is_help=True, add_completion=False, rich_markup_mode="rich", pretty_exceptions_enable=False
    )
    app.callback(help=ABOUT)(_gemba)
    for name in names:
        command = COMMANDS[name]
        found = getattr(import_module(command.module), command.name)
        if isinstance(found, typer.Typer):
            app.add_typer(found, name=name)
        else:
            app.command(name)(found)
    return app


def _version(asked: bool) -> None:
    if asked:
        from bot.cli.version import show_version

        show_version()
        raise typer.Exit


def _gemba(
    version: Annotated[
        bool, typer.Option("--version", help=OPTIONS["--version"], callback=_version, is_eager=True)
    ] = False,
) -> None:
    """What is asked of no command."""
