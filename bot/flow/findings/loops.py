"""Rework loops."""

from pydantic import Field

from bot.flow.model import Frozen, LoopKind


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
