"""Lead time, age and what they leave out."""

import pytest

from bot.flow.analyse import analyse
from bot.flow.model import LoopKind, Stage, StageKind
from connectors.records import EventKind as K
from connectors.records import Verdict
from tests.build import STREAM, change, issue, pull, records, window


def test_working_days_leave_out_nights_and_weekends() -> None:
    """From Monday midnight to the next: seven days, five of work."""
    found = analyse(STREAM, records(issue("PAY-1", ("Open", 0), ("Done", 7))), window())

    assert (found.lead_time.mean, found.lead_time.working.mean) == (7.0, 5.0)


def test_items_that_were_there_before_the_window_come_late() -> None:
    """Five old items say nothing about how many of the young ones end within two days."""
    old = [issue(f"PAY-{n}", ("In Progress", 0), ("Done", 60 + n)) for n in range(5)]
    young = [issue(f"PAY-{n}", ("In Progress", 50 + n), ("Done", 52 + n)) for n in range(10, 18)]
    found = analyse(STREAM, records(*old, *young), window(50, 100))

    assert found.lead_time.with_open.p50 == 2.0
    assert found.lead_time.p50 == 2.0


def test_waits_that_began_before_the_window_come_late() -> None:
    """As in a queue."""
    old = [issue(f"PAY-{n}", ("In Review", 0), ("Done", 60 + n)) for n in range(5)]
    young = [issue(f"PAY-{n}", ("In Review", 50 + n), ("Done", 52 + n)) for n in range(10, 13)]
    (review,) = analyse(STREAM, records(*old, *young), window(50, 100)).queues

    assert review.wait.p50 == 2.0


def test_an_open_item_says_since_when_it_waits() -> None:
    """In Review since day 2, blocked there since day 5; and one that is worked on does not wait."""
    found = analyse(
        STREAM,
        records(
            issue("PAY-1", ("In Progress", 0), ("In Review", 2)),
            change("PAY-1", K.BLOCKED, 5),
            issue("PAY-2", ("In Progress", 0)),
        ),
        window(end=10),
    )

    assert [(i.item, i.age, i.in_stage, i.waited) for i in found.age.items] == [
        ("PAY-1", 10.0, 8.0, 5.0),
        ("PAY-2", 10.0, 10.0, None),
    ]


def test_work_in_a_stage_that_adds_no_value_is_no_value_whatever_is_committed_there() -> None:
    """Testing is needed; its commits do not produce the output."""
    nine = 9 / 24
    story = issue("PAY-1", ("Testing", 0), ("Done", 1))
    commits = pull(1, (K.OPENED, 0.99), (K.COMMITTED, nine + 0.1), (K.COMMITTED, nine + 0.2), names=["PAY-1"])
    never = Stage(name="Never", kind=StageKind.WAIT, states=("github:awaiting review",))
    stages = (*(s for s in STREAM.stages if s.name != "Review"), never)
    stream = STREAM.model_copy(update={"stages": stages})
    ratio = analyse(stream, records(story, commits), window()).value_added_ratio

    assert (ratio.low, ratio.high) == (0.0, 0.0)


def test_what_was_thought_done_is_a_doubt_about_the_lead_time() -> None:
    """Three days of it."""
    story = issue("PAY-1", ("In Progress", 0), ("Done", 2), ("In Progress", 5), ("Done", 6))
    found = analyse(STREAM, records(story), window())

    assert ["3.0 days on average" in d.detail for d in found.doubts if d.kind == "reopened"] == [True]


def test_a_stage_that_is_only_entered_by_a_return_has_no_first_time() -> None:
    """It is where things are mended."""
    fix = Stage(name="Fix", kind=StageKind.WORK, states=("jira:Fix",))
    stages = (STREAM.stages[0], fix, *STREAM.stages[1:])
    stream = STREAM.model_copy(update={"stages": stages})
    items = [
        issue(f"PAY-{n}", ("In Progress", 0), ("Testing", 1), ("Fix", 2), ("Testing", 3), ("Done", 4)) for n in range(3)
    ]
    found = {s.name: s.complete_and_accurate for s in analyse(stream, records(*items), window()).stages}

    assert found["Fix"] is None
    assert found["Test"] == 1.0


def test_rounds_without_a_stage_are_rounds_all_the_same() -> None:
    """The configuration names no turn of a pull request."""
    stages = tuple(
        s.model_copy(update={"states": tuple(state for state in s.states if state.startswith("jira:"))})
        for s in STREAM.stages
    )
    story = pull(
        1,
        (K.OPENED, 1.0),
        (K.REVIEWED, 2.0, "bob", Verdict.CHANGES.value),
        (K.PUSHED, 4.0),
        (K.REVIEWED, 5.0, "bob", Verdict.APPROVED.value),
        (K.MERGED, 6.0),
        names=["PAY-1"],
    )
    found = analyse(
        STREAM.model_copy(update={"stages": stages}),
        records(issue("PAY-1", ("Limbo", 0), ("Done", 9)), story),
        window(),
    )

    (loop,) = found.loops
    assert (loop.kind, loop.count) == (LoopKind.REVIEW_ROUND, 1)
    assert loop.cost == pytest.approx(3.0)


def test_where_nothing_tells_of_work_its_value_is_unknown() -> None:
    """Not none: nobody recorded it."""
    ratio = analyse(STREAM, records(issue("PAY-1", ("In Review", 0), ("Done", 4))), window()).value_added_ratio

    assert (ratio.low, ratio.high, ratio.coverage) == (None, None, 0.0)


def test_why_nothing_was_delivered_is_said_of_what_came_to_the_end() -> None:
    """What skipped the trigger came to the end stage, so that stage is not the one to check."""
    late = STREAM.model_copy(update={"trigger": "Build"})
    skipped = records(*(issue(f"PAY-{n}", ("Open", 0), ("Done", 3)) for n in range(2)))
    never = 'no item was delivered in the window; nor ever before did one come to stay in "Done"'
    told = {
        detail
        for stream, found in ((late, skipped), (STREAM, records(issue("PAY-1", ("Open", 0)))))
        for detail in (d.detail for d in analyse(stream, found, window()).doubts if d.kind == "nothing delivered")
    }

    assert told == {
        'no item was delivered in the window; 2 items came to "Done" in no time; check the trigger',
        f"{never}; choose later days, or check that stage",
    }
