"""The only wiring: configuration -> store, connectors, engine, notifier.

One function a command; only here the clock is read.
"""

import signal
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from threading import Event
from typing import Any

from bot.check import check_states
from bot.collect import Collected, Outcomes, Progress, Ways, collect
from bot.config import Config, ConfiguredStream, DigestConfig, load_config, scopes_of
from bot.digest.blocks import blocks
from bot.digest.compose import Digest, compose
from bot.errors import NothingYet, UsageError
from bot.flow.analyse import read
from bot.flow.explain.loop import explain_loop
from bot.flow.explain.names import listing
from bot.flow.explain.queue import explain_queue
from bot.flow.explain.timelines import explain
from bot.flow.explain.waste import explain_waste
from bot.flow.findings.analysis import Analysis
from bot.flow.findings.explained import Explained, Numbered
from bot.flow.findings.explanation import Explanation
from bot.flow.findings.future import FutureState
from bot.flow.future.changes import Planned, read_change
from bot.flow.future.foresee import foresee
from bot.flow.history.log import Records
from bot.flow.model import Window
from bot.flow.reconstruct import Reconstruction, reconstruct
from bot.goals import Asked, count_all, follow, gate_context, overdue
from bot.govern.document import Document
from bot.govern.gates import GateContext, gates, largest_removable
from bot.govern.key_results import KeyResult, KeyResultPart
from bot.govern.plan import plan
from bot.notify import Message, post
from bot.privacy import pseudonymous
from bot.report.canvas import DARK, LIGHT, png
from bot.report.map_svg import draw_map
from bot.schedule import Job, every, run, weekly
from bot.store import Saved, Store
from bot.words import duration
from connectors.protocol import Connector
from connectors.records import Check
from connectors.registry import CONNECTORS
from connectors.slack import Slack

DEFAULT_WEEKS, DIGEST_WEEKS = 13, 4
DIGEST_GRACE, DIGEST_PATIENCE = timedelta(days=2), timedelta(days=1)
"""A missed digest is posted up to two days late; in the first of them it waits for data that is not here yet."""

EXAMPLE_CHANGE = """write for example --change 'cap = "Review", at = "24h", waste = "waiting"'"""


@dataclass(frozen=True)
class Wanted:
    """What a person asked to see: a stream, a window, and from when it is seen."""

    stream: str | None = None
    start: datetime | date | None = None
    end: datetime | date | None = None
    now: datetime | date | None = None


def clock() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - the one place where the clock is read


@contextmanager
def opened(config: Config) -> Iterator[Store]:
    store = Store.open(config.store.url)
    try:
        yield store
    finally:
        store.close()


def collect_all(
    config: Config, progress: Progress, *, thorough: bool = False, stopped: Event | None = None
) -> list[Collected]:
    """Read every scope of every source; `thorough`: look for what changed silently, too. Ends when it is `stopped`."""
    if not config.connectors:
        kinds = " or ".join(f"[connectors.{kind}.<name>]" for kind in CONNECTORS)
        raise UsageError(f"no source is configured; add {kinds}")
    called = pseudonymous if config.privacy.pseudonyms else None
    connectors = _connectors(config)
    with opened(config) as store:
        found = collect(connectors, store, clock, Ways(progress, thorough, called, stopped or Event()))
        return [*found, *count_all(config, connectors, store, clock)]


def check_all(config: Config, *, local: bool) -> list[Check]:
    """Ask the database, and unless `local` every source and Slack, whether they work."""
    with opened(config) as store:
        found = [Check("database", ok=True, detail=f"open at revision {store.revision()[0]}")]
        seen = {s.name: store.states(scopes_of(s)) for s in config.streams}
        found += [_late_check(stream, result) for stream, result in overdue(store, config, clock())]
    if local:
        return found
    connectors = _connectors(config)
    asked = {connector.name: _asked(connector) for connector in connectors}
    found += [check for checks in asked.values() for check in checks]
    working = [connector for connector in connectors if all(check.ok for check in asked[connector.name])]
    found += check_states(config.streams, working, seen)
    return found + (Slack(config.slack).check([d.channel for d in config.digests]) if config.slack else [])


def _late_check(stream: str, result: KeyResult) -> Check:
    wrong = f"{result.quarter} was over before it was written down; give it a quarter to come"
    return Check(f'key result "{result.name}" of "{stream}"', ok=False, detail=wrong)


def _asked(connector: Connector) -> list[Check]:
    try:
        return list(connector.check())
    except Exception as problem:  # noqa: BLE001 - whatever is wrong with one source, the others are asked
        fault = f"{type(problem).__name__}: {problem}; this is a fault of gemba"
        return [Check(connector.name, ok=False, detail=fault)]


def replay_all(config: Config) -> dict[str, Saved]:
    """Read all kept payloads anew; what was read, by source."""
    with opened(config) as store:
        return {c.name: store.replay(c.name, c.translate) for c in _connectors(config)}


def analyse_stream(config: Config, wanted: Wanted) -> Document:
    stream = _stream(config, wanted.stream)
    window = _window(stream, wanted)
    with opened(config) as store:
        records = _some_records(config, store, stream)
        found = reconstruct(stream, records, window)
        analysis = read(found)
        results = follow(store, Asked(config, stream, records, window.end, clock(), analysis))
        context = gate_context(store, stream)
    return document(stream, analysis, foresee(found, analysis, stream.planned), results, context)


def key_results_of(config: Config, wanted: Wanted) -> tuple[KeyResultPart, ...]:
    """Where the key results of a stream stand."""
    stream, now = asked_stream(config, wanted)
    with opened(config) as store:
        return follow(store, Asked(config, stream, _some_records(config, store, stream), now, clock()))


def asked_stream(config: Config, wanted: Wanted) -> tuple[ConfiguredStream, datetime]:
    """The stream that is asked for, and as of when."""
    stream = _stream(config, wanted.stream)
    return stream, _now(stream, wanted)


def explain_item(config: Config, wanted: Wanted, name: str) -> Explanation:
    """From the named stream, or from the first that knows the item."""
    streams = [wanted.stream] if wanted.stream or not config.streams else [s.name for s in config.streams]
    unknown: list[str] = []
    for stream in streams:
        try:
            return explain(_reconstruct(config, replace(wanted, stream=stream)), name)
        except (KeyError, NothingYet) as problem:
            unknown.append(str(problem.args[0]))
    raise UsageError("\n".join(dict.fromkeys(unknown)))


def explain_number(config: Config, wanted: Wanted, of: Numbered, name: str | None) -> Explained:
    """The items behind a queue, a loop or a waste; without a name what there is."""
    found = _reconstruct(config, wanted)
    analysis = read(found)
    try:
        match of:
            case _ if name is None:
                return listing(analysis, of)
            case Numbered.QUEUE:
                return explain_queue(found, analysis, name)
            case Numbered.LOOP:
                return explain_loop(found, analysis, name)
            case Numbered.WASTE:
                return explain_waste(found, analysis, name)
    except KeyError as problem:
        raise UsageError(str(problem.args[0])) from problem


def future_of(config: Config, wanted: Wanted, changes: Sequence[str], *, suggest: bool) -> FutureState:
    """What changes would do: those that are given, or else those of the plan."""
    stream = _stream(config, wanted.stream)
    given = [_planned(stream, text) for text in changes]
    found = _reconstruct(config, wanted)
    return foresee(found, read(found), given or stream.planned, suggest=suggest)


def _planned(stream: ConfiguredStream, text: str) -> Planned:
    """A change as a configuration says it, with the waste that it reduces and perhaps a name."""
    try:
        written = tomllib.loads(f"change = {{ {text.strip().removeprefix('{').removesuffix('}')} }}")["change"]
    except tomllib.TOMLDecodeError as problem:
        raise UsageError(f"--change {text}: {problem}; {EXAMPLE_CHANGE}") from problem
    name, waste = written.pop("name", None), written.pop("waste", None)
    try:
        change = read_change(written, waste, stream)
    except ValueError as problem:
        raise UsageError(f"--change {text}: {problem}") from problem
    return Planned(str(name or change.words), change)


def map_picture(config: Config, found: Document, *, dark: bool = False) -> str:
    """The map as SVG."""
    return draw_map(found, config.stream(found.stream.name).stages, DARK if dark else LIGHT)


def digest_of(config: Config, wanted: Wanted) -> tuple[Document, Digest]:
    """The digest of the last closed weeks before `now`."""
    stream = _stream(config, wanted.stream)
    found = analyse_stream(config, Wanted(stream.name, *_digest_window(stream, wanted), wanted.now))
    return found, compose(found)


def digest_blocks(digest: Digest, picture: str | None) -> list[dict[str, Any]]:
    return blocks(digest, picture, _alt(digest))


def post_digest(config: Config, wanted: Wanted) -> str:
    """Post the digest of a stream to its channel, once for its week; what became of it, in words."""
    stream = _stream(config, wanted.stream)
    configured = next((d for d in config.digests if d.stream == stream.name), None)
    if configured is None:
        raise UsageError(f'no channel is configured for "{stream.name}"; add a [[digests]] table, or use --dry-run')
    return _post(config, configured, wanted)


def plan_of_run(config: Config) -> Iterator[str]:
    """What `run` will do, in sentences."""
    now = clock()
    yield f"collecting every {duration(config.schedule.collect_every / timedelta(days=1))}; stop with Ctrl-C"
    for configured in config.digests:
        zone = config.stream(configured.stream).calendar.zone
        due = (weekly(configured.day, configured.at, str(zone))(now) + timedelta(weeks=1)).astimezone(zone)
        yield f"next digest of {configured.stream} to {configured.channel}: {due:%a %d %b %H:%M} {zone}"


def run_forever(config: Config, stop: Event | None = None) -> None:
    """Collect and post on schedule until SIGTERM or SIGINT."""
    stopped = stop or Event()
    if stop is None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopped.set())
    with opened(config) as store:
        run(_jobs(config, stopped), store, clock, stopped)


@contextmanager
def demo(folder: Path) -> Iterator[Config]:
    """The configuration of the simulated company, whose stand-ins run while the block does."""
    from bot.demo.folder import furnished

    with furnished(folder, clock()) as path:
        yield load_config(path)


def upgrade(config: Config) -> tuple[str | None, str]:
    """Bring the database to the newest revision; from where to where."""
    with closing(Store(config.store.url)) as store:
        before = store.revision()
        store.upgrade()
    return before


def backup(config: Config, target: Path) -> None:
    with opened(config) as store:
        store.backup(target)


def document(
    stream: ConfiguredStream,
    analysis: Analysis,
    future: FutureState,
    results: Sequence[KeyResultPart],
    context: GateContext,
) -> Document:
    """The engine's analysis with goals and plan."""
    end, zone = analysis.window.end, stream.calendar.zone
    removable = largest_removable(analysis, [stage.name for stage in stream.stages if stage.necessary])
    return Document(
        **analysis.model_dump(by_alias=True),
        future=future.changes,
        future_together=future.together,
        back_test=future.back_test,
        key_results=tuple(results),
        plan=plan(stream.plan, end),
        gates=gates(stream.gates, stream.key_results, results, removable, end, zone, context),
    )


def _connectors(config: Config) -> list[Connector]:
    return [
        CONNECTORS[kind].connector(f"{kind}.{name}", settings, clock)
        for kind, named in config.connectors.items()
        for name, settings in named.items()
    ]


def _reconstruct(config: Config, wanted: Wanted) -> Reconstruction:
    stream = _stream(config, wanted.stream)
    window = _window(stream, wanted)
    with opened(config) as store:
        records = _some_records(config, store, stream)
    return reconstruct(stream, records, window)


def _some_records(config: Config, store: Store, stream: ConfiguredStream) -> Records:
    """Raises NothingYet where there are none."""
    records = _records(config, store, stream)
    if not records.items:
        raise NothingYet(f'nothing was collected yet for "{stream.name}"; run `gemba collect`')
    return records


def _records(config: Config, store: Store, stream: ConfiguredStream) -> Records:
    scopes = scopes_of(stream)
    people = store.people({source for source, _ in scopes})
    return Records(
        store.items(scopes),
        store.events(scopes),
        store.links(scopes),
        [config.judged(person) for person in people],
        {f"{source}/{scope}": store.complete_at((source, scope)) for source, scope in scopes},
    )


def _stream(config: Config, name: str | None) -> ConfiguredStream:
    try:
        return config.stream(name)
    except ValueError as problem:
        raise UsageError(str(problem)) from problem


def _window(stream: ConfiguredStream, wanted: Wanted) -> Window:
    """A quarter up to now, unless said otherwise; never beyond now."""
    now = _now(stream, wanted)
    end = min(_midnight(wanted.end, stream), now) if wanted.end else now
    start = _midnight(wanted.start, stream) if wanted.start else end - timedelta(weeks=DEFAULT_WEEKS)
    if start >= end:
        raise UsageError(
            f"the window is empty: it starts at {start.date()} and ends at {end.date()}; "
            "choose --from before --to, and both before now"
        )
    return Window(start=start.astimezone(UTC), end=end.astimezone(UTC), timezone=stream.calendar.timezone)


def _digest_window(stream: ConfiguredStream, wanted: Wanted) -> tuple[datetime, datetime]:
    """The last closed weeks before now, unless said otherwise."""
    end = _midnight(wanted.end or _last_monday(_now(stream, wanted), stream), stream)
    return (_midnight(wanted.start, stream) if wanted.start else end - timedelta(weeks=DIGEST_WEEKS)), end


def _now(stream: ConfiguredStream, wanted: Wanted) -> datetime:
    return _midnight(wanted.now, stream) if wanted.now else clock()


def _midnight(day: datetime | date, stream: ConfiguredStream) -> datetime:
    """A date begins at midnight; what names no offset is meant in the stream's time zone."""
    found = day if isinstance(day, datetime) else datetime.combine(day, time(0))
    return found if found.tzinfo else found.replace(tzinfo=stream.calendar.zone)


def _last_monday(now: datetime, stream: ConfiguredStream) -> date:
    today = now.astimezone(stream.calendar.zone).date()
    return today - timedelta(days=today.weekday())


def _alt(digest: Digest) -> str:
    return f"Value stream map. {digest.headline}"[:1000]


def _post(config: Config, configured: DigestConfig, wanted: Wanted, patient_until: datetime | None = None) -> str:
    """Raises NothingYet while data is missing; with `patient_until` only up to then."""
    if config.slack is None:
        raise UsageError("[slack] is missing; it needs token_env or token_file")
    stream = config.stream(configured.stream)
    first, end = (at.astimezone(stream.calendar.zone) for at in _digest_window(stream, wanted))
    with opened(config) as store:
        behind = [f"{s}/{scope}" for s, scope in scopes_of(stream) if not _reaches(store.complete_at((s, scope)), end)]
        if behind and (patient_until is None or clock() < patient_until):
            missing = f"{', '.join(behind)} was not read until {end:%Y-%m-%d %H:%M}"
            raise NothingYet(f"{missing}; run `gemba collect`, after a new export if it is a file")
        found, digest = digest_of(config, wanted)
        picture = png(map_picture(config, found))
        message = Message(lambda file_id: digest_blocks(digest, file_id), digest.text, picture, _alt(digest))
        key = f"{stream.name} {first:%Y-%m-%d} {end:%Y-%m-%d}"
        return post(store, Slack(config.slack), configured.channel, key, message, clock())


def _reaches(complete: datetime | None, end: datetime) -> bool:
    return complete is not None and complete >= end


def _jobs(config: Config, stopped: Event) -> list[Job]:
    interval, outcomes = config.schedule.collect_every, Outcomes()

    def collecting_action(_: datetime) -> str:
        return outcomes.told(collect_all(config, lambda *_: None, stopped=stopped))

    collecting = Job("collect", every(interval), interval, collecting_action)
    return [collecting, *(_digest_job(config, d) for d in config.digests)]


def _digest_job(config: Config, configured: DigestConfig) -> Job:
    def action(due: datetime) -> str:
        wanted = Wanted(stream=configured.stream, now=due)
        return _post(config, configured, wanted, due + DIGEST_PATIENCE)

    zone = config.stream(configured.stream).calendar.timezone
    return Job(
        f"digest {configured.stream} {configured.channel}",
        weekly(configured.day, configured.at, zone),
        DIGEST_GRACE,
        action,
    )
