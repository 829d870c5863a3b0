"""What digests of the past would have said, and how often."""

from datetime import date, timedelta

from bot.digest.compose import Digest
from bot.digest.lines import Line, Section
from bot.digest.preview import Fired, fired, told


def week(number: int, **sections: list[str]) -> tuple[date, Digest]:
    """A digest whose sections have lines about these things, which stand longer with every week."""
    lines = {title: tuple(Line(f" for {number} d", label=item) for item in items) for title, items in sections.items()}
    parts = tuple(Section(title, some) for title, some in lines.items())
    return date(2026, 1, 5) + timedelta(weeks=number), Digest("t", "s", "h", parts, "f")


WEEKS = [week(0, Stuck=["PAY-1", "PAY-2"]), week(1, Stuck=["PAY-2"]), week(2, Stuck=["PAY-1"], Gates=["Quarter"])]


def test_it_is_counted_in_how_many_weeks_something_was_said() -> None:
    """And how much of it was about something that the week before was not about."""
    assert fired(WEEKS) == (Fired("Stuck", weeks=3, lines=4, new=3), Fired("Gates", weeks=1, lines=1, new=1))


def test_it_is_told_in_sentences() -> None:
    """Nothing of nothing."""
    assert list(told(WEEKS))[1] == "Gates: in 1 of 3 weeks, 1 line, of which 1 new that week"
    assert list(told([])) == []
