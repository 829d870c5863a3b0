"""What digests of the past would have said, and how often each alert would have fired."""

from datetime import date, timedelta

from bot.digest.digest import Alert, Digest
from bot.digest.preview import Fired, Past, fired, told


def week(number: int, *alerts: Alert) -> Past:
    digest = Digest("t", "s", ("h",), (), "f", quiet=bool(number) and not alerts, alerts=alerts)
    return Past(date(2026, 1, 5) + timedelta(weeks=number), digest)


WEEKS = [week(0), week(1, Alert.STUCK, Alert.STUCK, Alert.GATE), week(2, Alert.STUCK), week(3)]


def test_it_is_counted_how_often_each_alert_would_have_fired() -> None:
    """And in how many weeks; those that never did are told, too."""
    found = {one.alert: one for one in fired(WEEKS)}

    assert found[Alert.STUCK] == Fired(Alert.STUCK, times=3, weeks=2)
    assert found[Alert.GATE] == Fired(Alert.GATE, times=1, weeks=1)
    assert found[Alert.FIGURE] == Fired(Alert.FIGURE, times=0, weeks=0)


def test_it_is_told_in_sentences() -> None:
    """With how many weeks were quiet."""
    first, *rest = told(WEEKS)

    assert first == "1 of 4 weeks quiet; the first knows none before it, so nothing in it is news"
    assert "An item is stuck for long: 3 times in 2 weeks" in rest
    assert "A figure got better or worse: never" in rest
