"""Whether a change brought what was predicted."""

from math import sqrt
from typing import Literal

from bot.flow.findings.future import Moved
from bot.flow.findings.measures import NORMAL_80
from bot.flow.findings.realised import Realised
from bot.govern.plan import Prediction
from bot.words import duration, signed_days

PlanVerdict = Literal[
    "too early",
    "as predicted",
    "more than predicted",
    "less than predicted",
    "better",
    "no effect",
    "worse",
    "cannot tell",
]

CONTRADICTED = 0.5
"""Share of what was gained that what began since may take longer than what began before."""


def judged_change(predicted: Moved | None, found: Realised, *, at_least: bool = False) -> tuple[PlanVerdict, str]:
    """The verdict, and why; both in words, times in days.

    `predicted`: None where nothing could be; `at_least`: it was known to be too little.
    """
    if found.change is None:
        return ("too early" if found.waits else "cannot tell"), found.reason
    if found.differs:
        return _changed(predicted, found, at_least=at_least)
    if not found.final:
        return "too early", f"{told(found)}; so far no more than chance explains"
    if predicted and found.low is not None and found.low > predicted.high:
        return "no effect", f"{told(found)}; {_promised(predicted)}"
    return "cannot tell", f"{told(found)}; no more than chance explains"


def told(found: Realised) -> str:
    """What was before and what is since, in words."""
    return _typical(found.before, found.after, ranged(found.change, found.low, found.high))


def _changed(predicted: Moved | None, found: Realised, *, at_least: bool) -> tuple[PlanVerdict, str]:
    if (found.change or 0) > 0:
        return "worse", told(found)
    if _contradicted(found):
        return "cannot tell", f"{told(found)}; what began since does not show it"
    if predicted is None or found.low is None or found.high is None:
        return "better", told(found)
    reason = f"{told(found)}; {_promised(predicted)}"
    if found.low > predicted.high:
        return "less than predicted", reason
    return ("more than predicted" if found.high < predicted.low and not at_least else "as predicted"), reason


def _contradicted(found: Realised) -> bool:
    """What began since takes longer than what began before, by half of what was found to be gained or more."""
    if found.begun_before is None or found.begun_after is None or found.change is None:
        return False
    return found.begun_after - found.begun_before >= -CONTRADICTED * found.change


def _promised(predicted: Moved) -> str:
    return f"predicted {ranged(predicted.change, predicted.low, predicted.high)}"


def typically(moved: Moved) -> str:
    """The typical lead time with a change, and what it was."""
    return _typical(moved.before, moved.after, ranged(moved.change, moved.low, moved.high))


def _typical(before: float | None, after: float | None, change: str) -> str:
    return f"typically {duration(after)} instead of {duration(before)}, {change}"


def ranged(change: float | None, low: float | None, high: float | None) -> str:
    """A change of days, with its 80 % interval where it has one."""
    between = "" if low is None else f" ({signed_days(low)} to {signed_days(high)})"
    return f"{signed_days(change)}{between}"


def model_error(prediction: Prediction, found: Realised) -> tuple[float, float] | None:
    """By how much a prediction was wrong beyond chance, and the prediction, in days; None before the last look.

    The square of the error less the variance of what was found, and of the prediction but for what it allows for the
    model itself.
    """
    moved, future = prediction.moved, prediction.future
    if moved is None or future is None or not moved.change or not found.final:
        return None
    if found.change is None or found.low is None or found.high is None:
        return None
    allowed = (future.discrepancy * moved.change) ** 2
    chance = _variance(found.low, found.high) + max(_variance(moved.low, moved.high) - allowed, 0.0)
    return sqrt(max((found.change - moved.change) ** 2 - chance, 0.0)), moved.change


def _variance(low: float, high: float) -> float:
    """Of a normal distribution, by its middle 80 %."""
    return ((high - low) / (2 * NORMAL_80)) ** 2
