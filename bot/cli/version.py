"""Which version this is."""

import sys

from bot.check.versions import version_of


def show_version() -> None:
    """To stdout."""
    sys.stdout.write(f"gemba {version_of('gemba')}\n")
