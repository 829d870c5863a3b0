"""Answers to questions: what they say, and that every name of an item is a link."""

from bot.asking.answers import item_answer, nothing_called, status_answer, stuck_answer, why_answer
from bot.digest.compose import Context
from bot.digest.lines import Line, Link
from bot.flow.analyse import read
from bot.flow.explain.queue import explain_queue
from bot.flow.explain.timelines import explain
from bot.flow.explain.waste import explain_waste
from bot.flow.reconstruct import reconstruct
from bot.govern.remarks import Remark, RemarkKind, Remarks
from tests.build import STREAM, at, window
from tests.digest.said import WAITING, seen, spaced

FOUND = reconstruct(STREAM, WAITING, window(0, 28))


def said(lines: tuple[Line, ...]) -> list[str]:
    return [spaced(line.plain) for line in lines]


def test_how_a_stream_stands_is_said_as_of_now() -> None:
    """What a digest would say today."""
    found = status_answer(seen(WAITING), Context())

    assert found.title == "Payments, on 2 Feb 2026, 00:00"
    assert said(found.lines)[1] == "8 items delivered in 4 weeks, 1 under way."


def test_what_is_stuck_can_be_taken_by_whoever_is_first() -> None:
    """Who took it is named instead."""
    claim = Remark(stream="Payments", at=at(28), by="U1", kind=RemarkKind.CLAIM, subject="item PAY-9")
    free, taken = (stuck_answer(seen(WAITING), Context(remarks=Remarks(some))) for some in ([], [claim]))

    assert [choice.subject for choice in free.choices] == ["item PAY-9"]
    assert not taken.choices
    assert said(taken.lines)[0].endswith("Product lead can free it. a member of the team took it on 2 Feb 2026.")
    assert stuck_answer(seen(WAITING, end=9), Context()).title == "Payments: nothing is stuck"


def test_why_an_item_takes_so_long_is_told_by_place() -> None:
    """The longest first, with who can free it; the shares are of its own time."""
    found = item_answer(explain(FOUND, "PAY-9"))

    assert said(found.lines) == [
        "PAY-9 Title of PAY-9: is open for 28 days.",
        "Review, waiting for approval: 20 days, 71 % of it.",
        "Backlog, waiting for backlog: 8 days, 29 % of it.",
        "Product lead can free it.",
    ]
    assert isinstance(found.lines[0].parts[0], Link)


def test_what_is_behind_a_waste_and_a_queue_is_told_with_their_items() -> None:
    """Five of them; the command line has all."""
    analysis = read(FOUND)
    waste, queue = (
        why_answer(explained)
        for explained in (explain_waste(FOUND, analysis, "waiting"), explain_queue(FOUND, analysis, "review"))
    )

    assert "PAY-9 Title of PAY-9: 20 item-days." in said(waste.lines)
    assert said(waste.lines)[-1] == "and 4 more; “gemba explain” on the command line lists all."
    assert said(queue.lines)[-1] == "PAY-9 Title of PAY-9: waits 20 days; Product lead can free it."


def test_what_there_is_not_is_answered_with_what_there_is() -> None:
    """However long the name is."""
    found = nothing_called("x" * 500, seen(WAITING))

    assert len(found.title) < 150
    assert said(found.lines) == ["A waste: waiting, inventory.", "A queue: Review."]
