"""Whether figures got better or worse."""

import re
from datetime import date
from typing import Literal

from pydantic import Field

from bot.flow.findings.measures import Grade
from bot.flow.model import Frozen

Verdict = Literal["better", "worse", "no change", "cannot tell"]

QUEUE_WAIT = re.compile(r'queues\["(?P<stage>.*)"\]\.wait\.(?P<quantile>p50|p85)')
"""The metric of how long a queue waits."""


class Shift(Frozen):
    """A weekly figure left its baseline and is not back: when that was noticed, and since when it probably differs.

    It is watched from the last beginning of January or July that is at least 26 weeks past. At most one in ten alarms
    of a stream is chance; no more than three are told.
    """

    noticed: date = Field(description="Monday of the week at whose end it could be seen")
    since: date
    baseline: float = Field(description="median of the 26 weeks before that")
    recent: float = Field(description="median of the last 8 weeks that have one")
    verdict: Literal["better", "worse"]


class ProcessLimits(Frozen):
    """Average and natural process limits (XmR) of the weeks before. To look at: such limits cry wolf."""

    centre: float
    low: float | None = Field(description="null: nothing would be too little")
    high: float
    false_signals: float = Field(description="signals a year to expect while nothing changes")


class WeekValue(Frozen):
    week: date = Field(description="its Monday, in the stream's time zone")
    value: float | None


class Trend(Frozen):
    """One figure in the closed weeks of the window and in up to 26 closed weeks before them, in its own unit.

    A window of fewer than 8 closed weeks is compared by the last 8 up to its end. `change` is relative (-0.25: a
    quarter less), `low` and `high` its 80 % interval. The past is seen as known at the end of the window: what was
    reopened later counts when it was delivered for good.
    """

    metric: str
    before: float | None
    after: float | None
    change: float | None
    low: float | None
    high: float | None
    verdict: Verdict
    reason: str
    grade: Grade
    n_before: int = Field(description="items, visits or weeks that are compared")
    n_after: int
    effective_before: float | None = Field(description="how many independent ones they are worth")
    effective_after: float | None
    weeks_before: int
    weeks_after: int
    alarm: Shift | None
    limits: ProcessLimits | None
    series: tuple[WeekValue, ...]
