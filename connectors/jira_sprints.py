"""A sprint of Jira: what is kept of it, and what is read out of it."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from connectors.jira_events import time_of
from connectors.pages import fingerprint
from connectors.records import Event, EventKind, Item, ItemKind, Payload, Record

Json = dict[str, Any]

KEY = re.compile(r"sprint/.+/(\d+)")
WRITTEN = re.compile(
    r",?(id|rapidViewId|state|name|startDate|endDate|completeDate|activatedDate|sequence|goal|autoStartStop|synced)="
)
"""Names of what stands in a sprint that is written as text; what people wrote may hold commas."""

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
"""When a sprint was changed, and when one began that nobody gave a date yet."""


def sprint_key(scope: str, number: object) -> str:
    """Boards of several projects may show one sprint; each project has its own record of it."""
    return f"sprint/{scope}/{number}"


def sprint_number(key: str) -> str | None:
    """None for the key of anything else."""
    found = KEY.fullmatch(key)
    return found[1] if found else None


def sprints_in(issues: Iterable[Json], roles: Mapping[str, str]) -> list[Json]:
    """The sprints that the issues are or were in, each once; what is no sprint is left out."""
    fields = [name for name, role in roles.items() if role == "Sprint"]
    found: dict[str, Json] = {}
    for issue in issues:
        values = issue.get("fields") if isinstance(issue, dict) else None
        for sprint in (s for f in fields for s in _listed(values.get(f))) if isinstance(values, dict) else ():
            read = _written_out(sprint) if isinstance(sprint, str) else sprint
            if isinstance(read, dict) and read.get("id"):
                found[str(read["id"])] = read
    return list(found.values())


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _written_out(text: str) -> Json:
    """Data Center may write ...Sprint@1f[id=12,state=CLOSED,name=Sprint 12,...,goal=<null>]."""
    parts = WRITTEN.split(text.partition("[")[2].removesuffix("]"))[1:]
    return {name: value for name, value in zip(parts[::2], parts[1::2], strict=True) if value != "<null>"}


def sprint_payload(source: str, scope: str, key: str, raw: Json) -> Payload:
    """What an issue tells of its sprints, too. Source: developer.atlassian.com, Jira Software REST, sprint.

    No date in it tells when it was changed (one that was closed may be opened again), so all readings of it have the
    same: the last one counts.
    """
    body = {
        "number": int(raw["id"]),
        "name": raw["name"],
        "goal": raw.get("goal") or None,
        "state": raw["state"].lower(),
        "started": raw.get("startDate"),
        "planned_end": raw.get("endDate"),
        "ended": raw.get("completeDate"),
    }
    mark = fingerprint(json.dumps(body, sort_keys=True))
    return Payload(source, scope, ItemKind.SPRINT, key, LONG_AGO, body, mark)


def translate_sprint(payload: Payload, site: str) -> Iterator[Record]:
    """When it began and ended; what it was for is `about`."""
    body, source, key = payload.body, payload.source, payload.key
    yield Item(
        source,
        payload.scope,
        key,
        ItemKind.SPRINT,
        body["name"],
        body["name"],
        f"{site}/secure/GHGoToBoard.jspa?sprintId={body['number']}",
        time_of(body["started"]) if body["started"] else LONG_AGO,
        about=body["goal"],
    )
    if body["started"] and body["state"] != "future":
        yield Event(source, f"{key}:started", key, time_of(body["started"]), EventKind.STARTED)
    if body["ended"]:
        yield Event(source, f"{key}:ended", key, time_of(body["ended"]), EventKind.ENDED)
