"""What the commands of sources and of the store do: check, collect, read anew, upgrade, copy."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

from bot.app.plans import predict
from bot.app.ways import check_ways
from bot.app.wiring import clock, connectors_of, opened
from bot.check import check_states
from bot.collect import Collected, Progress, Ways, collect
from bot.config import Config, scopes_of
from bot.errors import UsageError
from bot.goals import count_all, overdue
from bot.govern.key_results import KeyResult
from bot.plan_issues import keep_issues
from bot.privacy import pseudonymous
from bot.store import Saved, Store
from connectors.protocol import Connector
from connectors.records import Check
from connectors.registry import CONNECTORS


def collect_all(config: Config, progress: Progress, *, thorough: bool = False) -> list[Collected]:
    """Read every scope of every source; `thorough`: look for what changed silently, too."""
    if not config.connectors:
        kinds = " or ".join(f"[connectors.{kind}.<name>]" for kind in CONNECTORS)
        raise UsageError(f"no source is configured; add {kinds}")
    return collect_from(config, connectors_of(config), Ways(progress, thorough))


def collect_from(config: Config, connectors: Sequence[Connector], ways: Ways) -> list[Collected]:
    """Read every scope of these, count what they are asked to count, and follow the issues of plans there."""
    called = pseudonymous if config.privacy.pseudonyms else None
    with opened(config) as store:
        found = collect(connectors, store, clock, replace(ways, called=called))
        found += count_all(config, connectors, store, clock)
        return [*found, *keep_issues(config, connectors, store, clock, partial(predict, config, store))]


def check_all(config: Config, *, local: bool) -> list[Check]:
    """Ask the database, and unless `local` every source and every way out, whether they work."""
    with opened(config) as store:
        found = [Check("database", ok=True, detail=f"open at revision {store.revision()[0]}")]
        seen = {s.name: store.states(scopes_of(s)) for s in config.streams}
        found += [_late_check(stream, result) for stream, result in overdue(store, config, clock())]
    if local:
        return found
    connectors = connectors_of(config)
    asked = {connector.name: _asked(connector) for connector in connectors}
    found += [check for checks in asked.values() for check in checks]
    working = [connector for connector in connectors if all(check.ok for check in asked[connector.name])]
    return [*found, *check_states(config.streams, working, seen), *check_ways(config)]


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
        return {c.name: store.replay(c.name, c.translate) for c in connectors_of(config)}


def upgrade(config: Config) -> tuple[str | None, str]:
    """Bring the database to the newest revision; from where to where."""
    with closing(Store(config.store.address())) as store:
        before = store.revision()
        store.upgrade()
    return before


def backup(config: Config, target: Path) -> None:
    with opened(config) as store:
        store.backup(target)
