"""Queues of real streams: what is said of them is what opening their items shows."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from bot.config import ConfiguredStream
from bot.flow.analyse import read
from bot.flow.findings.analysis import Analysis
from bot.flow.findings.queues import Queue
from bot.flow.history.log import Records
from bot.flow.model import Stage, StageKind, Window
from bot.flow.reconstruct import Reconstruction, reconstruct
from bot.store import Store
from tests.real.conftest import collected, github, jira
from tests.real.test_eventlogs import eventlog
from tests.real.test_recordings import DURACLOUD, SECP256K1
from tests.real.test_streams import ISSUES, PULLS, reconstruction

Serve = Callable[..., Any]
UNTIL_THE_LAST = Window(start=datetime(2009, 11, 11, tzinfo=UTC), end=datetime(2014, 7, 26, tzinfo=UTC))
"""All that is recorded of DuraCloud."""


def window(first: int, last: int) -> Window:
    return Window(start=datetime(first, 1, 1, tzinfo=UTC), end=datetime(last, 1, 1, tzinfo=UTC))


def test_an_open_backlog_that_grows(lite: Store, serve: Serve) -> None:
    """185 items of DuraCloud are open, some for years: no exit is lost, more comes than goes."""
    collected(lite, jira(serve("--jira", str(DURACLOUD)), "DURACLOUD"))
    stages = tuple(s.model_copy(update={"kind": StageKind.APPROVAL}) if s.name == "Open" else s for s in ISSUES)
    done = reconstruction(lite, stages, ("jira.real", "DURACLOUD"), window=UNTIL_THE_LAST)
    [found] = [q for q in read(done).queues if q.stage == "Open"]

    assert found.little.verdict == "growing"
    assert found.little.coherence == pytest.approx(5.2, abs=0.5)
    assert found.little.drift == pytest.approx(0.39, abs=0.02)
    assert found.wait.holds_for in (None, "this period")


def test_reviews_that_change_something(lite: Store, serve: Serve) -> None:
    """More than half of the reviews of secp256k1 are answered by a push; nobody's time is short."""
    collected(lite, github(serve("--github", str(SECP256K1)), "bitcoin-core/secp256k1"))
    done = reconstruction(lite, PULLS, ("github.real", "bitcoin-core/secp256k1"), window=window(2014, 2026))
    [found] = read(done).queues

    assert found.rubber_stamp is False
    assert found.stamp is not None
    assert found.stamp.changed > found.stamp.n / 2
    assert sum(found.causes.model_dump().values()) == pytest.approx(found.cost)


def declarations(lite: Store) -> Reconstruction:
    """10,357 travel declarations."""
    connector = eventlog("bpi2020_DomesticDeclarations.xes.gz")
    collected(lite, connector)
    scopes = [(connector.name, connector.scopes[0])]
    events = lite.events(scopes)
    named = {
        "Rejected": (StageKind.WORK, "REJECTED"),
        "Submitted": (StageKind.APPROVAL, "SUBMITTED"),
        "Approved": (StageKind.APPROVAL, "APPROVED by"),
        "Requested": (StageKind.APPROVAL, "Request Payment"),
        "Paid": (StageKind.DONE, "Payment Handled"),
    }
    states = {e.state for e in events if e.state}
    stages = tuple(
        Stage(name=name, kind=kind, states=tuple(f"eventlog:{s}" for s in sorted(states) if word in s))
        for name, (kind, word) in named.items()
    )
    stream = ConfiguredStream(name="real", sources=("x/y",), end="Paid", stages=stages)
    records = Records.of(lite.items(scopes), events, lite.links(scopes), lite.people({connector.name}))
    return reconstruct(stream, records, window(2016, 2020))


def test_declarations(lite: Store) -> None:
    """They are taken newest first and paid oldest first, on Mondays and Thursdays; 1,278 of 10,357 were rejected.

    Two accounts move thousands: nobody's use is told from a role, nor that it was busy. 1,006 of those that were
    rejected were submitted again; those that were paid in the end took about twelve days longer than others of their
    month.
    """
    done = declarations(lite)
    found = read(done)
    _are_taken_in_order({queue.stage: queue for queue in found.queues})
    _are_submitted_again(done, found)


def _are_taken_in_order(queues: Mapping[str, Queue]) -> None:
    submitted, requested = queues["Submitted"], queues["Requested"]

    assert submitted.discipline is not None
    assert submitted.discipline.words == "newest first"
    assert requested.discipline is not None
    assert requested.discipline.words == "oldest first"
    assert submitted.rubber_stamp is False
    assert submitted.capacity is not None
    assert submitted.capacity.reason == "it is not recorded who approves"


def _are_submitted_again(done: Reconstruction, found: Analysis) -> None:
    state = pl.col("state").str
    moves = done.log.moves.sort("item", "at", maintain_order=True).with_columns(
        rejected=state.contains("REJECTED").cum_max().over("item")
    )
    again = moves.filter("rejected", state.contains("SUBMITTED"))
    [back] = [loop for loop in found.loops if (loop.origin, loop.back_to) == ("Submitted", "Rejected")]

    assert moves.filter("rejected")["item"].n_unique() == 1278
    assert again["item"].n_unique() == 1006
    assert {q.stage: q.batching for q in found.queues}["Requested"] == "Mon and Thu"
    assert back.counterfactual is not None
    assert 10 < back.counterfactual.low < back.counterfactual.high < 14.5
