"""How states behave, whatever they are called."""

import random
from collections.abc import Iterable
from dataclasses import replace

import polars as pl
import pytest

from bot.flow.analyse import analyse
from bot.flow.findings.analysis import Analysis
from bot.flow.findings.stations import Station
from bot.flow.model import Stage, StageKind
from bot.flow.queues.behaviour import Facts, queue_kind
from connectors.records import ActorKind, Event, Item, Record
from connectors.records import EventKind as K
from tests.build import JIRA, STREAM, at, records, window

STATES = ("Alpha", "Beta", "Gamma", "Delta", "Done")
"""Opaque; configured as work, all of them."""

CONFIGURED = (
    *(Stage(name=name, kind=StageKind.WORK, states=(f"jira:{name}",)) for name in STATES[:4]),
    Stage(name="Done", kind=StageKind.DONE, states=("jira:Done",)),
)
Move = tuple[str, float, str]


def story(
    number: int, *moves: Move, work: Iterable[tuple[float, str]] = (), start: float | None = None
) -> list[Record]:
    """A ticket: (state, day, who moved it there), and (day, who) of every trace of work; days since its start."""
    key, start = f"i{number}", number * 1.0 if start is None else start
    item = Item(JIRA, "PAY", key, "issue", f"PAY-{number}", "T", "u", at(start + moves[0][1]), type="Story")
    moved = [
        event(key, f"m{n}", K.STATE, start + day, who, state, moves[n - 1][0] if n else None)
        for n, (state, day, who) in enumerate(moves)
    ]
    return [item, *moved, *(event(key, f"w{n}", K.EDITED, start + day, who) for n, (day, who) in enumerate(work))]


def event(
    key: str, name: str, kind: K, day: float, who: str, state: str | None = None, left: str | None = None
) -> Event:
    bot = ActorKind.BOT if who == "bot" else ActorKind.HUMAN
    return Event(JIRA, f"{key}:{name}", key, at(day), kind, state, state, who, bot, left)


def found(*stories: list[Record], stages: tuple[Stage, ...] = CONFIGURED) -> Analysis:
    return analyse(STREAM.model_copy(update={"stages": stages}), records(*stories), window(0, 200))


def station(analysis: Analysis, name: str) -> Station:
    return next(s for s in analysis.stations if s.state == f"jira:{name}")


def usual(
    number: int, taker: str = "lead", *, work: bool = True, start: float | None = None, stay: float = 1.0
) -> list[Record]:
    """Born in Alpha, worked on in Beta by its developer, left in Gamma by the taker, tested in Delta."""
    dev, tester, left = f"dev{number % 3}", f"tester{number % 2}", 1.5 + stay
    moves = (
        ("Alpha", 0, "po"),
        ("Beta", 0.5, dev),
        ("Gamma", 1.5, dev),
        ("Delta", left, taker),
        ("Done", left + 1, tester),
    )
    traces = [(0.8, dev), (1.1, dev), (left + 0.3, tester), (left + 0.5, tester)] if work else []
    return story(number, *moves, work=traces, start=start)


def test_a_state_that_others_leave_and_nobody_works_in_is_an_approval() -> None:
    """Whatever it is called; the verdict tells its figures."""
    seen = station(found(*(usual(n) for n in range(40))), "Gamma")

    assert (seen.behaves, seen.queue, seen.grade, seen.n) == ("queue", "approval", "A", 40)
    assert seen.left_by_others is not None
    assert seen.left_by_others[0] > 0.9
    assert "of 40 visits; no trace of work in 100" in seen.reason


def test_a_state_full_of_traces_is_work() -> None:
    """Of whoever; the people who leave it did the work."""
    analysis = found(*(usual(n) for n in range(40)))

    assert [station(analysis, name).behaves for name in ("Beta", "Delta")] == ["work", "work"]


def test_how_many_visits_hold_a_trace_of_work_is_a_range() -> None:
    """All of 40, or none: the share that Wilson's interval of 90 % reaches to is 40 of 40 and z squared (2.71)."""
    analysis, z_squared = found(*(usual(n) for n in range(40))), 1.6448536269514722**2

    assert station(analysis, "Beta").worked_in == pytest.approx((40 / (40 + z_squared), 1.0))
    assert station(analysis, "Gamma").worked_in == pytest.approx((0.0, z_squared / (40 + z_squared)))


def test_a_queue_that_is_emptied_at_the_end_of_quarters_says_so() -> None:
    """One item a day all the time; ten more come over each quarter and leave on its last five working days.

    So three a day leave on these, and one on others; none more come when a quarter begins.
    """
    usually = [(day - 0.4, 1.0) for day in range(2, 470) if day % 7 < 5]
    last = [[day for day in range(turn - 7, turn + 1) if day % 7 < 5][-5:] for turn in (85, 176, 268, 360, 450)]
    rush = [(days[-1] - 79.4 + 7 * n, days[n % 5] - days[-1] + 80.0 - 7 * n) for days in last for n in range(10)]
    draw = random.Random(1)
    stories = [
        usual(n, start=came - 1.5 + draw.uniform(-0.1, 0.1), stay=stay)
        for n, (came, stay) in enumerate([*usually, *rush])
    ]
    stream = STREAM.model_copy(update={"stages": CONFIGURED})
    gamma = station(analyse(stream, records(*stories), window(0, 470)), "Gamma")

    assert gamma.quarter_ends is not None
    assert gamma.quarter_starts is not None
    assert (gamma.quarter_ends.claimed, gamma.quarter_ends.quarters, gamma.quarter_starts.claimed) == (True, 5, False)
    assert gamma.quarter_ends.ratio == pytest.approx(3.0, rel=0.05)


def test_where_everybody_waits_to_be_begun_is_the_backlog() -> None:
    """A queue, and none that anybody approves in."""
    seen = station(found(*(usual(n) for n in range(40))), "Alpha")

    assert (seen.behaves, seen.queue) == ("queue", None)


def test_who_pulls_it_and_works_makes_it_a_hand_off() -> None:
    """Testers take items from Gamma themselves."""
    seen = station(found(*(usual(n, f"tester{n % 2}") for n in range(40))), "Gamma")

    assert (seen.behaves, seen.queue) == ("queue", "hand-off buffer")


def test_what_a_bot_moves_on_is_a_deployment() -> None:
    """The traces tell that nobody works there, the bot tells what happens."""
    seen = station(found(*(usual(n, "bot") for n in range(40))), "Gamma")

    assert (seen.behaves, seen.queue) == ("queue", "deploy")


@pytest.mark.parametrize(("visits", "behaves"), [(9, None), (10, "queue")])
def test_few_visits_tell_nothing(visits: int, behaves: str | None) -> None:
    """Ten are needed, and the reason says so."""
    seen = station(found(*(usual(n) for n in range(visits))), "Gamma")

    assert seen.behaves == behaves
    assert behaves or "for a verdict 10 are needed" in seen.reason


def test_what_was_dragged_through_does_not_count() -> None:
    """A minute in Gamma is no visit of it."""
    moves = (
        ("Alpha", 0, "po"),
        ("Beta", 0.5, "dev"),
        ("Gamma", 1.5, "dev"),
        ("Delta", 1.5005, "dev"),
        ("Done", 3, "dev"),
    )
    dragged = [story(n + 50, *moves) for n in range(20)]

    assert station(found(*(usual(n) for n in range(12)), *dragged), "Gamma").n == 12


def test_developers_who_drag_every_card_hide_no_queue() -> None:
    """Nobody else moves it; the missing traces tell."""
    seen = station(found(*(usual(n, f"dev{n % 3}") for n in range(40))), "Gamma")

    assert seen.left_by_others is not None
    assert seen.left_by_others[1] < 0.1
    assert seen.behaves == "queue"


@pytest.mark.parametrize(("again", "queue"), [(4, "hand-off buffer"), (36, "approval")])
def test_what_nobody_begins_when_it_leaves_was_let_through(again: int, queue: str) -> None:
    """Where who brought a card also moves it on, when work begins tells who it waited for."""
    flags = {"born": False, "worked_before": True, "by_person": True, "other": False, "pulled": True}
    visits = pl.DataFrame([{**flags, "into": "Delta", "lies_again": n < again} for n in range(40)])

    assert queue_kind(Facts(visits, lag=0, feed=True), None, {"Delta"}, ships=False) == queue


def test_names_tell_more_than_pauses() -> None:
    """Somebody else took it and worked on it next, even if not at once."""
    flags = {"born": False, "worked_before": True, "by_person": True, "other": True, "pulled": True, "lies_again": True}
    visits = pl.DataFrame([{**flags, "into": "Delta"} for _ in range(40)])

    assert queue_kind(Facts(visits, lag=0, feed=True), None, {"Delta"}, ships=False) == "hand-off buffer"


def test_whose_work_bears_no_name_is_no_scribe() -> None:
    """Two people who move most cards may have left the nameless traces at them."""
    stories = [
        story(
            n,
            *(("Alpha", 0, "po"), ("Beta", 0.5, f"dev{n % 2}"), ("Gamma", 0.5 + 0.1 * (n % 4 + 1), f"dev{n % 2}")),
            ("Done", 2, f"dev{n % 2}"),
            work=[(0.52, "ghost"), (0.54, "ghost")],
        )
        for n in range(40)
    ]
    nameless = [
        [replace(r, actor=None) if isinstance(r, Event) and r.actor == "ghost" else r for r in s] for s in stories
    ]

    assert "who moves the cards does so" not in station(found(*nameless), "Beta").reason


def test_reviewers_who_edit_what_they_approve_do_work_there() -> None:
    """Traces inside veto, whoever moves the card."""
    edited = [[*usual(n), event(f"i{n}", "r", K.EDITED, n + 2.0, "lead")] for n in range(40)]

    assert station(found(*edited), "Gamma").behaves == "work"


def test_without_a_record_of_work_only_the_movers_tell() -> None:
    """With little certainty: of a buffer, from which its taker works, and of work that its worker leaves again."""
    testers = [f"tester{n % 2}" for n in range(40)]
    analysis = found(*(usual(n, tester, work=False) for n, tester in enumerate(testers)))
    buffer = station(analysis, "Gamma")

    assert (buffer.behaves, buffer.queue, buffer.grade) == ("queue", "hand-off buffer", "C")
    assert station(analysis, "Beta").behaves == "work"


def test_without_a_record_of_work_no_approval_is_told_from_work() -> None:
    """Who works on what another brought, and passes it on when it is done, moves cards as an approver does."""
    gate = station(found(*(usual(n, work=False) for n in range(40))), "Gamma")

    assert (gate.behaves, gate.queue) == (None, None)
    assert "an approval looks like that, and work that leaves no trace" in gate.reason


def test_who_records_all_moves_once_a_day_hides_what_is_shorter() -> None:
    """Everything takes a day then, and nothing is said."""
    days = (("Alpha", 0), ("Beta", 1), ("Gamma", 2), ("Delta", 3), ("Done", 4))
    scribed = [
        story(n, *((s, d, "scribe") for s, d in days), work=[(1.2, "dev"), (1.6, "dev"), (3.2, "tester")])
        for n in range(40)
    ]
    seen = station(found(*scribed), "Gamma")

    assert seen.behaves is None
    assert "who moves the cards does so every" in seen.reason


def test_a_queue_that_nobody_configured_is_shown_and_doubted_once() -> None:
    """With its cost, under its own name; its time stays where the configuration puts it."""
    waiting = story(60, ("Beta", 0, "dev1"), ("Gamma", 1, "dev1"), work=[(0.5, "dev1"), (0.7, "dev1")])
    analysis = found(*(usual(n) for n in range(40)), waiting)
    [queue] = [q for q in analysis.queues if q.origin == "discovered"]
    [doubt] = [d for d in analysis.doubts if d.kind == "behaves otherwise" and "Gamma" in d.detail]

    assert (queue.stage, queue.n, queue.waiting) == ("jira:Gamma", 40, 1)
    assert doubt.items == ("PAY-60",)
    assert '"jira:Gamma" is configured as work and behaves as approval queue' in doubt.detail
    assert {s.name: s.process_time for s in analysis.stages}["Gamma"] == pytest.approx(1.0)


def test_a_configured_approval_is_no_news() -> None:
    """Neither doubted nor shown twice."""
    stages = tuple(s.model_copy(update={"kind": StageKind.APPROVAL}) if s.name == "Gamma" else s for s in CONFIGURED)
    analysis = found(*(usual(n) for n in range(40)), stages=stages)

    assert [(q.stage, q.origin) for q in analysis.queues] == [("Gamma", "configured")]
    assert not [d for d in analysis.doubts if "Gamma" in d.detail]


def test_the_order_of_records_does_not_matter() -> None:
    """Backwards, the same is said."""
    stories = [usual(n) for n in range(15)]

    assert found(*stories).stations == found(*stories[::-1]).stations
