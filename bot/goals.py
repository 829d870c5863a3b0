"""Key results and gates between the store and the pure rules: what is counted, entered, written down and recorded."""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from math import isfinite

from bot.collect import Collected
from bot.config import Config, ConfiguredStream
from bot.errors import UsageError
from bot.goal_store import Noted
from bot.govern.chain import BEGINNING, GateRecord, faults, seal
from bot.govern.gates import GateContext, Recorded
from bot.govern.key_results import KeyResult, Reading
from bot.plans import EARLY
from bot.store import Saved, Store
from bot.words import did_you_mean
from connectors.errors import AccessDenied, SourceError
from connectors.protocol import Connector, Counting

COUNT_EVERY = timedelta(hours=20)
"""Once a day, with room for a late start."""

Goal = tuple[str, str, str]
"""(kind, name, definition)"""


def gate_context(store: Store, stream: ConfiguredStream) -> GateContext:
    """Since when the gates are written down as they are, and what was recorded."""
    since = store.goals.definitions(stream.name)
    recorded: dict[tuple[str, str], tuple[Recorded, ...]] = {}
    records = gate_records(store, stream.name)
    wrong = faults(records)
    for one in records:
        broken = any(number <= one.number for number in wrong)
        place = one.gate, one.day
        recorded[place] = (*recorded.get(place, ()), _told(one, intact=not broken))
    return GateContext(
        since={g.name: since[goal] for g in stream.gates if (goal := _goal("gate", g.name, g)) in since},
        recorded=recorded,
    )


def count_all(
    config: Config, connectors: Sequence[Connector], store: Store, clock: Callable[[], datetime]
) -> Iterator[Collected]:
    """Count what the JQL of each key result finds, once a day while its quarter runs; one that fails is told.

    Those that other sources count are left to them.
    """
    counting = {connector.name: connector for connector in connectors if isinstance(connector, Counting)}
    for stream in config.streams:
        for result in stream.key_results:
            start, end = result.span(stream.calendar.zone)
            if result.jql is not None and start <= clock() < end:
                source = config.counter(stream, result)
                if source in counting:
                    yield from _counted(counting[source], source, stream, result, store, clock())


def enter(store: Store, config: Config, stream: ConfiguredStream, name: str, entry: Reading, clock: datetime) -> str:
    """Keep a value that a person entered; in words. Raises UsageError."""
    result = _by_hand(stream, name)
    start, end = result.span(stream.calendar.zone)
    if entry.value is None or not isfinite(entry.value):
        raise UsageError(f"{entry.value} is no value of a key result; write a number")
    if entry.at > clock + EARLY:
        raise UsageError(f"{entry.at:%Y-%m-%d %H:%M} has not come yet; enter what was seen, with --at when")
    if not start < entry.at <= end:
        raise UsageError(
            f'{entry.at:%Y-%m-%d} is not in {result.quarter}, the quarter of "{result.name}"; say when with --at'
        )
    store.goals.define(stream.name, goals_of(stream), clock)
    measure = measure_of(config, stream, result)
    store.goals.note([Noted(stream.name, result.name, measure, entry.at, entry.value, clock)])
    return f"{result.name}: {entry.value:g} on {entry.at.astimezone(stream.calendar.zone):%Y-%m-%d}"


def gate_records(store: Store, stream: str) -> list[GateRecord]:
    """All that was recorded for a stream, in order."""
    return [GateRecord(**row) for row in store.goals.gate_records(stream)]


def record(store: Store, new: GateRecord) -> GateRecord:
    """Add a record to those of its stream, sealed with them. Raises UsageError where their chain is broken."""

    def sealed(rows: list[dict[str, object]]) -> dict[str, object]:
        before = [GateRecord(**row) for row in rows]  # type: ignore[arg-type]
        if wrong := faults(before):
            number, fault = next(iter(wrong.items()))
            raise UsageError(f"record {number} is not as it was: {fault}; look at `gemba gate history` first")
        last = before[-1] if before else None
        linked = {
            **asdict(new),
            "number": last.number + 1 if last else 1,
            "previous": last.hash if last else BEGINNING,
        }
        return {**linked, "hash": seal(GateRecord(**linked))}

    return GateRecord(**store.goals.record_gate(new.stream, sealed))


def measure_of(config: Config, stream: ConfiguredStream, result: KeyResult) -> str:
    """How a key result is measured, in a word that changes where that does."""
    if result.jql is not None:
        return _digest("count", config.counter(stream, result), result.jql)
    if result.metric is None:
        return "hand"
    configured = stream.model_dump_json(exclude={"key_results", "plan", "gates"})
    return _digest("analysis", result.metric, configured)


def overdue(store: Store, config: Config, now: datetime) -> Iterator[tuple[str, KeyResult]]:
    """(stream, key result) of those whose quarter was over before they were written down."""
    for stream in config.streams:
        store.goals.define(stream.name, goals_of(stream), now)
        late = too_late(store, stream, now)
        yield from ((stream.name, result) for result in stream.key_results if result.name in late)


def goals_of(stream: ConfiguredStream) -> list[Goal]:
    """As they are written down now."""
    results = [_goal("key result", result.name, result) for result in stream.key_results]
    return [*results, *(_goal("gate", gate.name, gate) for gate in stream.gates)]


def _goal(kind: str, name: str, goal: object) -> Goal:
    return kind, name, json.dumps(json.loads(goal.model_dump_json()), sort_keys=True)  # type: ignore[attr-defined]


def too_late(store: Store, stream: ConfiguredStream, now: datetime) -> set[str]:
    """The key results whose quarter was over before they were written down."""
    since: dict[str, datetime] = {}
    for (kind, name, text), at in store.goals.definitions(stream.name).items():
        if kind == "key result":
            quarter = f"{name}\n{json.loads(text)['quarter']}"
            since[quarter] = min(at, since.get(quarter, at))
    late = set()
    for result in stream.key_results:
        end = result.span(stream.calendar.zone)[1]
        if end <= now and since.get(f"{result.name}\n{result.quarter}", now) >= end:
            late.add(result.name)
    return late


def _counted(
    connector: Counting, source: str, stream: ConfiguredStream, result: KeyResult, store: Store, now: datetime
) -> Iterator[Collected]:
    measure = _digest("count", source, str(result.jql))
    mine = [n for n in store.goals.readings(stream.name) if (n.name, n.measure) == (result.name, measure)]
    if mine and now - mine[-1].at < COUNT_EVERY:
        return
    scope = f'count for "{result.name}"'
    try:
        number = connector.count(str(result.jql))
    except SourceError as problem:
        yield Collected(source, scope, Saved(), error=str(problem), denied=isinstance(problem, AccessDenied))
        return
    store.goals.define(stream.name, goals_of(stream), now)
    store.goals.note([Noted(stream.name, result.name, measure, now, float(number), now)])
    yield Collected(source, scope, Saved(1, 1))


def _by_hand(stream: ConfiguredStream, name: str) -> KeyResult:
    known = {result.name.casefold(): result for result in stream.key_results}
    result = known.get(name.casefold())
    if result is None:
        near = did_you_mean(name, [r.name for r in stream.key_results])
        listed = ", ".join(f'"{r.name}"' for r in stream.key_results) or "none"
        raise UsageError(f'there is no key result "{name}"{near or f"; there are {listed}"}')
    if not result.by_hand:
        how = f"the metric {result.metric}" if result.metric else f"the JQL {result.jql}"
        raise UsageError(f'"{result.name}" is measured by {how}; enter only one that has by_hand = true')
    return result


def _told(found: GateRecord, *, intact: bool) -> Recorded:
    kept = {name: getattr(found, name) for name in Recorded.model_fields if name != "intact"}
    return Recorded(**kept, intact=intact)


def _digest(*parts: str) -> str:
    return f"{parts[0]} {hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]}"
