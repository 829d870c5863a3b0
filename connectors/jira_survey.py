"""What a Jira holds, before anything of it is configured."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Any

from connectors.errors import AccessDenied, NotThere, SourceUnavailable, reading
from connectors.jira_events import time_of
from connectors.jira_settings import JiraAccess
from connectors.jira_site import Site
from connectors.records import Category, Place
from connectors.settings import is_zone
from connectors.transport import Meter

Json = dict[str, Any]

CATEGORIES = {"new": Category.PLANNED, "indeterminate": Category.STARTED, "done": Category.DONE}
"""Source: developer.atlassian.com, Jira REST, status categories; a fourth, "undefined", says nothing."""

PROJECTS_PAGE, MOST_PROJECTS = 50, 1000
ASKED_FOR_AGE = 25
"""Of so many projects is asked when anything changed last, where the site does not tell it of all at once."""


def flavour_of(name: str, access: JiraAccess) -> str:
    """Cloud or datacenter, as the site calls itself."""
    site = Site(name, access, Meter())
    info = site.get("serverInfo", "this Jira")
    if not isinstance(info, dict):
        raise SourceUnavailable(f"{name}: the answer for this Jira is not Jira's; check that url leads to a Jira")
    with reading(f"{name} serverInfo"):
        return "cloud" if info.get("deploymentType") == "Cloud" else "datacenter"


def timezone_of(name: str, access: JiraAccess) -> str | None:
    """The zone that the account of the token lives in."""
    site = Site(name, access, Meter())
    me = site.get("myself", "this Jira")
    with reading(f"{name} myself"):
        zone = me.get("timeZone")
        return zone if isinstance(zone, str) and is_zone(zone) else None


def projects(name: str, access: JiraAccess) -> list[Place]:
    """Those that the token may see, the one that changed last first. Raises SourceError."""
    site = Site(name, access, Meter())
    with reading(f"{name} list of projects"):
        found = list(islice(_projects(site), MOST_PROJECTS))
        told = [Place(str(p["key"]), str(p.get("name") or p["key"]), _told(p)) for p in found]
    if not any(place.changed_at for place in told):
        asked = [Place(p.scope, p.title, _changed(site, p.scope)) for p in told[:ASKED_FOR_AGE]]
        told = [*asked, *told[ASKED_FOR_AGE:]]
    return sorted(told, key=lambda p: (p.changed_at is None, -(p.changed_at.timestamp() if p.changed_at else 0)))


def categories(site: Site, project: str) -> dict[str, Category]:
    """State -> how far along, of all types of issues of a project."""
    types = site.get(f"project/{project}/statuses", f"project {project}")
    with reading(f"{site.name} statuses of project {project}"):
        every = [(str(status["name"]), category_of(status)) for one in types for status in one["statuses"]]
    return {name: category for name, category in every if category}


def category_of(status: Mapping[str, Any]) -> Category | None:
    return CATEGORIES.get(str((status.get("statusCategory") or {}).get("key")))


def _projects(site: Site) -> Iterator[Json]:
    """Source: developer.atlassian.com: Cloud pages its projects, Data Center gives all of them."""
    if site.settings.flavour != "cloud":
        yield from site.get("project", "the list of projects")
        return
    start, last = 0, False
    while not last:
        path = f"project/search?startAt={start}&maxResults={PROJECTS_PAGE}&expand=insight&status=live"
        answer = site.get(path, "the list of projects")
        values = list(answer["values"])
        yield from values
        start, last = start + len(values), bool(answer.get("isLast", True)) or not values


def _told(project: Json) -> datetime | None:
    moment = (project.get("insight") or {}).get("lastIssueUpdateTime")
    return time_of(moment) if moment else None


def _changed(site: Site, project: str) -> datetime | None:
    """None where it holds nothing, or is shown in the list only, as an archived one."""
    newest = site.search(f'project = "{project}" ORDER BY updated DESC', ("updated",), 1, f"project {project}")
    try:
        return next((time_of(issue["fields"]["updated"]) for issue in newest), None)
    except (AccessDenied, NotThere):
        return None
