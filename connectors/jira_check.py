"""What `gemba check` asks Jira."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from connectors.errors import NotThere, SourceError, reading
from connectors.jira_site import Site
from connectors.records import Check
from connectors.transport import clocks

Json = dict[str, Any]

PAGE = 100


def checked(site: Site, projects: Sequence[str], now: Callable[[], datetime]) -> Iterator[Check]:
    """Token, flavour, clock, fields, and every project; nothing more where the token is refused."""
    token = _line(site, "token", lambda: _token(site))
    yield token
    if not token.ok:
        return
    yield _line(site, "flavour", lambda: _flavour(site, site.get("serverInfo", "flavour")))
    yield replace(_line(site, "clock", lambda: clocks(site.date, now())), section="clock")
    yield _line(site, "fields", lambda: _fields(site))
    for project in projects:
        yield _line(site, f"project {project}", lambda project=project: _project(site, project))  # type: ignore[misc]


def _line(site: Site, what: str, ask: Callable[[], tuple[bool, str]]) -> Check:
    try:
        with reading(f"{site.name} {what}"):
            ok, detail = ask()
    except SourceError as problem:
        ok, detail = False, str(problem).removeprefix(f"{site.name}: ")
    return Check(f"{site.name}: {what}", ok, detail)


def _token(site: Site) -> tuple[bool, str]:
    try:
        me = site.get("myself", "this Jira")
    except SourceError as problem:
        return False, f"{problem}{_hint(site, problem)}".removeprefix(f"{site.name}: ")
    return True, f"accepted as {me.get('displayName', 'unknown')}"


def _hint(site: Site, problem: SourceError) -> str:
    """What is most often wrong where a token is not accepted."""
    if isinstance(problem, NotThere):
        return "; write only the address of the site as url, as in https://acme.atlassian.net"
    if "(401)" not in str(problem):
        return ""
    gateway = site.gateway()
    scoped = f'; a token with scopes, or of a service account, needs url = "{gateway}"' if gateway else ""
    wants_email = site.settings.flavour == "cloud" and site.settings.email is None
    return f"{scoped}; a person's token on Cloud needs email: add it" if wants_email else scoped


def _flavour(site: Site, info: Json) -> tuple[bool, str]:
    found = "cloud" if info.get("deploymentType") == "Cloud" else "datacenter"
    hint = "" if found == site.settings.flavour else f'; set flavour = "{found}"'
    return not hint, f"the server is {found} {info.get('version', '')}{hint}"


def _fields(site: Site) -> tuple[bool, str]:
    """Sites without sprints or flags are in order; the person must know what will not be seen."""
    found = set(site.roles().values())
    missing = [] if "Flagged" in found else [f'no field "{site.settings.flag_field}", so flags are not seen']
    missing += [] if "Sprint" in found else ["no sprints"]
    if "Sprint" in found and not site.shows_boards():
        missing.append("no board: sprints need the scopes read:board-scope and read:sprint of Jira Software")
    return True, "; ".join([f"found {', '.join(sorted(found)) or 'none of its own'}", *missing])


def _project(site: Site, project: str) -> tuple[bool, str]:
    found = site.get(f"project/{project}", f"project {project}")
    asked = site.get(f"mypermissions?projectKey={project}&permissions=BROWSE_PROJECTS", f"permissions in {project}")
    if not asked["permissions"]["BROWSE_PROJECTS"]["havePermission"]:
        return False, f"the token in {site.settings.token_place} may not browse it; grant Browse Projects"
    cap = site.page_cap(project, PAGE)
    slow = "" if cap >= PAGE else f"; the server gives only {cap} issues a page, so collecting takes longer"
    return True, f"visible: {found.get('name')}{slow}"
