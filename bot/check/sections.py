"""The subjects of `gemba check`, in the order in which a person looks at them."""

from collections.abc import Sequence
from typing import Any

from bot.errors import ConfigError
from connectors.records import Check

SECTIONS = (
    "configuration",
    "secrets",
    "versions",
    "database",
    "sources",
    "schedule",
    "mapping",
    "links",
    "calendars",
    "goals",
    "slack",
    "mail",
    "folders",
    "clock",
)


def by_section(checks: Sequence[Check]) -> list[tuple[str, list[Check]]]:
    """Each section that has a line, with its lines in their order."""
    found = ((name, [check for check in checks if check.section == name]) for name in SECTIONS)
    return [(name, lines) for name, lines in found if lines]


def from_faults(name: str, problem: ConfigError) -> list[Check]:
    """A line for each fault of a configuration."""
    return [Check(name, ok=False, detail=fault, section="configuration") for fault in str(problem).splitlines()]


def to_json(check: Check) -> dict[str, Any]:
    return {
        "section": check.section,
        "what": check.what,
        "status": check.status,
        "ok": check.ok,
        "detail": check.detail,
    }
