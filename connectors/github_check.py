"""What `gemba check` asks GitHub."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from connectors.errors import SourceError, reading
from connectors.github_site import Site, owner_and_name
from connectors.records import Check
from connectors.transport import clocks

Json = dict[str, Any]

USES = (
    (("repo",), "repo (private repositories)"),
    (("read:org", "write:org", "admin:org"), "read:org (teams that are asked to review)"),
)
"""Scopes of a classic token, any of which is enough, and what they are for."""


def checked(site: Site, now: Callable[[], datetime]) -> Iterator[Check]:
    """Every repository, and once the clock, the scopes of the token and what is left of the quota."""
    told = False
    for scope in site.settings.scopes:
        what = f"{site.name}: repository {scope}"
        try:
            answer = site.ask("Visible", owner_and_name(scope), scope)
            with reading(what):
                detail = _seen(scope, answer)
        except SourceError as problem:
            yield Check(what, ok=False, detail=str(problem).removeprefix(f"{site.name}: "))
            continue
        if not told:
            told = True
            yield Check(f"{site.name}: clock", *clocks(site.date, now()), section="clock")
            yield Check(f"{site.name}: token", *_token(site, answer["rateLimit"]))
        yield Check(what, ok=True, detail=detail)


def _seen(scope: str, answer: Json) -> str:
    repository, login = answer["repository"], answer["viewer"]["login"]
    found = f"visible to {login}, {repository['pullRequests']['totalCount']} pull requests"
    called = repository["nameWithOwner"]
    return found if called.casefold() == scope.casefold() else f"{found}; it is called {called} now"


def _token(site: Site, limit: Json | None) -> tuple[bool, str]:
    """Classic tokens tell their scopes in a header, fine-grained ones and apps do not."""
    left = f"{limit['remaining']} points left of this hour" if limit else "accepted"
    scopes = site.granted
    if scopes is None:
        return True, left
    missing = [use for names, use in USES if not {*names} & {*scopes}]
    return True, f"{left}; without {' and '.join(missing)}" if missing else left
