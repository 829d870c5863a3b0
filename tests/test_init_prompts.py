"""What a person at a terminal is asked by gemba init, and what becomes of the answers."""

import os
import pty
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.config import load_config
from bot.demo.stand_ins import TOKEN, Addresses, serving

ROOT = Path(__file__).parents[1]
CTRL_C = "\x03"
AS_ITS_TERMINAL = """
import fcntl, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
from bot.cli import main
main()
"""
ADDRESS, ACCOUNT, SECRET, PROJECTS, GITHUB = "Address of your Jira", "E-mail", "Token of Jira", "Projects", "GitHub?"


class Terminal:
    """A process that believes to be looked at."""

    def __init__(self, place: int) -> None:
        self._place = place
        self.shown, self._read = "", 0

    def until(self, said: str) -> None:
        """Read on until it was said, or the process is gone."""
        while said not in self.shown[self._read :]:
            try:
                more = os.read(self._place, 65_536)
            except OSError:
                return
            self.shown += more.decode("utf-8", "replace")
        self._read = self.shown.index(said, self._read) + len(said)

    def type(self, words: str, end: str = "\n") -> None:
        os.write(self._place, f"{words}{end}".encode())


@contextmanager
def at_terminal(folder: Path, *words: str) -> Iterator[tuple[Terminal, subprocess.Popen[bytes]]]:
    ours, theirs = pty.openpty()
    environ = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "COLUMNS": "120", "TERM": "dumb"}
    command = [sys.executable, "-c", AS_ITS_TERMINAL, *words]
    process = subprocess.Popen(
        command, cwd=folder, env=environ, start_new_session=True, stdin=theirs, stdout=theirs, stderr=theirs
    )
    with process:
        os.close(theirs)
        yield Terminal(ours), process
        process.kill()
    os.close(ours)


def answered(terminal: Terminal, answers: Sequence[tuple[str, str]]) -> None:
    for asked, answer in answers:
        terminal.until(asked)
        terminal.until(": ")
        terminal.type(answer)


def test_a_person_is_led_to_a_configuration(company: tuple[Path, Addresses], tmp_path: Path) -> None:
    """What is proposed is taken with a mere Enter; the token is not shown, and lies where nobody else can read it."""
    given = ((ADDRESS, company[1].jira), (ACCOUNT, "bot@acme.example"), (SECRET, TOKEN), (PROJECTS, ""), (GITHUB, "n"))
    with at_terminal(tmp_path, "init") as (terminal, process):
        answered(terminal, (*given, ("Write this to config.toml?", "y")))
        terminal.until("gemba map")
        assert process.wait() == 0

    kept = tmp_path / "jira.token"
    assert "PAY  Payments, changed 20" in terminal.shown
    assert (kept.read_text(), stat.S_IMODE(kept.stat().st_mode)) == (TOKEN, 0o600)
    assert TOKEN not in terminal.shown.replace("Demo", "")
    assert load_config(tmp_path / "config.toml").sources == ("jira.site",)


def nothing(_path: str, _asked: dict[str, Any]) -> None:
    """What a site answers that shows nothing to this token."""


def test_a_token_that_is_refused_is_not_kept(tmp_path: Path) -> None:
    """Nor is anything else."""
    with (
        serving([nothing], lambda: datetime(2026, 11, 20, tzinfo=UTC)) as (address,),
        at_terminal(tmp_path, "init") as (terminal, process),
    ):
        answered(terminal, ((ADDRESS, address), (ACCOUNT, "bot@acme.example"), (SECRET, "mistaken")))
        terminal.until("404")
        assert process.wait() == 1

    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_ends_it(tmp_path: Path) -> None:
    """At once, and without a trace."""
    with at_terminal(tmp_path, "init") as (terminal, process):
        terminal.until(": ")
        terminal.type(CTRL_C, end="")
        terminal.until("Aborted")
        status = process.wait()

    assert status in (1, -signal.SIGINT)
    assert "Traceback" not in terminal.shown
    assert list(tmp_path.iterdir()) == []
