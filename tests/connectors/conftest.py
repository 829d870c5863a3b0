"""Keys that open nothing, in the places where they are looked for; and logs in files."""

import gzip
from pathlib import Path
from typing import Any

import pytest

from connectors.eventlog import EventLog
from tests.connectors.logs import Made, log


@pytest.fixture(autouse=True)
def tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GITHUB_TOKEN", "JIRA_TOKEN"):
        monkeypatch.setenv(name, "secret-token")


@pytest.fixture
def made(tmp_path: Path) -> Made:
    """A log with that content in a file of that name."""

    def make(content: str | bytes, file: str = "log.csv", **settings: Any) -> EventLog:
        data = content if isinstance(content, bytes) else content.encode()
        (tmp_path / file).write_bytes(gzip.compress(data) if file.endswith(".gz") else data)
        return log(tmp_path / file, **settings)

    return make
