"""The items behind a number: of a queue, of a loop, of a waste. All lists are complete."""

from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import Field

from bot.flow.findings.loops import Loop
from bot.flow.findings.measures import Answer, Grade, Titled
from bot.flow.findings.queues import Queue
from bot.flow.findings.wastes import Account
from bot.flow.model import Frozen, Waste, Window


class Numbered(StrEnum):
    """What has a figure, and items behind it."""

    QUEUE = "queue"
    LOOP = "loop"
    WASTE = "waste"


class _Document(Answer):
    stream: str
    window: Window


class QueueVisit(Titled):
    """An item that waited. `waited` is its whole wait, `cost` the days of it inside the window."""

    start: datetime
    end: datetime | None = Field(description="null: it still waits")
    waited: float
    cost: float
    waiting: bool
    withdrawn: bool = Field(description="it was dropped while it waited")
    holders: tuple[str, ...] = Field(description="who can free it, while it waits")


class QueueExplanation(_Document):
    """One approval queue: what it is, why, its figures, and every visit behind them."""

    schema_: Literal["gemba.explanation.queue/1"] = Field(default="gemba.explanation.queue/1", alias="schema")
    name: str
    why: str = Field(description="why it is believed to be a queue")
    figures: Queue = Field(description="as `gemba analyse` tells them")
    visits: tuple[QueueVisit, ...] = Field(description="the longest first; their costs sum to the queue's")


class ExplainedReturn(Titled):
    """One step back. Time belongs to the return opened last, so that costs add up."""

    at: datetime
    until: datetime | None = Field(description="when it was made good, or the item was over; null: still open")
    days: float = Field(description="its own, without the returns inside it")
    cost: float = Field(description="of them, those inside the window")
    nested: bool = Field(description="it opened while another return was open")


class ExplainedLoop(Frozen):
    """A loop and every return behind it."""

    name: str
    figures: Loop = Field(description="as `gemba analyse` tells them")
    returns: tuple[ExplainedReturn, ...] = Field(description="the costliest first; their costs sum to the loop's")


class LoopExplanation(_Document):
    """The loops that a name fits."""

    schema_: Literal["gemba.explanation.loop/1"] = Field(default="gemba.explanation.loop/1", alias="schema")
    name: str
    loops: tuple[ExplainedLoop, ...]


class WastePlace(Frozen):
    place: str
    cost: float
    items: int


class WasteItem(Titled):
    """`cost`: item-days inside the window; `places`: where they were lost, the costliest first."""

    cost: float
    places: tuple[WastePlace, ...]


class WasteExplanation(_Document):
    """One waste: the rule that booked it, and every item in it."""

    schema_: Literal["gemba.explanation.waste/1"] = Field(default="gemba.explanation.waste/1", alias="schema")
    waste: Waste
    rule: str
    cost: float = Field(description="item-days inside the window")
    share: float | None = Field(description="of the days of all items")
    cost_per_week: float
    low: float | None = Field(description="80 % interval of the cost a week")
    high: float | None
    grade: Grade | None
    account: Account = Field(description="item-days with the shortest and the longest reach of evidence")
    places: tuple[WastePlace, ...] = Field(description="the costliest first")
    items: tuple[WasteItem, ...] = Field(description="the costliest first; their costs sum to `cost`")


class Known(Frozen):
    name: str
    cost: float = Field(description="item-days inside the window")


class Listing(_Document):
    """What there is to explain."""

    schema_: Literal["gemba.explanation.list/1"] = Field(default="gemba.explanation.list/1", alias="schema")
    of: Numbered
    known: tuple[Known, ...] = Field(description="the costliest first")


Explained = QueueExplanation | LoopExplanation | WasteExplanation | Listing
