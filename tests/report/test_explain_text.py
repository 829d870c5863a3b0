"""Explanations on a terminal."""

from rich.console import Console, RenderableType

from bot.flow.analyse import read
from bot.flow.explain.loop import explain_loop
from bot.flow.explain.names import listing
from bot.flow.explain.queue import explain_queue
from bot.flow.explain.timelines import explain
from bot.flow.explain.waste import explain_waste
from bot.flow.findings.explained import Known, Listing, Numbered
from bot.flow.history.log import Records
from bot.flow.reconstruct import Reconstruction, reconstruct
from bot.report.explain_text import explain_text
from bot.report.explained_text import MOST, explained_text
from connectors.records import EventKind as K
from tests.build import STREAM, change, issue, pull, records, window


def shown(what: RenderableType, width: int = 120) -> str:
    """Runs of spaces are one."""
    console = Console(width=width, color_system=None)
    with console.capture() as caught:
        console.print(what)
    return "\n".join(" ".join(line.split()) for line in caught.get().splitlines())


def seen(found: Records) -> Reconstruction:
    return reconstruct(STREAM, found, window(end=30))


def test_an_item_says_each_reason_once() -> None:
    """Claims of states get a mark, change requests go by their number, neighbours that read the same are one line."""
    story = issue("PAY-1", ("Open", 0), ("In Progress", 1), ("In Review", 4))
    review = pull(1, (K.OPENED, 2.0), (K.REVIEWED, 3.0, "bob", "approved"), (K.MERGED, 3.5), names=["PAY-1"])
    told = shown(explain_text(explain(seen(records(story, review)), "PAY-1")), 100)

    assert '05 Jan 00:00 1.0 d Backlog waiting: backlog "Open"' in told
    assert "#1 waits for a review" in told
    assert told.count("traces of work are not usual there") == 1
    assert "Now in Review for 26 d (waiting: approval)" in told


def test_totals_are_told_by_kind_the_largest_first() -> None:
    """Waits of all kinds are one sum."""
    story = issue("PAY-1", ("Open", 0), ("In Progress", 1), ("In Review", 3), ("Done", 9))
    lines = shown(explain_text(explain(seen(records(story)), "PAY-1"))).splitlines()
    first = next(n for n, line in enumerate(lines) if "in all:" in line)

    assert lines[first + 1].split() == ["7.0", "d", "waiting", "approval", "6.0", "d,", "backlog", "1.0", "d"]
    assert lines[first + 2].split() == ["2.0", "d", "work", "2.0", "working", "days"]


def test_an_item_that_went_back_says_how_often_and_what_that_took() -> None:
    """Waiting to be looked at again is part of it; what never went back says nothing of it."""
    back = issue("PAY-1", ("In Progress", 0), ("In Review", 3), ("In Progress", 9), ("In Review", 11), ("Done", 14))
    straight = issue("PAY-2", ("In Progress", 0), ("In Review", 3), ("Done", 9))
    known = seen(records(back, straight))

    assert "It went back 1 time; doing it again took 5.0 d, waiting included." in shown(
        explain_text(explain(known, "PAY-1"))
    )
    assert "went back" not in shown(explain_text(explain(known, "PAY-2")))


def test_the_first_items_of_a_queue_are_shown_and_the_others_counted() -> None:
    """Each on one line, however narrow the terminal."""
    items = [issue(f"PAY-{n}", ("In Progress", 0), ("In Review", n / 2), ("Done", 12)) for n in range(1, MOST + 2)]
    waits = issue("PAY-99", ("In Progress", 0), ("In Review", 1)), change("PAY-99", K.ASSIGNED, 1.0, "mara")
    known = seen(records(*items, *waits))
    told = shown(explained_text(explain_queue(known, read(known), "Review")), 80)

    assert "and 2 more visits; --json has all" in told
    assert "PAY-99 2026-01-06 29 d still waits for mara" in told
    assert sum(line.startswith("PAY-") for line in told.splitlines()) == MOST


def test_what_was_sent_back_is_not_said_to_be_approved() -> None:
    """A wait ends with the verdict, whatever it is."""
    moves = [("In Progress", 0.0), ("In Review", 1.0), ("In Progress", 3.0), ("In Review", 4.0), ("Done", 6.0)]
    known = seen(records(*(issue(f"PAY-{n}", *moves) for n in range(3))))
    told = shown(explained_text(explain_queue(known, read(known), "Review")))

    assert "6 visits ended with a verdict, 0 still wait." in told
    assert "3 of 6 verdicts changed something" in told
    assert "approved within" not in told


def test_a_loop_and_a_waste_are_told_in_sentences() -> None:
    """What cannot be told is said to be so."""
    moves = (("In Progress", 0.0), ("Testing", 3.0), ("In Progress", 4.0), ("Testing", 7.0), ("Done", 9.0))
    known = seen(records(issue("PAY-1", *moves)))
    loop = shown(explained_text(explain_loop(known, read(known), "Test")))
    waste = shown(explained_text(explain_waste(known, read(known), "defects")))

    assert "One that was made good took 5.0 d on average." in loop
    assert "What it would be without them cannot be told" in loop
    assert "PAY-1 2026-01-09 2026-01-14 5.0 d" in loop
    assert "Rule: what was done again: rework" in waste
    assert "It cost 5.0 item-days" in waste


def test_what_there_is_is_listed_with_its_cost() -> None:
    """And how to ask for one."""
    known = seen(records(issue("PAY-1", ("In Review", 0))))
    told = shown(explained_text(listing(read(known), Numbered.QUEUE)))

    assert "Review 30" in told
    assert "gemba explain queue NAME" in told
    assert "There is no loop" in shown(explained_text(listing(read(known), Numbered.LOOP)))


def test_a_long_name_is_folded_before_a_number_is_cut() -> None:
    """However narrow the terminal."""
    long = Known(name="A step with a long name back to another", cost=26376.0)
    listed = Listing(stream="Payments", window=window(), of=Numbered.LOOP, known=(long,))
    told = shown(explained_text(listed), 30)

    assert "26,376" in told
    assert "another" in told


def test_sent_back_is_a_verdict_and_no_approval() -> None:
    """One that still waits is one; a time-box is broken by so many visits, and by a share that counts them right."""
    back = issue("PAY-1", ("In Progress", 0), ("In Review", 1), ("In Progress", 4), ("In Review", 5), ("Done", 9))
    known = seen(records(back, issue("PAY-2", ("In Review", 0))))
    told = shown(explained_text(explain_queue(known, read(known), "Review")))

    assert "2 visits ended with a verdict, 1 still waits." in told
    assert "approved" not in told
