"""What came of a change whose date is known."""

from datetime import datetime
from random import Random

import pytest

from bot.flow.findings.realised import Realised
from bot.flow.model import Window
from bot.flow.outlook.realised import Made, realised
from bot.flow.reconstruct import reconstruct
from connectors.records import Record
from tests.build import STREAM, at, issue, records, window

BEGUN, DONE = 25 * 7, 26 * 7


def story(since: float, *, weeks: int = 50, lasted: float = 13.0, seed: int = 1) -> list[list[Record]]:
    """Items that take about 13 days, and `since` days from the change on; what each is made of is drawn."""
    random, every = Random(seed), list[list[Record]]()
    for number in range(weeks * 6):
        begun = number * 7 / 6
        took = (since if begun >= DONE else lasted) * random.uniform(0.5, 1.5)
        ended = [("Done", begun + took)] if begun + took < weeks * 7 else []
        every.append(issue(f"PAY-{number}", ("Open", begun), ("In Progress", begun + took / 2), *ended))
    return every


def told(since: float, weeks: int = 50, **more: object) -> Realised:
    found = reconstruct(STREAM, records(*story(since, weeks=weeks, **more)), window(end=weeks * 7))  # type: ignore[arg-type]
    return realised(found.timeline, found.log, found.window, Made(at(BEGUN), at(DONE)))


def test_what_got_quicker_is_found_and_by_how_much() -> None:
    """A geometric mean of 6.7 days instead of 12.4: the interval of eight of ten has the change inside."""
    found = told(7)

    assert (found.differs, found.final, found.weeks) == (True, True, 13)
    assert found.change == pytest.approx(-6, abs=2)
    assert found.low is not None
    assert found.high is not None
    assert found.low < -5.7 < found.high < 0
    assert found.begun_before == pytest.approx(13, abs=2)
    assert found.begun_after == pytest.approx(7, abs=1)


def test_what_is_delivered_at_first_had_begun_before_and_is_left_out() -> None:
    """Half of the items took nearly two weeks, so two weeks are left out after the change."""
    found = told(7)

    assert found.first_week == at(DONE + 14).date()
    assert found.n_before == pytest.approx(22 * 6, abs=12)


def test_nothing_is_told_before_six_weeks_count() -> None:
    """How many there are is said."""
    found = told(7, weeks=31)

    assert (found.change, found.differs) == (None, False)
    assert found.reason == "3 of the 6 weeks that it takes; a week counts once most of what it delivers was begun since"


def test_between_the_looks_nothing_changes() -> None:
    """Whoever looks every week would find something by chance; so it is looked twice."""
    seventh, ninth = told(12, weeks=35), told(12, weeks=37)

    assert (seventh.weeks, ninth.weeks) == (7, 9)
    assert (seventh.change, seventh.low, seventh.final) == (ninth.change, ninth.low, ninth.final)


def test_where_nothing_changed_nothing_is_found() -> None:
    """At most one in ten by chance; of ten histories two would be rare."""
    assert sum(told(13, seed=seed).differs for seed in range(10)) <= 2


def test_a_history_that_is_too_short_before_is_told() -> None:
    """Eight closed weeks, from when more than what is quick could have been delivered."""
    found = reconstruct(STREAM, records(*story(7)), window(end=350))
    early = realised(found.timeline, found.log, found.window, Made(at(50), at(DONE)))

    assert early.reason == "4 closed weeks of deliveries before it began; it takes 8"
    assert early.before is None


def test_what_was_before_stays_what_it_was() -> None:
    """Items that took half a year and end between the looks say nothing of when the time before was steady."""
    slow = [issue(f"PAY-S{n}", ("Open", 20 + n), ("Done", 260 + n)) for n in range(60)]

    def before(weeks: int) -> tuple[int, float | None]:
        ended = [item for item in slow if 260 + slow.index(item) < weeks * 7]
        found = reconstruct(STREAM, records(*story(12, weeks=weeks), *ended), window(end=weeks * 7))
        came = realised(found.timeline, found.log, found.window, Made(at(BEGUN), at(DONE)))
        return came.n_before, came.before

    assert before(36) == before(50)


def test_deliveries_in_a_few_weeks_only_are_no_comparison() -> None:
    """Thirty items in one week may be one release; it is said why nothing is told."""
    first = [issue(f"PAY-{n}", ("Open", n), ("In Progress", n + 3), ("Done", n + 6)) for n in range(DONE - 10)]
    once = [issue(f"PAY-B{n}", ("Open", 200 + n / 10), ("Done", 225 + n / 10)) for n in range(30)]
    found = reconstruct(STREAM, records(*first, *once, issue("PAY-O", ("Open", 349))), window(end=350))
    came = realised(found.timeline, found.log, found.window, Made(at(BEGUN), at(DONE)))

    assert (came.n_after, came.change) == (30, None)
    assert came.reason == "all that was delivered since was within 1 week; it takes 4"


def test_a_week_in_which_the_clocks_change_is_a_week() -> None:
    """In force since a Monday in winter; two weeks later it is summer, and that Monday's week counts."""
    done, end = (
        datetime.fromisoformat(f"{day}T00:00+0{hour}:00") for day, hour in (("2026-03-23", 1), ("2026-05-04", 2))
    )
    found = reconstruct(STREAM, records(*story(13)), Window(start=at(0), end=end, timezone="Europe/Berlin"))
    came = realised(found.timeline, found.log, found.window, Made(done, done))

    assert came.first_week is not None
    assert came.first_week.isoformat() == "2026-04-06"
