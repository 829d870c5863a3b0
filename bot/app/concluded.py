"""What a reconstruction concluded of each case is kept, so that the next one is explained without the engine.

It is taken only as long as nothing has changed: neither what is kept of the sources, nor the configuration, nor gemba,
and nothing happened that had not happened then. Else all is reconstructed anew, and what either way tells is the same.
"""

import json
import sqlite3
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

import polars as pl

import bot
import connectors
from bot.flow.explain.reasons import Story, explained
from bot.flow.findings.explanation import Explanation
from bot.flow.instants import instant
from bot.kept_cases import Concluded, State, concluded, state_of
from bot.written import Written, written
from connectors.addresses import without_address

PREFIX = "sqlite:///"
LIBRARIES = ("holidays", "numpy", "polars", "pydantic")
"""By whose versions figures may differ."""


def explain_kept(path: Path, stream: str | None, key: str, now: datetime) -> Explanation | None:
    """What is explained without a window; None where that has to be found out anew, be it that something is wrong."""
    try:
        config = written(path)
        found = tomllib.loads(config.text)
        database = database_of(found.get("store", {}).get("url", f"{PREFIX}gemba.db"), path.parent)
        names = [each["name"] for each in found["streams"]]
        wanted = [name for name in names if stream is None or name.casefold() == stream.casefold()]
        return _explained(database, config, wanted, key, instant(now)) if database else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, sqlite3.Error, pl.exceptions.PolarsError):
        return None


def database_of(url: str, folder: Path) -> Path | None:
    """The file of SQLite that a configuration in that folder names."""
    name = url.removeprefix(PREFIX)
    plain = url.startswith(PREFIX) and name not in ("", ":memory:") and "?" not in name
    return (folder / name).resolve() if plain else None


def _explained(database: Path, config: Written, streams: Sequence[str], key: str, now: int) -> Explanation | None:
    """By the first stream that knows the item, as long as those before it are known."""
    for stream in streams:
        kept = concluded(database, stream)
        if kept is None or kept.about["by"] != made_by(config.digest):
            return None
        state = state_of(database, kept.about["sources"])
        if state is None or not _holds(kept, state, now):
            return None
        if place := kept.find("names", key.rstrip("/").casefold()):
            return explained(_story(kept, state, place["case"], now))
    return None


def _holds(kept: Concluded, state: State, now: int) -> bool:
    return bool(kept.about["state"] == state.mark and kept.about["last"] < now < kept.about["until"])


def _story(kept: Concluded, state: State, case: int, now: int) -> Story:
    told = kept.find("cases", case) or {}
    accounts = [tuple(account) for account in told["holders"]]
    names = tuple(without_address(state.names.get((source, person), person)) for source, person in accounts)
    worked = partial(_worked, kept.about["hours"])
    return Story(told, names, kept.about["timezone"], kept.about["working_day"], now, worked)


def _worked(hours: Iterable[Sequence[int]], start: int, end: int) -> int:
    """Microseconds within working hours."""
    return sum(max(min(end, closes) - max(start, opens), 0) for opens, closes in hours)


def made_by(digest: str) -> str:
    """Another one whenever the same records may lead to other figures; `digest`: of the configuration."""
    specs = (find_spec(name) for name in LIBRARIES)
    libraries = [Path(spec.origin).stat() for spec in specs if spec and spec.origin]
    known = [digest, *((name.st_size, name.st_mtime_ns) for name in libraries)]
    made = sha256(json.dumps(known).encode())
    for module in _modules():
        made.update(module.read_bytes())
    return made.hexdigest()


def _modules() -> Iterator[Path]:
    """All of gemba."""
    for package in (bot, connectors):
        (folder,) = package.__path__
        yield from sorted(Path(folder).rglob("*.py"))
