"""Events that were delivered twice."""

from dataclasses import replace

import pytest

from bot.flow.clock import instant
from bot.flow.history.log import Log, read_log
from connectors.records import Event, EventKind, Record
from tests.build import at, event, issue, pull, records

K = EventKind


def read(*parts: list[Record]) -> Log:
    return read_log(records(*parts), instant(at(50)))


def again(found: list[Record]) -> list[Record]:
    """The same under other ids, told later."""
    return [replace(r, id=f"again {r.id}", seq=r.seq + 100) for r in found if isinstance(r, Event)]


def states(log: Log) -> list[str]:
    return log.moves["state"].str.strip_prefix("jira:").to_list()


def test_a_history_that_was_delivered_twice_counts_once_and_is_said() -> None:
    """Under the same ids and under others, even where all happened at one instant."""
    told = issue("PAY-1", ("Open", 1), ("Build", 2), ("Test", 2), ("Done", 3))
    once, twice = read(told), read(told, told[1:], again(told))

    assert twice.moves.equals(once.moves)
    assert [(d.kind, d.items) for d in twice.doubts] == [("duplicate", ("PAY-1",))]
    assert "8 events" in twice.doubts[0].detail
    assert once.doubts == ()


def test_a_loop_within_one_instant_is_no_repetition() -> None:
    """The second move into Test leaves the state the item was in."""
    log = read(issue("PAY-1", ("Open", 1), ("Test", 2), ("Build", 2), ("Test", 2), ("Done", 3)))

    assert states(log) == ["Open", "Test", "Build", "Test", "Done"]
    assert log.doubts == ()


def test_a_log_that_does_not_say_what_was_left_keeps_its_loops() -> None:
    """In one by the day the whole loop may have one date."""
    told = [
        replace(r, detail=None) if isinstance(r, Event) else r for r in issue("PAY-1", ("A", 1), ("B", 1), ("A", 1))
    ]

    assert states(read(told)) == ["A", "B", "A"]


def test_a_review_that_was_delivered_twice_is_one() -> None:
    """Two by different people at one instant are two."""
    told = pull(1, (K.OPENED, 0), (K.REVIEWED, 1, "bob", "approved"), (K.REVIEWED, 1, "cid", "approved"))
    log = read(told, again(told))

    assert log.events["actor"].to_list() == ["ann", "bob", "cid"]


@pytest.mark.parametrize("count", [2, 3])
def test_several_edits_in_one_go_are_several(count: int) -> None:
    """Attachments come together."""
    edits = [replace(event("pay-1", K.EDITED, 1, detail="Attachment"), id=f"{n}") for n in range(count)]
    log = read(issue("PAY-1", ("Open", 0)), list(edits))

    assert (len(log.events), log.doubts) == (count, ())
