"""Loops in words."""

import pytest

from bot.flow.analyse import analyse
from bot.flow.findings.loops import Counterfactual, Loop
from bot.govern.document import Document
from bot.report.explained_text import counterfactual_text
from bot.report.map_text import MOST_LOOPS, loops
from tests.build import STREAM, issue, records, window


def lines(times: int, **known: object) -> list[str]:
    """One loop as often as asked for."""
    story = issue("PAY-1", ("In Progress", 0), ("Testing", 3), ("In Progress", 4), ("Testing", 7), ("Done", 9))
    analysis = analyse(STREAM, records(story), window())
    changed = analysis.loops[0].model_copy(update=known)
    assert isinstance(changed, Loop)
    found = Document(**analysis.model_dump(by_alias=True), key_results=(), plan=())
    return [str(line).replace("\u00a0", " ") for line in loops(found.model_copy(update={"loops": (changed,) * times}))]


def told(**known: object) -> str:
    return lines(1, **known)[-1]


@pytest.mark.parametrize(
    ("days", "low", "high", "words"),
    [
        (5.0, 2.0, 9.0, "such items took 5.0 days longer than others (2.0 to 9.0)"),
        (-5.0, -9.0, -2.0, "such items took 5.0 days shorter than others (2.0 to 9.0)"),
        (-0.3, -2.3, 2.2, "whether such items took longer than others cannot be told (-2.3 to 2.2 days)"),
    ],
)
def test_what_may_be_chance_is_no_difference(days: float, low: float, high: float, words: str) -> None:
    """And less is not said as minus more."""
    compared = Counterfactual(days=days, low=low, high=high, matched=9, net=days, agrees=True)

    assert words in told(counterfactual=compared)


def test_returns_of_before_the_window_are_told_as_such() -> None:
    """They cost in it, though none happened in it."""
    assert "not in this window; its returns of before cost 3 items" in told(count=0, items=3)
    assert "1 time in this window; it cost 3 items 5.0 item-days, some returned before" in told(count=1, items=3)


def test_many_loops_do_not_drown_the_expensive_ones() -> None:
    """The others are one line, with their number and what they cost together."""
    told = lines(MOST_LOOPS + 3, cost=2.0)

    assert sum(line.startswith("↩") for line in told) == MOST_LOOPS
    assert told[-1] == "3 other loops cost 6.0 item-days: gemba explain loop"
    assert not any("other loop" in line for line in lines(MOST_LOOPS))


def test_what_may_be_chance_is_no_difference_to_the_explanation_either() -> None:
    """The map and the explanation of a loop say the same."""
    unsure = Counterfactual(days=2.0, low=-1.0, high=5.0, matched=9, net=3.0, agrees=True)
    sure = unsure.model_copy(update={"days": -3.0, "low": -5.0, "high": -2.0})

    assert "cannot be told (-1.0\u00a0d to 5.0\u00a0d); their returns cost 3.0\u00a0d" in counterfactual_text(unsure)
    assert "took 3.0\u00a0d (2.0\u00a0d to 5.0\u00a0d) shorter than others" in counterfactual_text(sure)
