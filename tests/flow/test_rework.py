"""Returns, what they cost, and what was right the first time."""

from bot.flow.analyse import analyse, reconstruct
from bot.flow.model import Analysis
from connectors.records import EventKind as K
from connectors.records import Verdict
from tests.build import STREAM, change, issue, pull, records, window

CHANGES, APPROVED = Verdict.CHANGES.value, Verdict.APPROVED.value


def loops(found: Analysis) -> list[tuple[str, str, str, int, float]]:
    return [(loop.origin, loop.back_to, loop.kind, loop.count, round(loop.cost, 6)) for loop in found.loops]


def test_a_return_costs_until_it_is_made_good() -> None:
    """From leaving Test (day 4) until leaving it forward (day 9)."""
    found = analyse(
        STREAM,
        records(issue("PAY-1", ("In Progress", 0), ("Testing", 3), ("In Progress", 4), ("Testing", 7), ("Done", 9))),
        window(),
    )

    assert loops(found) == [("Test", "Build", "rework", 1, 5.0)]


def test_returns_inside_an_episode_share_its_time() -> None:
    """Each owns the time until the next, so that costs add up to the episode."""
    story = issue(
        "PAY-1",
        ("In Progress", 0),
        ("Testing", 1),
        ("In Progress", 2),
        ("In Review", 3),
        ("In Progress", 5),
        ("Testing", 8),
        ("Done", 9),
    )

    assert loops(analyse(STREAM, records(story), window())) == [
        ("Review", "Build", "rework", 1, 4.0),
        ("Test", "Build", "rework", 1, 3.0),
    ]


def test_a_review_round_is_counted_once() -> None:
    """It moves the item from Review to Build and back, and is no second loop."""
    story = pull(
        1,
        (K.OPENED, 1.0),
        (K.REVIEWED, 2.0, "bob", CHANGES),
        (K.PUSHED, 4.0),
        (K.REVIEWED, 5.0, "bob", APPROVED),
        (K.MERGED, 6.0),
        names=["PAY-1"],
    )

    assert loops(analyse(STREAM, records(issue("PAY-1", ("In Progress", 0), ("Done", 9)), story), window())) == [
        ("awaiting review", "changes requested", "review round", 1, 3.0)
    ]


def test_going_back_to_the_backlog_from_work_is_preemption() -> None:
    """No verdict was given; it made way."""
    assert loops(
        analyse(
            STREAM,
            records(issue("PAY-1", ("Open", 0), ("In Progress", 1), ("Open", 2), ("In Progress", 7), ("Done", 9))),
            window(),
        )
    ) == [("Build", "Backlog", "preemption", 1, 7.0)]


def test_leaving_done_is_a_reopening() -> None:
    """Which may still be open."""
    assert loops(
        analyse(STREAM, records(issue("PAY-1", ("In Progress", 0), ("Done", 1), ("In Progress", 3))), window(end=10))
    ) == [("Done", "Build", "reopen", 1, 7.0)]


def test_dropping_is_no_return() -> None:
    """Even where the dropped stage stands further up, as a list may have it."""
    stream = STREAM.model_copy(update={"stages": (STREAM.stages[-1], *STREAM.stages[:-1])})

    assert loops(analyse(stream, records(issue("PAY-1", ("In Progress", 0), ("Cancelled", 1))), window())) == []


def test_a_return_within_one_instant_is_still_a_return() -> None:
    """A state that was left at once keeps its place in the order."""
    story = issue("PAY-1", ("In Progress", 0), ("In Review", 2), ("In Progress", 2), ("In Review", 3), ("Done", 4))

    assert loops(analyse(STREAM, records(story), window())) == [("Review", "Build", "rework", 1, 2.0)]


def test_a_block_in_between_changes_nothing() -> None:
    """Review, blocked, review again: no return."""
    found = records(
        issue("PAY-1", ("In Review", 0), ("Done", 9)), change("PAY-1", K.BLOCKED, 2), change("PAY-1", K.UNBLOCKED, 3)
    )

    assert loops(analyse(STREAM, found, window())) == []


def test_costs_are_cut_to_the_window_and_returns_counted_in_it() -> None:
    """A return before the window costs inside it, but is not counted again."""
    story = issue(
        "PAY-1",
        ("In Progress", 0),
        ("Testing", 3),
        ("In Progress", 4),
        ("Testing", 7),
        ("In Progress", 8),
        ("Testing", 9),
        ("Done", 10),
    )

    assert loops(analyse(STREAM, records(story), window(6, 20))) == [("Test", "Build", "rework", 1, 4.0)]


def test_rate_is_of_the_items_that_were_there() -> None:
    """One of two items that were tested came back."""
    found = analyse(
        STREAM,
        records(
            issue("PAY-1", ("In Progress", 0), ("Testing", 3), ("In Progress", 4), ("Testing", 5), ("Done", 6)),
            issue("PAY-2", ("In Progress", 0), ("Testing", 3), ("Done", 6)),
            issue("PAY-3", ("In Progress", 0)),
        ),
        window(),
    )

    assert [(loop.rate, loop.items, loop.examples) for loop in found.loops] == [(0.5, 1, ("PAY-1",))]


def test_right_first_time_charges_the_stage_returned_to() -> None:
    """One of two items had to be built again, none tested again."""
    found = analyse(
        STREAM,
        records(
            issue("PAY-1", ("In Progress", 0), ("Testing", 3), ("In Progress", 4), ("Testing", 5), ("Done", 6)),
            issue("PAY-2", ("In Progress", 0), ("Testing", 3), ("Done", 6)),
        ),
        window(),
    )

    assert {s.name: s.complete_and_accurate for s in found.stages if s.complete_and_accurate is not None} == {
        "Build": 0.5,
        "Test": 1.0,
    }


def test_spans_know_what_they_are_spent_on_again() -> None:
    """From the return until it is made good, and not after."""
    done = reconstruct(
        STREAM,
        records(
            issue(
                "PAY-1",
                ("In Progress", 0),
                ("Testing", 3),
                ("In Progress", 4),
                ("Testing", 7),
                ("Ready", 8),
                ("Done", 9),
            )
        ),
        window(),
    )

    assert done.timeline.spans["redone"].to_list() == [None, None, "rework", "rework", None]
