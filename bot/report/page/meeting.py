"""What a status meeting asks, in the order in which it asks."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from bot.flow.findings.forecast import Remaining
from bot.flow.moves import Move, Way
from bot.govern.gate_words import when
from bot.govern.gates import LATELY
from bot.govern.plan_words import standing
from bot.govern.stuck import Stuck
from bot.report.outlook_text import incomparable, metric_name, metric_value, outlook, trend_rows
from bot.report.page.report import Report, plain
from bot.report.parts import Cell, Folded, Lines, Part, Section, Strong, Table, Word, columns
from bot.report.signals_text import COLUMNS, signals
from bot.words import NBSP, UNKNOWN, count, day, duration, listed, share, spelt

SOON = 28
"""A gate within so many days is to be decided, and one of the last three weeks that was not."""

EVEN = 0.5
HEADLINES = ("lead_time", "throughput", "value_added_ratio", "rework_share")
"""Figures whose trend is told whatever it is; of the others only what changed."""

MOST_STUCK, MOST_LATE = 60, 25


def meeting(report: Report) -> Iterator[Section]:
    """The five questions."""
    yield _moved(report)
    yield _stuck(report)
    yield _decisions(report)
    yield _late(report)
    yield _better(report)


def _moved(report: Report) -> Section:
    ways = [(way, [move for move in report.moves if move.way is way]) for way in Way]
    since = f"since {day(report.since, report.zone)}"
    told = ", ".join(f"{len(moves)} {way}" for way, moves in ways if moves) or "nothing"
    lines = [_way(report, way, moves) for way, moves in ways if moves]
    return Section("moved", "Moved", "What moved", [Lines(lines)], f"{told[0].upper()}{told[1:]}, {since}.")


def _way(report: Report, way: Way, moves: Sequence[Move]) -> tuple[Word, ...]:
    """What moved on or back is told by where it is now."""
    name = Strong(f"{way[0].upper()}{way[1:]}: ")
    if way not in (Way.ON, Way.BACK):
        return name, *report.named(move.item for move in moves), "."
    stages = [stage.name for stage in report.stages]
    places = sorted({move.after or "" for move in moves}, key=stages.index)
    words: list[Word] = []
    for place in places:
        words += ["; " if words else "", f"to {place}: "]
        words += report.named(move.item for move in moves if move.after == place)
    return name, *words, "."


def _stuck(report: Report) -> Section:
    """What has been stuck for more than a quarter is no news, and folded."""
    news, old = ([one for one in report.stuck if one.old is over] for over in (False, True))
    parts: list[Part] = [_waiting(report, news)]
    if old:
        number = count(len(old), "item has", "items have")
        parts.append(Folded(f"{number} been stuck for more than a quarter", [_waiting(report, old)]))
    if report.hushed:
        parts.append(Lines([("Snoozed, or said to be no waste: ", *report.named(report.hushed), ".")]))
    said = "Nothing waits longer than it should."
    if report.stuck:
        number = count(len(report.stuck), "item waits longer than it", "items wait longer than they")
        said = f"{number} should, the longest for {spelt(max(one.waited for one in report.stuck))}."
    return Section("stuck", "Stuck", "What is stuck, and who can free it", parts, said)


def _waiting(report: Report, stuck: Sequence[Stuck]) -> Table:
    rows = [
        (
            report.item(one.item),
            plain(one.title),
            one.where,
            duration(one.waited),
            duration(one.usual) if one.usual else UNKNOWN,
            listed(one.holders) or "nobody is asked",
        )
        for one in stuck[:MOST_STUCK]
    ]
    names = ("item", "title", "where", "waits for", f"85{NBSP}% wait less than", "who can free it")
    more = f"and {len(stuck) - MOST_STUCK} more" if len(stuck) > MOST_STUCK else ""
    return Table(names, rows, columns(3, 4), more=more)


def _decisions(report: Report) -> Section:
    approvals, gates, changes = list(_approvals(report)), list(_gates(report)), list(_changes(report))
    waiting = sum(queue.waiting for queue in report.document.queues)
    told = [
        count(waiting, "item waits for an approval", "items wait for an approval") if waiting else "",
        count(len(gates), "gate is to be decided", "gates are to be decided") if gates else "",
        count(len(changes), "planned change wants somebody", "planned changes want somebody") if changes else "",
    ]
    said = "; ".join(part for part in told if part) or "Nothing"
    return Section("decide", "To decide", "What needs a decision", [Lines([*approvals, *gates, *changes])], f"{said}.")


def _approvals(report: Report) -> Iterator[tuple[Word, ...]]:
    for queue in report.document.queues:
        waiting = sorted((item for item in queue.items if item.waiting), key=lambda item: -item.waited)
        if waiting:
            who = listed(queue.holders)
            decides = f"; {who} can decide" if who else ""
            first = waiting[0]
            number = count(len(waiting), "item waits", "items wait")
            longest = "the longest" if len(waiting) > 1 else "that is"
            sort = "an approval, as it seems" if queue.origin == "discovered" else "an approval"
            told = f"{number} for {sort}; {longest} "
            yield (
                Strong(f"{queue.stage}: "),
                told,
                report.item(first.item),
                f", for {spelt(first.waited)}{decides}.",
            )


def _gates(report: Report) -> Iterator[tuple[Word, ...]]:
    for gate in report.document.gates:
        if -LATELY.days <= gate.days_left <= SOON and not gate.is_decided:
            yield Strong(f"{gate.name}: "), f"{when(gate)}; {gate.verdict}, as it stands: {gate.reason}."


def _changes(report: Report) -> Iterator[tuple[Word, ...]]:
    for part in report.document.plan:
        if part.status in ("planned", "started") and part.faults:
            yield Strong(f"{part.name}: "), f"{standing(part, report.zone)}; {part.owner}."


def _late(report: Report) -> Section:
    late = _later_than_most(report)
    most = report.document.lead_time.p85
    rows = [_late_row(report, one) for one in late[:MOST_LATE]]
    names = ("item", "where", "age", "half like it are done by", f"85{NBSP}% by")
    more = f"and {len(late) - MOST_LATE} more" if len(late) > MOST_LATE else ""
    lines = [*_goals(report), *_overdue(report), *_sprints(report), *((line,) for line in outlook(report.document))]
    if most is None:
        said = "Too few items were delivered to say what is late."
    else:
        usual = f"than 85{NBSP}% of the delivered ones ({spelt(most)})"
        said = f"{count(len(late), 'open item')} will more likely than not take longer {usual}."
        unsure = [one for one in report.document.forecast.open_items if one.p50 is None and one not in late]
        if unsure:
            said += f" Of {count(len(unsure), 'other', 'others')} that cannot be told."
    return Section("late", "Late", "What will be late", [Table(names, rows, columns(2), more=more), Lines(lines)], said)


def _later_than_most(report: Report) -> list[Remaining]:
    """Even odds that they take longer; last those that are older than anything that was ever delivered."""
    most = report.document.lead_time.p85
    if most is None:
        return []
    late = [one for one in report.document.forecast.open_items if one.age + (one.p50 or 0.0) > most]
    return sorted(late, key=lambda one: (one.oldest, -one.age))


def _late_row(report: Report, one: Remaining) -> tuple[Cell, ...]:
    until = [UNKNOWN if found is None else f"{found.day} {found:%b %Y}" for found in (one.p50_date, one.p85_date)]
    if one.p85_date is None:
        until[1] = one.reason or until[1]
    return report.item(one.item), one.stage or UNKNOWN, duration(one.age), *until


def _goals(report: Report) -> Iterator[tuple[Word, ...]]:
    for part in report.document.key_results:
        if part.probability is not None and part.probability < EVEN and part.elapsed < 1:
            odds = f"odds of {share(part.probability)} to reach its target by the end of {part.quarter}"
            yield Strong(f"{part.name}: "), f"{odds}."


def _overdue(report: Report) -> Iterator[tuple[Word, ...]]:
    for part in report.document.plan:
        if part.days_left is not None and part.days_left < 0:
            yield Strong(f"{part.name}: "), f"due {count(-part.days_left, 'day')} ago; {part.owner}."


def _sprints(report: Report) -> Iterator[tuple[Word, ...]]:
    for sprint in report.document.sprints.sprints if report.document.sprints else ():
        if sprint.ended is None and sprint.remaining:
            number = count(len(sprint.remaining), "item is", "items are")
            yield (
                Strong(f"{sprint.name}: "),
                f"{number} neither done nor dropped: ",
                *report.named(sprint.remaining),
                ".",
            )


def _better(report: Report) -> Section:
    verdicts = [trend for trend in report.document.trend if trend.verdict in ("better", "worse")]
    told = "; ".join(
        f"{metric_name(trend.metric)} is {trend.verdict}, {metric_value(trend.metric, trend.before)} before and "
        f"{metric_value(trend.metric, trend.after)} now"
        for trend in verdicts
    )
    compared = any(trend.verdict != "cannot tell" for trend in report.document.trend)
    calm = "Nothing changed by more than chance explains." if compared else "That cannot be told yet."
    said = f"{told[0].upper()}{told[1:]}." if told else calm
    chosen = [trend for trend in report.document.trend if trend.metric in HEADLINES or trend in verdicts]
    trends = Table(("figure", "before", "now", "change", "verdict", "how sure"), list(trend_rows(chosen)))
    signalled = Table(COLUMNS, list(signals(report.document)), title="Three signals that it works")
    done = [part for part in report.document.plan if part.done_at and _recent(report, part.done_at)]
    lines: list[tuple[Word, ...]] = [(Strong(f"{part.name}: "), f"{standing(part, report.zone)}.") for part in done]
    if not told and not compared and (untold := incomparable(report.document)):
        lines.append((untold,))
    return Section("better", "Better?", "Are we getting better?", [trends, Lines(lines), signalled], said)


def _recent(report: Report, at: datetime) -> bool:
    """What was done within half a year is still compared."""
    return at >= report.document.window.end - timedelta(weeks=26)
