"""What gates cost, and where their calendar makes sprints wait."""

import pytest

from bot.flow.analyse import analyse
from bot.flow.findings.analysis import Analysis
from bot.flow.findings.stage_gates import StageGate
from bot.flow.model import Stage, StageKind, Stream
from connectors.records import Record
from tests.build import clock, issue, records, window
from tests.flow.test_sprints import planned, sprint

STAGES = (
    Stage(name="Build", kind=StageKind.WORK, states=("jira:In Progress",)),
    Stage(name="Pack", kind=StageKind.WORK, states=("jira:Gate pack",), prepares="Gate"),
    Stage(name="Gate", kind=StageKind.APPROVAL, states=("jira:Gate",)),
    Stage(name="Launch", kind=StageKind.WAIT, states=("jira:Launch",)),
    Stage(name="Done", kind=StageKind.DONE, states=("jira:Done",)),
)
STREAM = Stream(name="Launches", sources=("jira.acme/PAY",), end="Done", stages=STAGES)
UNPREPARED = STREAM.model_copy(update={"stages": tuple(s.model_copy(update={"prepares": None}) for s in STAGES)})


def gates(*parts: list[Record], stream: Stream = STREAM, end: float = 100) -> dict[str, StageGate]:
    return {gate.gate: gate for gate in seen(*parts, stream=stream, end=end).stage_gates}


def seen(*parts: list[Record], stream: Stream = STREAM, end: float = 100) -> Analysis:
    return analyse(stream, records(*parts), window(0, end))


ONCE = issue("PAY-1", ("In Progress", 0), ("Gate pack", 4), ("Gate", 6), ("Launch", 9), ("Done", 10))
TWICE = issue(
    "PAY-2", ("In Progress", 0), ("Gate pack", 3), ("Gate", 5), ("In Progress", 8), ("Gate pack", 12), ("Gate", 14),
    ("Launch", 19), ("Done", 20),
)  # fmt: skip


def test_a_gate_costs_getting_ready_waiting_and_doing_again() -> None:
    """Two and two days of preparation; 3, 3 and 5 of waiting; 6 from being sent back until it waits again."""
    gate = gates(ONCE, TWICE)["Gate"]

    assert (gate.preparation, gate.queue, gate.rework) == pytest.approx((4, 11, 6))
    assert gate.share == pytest.approx(21 / 30)
    assert gate.low is None
    assert (gate.sent_back.part, gate.sent_back.whole) == (1, 3)
    assert gate.reason is None


def test_its_queue_is_the_queue() -> None:
    """The same days as in the list of queues."""
    found = seen(ONCE, TWICE)

    assert {g.gate: g.queue for g in found.stage_gates} == pytest.approx({q.stage: q.cost for q in found.queues})


def test_only_a_window_of_it_counts() -> None:
    """As of day 7: two days of getting ready and two of waiting; nothing has come back."""
    gate = gates(TWICE, end=7)["Gate"]

    assert (gate.preparation, gate.queue, gate.rework) == pytest.approx((2, 2, 0))
    assert gate.sent_back.share is None


def test_preparation_is_told_only_where_it_is_configured() -> None:
    gate = gates(ONCE, stream=UNPREPARED)["Gate"]

    assert gate.preparation is None
    assert gate.queue == pytest.approx(3)
    assert gate.reason == "no stage says that it prepares this gate"


def test_a_stage_prepares_an_approval_of_the_stream() -> None:
    """Anything else is refused, with what there is."""
    wrong = STAGES[1].model_copy(update={"prepares": "Gat"})

    with pytest.raises(ValueError, match='prepares "Gat", which is no approval; did you mean "Gate"'):
        Stream(name="x", sources=("a/b",), end="Done", stages=(STAGES[0], wrong, *STAGES[2:]))


# -- a gate that meets on Thursdays ------------------------------------------------------------------------------------


def thursdays(weeks: int) -> list[Record]:
    """Each week two items are ready on Friday and Wednesday, decided on Thursday at ten, and lie until Monday."""
    return [
        record
        for week in range(weeks)
        for n, ready in enumerate((-3, 2))
        for record in (
            *issue(
                f"PAY-{week}{n}",
                ("In Progress", clock(week * 7 + ready - 1, 9, n)),
                ("Gate", clock(week * 7 + ready, 9 + n, 7 * n)),
                ("Launch", clock(week * 7 + 3, 10, 5 + n)),
                ("Done", clock(week * 7 + 7, 11, n * 9)),
            ),
            *planned(f"PAY-{week}{n}", week // 2, week * 7 - 6),
        )
    ]


def two_weekly(sprints: int) -> list[Record]:
    return [r for n in range(sprints) for r in sprint(n, 14 * n - 3.5, 14 * n + 10.5)]


def test_a_calendar_makes_sprints_wait() -> None:
    """What is ready on Friday waits until Thursday: all of it for the appointment."""
    gate = gates(thursdays(16), two_weekly(8), end=120)["Gate"]
    middle = gate.sprints[3]

    assert gate.appointments == "Thu, 10:00"
    assert (gate.sprints[0].sprint, middle.sprint, middle.items) == ("S1", "S4", 4)
    assert middle.waited == pytest.approx(2 * (6 + 1), abs=0.2)
    assert middle.until_appointment == pytest.approx(middle.waited, abs=0.01)
    assert 0.2 < (gate.sprint_low or 0) <= (gate.sprint_share or 0) <= (gate.sprint_high or 0) < 0.8


def test_what_lies_in_the_gate_when_the_sprint_ends_is_held() -> None:
    """A sprint that ends on a Wednesday evening holds what is decided on Thursday."""
    log = [*thursdays(16), *(r for n in range(8) for r in sprint(n, 14 * n - 5, 14 * n + 9.8))]
    found = gates(log, end=120)["Gate"].sprints[2]

    assert found.held == ("PAY-70", "PAY-71")
    assert found.waited > found.until_appointment - 1e-9


def test_without_sprints_nobody_waits_in_one() -> None:
    log = [r for r in thursdays(16) if getattr(r, "kind", "") != "planned"]
    gate = gates(log, end=120)["Gate"]

    assert (gate.sprints, gate.sprint_share) == ((), None)
