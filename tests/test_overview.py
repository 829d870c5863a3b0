"""The first help is drawn without the commands, and says what they say."""

import subprocess
import sys
from typing import Any

import pytest
from rich.console import Console
from rich.style import Style
from rich.text import Text
from typer.main import get_command

from bot.cli.application import application
from bot.cli.commands import COMMANDS

OVERVIEW = "import sys; sys.argv = ['gemba', '--help']; from bot.cli import main; main()"
BY_TYPER = (
    "from typer.main import get_command; from bot.cli.application import application; "
    "get_command(application())(['--help'], prog_name='gemba')"
)


def shown(script: str, columns: int, **environ: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={"COLUMNS": str(columns), "PYTHONIOENCODING": "utf-8", **environ},
        capture_output=True, check=True, encoding="utf-8", timeout=60,
    )  # fmt: skip
    return done.stdout


def coloured(shown: str) -> list[tuple[str, Style]]:
    """Each letter as it looks; blanks look the same in any colour."""
    parts = Text.from_ansi(shown).render(Console())
    return [(letter, part.style or Style.null()) for part in parts for letter in part.text if not letter.isspace()]


@pytest.mark.parametrize("columns", [40, 80, 133])
def test_the_overview_is_the_help_that_typer_would_draw(columns: int) -> None:
    """To the letter, however wide the terminal is."""
    assert shown(OVERVIEW, columns) == shown(BY_TYPER, columns)


def test_the_overview_has_the_colours_of_the_other_helps() -> None:
    """Where there are colours."""
    drawn, expected = (shown(script, 80, FORCE_COLOR="1", TERM="xterm") for script in (OVERVIEW, BY_TYPER))

    assert "\x1b[" in drawn
    assert coloured(drawn) == coloured(expected)


def test_each_command_says_first_what_the_overview_says_of_it() -> None:
    """Its own help, which nobody has to import to know."""
    group: Any = get_command(application())
    said = {name: " ".join(command.help.split("\n\n")[0].split()) for name, command in group.commands.items()}

    assert said == {name: command.says for name, command in COMMANDS.items()}
    assert list(said) == list(COMMANDS)
