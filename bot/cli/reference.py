"""docs/commands.md: every command as its help says it. `make examples` makes it anew."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from typer.main import get_command

from bot.cli.application import application

OPENING = """# Commands

`make examples` makes this page out of what each command says with `--help`.

| command | what it does |
|---|---|
"""

COMMON = """
**What they share.** Answers go to stdout, everything else to stderr; the exit status is 0 for done, 1 for failed, 2 for
misused. `--json` answers in JSON, of which `gemba schema` prints the JSON Schema. `--from` and `--to` are the window,
`--now` the instant as of which it is looked at: a past day is seen as it was known then. Times without an offset are
meant in the time zone of the stream. `--config` names another file than `config.toml`, as does the variable
`GEMBA_CONFIG`. Colours are left out where `NO_COLOR` is set, and in a pipe.
"""


def commands() -> Iterator[tuple[str, Any]]:
    """Every command by its name; those of a group with the group's name before theirs."""
    group: Any = get_command(application())
    for name, command in group.commands.items():
        inner = getattr(command, "commands", {"": command})
        yield from ((f"{name} {sub}".strip(), one) for sub, one in inner.items())


def reference() -> str:
    """The document."""
    known = list(commands())
    table = "\n".join(
        f"| [`gemba {name}`](#gemba-{name.replace(' ', '-')}) | {_words(one)[0]} |" for name, one in known
    )
    return OPENING + table + "\n" + COMMON + "".join(_section(name, one) for name, one in known)


def _words(command: Any) -> list[str]:
    """The paragraphs of its help."""
    return [re.sub(r"\s+", " ", part).strip() for part in re.split(r"\n\s*\n", (command.help or "").replace("\b", ""))]


def _section(name: str, command: Any) -> str:
    said = [_example(part) if part.startswith("Example: ") else part for part in _words(command)]
    rows = [_row(one) for one in command.params if one.name != "help" and not getattr(one, "hidden", False)]
    table = ["| option | meaning |\n|---|---|\n" + "\n".join(rows)] if rows else []
    return "\n" + "\n\n".join([f"## gemba {name}", *said, *table]) + "\n"


def _example(part: str) -> str:
    """As a block of commands, a line each."""
    lines = part.removeprefix("Example: ").replace("; gemba ", "\ngemba ")
    return f"```\n{lines}\n```"


def _row(param: Any) -> str:
    """An argument or an option, what it takes, and what it means."""
    takes = "" if getattr(param, "is_flag", False) else param.metavar or "VALUE"
    if param.param_type_name == "argument":
        spelt = f"`{param.metavar or param.name.upper()}`"
    else:
        spelt = f"`{', '.join(param.opts)}{f' {takes}' if takes else ''}`"
    help_ = (param.help or "").replace("|", "\\|")
    return f"| {spelt} | {help_} |"


if __name__ == "__main__":
    (Path(sys.argv[1]) / "docs" / "commands.md").write_text(reference(), "utf-8")
