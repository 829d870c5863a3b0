"""What each stage takes, and how much of what it hands over is right."""

from math import sqrt

import pytest

from bot.flow.analyse import analyse
from bot.flow.findings.lead import StagePart
from connectors.records import Record
from tests.build import STREAM, clock, issue, records, window

NORMAL = 1.2815515655446004
"""Quantile of an 80 % interval."""


def stages(*parts: list[Record], end: float = 100) -> dict[str | None, StagePart]:
    return {stage.name: stage for stage in analyse(STREAM, records(*parts), window(end=end)).stages}


def test_working_time_of_a_stage_leaves_out_nights_and_weekends() -> None:
    """Built from Tuesday to Friday noon, and four hours; tested until Monday evening: means over both items."""
    long = ("Open", 0.0), ("In Progress", clock(1, 13)), ("Testing", clock(4, 13)), ("Done", clock(7, 17))
    short = ("In Progress", clock(0, 9)), ("Done", clock(0, 13))
    found = stages(issue("PAY-1", *long), issue("PAY-2", *short))

    told = {name: (s.working_process_time, s.working_wait_time) for name, s in found.items()}
    assert told["Build"] == pytest.approx(((3 + 0.5) / 2, 0))
    assert told["Backlog"] == pytest.approx((0, 1.5 / 2))
    assert told["Test"] == pytest.approx((1.5 / 2, 0))
    assert found["Build"].process_time == pytest.approx((3 + 4 / 24) / 2)


def test_all_who_were_in_a_stage_are_counted_and_how_often() -> None:
    """One was there twice, one is there now."""
    back = ("In Progress", 0), ("Testing", 3), ("In Progress", 4), ("Testing", 6), ("Done", 8)
    build = stages(issue("PAY-1", *back), issue("PAY-2", ("In Progress", 5)), end=10)["Build"]

    assert (build.items, build.visits, build.wip) == (2, 3, 1)


def test_right_first_time_has_an_interval_and_counts_what_is_still_open() -> None:
    """Built by day 5, two of four came back; a fifth left a day and a half ago and nothing is known of it.

    Of five the first is delivered after a day; then of three one returns, one is delivered and the last returns:
    4/5 x 1/3 + 4/5 x 2/3 x 1/2 = 8/15 return.
    """
    straight = [issue(f"PAY-{n}", ("In Progress", 0), ("Testing", 5), ("Done", 5 + n)) for n in (1, 3)]
    back = [
        issue(f"PAY-{n}", ("In Progress", 0), ("Testing", 5), ("In Progress", 5 + n), ("Testing", 10), ("Done", 11))
        for n in (2, 4)
    ]
    build = stages(*straight, *back, issue("PAY-9", ("In Progress", 0), ("Testing", 10.5)), end=12)["Build"]

    half = NORMAL * sqrt(0.25 / 4 + NORMAL**2 / 64) / (1 + NORMAL**2 / 4)
    assert build.complete_and_accurate == 0.5
    assert build.complete_and_accurate_low == pytest.approx(0.5 - half, rel=1e-6)
    assert build.complete_and_accurate_high == pytest.approx(0.5 + half, rel=1e-6)
    assert build.complete_and_accurate_with_open == pytest.approx(1 - 8 / 15)
