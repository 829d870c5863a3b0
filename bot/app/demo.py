"""The simulated company, furnished."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.app.wiring import clock
from bot.config import Config, load_config


@contextmanager
def demo(folder: Path) -> Iterator[Config]:
    """The configuration of the simulated company, whose stand-ins run while the block does."""
    from bot.demo.folder import furnished

    with furnished(folder, clock()) as path:
        yield load_config(path)
