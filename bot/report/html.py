"""Pages that ask nobody for anything: one file each, with a policy that lets only what stands in it act."""

import base64
import hashlib
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from bot.report.canvas import css_variables
from bot.words import unturned

NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'"


def html_page(template: str, script: Markup = Markup(), **given: Any) -> str:  # noqa: B008 - empty, and never changed
    """A template that extends `page.html`, filled. Whatever people wrote is escaped."""
    style = _style()
    scripts = f"; script-src {_hashed(script)}" if script else ""
    policy = Markup(f"{NOTHING}; style-src {_hashed(style)}{scripts}")  # noqa: S704 - hashes
    return unturned(_environment().get_template(template).render(given, style=style, script=script, policy=policy))


def asset(name: str) -> Markup:
    """A file that stands in the page as it is."""
    return Markup(files("bot.report").joinpath("templates", name).read_text("utf-8"))  # noqa: S704 - a file of ours


def _environment() -> Environment:
    loader = PackageLoader("bot.report")
    found = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    found.filters["groups"] = "{:,}".format
    return found


def _style() -> Markup:
    """With the colours of the map, in the light and in the dark."""
    light, dark = css_variables()
    colours = f":root {{ {light} }}\n@media (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}\n"
    return Markup(colours) + asset("page.css")  # noqa: S704 - colours of ours


def _hashed(content: str) -> str:
    """As a content security policy names it (CSP level 3, hash-source)."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"
