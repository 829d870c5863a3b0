"""Records of a stream in a folder of Parquet files, so that whoever reads the folder needs no store."""

from collections.abc import Iterable, Mapping
from dataclasses import astuple
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from bot.errors import OutputError
from bot.flow.history.log import Records
from bot.frames import EVENT_SCHEMA, ITEM_SCHEMA, Events, Items
from connectors.records import ActorKind, Link, Person

LINK_SCHEMA = dict.fromkeys(("source", "item", "other", "kind", "evidence"), pl.String)
PERSON_SCHEMA = {
    **dict.fromkeys(("source", "key", "name", "kind"), pl.String),
    **dict.fromkeys(("hearsay", "configured"), pl.Boolean),
}
PLACE_SCHEMA = {"place": pl.String, "until": pl.Datetime("us", "UTC")}
"""Of each project and repository, until when everything is here."""


def ship(records: Records, folder: Path) -> None:
    """items, events, links, people and places, a file each, in place of what was there. Raises OutputError."""
    frames = {
        "items": records.items.frame,
        "events": records.events.frame,
        "links": _frame(map(astuple, records.links), LINK_SCHEMA),
        "people": _frame(map(astuple, records.people), PERSON_SCHEMA),
        "places": _frame(records.read_until.items(), PLACE_SCHEMA),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, frame in frames.items():
            with (folder / f"{name}.parquet").open("wb") as file:
                frame.write_parquet(file, compression="zstd")
    except OSError as problem:
        raise OutputError(f"{folder} cannot be written: {problem.strerror}; name another with --records") from problem


def shipped(folder: Path) -> Records:
    """The records as they were. Raises OutputError where they are not there."""

    def frame(name: str, schema: Any) -> pl.DataFrame:
        return pl.read_parquet(folder / f"{name}.parquet").cast(schema)

    try:
        items = Items(frame("items", ITEM_SCHEMA))
        events = Events(frame("events", EVENT_SCHEMA), items)
        links = [Link(*row) for row in frame("links", LINK_SCHEMA).iter_rows()]
        people = [_person(*row) for row in frame("people", PERSON_SCHEMA).iter_rows()]
        places = dict[str, datetime | None](frame("places", PLACE_SCHEMA).iter_rows())
    except OSError as problem:
        raise OutputError(f"{folder} cannot be read where Spark runs; name a folder there with --records") from problem
    return Records(items, events, links, people, places)


def _frame(rows: Iterable[tuple[Any, ...]], schema: Mapping[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema, orient="row")


def _person(source: str, key: str, name: str, kind: str, *rest: bool) -> Person:
    return Person(source, key, name, ActorKind(kind), *rest)
