"""What `gemba run` does over months: in the suite some weeks of it, `make years` does the rest."""

from datetime import UTC, datetime
from pathlib import Path

from tests.databases import new_database
from tests.years.quarter import weather
from tests.years.year import Span, lived, wrong


def test_every_digest_comes_once_on_its_day(tmp_path: Path) -> None:
    """In autumn, when the clocks change in all three zones, and after a week in which nothing ran."""
    outage = datetime(2026, 10, 12, 12, tzinfo=UTC), datetime(2026, 10, 19, 12, tzinfo=UTC)
    span = Span(datetime(2026, 9, 28, tzinfo=UTC), 6, outage)
    found, keys = lived(tmp_path, span)

    assert wrong(found, keys, span) == []
    assert len([one for one in found if one.due >= span.start]) == 6 * 3


def test_kills_leave_no_trace(tmp_path: Path) -> None:
    """Of the one process that SQLite takes."""
    stormy, quiet = (f"sqlite:///{tmp_path / name}.db" for name in ("stormy", "quiet"))

    assert weather(tmp_path, stormy, quiet, days=1, kills=5, seed=5) == []


def test_kills_of_two_leave_no_trace(tmp_path: Path, postgres: str) -> None:
    """That share a PostgreSQL."""
    stormy, quiet = (new_database(postgres, name) for name in ("stormy", "quiet"))

    assert weather(tmp_path, stormy, quiet, days=1, kills=5, seed=7) == []
