"""Whoever sits at the terminal, and what is asked of them."""

import os
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer

MOST_SHOWN = 20


def _heard(ask: Callable[..., Any], *question: Any, **how: Any) -> Any:
    """What a person answers, who may press Ctrl-C: Polars has a way of its own to heed it, by which reading goes on."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    return ask(*question, **how)


class Person:
    """Whoever can be asked, or nobody."""

    def __init__(self, silent: bool, folder: Path, *, only_looks: bool) -> None:
        self.silent, self._folder, self._only_looks = silent, folder, only_looks

    def text(self, question: str, otherwise: str | None = None) -> str | None:
        """What is answered; nothing, or what stands `otherwise`, where nobody is asked."""
        if self.silent:
            return otherwise
        return _heard(typer.prompt, question, default=otherwise or "", show_default=bool(otherwise), err=True) or None

    def agrees(self, question: str) -> bool:
        return self.silent or _heard(typer.confirm, question, default=True, err=True)

    def wants(self, question: str) -> bool:
        """Nobody wants anything where nobody is asked."""
        return not self.silent and _heard(typer.confirm, question, default=False, err=True)

    @contextmanager
    def showing(self, token: Mapping[str, Any]) -> Iterator[None]:
        """While a token is shown to its site: one that was typed and is refused is not kept."""
        from connectors.errors import AccessDenied

        try:
            yield
        except AccessDenied:
            if "token_file" in token:
                (self._folder / token["token_file"]).unlink(missing_ok=True)
            raise

    def token(self, variable: str, what: str) -> dict[str, Any]:
        """Where the token stands: the variable, or a private file in which what is typed is kept."""
        from bot.errors import UsageError
        from connectors.private_files import write_private

        if os.environ.get(variable, "").strip():
            return {"token_env": variable}
        if self.silent:
            raise UsageError(f"the token of {what} is missing: set the environment variable {variable}")
        typed = _heard(
            typer.prompt,
            f"Token of {what} (it is not shown, and kept in a file that only you can read)",
            hide_input=True,
            err=True,
        )
        if self._only_looks:
            os.environ[variable] = typed.strip()
            return {"token_env": variable}
        path = self._folder / f"{what.lower()}.token"
        write_private(path, typed.strip())
        return {"token_file": path.name}

    def chooses(self, what: str, places: Sequence[Any], proposed: Sequence[str]) -> list[str]:
        """Of what the token may see."""
        from bot import terminal

        if self.silent:
            return [*proposed]
        for place in places[:MOST_SHOWN]:
            changed = f", changed {place.changed_at:%Y-%m-%d}" if place.changed_at else ""
            terminal.say(f"  {place.scope}  {place.title}{changed}")
        if len(places) > MOST_SHOWN:
            terminal.say(f"  and {len(places) - MOST_SHOWN} more")
        said = self.text(f"{what}, separated by spaces", " ".join(proposed)) or ""
        return said.replace(",", " ").split()
