"""Which state comes before which, found from moves."""

from itertools import pairwise

import polars as pl
import pytest

from bot.flow.analyse import analyse
from bot.flow.loops.order import find_order
from tests.build import STREAM, issue, records, window


def moves(*paths: str) -> pl.DataFrame:
    """A letter is a state."""
    rows = [(n, at, f"jira:{state}") for n, path in enumerate(paths) for at, state in enumerate(path)]
    return pl.DataFrame(rows, {"item": pl.Int64, "at": pl.Int64, "state": pl.String}, orient="row")


def ordered(*paths: str) -> str:
    ranks = find_order(moves(*paths), ["jira:z"]).ranks
    return "".join(state[-1] for state in sorted(ranks, key=lambda state: ranks[state]))


def test_many_rejections_do_not_turn_the_order_round() -> None:
    """First visits count, not how often items went back."""
    assert ordered(*["abcbcbcbcz"] * 6, *["abcz"] * 2) == "abcz"


def test_the_order_is_the_one_that_fewest_items_run_against() -> None:
    """Three say a, b, c in a circle; the weakest part of it gives way."""
    assert ordered(*["abz"] * 9, *["bcz"] * 8, *["caz"] * 5) == "abcz"


@pytest.mark.parametrize("states", ["abcdefgz", "abcdefghijklmnopqrstuvz"])
def test_many_states_are_ordered_too(states: str) -> None:
    """Exactly up to eighteen, by swaps beyond."""
    paths = [one + other for one, other in pairwise(states)] * 6
    assert ordered(states, *paths) == states


def test_what_items_come_back_from_is_parking() -> None:
    """A step that mends what was rejected is none, however often it is entered that way."""
    found = find_order(moves(*["apabpbz"] * 6, *["abababz"] * 30), ["jira:z"])

    assert dict(found.parking) == {"jira:p": 2}
    assert "jira:a" in found.ranks


def test_nobody_parks_where_people_work() -> None:
    """What is mended for the one who asked for it goes back to where it came from, as from a parking state."""
    paths = moves(*["abcz"] * 3, *["abrbcz"] * 8)
    unknown, known = (find_order(paths, ["jira:z"], working) for working in ([], ["jira:r"]))

    assert (dict(unknown.parking), set(unknown.returns)) == ({"jira:r": 1}, set())
    assert (dict(known.parking), set(known.returns)) == ({}, {"jira:r"})


def test_what_leads_back_is_a_return_state_also_through_another() -> None:
    """A step that rejects more often than not is none."""
    found = find_order(moves(*["abrsabz"] * 6, *["ababababz"] * 6), ["jira:z"])

    assert found.returns == {"jira:r", "jira:s"}


def test_states_that_come_first_equally_often_have_no_order() -> None:
    """Nor have states that next to no item was in both of."""
    found = find_order(moves(*["abcz"] * 5, *["acbz"] * 5, "adz"), ["jira:z"])

    assert not found.is_before("jira:b", "jira:c")
    assert not found.is_before("jira:c", "jira:b")
    assert not found.is_before("jira:a", "jira:d")
    assert found.is_before("jira:a", "jira:b")


def test_nothing_has_no_order() -> None:
    """An empty log is no error."""
    assert find_order(moves(), []).ranks == {}


def test_a_disagreement_with_the_stages_is_a_doubt() -> None:
    """The stages win."""
    found = analyse(
        STREAM,
        records(*(issue(f"PAY-{n}", ("Testing", 0), ("In Progress", 1), ("Done", 2)) for n in range(20))),
        window(),
    )

    assert [d.detail for d in found.doubts if d.kind == "order"] == [
        '"jira:Testing" comes before "jira:In Progress" in 100% of 20 items; the stages say after'
    ]
    assert [(loop.origin, loop.back_to) for loop in found.loops] == [("Test", "Build")]


def test_the_order_is_told_with_what_speaks_for_it() -> None:
    """Half of a dozen items are tested first, the others reviewed first; all of them were built before."""
    build, moves = ("In Progress", 1), [("Testing", 2), ("In Review", 2)]
    items = [
        issue(f"PAY-{n}", ("Open", 0), build, moves[n % 2], (moves[1 - n % 2][0], 3), ("Done", 4)) for n in range(12)
    ]
    order = analyse(STREAM, records(*items), window()).order

    assert order is not None
    assert order.unordered == (("jira:In Review", "jira:Testing"),)
    told = {(p.before, p.after): (p.share, p.n) for p in order.support}
    assert told["jira:Open", "jira:In Progress"] == (1.0, 12)
    assert {pair: share for pair, (share, _) in told.items() if share < 1} in (
        {("jira:In Review", "jira:Testing"): 0.5},
        {("jira:Testing", "jira:In Review"): 0.5},
    )
    assert order.disagreements == ()


def test_where_the_stages_say_the_opposite_is_told() -> None:
    """All of twenty were tested before they were built; nine would not be enough."""
    items = [issue(f"PAY-{n}", ("Testing", 0), ("In Progress", 1), ("Done", 2)) for n in range(20)]
    every, few = (analyse(STREAM, records(*some), window()).order for some in (items, items[:9]))

    assert every is not None
    assert few is not None
    assert [(p.before, p.after, p.share, p.n) for p in every.disagreements] == [
        ("jira:Testing", "jira:In Progress", 1.0, 20)
    ]
    assert few.disagreements == ()
