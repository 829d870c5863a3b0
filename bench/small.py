"""Engine, store and loading against the least that any program would have to do."""

import sqlite3
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console
from rich.table import Table

from bot.flow.analyse import read
from bot.flow.history.log import Records
from bot.flow.model import Stage, StageKind, Stream, Window
from bot.flow.reconstruct import reconstruct
from bot.store import Store
from connectors.records import ActorKind, Event, EventKind, Item, Page, Payload, Record

ITEMS, ROUNDS = 10_000, 3
STATES = ("Open", "In Progress", "In Review", "Testing", "Done")
START = datetime(2025, 1, 1, tzinfo=UTC)
KINDS = (StageKind.WAIT, StageKind.WORK, StageKind.APPROVAL, StageKind.WORK, StageKind.DONE)
STREAM = Stream(
    name="bench",
    sources=("jira.bench/B",),
    end="Done",
    stages=tuple(Stage(name=s, kind=k, states=(f"jira:{s}",)) for s, k in zip(STATES, KINDS, strict=True)),
)
WINDOW = Window(start=START, end=START + timedelta(days=400))


def story(number: int, random: Random) -> list[Record]:
    """An item of about twelve events, a third of its reviews going back."""
    key, at = str(number), START + timedelta(days=random.uniform(0, 300))
    found: list[Record] = [Item("jira.bench", "B", key, "issue", f"B-{number}", "Title", "", at)]
    state = 0
    while True:
        found.append(_event(key, len(found), at, EventKind.STATE, STATES[state]))
        if state == len(STATES) - 1:
            return found
        for _ in range(random.randint(0, 2)):
            at += timedelta(hours=random.expovariate(1 / 9))
            found.append(_event(key, len(found), at, EventKind.EDITED, None))
        at += timedelta(hours=random.expovariate(1 / 30))
        state += -1 if state == 2 and random.random() < 0.33 else 1


def _event(key: str, number: int, at: datetime, kind: EventKind, state: str | None) -> Event:
    actor = f"u{number % 7}"
    return Event("jira.bench", f"{key}:{number}", key, at, kind, state, state, actor, ActorKind.HUMAN, None, number)


def seconds(work: Callable[[], object]) -> float:
    """The best of a few rounds, in processor time of this process."""
    best = float("inf")
    for _ in range(ROUNDS):
        begun = time.process_time()
        work()
        best = min(best, time.process_time() - begun)
    return best


def dwell(events: list[Event]) -> dict[str | None, float]:
    """The least: one pass in plain Python that sums the time in each state."""
    sums: dict[str | None, float] = defaultdict(float)
    last: Event | None = None
    for event in events:
        if event.kind is EventKind.STATE:
            if last and last.item == event.item:
                sums[last.state] += (event.at - last.at).total_seconds()
            last = event
    return sums


def raw_insert(path: Path, rows: list[tuple[Any, ...]]) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TABLE IF EXISTS event")
        connection.execute("CREATE TABLE event (source, id, item, at, kind, state, PRIMARY KEY (source, id))")
        connection.executemany("INSERT INTO event VALUES (?, ?, ?, ?, ?, ?)", rows)


def main() -> None:
    random = Random(1)
    stories = [story(number, random) for number in range(ITEMS)]
    items = [r for s in stories for r in s if isinstance(r, Item)]
    events = [r for s in stories for r in s if isinstance(r, Event)]
    records = Records(items, events, [], [])
    payloads = [Payload("jira.bench", "B", "issue", i.key, i.created_at, {"key": i.key}) for i in items]

    def translate(payload: Payload) -> Iterator[Record]:
        return iter(stories[int(payload.key)])

    with TemporaryDirectory() as folder:
        rows = [(e.source, e.id, e.item, e.at.isoformat(), str(e.kind), e.state) for e in events]
        raw = seconds(lambda: raw_insert(Path(folder) / "raw.db", rows))
        fresh = iter(range(ROUNDS))

        def save() -> None:
            store = Store.open(f"sqlite:///{folder}/{next(fresh)}.db")
            for start in range(0, ITEMS, 1000):
                store.save(("jira.bench", "B"), Page(tuple(payloads[start : start + 1000])), translate)
            store.close()

        saving = seconds(save)
        store = Store.open(f"sqlite:///{folder}/0.db")
        loading = seconds(lambda: store.events([("jira.bench", "B")]))
        store.close()
    least = seconds(lambda: dwell(events))
    rebuilding = seconds(lambda: reconstruct(STREAM, records, WINDOW))
    done = reconstruct(STREAM, records, WINDOW)
    reading = seconds(lambda: read(done))

    table = Table(
        "what", "seconds", "events a second", "times the least", title=f"{ITEMS:,} items, {len(events):,} events"
    )
    for what, spent, floor in (
        ("one pass in plain Python", least, least),
        ("reconstruct: log, cases, timeline, returns", rebuilding, least),
        ("read: all lenses", reading, least),
        ("sqlite3 executemany, events only", raw, raw),
        ("store.save: payloads, items, events, upserts", saving, raw),
        ("store.events: rows to records", loading, raw),
    ):
        table.add_row(what, f"{spent:.2f}", f"{len(events) / spent:,.0f}", f"{spent / floor:.1f}")
    Console().print(table)


if __name__ == "__main__":
    main()
