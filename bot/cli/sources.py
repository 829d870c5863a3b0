"""The commands of sources."""

import os
import signal
import sys
from typing import Annotated

import typer

from bot.cli.options import DEFAULT, AsJson, ConfigPath
from bot.errors import ConfigError

SIGNALLED = 128
"""Exit status after a signal, less its number, as shells have it: 130 after Ctrl-C."""


def check(
    config: ConfigPath = DEFAULT,
    local: Annotated[bool, typer.Option("--local", help="Only what is here: no network.")] = False,
    member: Annotated[
        str | None,
        typer.Option(
            "--test-message",
            metavar="MEMBER",
            help="Show a test in every channel of Slack, which only this member sees (the id, as U0123ABCD).",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Look at all that is configured, kept and reachable, and say what to do where it does not work.

    Example: gemba check --config config.toml
    """
    from bot import terminal
    from bot.app.checking import Questions, check_all
    from bot.check.sections import from_faults, to_json
    from bot.config import load_config

    try:
        settings = load_config(config)
    except ConfigError as problem:
        if not as_json:
            raise
        terminal.answer([to_json(check) for check in from_faults(config.name, problem)])
        raise typer.Exit(2) from problem
    found = check_all(settings, Questions(local, config, member))
    if as_json:
        terminal.answer([to_json(check) for check in found])
    else:
        terminal.checked(found)
    raise typer.Exit(0 if all(c.ok for c in found) else 1)


def _stop_at_once(number: int, _: object) -> None:
    """Every page is kept in one transaction, so there is nothing to wait for. The bar hid the cursor."""
    stream = sys.__stderr__ or sys.stderr
    shown = "\x1b[?25h" if stream.isatty() else ""
    stream.write(f"{shown}\nstopped; what was read is kept, and the next run goes on from there\n")
    stream.flush()
    os._exit(SIGNALLED + number)


def collect(
    config: ConfigPath = DEFAULT,
    thorough: Annotated[
        bool,
        typer.Option("--thorough", help="Look for silent changes and deletions now; what is missed twice is gone."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Read what changed at every source into the store.

    Example: gemba collect
    """
    from bot import terminal
    from bot.app.sources import collect_all
    from bot.cli.reading import bars, say_collected
    from bot.config import load_config

    settings = load_config(config)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop_at_once)
    with bars() as progress:
        found = collect_all(settings, progress, thorough=thorough)
    say_collected(found)
    if as_json:
        terminal.answer([c.to_json() for c in found])
    raise typer.Exit(1 if any(c.error for c in found) else 0)


def replay(config: ConfigPath = DEFAULT) -> None:
    """Read all kept payloads anew, without the network.

    Example: gemba replay
    """
    from bot import terminal
    from bot.app.sources import replay_all
    from bot.config import load_config
    from bot.words import count

    found = replay_all(load_config(config))
    for source, saved in found.items():
        old = f", {saved.emptied} stay as they were read: what they said was let go of" if saved.emptied else ""
        terminal.say(f"{source}: {count(saved.payloads - len(saved.unreadable), 'payload')} read anew{old}")
        for sentence in saved.unreadable:
            terminal.say(sentence, alarming=True)
    raise typer.Exit(1 if any(saved.unreadable for saved in found.values()) else 0)
