"""What is done on schedule, and when."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.app.running import NEVER, pack_due
from bot.govern.gates import Gate

BERLIN = ZoneInfo("Europe/Berlin")
QUARTER, ONCE = Gate(name="Quarter", every="quarter"), Gate(name="Once", on=date(2026, 12, 18))


def due(gate: Gate, day: str) -> datetime:
    return pack_due(gate, time(9), BERLIN, datetime.fromisoformat(day).replace(tzinfo=BERLIN).astimezone(UTC))


@pytest.mark.parametrize(
    ("gate", "now", "expected"),
    [
        (ONCE, "2026-12-15T08:59", NEVER),
        (ONCE, "2026-12-15T09:00", datetime(2026, 12, 15, 8, tzinfo=UTC)),
        (ONCE, "2027-12-15T09:00", datetime(2026, 12, 15, 8, tzinfo=UTC)),
        (QUARTER, "2026-09-27T08:59", datetime(2026, 6, 27, 7, tzinfo=UTC)),
        (QUARTER, "2026-09-27T09:00", datetime(2026, 9, 27, 7, tzinfo=UTC)),
        (QUARTER, "2026-10-25T09:00", datetime(2026, 9, 27, 7, tzinfo=UTC)),
    ],
)
def test_what_a_gate_decides_on_is_due_three_days_before_it(gate: Gate, now: str, expected: datetime) -> None:
    """At the time of day of the digest, in the time zone of the stream."""
    assert due(gate, now) == expected


def test_a_time_at_which_it_was_due_is_never_taken_back() -> None:
    """Through a year, hour by hour: what was posted once is not posted again."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    found = [pack_due(QUARTER, time(9), BERLIN, start + timedelta(hours=n)) for n in range(366 * 24)]

    assert found == sorted(found)
    assert len({*found}) == 5
