"""A command, and what is said when it fails."""

import sys
from collections.abc import Sequence

from typer.main import get_command

from bot.cli.application import application
from bot.cli.commands import COMMANDS
from bot.errors import AddressError, ConfigError, EngineError, NothingYet, OutputError, StoreError, UsageError
from bot.logs import is_json, log, tell_of_faults
from connectors.errors import SourceError


def run(words: Sequence[str]) -> None:
    """The command that they name; where they name none, whatever there is to say to that."""
    try:
        tell_of_faults(sys.stderr)
        known = [word for word in words[:1] if word in COMMANDS]
        get_command(application(known or COMMANDS))()
    except (ConfigError, UsageError) as problem:
        _fail(problem, 2)
    except (AddressError, EngineError, NothingYet, OutputError, SourceError, StoreError) as problem:
        _fail(problem, 1)


def _fail(problem: Exception, status: int) -> None:
    if is_json():
        log.error("%s", problem)
        sys.exit(status)
    from bot import terminal

    terminal.say(str(problem), alarming=True)
    sys.exit(status)
