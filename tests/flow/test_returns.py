"""What is a return, and until when it is made good."""

from bot.flow.analyse import analyse
from bot.flow.findings.analysis import Analysis
from bot.flow.model import Stage, StageKind
from bot.flow.reconstruct import reconstruct
from connectors.records import EventKind as K
from connectors.records import Record, Verdict
from tests.build import STREAM, change, issue, pull, records, window

CHANGES, APPROVED = Verdict.CHANGES.value, Verdict.APPROVED.value


def loops(found: Analysis) -> list[tuple[str, str, str, int, float]]:
    return [(loop.origin, loop.back_to, loop.kind, loop.count, round(loop.cost, 6)) for loop in found.loops]


APART = STREAM.model_copy(
    update={
        "stages": (
            *STREAM.stages[:4],
            Stage(name="Rejected", kind=StageKind.WAIT, states=("jira:Rejected",)),
            Stage(name="On hold", kind=StageKind.WAIT, states=("jira:On hold",)),
            *STREAM.stages[4:],
        )
    }
)


def many(*moves: tuple[str, float], first: int = 1, n: int = 8) -> list[Record]:
    return [record for k in range(n) for record in issue(f"PAY-{first + k}", *moves)]


def test_a_return_costs_until_it_is_made_good() -> None:
    """From leaving Test (day 4) until leaving it forward (day 9)."""
    found = analyse(
        STREAM,
        records(issue("PAY-1", ("In Progress", 0), ("Testing", 3), ("In Progress", 4), ("Testing", 7), ("Done", 9))),
        window(),
    )

    assert loops(found) == [("Test", "Build", "rework", 1, 5.0)]


def test_returns_inside_an_episode_share_its_time() -> None:
    """The inner one owns its time, so that costs add up to the episode."""
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
        ("Test", "Build", "rework", 1, 4.0),
        ("Review", "Build", "rework", 1, 3.0),
    ]


def test_going_back_to_the_backlog_from_work_is_preemption() -> None:
    """No verdict was given; it made way until it was taken up again."""
    assert loops(
        analyse(
            STREAM,
            records(issue("PAY-1", ("Open", 0), ("In Progress", 1), ("Open", 2), ("In Progress", 7), ("Done", 9))),
            window(),
        )
    ) == [("Build", "Backlog", "preemption", 1, 5.0)]


def test_making_way_inside_a_return_does_not_end_it() -> None:
    """Returned from Test on day 2, put aside from 3 to 6, got past Test on day 9."""
    story = issue(
        "PAY-1",
        ("In Progress", 0),
        ("Testing", 1),
        ("In Progress", 2),
        ("Open", 3),
        ("In Progress", 6),
        ("Testing", 8),
        ("Done", 9),
    )

    assert loops(analyse(STREAM, records(story), window())) == [
        ("Test", "Build", "rework", 1, 4.0),
        ("Build", "Backlog", "preemption", 1, 3.0),
    ]


def test_failed_checks_of_a_pull_request_alone_are_no_rework() -> None:
    """Nor is taking it back to draft while changes are requested."""
    stages = (
        Stage(name="Draft", kind=StageKind.WORK, states=("github:draft",)),
        Stage(name="Fix", kind=StageKind.WORK, states=("github:changes requested", "github:checks failed")),
        Stage(name="Review", kind=StageKind.APPROVAL, states=("github:awaiting review", "github:awaiting merge")),
        Stage(name="Done", kind=StageKind.DONE, states=("github:merged",)),
    )
    stream = STREAM.model_copy(update={"stages": stages})
    red = pull(
        1,
        (K.OPENED, 0.0),
        (K.CHECKED, 0.2, "ci[bot]", "fail"),
        (K.CHECKED, 1.0, "ci[bot]", "ok"),
        (K.REVIEWED, 8.0, "bob", APPROVED),
        (K.MERGED, 9.0),
    )
    drafted = pull(
        2, (K.OPENED, 0.0), (K.REVIEWED, 1.0, "bob", CHANGES), (K.DRAFTED, 2.0), (K.READY, 3.0), (K.MERGED, 9.0)
    )

    assert loops(analyse(stream, records(red), window())) == []
    assert [kind for _, _, kind, _, _ in loops(analyse(stream, records(drafted), window()))] == ["review round"]


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


def test_a_second_time_in_done_is_not_spent_on_doing_it_again() -> None:
    """Reopened twice: from each reopening until it is thought done again."""
    story = issue(
        "PAY-1", ("In Progress", 0), ("Done", 1), ("In Progress", 3), ("Done", 4), ("In Progress", 9), ("Done", 10)
    )

    assert loops(analyse(STREAM, records(story), window())) == [("Done", "Build", "reopen", 2, 2.0)]


def test_being_asked_for_another_review_is_no_return_of_a_pull_request() -> None:
    """Being made a draft again is."""
    stages = (
        Stage(name="Build", kind=StageKind.WORK, states=("github:draft", "github:changes requested")),
        Stage(name="Review", kind=StageKind.APPROVAL, states=("github:awaiting review",)),
        Stage(name="Merge", kind=StageKind.WAIT, states=("github:awaiting merge",)),
        Stage(name="Done", kind=StageKind.DONE, states=("github:merged",)),
    )
    stream = STREAM.model_copy(update={"stages": stages})
    asked = pull(
        1, (K.OPENED, 0.0), (K.REVIEWED, 1.0, "bob", APPROVED), (K.REQUESTED, 2.0, "ann", "bob"), (K.MERGED, 5.0)
    )
    drafted = pull(2, (K.OPENED, 0.0), (K.DRAFTED, 1.0), (K.READY, 2.0), (K.MERGED, 5.0))

    assert loops(analyse(stream, records(asked), window())) == []
    assert [kind for _, _, kind, _, _ in loops(analyse(stream, records(drafted), window()))] == ["rework"]


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


def test_a_return_state_begins_the_return() -> None:
    """Though its stage stands further down; the return leads to where the item goes from there."""
    found = analyse(
        APART,
        records(
            many(("In Progress", 0), ("Testing", 1), ("Rejected", 2), ("In Progress", 4), ("Testing", 5), ("Done", 6))
        ),
        window(),
    )

    assert loops(found) == [("Test", "Build", "rework", 8, 32.0)]
    assert found.order is not None
    assert found.order.returns == ("jira:Rejected",)
    assert {s.name: s.complete_and_accurate for s in found.stages}["Build"] == 0.0


def test_leaving_a_return_state_forward_is_no_return() -> None:
    """Nor is ending from it; one that still stands in it was returned."""
    usual = many(("In Progress", 0), ("Testing", 1), ("Rejected", 2), ("In Progress", 4), ("Testing", 5), ("Done", 6))
    waved = issue("PAY-20", ("In Progress", 0), ("Testing", 1), ("Rejected", 2), ("Ready", 4), ("Done", 5))
    ended = issue("PAY-21", ("In Progress", 0), ("Testing", 1), ("Rejected", 2), ("Done", 5))
    stands = issue("PAY-22", ("In Progress", 0), ("Testing", 1), ("Rejected", 2))
    done = reconstruct(APART, records(usual, waved, ended, stands), window(end=12))
    extra = [
        (r.back_to, r.until) for r in done.returns if done.log.items[r.case].name in ("PAY-20", "PAY-21", "PAY-22")
    ]

    assert extra == [("Rejected", None)]


def test_sent_back_and_handed_in_again_is_rework() -> None:
    """Of an event log whose activities are its states: what was handed in was rejected, and waits for nobody."""
    rejected = APART.stages[4].model_copy(update={"states": ("jira:Rejected", "jira:Noted")})
    stream = APART.model_copy(update={"stages": (*APART.stages[:4], rejected, *APART.stages[5:])})
    path = (("In Progress", 0), ("Rejected", 1), ("Noted", 2), ("In Progress", 4), ("Testing", 5), ("Done", 6))
    found = analyse(stream, records(many(*path)), window())

    assert loops(found) == [("Build", "Rejected", "rework", 8, 32.0)]
    assert {s.name: s.complete_and_accurate for s in found.stages}["Build"] == 0.0


def test_parking_makes_no_return() -> None:
    """An item comes back from there to where it was."""
    found = analyse(
        APART,
        records(
            many(("In Progress", 0), ("On hold", 1), ("In Progress", 2), ("Testing", 3), ("Done", 6)),
            many(("In Progress", 0), ("Testing", 1), ("On hold", 2), ("Testing", 3), ("Done", 6), first=20),
        ),
        window(),
    )

    assert found.loops == ()
    assert found.order is not None
    assert found.order.parking == ("jira:On hold",)


def test_states_inside_one_stage_have_the_order_that_the_data_show() -> None:
    """Going back from the later one is rework inside the stage, and nobody else's fault."""
    build = Stage(name="Build", kind=StageKind.WORK, states=("jira:Design", "jira:Coding"))
    stream = STREAM.model_copy(update={"stages": (STREAM.stages[0], build, *STREAM.stages[2:])})
    back = issue("PAY-90", ("Design", 0), ("Coding", 1), ("Design", 2), ("Coding", 4), ("Testing", 5), ("Done", 6))
    found = analyse(stream, records(many(("Design", 0), ("Coding", 1), ("Testing", 2), ("Done", 3)), back), window())

    assert loops(found) == [("Coding", "Design", "rework", 1, 3.0)]
    assert {s.name: s.complete_and_accurate for s in found.stages}["Build"] == 1.0


def test_back_to_wait_is_rework_if_the_work_before_is_done_again() -> None:
    """Testing gave it back over the backlog; making way would have taken it up in testing again."""
    story = issue(
        "PAY-1", ("In Progress", 0), ("Testing", 1), ("Open", 2), ("In Progress", 4), ("Testing", 5), ("Done", 6)
    )

    assert loops(analyse(STREAM, records(story), window())) == [("Test", "Backlog", "rework", 1, 4.0)]


def test_reopening_into_the_backlog_charges_the_work_that_follows() -> None:
    """It was not right the first time."""
    story = issue("PAY-1", ("In Progress", 0), ("Done", 1), ("Open", 3), ("In Progress", 4), ("Done", 6))
    found = analyse(STREAM, records(story), window())

    assert {s.name: s.complete_and_accurate for s in found.stages}["Build"] == 0.0
    assert loops(found) == [("Done", "Backlog", "reopen", 1, 3.0)]
