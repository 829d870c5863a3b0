"""Recordings of real projects, served over the vendors' own protocols by servers that stand beside the checkout."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.collect import Collected, Ways, collect
from bot.store import Store
from connectors.github import GitHub
from connectors.github_settings import GitHubSettings
from connectors.jira import Jira
from connectors.jira_settings import JiraSettings
from connectors.protocol import Connector
from tests.recordings import SHARED

DATA = SHARED / "data"


@pytest.fixture(autouse=True)
def token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VENDORS_TOKEN", "test-token")


@pytest.fixture
def lite(tmp_path: Path) -> Iterator[Store]:
    """A store on SQLite alone, where the database is not what is tested."""
    yield from _opened(tmp_path / "lite.db")


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Store]:
    """Another one, to compare with."""
    yield from _opened(tmp_path / "other.db")


def _opened(path: Path) -> Iterator[Store]:
    store = Store.open(f"sqlite:///{path}")
    yield store
    store.close()


def jira(servers: Any, *projects: str, flavour: str = "cloud") -> Jira:
    settings = JiraSettings.model_validate(
        {
            "url": servers.urls()["jira"],
            "flavour": flavour,
            "token_env": "VENDORS_TOKEN",
            "projects": projects,
            "email": "bot@example.invalid" if flavour == "cloud" else None,
        }
    )
    return Jira("jira.real", settings, now)


def github(servers: Any, *repositories: str) -> GitHub:
    settings = GitHubSettings.model_validate(
        {"api_url": servers.urls()["github"], "token_env": "VENDORS_TOKEN", "repositories": repositories}
    )
    return GitHub("github.real", settings, now)


def now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - the clock of the connectors


def collected(store: Store, *connectors: Connector, at: datetime | None = None) -> list[Collected]:
    found = collect(connectors, store, lambda: at or now(), Ways())
    assert [c.error for c in found] == [None] * len(found)
    return found
