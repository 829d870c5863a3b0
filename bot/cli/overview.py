"""`gemba --help`, from what is known of the commands without importing them; drawn as typer draws the others."""

from collections.abc import Sequence

from rich.console import Console
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from bot.cli.commands import ABOUT, COMMANDS, OPTIONS

NAME = "bold cyan"
"""How commands and options look."""


def show_overview() -> None:
    """To stdout, as wide as the terminal is."""
    out = Console(highlight=False)
    out.print(Padding(Text.assemble(("Usage: ", "yellow"), "gemba [OPTIONS] COMMAND [ARGS]..."), 1), style="bold")
    out.print(Padding(ABOUT, (0, 1, 1, 1)))
    flag = Text.assemble(("<", "bold dim yellow"), ("bool", "bold yellow"), (">", "bold dim yellow"))
    out.print(_panel("Options", [(name, flag, _text(says)) for name, says in OPTIONS.items()], gap=7))
    out.print(_panel("Commands", [(name, _text(command.says)) for name, command in COMMANDS.items()]), "", sep="\n")


def _text(says: str) -> Text:
    """With its options as such."""
    text = Text(says)
    text.highlight_regex(r"--\w+", NAME)
    return text


def _panel(title: str, rows: Sequence[Sequence[Text | str]], gap: int = 1) -> Panel:
    """`gap`: of the names to what comes next, in letters, less what is between all columns."""
    table = Table(show_header=False, expand=True, box=None, pad_edge=False, padding=(0, 1))
    table.add_column(style=NAME, no_wrap=True, width=max(len(row[0]) for row in rows) + gap - 1)
    for _ in rows[0][1:-1]:
        table.add_column(no_wrap=True)
    table.add_column(ratio=1)
    for row in rows:
        table.add_row(*row)
    return Panel(table, title=title, title_align="left", border_style="dim")
