"""Orders of steps in event logs that others published."""

from datetime import UTC, datetime
from typing import Any

from bot.flow.analyse import analyse
from bot.flow.findings.sequences import Sequences
from bot.flow.history.log import Records
from bot.flow.model import Stage, StageKind, Stream, Window
from connectors.records import Event, Item
from tests.real.test_eventlogs import PM4PY, eventlog, payloads

EVER = Window(start=datetime(2009, 1, 1, tzinfo=UTC), end=datetime(2021, 1, 1, tzinfo=UTC))


def found(file: str, end: str, **settings: Any) -> Sequences:
    """Every state but the last is a step; the logs tell completions."""
    connector = eventlog(file, **settings)
    told = [record for payload in payloads(connector) for record in connector.translate(payload)]
    states = [f"eventlog:{state}" for state in connector.states(connector.scopes[0])]
    stages = (
        Stage(name="Work", kind=StageKind.WORK, states=tuple(s for s in states if s != f"eventlog:{end}")),
        Stage(name="End", kind=StageKind.DONE, states=(f"eventlog:{end}",)),
    )
    stream = Stream(name="real", sources=("x/y",), end="End", stages=stages, steps="completions")
    items, events = [r for r in told if isinstance(r, Item)], [r for r in told if isinstance(r, Event)]
    sequences = analyse(stream, Records.of(items, events, [], []), EVER).sequences
    assert sequences is not None
    return sequences


def test_the_steps_of_a_municipality_are_done_by_one_performer() -> None:
    """A clerk receives a request and checks it in four cases of five, so nothing runs in parallel."""
    told = found("receipt.csv.gz", "T10 Determine necessity to stop indication", state="concept:name", **PM4PY)
    first = next(pair for pair in told.pairs if pair.n > 1300)

    assert (first.first, first.then) == ("Confirmation of receipt", "T02 Check confirmation of receipt")
    assert (first.tier, first.deviating) == ("same performer", 0)
    assert not [pair for pair in told.pairs if pair.tier == "parallel"]


def test_no_approval_of_a_declaration_is_released() -> None:
    """10,357 declarations go from one approver to the next, and payment is always asked for before it is made."""
    told = found("bpi2020_DomesticDeclarations.xes.gz", "Payment Handled")

    assert told.cases > 10_000
    assert [pair for pair in told.pairs if pair.tier == "parallel"] == []
