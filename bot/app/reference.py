"""docs/configuration.md: every table and key of config.toml, out of the models that read it.

What a key means is the docstring that stands below it in its model, and what a table is for the docstring of the model.
"""

import ast
import inspect
import re
import textwrap
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

from pydantic import BaseModel, FiniteFloat

from bot.config import NOT_DELIVERED, Config
from bot.flow.future.changes import KINDS
from bot.flow.model import Calendar, Day, Duration, Weekday
from bot.run_settings import TimeOfDay
from bot.words import duration
from connectors.registry import CONNECTORS
from connectors.settings import Address, ConfiguredPath, VariableName, ZoneName

Models = Iterator[tuple[str, type[BaseModel]]]

OPENING = """# Configuration

Everything that `config.toml` may hold. `make examples` makes this page out of the models that read the file, so it is
what your version knows; a key that is not here is refused by its name, with the nearest one. An example with
everything in place is [config.example.toml](../config.example.toml).

**Kinds of values.** A *duration* is written `"30m"`, `"24h"`, `"5d"`, `"2w"` or `"1y"`; a *time of day* `"09:00"`; a
*day* `2026-12-15`, without quotes; a *path* begins at the folder of the configuration file; a *variable* is the name of
one in the environment, never the secret itself. *Required* keys have no default; where none is told, there is none.
"""

CHANGES = """## Changes

What `change` of a plan and `gemba future --change` take: a table with one leading key, the first of its row.
"""

WORDS: tuple[tuple[Any, str], ...] = (
    (Duration, "duration"),
    (TimeOfDay, "time of day"),
    (ConfiguredPath, "path"),
    (VariableName, "variable"),
    (Address, "address"),
    (ZoneName, "time zone"),
    (Day, "day"),
    (FiniteFloat, "number"),
    (Weekday, "day of the week"),
    (Path, "path"),
    (bool, "`true` or `false`"),
    (int, "whole number"),
    (float, "number"),
    (str, "text"),
    (date, "day"),
)


def configuration() -> str:
    """The document."""
    sections = [_rows(model, f"## `{place}`\n\n{_about(model)}") for place, model in tables()]
    changes = [_rows(kind, f"**{key}** ({kind.waste}): {_about(kind)}") for key, kind in KINDS.items()]
    return "\n".join([OPENING, *sections, CHANGES, *changes]).rstrip("\n") + "\n"


def tables(above: str = "", model: type[BaseModel] = Config) -> Models:
    """Each table with its heading, those inside a table after it."""
    for name, hint in _keys(model).items():
        inner, place = _inner(hint), f"{above}{name}"
        if name == "connectors" and not above:
            yield from ((f"[connectors.{kind}.NAME]", one.settings) for kind, one in CONNECTORS.items())
        elif inner is not None and not (inner is Calendar and above):
            yield (f"[[{place}]]" if _many(hint) else f"[{place}]"), inner
            yield from tables(f"{place}.", inner)


def _rows(model: type[BaseModel], opening: str) -> str:
    meanings = said(model)
    rows = [
        f"| `{name}` | {type_in_words(hint)} | {_default(model, name)} | {_sentence(meanings.get(name, ''))} |"
        for name, hint in _keys(model).items()
    ]
    return "\n".join([opening, "", "| key | type | default | meaning |", "|---|---|---|---|", *rows, ""])


def _keys(model: type[BaseModel]) -> dict[str, Any]:
    """What is required first; then the model's own before those that it inherits."""
    hints, known = get_type_hints(model, include_extras=True), model.model_fields
    required = [name for name, field in known.items() if field.is_required()]
    own = [name for name in model.__annotations__ if name in known]
    return {name: hints[name] for name in dict.fromkeys((*required, *own, *known))}


@cache
def said(model: type[BaseModel]) -> Mapping[str, str]:
    """Key -> the docstring below it, also of the models that it is made of."""
    found: dict[str, str] = {}
    for one in reversed(model.__mro__):
        if issubclass(one, BaseModel) and one is not BaseModel:
            found |= _docstrings(one)
    return found


def _docstrings(model: type[BaseModel]) -> dict[str, str]:
    body = ast.parse(textwrap.dedent(inspect.getsource(model))).body[0]
    assert isinstance(body, ast.ClassDef)  # noqa: S101 - it is the source of a class
    found = {}
    for key, below in zip(body.body, body.body[1:], strict=False):
        match key, below:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                found[name] = re.sub(r"\s+", " ", text)
    return found


def _about(model: type[BaseModel]) -> str:
    """The docstring of the model, but for what its heading says."""
    text = re.sub(r"\s+", " ", model.__doc__ or "").strip()
    return _sentence(re.sub(r"^`\[[^`]*\]`( of the configuration)?[.;:]? ?", "", text))


def _sentence(text: str) -> str:
    cut = text.replace("|", "\\|")
    return cut[:1].upper() + cut[1:] + ("" if cut.endswith(".") or not cut else ".")


def type_in_words(hint: Any) -> str:
    """What kind of value a key takes."""
    known = next((words for one, words in WORDS if hint == one), None)
    if known is not None:
        return known
    if inspect.isclass(hint):
        return ", ".join(f"`{one}`" for one in hint) if issubclass(hint, StrEnum) else _of_class(hint)
    parts = [part for part in get_args(hint) if part not in (NoneType, Ellipsis)]
    match get_origin(hint):
        case origin if origin is Literal:
            return ", ".join(f"`{part}`" for part in parts)
        case origin if origin is Annotated:
            return type_in_words(parts[0])
        case origin if origin is tuple:
            return f"list: {type_in_words(parts[0])}"
        case origin if origin is dict:
            return "table"
    return " or ".join(dict.fromkeys(type_in_words(part) for part in parts))


def _of_class(hint: type) -> str:
    return "table" if issubclass(hint, BaseModel) else "text"


def _inner(hint: Any) -> type[BaseModel] | None:
    """The model of a table, or of each of a list of them."""
    if inspect.isclass(hint) and issubclass(hint, BaseModel):
        return hint
    return next((found for part in get_args(hint) if (found := _inner(part))), None)


def _many(hint: Any) -> bool:
    return get_origin(hint) is tuple


def _default(model: type[BaseModel], name: str) -> str:
    field = model.model_fields[name]
    if field.is_required():
        return "required"
    found = field.get_default(call_default_factory=True)
    if found in (None, (), {}, NOT_DELIVERED) or isinstance(found, BaseModel):
        return ""
    return f"`{_toml(found)}`"


def _toml(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case tuple():
            return f"[{', '.join(map(_toml, value))}]"
        case timedelta():
            return duration(value.total_seconds() / 86_400)
        case str():
            return f'"{value}"'
    return str(value)
