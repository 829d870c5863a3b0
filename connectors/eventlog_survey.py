"""Which columns of a log are the case, the activity and the time, by their names and what stands in them."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from connectors.errors import AccessDenied
from connectors.eventlog_files import LogFile
from connectors.eventlog_settings import EventLogSettings, suffix_of

Names = Sequence[str]

CASE = ("case:concept:name", "case_id", "caseid", "case id", "case", "trace_id", "id", "key", "item", "ticket", "order")
STATE = ("concept:name", "activity", "activity_name", "state", "status", "event", "step", "task", "stage")
AT = (
    "time:timestamp",
    "timestamp",
    "time",
    "at",
    "date",
    "datetime",
    "completed",
    "complete timestamp",
    "start",
    "created",
)
ACTOR = ("org:resource", "resource", "actor", "user", "who", "performer", "assignee", "agent")
LIFECYCLE = ("lifecycle:transition", "lifecycle", "transition", "event_type")

USUAL_TRANSITIONS = frozenset(("complete", "start", "schedule", "assign", "ate_abort", "suspend", "resume", ""))
"""Source: XES lifecycle extension, the standard transitions in common use; other words are states of their own."""
PROBE = 5000


def columns_of(path: Path, given: Mapping[str, str | None]) -> dict[str, object]:
    """Settings of an event log; what is `given` counts. Raises AccessDenied with the columns there are."""
    settings: dict[str, object] = {key: value for key, value in given.items() if value}
    if suffix_of(path) == ".xes":
        return settings
    header, rows = _beginning(path)
    for key, usual in (("case", CASE), ("state", STATE), ("at", AT), ("actor", ACTOR)):
        found = next((name for name in usual for column in header if column.casefold() == name), None)
        if key not in settings and found:
            settings[key] = next(column for column in header if column.casefold() == found)
    missing = [key for key in ("case", "state", "at") if key not in settings]
    if missing:
        options = " and ".join(f"--{key}" for key in missing)
        raise AccessDenied(f"{path}: say {options}; its columns are {', '.join(header)}")
    lifecycle = next((column for column in header if column.casefold() in LIFECYCLE), None)
    if "state" not in given or not given["state"]:
        settings["state"] = _with_lifecycle(str(settings["state"]), lifecycle, header, rows)
    return settings


def _with_lifecycle(state: str, lifecycle: str | None, header: Names, rows: Sequence[Names]) -> object:
    """Joined with its transitions, where these say more than that something is complete."""
    if lifecycle is None or lifecycle == state:
        return state
    place = header.index(lifecycle)
    words = {row[place].strip().casefold() for row in rows if len(row) == len(header)}
    return [state, lifecycle] if words - USUAL_TRANSITIONS or {"start", "complete"} <= words else state


def _beginning(path: Path) -> tuple[list[str], list[list[str]]]:
    """The names of the columns, and some rows."""
    return LogFile("log", EventLogSettings(path=path, case="?", state=("?",), at="?")).beginning(PROBE)
