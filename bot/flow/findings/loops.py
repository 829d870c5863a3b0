"""Rework loops, what they cost, and how much is right the first time."""

from pydantic import Field

from bot.flow.findings.measures import Grade
from bot.flow.model import Frozen, LoopKind


class PerReturn(Frozen):
    """Mean days of a return that was made good."""

    n: int
    gross: float = Field(description="from the return until it was made good, without the returns inside it")
    net: float = Field(description="without the rest of the wait that it broke off; at least 0")
    interrupts: bool = Field(description="the return broke off a wait; else it was decided at its end")


class Counterfactual(Frozen):
    """Days that returned items took longer than others that began in the same month and were as large."""

    days: float
    low: float
    high: float
    matched: int = Field(description="returned items that have others to be compared with")
    net: float = Field(description="what the returns cost such an item by themselves")
    agrees: bool = Field(description="the net cost lies inside the interval; else returned items differ in other ways")


class Loop(Frozen):
    """Returns from one stage to an earlier one.

    `cost` is item-days inside the window from each return until it is made good.
    """

    origin: str
    back_to: str
    kind: LoopKind
    count: int = Field(description="returns inside the window")
    items: int = Field(
        description="items that were returned in the window or whose earlier return cost something in it"
    )
    rate: float | None = Field(description="items returned in the window, of the items that were there")
    cost: float
    share: float | None
    examples: tuple[str, ...]
    low: float | None = Field(default=None, description="80 % interval of the cost, over items")
    high: float | None = None
    open: int = Field(default=0, description="returns that are not made good at the end of the window")
    rounds: float | None = Field(default=None, description="returns per item that was returned in the window")
    escape_distance: int | None = Field(default=None, description="stages back")
    per_return: PerReturn | None = None
    counterfactual: Counterfactual | None = None
    grade: Grade = Field(
        default="C", description="A: 20 items or more, and the comparison agrees; B: 8 or more; C: fewer"
    )


class Accuracy(Frozen):
    """%C&A of one stage."""

    share: float
    low: float
    high: float
    n: int
    with_open: float | None


class Quality(Frozen):
    """How much is right the first time, of the items delivered in the window."""

    rolled: float | None = Field(description="product of the %C&A of all stages, as if they were independent")
    first_pass_yield: float | None = Field(description="share of items without any return, as observed")
    low: float | None
    high: float | None
    n: int


class Precedence(Frozen):
    """Of `n` items that were in both states, the share that was in the former first."""

    before: str
    after: str
    share: float
    n: int


class OrderPart(Frozen):
    """The states from upstream to downstream, as the data show it."""

    states: tuple[str, ...]
    parking: tuple[str, ...] = Field(description="items come back from it to where they were")
    returns: tuple[str, ...] = Field(description="lead back only")
    unordered: tuple[tuple[str, str], ...]
    support: tuple[Precedence, ...] = Field(description="of neighbours in the order")
    disagreements: tuple[Precedence, ...] = Field(description="where the configured stages say the opposite")
