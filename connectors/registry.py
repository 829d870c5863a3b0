"""Every kind of source: one line each."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connectors.github import GitHub, GitHubSettings
from connectors.jira import Jira, JiraSettings
from connectors.protocol import Connector
from connectors.settings import TokenSettings


@dataclass(frozen=True)
class Kind:
    """How a kind of source is configured, and what makes a connector of (name, settings, clock)."""

    settings: type[TokenSettings]
    connector: Callable[[str, Any, Callable[[], datetime]], Connector]


CONNECTORS = {
    "jira": Kind(JiraSettings, Jira),
    "github": Kind(GitHubSettings, GitHub),
}
"""By the name they have in `[connectors.<kind>.<name>]`."""
