"""Every kind of source: one line each."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connectors.calendar import Calendar
from connectors.calendar_site import CalendarSettings
from connectors.eventlog import EventLog
from connectors.eventlog_files import EventLogSettings
from connectors.github import GitHub
from connectors.github_site import GitHubSettings
from connectors.jira import Jira
from connectors.jira_site import JiraSettings
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


CONNECTORS = {
    "jira": Kind(JiraSettings, Jira, names_states=True),
    "github": Kind(GitHubSettings, GitHub, names_states=False),
    "eventlog": Kind(EventLogSettings, EventLog, names_states=True),
    "calendar": Kind(CalendarSettings, Calendar, names_states=False),
}
"""By the name they have in `[connectors.<kind>.<name>]`."""
