"""Small streams that are ready to be exported."""

from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from bot.demo.truth.world import Movers
from bot.export.formats import export
from bot.export.kinds import Kind
from bot.export.told import Told
from bot.flow.history.log import Records
from bot.flow.model import Stream, Window
from bot.flow.reconstruct import reconstruct
from tests.build import STREAM, issue, records, window
from tests.demo.truth import GATED, noisy


def told_of(found: Records, stream: Stream = STREAM, seen: Window | None = None) -> Told:
    return Told(reconstruct(stream, found, seen or window()), found)


def of(*parts: Iterable[Any]) -> Told:
    return told_of(records(*parts))


@cache
def noisy_team() -> Told:
    """Issues and pull requests with imports, renames, bots, returns and links that lead nowhere."""
    world = noisy(1, Movers.MIXED, GATED)
    return told_of(world.records, world.told, world.window)


def one(title: str = "Title") -> Told:
    """An item that was delivered."""
    found = records(issue("PAY-1", ("Open", 0), ("In Progress", 1), ("Done", 5)))
    return told_of(found.told_of(replace(item, title=title) for item in found.items))


def written(told: Told, kind: Kind, folder: Path) -> Path:
    """The file, or the folder of files."""
    target = folder / str(kind)
    export(told, kind, target)
    return target
