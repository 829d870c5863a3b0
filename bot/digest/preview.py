"""What digests of the past would have said, and how often: whether they would have cried wolf. Pure."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from bot.digest.digest import Alert, Digest
from bot.words import count


@dataclass(frozen=True)
class Past:
    """The digest of a Monday."""

    monday: date
    digest: Digest


@dataclass(frozen=True)
class Fired:
    """A kind of news: how often it came, and in how many of the weeks."""

    alert: Alert
    times: int
    weeks: int


def fired(past: Sequence[Past]) -> tuple[Fired, ...]:
    """Every kind of news, in the order of its weight; the first digest of all knows none."""
    times = Counter(alert for one in past for alert in one.digest.alerts)
    weeks = Counter(alert for one in past for alert in set(one.digest.alerts))
    return tuple(Fired(alert, times[alert], weeks[alert]) for alert in Alert)


def told(past: Sequence[Past]) -> Iterator[str]:
    """In sentences: how many weeks were quiet, and what the others told."""
    if past:
        quiet = sum(one.digest.quiet for one in past)
        yield f"{quiet} of {count(len(past), 'week')} quiet; the first knows none before it, so nothing in it is news"
    for one in fired(past):
        often = f"{count(one.times, 'time')} in {count(one.weeks, 'week')}" if one.times else "never"
        yield f"{one.alert.value.capitalize()}: {often}"
