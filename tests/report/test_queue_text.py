"""What people read about a queue."""

from bot.flow.analyse import analyse
from bot.flow.findings.queues import Capacity, Causes, Queue
from bot.report.queue_text import interval, judgement, quantiles
from tests.build import STREAM, issue, records, window

CAPACITY = Capacity(
    utilisation=0.3, servers=1, service_time=0.1, expected=0.2, ratio=9, verdict="attention", reason="nobody looks"
)


def queue(**known: object) -> Queue:
    """Sixteen visits, two days each, with what is known besides."""
    items = [issue(f"PAY-{n}", ("In Review", 3.0 * n), ("Done", 3.0 * n + 2)) for n in range(16)]
    found = next(q for q in analyse(STREAM, records(*items), window(0, 60)).queues if q.stage == "Review")
    plain = {"discipline": None, "capacity": None, "proposed_box": None, "stamp": None}
    return found.model_copy(update=plain | known)


def causes(batching: float, nights: float, cost: float = 32.0) -> Causes:
    rest = cost - batching - nights
    return Causes(batching=batching, contention=0, prioritisation=0, unavailability=nights, extraneous=rest)


def test_the_cause_and_what_would_not_help_are_one_sentence() -> None:
    """With the appointments that are waited for."""
    found = queue(causes=causes(24, 4), batching="Thu, 14:00", capacity=CAPACITY)

    assert (judgement(found) or "").replace("\u00a0", " ") == (
        "Review: 75 % of the wait is batching (Thu, 14:00); "
        "approving takes at most 30 % of the time, so more approvers would not help."
    )


def test_weekends_are_no_cause_of_a_long_wait() -> None:
    """Nobody looking is; of a wait of two days they are."""
    short = queue(causes=causes(0, 24))
    long = short.model_copy(update={"wait": short.wait.model_copy(update={"mean": 30.0})})

    assert "nights, weekends and absence" in (judgement(short) or "")
    assert "100\u00a0% of the wait is nobody looking" in (judgement(long) or "")


def test_of_few_visits_nothing_is_judged() -> None:
    """And the interval says when it speaks of this period only."""
    found = queue()
    wait = found.wait.model_copy(update={"low": 1.0, "high": None, "holds_for": "this period"})

    assert judgement(found.model_copy(update={"grade": "C"})) is None
    assert interval(found.model_copy(update={"wait": wait})).replace("\u00a0", " ") == "over 1.0 d*"
    assert interval(found.model_copy(update={"wait": wait.model_copy(update={"low": None})})) == ""


def test_appointments_are_told_where_they_are_not_the_main_cause() -> None:
    """A payment run on two days is worth knowing, though nights are most of the wait."""
    found = queue(causes=causes(12, 20), batching="Mon and Thu, 17:00")

    assert "leaves on Mon and Thu, 17:00" in (judgement(found) or "").lower().replace("mon and thu", "Mon and Thu")


def test_quantiles_of_a_handful_are_not_told() -> None:
    """One visit has no median worth the name."""
    found = queue()
    few = found.model_copy(update={"wait": found.wait.model_copy(update={"n": 4})})

    assert quantiles(few) == ("–", "–")
    assert "–" not in quantiles(found)
