"""Kills at random moments and faults of every kind: in the end the store holds what a quiet run finds, to the byte."""

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.real.conftest import DATA
from tests.real.storm import THE_END

DURACLOUD = DATA / "jira_changelogs" / "duraspace_DURACLOUD_issues_changelog.jsonl.gz"
SECP256K1 = DATA / "github_timelines" / "bitcoin-core_secp256k1_pulls_timeline.jsonl.gz"
RELEASES = DATA / "joined" / "releases.csv"
RECORDED = ("--jira", str(DURACLOUD), "--github", str(SECP256K1), "--releases", str(RELEASES))
PLENTY = ("--github-points", "1000000")
"""Runs that are killed use up what ought to last an hour."""

KILLS = int(os.environ.get("GEMBA_KILLS", "6"))
"""So many runs are killed at each step."""

STEPS = ("2012-06-01T00:00:00Z", "2014-01-01T00:00:00Z", "2019-01-01T00:00:00Z", "2023-01-01T00:00:00Z", None)
TABLES = ("payload", "item", "event", "link", "person", "cursor")
CONFIG = """
[store]
url = "sqlite:///{name}.db"
[connectors.jira.real]
url = "{jira}"
flavour = "{flavour}"
{email}
token_env = "VENDORS_TOKEN"
projects = ["DURACLOUD"]
[connectors.github.real]
api_url = "{github}"
token_env = "VENDORS_TOKEN"
repositories = ["bitcoin-core/secp256k1"]
"""

Serve = Callable[..., Any]


def weather(folder: Path, servers: Any, name: str, flavour: str, steps: tuple[str | None, ...], kills: int) -> int:
    """Collect through it into a store of that name; how many runs were killed."""
    email = 'email = "bot@example.invalid"' if flavour == "cloud" else ""
    config = folder / f"{name}.toml"
    config.write_text(CONFIG.format(name=name, flavour=flavour, email=email, **servers.urls()))
    words = [str(config), servers.urls()["control"], json.dumps(steps), str(kills), "20260105"]
    done = subprocess.run(
        [sys.executable, "-m", "tests.real.storm", *words], capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return int(done.stdout)


def everything(folder: Path, name: str) -> dict[str, list[tuple[Any, ...]]]:
    """All rows as they stand in the file."""
    with sqlite3.connect(folder / f"{name}.db") as store:
        return {table: sorted(store.execute(f"SELECT * FROM {table}"), key=repr) for table in TABLES}


@pytest.mark.parametrize("flavour", ["cloud", "datacenter"])
def test_kills_leave_no_trace(serve: Serve, tmp_path: Path, flavour: str) -> None:
    """While time goes on at the sources; every run is killed in the middle, and only the last of a time is not."""
    servers = serve(*RECORDED, *PLENTY, "--jira-flavour", flavour)

    assert weather(tmp_path, servers, "stormy", flavour, STEPS, kills=KILLS) >= KILLS * len(STEPS) / 2
    assert weather(tmp_path, servers, "quiet", flavour, STEPS[-1:], kills=0) == 0
    stormy, quiet = everything(tmp_path, "stormy"), everything(tmp_path, "quiet")
    for table in TABLES:
        assert stormy[table] == quiet[table], table
    assert len(quiet["item"]) == 739 + 2 + 1308 + 12


FAULTS = [
    {"match": {"vendor": "jira", "nth": [2, 9, 20]}, "action": {"rate_limited": 1}},
    {"match": {"vendor": "jira", "nth": [3, 14]}, "action": {"status": 429}},
    {"match": {"vendor": "jira", "nth": [4, 17]}, "action": {"status": 503}},
    {"match": {"vendor": "jira", "nth": [5]}, "action": {"drop_before": True}},
    {"match": {"vendor": "jira", "nth": [6]}, "action": {"drop_after_processing": True}},
    {"match": {"vendor": "jira", "nth": [7]}, "action": {"truncate": 900}},
    {"match": {"vendor": "github", "nth": [2, 11, 30]}, "action": {"graphql_partial": 3}},
    {"match": {"vendor": "github", "nth": [3, 25]}, "action": {"rate_limited": 1}},
    {"match": {"vendor": "github", "nth": [4, 15]}, "action": {"status": 502}},
    {"match": {"vendor": "github", "nth": [6]}, "action": {"status": 500}},
    {"match": {"vendor": "github", "nth": [7]}, "action": {"drop_before": True}},
    {"match": {"vendor": "github", "nth": [8]}, "action": {"drop_after_processing": True}},
    {"match": {"vendor": "github", "nth": [9]}, "action": {"truncate": 3000}},
]


@pytest.mark.parametrize("flavour", ["cloud", "datacenter"])
def test_a_storm_of_faults_leaves_no_trace(serve: Serve, tmp_path: Path, flavour: str) -> None:
    """One after another in one run, which does not even fail."""
    servers = serve(*RECORDED, *PLENTY, "--jira-flavour", flavour, "--now", THE_END)
    servers.sites["jira"].faults.set(FAULTS)

    weather(tmp_path, servers, "stormy", flavour, STEPS[-1:], kills=0)
    servers.sites["jira"].faults.set([])
    weather(tmp_path, servers, "quiet", flavour, STEPS[-1:], kills=0)
    assert everything(tmp_path, "stormy") == everything(tmp_path, "quiet")
