"""Trends: told where they are more than chance, in closed weeks, and not at all where the data cannot tell."""

import random
from collections.abc import Iterable
from datetime import date

import numpy as np
import pytest

from bot.flow.analyse import analyse
from bot.flow.clock import instant
from bot.flow.findings.trend import Trend
from bot.flow.history.log import Records
from bot.flow.model import Stream, Window
from bot.flow.outlook.periods import undecided
from bot.flow.outlook.weeks import closed_weeks
from connectors.records import EventKind as K
from connectors.records import Record
from tests.build import STREAM, at, change, issue, pull, records, window
from tests.flow.weekly import delivered

YEAR = 52 * 7


def stories(until: float, changed: float = 1e9, factor: float = 1.0, pace: float = 1.0) -> list[list[Record]]:
    """An item nearly every day; from a day on reviews take longer or shorter. What happens later is not known."""
    draw, day = random.Random(7), 0.0
    parts: list[list[Record]] = []
    while day < until:
        day += draw.expovariate(1.0) * (pace if day >= changed else 1.0)
        begun = day + draw.lognormvariate(0, 0.7)
        asked = begun + draw.lognormvariate(0.3, 0.7)
        done = asked + draw.lognormvariate(1, 0.7) * (factor if day >= changed else 1.0)
        moves = [("Open", day), ("In Progress", begun), ("In Review", asked), ("Done", done)]
        if known := [move for move in moves if move[1] < until]:
            parts.append(issue(f"PAY-{len(parts)}", *known))
    return parts


def trends(found: Records, seen: Window, stream: Stream = STREAM) -> dict[str, Trend]:
    return {trend.metric: trend for trend in analyse(stream, found, seen).trend}


def last_quarter(parts: Iterable[Iterable[Record]]) -> dict[str, Trend]:
    return trends(records(*parts), window(YEAR - 91, YEAR))


def test_reviews_that_take_half_as_long_make_things_better() -> None:
    """The change begins exactly with the window; what did not change is not called better."""
    found = last_quarter(stories(YEAR, YEAR - 91, 0.3))
    review = found['queues["Review"].wait.p50']

    assert (found["lead_time"].verdict, review.verdict) == ("better", "better")
    assert found["throughput"].verdict not in ("better", "worse")
    assert review.low is not None
    assert review.high is not None
    assert review.low < -0.6 < review.high
    assert (review.weeks_before, review.weeks_after, review.grade) == (26, 13, "A")


def test_reviews_that_take_twice_as_long_make_things_worse() -> None:
    """Longer is worse."""
    assert last_quarter(stories(YEAR, YEAR - 91, 2.5))["lead_time"].verdict == "worse"


def test_where_nothing_changes_nothing_is_told() -> None:
    """Neither better nor worse, and no alarm."""
    found = last_quarter(stories(YEAR))

    assert {trend.verdict for trend in found.values()} <= {"no change", "cannot tell"}
    assert not [trend for trend in found.values() if trend.alarm]


def test_more_items_a_week_is_better() -> None:
    """Four times as many."""
    throughput = last_quarter(stories(YEAR, YEAR - 91, pace=0.25))["throughput"]

    assert throughput.verdict == "better"
    assert throughput.after is not None
    assert throughput.before is not None
    assert throughput.after > 3 * throughput.before


def test_a_change_long_ago_is_noticed_and_dated() -> None:
    """In the second half-year since January, which is watched against the half-year before."""
    parts = stories(84 * 7, 56 * 7, 4.0)
    alarm = trends(records(*parts), window(71 * 7, 84 * 7))["lead_time"].alarm

    assert alarm is not None
    assert alarm.verdict == "worse"
    assert abs((alarm.since - at(56 * 7).date()).days) <= 21
    assert alarm.since <= alarm.noticed


def test_a_window_cut_in_mid_week_is_no_drop() -> None:
    """The week that is not over is left out, whether the window ends or begins in it."""
    found = trends(records(*stories(YEAR)), window(YEAR - 94, YEAR - 3))["throughput"]

    assert [value.week for value in found.series][-1] == at(YEAR - 14).date()
    assert found.weeks_after == 12
    assert all(value.value and value.value > 1 for value in found.series)


@pytest.mark.parametrize(
    ("zone", "week"), [("Europe/Berlin", date(2026, 1, 5)), ("Pacific/Kiritimati", date(2026, 1, 12))]
)
def test_weeks_begin_on_monday_where_the_team_is(zone: str, week: date) -> None:
    """What is delivered on Sunday at 23:00 in Berlin belongs to the old week, though in Kiritimati it is Monday."""
    weeks = closed_weeks(at(-7), at(28), zone)
    [number] = weeks.number(np.array([instant(at(6 + 22 / 24))]))

    assert weeks.mondays[number] == week
    assert all(day.weekday() == 0 for day in weeks.mondays)


def test_a_short_window_is_compared_by_its_last_eight_weeks() -> None:
    """Four weeks alone tell too little."""
    found = trends(records(*stories(YEAR)), window(YEAR - 28, YEAR))["lead_time"]

    assert (found.weeks_before, found.weeks_after) == (26, 8)


def test_a_window_without_a_time_before_cannot_be_compared() -> None:
    """The reason is told."""
    found = trends(records(*stories(YEAR)), window(0, YEAR))["lead_time"]

    assert (found.verdict, found.before, found.grade) == ("cannot tell", None, "C")
    assert found.reason == "0 of 0 closed weeks before have a value; it takes 8"


def test_a_window_that_reaches_into_the_future_is_no_standstill() -> None:
    """What comes after the last record is not known."""
    found = trends(records(*stories(YEAR)), window(YEAR - 91, YEAR + 200))

    assert found["throughput"].verdict not in ("better", "worse")
    assert found["throughput"].series[-1].week < at(YEAR).date()


def test_holidays_are_no_drop() -> None:
    """A week without working days has no throughput."""
    off = tuple(at(YEAR - 28 + n).date() for n in range(14))
    stream = STREAM.model_copy(update={"calendar": STREAM.calendar.model_copy(update={"holidays": off})})
    weeks = trends(records(*stories(YEAR)), window(YEAR - 91, YEAR), stream)["throughput"].series

    assert [value.week for value in weeks if value.value is None] == [at(YEAR - 28).date(), at(YEAR - 21).date()]


@pytest.mark.parametrize("days", [0.0, 3.0, 20.0])
def test_a_young_stream_is_told_nothing(days: float) -> None:
    """No item, a week, three weeks."""
    parts = stories(days) if days else []

    assert {t.verdict for t in trends(records(*parts), window(0, max(days, 7))).values()} <= {"cannot tell"}


def test_the_first_weeks_of_a_history_are_not_compared() -> None:
    """Only what is quick could have been delivered then, and it would seem that things became slower."""
    parts = [issue(f"PAY-{n}", ("Open", n), ("In Progress", n + 1), ("Done", n + 60 * (n % 2) + 2)) for n in range(300)]
    found = trends(records(*parts), window(160, 300))["lead_time"]

    assert found.weeks_before == (154 - 63) // 7
    assert found.verdict not in ("better", "worse")


def test_constant_lead_times_did_not_change() -> None:
    """Nor does anything fail."""
    parts = [issue(f"PAY-{n}", ("Open", n), ("In Progress", n + 0.5), ("Done", n + 2)) for n in range(YEAR - 2)]
    found = last_quarter(parts)["lead_time"]

    assert (found.verdict, found.change, found.reason) == ("no change", 0.0, "any change is smaller than by a quarter")


def committed(number: int, day: float, traces: int) -> list[Record]:
    """Traces of work within one morning, never at the same minute two days running: people are no clockwork."""
    late = number * 7 % 29 / 1440
    hours = [(K.COMMITTED, day + 0.4 + late + n * 0.18 / traces) for n in range(traces)]
    return pull(number, (K.OPENED, day + 0.39 + late), *hours, (K.MERGED, day + 0.62 + late), names=[f"PAY-{number}"])


def test_where_habits_of_leaving_traces_change_the_value_added_ratio_is_not_compared() -> None:
    """Six commits a morning instead of three is no more value."""
    parts = [issue(f"PAY-{n}", ("In Progress", n), ("Done", n + 1)) for n in range(YEAR - 2)]
    same = [committed(n, n, 3) for n in range(YEAR - 2)]
    more = [committed(n, n, 3 if n < YEAR - 91 else 6) for n in range(YEAR - 2)]
    alike, found = (last_quarter([*parts, *traces])["value_added_ratio"] for traces in (same, more))

    assert alike.verdict == "no change"
    assert (found.verdict, found.reason, found.change) == ("cannot tell", "evidence habits changed", None)


def test_the_order_of_the_records_does_not_matter() -> None:
    """The same draws whatever comes first."""
    parts = [*stories(YEAR), change("PAY-1", K.BLOCKED, 5)]

    assert last_quarter(parts) == last_quarter(parts[::-1])


def test_a_range_without_nothing_is_no_reason_to_doubt_a_change() -> None:
    """Where all that is possible is a change, something else must be said."""
    assert undecided(-0.5, 0.2).replace("\u00a0", " ") == "anything between -50 % and +20 % is possible"
    assert "possible" not in undecided(-1.0, -0.92)
    assert "possible" not in undecided(0.3, 0.9)


def test_the_cycle_time_that_is_followed_is_the_cycle_time_that_is_told() -> None:
    """It begins with the first work, which a commit tells of while the card still lies in the backlog."""
    parts = [issue(f"PAY-{n}", ("Open", n), ("Testing", n + 4.0), ("Done", n + 5.0)) for n in range(YEAR - 5)]
    worked = [
        pull(n, (K.COMMITTED, n + 2.5, f"dev{n % 9}"), (K.OPENED, n + 3.9), names=[f"PAY-{n}"]) for n in range(YEAR - 5)
    ]
    found = analyse(STREAM, records(*parts, *worked), window(YEAR - 91, YEAR))
    followed = next(trend for trend in found.trend if trend.metric == "cycle_time")

    assert found.cycle_time.p50 is not None
    assert found.cycle_time.p50 > 2
    assert followed.series[-2].value == pytest.approx(found.cycle_time.p50, abs=0.2)


def test_a_trend_says_what_it_compares_and_within_which_limits_the_weeks_before_lay() -> None:
    """One and three deliveries in turn, then ten: in logarithms the mean is half of log 3, and every step is log 3."""
    numbers = [10 if week >= 32 else 3 if week % 2 else 1 for week in range(40)]
    items = [delivered(n, week, 1) for week, number in enumerate(numbers) for n in range(number)]
    found = trends(records(*items), window(32 * 7, 40 * 7))
    lead, limits = found["lead_time"], found["throughput"].limits

    assert (lead.n_before, lead.n_after) == (13 * 1 + 13 * 3, 80)
    assert (found["throughput"].n_before, found["throughput"].n_after) == (26, 8)
    assert limits is not None
    assert (limits.centre, limits.low, limits.high) == pytest.approx((3**0.5, 3 ** (0.5 - 2.66), 3 ** (0.5 + 2.66)))


def test_neighbours_that_resemble_each_other_are_worth_fewer() -> None:
    """Lead times as they come are worth about as many as there are; where each lasts five weeks, much fewer."""
    days = random.Random(3)
    by_item = [[days.uniform(1, 9) for _ in range(4)] for _ in range(40)]
    by_month = [[days.uniform(1, 9)] * 4 for _ in range(8) for _ in range(5)]
    free, tied = (
        trends(records(*(delivered(n, w, d) for w, some in enumerate(e) for n, d in enumerate(some))), window(224, 280))
        for e in (by_item, by_month)
    )
    worth = [found["lead_time"].effective_before for found in (free, tied)]

    assert free["lead_time"].n_before == 26 * 4
    assert worth[0] is not None
    assert worth[1] is not None
    assert worth[1] < 26 * 4 / 4 < 26 * 4 / 2 < worth[0] <= 26 * 4
