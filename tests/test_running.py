"""What is done on schedule, and when."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from threading import Event
from zoneinfo import ZoneInfo

import pytest

from bot.app.jobs import PACK_BEFORE, gate_due, jobs_of
from bot.app.running import plan_of_run, tell_troubles
from bot.app.wiring import opened
from bot.config import load_config
from bot.demo.stand_ins import Addresses
from bot.errors import NothingYet
from bot.govern.gates import Gate
from bot.schedule import NEVER, Job, every
from bot.store import Store
from tests.commands import changed

BERLIN = ZoneInfo("Europe/Berlin")
QUARTER, ONCE = Gate(name="Quarter", every="quarter"), Gate(name="Once", on=date(2026, 12, 18))


def due(gate: Gate, day: str) -> datetime:
    return gate_due(
        gate, -PACK_BEFORE, time(9), BERLIN, datetime.fromisoformat(day).replace(tzinfo=BERLIN).astimezone(UTC)
    )


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
    found = [gate_due(QUARTER, -PACK_BEFORE, time(9), BERLIN, start + timedelta(hours=n)) for n in range(366 * 24)]

    assert found == sorted(found)
    assert len({*found}) == 5


SECOND = '\n[[digests]]\nstream = "Payments"\nchannel = "C0BOARD"\nday = "tue"\nat = "11:00"\n\n[[digests]]'


@pytest.fixture
def packs(company: tuple[Path, Addresses], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Job]]:
    """Of the gate at the end of the quarter, for both channels in which the stream is told."""
    place = changed(company, tmp_path, "\n[[digests]]", SECOND)
    (place / "gemba.db").write_bytes((company[0] / "gemba.db").read_bytes())
    monkeypatch.chdir(place)
    config = load_config(place / "config.toml")
    with opened(config) as store:
        yield [job for job in jobs_of(config, store, Event(), {}) if job.name.startswith('gate "')]


def test_every_channel_of_a_stream_has_the_pack(packs: list[Job]) -> None:
    """Each once."""
    due = datetime(2026, 9, 27, 10, tzinfo=UTC)

    assert sorted(job.action(due) for job in packs) == ["posted to #payments", "posted to C0BOARD"]
    assert sorted(job.action(due) for job in packs) == ["stands in #payments already", "stands in C0BOARD already"]


def test_a_pack_waits_for_what_is_not_read_yet(packs: list[Job]) -> None:
    """Whoever decides on a gate decides on what is known up to its day."""
    with pytest.raises(NothingYet, match="was not read until 2199-09-27 00:00"):
        packs[0].action(datetime(2199, 9, 27, 10, tzinfo=UTC))


def test_a_gate_that_is_over_is_not_announced(company: tuple[Path, Addresses], tmp_path: Path) -> None:
    """Its pack is never posted, so nobody is told that it would be."""
    gates = 'name = "Old"\non = 2026-01-31\nkey_results = []\n\n[[streams.gates]]\nname = "Far"\non = 2199-12-31'
    place = changed(company, tmp_path, 'name = "Quarter"\nevery = "quarter"', gates)
    text = (place / "config.toml").read_text()
    (place / "config.toml").write_text(text.replace('"2026-Q4"', '"2199-Q4"', 1).replace('"2026-Q4"', '"2026-Q1"', 1))

    told = " ".join(plan_of_run(load_config(place / "config.toml")))

    assert "what Far of Payments decides on: to #payments, 3 days before it" in told
    assert "Old" not in told


def test_trouble_of_what_is_not_configured_any_more_is_forgotten(store: Store, folder: Path) -> None:
    """Nobody could end it: it would be told at every start, and in /metrics."""
    now, job = datetime(2026, 11, 20, 12, tzinfo=UTC), Job("collect jira.acme", every(timedelta(1)), timedelta(1), str)
    for subject in ("jira.acme/PAY", "collect jira.acme", "jira.old/PAY", "collect jira.old"):
        store.troubles.begin(subject, "down", now, denied=False)

    tell_troubles(load_config(folder / "config.toml"), store, [job])

    assert [trouble.subject for trouble in store.troubles.open()] == ["collect jira.acme", "jira.acme/PAY"]
