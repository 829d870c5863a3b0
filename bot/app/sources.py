"""What the commands of sources do: collect, read anew."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from bot.app.clock import clock
from bot.app.wiring import connectors_of, opened
from bot.collect import Collected, Progress, Ways, collect
from bot.config import Config, ConfiguredStream
from bot.errors import UsageError
from bot.goals import count_all
from bot.govern.plan import Course, Prediction
from bot.plan_issues import keep_issues
from bot.privacy import pseudonymous
from bot.store import Saved, Store
from connectors.protocol import Connector
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
        return [*found, *keep_issues(config, connectors, store, clock, partial(_predict, config, store))]


def _predict(
    config: Config, store: Store, stream: ConfiguredStream, at: datetime, now: datetime, course: Course
) -> Prediction:
    """By the engine, which is loaded for it."""
    from bot.app.plans import predict

    return predict(config, store, stream, at, now, course)


def replay_all(config: Config) -> dict[str, Saved]:
    """Read all kept payloads anew; what was read, by source."""
    with opened(config) as store:
        return {c.name: store.replay(c.name, c.translate) for c in connectors_of(config)}
