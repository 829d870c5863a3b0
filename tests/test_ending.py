"""A process that is asked to end does so, also as the first of a container."""

import signal
import subprocess
import sys

ASKED_AT_ONCE = """
import signal
import bot.cli.running
bot.cli.running.run = lambda _: signal.raise_signal(signal.SIGTERM)
bot.cli.main()
"""


def test_every_command_heeds_a_signal_from_its_first_moment() -> None:
    """By itself: the kernel ends no first process of a container that has not said what it does about a signal."""
    done = subprocess.run([sys.executable, "-c", ASKED_AT_ONCE, "run"], timeout=20, check=False)

    assert done.returncode == 128 + signal.SIGTERM
