"""Whether things got better, and what to expect: rows and lines of the analysis on a terminal."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from bot.flow.findings.forecast import Forecast
from bot.flow.findings.signals import Change
from bot.flow.findings.trend import QUEUE_WAIT, Trend
from bot.govern.document import Document
from bot.words import NBSP, UNKNOWN, amount, count, duration, share

NAMES = {
    "lead_time": "lead time, half within",
    "cycle_time": "cycle time, half within",
    "throughput": "delivered a week",
    "value_added_ratio": "value-added ratio",
    "rework_share": "share of rework",
    "wip": "under way",
    "review_wait": "reviews, half wait",
}
MANIFOLD, MOST_REASONS = 10, 2
SHARES, COUNTS = ("value_added_ratio", "rework_share"), ("throughput", "wip")


def trends(document: Document) -> Iterator[Sequence[str]]:
    """Of each figure with a past: name, before, now, change with its interval, verdict, and how sure that is."""
    yield from trend_rows(document.trend)


def trend_rows(found: Iterable[Trend]) -> Iterator[Sequence[str]]:
    """The same of the comparisons themselves."""
    for trend in filter(_shown, found):
        sure = trend.reason if trend.verdict in ("no change", "cannot tell") else f"{trend.reason} ({trend.grade})"
        before, after = (metric_value(trend.metric, value) for value in (trend.before, trend.after))
        yield metric_name(trend.metric), before, after, changed(trend), trend.verdict, sure + _since(trend)


def _since(trend: Trend) -> str:
    """An alarm, with the level it is measured against, which is older than what the verdict compares with."""
    if trend.alarm is None:
        return ""
    level = metric_value(trend.metric, trend.alarm.baseline)
    return f"; {trend.alarm.verdict} than {level} since about {_day(trend.alarm.since)}"


def incomparable(document: Document) -> str | None:
    """Of how many figures nothing can be told, and why; None where there is none."""
    left = [trend for trend in document.trend if not _shown(trend)]
    if not left:
        return None
    reasons = Counter(trend.reason for trend in left)
    why = "; ".join(f"{reason} (of {count(number, 'figure')})" for reason, number in reasons.most_common(MOST_REASONS))
    return f"Whether {count(len(left), 'figure')} got better or worse cannot be told: {why}."


def _shown(trend: Trend) -> bool:
    return trend.before is not None or trend.after is not None or trend.alarm is not None


def metric_name(metric: str) -> str:
    """What a figure of the trend is called."""
    queue = QUEUE_WAIT.fullmatch(metric)
    if not queue:
        return NAMES[metric]
    return f"{queue['stage']}, " + ("half wait" if queue["quantile"] == "p50" else f"85{NBSP}% wait")


def metric_value(metric: str, value: float | None) -> str:
    """In its own unit."""
    if metric in SHARES:
        return share(value)
    return amount(value) if metric in COUNTS else duration(value)


def changed(trend: Trend | Change) -> str:
    """A relative change with its interval."""
    if trend.change is None:
        return UNKNOWN
    interval = f" ({_signed(trend.low)} to {_signed(trend.high)})" if trend.low is not None else ""
    return _signed(trend.change) + interval


def _signed(change: float | None) -> str:
    """A change in percent; of more than tenfold, how many times as much."""
    if change is None or change <= 0:
        return share(change)
    return f"+{share(change)}" if change < MANIFOLD - 1 else f"× {amount(1 + change)}"


def outlook(document: Document) -> Iterator[str]:
    """What to expect, if things stay as they are; at most six lines."""
    forecast = document.forecast
    new = forecast.new_items
    if new.reason:
        yield f"A new item: cannot be told, {new.reason}."
    else:
        eight = "" if new.p10 is None else f"; eight of ten take {duration(new.p10)} to {duration(new.p90)}"
        yield f"A new item: half within {duration(new.p50)}, 85{NBSP}% within {duration(new.p85)}{eight}."
    if forecast.reason:
        yield f"How many by when: cannot be told, {forecast.reason}."
    else:
        yield from _deliveries(forecast)
    yield from _open(forecast)


def _deliveries(forecast: Forecast) -> Iterator[str]:
    last = forecast.deliveries[-1]
    yield f"By {_day(last.until)}: {count(last.p50, 'item')} with even odds, {last.p85} with 85{NBSP}%."
    if forecast.all_open:
        whole = forecast.all_open
        when = f"{_by(whole.p50)} with even odds, {_by(whole.p85)} with 85{NBSP}%" if whole.p50 else _by(None)
        yield f"As many as are open now ({whole.items}): {when}."


def _open(forecast: Forecast) -> Iterable[str]:
    late = [item for item in forecast.open_items if item.p85 is not None]
    old = [item for item in forecast.open_items if item.oldest]
    if late:
        slowest = max(late, key=lambda item: (item.p85 or 0.0, item.item))
        when = f"half like it are done {_by(slowest.p50_date)}, 85{NBSP}% {_by(slowest.p85_date)}"
        yield f"The open item that takes longest: {slowest.item}; {when}."
    if old:
        yield f"{count(len(old), 'open item is', 'open items are')} older than anything that was ever delivered."


def _by(day: date | None) -> str:
    return "not within half a year" if day is None else f"by {_day(day)}"


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"
