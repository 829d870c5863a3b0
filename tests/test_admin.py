"""What the admins are told, once."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from bot.app.admin import PATIENCE, PAUSE, Admin
from bot.config import Config
from bot.store import Store
from connectors.slack_settings import SlackSettings
from tests.serve import serving
from tests.slack_workspace import Workspace, refused

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DEAD = "jira.acme: the token was refused (401); check <!channel> JIRA_TOKEN"


@pytest.fixture
def workspace(monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setenv("SLACK_TOKEN", "x")
    return Workspace()


@contextmanager
def admins(store: Store, workspace: Workspace) -> Iterator[Admin]:
    with serving(workspace) as (url, _):
        slack = SlackSettings(api_url=f"{url}/api/", token_env="SLACK_TOKEN", admin_channel="C0ADMIN")
        yield Admin(Config(slack=slack), store)


def test_a_dead_token_is_told_once_and_so_is_its_end(store: Store, workspace: Workspace) -> None:
    """However often it is met, and by another process after a restart; and nobody is pinged."""
    store.troubles.begin("jira.acme/PAY", DEAD, NOW, denied=True)
    for _ in range(2):
        with admins(store, workspace) as admin:
            admin.look(NOW)
    store.troubles.end("jira.acme/PAY", NOW + timedelta(hours=1))
    for _ in range(2):
        with admins(store, workspace) as admin:
            admin.look(NOW + timedelta(hours=1))

    assert len(workspace.texts()) == 2
    assert workspace.texts()[0].startswith("jira.acme/PAY does not work since")
    assert "<!channel>" not in workspace.texts()[0]
    assert workspace.posted[0]["channel"] == "C0ADMIN"
    assert workspace.texts()[1].startswith("jira.acme/PAY works again since")
    assert store.troubles.all() == []


def test_what_may_pass_by_itself_is_told_after_a_day(store: Store, workspace: Workspace) -> None:
    """And never, if it did."""
    store.troubles.begin("jira.acme/PAY", "down", NOW, denied=False)
    store.troubles.begin("github.acme/acme/pay", "down", NOW, denied=False)
    with admins(store, workspace) as admin:
        admin.look(NOW + PATIENCE - timedelta(seconds=1))
        store.troubles.end("github.acme/acme/pay", NOW + PATIENCE)
        admin.look(NOW + PATIENCE)

    assert [text.split()[0] for text in workspace.texts()] == ["jira.acme/PAY"]


def test_what_comes_to_need_somebody_is_told_again(store: Store, workspace: Workspace) -> None:
    """It was away for a day, and now the token is refused."""
    store.troubles.begin("jira.acme/PAY", "down", NOW, denied=False)
    with admins(store, workspace) as admin:
        admin.look(NOW + PATIENCE)
        store.troubles.begin("jira.acme/PAY", DEAD, NOW + PATIENCE, denied=True)
        admin.look(NOW + PATIENCE)
        admin.look(NOW + PATIENCE)

    assert len(workspace.texts()) == 2
    assert "the token was refused" in workspace.texts()[1]


def test_a_dead_slack_is_logged_once(store: Store, workspace: Workspace, caplog: pytest.LogCaptureFixture) -> None:
    """The admins are told when it works again."""
    store.troubles.begin("jira.acme/PAY", DEAD, NOW, denied=True)
    workspace.instead = lambda *_: refused("token_revoked")
    with admins(store, workspace) as admin:
        for minutes in (0, 1, 6, 12):
            admin.look(NOW + timedelta(minutes=minutes))
        workspace.instead = lambda *_: None
        admin.look(NOW + timedelta(minutes=12) + PAUSE)

    assert [record.message for record in caplog.records if "admins" in record.message] == [
        "the admins cannot be told: slack: the token was revoked; make a new one and put it in SLACK_TOKEN"
    ]
    assert len(workspace.texts()) == 1
