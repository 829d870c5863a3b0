"""What is stuck: it has waited longer than most of its queue do, whatever the queue is called."""

from datetime import date

import pytest

from bot.govern.remarks import Remarks
from bot.govern.stuck import stuck
from tests.report.pages import report, some


@pytest.mark.parametrize(
    ("called", "usual"), [("Review", 3.0), ("jira:In Review", 3.0), ("In Review", 3.0), ("x", None)]
)
def test_an_item_is_held_against_its_own_queue(called: str, usual: float | None) -> None:
    """By its stage, its state, or whose turn it is; where there is no queue, against a week."""
    document = report(some()).document
    (queue,) = document.queues
    named = document.model_copy(update={"queues": (queue.model_copy(update={"stage": called}),)})
    found = stuck(named, Remarks(), (), date(2026, 2, 23))
    waiting = {item.item: item.waited for item in document.age.items if item.label == "waiting.approval"}

    assert {one.usual for one in found} == {usual}
    assert {one.item for one in found} == {name for name, waited in waiting.items() if waited and waited > (usual or 7)}
