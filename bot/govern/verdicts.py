"""Continue, pivot or stop: what the odds of an outcome come to, by thresholds that are written down beforehand.

Outcomes decide, never deliverables. People decide; the engine states the odds.
"""

from dataclasses import dataclass
from typing import Literal

from bot.flow.model import Frozen
from bot.words import share

Verdict = Literal["continue", "pivot", "stop", "insufficient"]

STOP_FROM, HOPELESS_FROM, HOPELESS_BELOW, CHANGE_BELOW = 0.50, 0.75, 0.05, 0.40
"""Shares of the quarter from which poor odds may stop, and from which hopeless ones do; what hopeless odds are; and
what a proven change must promise to be worth the rest of the quarter. A stop before half time ends one in six that
would have made it."""


class Thresholds(Frozen):
    """Odds from which to continue, and below which to stop."""

    continue_at: float = 0.60
    """the probability of reaching its key results from which to continue"""
    stop_below: float = 0.20
    """and the one below which to stop, past half time; write both down beforehand"""


@dataclass(frozen=True)
class Odds:
    """At a checkpoint: the probability of success, the share of the quarter that is gone, and the checkpoint before.

    `with_change`: the probability with the best change that is proven to help; None: no change is. `coming`: the name
    of a planned change whose effect is still to be seen; odds know nothing of what has not begun.
    """

    probability: float
    elapsed: float
    before: "Odds | None" = None
    with_change: float | None = None
    coming: str | None = None


def judge(odds: Odds, thresholds: Thresholds) -> tuple[Verdict, str]:
    """The verdict, and why."""
    chance = share(odds.probability)
    if odds.elapsed >= 1:
        return ("continue", "reached") if odds.probability >= thresholds.continue_at else ("stop", "not reached")
    if odds.probability >= thresholds.continue_at:
        return "continue", f"the odds are {chance}"
    if odds.probability < HOPELESS_BELOW and odds.elapsed >= HOPELESS_FROM:
        return "stop", f"the odds are {chance}, with {share(1 - odds.elapsed)} of the quarter left"
    if not _poor(odds, thresholds):
        return "pivot", f"the odds are {chance}: too low to go on like this, too good to stop"
    if odds.coming is not None:
        return "pivot", f'the odds are {chance}, but the effect of "{odds.coming}" is still to be seen'
    if odds.before is None or not _poor(odds.before, thresholds):
        return "pivot", f"the odds are {chance}, but were not yet that poor a week before and past half time"
    return "stop", f"the odds are {chance} and were as poor a week before; no proven change promises enough"


def _poor(odds: Odds, thresholds: Thresholds) -> bool:
    best = odds.probability if odds.with_change is None else odds.with_change
    return odds.elapsed >= STOP_FROM and odds.probability < thresholds.stop_below and best < CHANGE_BELOW
