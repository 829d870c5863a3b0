"""A company end to end: collected from its stand-ins, analysed, told. Times and memory of each command."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import IO
from urllib.request import urlopen

from bench.processes import ROOT, Failed, Spent, spend
from bench.results import Figure, Wanted

SYNCED = 4_000
"""Issues of the company that is read in a run of everything; it has twice as many pull requests."""

GEMBA = (sys.executable, "-c", "from bot.cli import main; main()")
NOW = "2025-12-30"
"""The day after the last thing happened."""

KEYS = [f"P{n:02}" for n in range(20)]
SEARCHED, HISTORIES, PULLED = 100, 1000, 100
"""The most that one request gives: issues and histories of Jira Cloud, pull requests of GitHub.

Source: developer.atlassian.com, search/jql and changelog/bulkfetch; docs.github.com/graphql, limits of connections.
"""


@dataclass(frozen=True)
class Site:
    """Stand-ins that run; how many issues and pull requests they have."""

    jira: str
    github: str
    issues: int
    pulls: int

    def asked(self) -> int:
        """Requests so far."""
        return sum(sum(self._asked(address).values()) for address in (self.jira, self.github))

    def _asked(self, address: str) -> dict[str, int]:
        with urlopen(f"{address}/asked") as answer:  # noqa: S310  loopback
            return dict(json.load(answer))

    @property
    def least(self) -> int:
        """Requests that nobody can do without who reads all of it."""
        projects, repositories = len(KEYS), 2 * len(KEYS)
        issues, pulls = self.issues / projects, self.pulls / repositories
        a_project = ceil(issues / SEARCHED) + ceil(issues / HISTORIES)
        return projects * a_project + repositories * ceil(pulls / PULLED)


def figures(wanted: Wanted) -> Iterator[Figure]:
    """What reading costs: requests and rows."""
    with running(SYNCED) as site:
        config = configured(wanted.folder / "sync", site)
        yield from _collected("sync", config, site)


def at_scale(wanted: Wanted) -> Iterator[Figure]:
    """Everything from the first request to the digest."""
    with running(wanted.issues) as site:
        name = f"company of {site.issues:,} issues and {site.pulls:,} pull requests"
        config = configured(wanted.folder / "company", site)
        yield from _collected(name, config, site)
        for what, words in (
            ("analyse a twentieth", ("analyse", "--stream", KEYS[0])),
            ("analyse all in one stream", ("analyse", "--stream", "Company")),
            ("digest of a twentieth", ("digest", "--stream", KEYS[0], "--dry-run")),
        ):
            yield from _told(f"{name}: {what}", gemba(config, *words, "--now", NOW))


@contextmanager
def running(issues: int) -> Iterator[Site]:
    command = (sys.executable, "-m", "bench.site", str(issues))
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        try:
            yield Site(**json.loads(_line(process.stdout)))
        finally:
            process.communicate()


def _line(said: IO[str] | None) -> str:
    line = said.readline() if said else ""
    if not line:
        raise Failed("the stand-ins of the company did not start")
    return line


def configured(folder: Path, site: Site) -> Path:
    """A stream for each project with its repositories, and one of everything."""
    folder.mkdir(parents=True)
    (folder / "token").write_text("demo", "utf-8")
    (folder / "token").chmod(0o600)
    repositories = json.dumps([f"bench/{key.lower()}-{n}" for key in KEYS for n in range(2)])
    sources = {key: [f"jira.acme/{key}", *(f"github.acme/bench/{key.lower()}-{n}" for n in range(2))] for key in KEYS}
    streams = [*sources.items(), ("Company", [scope for scopes in sources.values() for scope in scopes])]
    parts = [
        '[store]\nurl = "sqlite:///gemba.db"',
        f'[connectors.jira.acme]\nurl = "{site.jira}"\ntoken_file = "token"\nprojects = {json.dumps(KEYS)}',
        f'[connectors.github.acme]\napi_url = "{site.github}"\ntoken_file = "token"\nrepositories = {repositories}',
        *(_stream(name, scopes) for name, scopes in streams),
        f'[[digests]]\nstream = "{KEYS[0]}"\nfolder = "told"\nday = "mon"\nat = "09:00"',
    ]
    (folder / "config.toml").write_text("\n\n".join(parts) + "\n", "utf-8")
    return folder / "config.toml"


STAGES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "Open": ("wait", ()),
    "In Progress": ("work", ("draft", "changes requested", "checks failed")),
    "In Review": ("approval", ("awaiting review", "awaiting checks", "awaiting merge")),
    "Testing": ("work", ()),
    "Ready to deploy": ("wait", ()),
    "Done": ("done", ()),
    "Rejected": ("dropped", ()),
}


def _stream(name: str, scopes: list[str]) -> str:
    lines = ["[[streams]]", f'name = "{name}"', f"sources = {json.dumps(scopes)}", 'end = "Done"']
    for stage, (kind, courts) in STAGES.items():
        states = json.dumps([f"jira:{stage}", *(f"github:{court}" for court in courts)])
        lines += ["[[streams.stages]]", f'name = "{stage}"', f'kind = "{kind}"', f"states = {states}"]
    return "\n".join(lines)


def gemba(config: Path, *words: str) -> Spent:
    return spend(*GEMBA, words[0], "--config", config, *words[1:])


def _collected(name: str, config: Path, site: Site) -> Iterator[Figure]:
    """A first collection, and another one when nothing had changed."""
    before = site.asked()
    first = gemba(config, "collect")
    asked = site.asked() - before
    rows = _rows(config.parent / "gemba.db")
    yield from _told(f"{name}: collect", first)
    yield Figure(f"{name}: collect, rows", sum(rows.values()) / first.cpu, "rows/CPU s")
    yield Figure(f"{name}: collect, events", rows["event"], "events")
    least = f"the least: {site.least:,} requests"
    yield Figure(f"{name}: collect, requests", asked, "requests", least, asked / site.least)
    again = gemba(config, "collect")
    scopes = 3 * len(KEYS)
    yield from _told(f"{name}: collect when nothing changed", again)
    more = site.asked() - before - asked
    least = f"one for each of {scopes} scopes"
    yield Figure(f"{name}: collect when nothing changed, requests", more, "requests", least, more / scopes)
    yield Figure(f"{name}: database", (config.parent / "gemba.db").stat().st_size / 2**20, "MiB")


def _rows(database: Path) -> dict[str, int]:
    with sqlite3.connect(database) as connection:
        return {t: connection.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in TABLES}  # noqa: S608


TABLES = ("payload", "item", "event", "link", "person")


def _told(name: str, spent: Spent) -> Iterator[Figure]:
    yield Figure(name, spent.cpu, "CPU s")
    yield Figure(f"{name}, on the clock", spent.wall, "s")
    yield Figure(f"{name}, peak memory", spent.peak / 2**20, "MiB")
