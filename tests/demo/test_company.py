"""The simulated company."""

from datetime import UTC, datetime, timedelta

from bot.demo.company import simulate
from bot.demo.days import CLOSES, OPENS, ZONE

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
COMPANY = simulate(NOW)


def test_the_same_monday_gives_the_same_company() -> None:
    """Whatever the hour; later hours only show more of it."""
    later = simulate(NOW + timedelta(hours=5))

    assert simulate(NOW) == COMPANY
    assert [i.title for i in later.items][: len(COMPANY.items)] == [i.title for i in COMPANY.items]


def test_nothing_is_told_of_the_future() -> None:
    """Items stand where they stand now."""
    times = [m.at for i in COMPANY.items for m in i.moves] + [f.at for p in COMPANY.pulls for f in p.facts]

    assert max(times) <= NOW
    assert any(i.moves[-1].status != "Done" for i in COMPANY.items)


def test_people_work_in_working_hours() -> None:
    """On weekdays; only the bot does not care."""
    moved = [m.at.astimezone(ZONE) for i in COMPANY.items for m in i.moves]

    assert all(m.weekday() < 5 for m in moved)
    assert all(m.time().replace(tzinfo=None) >= OPENS and m.hour <= CLOSES.hour for m in moved)


def test_the_planted_waste_is_there() -> None:
    """Approvals on Thursdays, deployments on Tuesdays."""

    def days(before: str, after: str) -> set[int]:
        return {
            b.at.weekday()
            for i in COMPANY.items
            for a, b in zip(i.moves, i.moves[1:], strict=False)
            if a.status == before and b.status == after
        }

    assert days("Design approval", "Ready") == {3}
    assert days("Ready to deploy", "Done") == {1}
