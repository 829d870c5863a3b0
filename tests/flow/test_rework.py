"""Returns, what they cost, and what was right the first time."""

import pytest
from hypothesis import given

from bot.flow.analyse import analyse, read
from bot.flow.findings.analysis import Analysis
from bot.flow.history.log import Records
from bot.flow.model import Stage, StageKind
from bot.flow.reconstruct import reconstruct
from bot.flow.timeline.spans import item_days
from connectors.records import EventKind as K
from connectors.records import Link, Record, Verdict
from tests.build import GITHUB, JIRA, STREAM, change, issue, pull, records, window
from tests.flow.test_analyse import logs

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


def test_a_round_belongs_to_its_pull_request() -> None:
    """While another one is shown, the time is not spent on answering the reviewer."""
    refused = pull(1, (K.OPENED, 1.0), (K.REVIEWED, 2.0, "bob", CHANGES), (K.MERGED, 8.0), names=["PAY-1"])
    later = pull(2, (K.OPENED, 4.0), (K.REVIEWED, 8.5, "bob", APPROVED), (K.MERGED, 9.0), names=["PAY-1"])
    story = issue("PAY-1", ("In Progress", 0), ("Done", 10))

    assert loops(analyse(STREAM, records(story, refused, later), window())) == [
        ("awaiting review", "changes requested", "review round", 1, 2.0)
    ]


def test_a_refusal_after_failed_checks_is_a_round() -> None:
    """The reviewer had it all the same."""
    story = pull(
        1,
        (K.OPENED, 1.0),
        (K.CHECKED, 1.5, "ci[bot]", "fail"),
        (K.REVIEWED, 2.0, "bob", CHANGES),
        (K.PUSHED, 3.0),
        (K.CHECKED, 3.0, "ci[bot]", "ok"),
        (K.REVIEWED, 4.0, "bob", APPROVED),
        (K.MERGED, 5.0),
        names=["PAY-1"],
    )

    assert loops(analyse(STREAM, records(issue("PAY-1", ("In Progress", 0), ("Done", 9)), story), window())) == [
        ("awaiting review", "changes requested", "review round", 1, 2.0)
    ]


CULTURE = [
    pull(
        90 + n, (K.OPENED, 0.0), (K.REVIEWED, 1.0, "bob", CHANGES), (K.PUSHED, 2.0), (K.REVIEWED, 3.0, "bob", APPROVED)
    )
    for n in range(3)
]
"""Others in the repository say "changes requested" when they mean it."""


def test_a_return_while_a_round_is_open_is_counted_too() -> None:
    """Testing sends the card back while the pull request is with its author."""
    story = issue("PAY-1", ("In Progress", 0), ("Testing", 0.5), ("In Progress", 4), ("Ready", 6), ("Done", 9))
    refused = pull(
        1,
        (K.OPENED, 1.0),
        (K.REVIEWED, 2.0, "bob", CHANGES),
        (K.PUSHED, 3.0),
        (K.REVIEWED, 8.0, "bob", APPROVED),
        (K.MERGED, 8.0),
        names=["PAY-1"],
    )
    found = analyse(STREAM, records(story, refused, *CULTURE), window())

    assert sorted(loops(found)) == [
        ("Test", "Build", "rework", 1, 2.0),
        ("awaiting review", "changes requested", "review round", 1, 4.0),
    ]
    assert {s.name: s.complete_and_accurate for s in found.stages}["Build"] == 0.0


def test_a_reopening_while_changes_are_requested_is_one() -> None:
    """Moving the card back to work along with the round would be none."""
    story = issue("PAY-1", ("In Progress", 0), ("Done", 5), ("In Progress", 8), ("Done", 15))
    refused = pull(
        1,
        (K.OPENED, 1.0),
        (K.REVIEWED, 4.0, "bob", CHANGES),
        (K.PUSHED, 12.0),
        (K.REVIEWED, 13.0, "bob", APPROVED),
        (K.MERGED, 14.0),
        names=["PAY-1"],
    )

    assert sorted(loops(analyse(STREAM, records(story, refused, *CULTURE), window()))) == [
        ("Done", "Build", "reopen", 1, 7.0),
        ("awaiting review", "changes requested", "review round", 1, 1.0),
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


def test_right_first_time_is_a_share() -> None:
    """Of those whose card stood there, though a pull request hid it."""
    returned = [issue(f"PAY-{n}", ("Testing", 0), ("In Progress", 3), ("Testing", 4), ("Done", 9)) for n in (1, 2)]
    hidden = [pull(n, (K.OPENED, 0.0), (K.MERGED, 5.0), names=[f"PAY-{n}"]) for n in (1, 2)]
    straight = issue("PAY-3", ("In Progress", 0), ("Done", 5))
    found = analyse(STREAM, records(*returned, *hidden, straight), window())

    assert {s.name: s.complete_and_accurate for s in found.stages}["Build"] == pytest.approx(1 / 3)


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


def test_dropped_items_were_at_the_end_too() -> None:
    """One of two that had ended was reopened."""
    found = analyse(
        STREAM,
        records(
            issue("PAY-1", ("In Progress", 0), ("Done", 2), ("In Progress", 4), ("Done", 5)),
            issue("PAY-2", ("In Progress", 0), ("Done", 3), resolution="Duplicate"),
        ),
        window(),
    )

    assert [loop.rate for loop in found.loops] == [0.5]


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


def test_a_return_before_the_window_costs_in_it() -> None:
    """It is listed with its item, and not counted."""
    story = issue("PAY-1", ("In Progress", 0), ("Testing", 1), ("In Progress", 3), ("Testing", 14), ("Done", 15))
    found = analyse(STREAM, records(story), window(10, 20))

    assert loops(found) == [("Test", "Build", "rework", 0, 5.0)]
    assert (found.loops[0].items, found.loops[0].examples) == (1, ("PAY-1",))


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


def many(*moves: tuple[str, float], first: int = 1, n: int = 8) -> list[Record]:
    return [record for k in range(n) for record in issue(f"PAY-{first + k}", *moves)]


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


def test_a_dismissed_approval_is_a_round() -> None:
    """Asking again after an approval is none."""
    story = pull(
        1,
        (K.OPENED, 1.0),
        (K.REVIEWED, 2.0, "bob", APPROVED),
        (K.DISMISSED, 3.0, "ann", "bob"),
        (K.REVIEWED, 5.0, "bob", APPROVED),
        (K.MERGED, 6.0),
        names=["PAY-1"],
    )
    found = analyse(STREAM, records(issue("PAY-1", ("In Progress", 0), ("Done", 9)), story), window())

    assert loops(found) == [("awaiting merge", "awaiting review", "review round", 1, 2.0)]


def test_a_hidden_round_is_counted() -> None:
    """Another pull request, which was merged later, is shown all the time."""
    hidden = pull(
        1,
        (K.OPENED, 2.0),
        (K.REVIEWED, 3.0, "bob", CHANGES),
        (K.REVIEWED, 5.0, "bob", APPROVED),
        (K.MERGED, 6.0),
        names=["PAY-1"],
    )
    shown = pull(2, (K.OPENED, 1.0), (K.REVIEWED, 7.0, "bob", APPROVED), (K.MERGED, 8.0), names=["PAY-1"])
    found = analyse(STREAM, records(issue("PAY-1", ("In Progress", 0), ("Done", 9)), hidden, shown, *CULTURE), window())

    assert loops(found) == [("awaiting review", "changes requested", "review round", 1, 0.0)]


@pytest.mark.parametrize("names", ["acme/pay#1", "abcdef1234"])
def test_a_revert_is_rework_until_something_lands_again(names: str) -> None:
    """By the name of what it takes back, or by its commit."""
    first = pull(1, (K.OPENED, 1.0), (K.MERGED, 2.0, "ann", "abcdef1234567"), names=["PAY-1"])
    revert = pull(2, (K.OPENED, 2.5), (K.MERGED, 3.0), names=["PAY-1"])
    again = pull(3, (K.OPENED, 4.0), (K.MERGED, 6.0), names=["PAY-1"])
    story = issue("PAY-1", ("In Progress", 0), ("Done", 9))
    found = analyse(
        STREAM, records(story, first, revert, again, [Link(GITHUB, "PR2", names, "reverts", "body")]), window()
    )

    assert loops(found) == [("merged", "Build", "revert", 1, 3.0)]


@pytest.mark.parametrize(("born", "item_type", "cost"), [(10, "Bug", 5.0), (60, "Bug", 0.0), (10, "Story", 0.0)])
def test_a_defect_that_escaped_is_failure_demand(born: int, item_type: str, cost: float) -> None:
    """All its life, if it was born soon enough after what caused it was delivered."""
    cause = issue("PAY-1", ("In Progress", 0), ("Done", 5))
    defect = issue("PAY-2", ("Open", born), ("In Progress", born + 2), ("Done", born + 5), item_type=item_type)
    found = analyse(STREAM, records(cause, defect, [Link(JIRA, "pay-2", "PAY-1", "causes", "api")]), window())

    assert sum(loop.cost for loop in found.loops) == pytest.approx(cost)
    assert all(loop.kind == "escaped defect" for loop in found.loops)


def test_a_wait_that_was_broken_off_is_taken_off_the_net_cost() -> None:
    """Items stay in Test for 10 days; some are taken out after one day, and then stay 10 days again."""
    usual = many(("In Progress", 0), ("Testing", 1), ("Done", 11), n=12)
    broken = many(("In Progress", 0), ("Testing", 1), ("In Progress", 2), ("Testing", 3), ("Done", 13), first=50, n=12)
    (loop,) = analyse(STREAM, records(usual, broken), window()).loops

    assert loop.per_return is not None
    assert (loop.per_return.interrupts, loop.per_return.gross) == (True, 11.0)
    assert loop.per_return.net == pytest.approx(2.0)


def test_returned_items_are_compared_with_others_of_their_month_and_size() -> None:
    """They took four days longer, as much as the return cost them."""
    usual = many(("In Progress", 0), ("Testing", 3), ("Done", 5), n=30)
    back = many(("In Progress", 0), ("Testing", 3), ("In Progress", 5), ("Testing", 8), ("Done", 9), first=50, n=20)
    (loop,) = analyse(STREAM, records(usual, back), window()).loops

    assert loop.counterfactual is not None
    assert (loop.counterfactual.days, loop.counterfactual.net) == (4.0, 4.0)
    assert (loop.counterfactual.agrees, loop.grade) == (True, "A")


def test_first_pass_yield_is_what_was_observed() -> None:
    """The product of the stages need not be the same."""
    found = analyse(
        STREAM,
        records(
            issue("PAY-1", ("In Progress", 0), ("Testing", 3), ("In Progress", 4), ("Testing", 5), ("Done", 6)),
            issue("PAY-2", ("In Progress", 0), ("Testing", 3), ("Done", 6)),
        ),
        window(),
    )

    assert found.quality is not None
    assert (found.quality.first_pass_yield, found.quality.rolled, found.quality.n) == (0.5, 0.5, 2)


@given(logs())
def test_costs_never_overlap(found: Records) -> None:
    """What loops cost is the time that is spent on doing again, each instant once, whatever happened."""
    done = reconstruct(STREAM, found, window(0, 80))
    owned = done.timeline.within(window(0, 80)).drop_nulls("owner")

    costs = sum(loop.cost for loop in read(done).loops)
    assert costs == pytest.approx(owned.select(item_days()).item(), abs=1e-9)
    for one in done.returns:
        assert one.until is None or one.until >= one.at
    for number, start, end in owned.select("owner", "start", "end").iter_rows():
        made_good = done.returns[number].until
        assert done.returns[number].at <= start
        assert made_good is None or end <= made_good


def test_work_that_only_a_return_brought_is_no_size() -> None:
    """Sent back to Build from Review, where others never were: they are compared all the same."""
    straight = [issue(f"PAY-{n}", ("In Review", n), ("Done", n + 2.0)) for n in range(12)]
    sent_back = [
        issue(f"PAY-{n}", ("In Review", n - 20), ("In Progress", n - 19), ("In Review", n - 16), ("Done", n - 15))
        for n in range(20, 32)
    ]
    [loop] = analyse(STREAM, records(*straight, *sent_back), window(0, 60)).loops

    assert loop.counterfactual is not None
    assert loop.counterfactual.matched == 12
    assert loop.counterfactual.days == pytest.approx(3.0)
