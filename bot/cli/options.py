"""What several commands share: their options, and how they answer."""

from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

YEARS = range(1971, 2200)


def moment(text: str) -> datetime | date:
    try:
        found = date.fromisoformat(text) if len(text) == len("2026-01-31") else datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.year not in YEARS:
        raise typer.BadParameter(f'"{text}" is no day; write for example 2026-01-31 or 2026-01-31T09:00')
    return found


ConfigPath = Annotated[
    Path, typer.Option("--config", "-c", metavar="FILE", help="The configuration.", envvar="GEMBA_CONFIG")
]
StreamName = Annotated[
    str | None, typer.Option("--stream", "-s", metavar="NAME", help="The stream, if there are several.")
]
From = Annotated[
    Any, typer.Option("--from", metavar="DATE", parser=moment, help="First day. Default: 13 weeks before the end.")
]
To = Annotated[
    Any, typer.Option("--to", metavar="DATE", parser=moment, help="First day not looked at any more. Default: now.")
]
Now = Annotated[
    Any,
    typer.Option(
        "--now", metavar="TIME", parser=moment, help="Look at it as of this ISO time, in the stream's time zone."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
DEFAULT = Path("config.toml")


def tell(document: Any, shown: Any, *, as_json: bool) -> None:
    """A document of the engine, or its words."""
    from bot import terminal

    if as_json:
        terminal.answer(document.model_dump(mode="json", by_alias=True))
    else:
        terminal.out.print(shown)
