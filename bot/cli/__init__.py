"""The commands, and nothing else. What a command needs is imported when it runs, so that help comes at once.

Exit status: 0 done, 1 failed, 2 misused.
"""

import signal
import sys
from typing import Annotated

import typer
from typer.main import get_command

from bot.cli.analysis import analyse, draw, explain, future, schema
from bot.cli.care import db
from bot.cli.demo import demo
from bot.cli.digests import digest, run
from bot.cli.export import export
from bot.cli.goals import gate, kr
from bot.cli.init import init
from bot.cli.options import print_version
from bot.cli.plan import plan
from bot.cli.remarks import remarks
from bot.cli.reports import report
from bot.cli.serving import serve
from bot.cli.sources import check, collect, replay
from bot.errors import AddressError, ConfigError, EngineError, NothingYet, OutputError, StoreError, UsageError
from bot.logs import is_json, log, tell_of_faults
from connectors.errors import SourceError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)
app.command()(init)
app.command()(check)
app.command()(collect)
app.command()(replay)
app.command()(analyse)
app.command()(future)
app.command("map")(draw)
app.command()(explain)
app.command()(report)
app.command()(export)
app.command()(digest)
app.command()(run)
app.command()(serve)
app.command()(demo)
app.command()(schema)
app.add_typer(plan, name="plan")
app.add_typer(kr, name="kr")
app.add_typer(gate, name="gate")
app.add_typer(remarks, name="remarks")
app.add_typer(db, name="db")


@app.callback()
def gemba(
    version: Annotated[
        bool, typer.Option("--version", help="Print which version this is.", callback=print_version, is_eager=True)
    ] = False,
) -> None:
    """Where does the work really wait? Reads Jira and GitHub, reconstructs the value stream, and tells."""


def main() -> None:
    """Run a command; every known fault is one sentence on stderr."""
    signal.signal(signal.SIGTERM, _end)
    try:
        tell_of_faults(sys.stderr)
        get_command(app)()
    except (ConfigError, UsageError) as problem:
        _fail(problem, 2)
    except (AddressError, EngineError, NothingYet, OutputError, SourceError, StoreError) as problem:
        _fail(problem, 1)


def _end(number: int, _: object) -> None:
    """The first process of a container is ended by no signal that it does not heed."""
    sys.exit(128 + number)


def _fail(problem: Exception, status: int) -> None:
    if is_json():
        log.error("%s", problem)
        sys.exit(status)
    from bot import terminal

    terminal.say(str(problem), alarming=True)
    sys.exit(status)
