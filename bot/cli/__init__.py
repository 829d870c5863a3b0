"""The commands, and nothing else. What a command needs is imported when it runs, so that help comes at once.

Exit status: 0 done, 1 failed, 2 misused.
"""

import signal
import sys


def main() -> None:
    """Run a command; every known fault is one sentence on stderr."""
    signal.signal(signal.SIGTERM, _end)
    match sys.argv[1:]:
        case [] | ["--help"] as words:
            from bot.cli.overview import show_overview

            show_overview()
            sys.exit(0 if words else 2)
        case ["--version"]:
            from bot.cli.version import show_version

            show_version()
        case words:
            from bot.cli.running import run

            run(words)


def _end(number: int, _: object) -> None:
    """The first process of a container is ended by no signal that it does not heed."""
    sys.exit(128 + number)
