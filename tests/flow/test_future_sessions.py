"""What an appointment does not get through on its day."""

from dataclasses import replace

from bot.flow.clock import DAY
from bot.flow.findings.stations import Cadence
from bot.flow.future.changes import GateCadence
from bot.flow.future.rules import rule_of
from bot.flow.model import Calendar
from tests.build import issue
from tests.flow.test_future import known


def test_what_is_not_reached_on_the_day_left_at_the_appointment_all_the_same() -> None:
    """Six a week are decided from Tuesday three o'clock on, half of them on Wednesday morning; daily, on their day."""
    done = [1 + hours / 24 for hours in (15.2, 15.4, 15.6, 33.2, 33.4, 33.6)]
    items = [
        issue(f"PAY-{10 * week + n}", ("Open", 7 * week + 0.4), ("In Review", 7 * week + 0.5), ("Done", 7 * week + day))
        for week in range(8)
        for n, day in enumerate(done)
    ]
    weekly = Cadence(every_weeks=1, weekdays=("tue",), hour=15, share=1.0)
    told = replace(known(items, calendar=Calendar(working_hours="08:00-16:00")), cadences={"Review": weekly})
    daily = rule_of(told, GateCadence(cadence="Review", on="daily"))
    took = (told.replay.ends([daily]) - told.replay.segments.starts) / DAY

    assert daily.concerned.sum() == len(items)
    assert (took < 0.4).all()
