"""Who is no person, by behaviour."""

from collections.abc import Sequence

import polars as pl
import pytest

from bot.flow.clock import instant
from bot.flow.history.automation import FEWEST_DAYS
from bot.flow.history.log import Log, read_log
from connectors.records import ActorKind, EventKind, Person, Record
from tests.build import GITHUB, JIRA, at, clock, event, issue, pull, records

K = EventKind
ITEMS = 24


def read(events: Sequence[Record], *more: list[Record], people: Sequence[Person] = ()) -> Log:
    """Of items that one person edits now and then, at times of no pattern."""
    items = [issue(f"PAY-{n}", ("Open", clock(n, 8, n, n))) for n in range(ITEMS)]
    edits = [edit(n, n, 9 + n % 7, n * 17 % 60, n) for n in range(ITEMS)]
    return read_log(records(*items, edits, events, *more, people), instant(at(90)))


def edit(item: int, day: int, hour: int, minute: int, second: float, who: str = "ann") -> Record:
    return event(f"pay-{item}", K.EDITED, clock(day, hour, minute, second), who, "summary")


def verdicts(log: Log, who: str) -> set[tuple[bool, bool]]:
    """(human, attended) of what an account did."""
    return set(log.events.filter(pl.col("actor") == who).select("human", "attended").iter_rows())


def test_who_reacts_within_seconds_is_no_person() -> None:
    """It is said how many accounts and in which items, and not who."""
    log = read([edit(n, n, 9 + n % 7, n * 17 % 60, n + 4, "svc") for n in range(ITEMS)])

    assert (verdicts(log, "svc"), verdicts(log, "ann")) == ({(False, False)}, {(True, True)})
    (doubt,) = log.doubts
    assert (doubt.kind, len(doubt.items)) == ("automation", ITEMS)
    assert "svc" not in doubt.detail


def test_who_is_told_to_be_a_person_is_one() -> None:
    """The configuration knows better; what a vendor says of an account is no such word."""
    events = [edit(n, n, 9 + n % 7, n * 17 % 60, n + 4, "svc") for n in range(ITEMS)]
    told = [Person(JIRA, "svc", "Sven", ActorKind.HUMAN, configured=said) for said in (True, False)]

    assert verdicts(read(events, people=told[:1]), "svc") == {(True, True)}
    assert verdicts(read(events, people=told[1:]), "svc") == {(False, False)}


def test_what_is_done_by_the_clock_is_no_evidence_of_work() -> None:
    """But it may be a secretary who enters what a board decided, so verdicts count."""
    log = read([edit(n, n, 14, n % 2, n, "cab") for n in range(ITEMS)])

    assert verdicts(log, "cab") == {(True, False)}


def test_a_person_of_fixed_hours_is_a_person() -> None:
    """Nine to half past nine every day is no minute."""
    log = read([edit(n, n, 9, n * 7 % 30, n * 13 % 60, "kim") for n in range(ITEMS)])

    assert verdicts(log, "kim") == {(True, True)}
    assert log.doubts == ()


def test_one_busy_morning_is_no_habit() -> None:
    """All within three minutes, but of fewer days than would tell."""
    log = read([edit(n % 6, n % (FEWEST_DAYS - 1), 9, n % 3, n * 2.5, "kim") for n in range(ITEMS)])

    assert verdicts(log, "kim") == {(True, True)}


def test_who_sweeps_over_many_items_again_and_again_leaves_no_evidence() -> None:
    """Three times fifteen within a minute."""
    log = read([edit(n, day, day % 20, 7 * day % 60, n, "admin") for day in (3, 11, 19, 27) for n in range(16)])

    assert verdicts(log, "admin") == {(True, False)}


@pytest.mark.parametrize(("minutes", "human"), [(3, False), (200, True)])
def test_who_reviews_everything_within_minutes_is_no_person(minutes: int, human: bool) -> None:
    """A quick colleague is away at times, and does something else, too."""
    pulls = [
        pull(
            n,
            (K.OPENED, clock(n, n % 24, 7, n)),
            (K.REVIEWED, clock(n, n % 24, 7, n + 60 * (minutes if n % 3 else 4)), "ai", "comment"),
        )
        for n in range(ITEMS)
    ]
    log = read([], *pulls)

    assert set(log.events.filter(pl.col("actor") == "ai")["human"]) == {human}


def test_dates_without_times_tell_nothing() -> None:
    """In a log by the day everybody follows everybody at once."""
    days = [event("PR1", K.REVIEWED, n, who, "comment", GITHUB) for n in range(30) for who in ("ann", "bob")]
    log = read_log(records(pull(1, (K.OPENED, 0)), days), instant(at(90)))

    assert log.events["attended"].all()
