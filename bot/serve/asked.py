"""What an address asks for. Whatever cannot be is refused with a sentence."""

from collections.abc import Mapping
from datetime import date, datetime

from bot.serve.given import Look, Moment

YEARS = range(1971, 2200)


class NotAsked(Exception):
    """The address says something that cannot be."""


def asked_look(stream: str, query: Mapping[str, str]) -> Look:
    """The window, as `from`, `to` and `now` say it."""
    return Look(stream, *(_moment(name, query.get(name, "")) for name in ("from", "to", "now")))


def _moment(name: str, text: str) -> Moment | None:
    """A day or an ISO time; a `+` that came as a space is one again."""
    if not text:
        return None
    try:
        if not text.isprintable():
            raise ValueError
        written = text.strip().replace(" ", "+") if "T" in text else text.strip()
        found: Moment = date.fromisoformat(written) if len(written) == 10 else datetime.fromisoformat(written)
    except ValueError:
        found = date.min
    if found.year not in YEARS:
        raise NotAsked(f"{name}={text[:40]} is no day; write for example {name}=2026-01-31 or {name}=2026-01-31T09:00")
    return found
