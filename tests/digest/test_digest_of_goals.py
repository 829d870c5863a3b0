"""What the weekly message says of gates' calendars, of decisions that reached no work, and of what is planned."""

from typing import Any

from bot.digest.compose import compose
from bot.flow.analyse import analyse
from bot.flow.findings.analysis import Analysis
from bot.flow.findings.future import Effect, Future, Moved
from bot.govern.plan import courses
from bot.govern.plan_part import plan
from tests.build import at, records, window
from tests.digest.said import document, sections
from tests.flow import test_stage_gates as held
from tests.flow.test_cascade import STRATEGY, epic, initiative
from tests.govern.test_plan import BOX


def said(analysis: Analysis, title: str, **more: Any) -> list[str]:
    """The lines of a section, of the message or of its thread."""
    return sections(compose(document(analysis, **more))).get(title, [])


def test_a_gate_whose_calendar_makes_sprints_wait_is_told() -> None:
    """How much of the items' time in sprints, and how sure."""
    found = held.seen(held.thursdays(16), held.two_weekly(8), end=120)
    (gate,) = found.stage_gates
    told = said(found, "Sprints and signals")

    assert f"Gate: {gate.sprint_share:.0%}".replace("%", " %") in " ".join(told)
    assert any(line.endswith("of the items' time in sprints was spent until it next met.") for line in told)


def test_where_chance_would_explain_it_no_gate_is_told() -> None:
    """The interval begins below a twentieth."""
    found = held.seen(held.thursdays(16), held.two_weekly(8), end=120)
    (gate,) = found.stage_gates
    unsure = gate.model_copy(update={"sprint_low": 0.01})

    told = said(found.model_copy(update={"stage_gates": (unsure,)}), "Sprints and signals")

    assert not any("next met" in line for line in told)


def test_a_decision_that_reached_no_work_is_told() -> None:
    """Initiatives with nothing under them, or that nobody worked on, and checkpoints that were missed."""
    found = analyse(STRATEGY, records(initiative("I-1"), initiative("I-2"), epic("E-1", "I-2", 12)), window(0, 100))
    cascade = found.cascade
    assert cascade is not None
    (line,) = (line for line in said(found, "Sprints and signals") if line.startswith("Decided, but not begun"))

    assert "1 initiative has nothing under them; on 2 initiatives nobody worked since; " in line
    assert f"{cascade.checkpoints_missed.part} of {cascade.checkpoints_missed.whole} checkpoints were missed" in line


def test_what_is_planned_says_what_it_would_do() -> None:
    """As long as it has not started; later the promise counts that was frozen."""
    moved = Moved(before=20.0, after=15.0, change=-5.0, low=-8.0, high=-2.0)
    future = Future(
        name="Box",
        what="w",
        waste=BOX.waste,
        change={},
        items=9,
        visits=9,
        effect=Effect(mean=moved, typical=moved, p50=moved, p85=moved, item_days_per_week=3.0),
        at_least=False,
        discrepancy=0.3,
        reason="",
    )
    planned = plan(courses([BOX], ()), {}, at(10))
    found = held.seen(held.ONCE)

    (line,) = said(found, "Planned changes", plan=planned, future=(future,))
    (alone,) = said(found, "Planned changes", plan=planned)

    assert "it would take typically 15 d instead of 20 d, −5.0 d (−8.0 d to −2.0 d); mara, against waiting." in line
    assert "would take" not in alone
