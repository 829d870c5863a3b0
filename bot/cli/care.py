"""The commands of the store itself."""

from pathlib import Path
from typing import Annotated

import typer

from bot.cli.options import DEFAULT, ConfigPath

db = typer.Typer(no_args_is_help=True, help="The database.")

CopyTo = Annotated[
    Path | None,
    typer.Option("--backup", metavar="FILE", help="Where the copy goes. Default: beside database or configuration."),
]


@db.command()
def upgrade(
    config: ConfigPath = DEFAULT,
    copy: CopyTo = None,
    *,
    no_backup: Annotated[bool, typer.Option("--no-backup", help="Without a copy.")] = False,
) -> None:
    """Bring the database to the newest revision, after a copy of it.

    Example: gemba db upgrade
    """
    from bot import terminal
    from bot.app.care import upgrade as bring
    from bot.config import load_config
    from bot.errors import UsageError

    if copy is not None and no_backup:
        raise UsageError("say either --backup FILE or --no-backup")
    done = bring(load_config(config), config.parent, copy, with_copy=not no_backup)
    if done.copy is not None:
        terminal.say(f"copied to {done.copy}")
    terminal.say(f"from {done.before or 'nothing'} to {done.after}")


@db.command()
def backup(
    target: Annotated[Path, typer.Argument(help="The new file.", metavar="FILE")], config: ConfigPath = DEFAULT
) -> None:
    """Copy the whole store into one SQLite file while it is in use.

    Example: gemba db backup gemba-backup.db
    """
    from bot import terminal
    from bot.app.care import backup as copy
    from bot.config import load_config

    copy(load_config(config), target)
    terminal.say(f"copied to {target}")


@db.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A backup.", metavar="FILE")],
    config: ConfigPath = DEFAULT,
    copy: CopyTo = None,
    *,
    replace: Annotated[bool, typer.Option("--replace", help="Also where something is kept; copied first.")] = False,
) -> None:
    """Put a backup into the configured store, SQLite or PostgreSQL, all or nothing.

    Example: gemba db restore gemba-backup.db --replace
    """
    from bot import terminal
    from bot.app.care import restore as put
    from bot.app.care import told
    from bot.config import load_config

    done = put(load_config(config), file, config.parent, copy, replace=replace)
    if done.copy is not None:
        terminal.say(f"what was there is copied to {done.copy}")
    terminal.say(f"restored: {told(done.counts)}")


@db.command()
def tidy(config: ConfigPath = DEFAULT) -> None:
    """Let go of what is older than [retention] keeps, and give its room back.

    Example: gemba db tidy
    """
    from bot import terminal
    from bot.app.care import tidy as let_go
    from bot.config import load_config

    said, freed = let_go(load_config(config))
    terminal.say(f"{said}; {freed / 1e6:.1f} MB given back" if freed else said)
