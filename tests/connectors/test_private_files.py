"""A file with a secret is read only where nobody else can read it."""

import os
from pathlib import Path

import pytest

from bot.config import load_config
from bot.errors import ConfigError
from connectors import private_files
from connectors.errors import AccessDenied
from connectors.private_files import is_open_to_others, read_private
from connectors.settings import TokenSettings
from tests.commands import private

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows says in another way who may read a file")

SECRET = "no-shape-of-its-own"
NOBODY = 65534


def a_file(folder: Path, mode: int) -> Path:
    private(folder / "token", SECRET)
    (folder / "token").chmod(mode)
    return folder / "token"


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o700])
def test_what_only_its_owner_can_read_is_read(tmp_path: Path, mode: int) -> None:
    """Also where it is only a link to it, which everybody may follow."""
    (tmp_path / "link").symlink_to(a_file(tmp_path, mode))

    assert read_private(tmp_path / "link", "jira.acme", "token") == SECRET


@pytest.mark.parametrize("mode", [0o604, 0o644, 0o602, 0o601, 0o660, 0o620])
@pytest.mark.parametrize("linked", [True, False])
def test_what_others_can_read_or_change_is_refused(tmp_path: Path, mode: int, linked: bool) -> None:
    """With the command that mends it, and not with what stands in it."""
    path = a_file(tmp_path, mode)
    if linked:
        (tmp_path / "link").symlink_to(path)
        path = tmp_path / "link"
    settings = TokenSettings(token_file=path)

    with pytest.raises(
        AccessDenied, match=f"other users of this machine can read the token: chmod 600 {path}"
    ) as found:
        settings.token("jira.acme")
    assert SECRET not in str(found.value)


@pytest.mark.parametrize(("mode", "owner", "is_open"), [(0o640, 0, False), (0o440, 0, False), (0o440, NOBODY, True)])
def test_a_group_may_read_what_belongs_to_root(tmp_path: Path, mode: int, owner: int, is_open: bool) -> None:
    """As /etc has the files of daemons, and Kubernetes those of a pod; no other owner shares with a group."""
    found = list(a_file(tmp_path, mode).stat())
    found[4] = owner

    assert is_open_to_others(tmp_path / "token", os.stat_result(found)) is is_open


def test_what_is_mounted_for_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Container engines and systemd say themselves who can read it; a path that only begins like theirs is none."""
    mount, beside = tmp_path / "secrets", tmp_path / "secrets-of-others"
    for folder in (mount, beside):
        folder.mkdir()
        a_file(folder, 0o444)
    monkeypatch.setattr(private_files, "MOUNTS", (mount,))

    assert read_private(mount / "token", "jira.acme", "token") == SECRET
    for path in (beside / "token", mount / ".." / "secrets-of-others" / "token"):
        with pytest.raises(AccessDenied, match="chmod 600"):
            read_private(path, "jira.acme", "token")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(beside))
    assert read_private(beside / "token", "jira.acme", "token") == SECRET


def test_what_cannot_be_read_is_told_apart_from_what_is_missing(tmp_path: Path) -> None:
    """A folder, or what is no text."""
    private(tmp_path / "binary", "")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path, tmp_path / "binary"):
        with pytest.raises(AccessDenied, match=r"cannot be read \([\w -]+\)|chmod 600"):
            read_private(path, "jira.acme", "token")
    with pytest.raises(AccessDenied, match="is missing: write it to"):
        TokenSettings(token_file=tmp_path / "none").token("jira.acme")


GOOGLE = "https://calendar.example/calendar/ical/private-0a1b2c/basic.ics"


@pytest.mark.parametrize(
    ("lines", "place"),
    [
        ('[store]\nurl = "postgresql+psycopg://gemba:a-secret-word@db/x"', r"\[store\] url holds a password"),
        ('[store]\nurl = "postgresql+psycopg://db/x?user=g&password=a-secret-word"', r"\[store\] url holds a password"),
        ('[network]\nproxy = "http://me:a-secret-word@proxy:3128"', r"\[network\] proxy holds a password"),
        (f'[connectors.calendar.a]\ncalendars = ["{GOOGLE}"]', r"\[connectors.calendar.a\] holds an address that is a"),
    ],
)
def test_a_configuration_with_a_secret_is_nobody_elses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: str, place: str
) -> None:
    """It is refused until others cannot read it."""
    monkeypatch.setattr("bot.config.use", lambda _: None)
    path = tmp_path / "config.toml"
    path.write_text(lines)
    path.chmod(0o644)
    with pytest.raises(ConfigError, match=f"{place}.*chmod 600") as found:
        load_config(path)
    path.chmod(0o600)

    assert "a-secret-word" not in str(found.value)
    assert load_config(path)


@pytest.mark.parametrize(
    "lines",
    [
        '[store]\nurl = "postgresql+psycopg://gemba@db/x"',
        '[network]\nproxy = "http://proxy:3128"',
        '[connectors.calendar.a]\ncalendars = ["$TEAM", "x.ics", "https://calendar.example/holidays/berlin.ics"]',
    ],
)
def test_a_configuration_without_a_secret_may_be_read_by_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: str
) -> None:
    """As most are: tokens stand elsewhere."""
    monkeypatch.setattr("bot.config.use", lambda _: None)
    (tmp_path / "config.toml").write_text(lines)
    (tmp_path / "config.toml").chmod(0o644)

    assert load_config(tmp_path / "config.toml")
