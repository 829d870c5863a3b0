"""From "decided" to "being worked on"."""

from dataclasses import replace

import pytest

from bot.flow.analyse import analyse
from bot.flow.findings.cascade import Cascade
from bot.flow.model import Stage, StageKind, Stream
from connectors.records import EventKind as K
from connectors.records import Item, Record
from tests.build import STREAM, change, issue, pull, records, window

STRATEGY = STREAM.model_copy(
    update={
        "decided": "jira:Approved",
        "stages": (Stage(name="Strategy", kind=StageKind.WAIT, states=("jira:Approved", "jira:Idea")), *STREAM.stages),
    }
)


def found(*parts: list[Record], stream: Stream = STRATEGY, start: float = 0, end: float = 100) -> Cascade:
    told = analyse(stream, records(*parts), window(start, end)).cascade
    assert told is not None
    return told


def initiative(name: str, *moves: tuple[str, float]) -> list[Record]:
    return issue(name, *(moves or (("Idea", 0), ("Approved", 10))), item_type="Initiative")


def epic(name: str, of: str, day: float) -> list[Record]:
    return issue(name, ("Open", day), item_type="Epic", parent=of)


def story(name: str, of: str, day: float, *moves: tuple[str, float]) -> list[Record]:
    return issue(name, ("Open", day), *moves, item_type="Story", parent=of)


def test_the_lag_runs_from_the_decision_to_the_first_work() -> None:
    """Decided on day 10, an epic on day 14, its story on day 20, in work on day 25."""
    told = found(initiative("I-1"), epic("E-1", "I-1", 14), story("S-1", "E-1", 20, ("In Progress", 25)))
    (only,) = told.items

    assert (told.initiatives, only.first, only.half, only.most) == (1, 15.0, 15.0, 15.0)
    assert (told.lag_first.p50, told.lag_first.low) == (15.0, None)
    assert [(level.level, level.p50) for level in told.levels] == [
        ("first epic created", 4.0),
        ("first story created", 6.0),
        ("first work on it", 5.0),
    ]
    assert (told.never_connected, told.reason) == ((), "1 initiatives are too few for an interval.")


def test_the_parts_of_an_initiative_come_to_it_one_by_one() -> None:
    """Five epics, one of them in work after 1, 2, ... 5 days: half of them after 3, four of five after 4."""
    parts = [
        r
        for n in range(1, 6)
        for r in (epic(f"E-{n}", "I-1", 10), story(f"S-{n}", f"E-{n}", 10, ("In Progress", 10 + n)))
    ]
    told = found(initiative("I-1"), *parts)
    (only,) = told.items

    assert (only.first, only.half, only.most, only.leaves) == (1.0, 3.0, 4.0, 5)
    assert (told.lag_first.p50, told.lag_half.p50, told.lag_most.p50) == (1.0, 3.0, 4.0)


def test_initiatives_that_nobody_works_on_yet_count() -> None:
    """Two were taken up after 5 days, three wait since 90: the median is not 5 days."""
    quick = [r for n in (1, 2) for r in (initiative(f"I-{n}"), story(f"S-{n}", f"I-{n}", 10, ("In Progress", 15)))]
    waiting = [r for n in (3, 4) for r in (initiative(f"I-{n}"), story(f"S-{n}", f"I-{n}", 11))]
    told = found(*quick, *waiting, initiative("I-5"))

    assert (told.lag_first.n, told.lag_first.waiting, told.lag_first.p50) == (5, 3, None)
    assert told.never_connected == ("I-3", "I-4", "I-5")
    assert [(i.item, i.first, i.waited) for i in told.items][:3] == [(f"I-{n}", None, 90.0) for n in (3, 4, 5)]


def test_work_before_the_decision_does_not_count() -> None:
    """A story of day 2 was in flight already; its commit of day 30 is the first that counts."""
    told = found(
        initiative("I-1"),
        story("S-1", "I-1", 2, ("In Progress", 3)),
        pull(1, (K.OPENED, 4.0), (K.COMMITTED, 5.0), (K.COMMITTED, 30.0), names=["S-1"]),
    )
    (only,) = told.items

    assert (only.first, only.in_flight) == (20.0, 1)
    assert [d.kind for d in told.doubts] == ["link times", "already in flight"]


def test_work_of_a_bot_is_none() -> None:
    """Nor is a leaf that nobody touches connected."""
    told = found(
        initiative("I-1"),
        story("S-1", "I-1", 11),
        pull(1, (K.OPENED, 12.0, "ci[bot]"), (K.COMMITTED, 12.0, "ci[bot]"), names=["S-1"]),
    )

    assert told.never_connected == ("I-1",)


def test_decided_twice_counts_from_the_first_time() -> None:
    """And is a doubt."""
    told = found(
        initiative("I-1", ("Approved", 10), ("Idea", 20), ("Approved", 40)),
        story("S-1", "I-1", 41, ("In Progress", 45)),
    )

    assert told.items[0].first == 35.0
    assert ("decided again", ("I-1",)) in [(d.kind, d.items) for d in told.doubts]


def test_a_circle_of_parents_is_followed_once() -> None:
    """And is a doubt; the work in it counts."""
    circle = [story("S-1", "S-2", 11), story("S-2", "S-1", 11, ("In Progress", 12))]
    ring = replace_parent(initiative("I-1"), "E-1")
    told = found(ring, epic("E-1", "I-1", 11), story("S-3", "E-1", 11, ("In Progress", 13)), *circle)

    assert told.items[0].first == 3.0
    assert ("circle of parents", {"I-1", "E-1", "S-1", "S-2"}) in [(d.kind, set(d.items)) for d in told.doubts]


def replace_parent(told: list[Record], parent: str) -> list[Record]:
    item, *rest = told
    assert isinstance(item, Item)
    return [replace(item, parent=parent), *rest]


def test_an_initiative_under_another_keeps_its_own_work() -> None:
    """The one above has none then."""
    below = replace_parent(initiative("I-2"), "I-1")
    told = found(initiative("I-1"), below, story("S-1", "I-2", 11, ("In Progress", 12)))

    assert told.never_connected == ("I-1",)


def test_only_what_was_waited_for_in_the_window_is_told() -> None:
    """One was taken up long before it; one was decided before it and still waits."""
    told = found(
        initiative("I-1"),
        story("S-1", "I-1", 11, ("In Progress", 12)),
        initiative("I-2"),
        start=50,
    )

    assert (told.initiatives, [i.item for i in told.items], told.lag_first.waiting) == (1, ["I-2"], 1)


def test_the_share_of_work_under_decided_initiatives() -> None:
    """Three days of four with a trace on the initiative's story; before the decision none of it is aligned."""
    told = found(
        initiative("I-1"),
        story("S-1", "I-1", 11),
        issue("S-2", ("Open", 1)),
        pull(1, (K.OPENED, 11.5), *((K.COMMITTED, day) for day in (14.4, 15.4, 16.4)), names=["S-1"]),
        pull(2, (K.OPENED, 17.0), (K.COMMITTED, 17.4), names=["S-2"]),
    )
    share = told.alignment

    assert share.days == pytest.approx(0.75)
    assert share.low == share.shortest == pytest.approx(0.75)
    assert share.longest is not None
    assert share.longest >= 0.75
    assert share.orphan_low == pytest.approx(1 - (share.high or 0))
    assert share.orphan_high == pytest.approx(0.25)


def test_where_nothing_is_known_nothing_is_told() -> None:
    """No decision, no work below it, or no stream of initiatives at all."""
    idea = initiative("I-1", ("Idea", 0))

    assert analyse(STREAM, records(idea), window()).cascade is None
    nothing = found(idea)
    assert nothing.reason == 'No item came to "jira:Approved" by the end of the window.'
    assert nothing.alignment.low is None
    assert "projects of its work" in (found(initiative("I-1")).reason or "")
    assert found(change("I-1", K.COMMITTED, 12), initiative("I-1")).never_connected == ("I-1",)


def test_every_two_weeks_something_should_have_happened() -> None:
    """Decided on day 10, worked on days 12 and 40: of six checkpoints by day 100 four were missed."""
    work = (change("S-1", K.LOGGED_WORK, day, detail="3600") for day in (12, 40))
    told = found(initiative("I-1"), story("S-1", "I-1", 10), *work)
    (only,) = told.items

    assert (only.checkpoints, only.missed, only.idle) == (6, 4, 60.0)
    assert (told.checkpoints_missed.part, told.checkpoints_missed.whole) == (4, 6)


def test_only_checkpoints_of_the_window_count() -> None:
    """Of those on days 24, 38, 52 and so on, the ones after day 40 up to day 70."""
    (only,) = found(initiative("I-1"), story("S-1", "I-1", 10), start=40, end=70).items

    assert (only.checkpoints, only.missed) == (2, 2)


def test_what_is_over_has_no_more_checkpoints() -> None:
    """Nor does it want anything under it."""
    over = initiative("I-1", ("Idea", 0), ("Approved", 10), ("Done", 30))
    told = found(over, initiative("I-2"), story("S-3", "I-3", 10), initiative("I-3"))

    assert {i.item: (i.checkpoints, i.over) for i in told.items} == {
        "I-1": (1, True),
        "I-2": (6, False),
        "I-3": (6, False),
    }
    assert told.without_items == ("I-2",)


def test_touching_the_initiative_itself_is_a_checkpoint_met() -> None:
    """Whoever edits it looked at it; the decision itself is no checkpoint."""
    (only,) = found(initiative("I-1"), change("I-1", K.EDITED, 30, detail="description")).items

    assert (only.checkpoints, only.missed) == (6, 5)
