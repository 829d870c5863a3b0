"""The command line in this process, which is quick: what a person types, and what comes back."""

import logging
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.cli import main
from tests.commands import Run

SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Desk:
    """A folder, and whoever sits there."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch, shown: pytest.CaptureFixture[str]) -> None:
        self.folder, self._patch, self._shown = folder, patch, shown

    def configure(self, text: str) -> None:
        (self.folder / "config.toml").touch(mode=0o600)
        (self.folder / "config.toml").write_text(text, "utf-8")

    def gemba(self, *words: str) -> Run:
        """As it ends; one that does not end by itself ends with 0."""
        self._patch.chdir(self.folder)
        self._patch.setattr(sys, "argv", ["gemba", *words])
        self._shown.readouterr()
        with _as_before(self._patch):
            try:
                main()
                status = 0
            except SystemExit as end:
                status = end.code if isinstance(end.code, int) else 1 if end.code else 0
        said = self._shown.readouterr()
        return Run(status, said.out, said.err)


@contextmanager
def _as_before(patch: pytest.MonkeyPatch) -> Iterator[None]:
    """A command installs how faults are told; the tests that follow have their own way."""
    for place, name in ((sys, "excepthook"), (sys, "unraisablehook"), (threading, "excepthook")):
        patch.setattr(place, name, getattr(place, name))
    patch.setattr(logging, "lastResort", logging.lastResort)
    root = logging.getLogger()
    handlers, level, heard = [*root.handlers], root.level, [signal.getsignal(number) for number in SIGNALS]
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        logging.captureWarnings(capture=False)
        for number, handler in zip(SIGNALS, heard, strict=True):
            signal.signal(number, handler)
