"""Items that block others: until when, and what nobody can know."""

import polars as pl

from bot.flow.reconstruct import reconstruct
from bot.flow.timeline.spans import Label
from connectors.records import EventKind
from tests.build import STREAM, change, issue, records, window


def blocked_days(*parts: object) -> tuple[float, list[str]]:
    found = reconstruct(STREAM, records(*parts), window(0, 20))  # type: ignore[arg-type]
    first = found.timeline.spans.filter(found.timeline.spans["case"] == 0)
    spans = first.filter(pl.col("label") == Label.BLOCKED)
    total = (spans["end"] - spans["start"]).sum() / 86_400_000_000
    return float(total), [doubt.kind for doubt in found.log.doubts]


BLOCKED = issue("PAY-1", ("In Progress", 0), ("Done", 10))
LINK = change("PAY-1", EventKind.BLOCKED, 2, "PAY-2")


def test_a_block_ends_when_what_blocks_is_resolved() -> None:
    """Though the link is still there."""
    blocker = issue("PAY-2", ("Open", 0), ("Done", 5), resolution="Fixed")

    assert blocked_days(BLOCKED, LINK, blocker) == (3.0, [])


def test_a_block_ends_when_the_link_is_taken_away() -> None:
    """Or with the item itself."""
    blocker = issue("PAY-2", ("Open", 0))

    assert blocked_days(BLOCKED, LINK, blocker, change("PAY-1", EventKind.UNBLOCKED, 4, "PAY-2")) == (2.0, [])
    assert blocked_days(BLOCKED, LINK, blocker) == (8.0, [])


def test_what_was_resolved_before_blocks_nothing() -> None:
    """Unless it is taken up again, which the link does not tell."""
    assert blocked_days(BLOCKED, LINK, issue("PAY-2", ("Open", 0), ("Done", 1), resolution="Fixed")) == (0.0, [])


def test_a_block_by_something_that_was_not_collected_is_a_doubt() -> None:
    """Nobody knows when it ends."""
    assert blocked_days(BLOCKED, LINK) == (0.0, ["unknown blocker"])


def test_two_reasons_block_until_the_last_is_gone() -> None:
    """A union, not a sum: from day 2 to day 6, not twice."""
    flags = change("PAY-1", EventKind.BLOCKED, 3, "flag"), change("PAY-1", EventKind.UNBLOCKED, 6, "flag")
    blocker = issue("PAY-2", ("Open", 0), ("Done", 5), resolution="Fixed")

    assert blocked_days(BLOCKED, LINK, blocker, *flags) == (4.0, [])


def test_what_is_done_without_a_resolution_blocks_no_more() -> None:
    """Some projects use none; then its state tells, and whether it was taken up again before."""
    again = issue("PAY-2", ("Open", 0), ("Done", 1), ("Open", 1.5), ("Done", 5))

    assert blocked_days(BLOCKED, LINK, issue("PAY-2", ("Open", 0), ("Cancelled", 4))) == (2.0, [])
    assert blocked_days(BLOCKED, LINK, again) == (3.0, [])
