"""What to expect, if things stay as they are."""

from datetime import date
from typing import Literal

from pydantic import Field

from bot.flow.model import Frozen


class Expected(Frozen):
    """Lead time in days of an item that begins now; eight of ten lie between p10 and p90. Null: too few to tell."""

    n: int = Field(description="delivered items it is read from")
    weeks: int = Field(description="the weeks before the end of the window in which they were delivered")
    p10: float | None
    p50: float | None
    p85: float | None
    p90: float | None
    reason: str = Field(description="why there is none; empty where there is one")


class Remaining(Frozen):
    """Days that an open item still takes if it is not dropped: half and 85 % of those like it took no longer.

    Like it: as old, or as long in its stage where enough were.
    """

    item: str
    stage: str | None
    age: float
    like: Literal["stage", "age"] | None
    p50: float | None
    p85: float | None
    p50_date: date | None
    p85_date: date | None
    oldest: bool = Field(description="older than anything that was ever delivered")
    reason: str


class Deliveries(Frozen):
    """At least so many items are delivered within so many weeks: with even odds, and with 85 %."""

    weeks: int
    until: date
    p50: int
    p85: int


class AllOpen(Frozen):
    """When as many items are delivered as are open now, new ones among them. Null: later than half a year."""

    items: int
    p50: date | None
    p85: date | None


class Forecast(Frozen):
    """`deliveries` and `all_open` draw from the weekly throughput of the last closed weeks."""

    new_items: Expected
    open_items: tuple[Remaining, ...] = Field(description="the oldest first")
    deliveries: tuple[Deliveries, ...]
    all_open: AllOpen | None
    weeks: int = Field(description="closed weeks whose throughput is drawn from")
    reason: str = Field(description="why nothing is said of deliveries; empty where something is")
