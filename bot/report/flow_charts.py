"""The charts of flow: how long items took, how old they are, how many are where and get through, and the trend."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.flow.findings.lead import OpenItem, Week
from bot.flow.findings.trend import Trend
from bot.flow.model import Stage, StageKind
from bot.flow.pictures import Pace, Standing
from bot.report.charts import (
    BOTTOM,
    HEIGHT,
    LEFT,
    RIGHT,
    WIDTH,
    Chart,
    chart,
    dates,
    days,
    grid,
    label,
    scale,
    width_of,
)
from bot.report.parts import Drawing
from bot.words import NBSP, amount, count, duration

MOST_LINKED = 150
"""So many dots are links, those of the longest; more are too many to be told apart."""

NAMED = 8
"""So many of those that stand out are named in the words of a chart."""

KINDS = {StageKind.WAIT: "wait", StageKind.WORK: "work", StageKind.APPROVAL: "approval"}
LEAST_BAND = 15.0
"""A thinner band has no room for its name."""


@dataclass(frozen=True)
class Delivered:
    """An item that was delivered, and where it is told of."""

    item: str
    end: datetime
    days: float
    href: str


def scatter(items: Sequence[Delivered], p50: float | None, p85: float | None, zone: str) -> Drawing:
    """Each delivered item by the day of its delivery and its lead time; those above 85 % are links."""
    ends = [item.end.astimezone(ZoneInfo(zone)) for item in items]
    first, last = min(ends).date(), max(ends).date() + timedelta(1)
    highest = max(item.days for item in items)
    words = f"{count(len(items), 'delivered item')}; half within {duration(p50)}, 85 % within {duration(p85)}"
    found = chart("Lead times", words, (first.toordinal(), last.toordinal()), highest)
    grid(found, highest, days)
    dates(found, [first + timedelta(n) for n in range((last - first).days)])
    places = [(found.x(_ordinal(end)), found.y(item.days)) for end, item in zip(ends, items, strict=True)]
    late = [n for n, item in enumerate(items) if p85 is not None and item.days > p85]
    linked = {*sorted(late, key=lambda n: -items[n].days)[:MOST_LINKED]}
    found.dots(places[n] for n in range(len(items)) if n not in late)
    found.dots((places[n] for n in late if n not in linked), "dot late")
    for n in sorted(linked):
        found.linked(*places[n], items[n].href, f"{items[n].item}: {duration(items[n].days)}")
    for level, said in ((p50, "half within"), (p85, f"85{NBSP}% within")):
        if level is not None:
            found.across(level, "limit", f"{said} {duration(level)}")
    return Drawing(found.svg(), "Every dot is a delivered item, by the day of its delivery. The red ones took longest.")


def _ordinal(at: datetime) -> float:
    return at.toordinal() + (at.hour + at.minute / 60) / 24


def cumulative_flow(standing: Standing, stages: Sequence[Stage]) -> Drawing:
    """Delivered since the beginning of the window, and upon it how many items are in which stage, the last below."""
    kinds = {stage.name: KINDS.get(stage.kind, "gone") for stage in stages}
    bands = [("delivered", "done", standing.delivered)]
    bands += [(name or "no stage", kinds.get(name or "", "gone"), standing.stages[name]) for name in _upwards(standing)]
    totals = [sum(numbers[n] for _, _, numbers in bands) for n in range(len(standing.days))]
    right = min(max(width_of(name) for name, _, _ in bands) + 46, 190.0)
    first, last = standing.days[0].toordinal(), standing.days[-1].toordinal()
    found = chart("Cumulative flow", _flow_words(standing), (first, last), max(totals), right=right)
    below, free = [0] * len(standing.days), HEIGHT
    for number, (name, kind, numbers) in enumerate(bands):
        above = [low + n for low, n in zip(below, numbers, strict=True)]
        _band(found, standing.days, below, above, f"area {kind} {'odd' if number % 2 else 'even'}")
        middle = (found.y(below[-1]) + found.y(above[-1])) / 2
        if found.y(below[-1]) - found.y(above[-1]) >= LEAST_BAND or free - middle >= LEAST_BAND:
            free = min(middle, free - LEAST_BAND) if free < HEIGHT else middle
            told = f"{label(name, right - 46)} {numbers[-1]}"
            found.text(WIDTH - right + 8, free + 4, told, "level")
        below = above
    grid(found, max(totals), lambda value: f"{value:.0f}")
    dates(found, standing.days)
    step = (standing.days[1] - standing.days[0]).days
    when = "each day" if step == 1 else f"every {step} days"
    caption = f"How many items were in each stage at the end of {when}, upon what was delivered since the first."
    return Drawing(found.svg(), f"{caption} {_flow_words(standing)}.")


def _upwards(standing: Standing) -> list[str | None]:
    """The stage nearest to the delivery first."""
    named = [name for name in standing.stages if name is not None]
    return [*reversed(named), *([None] if None in standing.stages else [])]


def _flow_words(standing: Standing) -> str:
    where = ", ".join(f"{name or 'no stage'} {numbers[-1]}" for name, numbers in standing.stages.items())
    return f"At the end: {where}; delivered {standing.delivered[-1]}"


def _band(found: Chart, known: Sequence[date], low: Sequence[int], high: Sequence[int], kind: str) -> None:
    there = [found.x(day.toordinal()) for day in known]
    upper = [(x, found.y(value)) for x, value in zip(there, high, strict=True)]
    lower = [(x, found.y(value)) for x, value in zip(there, low, strict=True)]
    found.path([*upper, *reversed(lower)], kind, closed=True)


def aging(items: Sequence[OpenItem], pace: Sequence[Pace], hrefs: Mapping[str, str]) -> Drawing:
    """Open items by the stage they are in and their age, upon how old delivered ones were when they left it."""
    columns = [part.stage for part in pace]
    there = [item for item in items if item.stage in columns]
    linked = {item.item for item in sorted(there, key=lambda item: -item.age)[:MOST_LINKED]}
    highest = max([item.age for item in there] + [part.p85 or 0.0 for part in pace], default=0.0)
    words = _aging_words(there, pace, len(items))
    found = chart("Age of the items under way", words, (0, len(columns)), highest)
    for n, part in enumerate(pace):
        _bands(found, n, part)
    grid(found, highest, days)
    for n, part in enumerate(pace):
        width = found.x(1) - found.x(0)
        found.text(found.x(n + 0.5), HEIGHT - 10, label(part.stage, width - 6), anchor="middle")
        mine = _spread([item for item in there if item.stage == part.stage])
        for is_old, kind in ((False, "dot"), (True, "dot late")):
            rest = [(item, place) for item, place in mine if item.item not in linked and _is_old(item, part) is is_old]
            found.dots([(found.x(n + place), found.y(item.age)) for item, place in rest], kind)
        for item, place in [one for one in mine if one[0].item in linked]:
            said = f"{item.item}: {duration(item.age)} old, {duration(item.in_stage)} in {part.stage}"
            kind = "mark" if _is_old(item, part) else "mark calm"
            found.linked(found.x(n + place), found.y(item.age), hrefs.get(item.item, "#items"), said, kind)
    found.line((LEFT, HEIGHT - BOTTOM), (WIDTH - RIGHT, HEIGHT - BOTTOM), "axis")
    edges = f"Below the two edges half, and 85{NBSP}%, of the delivered items left the stage"
    return Drawing(found.svg(), f"Every dot is an open item, the large red ones are above both edges. {edges}.")


def _is_old(item: OpenItem, part: Pace) -> bool:
    return part.p85 is not None and item.age > part.p85


def _bands(found: Chart, n: int, part: Pace) -> None:
    left, right = found.x(n) + 1, found.x(n + 1) - 1
    edges = [(part.p85, "band most"), (part.p50, "band half")]
    for age, kind in edges:
        if age is not None:
            y = found.y(age)
            found.path([(left, y), (right, y), (right, found.y(0)), (left, found.y(0))], kind, closed=True)
            found.line((left, y), (right, y), "edge")


def _spread(items: Sequence[OpenItem]) -> list[tuple[OpenItem, float]]:
    """Side by side inside their column, so that none hides another."""
    return [(item, 0.2 + 0.6 * ((n * 0.382) % 1 if len(items) > 1 else 0.5)) for n, item in enumerate(items)]


def _aging_words(items: Sequence[OpenItem], pace: Sequence[Pace], every: int) -> str:
    usual = {part.stage: part.p85 for part in pace}
    old = [item for item in items if (most := usual.get(item.stage or "")) is not None and item.age > most]
    named = ", ".join(f"{item.item} ({duration(item.age)}, {item.stage})" for item in old[:NAMED])
    more = f" and {len(old) - NAMED} more" if len(old) > NAMED else ""
    told = f": {named}{more}" if old else ""
    elsewhere = f", {every - len(items)} more in no stage before the end" if every > len(items) else ""
    return (
        f"{count(len(items), 'open item')}{elsewhere}; {len(old)} older than 85 % were when they left the stage{told}"
    )


def throughput(weeks: Sequence[Week]) -> Drawing:
    """Delivered by week; weeks that the window cuts are hollow."""
    highest = max(week.items for week in weeks)
    whole = [week.items for week in weeks if week.complete]
    mean = sum(whole) / len(whole) if whole else None
    told = f", {amount(mean)} in a whole week on average" if mean is not None else ""
    words = f"{count(sum(week.items for week in weeks), 'item')} delivered in {count(len(weeks), 'week')}{told}"
    found = chart("Delivered by week", words, (0, len(weeks)), highest)
    grid(found, highest, lambda value: f"{value:.0f}")
    wide = found.x(1) - found.x(0)
    for n, week in enumerate(weeks):
        x, y = found.x(n), found.y(week.items)
        corners = [
            (x + wide * 0.15, found.y(0)),
            (x + wide * 0.15, y),
            (x + wide * 0.85, y),
            (x + wide * 0.85, found.y(0)),
        ]
        found.path(corners, "bar" if week.complete else "bar cut", closed=True)
        found.text(x + wide / 2, y - 4, str(week.items), "level", "middle")
        if n % max(1, -(-len(weeks) // 8)) == 0:
            found.text(x + wide / 2, HEIGHT - 10, f"{week.week.day} {week.week:%b}", anchor="middle")
    if mean is not None:
        found.line((LEFT, found.y(mean)), (WIDTH - RIGHT, found.y(mean)), "limit")
    found.line((LEFT, HEIGHT - BOTTOM), (WIDTH - RIGHT, HEIGHT - BOTTOM), "axis")
    return Drawing(
        found.svg(), "By the Monday of each week; hollow where the window cuts the week. The line is the mean."
    )


TREND_WIDTH, TREND_HEIGHT = 240.0, 84.0


def trend_line(trend: Trend, said: Callable[[float | None], str]) -> Drawing | str:
    """The weekly values with their average and natural process limits; a word where there are too few."""
    values = [(n, week.value) for n, week in enumerate(trend.series) if week.value is not None]
    if len(values) < 2:
        return ""
    limits = trend.limits
    known = [value for _, value in values] + ([limits.high] if limits else [])
    low = min([value for _, value in values] + ([limits.low or 0.0] if limits else []))
    x = scale(0, len(trend.series) - 1, 5, TREND_WIDTH - 5)
    y = scale(low, max(known), TREND_HEIGHT - 6, 6)
    words = f"{count(len(values), 'weekly value')}, the last {said(values[-1][1])}" + (
        f"; usual between {said(limits.low or 0.0)} and {said(limits.high)}" if limits else ""
    )
    found = Chart("By week", words, x, y, width=TREND_WIDTH, height=TREND_HEIGHT, kind="small")
    for level, kind in ((limits.high, "limit"), (limits.low, "limit"), (limits.centre, "centre")) if limits else ():
        if level is not None:
            found.line((0, y(level)), (TREND_WIDTH, y(level)), kind)
    for known_weeks in _without_gaps(values):
        found.path([(x(n), y(value)) for n, value in known_weeks], "line")
    found.dots(
        [(x(n), y(value)) for n, value in values if limits and not _usual(value, limits.low, limits.high)], "odd"
    )
    return Drawing(found.svg())


def _without_gaps(values: Sequence[tuple[int, float]]) -> list[list[tuple[int, float]]]:
    """Neighbouring weeks; of an unknown one no line tells."""
    found: list[list[tuple[int, float]]] = []
    for n, value in values:
        if found and found[-1][-1][0] == n - 1:
            found[-1].append((n, value))
        else:
            found.append([(n, value)])
    return found


def _usual(value: float, low: float | None, high: float) -> bool:
    return (low is None or value >= low) and value <= high


@dataclass(frozen=True)
class Bar:
    """An amount with its interval, of a kind that says how it is coloured."""

    name: str
    value: float
    low: float | None
    high: float | None
    said: str
    kind: str
    href: str = ""


BAR, NAMES = 27.0, 210.0


def bars(title: str, words: str, found: Sequence[Bar], caption: str) -> Drawing:
    """One below the other, with their intervals."""
    said = max((width_of(bar.said) for bar in found), default=0.0) + 12
    highest = max((max(bar.value, bar.high or 0.0) for bar in found), default=1.0)
    x = scale(0, highest or 1.0, NAMES, WIDTH - said)
    drawn = Chart(title, words, x, lambda value: value, height=BAR * len(found) + 8)
    for n, bar in enumerate(found):
        middle = 4 + BAR * (n + 0.5)
        name = label(bar.name, NAMES - 12)
        if bar.href:
            drawn.add(f'<a href="{bar.href}">')
        drawn.text(NAMES - 10, middle + 4.5, name, "name", "end")
        if bar.href:
            drawn.add("</a>")
        end, top, bottom = x(bar.value), middle - 8, middle + 8
        drawn.path([(NAMES, top), (end, top), (end, bottom), (NAMES, bottom)], f"area {bar.kind}", closed=True)
        if bar.low is not None and bar.high is not None:
            drawn.line((x(bar.low), middle), (x(bar.high), middle), "whisker")
        drawn.text(max(end, x(bar.high or 0.0)) + 8, middle + 4.5, bar.said, "level")
    return Drawing(drawn.svg(), caption)
