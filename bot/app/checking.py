"""What `gemba check` asks, in one place: what is configured, kept and reachable."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot.app.clock import clock
from bot.app.recorded import records_of
from bot.app.ways import channels_of, check_ways
from bot.app.wiring import connectors_of, opened
from bot.check.calendars import check_anchor, check_calendar
from bot.check.mapping import check_links, check_mapping
from bot.check.schedule import check_outbox, check_reading, check_troubles
from bot.check.secrets import check_secrets
from bot.check.states import check_states
from bot.check.versions import age, changed_at, check_versions
from bot.config import Config, ConfiguredStream, scopes_of
from bot.errors import NothingYet, StoreError, UsageError
from bot.flow.coverage import cover
from bot.goals import overdue
from bot.govern.key_results import KeyResult
from bot.redaction import redacted
from bot.store import Store
from bot.words import count
from connectors.errors import SourceError
from connectors.protocol import Connector
from connectors.records import Check
from connectors.slack_check import MEMBER_ID


@dataclass(frozen=True)
class Questions:
    """What is asked: `local`, nobody else; `path`, where the configuration lies; `member`, whom Slack shows a test."""

    local: bool = False
    path: Path | None = None
    member: str | None = None

    @property
    def changed(self) -> datetime | None:
        """When the configuration was."""
        return None if self.path is None else changed_at(self.path)


def check_all(config: Config, asked: Questions) -> list[Check]:
    """Ask the store, and unless `local` every source and every way out, whether they work.

    Raises UsageError where a test message has no way to go.
    """
    _check_member(config, asked)
    found = [_configured(config, asked), *check_secrets(config), *check_versions()]
    seen = {stream.name: set[str]() for stream in config.streams}
    try:
        with opened(config) as store:
            found += _kept(config, store, seen, asked)
    except (StoreError, SourceError) as problem:
        found.append(Check("database", ok=False, detail=str(problem), section="database"))
    found += [check_calendar(stream, clock().date()) for stream in config.streams]
    return found if asked.local else [*found, *_elsewhere(config, seen, asked.member)]


def _check_member(config: Config, asked: Questions) -> None:
    if asked.member is None:
        return
    if not MEMBER_ID.fullmatch(asked.member):
        raise UsageError(f'"{asked.member}" is no id of a member; copy it from the profile in Slack, as U0123ABCD')
    if asked.local or config.slack is None or not channels_of(config):
        raise UsageError(
            "--test-message goes to the channels of Slack; configure [slack] and one, and leave out --local"
        )


def _configured(config: Config, asked: Questions) -> Check:
    parts = (("stream", config.streams), ("source", config.sources), ("digest", config.digests))
    told = ", ".join(count(len(found), name) for name, found in parts)
    since = f", {age(asked.changed, clock())}" if asked.changed else ""
    name = asked.path.name if asked.path else "configuration"
    return Check(name, ok=True, detail=f"loads: {told}{since}", section="configuration")


def _kept(config: Config, store: Store, seen: dict[str, set[str]], asked: Questions) -> Iterator[Check]:
    """What the store knows; `seen` gets the states that items of each stream were in."""
    whole = _whole_check(store)
    yield whole
    if not whole.ok:
        return
    read = {scope: store.complete_at(scope) for scope in _scopes(config)}
    yield from check_reading(config, read, clock())
    yield from check_outbox(store.outbox.waiting(), clock())
    yield from check_troubles(store.troubles.open())
    for stream in config.streams:
        seen[stream.name] = store.states(scopes_of(stream))
        yield from _covered(config, store, stream, asked)
    for name, result in overdue(store, config, clock()):
        yield _late_check(name, result)


def _scopes(config: Config) -> Iterator[tuple[str, str]]:
    for kind, named in config.connectors.items():
        for name, settings in named.items():
            yield from ((f"{kind}.{name}", scope) for scope in settings.scopes)


def _whole_check(store: Store) -> Check:
    try:
        store.care.check()
    except StoreError as problem:
        return Check("database", ok=False, detail=str(problem), section="database")
    told = f"whole, and open at revision {store.revision()[0]}; {store.care.version()}"
    return Check("database", ok=True, detail=told, section="database")


def _covered(config: Config, store: Store, stream: ConfiguredStream, asked: Questions) -> Iterator[Check]:
    try:
        found = cover(stream, records_of(config, store, stream), clock())
    except NothingYet as problem:
        yield Check(f'time of "{stream.name}"', ok=True, detail=str(problem), section="mapping", poorer=True)
        return
    yield from check_mapping(stream, found, asked.changed, local=asked.local)
    if found.links is not None:
        yield check_links(stream, found.links, found.items)
    yield from check_anchor(stream, found)


def _late_check(stream: str, result: KeyResult) -> Check:
    wrong = f"{result.quarter} was over before it was written down; give it a quarter to come"
    return Check(f'key result "{result.name}" of "{stream}"', ok=False, detail=wrong, section="goals")


def _elsewhere(config: Config, seen: dict[str, set[str]], member: str | None) -> Iterator[Check]:
    """What others say: sources, what they say of states, and where messages go."""
    connectors = connectors_of(config)
    asked = {connector.name: _asked(connector) for connector in connectors}
    yield from (check for checks in asked.values() for check in checks)
    yield from check_states(config.streams, _working(connectors, asked), seen)
    yield from check_ways(config, member)


def _working(connectors: Sequence[Connector], asked: dict[str, list[Check]]) -> list[Connector]:
    return [connector for connector in connectors if all(check.ok for check in asked[connector.name])]


def _asked(connector: Connector) -> list[Check]:
    try:
        return list(connector.check())
    except Exception as problem:  # noqa: BLE001 - whatever is wrong with one source, the others are asked
        fault = redacted(f"{type(problem).__name__}: {problem}; this is a fault of gemba")
        return [Check(connector.name, ok=False, detail=fault)]
