"""Key results and gates between the store and the pure rules: what is measured, kept, judged and recorded.

A figure of the analysis is read anew for each week of the quarter, as it was known at the end of that week, and kept:
an analysis takes seconds, so only weeks are computed that nobody has looked at yet, and the newest comes with the
digest. What is kept stays what was told, also when the past is corrected later; it is measured anew where the stream is
configured otherwise. A week is kept once everything up to its end was read.
"""

import hashlib
import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from math import isfinite
from zoneinfo import ZoneInfo

from bot.collect import Collected
from bot.config import Config, ConfiguredStream, scopes_of
from bot.errors import UsageError
from bot.flow.analyse import analyse
from bot.flow.findings.analysis import Analysis
from bot.flow.findings.future import Moved
from bot.flow.history.log import Records
from bot.flow.model import Window
from bot.goal_store import Noted
from bot.govern.chain import BEGINNING, GateRecord, faults, seal
from bot.govern.gates import GateContext, Recorded
from bot.govern.key_results import LOOKS_BACK, KeyResult, KeyResultPart, Reading, key_results, week_ends
from bot.govern.metrics import metric
from bot.govern.plan import Course
from bot.govern.verdicts import CHANGE_BELOW, STOP_FROM
from bot.plans import EARLY, best_changes, courses_of
from bot.store import Saved, Store
from bot.words import did_you_mean
from connectors.errors import AccessDenied, SourceError
from connectors.protocol import Connector, Counting

COUNT_EVERY = timedelta(hours=20)
"""Once a day, with room for a late start."""

Goal = tuple[str, str, str]
"""(kind, name, definition)"""


@dataclass(frozen=True)
class Asked:
    """A stream with all its records, as of an instant.

    `clock`: what time it really is; `seen`: an analysis that was made already, as the digest's is of the newest week.
    `memory`: keeps what is found where the store is there to be read only.
    """

    config: Config
    stream: ConfiguredStream
    records: Records
    now: datetime
    clock: datetime
    seen: Analysis | None = None
    memory: list[Noted] | None = None


@dataclass(frozen=True)
class Standing:
    """What is known of the key results of a stream, by their names, and what bears on them."""

    configured: Sequence[KeyResult]
    readings: Mapping[str, Sequence[Reading]]
    now: datetime
    zone: ZoneInfo
    late: Collection[str]
    plan: Sequence[Course]
    helps: Mapping[str, Moved]

    def parts(self) -> tuple[KeyResultPart, ...]:
        return key_results(self.configured, self.readings, self.now, self.zone, self.late, self.plan, self.helps)


def follow(store: Store, asked: Asked) -> tuple[KeyResultPart, ...]:
    """Where the key results of the stream stand; weeks that were not looked at yet are."""
    return standing(store, asked).parts()


def standing(store: Store, asked: Asked) -> Standing:
    """What that rests on."""
    stream = asked.stream
    plan = courses_of(store, stream, asked.now)
    known = Standing(stream.key_results, {}, asked.now, stream.calendar.zone, (), plan, {})
    if not stream.key_results:
        return known
    if asked.memory is None:
        store.goals.define(stream.name, _goals(stream), asked.clock)
    kept = _kept(store, asked.config, stream, asked.memory or ())
    fresh = list(_fresh(asked, kept))
    whole = _known_until(store, stream)
    lasting = [noted for noted in fresh if whole is not None and noted.at <= whole]
    if asked.memory is None:
        store.goals.note(lasting)
    else:
        asked.memory.extend(lasting)
    for noted in fresh:
        kept.setdefault(noted.name, []).append(Reading(at=noted.at, value=noted.value))
    told = replace(known, readings=kept, late=_late(store, stream, asked.now))
    if any(_may_stop(part) for part in told.parts()):
        return replace(told, helps=best_changes(stream, asked.records, plan, asked.now))
    return told


def _may_stop(part: KeyResultPart) -> bool:
    """Its odds are so poor, so late, that it matters whether a change could still help: that takes a while to tell."""
    return part.elapsed >= STOP_FROM and part.probability is not None and part.probability < CHANGE_BELOW


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
    store.goals.define(stream.name, _goals(stream), clock)
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
        store.goals.define(stream.name, _goals(stream), now)
        late = _late(store, stream, now)
        yield from ((stream.name, result) for result in stream.key_results if result.name in late)


def _goals(stream: ConfiguredStream) -> list[Goal]:
    results = [_goal("key result", result.name, result) for result in stream.key_results]
    return [*results, *(_goal("gate", gate.name, gate) for gate in stream.gates)]


def _goal(kind: str, name: str, goal: object) -> Goal:
    return kind, name, json.dumps(json.loads(goal.model_dump_json()), sort_keys=True)  # type: ignore[attr-defined]


def _late(store: Store, stream: ConfiguredStream, now: datetime) -> set[str]:
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


def _kept(store: Store, config: Config, stream: ConfiguredStream, memory: Sequence[Noted]) -> dict[str, list[Reading]]:
    """By name, in the order of their time; of one time what was noted last."""
    measures = {(result.name, measure_of(config, stream, result)) for result in stream.key_results}
    found: dict[str, dict[datetime, Reading]] = {}
    remembered = [noted for noted in memory if noted.stream == stream.name]
    for noted in [*remembered, *store.goals.readings(stream.name)]:
        if (noted.name, noted.measure) in measures:
            found.setdefault(noted.name, {})[noted.at] = Reading(at=noted.at, value=noted.value)
    return {name: [by_time[at] for at in sorted(by_time)] for name, by_time in found.items()}


def _fresh(asked: Asked, kept: Mapping[str, Sequence[Reading]]) -> Iterator[Noted]:
    """The weekly figures that nobody has looked at yet: one analysis for each such week."""
    stream = asked.stream
    missing: dict[datetime, list[KeyResult]] = {}
    for result in stream.key_results:
        if result.metric is not None:
            known = {reading.at for reading in kept.get(result.name, ())}
            for at in week_ends(result, asked.now, stream.calendar.zone):
                if at not in known:
                    missing.setdefault(at, []).append(result)
    for at, results in sorted(missing.items()):
        window = _weeks_before(at, stream)
        seen = asked.seen if asked.seen and asked.seen.window == window else analyse(stream, asked.records, window)
        document = seen.model_dump(mode="json", by_alias=True)
        for result in results:
            measure = measure_of(asked.config, stream, result)
            yield Noted(stream.name, result.name, measure, at, metric(document, str(result.metric)), asked.clock)


def _weeks_before(at: datetime, stream: ConfiguredStream) -> Window:
    """The window of a figure: whole days of the stream's time zone, as the digest has it."""
    start = at.astimezone(stream.calendar.zone) - timedelta(weeks=LOOKS_BACK)
    return Window(start=start.astimezone(UTC), end=at, timezone=stream.calendar.timezone)


def _known_until(store: Store, stream: ConfiguredStream) -> datetime | None:
    """Up to when everything of the stream was read."""
    reached = [store.complete_at(scope) for scope in scopes_of(stream)]
    return min((at for at in reached if at is not None), default=None) if None not in reached else None


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
    store.goals.define(stream.name, _goals(stream), now)
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
