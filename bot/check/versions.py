"""What runs here, and since when it is configured so."""

from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from platform import python_version

from bot.words import spelt
from connectors.records import Check

LIBRARIES = ("jira", "PyGithub", "slack-sdk", "polars", "pydantic", "SQLAlchemy", "APScheduler")
DAY_S = 86_400


def check_versions() -> Iterator[Check]:
    """Of gemba, of Python, and of the libraries that others' systems are asked with."""
    yield Check("gemba", ok=True, detail=version_of("gemba"), section="versions")
    yield Check("python", ok=True, detail=python_version(), section="versions")
    told = ", ".join(f"{name} {version_of(name)}" for name in LIBRARIES)
    yield Check("libraries", ok=True, detail=told, section="versions")


def version_of(name: str) -> str:
    """As it is installed."""
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed as a package"


def changed_at(path: Path) -> datetime:
    """When a file was changed last."""
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def age(changed: datetime, now: datetime) -> str:
    """How long ago that was, in words."""
    return f"changed {spelt(max((now - changed).total_seconds(), 0) / DAY_S)} ago"
