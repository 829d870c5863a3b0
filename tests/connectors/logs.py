"""Event logs as small files, and what is told of them."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from connectors.eventlog import EventLog
from connectors.eventlog_settings import EventLogSettings
from connectors.records import Payload

NOW = datetime(2026, 11, 1, tzinfo=UTC)
COLUMNS = {"case": "case", "state": "state", "at": "at"}
HEADER = "case,state,at,who\n"
SMALL = (
    HEADER + "a,Open,2026-01-05T09:00:00Z,Ann\na,Done,2026-01-07T09:00:00Z,build-bot\nb,Open,2026-01-06T09:00:00Z,\n"
)

Made = Callable[..., EventLog]


def log(path: Path, **settings: Any) -> EventLog:
    columns = {} if ".xes" in path.name else COLUMNS
    return EventLog("eventlog.x", EventLogSettings.model_validate({"path": path, **columns, **settings}), lambda: NOW)


def payloads(connector: EventLog) -> dict[str, Payload]:
    return {p.key: p for page in connector.fetch(connector.scopes[0], None) for p in page.payloads}


def events(connector: EventLog) -> dict[str, list[list[str | None]]]:
    return {key: payload.body["events"] for key, payload in payloads(connector).items()}
