"""Event logs that others published: what they say of themselves is what is read."""

from typing import Any

import pytest

from bot.flow.clock import WorkClock, instant
from bot.flow.history.log import Records, read_log
from bot.flow.model import Calendar, Stage, StageKind, Stream
from bot.flow.queues.discovered import discover
from bot.flow.timeline.cases import build_cases
from bot.store import Store
from connectors.eventlog import EventLog
from connectors.eventlog_files import EventLogSettings
from connectors.records import Event, Item, Payload
from tests.real.conftest import DATA, collected, now

LOGS = DATA / "eventlogs"
PM4PY = {"case": "case:concept:name", "at": "time:timestamp", "actor": "org:resource"}
"""Columns as pm4py writes them."""


def eventlog(file: str, **settings: Any) -> EventLog:
    if not (LOGS / file).is_file():
        pytest.skip(f"the logs are not here: {LOGS / file}")
    return EventLog("eventlog.real", EventLogSettings.model_validate({"path": LOGS / file, **settings}), now)


def payloads(connector: EventLog) -> list[Payload]:
    pages = list(connector.fetch(connector.scopes[0], None))
    assert not any(page.unreadable for page in pages)
    return [payload for page in pages for payload in page.payloads]


def test_the_receipts_of_a_municipality() -> None:
    """A CSV: 1,434 cases, 8,577 events; no row is told twice."""
    connector = eventlog("receipt.csv.gz", state="concept:name", **PM4PY)

    assert "1434 cases, 8577 events from 2010-10-02 to 2012-01-23; CSV in utf-8" in next(connector.check()).detail
    assert sum(len(payload.body["events"]) for payload in payloads(connector)) == 8577
    assert len(connector.states(connector.scopes[0])) == 27


def test_the_declarations_of_a_university() -> None:
    """A XES with its usual keys: 10,357 cases, of which 1,278 were rejected at some step."""
    found = payloads(eventlog("bpi2020_DomesticDeclarations.xes.gz"))
    rejected = [p for p in found if any("REJECTED" in state for _, state, _ in p.body["events"])]

    assert (len(found), len(rejected)) == (10357, 1278)


def test_the_payments_of_a_university_run_on_mondays_and_thursdays() -> None:
    """Found out from when they are made; who acts is not told apart in this log."""
    connector = eventlog("bpi2020_DomesticDeclarations.xes.gz")
    told = [record for payload in payloads(connector) for record in connector.translate(payload)]
    events, items = [r for r in told if isinstance(r, Event)], [r for r in told if isinstance(r, Item)]
    stages = (
        Stage(name="Request Payment", kind=StageKind.WORK, states=("eventlog:Request Payment",)),
        Stage(name="Paid", kind=StageKind.DONE, states=("eventlog:Payment Handled",)),
    )
    calendar = Calendar(timezone="Europe/Amsterdam")
    stream = Stream(name="Declarations", sources=("eventlog.real/x",), end="Paid", stages=stages, calendar=calendar)
    end = max(instant(event.at) for event in events) + 1
    log = read_log(Records.of(items, events, (), ()), end, stream.ending_states)
    clock = WorkClock(calendar, int(log.moves["at"].to_numpy().min()), end)
    found = {s.state: s for s in discover(stream, log, build_cases(stream, log, ()), (), clock, end)}
    payment = found["eventlog:Request Payment"]

    assert (payment.behaves, payment.queue, payment.grade) == ("queue", "batch gate", "C")
    assert payment.cadence is not None
    assert payment.cadence.weekdays == ("mon", "thu")


def test_the_problems_of_a_car_maker(lite: Store) -> None:
    """A state of two columns: 1,487 cases, 6,660 events, which come out of the store as they went in."""
    connector = eventlog("bpi13_closed.csv.gz", state=["concept:name", "lifecycle:transition"], **PM4PY)
    [done] = collected(lite, connector)
    events = lite.events([(connector.name, connector.scopes[0])])

    assert (done.saved.changed, len(events)) == (1487, 6660)
    assert {"Accepted / In Progress", "Completed / Closed"} <= {event.state for event in events}
