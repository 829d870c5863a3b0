"""Appointments at which a station is emptied."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from bot.flow.clock import DAY, Instants, instant
from bot.flow.findings.stations import Cadence
from bot.flow.model import Calendar
from bot.flow.queues.cadence import find_cadence, is_daily, quarter_effect

BERLIN = Calendar(timezone="Europe/Berlin")
MONDAY = datetime(2025, 1, 6, tzinfo=BERLIN.zone)


def local(days: float, hours: float) -> int:
    """On the clock on the wall, so many days after a Monday."""
    return instant((MONDAY + timedelta(days=days) + timedelta(hours=hours)).astimezone(UTC))


BASE = np.array(
    [local(day, hour) for day in range(364) if day % 7 < 5 for hour in (9, 10.5, 12, 13.5, 15, 16.5)], np.int64
)


def cadence(sessions: Sequence[tuple[float, float]], each: int = 3) -> Cadence | None:
    """Of sessions at (day, hour), in which so many items leave with five minutes between."""
    at = [local(day, hour) + n * 300_000_000 for day, hour in sessions for n in range(each)]
    exits = pl.DataFrame({"at": at, "by": ["ann"] * len(at), "entered": [left - DAY // 4 for left in at]})
    return find_cadence(exits, BASE, BERLIN)


def test_a_weekly_board_is_found_with_its_hour_over_summer_time() -> None:
    """Wednesdays at two, by the clock on the wall."""
    found = cadence([(7 * week + 2, 14.1) for week in range(50)])

    assert found == Cadence(every_weeks=1, weekdays=("wed",), hour=14, share=1.0)


def test_a_payment_run_on_two_days() -> None:
    """Mondays and Thursdays."""
    found = cadence([(7 * week + day, 17.2) for week in range(10) for day in (0, 3)])

    assert found is not None
    assert (found.weekdays, found.hour) == (("mon", "thu"), 17)


def test_every_other_and_every_fourth_week() -> None:
    """As far apart as they are."""
    two, four = (cadence([(7 * week + 1, 10) for week in range(0, 52, apart)]) for apart in (2, 4))

    assert [c and (c.every_weeks, c.weekdays) for c in (two, four)] == [(2, ("tue",)), (4, ("tue",))]


def test_the_end_of_the_month() -> None:
    """The last weekday, whichever it is."""
    last = [23, 51, 84, 114, 143, 175, 206, 235, 267, 298]
    found = cadence([(day, 9.0 + n % 7) for n, day in enumerate(last)])

    assert found is not None
    assert (found.every_weeks, found.weekdays) == (4, ())


def test_any_day_at_one_hour() -> None:
    """A daily run."""
    found = cadence([(day, 17.5) for day in range(60) if day % 7 < 5])

    assert is_daily(found)
    assert found is not None
    assert (found.hour, len(found.weekdays)) == (17, 5)


def test_daily_noise_is_no_appointment() -> None:
    """Nor is a handful of sessions, even if all were on one day."""
    random = np.random.default_rng(1)
    noise = [(day, 9 + float(random.uniform(0, 8))) for day in range(150) if day % 7 < 5 and random.random() < 0.6]

    assert cadence(noise) is None
    assert cadence([(7 * week + 2, 9.0 + week) for week in range(5)]) is None


def test_a_team_that_works_on_two_days_has_no_gate() -> None:
    """Everything happens then."""
    days = np.array([local(7 * week + day, hour) for week in range(50) for day in (0, 3) for hour in (9, 12, 15)])
    some = days[::4]
    exits = pl.DataFrame({"at": some, "by": ["ann"] * len(some), "entered": some - DAY})

    assert find_cadence(exits, np.concatenate([days, days + 3_600_000_000]), BERLIN) is None


def test_stragglers_do_not_blur_a_board() -> None:
    """One in ten is recorded the day after."""
    at = [local(7 * week + 2, 14) + n * 300_000_000 for week in range(30) for n in range(10)]
    late = [local(7 * week + 3, 9) for week in range(30)]
    left = at + late
    exits = pl.DataFrame({"at": left, "by": ["ann"] * 330, "entered": [one - 60_000_000 for one in left]})
    found = find_cadence(exits, BASE, BERLIN)

    assert found is not None
    assert found.weekdays == ("wed",)


def exits(at_the_turn: int) -> Instants:
    """One exit every working day of two years, and so many on the last five of each quarter."""
    every = [datetime(2024, 1, 1, 12, tzinfo=UTC) + timedelta(days=n) for n in range(731)]
    worked = [day for day in every if day.weekday() < 5]
    quarters = [(day.year, (day.month - 1) // 3) for day in worked]
    left = [quarters[n + 1 :].count(quarter) for n, quarter in enumerate(quarters)]
    several = [day for day, after in zip(worked, left, strict=True) for _ in range(at_the_turn if after < 5 else 1)]
    return np.array([instant(day) for day in several])


def test_a_rush_at_the_end_of_quarters_is_claimed() -> None:
    """Three times as many, eight times; the mirror shows nothing."""
    first, last = instant(datetime(2024, 1, 1, tzinfo=UTC)), instant(datetime(2025, 12, 31, 20, tzinfo=UTC))
    rush = exits(3)
    ends, starts = (quarter_effect(rush, Calendar(), first, last, arrivals=mirror) for mirror in (False, True))

    assert ends is not None
    assert starts is not None
    assert (ends.claimed, ends.quarters, starts.claimed) == (True, 7, False)
    assert ends.ratio is not None
    assert ends.ratio > 2.5


def test_steady_exits_and_short_records_claim_nothing() -> None:
    """One a day; and under four turns of a quarter nothing is said."""
    first, last = instant(datetime(2024, 1, 1, tzinfo=UTC)), instant(datetime(2025, 12, 31, 20, tzinfo=UTC))
    steady = quarter_effect(exits(1), Calendar(), first, last)

    assert steady is not None
    assert not steady.claimed
    assert quarter_effect(exits(3), Calendar(), first, first + 200 * DAY) is None


def test_cards_moved_the_next_morning_make_no_second_day() -> None:
    """What leaves on Monday morning was there on Friday afternoon, and left then."""
    friday = [(7 * week + 4, 15.0) for week in range(30)]
    monday = [(7 * week + 7, 9.5) for week in range(30)]
    at = [local(*session) + n * 300_000_000 for session in (*friday, *monday) for n in range(3)]
    exits = pl.DataFrame({"at": at, "by": ["ann"] * len(at)})

    late, fresh = (
        find_cadence(exits.with_columns(entered=pl.col("at") - pause), BASE, BERLIN) for pause in (4 * DAY, DAY // 24)
    )

    assert (late and late.weekdays, fresh and fresh.weekdays) == (("fri",), ("mon", "fri"))
