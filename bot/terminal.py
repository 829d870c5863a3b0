"""What the commands print: answers to stdout, everything else to stderr."""

import json
import logging
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console, ConsoleOptions, ConsoleRenderable, RenderableType, RenderHook, RenderResult
from rich.segment import Segment
from rich.text import Text

from bot.check.sections import by_section
from bot.errors import OutputError
from bot.files import put
from bot.logs import is_json, log
from bot.redaction import redacted
from connectors.records import Check

VERDICTS = {"ok": ("ok  ", "green"), "hint": ("hint", "yellow"), "failed": ("FAIL", "red")}

ORDERS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Characters by which a name could move the cursor, colour what follows or turn it around, and halves of others."""


@dataclass(frozen=True)
class _Tame:
    """Something to print of which no character is an order to the terminal."""

    shown: RenderableType

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for part in console.render(self.shown, options):
            yield part if part.control else Segment(ORDERS.sub(" ", part.text), part.style)


class _Taming(RenderHook):
    def process_renderables(self, renderables: list[ConsoleRenderable]) -> list[ConsoleRenderable]:
        return [_Tame(one) for one in renderables]


out = Console(highlight=False, emoji=False)
err = Console(stderr=True, highlight=False, emoji=False)
for place in (out, err):
    place.push_render_hook(_Taming())


def say(sentence: str, *, alarming: bool = False) -> None:
    """To stderr, without secrets; where that is a log that programs read, as a line of it."""
    if is_json():
        log.log(logging.ERROR if alarming else logging.INFO, "%s", sentence)
        return
    err.print(redacted(sentence), markup=False, soft_wrap=True, style="red" if alarming else None)


def answer(document: Any) -> None:
    """JSON to stdout."""
    sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False) + "\n")


def answer_line(document: str) -> None:
    """JSON to stdout that is one line already, at once, so that whoever reads it need not wait for the next."""
    sys.stdout.write(document + "\n")
    sys.stdout.flush()


def checked(checks: Sequence[Check]) -> None:
    """A line for each check, under its subject."""
    for name, lines in by_section(checks):
        out.print(Text(name, "bold"))
        for check in lines:
            said = redacted(f" {check.what}: {check.detail}")
            out.print(Text.assemble("  ", VERDICTS[check.status], said), soft_wrap=True)


def written(path: Path, content: bytes, *, make_folder: bool = False) -> None:
    """A file with all of it or as it was before, and that it was written; `make_folder`: the one it lies in, too."""
    try:
        if make_folder:
            path.parent.mkdir(parents=True, exist_ok=True)
        put(path, content)
    except OSError as problem:
        raise OutputError(f"{path} cannot be written: {problem.strerror}; name another file, or make room") from problem
    say(f"written to {path}")
