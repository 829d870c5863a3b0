"""What a GitHub holds, before anything of it is configured."""

from datetime import datetime
from typing import Any

from connectors.errors import reading
from connectors.github_events import time_of
from connectors.github_settings import GitHubAccess
from connectors.github_site import Site
from connectors.records import Place
from connectors.transport import Meter


def repositories(name: str, access: GitHubAccess) -> list[Place]:
    """A hundred that the token may see, the one with the newest push first. Raises SourceError.

    Source: docs.github.com/graphql, `viewer.repositories`; to an app, which is nobody, it shows none.
    """
    site = Site(name, access, Meter())
    answer = site.ask("Repositories", {}, "the list of repositories")
    with reading(f"{name} list of repositories"):
        nodes = [node for node in answer["viewer"]["repositories"]["nodes"] or [] if node]
        return [Place(node["nameWithOwner"], node["description"] or "", _pushed(node)) for node in nodes]


def _pushed(node: dict[str, Any]) -> datetime | None:
    return time_of(node["pushedAt"]) if node["pushedAt"] else None
