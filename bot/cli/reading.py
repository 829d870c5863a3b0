"""What is told while sources are read, and when they are."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich.progress import Progress, SpinnerColumn, TextColumn

from bot import terminal
from bot.collect import Collected


@contextmanager
def bars() -> Iterator[Callable[[str, int], None]]:
    """A bar for each scope while it is read."""
    columns = SpinnerColumn(), TextColumn("{task.description}"), TextColumn("{task.completed:.0f} read")
    with Progress(*columns, console=terminal.err, transient=True, disable=not terminal.err.is_terminal) as bar:
        tasks: dict[str, Any] = {}

        def tell(scope: str, more: int) -> None:
            if scope not in tasks:
                tasks[scope] = bar.add_task(scope, total=None)
            bar.advance(tasks[scope], more)

        yield tell


def say_collected(found: Sequence[Collected]) -> None:
    """A line a scope, and all that went wrong."""
    for scope in found:
        if scope.saved.payloads or not scope.error:
            gone = f", {scope.gone} gone" if scope.gone else ""
            told = f"{scope.saved.payloads} read, {scope.saved.changed} new or changed{gone}"
            terminal.say(f"{scope.source}/{scope.scope}: {told}")
        for sentence in (*scope.saved.unreadable, *([scope.error] if scope.error else [])):
            terminal.say(sentence, alarming=True)
