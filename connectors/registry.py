"""Every kind of source: one line each."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from typing import Any

from connectors.calendar_settings import CalendarSettings
from connectors.eventlog_settings import EventLogSettings
from connectors.github_settings import GitHubSettings
from connectors.jira_settings import JiraSettings
from connectors.protocol import Connector
from connectors.settings import SourceSettings


@dataclass(frozen=True)
class Kind:
    """How a kind of source is configured, and what makes a connector of (name, settings, clock).

    `names_states`: its items are in states that the source itself names; else the state of a change request follows
    from what happens to it.
    """

    settings: type[SourceSettings]
    connector: Callable[[str, Any, Callable[[], datetime]], Connector]
    names_states: bool


def _later(module: str, name: str) -> Callable[..., Connector]:
    """The class of that name there, imported when the first of it is made: vendors' clients are slow to load."""

    def made(*given: Any) -> Connector:
        connector: Connector = getattr(import_module(module), name)(*given)
        return connector

    return made


CONNECTORS = {
    "jira": Kind(JiraSettings, _later("connectors.jira", "Jira"), names_states=True),
    "github": Kind(GitHubSettings, _later("connectors.github", "GitHub"), names_states=False),
    "eventlog": Kind(EventLogSettings, _later("connectors.eventlog", "EventLog"), names_states=True),
    "calendar": Kind(CalendarSettings, _later("connectors.calendar", "Calendar"), names_states=False),
}
"""By the name they have in `[connectors.<kind>.<name>]`."""
