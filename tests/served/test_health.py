"""What `gemba run` says of itself."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection

import pytest

from bot.serve.given import Read
from bot.serve.health import LATE, Kept, Vitals, telling
from bot.serve.listening import listen
from bot.trouble_store import Trouble
from connectors.records import Budget

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
AN_HOUR = timedelta(hours=1)
KEPT = Kept(
    reads=[Read("jira.acme", "PAY", NOW - AN_HOUR), Read("github.acme", "acme/pay", None)],
    ended={"collect jira.acme": NOW - AN_HOUR},
    waiting=[NOW - 2 * AN_HOUR, NOW],
    troubles=[Trouble("github.acme/acme/pay", NOW - AN_HOUR, "the token was refused", denied=True)],
)
WELL = Vitals(
    now=NOW,
    beat_at=NOW,
    leads=True,
    attempts=Counter({("collect jira.acme", "done"): 3, ("collect jira.acme", "failed"): 1}),
    budgets={"github.acme": Budget(4990, 5000)},
    kept=KEPT,
)


def asked(vitals: Vitals, path: str) -> tuple[int, str]:
    with listen("127.0.0.1", 0) as place, telling(place, lambda: vitals):
        connection = HTTPConnection("127.0.0.1", place.getsockname()[1], timeout=20)
        connection.request("GET", path)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, text


@pytest.mark.parametrize(
    ("vitals", "path", "status"),
    [
        (WELL, "/healthz", 200),
        (replace(WELL, beat_at=NOW - LATE), "/healthz", 503),
        (replace(WELL, beat_at=None), "/healthz", 503),
        (replace(WELL, kept=None, missing="the database is away"), "/healthz", 200),
        (WELL, "/readyz", 200),
        (replace(WELL, leads=False), "/readyz", 200),
        (replace(WELL, kept=None, missing="the database is away"), "/readyz", 503),
        (WELL, "/", 404),
    ],
)
def test_it_lives_while_it_looks_and_is_ready_with_its_store(vitals: Vitals, path: str, status: int) -> None:
    """A process that waits for its database is not killed for it, and why is not told to everybody."""
    found, text = asked(vitals, path)

    assert found == status
    assert "away" not in text


def test_what_prometheus_is_told() -> None:
    """Unknown is left out; a store that cannot be read is told, and the rest all the same."""
    _, text = asked(WELL, "/metrics")
    told = dict(line.rsplit(" ", 1) for line in text.splitlines() if line.startswith("gemba_"))

    assert float(told['gemba_scope_last_complete_read_age_seconds{scope="PAY",source="jira.acme"}']) == 3600
    assert not any("acme/pay" in name for name in told if "complete_read" in name)
    assert float(told['gemba_job_attempts_total{job="collect jira.acme",outcome="done"}']) == 3
    assert float(told['gemba_source_requests_left{source="github.acme"}']) == 4990
    assert (float(told["gemba_outbox_messages"]), float(told["gemba_outbox_oldest_age_seconds"])) == (2, 7200)
    assert 'gemba_trouble_since_timestamp_seconds{subject="github.acme/acme/pay"}' in told
    _, text = asked(replace(WELL, kept=None), "/metrics")
    assert "gemba_store_ready 0.0" in text
    assert "gemba_run_leads 1.0" in text


def test_it_ends_with_what_it_tells_of() -> None:
    """The port is free again."""
    with listen("127.0.0.1", 0) as place:
        port = place.getsockname()[1]
        with telling(place, lambda: WELL):
            pass
    listen("127.0.0.1", port).close()
