"""GitHub: where it is asked, and with which key."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.errors import AccessDenied
from connectors.github import GitHub
from connectors.github_settings import GitHubSettings
from tests.commands import private
from tests.connectors.github_answers import NOW, Json, github, node, repository, site
from tests.serve import Reply


def test_the_token_is_asked_for_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which variable to set."""
    monkeypatch.delenv("GITHUB_TOKEN")

    with pytest.raises(AccessDenied, match="set the environment variable GITHUB_TOKEN"):
        list(github().fetch("acme/pay", None))


@pytest.mark.parametrize(
    ("url", "advice"),
    [
        ("https://github.com", "write https://api.github.com"),
        ("https://acme.ghe.com", "write https://api.acme.ghe.com"),
        ("https://github.acme.example", "write https://github.acme.example/api/v3"),
    ],
)
def test_an_address_where_people_look_is_refused_with_the_right_one(url: str, advice: str) -> None:
    """GitHub.com, GHE.com and Enterprise Server each have their own."""
    with pytest.raises(ValidationError, match=advice):
        GitHubSettings(api_url=url, token_env="T", repositories=("a/b",))


@pytest.mark.parametrize(
    ("url", "graphql"),
    [
        ("https://api.github.com", "https://api.github.com/graphql"),
        ("https://api.acme.ghe.com", "https://api.acme.ghe.com/graphql"),
        ("https://github.acme.example/api/v3", "https://github.acme.example/api/graphql"),
    ],
)
def test_each_github_is_asked_at_its_own_address(url: str, graphql: str) -> None:
    """PyGithub knows where."""
    assert github(url)._site._connected().graphql_url == graphql


def test_an_app_gets_a_token_for_where_it_is_installed(tmp_path: Path) -> None:
    """It needs no token of its own, only its key."""
    tokens = []

    def answer(method: str, path: str, body: Any) -> Reply:
        if path.endswith("/installation"):
            return Reply(200, {"id": 42, "url": "http://x"})
        if path == "/app/installations/42/access_tokens":
            tokens.append(path)
            return Reply(201, {"token": "ghs_short", "expires_at": "2099-01-01T00:00:00Z"})
        return Reply(200, repository([node()]))

    private(tmp_path / "key.pem", _private_key())
    with site(answer) as (url, _):
        settings = GitHubSettings(api_url=url, app_id=1, private_key_file=tmp_path / "key.pem", repositories=("a/b",))
        pages = list(GitHub("github.acme", settings, lambda: NOW).fetch("a/b", None))
    assert [p.key for page in pages for p in page.payloads] == ["PR_7"]
    assert len(tokens) == 1


def _private_key() -> str:
    from cryptography.hazmat.primitives import serialization as s
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(s.Encoding.PEM, s.PrivateFormat.PKCS8, s.NoEncryption()).decode()


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"app_id": 1}, "an app needs private_key_file beside app_id"),
        ({"app_id": 1, "private_key_file": "x", "token_env": "T"}, "and no token"),
        ({}, "needs either token_env"),
    ],
)
def test_a_token_or_an_app(keys: Json, words: str) -> None:
    """Not both, and not half of one."""
    with pytest.raises(ValidationError, match=words):
        GitHubSettings.model_validate({"repositories": ["a/b"], **keys})


def test_a_key_that_is_none_is_told(tmp_path: Path) -> None:
    """With the file it was read from."""
    private(tmp_path / "key.pem", "nonsense")
    settings = GitHubSettings(app_id=1, private_key_file=tmp_path / "key.pem", repositories=("a/b",))

    with pytest.raises(AccessDenied, match=r"key\.pem"):
        list(GitHub("github.acme", settings, lambda: NOW).fetch("a/b", None))
