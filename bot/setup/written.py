"""Drafts -> the text of a commented config.toml."""

import re
import textwrap
from collections.abc import Sequence
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any

import tomlkit
from jinja2 import Environment, StrictUndefined

from bot.flow.model import Calendar
from bot.setup.draft import Draft
from bot.setup.sample import Source

WIDTH = 116


def config_text(
    sources: Sequence[Source], drafts: Sequence[Draft], calendar: Calendar, today: date, zone_from: str
) -> str:
    """`zone_from`: where the time zone is from."""
    environment = Environment(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True)  # noqa: S701 - no page
    environment.filters |= {"toml": toml, "comment": comment}
    template = environment.from_string(files("bot.setup").joinpath("config.toml.j2").read_text("utf-8"))
    channel = re.sub(r"[^a-z0-9]+", "-", drafts[0].stream.name.lower()).strip("-") or "team"
    return template.render(
        sources=sources, drafts=drafts, calendar=calendar, today=today, zone_from=zone_from, channel=channel
    )


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
