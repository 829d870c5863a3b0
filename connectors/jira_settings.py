"""Which Jira is read, and what of it."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from connectors.settings import Address, SourceSettings, TokenSettings, Word


def _a_key(name: str) -> str:
    if not PROJECT_KEY.fullmatch(name):
        raise ValueError(f'"{name}" is no key of a project; write what stands before the number, as PAY in PAY-12')
    return name


PROJECT_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
ProjectKey = Annotated[str, AfterValidator(_a_key)]


class JiraAccess(TokenSettings):
    """How to reach a Jira, whatever is read there."""

    url: Address
    """the site; for a token with scopes `https://api.atlassian.com/ex/jira/<cloudId>`"""
    browse_url: Address | None = None
    """where links lead, if not to `url`"""
    flavour: Literal["cloud", "datacenter"] = "cloud"
    """Jira Cloud or Data Center"""
    email: str | None = None
    """of the account, with an API token of a Cloud user; other tokens go without"""
    flag_field: Word = "Flagged"
    """what the field for flags is called on the site"""
    issue_type: Word = "Task"
    """the type of issues that are made of a plan, as the projects name it"""

    @property
    def site(self) -> str:
        """Where people look at issues."""
        return (self.browse_url or self.url).rstrip("/")


class JiraSettings(JiraAccess, SourceSettings):
    """`[connectors.jira.<name>]` of the configuration. Issues of projects, with their histories and sprints."""

    projects: Annotated[tuple[ProjectKey, ...], Field(min_length=1)]
    """their keys, as `PAY`"""
    blocking_links: tuple[Word, ...] = ("is blocked by",)
    """links that block, as they are said on the item that waits"""

    @property
    def scopes(self) -> tuple[str, ...]:
        return self.projects
