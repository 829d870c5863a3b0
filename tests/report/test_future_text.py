"""How the future state is said on a terminal."""

from io import StringIO

from rich.console import Console

from bot.flow.findings.future import BackTest, Effect, Future, FutureState, Moved
from bot.flow.findings.lead import StreamPart
from bot.flow.model import Waste
from bot.report.future_text import future_text
from tests.build import window

HELD = BackTest(
    passed=True,
    reproduced=0.0,
    weeks=13,
    trained=200,
    tested=60,
    open=5,
    coverage=0.8,
    score=2.0,
    naive=2.1,
    reason="good",
)
FAILED = HELD.model_copy(update={"passed": False, "reason": "59 % of what came was inside"})
MOVED = Moved(before=10, after=8, change=-2, low=-3, high=-1)
BOX = Future(
    name="Box",
    what="Review answers within 1.0 d",
    waste=Waste.WAITING,
    change={"cap": "Review", "at": "24h"},
    items=40,
    visits=50,
    effect=Effect(mean=MOVED, typical=MOVED, p50=MOVED, p85=MOVED, item_days_per_week=7),
    at_least=False,
    discrepancy=0.1,
    reason="",
)


def said(back_test: BackTest, *changes: Future, suggest: bool = False, suggestions: tuple[Future, ...] = ()) -> str:
    part = StreamPart(name="Payments", trigger="created", end="Done")
    state = FutureState(
        stream=part,
        window=window(),
        items=60,
        clock="working",
        back_test=back_test,
        changes=changes,
        together=None,
        suggestions=suggestions,
    )
    out = StringIO()
    Console(width=200, file=out).print(future_text(state, suggest=suggest))
    return " ".join(out.getvalue().replace("\u00a0", " ").split())


def test_a_change_is_said_with_its_waste_its_interval_and_the_back_test() -> None:
    """From what to what, and how sure."""
    text = said(HELD, BOX)

    assert "Box (Review answers within 1.0 d) waiting 10 d → 8.0 d −2.0 d −3.0 d to −1.0 d" in text
    assert "Back-test held: good" in text
    assert "at least" not in text


def test_what_is_known_to_be_too_little_is_said_to_be() -> None:
    """At least."""
    assert "at least −2.0 d" in said(HELD, BOX.model_copy(update={"at_least": True}))


def test_where_the_back_test_fails_the_reason_stands_and_no_figure() -> None:
    """Neither before nor after."""
    refused = BOX.model_copy(update={"effect": None, "reason": "the back-test fails: 59 % of what came was inside"})
    text = said(FAILED, refused, suggest=True)

    assert "Back-test failed: 59 % of what came was inside. So nothing is predicted." in text
    assert "cannot be told: the back-test fails" in text
    assert "Nothing is suggested, since the back-test fails." in text
    assert "→" not in text


def test_without_a_plan_it_says_how_to_ask() -> None:
    """And with suggestions what would help most."""
    assert "--suggest" in said(HELD)
    assert "What would help most, each alone" in said(HELD, suggest=True, suggestions=(BOX,))
    assert "nothing that was found would help" in said(HELD, suggest=True)
