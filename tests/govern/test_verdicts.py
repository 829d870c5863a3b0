"""Continue, pivot or stop."""

import pytest

from bot.govern.verdicts import Odds, Thresholds, judge

POOR_BEFORE = Odds(0.1, 0.55)


@pytest.mark.parametrize(
    ("odds", "verdict"),
    [
        (Odds(0.60, 0.3), "continue"),
        (Odds(0.59, 0.3), "pivot"),
        (Odds(0.10, 0.49, POOR_BEFORE), "pivot"),
        (Odds(0.10, 0.62, POOR_BEFORE), "stop"),
        (Odds(0.10, 0.62, Odds(0.3, 0.55)), "pivot"),
        (Odds(0.10, 0.52, Odds(0.1, 0.45)), "pivot"),
        (Odds(0.10, 0.62), "pivot"),
        (Odds(0.20, 0.62, POOR_BEFORE), "pivot"),
        (Odds(0.10, 0.62, POOR_BEFORE, with_change=0.5), "pivot"),
        (Odds(0.10, 0.62, POOR_BEFORE, with_change=0.3), "stop"),
        (Odds(0.10, 0.62, POOR_BEFORE, coming="the new board"), "pivot"),
        (Odds(0.04, 0.75, coming="the new board"), "stop"),
        (Odds(0.04, 0.75), "stop"),
        (Odds(0.04, 0.74), "pivot"),
        (Odds(1.0, 1.0), "continue"),
        (Odds(0.0, 1.0), "stop"),
    ],
)
def test_the_rule(odds: Odds, verdict: str) -> None:
    """Poor odds stop past half time, if they were poor a week before, too; hopeless ones past three quarters."""
    assert judge(odds, Thresholds())[0] == verdict


def test_thresholds_are_what_was_written_down() -> None:
    """Not what is usual."""
    strict = Thresholds(continue_at=0.9, stop_below=0.5)

    assert judge(Odds(0.8, 0.3), strict)[0] == "pivot"
    assert judge(Odds(0.3, 0.7, Odds(0.3, 0.6)), strict)[0] == "stop"
