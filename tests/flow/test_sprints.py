"""What sprints promised, what was done, and what the work serves."""

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.flow.analyse import analyse
from bot.flow.findings.sprints import Sprint, Sprints
from bot.flow.model import Serves, Stream
from connectors.records import Event, EventKind, Item, Link, Record
from tests.build import JIRA, STREAM, at, change, event, issue, records, window


def sprint(number: int, started: float | None, ended: float | None = None) -> list[Record]:
    key = f"sprint/PAY/{number}"
    item = Item(
        JIRA, "PAY", key, "sprint", f"S{number}", f"S{number}", f"https://jira/s/{number}", at(0), about="Refunds"
    )
    began = [Event(JIRA, f"{key}:started", key, at(started), EventKind.STARTED)] if started is not None else []
    return [item, *began, *([Event(JIRA, f"{key}:ended", key, at(ended), EventKind.ENDED)] if ended else [])]


def planned(name: str, number: int, day: float, kind: EventKind = EventKind.PLANNED) -> list[Record]:
    return change(name, kind, day, detail=f"sprint/PAY/{number}")


def done(name: str, day: float, born: float = 0.0) -> list[Record]:
    return issue(name, ("Open", born), ("In Progress", day - 1), ("Done", day), resolution="Done")


def still(name: str, born: float = 0.0) -> list[Record]:
    return issue(name, ("Open", born), ("In Progress", born + 1))


def seen(*parts: list[Record], stream: Stream = STREAM, end: float = 100) -> Sprints:
    found = analyse(stream, records(*parts), window(0, end)).sprints
    assert found is not None
    return found


def one(*parts: list[Record], end: float = 100) -> Sprint:
    (found,) = seen(*parts, end=end).sprints
    return found


def test_what_was_in_it_when_it_began_was_committed() -> None:
    """And what came later was added, whether or not it was done."""
    found = one(
        sprint(1, 10, 24),
        *(done(f"PAY-{n}", 20) for n in (1, 2)),
        *(still(f"PAY-{n}") for n in (3, 4)),
        *(planned(f"PAY-{n}", 1, 9) for n in (1, 3)),
        *(planned(f"PAY-{n}", 1, 12) for n in (2, 4)),
    )

    assert (found.committed, found.added, found.removed, found.done) == (2, 2, 0, 2)
    assert (found.kept.part, found.kept.whole) == (1, 2)
    assert found.remaining == ("PAY-3", "PAY-4")
    assert (found.name, found.goal, found.ended) == ("S1", "Refunds", at(24))


def test_what_was_taken_out_was_removed_and_is_not_left_over() -> None:
    """Taken out and put back again, it stayed."""
    found = one(
        sprint(1, 10, 24),
        still("PAY-1"),
        still("PAY-2"),
        *(planned(name, 1, 9) for name in ("PAY-1", "PAY-2")),
        *(planned(name, 1, 12, EventKind.UNPLANNED) for name in ("PAY-1", "PAY-2")),
        planned("PAY-2", 1, 13),
    )

    assert (found.committed, found.added, found.removed, found.remaining) == (2, 0, 1, ("PAY-2",))


@pytest.mark.parametrize(
    ("taken_in", "taken_out", "over"), [(1, 5, None), (1, None, 8), (30, None, None)], ids=["before", "over", "after"]
)
def test_what_was_not_in_it_while_it_ran_does_not_count(
    taken_in: float, taken_out: float | None, over: float | None
) -> None:
    """Taken out before it began, over by then, or put in after its end."""
    item = done("PAY-1", over) if over else still("PAY-1")
    out = planned("PAY-1", 1, taken_out, EventKind.UNPLANNED) if taken_out else []
    found = one(sprint(1, 10, 24), item, planned("PAY-1", 1, taken_in), out, still("PAY-2"), planned("PAY-2", 1, 9))

    assert (found.committed, found.added, found.remaining) == (1, 0, ("PAY-2",))


def test_what_was_reopened_later_was_not_done() -> None:
    """It is left over, though it seemed done when the sprint ended."""
    moves = ("Open", 0.0), ("In Progress", 12.0), ("Done", 20.0), ("In Progress", 30.0), ("Done", 40.0)
    log = [*sprint(1, 10, 24), *issue("PAY-1", *moves, resolution="Done"), *planned("PAY-1", 1, 9)]

    assert (one(log).done, one(log).remaining) == (0, ("PAY-1",))
    assert (one(log, end=29).done, one(log, end=29).remaining) == (1, ())


def test_dropped_is_neither_done_nor_left_over() -> None:
    item = issue("PAY-1", ("Open", 0), ("In Progress", 8), ("Done", 20), resolution="Won't Do")
    found = one(sprint(1, 10, 24), item, planned("PAY-1", 1, 9))

    assert (found.committed, found.done, found.dropped, found.remaining) == (1, 0, 1, ())


def test_what_one_sprint_left_over_is_carried_into_the_next() -> None:
    """It stays in the first one, as trackers have it; a sprint that runs has no end."""
    first, second = seen(
        sprint(1, 10, 24), sprint(2, 25), still("PAY-1"), planned("PAY-1", 1, 9), planned("PAY-1", 2, 24.5), end=30
    ).sprints

    assert (first.remaining, first.carried_in) == (("PAY-1",), 0)
    assert (second.ended, second.committed, second.carried_in, second.remaining) == (None, 1, 1, ("PAY-1",))


def test_a_sprint_that_did_not_begin_yet_is_none() -> None:
    found = analyse(STREAM, records(sprint(1, None), still("PAY-1"), planned("PAY-1", 1, 9)), window(0, 30))

    assert found.sprints is None


def test_sprints_without_a_goal_are_counted() -> None:
    """Of those that are closed."""
    aimless = [replace(r, about=None) if isinstance(r, Item) else r for n in (2, 3) for r in sprint(n, 25, 39)]
    running = [replace(r, about=None) if isinstance(r, Item) else r for r in sprint(4, 40)]
    found = seen(sprint(1, 10, 24), aimless, running, still("PAY-1"), *(planned("PAY-1", n, 9) for n in (1, 2, 3, 4)))

    assert (found.closed, found.without_goal) == (3, 2)


def test_a_sprint_of_two_projects_is_one() -> None:
    """Each has its own record of it; they lead to one address."""
    other = [replace(r, key="sprint/OPS/1", scope="OPS") for r in sprint(1, None) if isinstance(r, Item)]
    events = [replace(r, item="sprint/OPS/1", id=f"ops:{r.id}") for r in sprint(1, 10, 24) if isinstance(r, Event)]
    moved = change("PAY-2", EventKind.PLANNED, 9, detail="sprint/OPS/1")
    found = one(sprint(1, 10, 24), [*other, *events], still("PAY-1"), still("PAY-2"), planned("PAY-1", 1, 9), moved)

    assert (found.committed, found.remaining) == (2, ("PAY-1", "PAY-2"))


def test_shares_of_all_take_five_sprints() -> None:
    """Ratios of sums: of five sprints with two items each, half was done."""
    parts = [
        part
        for n in range(5)
        for part in (
            sprint(n, 14 * n + 10, 14 * n + 23),
            done(f"PAY-{n}1", 14 * n + 20),
            still(f"PAY-{n}2"),
            planned(f"PAY-{n}1", n, 14 * n + 9),
            planned(f"PAY-{n}2", n, 14 * n + 9),
        )
    ]
    found, few = seen(*parts), seen(*parts, end=60)

    assert (found.kept and found.kept.share, found.carry_over and found.carry_over.share) == (0.5, 0.5)
    assert found.kept is not None
    assert 0 < (found.kept.low or 0) < 0.5 < (found.kept.high or 0) < 1
    assert (few.closed, few.kept) == (3, None)
    assert few.reason == "3 sprints ended in the window; shares of all take 5"


def test_a_sprint_that_nobody_closed_is_a_doubt() -> None:
    """So is one that began with nothing in it."""
    log = [*sprint(1, 10), *sprint(2, 80, 90), *still("PAY-1"), *planned("PAY-1", 1, 9), *planned("PAY-1", 2, 85)]
    doubts = {d.kind: d.detail for d in seen(log).doubts}

    assert doubts["sprint never closed"].startswith("S1 began more than eight weeks ago")
    assert doubts["sprint without commitment"].startswith("nothing was in S2")
    assert seen(log, end=60).doubts == ()


HAPPENINGS = st.lists(
    st.tuples(st.integers(0, 4), st.sampled_from(("in", "out", "done", "reopened", "dropped")), st.integers(1, 60)),
    max_size=30,
)


@given(HAPPENINGS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_everything_in_a_sprint_ends_in_one_way(happenings: list[tuple[int, str, int]]) -> None:
    """Committed or added, and then removed, dropped, done or left over; whatever happens, in any order."""
    states = {"done": "Done", "reopened": "In Progress", "dropped": "Cancelled"}
    kinds = {"in": EventKind.PLANNED, "out": EventKind.UNPLANNED}
    parts = [sprint(1, 10, 24), sprint(2, 25, 39), sprint(3, 40)]
    for n in range(5):
        own = sorted({day: what for number, what, day in happenings if number == n}.items())
        parts.append(issue(f"PAY-{n}", ("Open", 0), *((states[what], day) for day, what in own if what in states)))
        parts += [planned(f"PAY-{n}", 1 + day % 3, day, kinds[what]) for day, what in own if what in kinds]
    found = analyse(STREAM, records(*parts), window(0, 70)).sprints

    for one in found.sprints if found else ():
        assert one.committed + one.added == one.removed + one.dropped + one.done + len(one.remaining)
        assert one.kept.part <= one.done
        assert one.carried_in <= one.committed


# -- what it serves ----------------------------------------------------------------------------------------------------


class Aimed(Stream):
    """A stream with goals."""

    goals: ClassVar[Mapping[str, Serves]] = {
        "faster": Serves(labels=("Ship-fast",), epics=("PAY-100",)),
        "fewer calls": Serves(links=("OBJ-1",), pattern=r"\brefund"),
    }

    @property
    def serving(self) -> Mapping[str, Serves]:
        return self.goals


AIMED = Aimed(**STREAM.model_dump())


def finished(name: str, **said: object) -> list[Record]:
    """An item that is done in the sprint, with a label, a parent or a title of its own, and an hour of work on it."""
    item, *rest = done(name, 20)
    assert isinstance(item, Item)
    trace = event(name.lower(), EventKind.LOGGED_WORK, 19.5, detail="3600")
    return [replace(item, **said), *rest, trace, *planned(name, 1, 9)]  # type: ignore[arg-type]


SERVING = [
    *sprint(1, 10, 24),
    *finished("PAY-1", labels=("ship-fast",)),
    *finished("PAY-2", parent="PAY-100"),
    *finished("PAY-3", title="Refunds by webhook"),
    *finished("PAY-4"),
    Link(JIRA, "pay-4", "OBJ-1", "relates", "api"),
    *finished("PAY-5", labels=("ship-fast",), title="Refund on mobile"),
    *finished("PAY-6"),
]


def test_work_serves_a_key_result_by_label_epic_link_or_title() -> None:
    """An item may serve several; what serves none is told by name."""
    found = analyse(AIMED, records(SERVING), window(0, 30))
    assert found.sprints is not None
    (one,) = found.sprints.sprints
    for serving in (one.serving, found.serving):
        assert serving is not None
        assert [(s.key_result, s.finished.part) for s in serving.key_results] == [("faster", 3), ("fewer calls", 3)]
        assert serving.nothing is not None
        assert (serving.nothing.finished.part, serving.nothing.finished.whole) == (1, 6)
        assert serving.disconnected == ("PAY-6",)


def test_touch_is_a_share_of_the_time_of_which_traces_tell() -> None:
    """Three hours were logged on what serves one, and one on what serves none; each may have taken four."""
    log = [r for r in SERVING if not (isinstance(r, Event) and r.kind is EventKind.LOGGED_WORK)]
    logged = (("pay-1", 17.6, 3), ("pay-6", 18.6, 1))
    hours = [event(item, EventKind.LOGGED_WORK, day, detail=str(n * 3600)) for item, day, n in logged]
    found = analyse(AIMED, records([*log, *hours]), window(0, 30)).serving

    assert found is not None
    assert found.nothing is not None
    assert (found.nothing.touch_low, found.nothing.touch_high) == pytest.approx((0.25, 0.5))


def test_a_key_result_that_nothing_serves_is_a_doubt() -> None:
    """Its labels may be misspelt."""
    log = [r for r in SERVING if not (isinstance(r, Item) and r.parent)]
    doubts = {d.kind: d.detail for d in analyse(AIMED, records(still("PAY-9")), window(0, 30)).doubts}

    assert '"fewer calls"' in doubts["key result without work"]
    assert "key result without work" not in {d.kind for d in analyse(AIMED, records(log), window(0, 30)).doubts}


def test_without_anything_said_nothing_is_told() -> None:
    """Nor in the sprints."""
    found = analyse(STREAM, records(SERVING), window(0, 30))

    assert found.serving is None
    assert found.sprints is not None
    assert found.sprints.sprints[0].serving.nothing is None


@pytest.mark.parametrize(("said", "words"), [({}, "serves says nothing"), ({"pattern": "("}, "no regular expression")])
def test_what_serves_must_be_said(said: dict[str, str], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Serves.model_validate(said)
