"""Where key results stand.

A figure of the analysis is read anew for each week of the quarter, as it was known at the end of that week, and kept:
an analysis takes seconds, so only weeks are computed that nobody has looked at yet, and the newest comes with the
digest. What is kept stays what was told, also when the past is corrected later; it is measured anew where the stream is
configured otherwise. A week is kept once everything up to its end was read.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.config import Config, ConfiguredStream, scopes_of
from bot.flow.analyse import analyse
from bot.flow.findings.analysis import Analysis
from bot.flow.findings.future import Moved
from bot.flow.history.log import Records
from bot.flow.model import Window
from bot.goal_store import Noted
from bot.goals import goals_of, measure_of, too_late
from bot.govern.key_results import LOOKS_BACK, KeyResult, KeyResultPart, Reading, key_results, week_ends
from bot.govern.metrics import metric
from bot.govern.plan import Course
from bot.govern.verdicts import CHANGE_BELOW, STOP_FROM
from bot.plan_results import best_changes
from bot.plans import courses_of
from bot.store import Store


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
        store.goals.define(stream.name, goals_of(stream), asked.clock)
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
    told = replace(known, readings=kept, late=too_late(store, stream, asked.now))
    if any(_may_stop(part) for part in told.parts()):
        return replace(told, helps=best_changes(stream, asked.records, plan, asked.now))
    return told


def _may_stop(part: KeyResultPart) -> bool:
    """Its odds are so poor, so late, that it matters whether a change could still help: that takes a while to tell."""
    return part.elapsed >= STOP_FROM and part.probability is not None and part.probability < CHANGE_BELOW


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
