"""Cases -> spans: the table of precedence, where a case starts and where it ends."""

from datetime import timedelta

import polars as pl
import pytest

from bot.flow.clock import instant
from bot.flow.history.log import Records
from bot.flow.model import Stage, StageKind, Stream
from bot.flow.reconstruct import Reconstruction, reconstruct
from connectors.records import EventKind as K
from connectors.records import Verdict
from tests.build import STREAM, at, change, issue, pull, records, window

OPENED, APPROVED, CHANGES = (K.OPENED, 3.0), Verdict.APPROVED.value, Verdict.CHANGES.value
DAY = timedelta(days=1) / timedelta(microseconds=1)


def story(found: Records, stream: Stream = STREAM, end: float = 50) -> list[tuple[str | None, str, float, float]]:
    """(stage, label, from day, to day) of the first case."""
    done = reconstruct(stream, found, window(end=end))
    case = done.cases.roots[0]
    spans = done.timeline.spans.filter(case=case)
    run = pl.struct("position", "label", "visit", "item", "court", "own_state", "kind").rle_id()
    whole = spans.group_by(run.alias("run"), maintain_order=True).agg(
        pl.col("position", "label", "start").first(), pl.col("end").last()
    )
    rows = whole.select("position", "label", "start", "end").iter_rows()
    return [
        (None if p is None else stream.stages[p].name, label, (a - instant(at(0))) / DAY, (b - instant(at(0))) / DAY)
        for p, label, a, b in rows
    ]


def outcome(done: Reconstruction) -> str:
    return str(done.timeline.cases["outcome"][0])


def test_an_item_alone_is_in_the_stage_of_its_state() -> None:
    """Every visit is kept, and nothing after the end."""
    found = records(issue("PAY-1", ("Open", 0), ("In Progress", 2), ("In Review", 5), ("In Progress", 6), ("Done", 9)))

    assert story(found) == [
        ("Backlog", "waiting.backlog", 0, 2),
        ("Build", "work", 2, 5),
        ("Review", "waiting.approval", 5, 6),
        ("Build", "work", 6, 9),
    ]


@pytest.mark.parametrize(
    ("rule", "moves", "pulls", "expected"),
    [
        (
            "a review is shown, not the card that still says In Progress",
            [("In Progress", 0), ("Done", 9)],
            [pull(1, OPENED, (K.REVIEWED, 5.0, "bob", APPROVED), (K.MERGED, 6.0), names=["PAY-1"])],
            [
                ("Build", "work", 0, 3),
                ("Review", "waiting.approval", 3, 5),
                ("Build", "waiting.merge", 5, 6),
                ("Build", "work", 6, 9),
            ],
        ),
        (
            "requested changes are the author's, though the card says In Review",
            [("In Review", 0), ("Done", 9)],
            [pull(1, OPENED, (K.REVIEWED, 5.0, "bob", CHANGES), (K.PUSHED, 7.0), (K.MERGED, 8.0), names=["PAY-1"])],
            [
                ("Review", "waiting.approval", 0, 3),
                ("Review", "waiting.approval", 3, 5),
                ("Build", "work", 5, 7),
                ("Review", "waiting.approval", 7, 8),
                ("Review", "waiting.approval", 8, 9),
            ],
        ),
        (
            "a draft shows work that the card in the backlog hides",
            [("Open", 0), ("Done", 9)],
            [pull(1, OPENED, (K.DRAFTED, 3.0), (K.MERGED, 6.0), names=["PAY-1"])],
            [("Backlog", "waiting.backlog", 0, 3), ("Build", "work", 3, 6), ("Backlog", "waiting.backlog", 6, 9)],
        ),
        (
            "a draft does not hide that the card waits for approval",
            [("In Review", 0), ("Done", 9)],
            [pull(1, OPENED, (K.DRAFTED, 3.0), names=["PAY-1"])],
            [("Review", "waiting.approval", 0, 9)],
        ),
        (
            "a pull request left open does not keep a done item from being done",
            [("In Progress", 0), ("Done", 9)],
            [pull(1, OPENED, names=["PAY-1"])],
            [("Build", "work", 0, 3), ("Review", "waiting.approval", 3, 9)],
        ),
        (
            "work before the item existed does not lengthen its life",
            [("Open", 4), ("Done", 9)],
            [pull(1, OPENED, (K.MERGED, 8.0), names=["PAY-1"])],
            [("Review", "waiting.approval", 4, 8), ("Backlog", "waiting.backlog", 8, 9)],
        ),
        (
            "of two pull requests the one merged last is critical",
            [("In Progress", 0), ("Done", 9)],
            [
                pull(
                    1,
                    (K.OPENED, 1.0),
                    (K.REVIEWED, 2.0, "bob", CHANGES),
                    (K.PUSHED, 4.0),
                    (K.MERGED, 5.0),
                    names=["PAY-1"],
                ),
                pull(2, OPENED, (K.MERGED, 7.0), names=["PAY-1"]),
            ],
            [
                ("Build", "work", 0, 1),
                ("Review", "waiting.approval", 1, 2),
                ("Build", "work", 2, 3),
                ("Review", "waiting.approval", 3, 7),
                ("Build", "work", 7, 9),
            ],
        ),
        (
            "a pull request closed unmerged counts while it was open",
            [("In Progress", 0), ("Done", 9)],
            [pull(1, OPENED, (K.CLOSED, 5.0), names=["PAY-1"])],
            [("Build", "work", 0, 3), ("Review", "waiting.approval", 3, 5), ("Build", "work", 5, 9)],
        ),
    ],
)
def test_precedence(
    rule: str, moves: list[tuple[str, float]], pulls: list[list[object]], expected: list[tuple[str, str, float, float]]
) -> None:
    assert story(records(issue("PAY-1", *moves), *pulls)) == expected, rule  # type: ignore[arg-type]


def test_the_critical_pull_request_counts_alone() -> None:
    """While it is a draft, the review of another does not matter."""
    found = records(
        issue("PAY-1", ("In Progress", 0), ("Done", 9)),
        pull(1, (K.OPENED, 1.0), (K.DRAFTED, 1.0), (K.READY, 5.0), (K.MERGED, 8.0), names=["PAY-1"]),
        pull(2, (K.OPENED, 2.0), (K.MERGED, 4.0), names=["PAY-1"]),
    )

    assert [part[:2] for part in story(found) if part[2] < 5] == [("Build", "work")] * 2


def test_how_an_item_was_resolved_later_is_not_known_before() -> None:
    """Delivered on day 5, called a duplicate on day 20."""
    later = change("PAY-1", K.RESOLVED, 20, "Duplicate")
    found = records(issue("PAY-1", ("Open", 0), ("Done", 5), resolution="Fixed"), later)

    assert outcome(reconstruct(STREAM, found, window(end=10))) == "delivered"
    assert outcome(reconstruct(STREAM, found, window(end=30))) == "dropped"


def test_merged_waits_for_deployment_where_the_stream_says_so() -> None:
    """Until the item re-enters work after the merge: then it is new work, not waiting."""
    stages = [
        s.model_copy(update={"states": (*s.states, "github:merged")}) if s.name == "Deploy" else s
        for s in STREAM.stages
    ]
    stream = STREAM.model_copy(update={"stages": tuple(stages)})
    merged = pull(1, OPENED, (K.MERGED, 5.0), names=["PAY-1"])

    assert story(records(issue("PAY-1", ("In Progress", 0), ("Done", 9)), merged), stream)[-1] == (
        "Deploy",
        "waiting.deploy",
        5,
        9,
    )
    assert story(records(issue("PAY-1", ("In Progress", 0), ("Testing", 7), ("Done", 9)), merged), stream)[-2:] == [
        ("Deploy", "waiting.deploy", 5, 7),
        ("Test", "work", 7, 9),
    ]


def test_a_block_marks_the_time_and_keeps_the_stage() -> None:
    """Two blocks at once are one."""
    found = records(
        issue("PAY-1", ("In Progress", 0), ("Done", 9)),
        change("PAY-1", K.BLOCKED, 2),
        change("PAY-1", K.BLOCKED, 3),
        change("PAY-1", K.UNBLOCKED, 5),
    )

    assert story(found) == [("Build", "work", 0, 2), ("Build", "blocked", 2, 5), ("Build", "work", 5, 9)]


def test_a_state_that_no_stage_claims_is_shown_as_such() -> None:
    """A doubt, never a crash."""
    assert story(records(issue("PAY-1", ("Open", 0), ("Limbo", 2), ("Done", 9)))) == [
        ("Backlog", "waiting.backlog", 0, 2),
        (None, "unmapped", 2, 9),
    ]


def test_only_the_last_arrival_delivers() -> None:
    """What was reopened was not delivered; the time it was thought done is called that."""
    assert story(records(issue("PAY-1", ("In Progress", 0), ("Done", 2), ("In Progress", 5), ("Done", 6)))) == [
        ("Build", "work", 0, 2),
        ("Done", "done", 2, 5),
        ("Build", "work", 5, 6),
    ]


def test_a_reopened_item_is_open() -> None:
    """Up to the end of the window."""
    done = reconstruct(
        STREAM, records(issue("PAY-1", ("In Progress", 0), ("Done", 2), ("In Progress", 5))), window(end=8)
    )

    assert outcome(done) == "open"
    assert done.timeline.spans["end"].max() == instant(at(8))


def test_a_past_day_is_seen_as_it_was() -> None:
    """On day 3 nobody knew that the item would be reopened on day 5."""
    found = records(issue("PAY-1", ("In Progress", 0), ("Done", 2), ("In Progress", 5), ("Done", 6)))

    assert outcome(reconstruct(STREAM, found, window(end=3))) == "delivered"
    assert outcome(reconstruct(STREAM, found, window(end=5.5))) == "open"


def test_the_trigger_may_be_a_stage() -> None:
    """Or one further down, where an item skipped it."""
    stream = STREAM.model_copy(update={"trigger": "Build"})

    assert story(records(issue("PAY-1", ("Open", 0), ("In Progress", 4), ("Done", 6))), stream) == [
        ("Build", "work", 4, 6)
    ]
    assert story(records(issue("PAY-1", ("Open", 0), ("In Review", 4), ("Done", 6))), stream) == [
        ("Review", "waiting.approval", 4, 6)
    ]


@pytest.mark.parametrize(
    ("moves", "resolution", "expected"),
    [
        ([("Open", 0), ("Done", 5)], None, "delivered"),
        ([("Open", 0), ("Done", 5)], "Duplicate", "dropped"),
        ([("Open", 0), ("Done", 5)], "Fixed", "delivered"),
        ([("Open", 0), ("Cancelled", 5)], None, "dropped"),
        ([("Open", 0), ("Cancelled", 5), ("Open", 6)], None, "open"),
        ([("Done", 0)], None, "ended without passing the trigger"),
    ],
)
def test_outcomes(moves: list[tuple[str, float]], resolution: str | None, expected: str) -> None:
    assert (
        outcome(reconstruct(STREAM, records(issue("PAY-1", *moves, resolution=resolution)), window(end=10))) == expected
    )


def test_closed_without_passing_the_trigger_has_no_lead_time() -> None:
    """It would be zero, and lie."""
    stream = STREAM.model_copy(update={"trigger": "Build"})

    assert (
        outcome(reconstruct(stream, records(issue("PAY-1", ("Open", 0), ("Done", 4))), window(end=10)))
        == "ended without passing the trigger"
    )
    assert outcome(reconstruct(stream, records(issue("PAY-1", ("Open", 0))), window(end=10))) == "not started"


def test_what_never_passed_the_trigger_takes_no_time() -> None:
    """Neither what waits before it nor what was dropped there."""
    stream = STREAM.model_copy(update={"trigger": "Build"})

    for moves in ([("Open", 0)], [("Open", 0), ("Cancelled", 4)]):
        assert story(records(issue("PAY-1", *moves)), stream) == []


def test_what_was_passed_through_before_the_trigger_is_no_part_of_it() -> None:
    """Open for an instant, cancelled, and taken up on day 4."""
    stream = STREAM.model_copy(update={"trigger": "Build"})
    found = records(issue("PAY-1", ("Open", 0), ("Cancelled", 0), ("In Progress", 4), ("Done", 6)))

    assert story(found, stream) == [("Build", "work", 4, 6)]


def test_merged_is_behind_an_item_that_was_worked_on_since() -> None:
    """Tested after the merge and put back: it does not wait for deployment, it waits to be taken up."""
    stages = tuple(
        s.model_copy(update={"states": (*s.states, "github:merged")}) if s.name == "Deploy" else s
        for s in STREAM.stages
    )
    stream = STREAM.model_copy(update={"stages": stages})
    found = records(
        issue("PAY-1", ("In Progress", 0), ("Testing", 6), ("Open", 7), ("Done", 20)),
        pull(1, (K.OPENED, 1.0), (K.MERGED, 5.0), names=["PAY-1"]),
    )

    assert story(found, stream)[2:] == [
        ("Deploy", "waiting.deploy", 5, 6),
        ("Test", "work", 6, 7),
        ("Backlog", "waiting.backlog", 7, 20),
    ]


def test_done_before_the_end_waits_though_a_draft_is_left_open() -> None:
    """As any wait between two stages."""
    stages = (*STREAM.stages[:-1], Stage(name="Released", kind=StageKind.DONE, states=("jira:Released",)))
    stream = STREAM.model_copy(update={"stages": stages, "end": "Released"})
    found = records(
        issue("PAY-1", ("In Progress", 0), ("Done", 5), ("Released", 15)),
        pull(1, (K.OPENED, 1.0), (K.DRAFTED, 1.0), names=["PAY-1"]),
    )

    assert story(found, stream)[-1] == ("Done", "waiting.queue", 5, 15)


def test_what_happens_at_the_end_of_the_window_is_not_known_in_it() -> None:
    """It belongs to the next one."""
    found = records(issue("PAY-1", ("In Progress", 0), ("Done", 9)))

    assert outcome(reconstruct(STREAM, found, window(end=9))) == "open"


def test_delivered_after_all_is_delivered_then() -> None:
    """Cancelled on day 2 and taken up on day 9: it was not delivered on day 2."""
    found = records(issue("PAY-1", ("In Progress", 0), ("Cancelled", 2), ("Done", 9)))

    assert outcome(reconstruct(STREAM, found, window())) == "delivered"
    assert story(found) == [("Build", "work", 0, 2), ("Dropped", "dropped", 2, 9)]


def test_done_is_a_wait_where_the_stream_ends_later() -> None:
    """Done, but not released."""
    stages = (*STREAM.stages[:-1], Stage(name="Released", kind=StageKind.DONE, states=("jira:Released",)))
    stream = STREAM.model_copy(update={"stages": stages, "end": "Released"})

    assert story(records(issue("PAY-1", ("In Progress", 0), ("Done", 2), ("Released", 9))), stream) == [
        ("Build", "work", 0, 2),
        ("Done", "waiting.queue", 2, 9),
    ]


def test_a_state_left_at_once_is_kept_without_length() -> None:
    """It matters for order and loops, not for time."""
    assert story(records(issue("PAY-1", ("In Progress", 0), ("In Review", 2), ("In Progress", 2), ("Done", 3)))) == [
        ("Build", "work", 0, 2),
        ("Review", "waiting.approval", 2, 2),
        ("Build", "work", 2, 3),
    ]


def test_a_pull_request_alone_is_a_case() -> None:
    """In a stream of a repository, merged is the end and closed is dropped."""
    stages = [
        s.model_copy(update={"states": (*s.states, "github:merged")}) if s.name == "Done" else s for s in STREAM.stages
    ]
    stream = STREAM.model_copy(update={"stages": tuple(stages)})

    assert story(records(pull(1, OPENED, (K.MERGED, 5.0))), stream) == [("Review", "waiting.approval", 3, 5)]
    assert outcome(reconstruct(stream, records(pull(1, OPENED, (K.CLOSED, 5.0))), window())) == "dropped"


def test_evidence_of_work_begun_elsewhere_counts_from_the_entry() -> None:
    """A commit ten minutes after Build was entered tells of ten minutes there, not of the usual half hour."""
    nine, minute = 9 / 24, 1 / 1440
    found = records(
        issue("PAY-1", ("Open", 0), ("In Progress", nine + 60 * minute), ("Done", 3)),
        pull(1, (K.OPENED, 2.9), (K.COMMITTED, nine + 70 * minute), names=["PAY-1"]),
    )
    spans = reconstruct(STREAM, found, window()).timeline.spans

    assert spans.filter("evidenced")["worked"].sum() == 10 * 60 * 1_000_000
