"""Steps that are done one after the other and need not be."""

from typing import Literal

from pydantic import Field

from bot.flow.findings.measures import Grade
from bot.flow.model import Frozen

Tier = Literal["parallel", "ask", "same performer", "hard"]


class Pair(Frozen):
    """Two steps of which the second usually comes after the first.

    `parallel`: so many cases did it otherwise, and no worse, that the order cannot be required. `ask`: hardly anybody
    ever did it otherwise, so only the owner knows. `same performer`: one person does both, so they could only change
    places. `hard`: a link demands the order, or breaking it led to rework.
    """

    first: str
    then: str
    tier: Tier
    grade: Grade
    n: int = Field(description="cases that finished both")
    deviating: int = Field(description="of them, those in which the second began before the first was finished")
    low: float | None = Field(description="80 % interval of the share that deviates")
    high: float | None
    saves: float | None = Field(
        description="days: of the cases that did one after the other, the median of the shorter of the two steps"
    )
    reason: str
    items: tuple[str, ...] = Field(
        description="the cases that deviate; where none need to, those that did one after the other, the costly first"
    )


class Gain(Frozen):
    """Days that a case would be shorter, over the cases that finished in the window; 80 % intervals over cases."""

    n: int
    p50: float
    p50_low: float | None
    p50_high: float | None
    p85: float
    p85_low: float | None
    p85_high: float | None
    share: float = Field(description="of all their days")


class SequenceItem(Frozen):
    """A case, its days from its first step to its last, and how many of them need not be."""

    item: str
    days: float
    gain: float = Field(description="if the pairs that can run in parallel do")
    gain_if_confirmed: float = Field(description="if those that must be asked about do, too")


class Sequences(Frozen):
    """Which steps could run in parallel, and what that would gain: at most, where performers are shared."""

    steps: Literal["activities", "beginnings", "completions", "child items"] | None = Field(
        description="what tells of the steps"
    )
    cases: int = Field(description="cases with two or more steps finished")
    pairs: tuple[Pair, ...]
    gain: Gain | None
    gain_if_confirmed: Gain | None
    reason: str | None = Field(description="why there is no gain, or nothing at all")
    items: tuple[SequenceItem, ...] = Field(description="the cases behind the gain, the largest first")
