"""The times of git."""

import polars as pl

from bot.flow.clock import DAY, instant
from bot.flow.history.log import Log, read_log
from connectors.records import EventKind, Record
from tests.build import at, issue, pull, records

K = EventKind


def read(*parts: list[Record]) -> Log:
    return read_log(records(*parts), instant(at(200)))


def commits(log: Log, item: int = 0) -> list[tuple[float, bool]]:
    """The day of each commit of an item, and whether it is evidence of work."""
    found = log.events.filter((pl.col("kind") == K.COMMITTED) & (pl.col("item") == item))
    return [((when - instant(at(0))) / DAY, attended) for when, attended in found.select("at", "attended").iter_rows()]


def test_a_commit_is_not_made_after_its_merge() -> None:
    """It counts as made then, and other commits of the account stay where they are."""
    log = read(pull(1, (K.OPENED, 0), (K.COMMITTED, 1), (K.COMMITTED, 9), (K.MERGED, 5)))

    assert commits(log) == [(1.0, True), (5.0, True)]
    assert [d.kind for d in log.doubts] == ["clock ahead"]


def test_a_clock_that_often_runs_ahead_is_set_back() -> None:
    """By as much as it was ahead at least; the clocks of others are not."""
    late = [pull(n, (K.OPENED, n), (K.COMMITTED, n + 0.5), (K.MERGED, n + 0.25)) for n in range(3)]
    other = pull(8, (K.OPENED, 8), (K.COMMITTED, 9, "ann"), (K.COMMITTED, 9, "bob"), (K.MERGED, 20))
    log = read(*late, other)

    assert sorted(commits(log, 3)) == [(8.75, True), (9.0, True)]
    assert "the clocks of 1 accounts" in log.doubts[0].detail
    assert "ann" not in log.doubts[0].detail


def test_one_commit_of_another_year_sets_no_clock_back() -> None:
    """A mistake of its own."""
    wrong = [pull(n, (K.OPENED, n), (K.COMMITTED, n + 150), (K.MERGED, n + 1)) for n in range(3)]
    log = read(*wrong, pull(8, (K.OPENED, 8), (K.COMMITTED, 9), (K.MERGED, 20)))

    assert commits(log, 3) == [(9.0, True)]


def test_a_commit_of_long_ago_is_no_evidence() -> None:
    """Thirty days before the change request; and before the issue it names, where there is one."""
    old = pull(1, (K.OPENED, 100), (K.COMMITTED, 60), (K.COMMITTED, 80), (K.MERGED, 110))
    begun = pull(2, (K.OPENED, 100), (K.COMMITTED, 60), (K.MERGED, 110), names=["PAY-1"])

    assert commits(read(old)) == [(60.0, False), (80.0, True)]
    assert commits(read(issue("PAY-1", ("Open", 50)), begun), 1) == [(60.0, True)]


def test_an_approval_at_the_instant_of_the_merge_comes_before_it() -> None:
    """However they are delivered, and a commit before both."""
    told = pull(1, (K.OPENED, 0), (K.MERGED, 5, "bob"), (K.REVIEWED, 5, "bob", "approved"), (K.COMMITTED, 5))
    log = read(list(reversed(told)))

    assert log.events["kind"].to_list() == [K.OPENED, K.COMMITTED, K.REVIEWED, K.MERGED]
