"""One measured piece of work of the engine in a process of its own: `python -m bench.engine_work WAY FOLDER`.

Tells processor seconds and peak bytes. What is only loaded once is loaded by a small rehearsal, and a cold start is
measured elsewhere (`bench.startup`).
"""

import json
import resource
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl

from bench.events import EVERYTHING, QUARTER, STREAM, histories, people
from bench.kept import Kept, keep, kept
from bench.processes import MAC_OS
from bot.flow.analyse import analyse
from bot.flow.clock import moment
from bot.flow.history.log import Records
from bot.flow.model import Window
from connectors.records import ActorKind, Event, EventKind, Item

REHEARSED = 10_000


def whole(read: Kept) -> Callable[[], object]:
    """The whole analysis of all that there is."""
    return _analysis(read, EVERYTHING)


def quarter(read: Kept) -> Callable[[], object]:
    """The whole analysis of the last quarter, as a weekly question asks for."""
    return _analysis(read, QUARTER)


def bare(read: Kept) -> Callable[[], object]:
    """The least that any analysis does: put in order by item and time, and group by item and by what happened."""
    events, at = read.events, pl.col("at")
    took = at.shift(-1).over("item") - at

    def work() -> object:
        ordered = events.sort("item", "at", "seq").with_columns(took=took)
        items = ordered.group_by("item").agg(pl.len(), first=at.min(), last=at.max())
        kinds = ordered.group_by("kind", "state").agg(pl.len(), mean=pl.col("took").mean(), p50=pl.col("took").median())
        return items, kinds

    return work


WAYS: Mapping[str, Callable[[Kept], Callable[[], object]]] = {"whole": whole, "quarter": quarter, "bare": bare}


def _analysis(read: Kept, window: Window) -> Callable[[], object]:
    records = _records(read)
    return lambda: analyse(STREAM, records, window)


def _records(read: Kept) -> Records:
    items = [item(row) for row in read.items.iter_rows(named=True)]
    events = [event(row, items) for row in read.events.iter_rows(named=True)]
    return Records(items, events, read.links, people())


def main() -> None:
    way, folder = WAYS[sys.argv[1]], Path(sys.argv[2])
    with TemporaryDirectory() as place:
        keep(Path(place) / "small", histories(REHEARSED))
        way(kept(Path(place) / "small"))()
    work = way(kept(folder))
    begun, started = time.process_time(), time.perf_counter()
    work()
    told = {"cpu": time.process_time() - begun, "wall": time.perf_counter() - started, "peak": _peak()}
    print(json.dumps(told))  # noqa: T201  read by whoever asked


def item(row: dict[str, Any]) -> Item:
    times = {"created_at": moment(row["created_at"]), "gone_at": None}
    return Item(**row | times | {name: tuple(row[name]) for name in ("labels", "aliases", "doubts")})


def event(row: dict[str, Any], items: Sequence[Item]) -> Event:
    about = items[row["item"]]
    kind, who = EventKind(row["kind"]), row["actor_kind"] and ActorKind(row["actor_kind"])
    own = {"source": about.source, "item": about.key, "at": moment(row["at"]), "kind": kind, "actor_kind": who}
    return Event(**row | own)


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if MAC_OS else 1024)


if __name__ == "__main__":
    main()
