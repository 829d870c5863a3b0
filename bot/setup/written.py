"""Drafts -> the text of a commented config.toml."""

import re
import textwrap
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import tomlkit
from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from bot.flow.model import Calendar
from bot.setup.draft import Draft
from bot.setup.sample import Source

WIDTH = 116


def config_text(
    sources: Sequence[Source], drafts: Sequence[Draft], calendar: Calendar, today: date, zone_from: str
) -> str:
    """`zone_from`: where the time zone is from."""
    channel = re.sub(r"[^a-z0-9]+", "-", drafts[0].stream.name.lower()).strip("-") or "team"
    return _template().render(
        sources=sources, drafts=drafts, calendar=calendar, today=today, zone_from=zone_from, channel=channel
    )


def _template() -> Template:
    """Whatever goes into it without being made TOML or a comment is escaped, as in a page."""
    loader = PackageLoader("bot.setup")
    found = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True)
    found.filters |= {"toml": _as_it_is(toml), "comment": _as_it_is(comment)}
    return found.get_template("config.toml.j2")


def _as_it_is(said: Callable[[Any], str]) -> Callable[[Any], Markup]:
    return lambda value: Markup(said(value))  # noqa: S704 - TOML has rules of its own, and no page shows it


def toml(value: Any) -> str:
    """A value as TOML writes it, whatever stands in it."""
    if isinstance(value, Path):
        value = value.as_posix()
    found = tomlkit.item(value)
    text = found.as_string()
    return _lines(value) if isinstance(value, list) and len(text) > WIDTH else text


def _lines(values: list[Any]) -> str:
    return "[\n" + "".join(f"    {tomlkit.item(value).as_string()},\n" for value in values) + "]"


def comment(text: str) -> str:
    """Whatever is said, in lines that TOML does not read."""
    tame = "".join(c if c.isprintable() else " " for c in text)
    return textwrap.fill(tame, WIDTH, initial_indent="# ", subsequent_indent="#   ", break_on_hyphens=False)
