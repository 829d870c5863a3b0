"""Approval queues."""

from typing import Literal

from pydantic import Field

from bot.flow.findings.measures import Wait
from bot.flow.model import Frozen


class TimeBox(Frozen):
    limit: float
    breaches: int = Field(description="visits, ended or not, that were longer")
    share: float | None


class QueueItem(Frozen):
    item: str
    title: str
    url: str
    waited: float
    waiting: bool
    holders: tuple[str, ...]


class Queue(Frozen):
    """An approval queue: only waiting for approval, not for checks or merge. `cost`: item-days inside the window.

    `n`, `waiting` and `withdrawn` count visits that ended, that still wait, and that ended because the item was
    dropped: how long those would have waited is unknown, as it is of those that still wait.
    """

    stage: str
    kind: str
    origin: Literal["configured", "discovered", "change requests"]
    n: int
    waiting: int
    withdrawn: int
    wait: Wait
    cost: float
    share: float | None
    holders: tuple[str, ...]
    batching: str | None = None
    rubber_stamp: bool | None = None
    time_box: TimeBox | None
    items: tuple[QueueItem, ...]
