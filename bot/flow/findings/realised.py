"""What came of a change that was made."""

from datetime import date

from pydantic import Field

from bot.flow.model import Frozen

FIRST_LOOK, FINAL_LOOK = 6, 13
"""Weeks after which it is looked what came of a change."""


class Realised(Frozen):
    """The typical (geometric mean) lead time of what was delivered before a change and since it is in force, in days.

    Compared are up to 26 closed weeks before with the first 6, and later the first 13, in which what is delivered has
    mostly begun since: half of the items took so long before. `low` and `high`: the 80 % interval of the change.
    """

    first_week: date | None = Field(description="Monday of the first week that counts; null while there is none")
    weeks: int = Field(description="closed weeks since then, at most 13")
    n_before: int = Field(description="items delivered in the weeks before")
    n_after: int
    before: float | None
    after: float | None
    change: float | None
    low: float | None
    high: float | None
    differs: bool = Field(description="by more than chance explains")
    final: bool = Field(description="all 13 weeks are over")
    begun_before: float | None = Field(
        description="median of what began in the half-year before, open items counted (Kaplan-Meier)"
    )
    begun_after: float | None = Field(description="of what began since; null where it is not reached yet")
    waits: bool = Field(description="nothing is told yet, and more weeks will tell")
    reason: str = Field(description="why nothing is told yet; empty where something is")
