"""The stages that records propose, whatever their states are called."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import combinations
from random import Random
from statistics import mean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.demo.truth.world import Station, World
from bot.flow.clock import instant
from bot.flow.history.log import Records, read_log
from bot.flow.model import Calendar, StageKind
from bot.flow.proposal.known import Known
from bot.flow.proposal.propose import Proposal, propose
from bot.flow.proposal.stages import ProposedStage
from connectors.records import Category, Event, EventKind, Record
from tests.build import at, issue, pull, records
from tests.demo.truth import clean

NOW = at(400)
USUAL = ("Open", "Doing", "Check", "Done")
SORTED = {
    "jira:Open": Category.PLANNED,
    "jira:Doing": Category.STARTED,
    "jira:Check": Category.STARTED,
    "jira:Done": Category.DONE,
}


def flow(number: int, *states: str, step: float = 1.0, item_type: str = "Story") -> list[Record]:
    """An item that enters one state after another, begun some day or other."""
    start = 7 * number % 101
    moves = ((state, start + n * step) for n, state in enumerate(states))
    return issue(f"P-{number}", *moves, item_type=item_type)


def proposed(*paths: Sequence[str], known: Known | None = None) -> Proposal:
    """Of one item for each path."""
    return propose(records(*(flow(n, *path) for n, path in enumerate(paths))), NOW, Calendar(), known or Known())


def sorted_as(**more: Category) -> Known:
    return Known({**SORTED, **{f"jira:{name.replace('_', ' ')}": value for name, value in more.items()}})


def place(found: Proposal, state: str) -> int:
    [n] = [n for n, stage in enumerate(found.stages) if f"jira:{state}" in stage.states]
    return n


def stage(found: Proposal, state: str) -> ProposedStage:
    return found.stages[place(found, state)]


def named(found: Proposal) -> list[str]:
    return [one.name for one in found.stages]


def test_the_flow_tells_the_order_whatever_the_names_say() -> None:
    """Who calls his first state "Testing" and his last but one "Backlog" has his reasons."""
    found = proposed(*[("Testing", "Review", "Backlog", "Done")] * 20)

    assert named(found) == ["Testing", "Review", "Backlog", "Done"]
    assert found.end == "Done"


def test_where_the_flow_says_nothing_the_source_does() -> None:
    """Two states that come first equally often stand as far along as the source puts them."""
    paths = [("Open", "Doing", "Later", "Done")] * 10 + [("Open", "Later", "Doing", "Done")] * 10
    found = proposed(*paths, known=sorted_as(Later=Category.PLANNED))

    assert place(found, "Later") < place(found, "Doing")


def test_what_the_source_counts_as_done_is_the_end() -> None:
    """Also where more histories stop in another state."""
    found = proposed(*[USUAL] * 8, *[USUAL[:3]] * 30, known=sorted_as())

    assert (found.end, stage(found, "Done").kind, stage(found, "Check").kind.value) == ("Done", "done", "work")


def test_what_items_mostly_leave_is_no_end() -> None:
    """Though its source counts it as done."""
    paths = [("Open", "Doing", "Resolved", "Check", "Done")] * 20
    found = proposed(*paths, known=sorted_as(Resolved=Category.DONE))

    assert stage(found, "Resolved").kind is not StageKind.DONE
    assert named(found)[-1] == "Done"


def test_a_log_says_by_its_ends_what_is_over() -> None:
    """It has no categories."""
    found = proposed(*[("A", "B", "C")] * 20, ("A", "B"))

    assert (named(found), found.end, stage(found, "C").kind) == (["A", "B", "C"], "C", StageKind.DONE)


def test_what_was_given_up_is_told_from_what_was_delivered() -> None:
    """By its name; and an end that is called so is never the only one."""
    found = proposed(*[USUAL] * 20, *[("Open", "Rejected")] * 30, known=sorted_as(Rejected=Category.DONE))
    without = proposed(*[("Open", "Rejected")] * 30, *[("Open", "Doing", "Shipped")] * 10)

    assert (stage(found, "Rejected").kind, found.end) == (StageKind.DROPPED, "Done")
    assert (stage(without, "Rejected").kind, without.end) == (StageKind.DROPPED, "Shipped")


def test_what_hardly_any_item_visits_joins_the_stage_before_it() -> None:
    """So that the map stays legible, and nothing is unclaimed."""
    found = proposed(*[USUAL] * 100, ("Open", "Doing", "In progress elsewhere", "Check", "Done"), known=sorted_as())

    assert "jira:In progress elsewhere" in stage(found, "Doing").states
    assert len(found.stages) == 4


def test_what_is_reopened_waits_where_everything_begins() -> None:
    """It came from what was over, whatever it is called."""
    found = proposed(*[USUAL] * 20, *[(*USUAL, "Again", "Doing", "Done")] * 12, known=sorted_as(Again=Category.PLANNED))

    assert place(found, "Again") == place(found, "Open") == 0


def test_what_is_parked_waits_beside_where_it_came_from() -> None:
    """Items come there and go back, so it is no step of the way."""
    found = proposed(*[USUAL] * 20, *[("Open", "Doing", "Shelf", "Doing", "Check", "Done")] * 12, known=sorted_as())

    assert (stage(found, "Shelf").kind, place(found, "Shelf")) == (StageKind.WAIT, place(found, "Doing") + 1)


def test_what_is_sent_back_has_a_stage_before_where_it_is_done_again() -> None:
    """It leads back, whatever it is called."""
    again = ("Open", "Doing", "Check", "Mending", "Doing", "Check", "Done")
    found = proposed(*[USUAL] * 20, *[again] * 12, known=sorted_as(Mending=Category.STARTED))

    assert named(found) == ["Open", "Sent back", "Doing", "Check", "Done"]
    assert stage(found, "Mending").kind is StageKind.WORK


def test_a_state_that_no_item_was_in_is_told() -> None:
    """It belongs to no stage."""
    found = proposed(*[USUAL] * 20, known=sorted_as(Frozen=Category.PLANNED))

    assert found.not_seen == ("jira:Frozen",)


def test_a_preset_names_what_it_knows() -> None:
    """In upper or lower case; two states that it calls the same are one stage."""
    review = ProposedStage("Code review", StageKind.APPROVAL, (), settings=(("time_box", "24h"),))
    known = Known(SORTED, {"check": review, "second look": review})
    found = proposed(*[("Open", "Doing", "CHECK", "Second look", "Done")] * 20, known=known)

    assert stage(found, "CHECK").states == ("jira:CHECK", "jira:Second look")
    made = found.stream("Trees", (), Calendar()).stages[place(found, "CHECK")]
    assert (made.name, made.kind, made.time_box) == ("Code review", StageKind.APPROVAL, timedelta(hours=24))


def test_items_that_contain_others_are_left_out() -> None:
    """Or are parts of others: their time would count twice."""
    stories = [issue(f"S-{n}", ("Open", n), ("Doing", n + 1), ("Done", n + 2), parent="E-1") for n in range(12)]
    part = issue("T-1", ("Open", 3), ("Done", 4), item_type="Sub-task", parent="S-1")
    epic = issue("E-1", ("Open", 0), ("Done", 30), item_type="Epic")
    found = propose(records(epic, part, *stories), NOW, Calendar(), Known(SORTED))

    assert found.item_types == ("Story",)
    assert any("left out: Epic, Sub-task" in remark for remark in found.remarks)


def merged(number: int, day: float, *names: str) -> list[Record]:
    told = (EventKind.OPENED, day), (EventKind.REVIEWED, day + 0.2, "bob", "approved"), (EventKind.MERGED, day + 0.4)
    return pull(number, *told, names=names)


def test_change_requests_alone_make_stages_of_their_turns() -> None:
    """Authors work, reviewers approve; what is merged is delivered."""
    found = propose(records(*(merged(n, n) for n in range(12))), NOW, Calendar())

    assert [one.kind.value for one in found.stages] == ["work", "approval", "done", "dropped"]
    assert (found.end, found.usable) == ("Merged", None)


@pytest.mark.parametrize(("path", "expected"), [("In Review", "In Review"), ("Later", "Review")])
def test_the_turns_of_change_requests_stand_among_the_stages(path: str, expected: str) -> None:
    """The author's where they are opened, the reviewers' at the approval after it, which is made if there is none."""
    stories = [flow(n, "Open", "Draft text", "Doing", path, "Done") for n in range(20)]
    pulls = [merged(n, 7 * n % 101 + 2.3, f"P-{n}") for n in range(20)]
    found = propose(records(*stories, *pulls), NOW, Calendar(), sorted_as(Later=Category.PLANNED))
    [review] = [one for one in found.stages if "github:awaiting review" in one.states]

    assert "github:draft" in stage(found, "Doing").states
    assert (review.name, review.kind) == (expected, StageKind.APPROVAL)
    assert found.stages.index(review) == place(found, "Doing") + 1


ODD = ['"quoted"', "two\nlines", "a:b", "🚀", "לבדוק", "x" * 3000, "Done", "Dropped", "Sent back", "unknown", " ", "'"]


def odd_paths() -> st.SearchStrategy[list[list[str]]]:
    return st.lists(st.lists(st.sampled_from(ODD), min_size=1, max_size=7), max_size=25)


@settings(max_examples=30, deadline=None)
@given(odd_paths(), st.dictionaries(st.sampled_from(ODD), st.sampled_from(list(Category))), st.booleans(), st.randoms())
def test_every_log_makes_a_stream_or_says_why_not(
    paths: list[list[str]], said: dict[str, Category], together: bool, chance: Random
) -> None:
    """Every state that an item was in stands in one stage; the order of the records does not matter."""
    step = 0.0 if together else 0.5
    told = records(*(flow(n, *path, step=step) for n, path in enumerate(paths)))
    known = Known({f"jira:{state}": category for state, category in said.items()})
    found = propose(told, NOW, Calendar(), known)
    claimed = [state for one in found.stages for state in one.states]

    renamed = read_log(told, instant(NOW)).names
    visited = {f"jira:{state}" for path in paths for state in path} - {"jira:unknown"}

    assert visited - {*renamed} <= {*claimed} <= visited
    assert len({*claimed}) == len(claimed)
    assert len({*named(found)}) == len(found.stages)
    if found.usable is None:
        assert found.stream("Trees", (), Calendar()).end == found.end
    assert propose(shuffled(told, chance), NOW, Calendar(), known) == found


def shuffled(told: Records, chance: Random) -> Records:
    items, events = list(told.items), list(told.events)
    chance.shuffle(items)
    chance.shuffle(events)
    return Records.of(items, events, told.links, told.people)


@pytest.mark.parametrize(
    ("paths", "why"),
    [
        ([], "nothing"),
        ([["Open"]], "one state"),
        ([["Open"]] * 30, "one state"),
    ],
)
def test_too_little_is_said_in_words(paths: list[list[str]], why: str) -> None:
    """Whoever asked refuses with that sentence."""
    found = proposed(*paths)

    assert found.usable is not None
    assert why in found.usable


def test_three_hundred_states_make_a_stream() -> None:
    """As many as a site may have."""
    found = proposed(*[tuple(f"S{n}" for n in range(300))] * 12)

    assert (len(found.stages), found.stages[7].name, found.usable) == (300, "S7", None)


def test_states_of_two_trackers_may_be_called_alike() -> None:
    """Their stages are told apart by the kind of source."""
    stories = [record for n in range(20) for record in flow(n, *USUAL)]
    told = records(*(flow(n, *USUAL) for n in range(30, 50)))
    moved = [replace(one, source="linear.acme") for one in told.items]
    events = [replace(one, source="linear.acme") for one in told.events]
    found = propose(records(stories, moved, events), NOW, Calendar())

    assert len({*named(found)}) == len(found.stages)
    assert {state for one in found.stages for state in one.states} == {
        f"{kind}:{name}" for kind in ("jira", "linear") for name in USUAL
    }
    assert found.usable is None


def test_pull_requests_of_bots_alone_make_the_usual_stages() -> None:
    """As those of people do: who opened them does not matter for what the stages are."""
    told = (pull(n, (EventKind.OPENED, n, "x[bot]"), (EventKind.MERGED, n + 1, "x[bot]")) for n in range(9))
    found = propose(records(*told), NOW, Calendar())

    assert (named(found), found.usable) == (["Development", "Review", "Merged", "Closed"], None)


def test_where_every_history_ends_elsewhere_some_end_is_proposed() -> None:
    """Half of the histories end in the states of done, and a person is asked to look."""
    found = proposed(*[("Open", "Doing", f"End {n}") for n in range(24)])

    assert (found.usable, stage(found, "Open").kind, found.stages[-1].sure) == (None, StageKind.WAIT, "look")


NAMES = {
    Station.BACKLOG: "Backlog",
    Station.WORK: "In development",
    Station.TEST: "Testing",
    Station.APPROVAL: "Approval",
    Station.BATCH_GATE: "Release board",
    Station.HAND_OFF: "Ready for pick-up",
    Station.DEPLOY: "Ready to deploy",
    Station.PARKING: "On hold",
    Station.RETURN: "Rework",
    Station.DONE: "Done",
}


def called_naturally(known: World) -> tuple[Records, dict[str, str]]:
    """The same records with names that tell, and what each state of the truth is called now."""
    names = {state: f"{NAMES[what]} {n}" for n, (state, what) in enumerate(known.truth.stations.items())}
    bare = {state.partition(":")[2]: name for state, name in names.items()}

    def renamed(one: Event) -> Event:
        if one.kind is not EventKind.STATE:
            return one
        return replace(one, state=bare.get(one.state or "", one.state), detail=bare.get(one.detail or "", one.detail))

    told = [renamed(one) for one in known.records.events]
    return known.records.told_of(known.records.items, told), {state: f"jira:{name}" for state, name in names.items()}


@pytest.mark.parametrize(("natural", "floor"), [(False, 0.85), (True, 0.9)])
def test_simulated_teams_are_recognised(natural: bool, floor: float) -> None:
    """Of four teams: the kind of nearly every state, and the order of nearly every two, whatever they are called."""
    kinds, orders = list[bool](), list[bool]()
    for seed in range(4):
        known = clean(seed)
        told = known.records, {state: state for state in known.truth.stations}
        given, called = called_naturally(known) if natural else told
        found = propose(given, known.window.end, known.told.calendar)
        places = {state: n for n, one in enumerate(found.stages) for state in one.states}
        truth = {state: one.kind for one in known.told.stages for state in one.states}
        kinds += [found.stages[places[called[state]]].kind is truth[state] for state in known.truth.stations]
        orders += [places[called[a]] < places[called[b]] for a, b in combinations(known.truth.order, 2)]

    assert mean(kinds) >= floor
    assert mean(orders) >= 0.95
