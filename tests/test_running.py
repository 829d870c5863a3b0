"""What `gemba run` does when: the pack of a gate, before its meeting."""

from datetime import UTC, datetime
from pathlib import Path
from threading import Event

import pytest

from bot.app.running import NEVER, _jobs, plan_of_run
from bot.config import load_config
from bot.demo.stand_ins import Addresses
from bot.schedule import Job
from tests.commands import changed

SECOND = '\n[[digests]]\nstream = "Payments"\nchannel = "C0BOARD"\nday = "tue"\nat = "11:00"\n\n[[digests]]'


@pytest.fixture
def packs(company: tuple[Path, Addresses], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Job]:
    """Of the gate at the end of the quarter, for both channels in which the stream is told."""
    place = changed(company, tmp_path, "\n[[digests]]", SECOND)
    (place / "gemba.db").write_bytes((company[0] / "gemba.db").read_bytes())
    monkeypatch.chdir(place)
    return [job for job in _jobs(load_config(place / "config.toml"), Event()) if job.name.startswith("gate ")]


def test_every_channel_of_a_stream_has_the_pack(packs: list[Job]) -> None:
    """Each once."""
    due = datetime(2026, 12, 28, 10, tzinfo=UTC)

    assert sorted(job.action(due) for job in packs) == ["posted to #payments", "posted to C0BOARD"]
    assert sorted(job.action(due) for job in packs) == ["stands in #payments already", "stands in C0BOARD already"]


def test_a_gate_that_is_over_is_not_announced(company: tuple[Path, Addresses], tmp_path: Path) -> None:
    """Its pack is never posted, so nobody is told that it would be."""
    gates = 'name = "Old"\non = 2026-01-31\nkey_results = []\n\n[[streams.gates]]\nname = "Far"\non = 2199-12-31'
    place = changed(company, tmp_path, 'name = "Quarter"\nevery = "quarter"', gates)
    text = (place / "config.toml").read_text()
    (place / "config.toml").write_text(text.replace('"2026-Q4"', '"2199-Q4"', 1).replace('"2026-Q4"', '"2026-Q1"', 1))

    told = " ".join(plan_of_run(load_config(place / "config.toml")))

    assert "what Far of Payments decides on: to #payments, 3 days before it" in told
    assert "Old" not in told


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-12-28T09:59", NEVER),
        ("2026-12-28T10:00", datetime(2026, 12, 28, 10, tzinfo=UTC)),
        ("2027-01-20T10:00", datetime(2026, 12, 28, 10, tzinfo=UTC)),
        ("2027-03-28T08:59", NEVER),
        ("2027-03-28T09:00", datetime(2027, 3, 28, 9, tzinfo=UTC)),
    ],
)
def test_a_pack_is_due_three_days_before_the_end_of_a_quarter(packs: list[Job], now: str, due: datetime) -> None:
    """At the time of day of the digest, in summer and in winter; once it is over it is too late for it."""
    board = next(job for job in packs if job.name.endswith("C0BOARD"))

    assert board.last_due(datetime.fromisoformat(now).replace(tzinfo=UTC)) == due
