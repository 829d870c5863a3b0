"""What is news since the last digest, the weightiest first: what a headline is made of. Pure.

Only what is more than chance explains is news, and only once: what was told within the last weeks is known, also where
it wavered in between.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from bot.digest.digest import Alert
from bot.digest.lines import Link, Part
from bot.digest.memory import Seen, Told
from bot.flow.findings.trend import QUEUE_WAIT, Trend
from bot.govern.document import Document
from bot.govern.gate_words import when
from bot.govern.gates import GatePart
from bot.govern.key_results import KeyResultPart
from bot.govern.stuck import Stuck
from bot.govern.verdicts import Thresholds
from bot.words import NBSP, amount, count, share, spelt

KNOWN_FOR = timedelta(weeks=8)
"""What was said so lately is known."""

ALARMING, LEAST_ALARMING = 3.0, 5.0
"""An item is news when it waits for so many times as long as 85 % of the others do, and for so many days."""

SOON_DAYS = 14
"""A gate so near is news."""


@dataclass(frozen=True)
class News:
    """`key`: what it is about; `what`: what is said of it, which is news again when it changes."""

    alert: Alert
    key: str
    what: str
    sentence: tuple[Part, ...]


def news(document: Document, stuck: Sequence[Stuck], told: Told | None, today: date) -> tuple[News, ...]:
    """What was not told yet."""
    known = _lately(told, today)
    return tuple(one for one in every(document, stuck) if one.key not in known or known[one.key].what != one.what)


def remembered(document: Document, stuck: Sequence[Stuck], told: Told | None, today: date) -> Mapping[str, Seen]:
    """What is known from now on; what is over is forgotten after a while."""
    return {**_lately(told, today), **{one.key: Seen(what=one.what, at=today) for one in every(document, stuck)}}


def _lately(told: Told | None, today: date) -> Mapping[str, Seen]:
    return {key: seen for key, seen in (told.news if told else {}).items() if today - seen.at < KNOWN_FOR}


def every(document: Document, stuck: Sequence[Stuck]) -> Iterator[News]:
    """All that there is to know at this time, whether it was told or not."""
    yield from _figures(document.trend)
    yield from _outcomes(document)
    yield from _gates(document)
    yield from _goals(document)
    yield from _stuck(stuck)
    yield from _late(document)


def _figures(trends: Sequence[Trend]) -> Iterator[News]:
    """Of a queue once, though it has several figures."""
    said: set[str] = set()
    for trend in trends:
        verdict, about = _verdict(trend), _about(trend.metric)
        if verdict is None or about in said:
            continue
        said.add(about)
        yield News(Alert.FIGURE, f"figure {about}", verdict, (_changed(trend, verdict),))


def _verdict(trend: Trend) -> str | None:
    if trend.verdict in ("better", "worse"):
        return trend.verdict
    return trend.alarm.verdict if trend.alarm else None


def _about(metric: str) -> str:
    queue = QUEUE_WAIT.fullmatch(metric)
    return f"queue {queue['stage']}" if queue else metric


def _changed(trend: Trend, verdict: str) -> str:
    if trend.verdict in ("better", "worse"):
        now, before, since = trend.after, trend.before, ""
    else:
        now, before = (trend.alarm.recent, trend.alarm.baseline) if trend.alarm else (None, None)
        since = f", since about {trend.alarm.since:%d %b}" if trend.alarm else ""
    more = (now or 0) > (before or 0)
    match trend.metric:
        case "lead_time":
            return f"Lead time got {verdict}: half of the items within {spelt(now)}, before {spelt(before)}{since}."
        case "cycle_time":
            told = f"half of the items within {spelt(now)}, before {spelt(before)}"
            return f"From first work to delivery it takes {'longer' if more else 'less long'}: {told}{since}."
        case "throughput":
            told = f"{amount(now)} a week, before {amount(before)}"
            return f"{'More' if more else 'Fewer'} items are delivered: {told}{since}."
        case "wip":
            return f"{'More' if more else 'Fewer'} items are under way: {amount(now)}, before {amount(before)}{since}."
        case "value_added_ratio":
            return f"The share of time that adds value got {verdict}: {share(now)}, before {share(before)}{since}."
        case "rework_share":
            told = f"{share(now)} of the time, before {share(before)}"
            return f"{'More' if more else 'Less'} is done again: {told}{since}."
    queue = QUEUE_WAIT.fullmatch(trend.metric)
    part = f"85{NBSP}% wait" if queue and queue["quantile"] == "p85" else "half wait"
    where = queue["stage"] if queue else "reviews"
    told = f"{part} up to {spelt(now)}, before {spelt(before)}"
    return f"The wait for {where} got {verdict}: {told}{since}."


def _outcomes(document: Document) -> Iterator[News]:
    for part in document.plan:
        if part.verdict and part.verdict not in ("too early", "cannot tell"):
            told = f"“{part.name}” came out {part.verdict}: {part.reason}."
            yield News(Alert.OUTCOME, f"plan {part.name}", part.verdict, (told,))


def _gates(document: Document) -> Iterator[News]:
    for gate in document.gates:
        if 0 <= gate.days_left <= SOON_DAYS:
            yield News(
                Alert.GATE,
                f"gate {gate.name} {gate.day}",
                gate.verdict,
                (f"{gate.name} is {when(gate)}; {stands(gate)}.",),
            )


def stands(gate: GatePart) -> str:
    """What its thresholds say now."""
    if gate.verdict == "insufficient":
        return f"as it stands, nothing can be decided: {gate.reason}"
    return f"as it stands, its thresholds say {gate.verdict}: {gate.reason}"


def _goals(document: Document) -> Iterator[News]:
    """Verdicts that held for two weeks, so that odds near a threshold do not change it every week."""
    for part in document.key_results:
        if part.sufficient and part.probability is not None and _holds(part):
            told = f"The odds of “{part.name}” are {share(part.probability)} now, which says {part.verdict}."
            yield News(Alert.GOAL, f"goal {part.quarter} {part.name}", part.verdict, (told,))


def _holds(part: KeyResultPart) -> bool:
    """What stops has held for two weeks by itself."""
    enough, now, before = Thresholds().continue_at, part.probability, part.probability_before
    alike = now is not None and before is not None and (now >= enough) == (before >= enough)
    return part.verdict == "stop" or alike


def _stuck(stuck: Sequence[Stuck]) -> Iterator[News]:
    for one in stuck:
        if one.waited > max(ALARMING * one.limit, LEAST_ALARMING) and not one.old:
            told = f" has waited {one.where} for {spelt(one.waited)}; {one.freed}."
            yield News(Alert.STUCK, f"item {one.item}", "stuck", (Link(one.item, one.url), told))


def _late(document: Document) -> Iterator[News]:
    for part in document.plan:
        if part.days_left is not None and part.days_left < 0:
            told = f"“{part.name}” was due {count(-part.days_left, 'day')} ago."
            yield News(Alert.LATE, f"late {part.name}", "late", (told,))
