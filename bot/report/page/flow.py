"""How the flow looks: ages, lead times, cumulative flow, throughput and the trends with their limits."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

import polars as pl

from bot.flow.findings.trend import Trend
from bot.flow.outlook.weeks import monday
from bot.flow.timeline.spans import Outcome
from bot.report.flow_charts import Delivered, aging, cumulative_flow, scatter, throughput, trend_line
from bot.report.outlook_text import incomparable, metric_value, trend_rows
from bot.report.page.report import Report, plain
from bot.report.parts import Cell, Folded, Lines, Part, Section, Strong, Table, Word, columns
from bot.words import NBSP, UNKNOWN, amount, count, duration, listed

MOST_OPEN = 60


def flow(report: Report) -> Iterator[Section]:
    """The charts, each with what it shows in figures."""
    yield _aging(report)
    yield _lead_times(report)
    yield _cumulative(report)
    yield _throughput(report)
    yield _trends(report)


def _aging(report: Report) -> Section:
    found = report.document.age
    hrefs = {item.item: report.href(item.item) or "#items" for item in found.items}
    rows = [
        (
            report.item(item.item),
            plain(item.title),
            item.stage or item.state,
            duration(item.age),
            duration(item.in_stage),
            duration(item.waited),
            "" if item.waited is None else listed(item.holders),
        )
        for item in found.items[:MOST_OPEN]
    ]
    names = ("item", "title", "where", "age", "in the stage", "has waited", "who can free it")
    more = f"and {len(found.items) - MOST_OPEN} younger ones, in the list below" if len(found.items) > MOST_OPEN else ""
    half, most = duration(found.p50), duration(found.p85)
    said = f"{count(len(found.items), 'item')} under way; half are younger than {half}, 85{NBSP}% than {most}."
    parts: list[Part] = [aging(found.items, report.pace, hrefs)] if found.items and report.pace else []
    return Section(
        "aging",
        "Ages",
        "How old the work under way is",
        [*parts, Table(names, rows, columns(3, 4, 5), more=more)],
        said,
    )


def _lead_times(report: Report) -> Section:
    lead, cycle = report.document.lead_time, report.document.cycle_time
    rows = [
        (
            name,
            str(one.n),
            duration(one.mean),
            duration(one.p50),
            "" if one.low is None else f"{duration(one.low)} to {duration(one.high)}",
            duration(one.p85),
            duration(one.with_open.p50),
            duration(one.with_open.p85),
        )
        for name, one in (("lead time", lead), ("cycle time", cycle))
    ]
    names = ("time", "items", "mean", "half within", "80 % interval", "85 % within", "with open ones, half", "85 %")
    delivered = _delivered(report)
    parts: list[Part] = [scatter(delivered, lead.p50, lead.p85, report.zone)] if delivered else []
    said = f"{count(lead.n, 'item')} delivered; the mean lead time is {duration(lead.mean)}."
    return Section(
        "lead-times", "Lead times", "How long it took", [*parts, Table(names, rows, columns(*range(1, 8)))], said
    )


def _delivered(report: Report) -> list[Delivered]:
    window = report.document.window
    inside = pl.col("end").is_between(window.start, window.end, closed="left")
    found = report.items.filter((pl.col("outcome") == Outcome.DELIVERED) & inside).sort("end", "item")
    return [
        Delivered(item, end, days, report.href(item) or "#items")
        for item, end, days in found.select("item", "end", "days").iter_rows()
    ]


def _cumulative(report: Report) -> Section:
    standing = report.standing
    drawn = [cumulative_flow(standing, report.stages)] if len(standing.days) > 1 and standing.stages else []
    wip = f"{count(report.document.wip, 'item')} under way at the end"
    return Section(
        "cumulative", "Flow", "Cumulative flow", drawn, f"{wip}; {standing.delivered[-1]} delivered." if drawn else ""
    )


def _throughput(report: Report) -> Section:
    weeks, items = report.document.throughput, report.document.items
    left_out = ", ".join(f"{number} {reason}" for reason, number in items.reasons.items())
    pace = items.arrived / report.document.window.weeks
    said = f"{count(items.arrived, 'item')} delivered, {amount(pace)} a week."
    drawn = [throughput(weeks)] if any(week.items for week in weeks) else []
    lines: list[Sequence[Word]] = [(f"Not counted: {left_out}.",)] if left_out else []
    behind = [Folded("Week by week", [Lines(list(_by_week(report)))])] if items.arrived else []
    return Section("throughput", "Throughput", "How much gets through", [*drawn, *behind, Lines(lines)], said)


def _by_week(report: Report) -> Iterator[Sequence[Word]]:
    """The items of each week, the last week first; those of which the start is unknown among them."""
    window, week = report.document.window, timedelta(weeks=1)
    inside = pl.col("end").is_between(window.start, window.end, closed="left")
    imported = (pl.col("outcome") == Outcome.IMPORTED) & (pl.col("days") > 0)
    arrived = report.items.filter(inside & ((pl.col("outcome") == Outcome.DELIVERED) | imported))
    mondays = [monday(end, report.zone) for end in arrived["end"]]
    for one in reversed(report.document.throughput):
        names = [name for name, of in zip(arrived["item"], mondays, strict=True) if of == one.week]
        if names:
            yield Strong(f"{one.week:%d %b} to {one.week + week - timedelta(1):%d %b}: "), *report.named(names), "."


def _trends(report: Report) -> Section:
    rows = [(*row, _picture(trend)) for trend, row in _told(report.document.trend)]
    names = ("figure", "before", "now", "change", "verdict", "how sure", "by week")
    untold = incomparable(report.document)
    lines: list[Sequence[str]] = [(untold,)] if untold else []
    said = "The lines are the average and the natural process limits of the weeks before; what lies outside is marked."
    return Section("trends", "Trends", "Trends with their limits", [Table(names, rows), Lines(lines)], said)


def _told(trends: Sequence[Trend]) -> Iterator[tuple[Trend, Sequence[Cell]]]:
    for trend in trends:
        for row in trend_rows([trend]):
            yield trend, row


def _picture(trend: Trend) -> Cell:
    return trend_line(trend, lambda value: metric_value(trend.metric, value)) or UNKNOWN
