"""Half a year and more of a small team, week by week, for what is compared with the time before."""

from collections.abc import Sequence

from connectors.records import Event, EventKind, Item, Record
from tests.build import at, clock, event, issue

CALENDAR = "calendar.acme"
TEAM = ("ann", "bob", "cid", "dee", "eve", "fay")


def delivered(number: int, week: int, days: float, item_type: str = "Story") -> list[Record]:
    """An item that is done on a Wednesday to Friday of a week, so many days after it came."""
    end = week * 7 + 2 + number % 3 + 0.5
    moves = ("Open", end - days), ("In Progress", end - days / 2), ("Done", end)
    return issue(f"PAY-{week}-{number}", *moves, resolution="Done", item_type=item_type)


def worked(week: int, people: Sequence[str], item: str) -> list[Record]:
    """Each of them edits an item on all five days, at three times of their own."""
    return [
        event(
            item.lower(),
            EventKind.EDITED,
            clock(week * 7 + day, 9 + 2 * n, 7 * n + who * 11 + day * 3 + week % 5),
            name,
        )
        for day in range(5)
        for who, name in enumerate(people)
        for n in range(3)
    ]


def met(
    week: int, day: float, hours: float, invited: int, pattern: str | None = "status", scope: str = "a.ics"
) -> list[Record]:
    """A meeting, in a calendar."""
    key, labels, start = f"{scope}:{week}:{day}", (pattern,) if pattern else (), at(week * 7 + day)
    item = Item(CALENDAR, scope, key, "meeting", key, "meeting", "", start, labels=labels, about=str(invited))
    return [item, Event(CALENDAR, f"{key}:met", key, start, EventKind.MET, detail=str(int(hours * 3600)))]
