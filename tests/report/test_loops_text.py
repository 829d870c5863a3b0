"""Loops in words."""

import pytest

from bot.flow.analyse import analyse
from bot.flow.findings.loops import Counterfactual, Loop
from bot.govern.document import Document
from bot.report.map_text import loops
from tests.build import STREAM, issue, records, window


def told(**known: object) -> str:
    story = issue("PAY-1", ("In Progress", 0), ("Testing", 3), ("In Progress", 4), ("Testing", 7), ("Done", 9))
    analysis = analyse(STREAM, records(story), window())
    changed = analysis.loops[0].model_copy(update=known)
    assert isinstance(changed, Loop)
    found = Document(**analysis.model_dump(by_alias=True), key_results=(), plan=())
    return str(loops(found.model_copy(update={"loops": (changed,)}))[-1]).replace("\u00a0", " ")


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
    assert "not in this window, but it cost 3 items" in told(count=0, items=3)
    assert "1 time in this window; it cost 3 items 5.0 item-days, some returned before" in told(count=1, items=3)
