"""Many streams of ten thousand events each, as `gemba analyse --all` takes them: linear in streams, memory flat.

`python -m bench.streams FOLDER STREAMS` measures one number of them, and tells it in JSON; FOLDER keeps their store.
"""

import json
import resource
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

import polars as pl

from bench.events import END, FORGE, STREAM, TRACKER, histories
from bench.processes import MAC_OS, Spent, in_turns, python
from bench.results import Figure, Wanted, at_most
from bot.store import Store

SIZES = (25, 50, 100)
A_STREAM = 10_000
SLACK, FLAT = 1.1, 1.2
"""By how much more than its share a larger number may take in time, and more than a small one in memory."""

TIME = "%Y-%m-%d %H:%M:%S.%6f"
"""How SQLAlchemy writes a time into SQLite."""


def figures(wanted: Wanted) -> Iterator[Figure]:
    """Processor time and memory of several numbers of streams, beside the smallest; once, for it is minutes."""
    folders = {str(size): wanted.folder / f"streams-{size}" for size in SIZES}
    for size, folder in zip(SIZES, folders.values(), strict=True):
        furnish(folder, size)
    ways = {name: lambda name=name: python("-m", "bench.streams", folders[name], name) for name in folders}
    spent = in_turns(1, ways)
    least = spent[str(SIZES[0])]
    for size in SIZES:
        yield from _of(size, spent[str(size)], least)


def _of(size: int, spent: Spent, least: Spent) -> Iterator[Figure]:
    compared = size != SIZES[0]
    told, first = spent.told, least.told
    name, other = f"streams: {size} of {A_STREAM:,} events", f"{SIZES[0]} streams" if compared else None
    seconds = spent.cpu / least.cpu if compared else None
    yield Figure(name, spent.cpu, "CPU s", other, seconds, at_most(SLACK * size / SIZES[0]) if compared else None)
    for who in ("worker", "parent"):
        ratio = told[who] / first[who] if compared else None
        peak = told[who] / 1e6
        yield Figure(f"{name}, peak of the {who}", peak, "MB", other, ratio, at_most(FLAT) if compared else None)


def furnish(folder: Path, streams: int) -> None:
    """A store in which every stream has a project and a repository of its own, and a configuration of them."""
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text("\n".join([_head(streams), *map(_stream, range(streams))]), "utf-8")
    path = folder / "gemba.db"
    Store.open(f"sqlite:///{path}").close()
    tables = _tables()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA synchronous=OFF")
        for number in range(streams):
            for name, rows in tables.items():
                _insert(connection, name, rows.with_columns(_of_stream(rows, number)))
            connection.commit()


OWN = {"scope": "{}{}", "key": "{}.{}", "item": "{}.{}", "id": "{}.{}"}
"""Columns whose words are those of one stream alone, and how they are made of a word and its number."""


def _of_stream(rows: pl.DataFrame, number: int) -> list[pl.Expr]:
    return [pl.format(words, pl.col(name), pl.lit(number)) for name, words in OWN.items() if name in rows.columns]


def _tables() -> dict[str, pl.DataFrame]:
    """One stream, as rows of the store."""
    made = histories(A_STREAM)
    whose = made.items.select("source", item="key")[made.events["item"]]
    events = made.events.drop("item").with_columns(_time("at"), pl.col(pl.Categorical, pl.Enum).cast(pl.String))
    empty = [pl.lit("[]").alias(name) for name in ("labels", "aliases", "doubts")]
    links = pl.DataFrame([asdict(link) for link in made.links])
    scopes = made.items.select("source", "scope").unique()
    return {
        "item": made.items.with_columns(_time("created_at"), *empty),
        "event": pl.concat([events, whose], how="horizontal"),
        "link": links,
        "cursor": scopes.with_columns(value=pl.lit("end"), complete_at=pl.lit(f"{END:%Y-%m-%d %H:%M:%S.%f}")),
    }


def _time(column: str) -> pl.Expr:
    return pl.from_epoch(column, "us").dt.to_string(TIME)


def _insert(connection: sqlite3.Connection, table: str, rows: pl.DataFrame) -> None:
    columns, marks = ", ".join(rows.columns), ", ".join("?" * len(rows.columns))
    connection.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", rows.iter_rows())  # noqa: S608


def _head(streams: int) -> str:
    projects = json.dumps([f"B{n}" for n in range(streams)])
    repositories = json.dumps([f"bench/app{n}" for n in range(streams)])
    return f"""
[connectors.jira.bench]
url = "https://jira.example"
projects = {projects}
token_env = "TOKEN"
[connectors.github.bench]
repositories = {repositories}
token_env = "TOKEN"
"""


def _stream(number: int) -> str:
    stages = (
        f'{{ name = "{stage.name}", kind = "{stage.kind}", states = {json.dumps(stage.states)} }}'
        for stage in STREAM.stages
    )
    sources = json.dumps([f"{TRACKER}/B{number}", f"{FORGE}/bench/app{number}"])
    return f"""
[[streams]]
name = "Stream {number}"
sources = {sources}
end = "{STREAM.end}"
stages = [{", ".join(stages)}]
"""


def measured(folder: Path, streams: int) -> dict[str, Any]:
    """Peak memory in bytes of the process that asks and of the largest that analyses, and how much was answered."""
    from bot.app.many import analyse_all
    from bot.app.wiring import Wanted as Asked
    from bot.config import load_config
    from bot.engines.kinds import Ways

    begun = time.perf_counter()
    answered = [len(a.document or "") for a in analyse_all(load_config(folder / "config.toml"), Asked(now=END), Ways())]
    if len(answered) != streams or not all(answered):
        raise AssertionError(f"{answered.count(0)} of {len(answered)} streams failed")
    parent, worker = (_peak(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return {"parent": parent, "worker": worker, "bytes": sum(answered), "wall": time.perf_counter() - begun}


def _peak(who: int) -> int:
    return resource.getrusage(who).ru_maxrss * (1 if MAC_OS else 1024)


def main() -> None:
    folder, streams = Path(sys.argv[1]), int(sys.argv[2])
    if not folder.exists():
        furnish(folder, streams)
    print(json.dumps(measured(folder, streams)))  # noqa: T201  read by whoever asked


if __name__ == "__main__":
    main()
