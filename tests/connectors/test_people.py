"""Who did something is known without a mail address."""

import pytest

from connectors.github_settings import GitHubSettings
from connectors.people import identity, judged
from connectors.records import Person

SETTINGS = GitHubSettings(token_env="TOKEN", repositories=("a/b",))


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("ann@acme.com", "ann"),
        ("Ann <ann.example@acme.com>", "Ann <ann.example>"),
        ("Ann (ann@acme.com)", "Ann (ann)"),
        ("@ann", "@ann"),
        ("Ann Example", "Ann Example"),
    ],
)
def test_of_a_name_that_is_a_mail_address_its_beginning_is_kept(said: str, kept: str) -> None:
    """So that one sees who it is."""
    assert judged(Person("github.acme", "1", said), SETTINGS).name == kept


def test_a_login_that_is_a_mail_address_is_a_hash() -> None:
    """Always the same; others stay."""
    assert identity("ann@acme.com") == identity("ann@acme.com") != identity("bob@acme.com")
    assert "ann" not in identity("ann@acme.com")
    assert identity("JIRAUSER10100") == "JIRAUSER10100"
