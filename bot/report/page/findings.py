"""What was found: where the time goes, the queues, the loops, each with the items behind it."""

from collections.abc import Iterable, Iterator, Sequence

from markupsafe import Markup

from bot.flow.explain.names import loop_name
from bot.flow.findings.explained import ExplainedLoop, QueueVisit, WasteExplanation
from bot.flow.findings.lead import StagePart
from bot.flow.queues.discovered import told_otherwise
from bot.report.flow_charts import Bar, bars
from bot.report.ladder import Ladder, Step, apportioned, ladder
from bot.report.page.report import Report, plain
from bot.report.parts import Cell, Drawing, Folded, Lines, Part, Ref, Section, Strong, Table, columns
from bot.report.queue_text import interval, judgement, quantiles
from bot.words import NBSP, UNKNOWN, amount, between, count, day, duration, listed, share

MOST_BEHIND = 200
"""So many items stand behind a figure on the page; `gemba explain` and `gemba export` have all."""

VALUE = "work that adds value"
SIGNS = {"wait": "waits", "work": "is worked on", "approval": "approval", "done": "done", "dropped": "dropped"}


def findings(report: Report, picture: Markup) -> Iterator[Section]:
    """The map, and what it shows."""
    yield _map(report, picture)
    yield _wastes(report)
    yield _queues(report)
    yield _loops(report)


def _map(report: Report, picture: Markup) -> Section:
    parts = report.document.stages
    steps = ladder([(part.wait_time, part.process_time) for part in parts])
    mean = (
        f"Process and wait times are means of a delivered item; together they are its lead time, {steps.whole.total}."
    )
    said = mean if report.document.lead_time.n else "Nothing was delivered, so no times can be told."
    return Section("map", "Map", "The value stream as it is", [Drawing(picture), _stages(parts, steps)], said)


def _stages(parts: Sequence[StagePart], steps: Ladder) -> Table:
    """With times that add up as they are told."""
    names = ("stage", "kind", "works", "waits", "here now", "right first time", "80 % interval")
    rows: list[Sequence[Cell]] = [_stage(part, step) for part, step in zip(parts, steps.steps, strict=True)]
    works, waits = Strong(steps.whole.works_told), Strong(steps.whole.waits_told)
    rows.append((Strong("sum"), "", works, waits, str(sum(part.wip for part in parts)), "", ""))
    return Table(names, rows, columns(2, 3, 4, 5), title="Stages, upstream first")


def _stage(part: StagePart, step: Step) -> Sequence[Cell]:
    low, high = part.complete_and_accurate_low, part.complete_and_accurate_high
    return (
        part.name or "in states that no stage claims",
        SIGNS[part.kind] if part.kind else "",
        step.works_told,
        step.waits_told,
        Ref(str(part.wip), "#aging"),
        share(part.complete_and_accurate),
        between(low, high) if low is not None else "",
    )


def _wastes(report: Report) -> Section:
    ledger = report.document.ledger
    wasted = f", {share(ledger.wastes / ledger.total)} of it waste" if ledger.total else ""
    weeks = count(round(ledger.weeks), "week") if round(ledger.weeks, 1) % 1 == 0 else f"{amount(ledger.weeks)} weeks"
    booked = f"{amount(ledger.total)} item-days in {weeks}"
    said = f"Every instant of every item is booked once: {booked}{wasted}."
    accounts = list(_accounts(report))
    caption = "Item-days a week, and their share of all. The thin lines are the 80 % intervals."
    drawn = bars("Where all item-days went", said, accounts, caption)
    order = [part.waste for part in report.document.wastes]
    costly = sorted((part for part in report.wastes if part.items), key=lambda part: order.index(part.waste))
    behind = [_behind_waste(report, part) for part in costly]
    return Section("wastes", "Wastes", "Where the time goes", [drawn, _ledger(report), *behind], said)


def _accounts(report: Report) -> Iterator[Bar]:
    document = report.document
    for part in document.wastes:
        yield Bar(
            part.waste,
            part.cost_per_week,
            part.low,
            part.high,
            f"{amount(part.cost_per_week)}, {share(part.share)}",
            "waste",
            f"#waste-{part.waste}",
        )
    for name, days in _beside(report):
        told = f"{amount(days / document.ledger.weeks)}, {share(days / document.ledger.total)}"
        kind = "value" if name == VALUE else "other"
        yield Bar(name, days / document.ledger.weeks, None, None, told, kind)


def _beside(report: Report) -> Iterator[tuple[str, float]]:
    ledger = report.document.ledger
    named = (VALUE, ledger.value_added), ("necessary work", ledger.necessary)
    for name, days in (*named, ("thought done, and reopened", ledger.done)):
        if days:
            yield name, days


def _ledger(report: Report) -> Table:
    document, ledger = report.document, report.document.ledger
    beside = list(_beside(report))
    weekly = [part.cost_per_week for part in document.wastes] + [days / ledger.weeks for _, days in beside]
    *told, whole = _tenths(weekly)
    *shares, _ = (
        _tenths([100 * days / sum(weekly) for days in weekly]) if sum(weekly) else (*(UNKNOWN for _ in weekly), "")
    )
    names = ("account", "item-days a week", "80 % interval", "share", "how sure", "mostly")
    rows: list[Sequence[Cell]] = [
        (
            Ref(part.waste, f"#waste-{part.waste}"),
            days,
            f"{amount(part.low)} to {amount(part.high)}",
            f"{part_of}{NBSP}%",
            part.grade,
            ", ".join(evidence.what for evidence in part.evidence[:2]),
        )
        for part, days, part_of in zip(document.wastes, told, shares, strict=False)
    ]
    after = len(document.wastes)
    for (name, _), days, part_of in zip(beside, told[after:], shares[after:], strict=True):
        rows.append((name, days, "", f"{part_of}{NBSP}%", "", ""))
    if ledger.total:
        rows.append((Strong("all item-days"), Strong(whole), "", share(1.0), "", ""))
    return Table(names, rows, columns(1, 3))


def _tenths(days: Sequence[float]) -> list[str]:
    """In tenths, each rounded down or up so that they sum to the last, which is their sum."""
    tenths, whole = [10 * value for value in days], round(10 * sum(days))
    return [f"{ticks / 10:,.1f}" for ticks in (*apportioned(tenths, whole), whole)]


def _behind_waste(report: Report, part: WasteExplanation) -> Folded:
    rows = [
        (
            report.item(item.item),
            plain(item.title),
            amount(item.cost),
            ", ".join(f"{place.place} {amount(place.cost)}" for place in item.places[:3]),
        )
        for item in part.items[:MOST_BEHIND]
    ]
    names = ("item", "title", "item-days", "where")
    table = Table(names, rows, columns(2), more=_more(len(part.items), "waste", part.waste))
    told = f"{part.waste}: {amount(part.cost)} item-days of {count(len(part.items), 'item')}"
    return Folded(told, [Lines([(f"Booked on it: {part.rule}.",)]), table], id=f"waste-{part.waste}")


def _more(number: int, of: str, name: str) -> str:
    if number <= MOST_BEHIND:
        return ""
    return f"The first {MOST_BEHIND} of {number}; `gemba explain {of} {name}` and `gemba export` have all."


def _queues(report: Report) -> Section:
    queues = report.document.queues
    names = (
        "queue",
        "waits",
        "half within",
        "80 % interval",
        "85 % within",
        "wait now",
        "item-days",
        "share",
        "who can free",
    )
    rows = [
        (
            Ref(queue.stage, f"#queue-{n}"),
            str(queue.n + queue.waiting + queue.withdrawn),
            quantiles(queue)[0],
            interval(queue),
            quantiles(queue)[1],
            str(queue.waiting),
            amount(queue.cost),
            share(queue.share),
            listed(queue.holders),
        )
        for n, queue in enumerate(queues)
    ]
    judged = [(told,) for told in map(judgement, queues) if told]
    if any(queue.wait.holds_for == "this period" for queue in queues):
        judged.append(("* of this period only: the queue is full, or what comes and leaves does not balance.",))
    behind = [_behind_queue(report, n) for n in range(len(report.queues))]
    parts: list[Part] = [Table(names, rows, columns(1, 2, 4, 5, 6, 7)), Lines(judged), _stations(report), *behind]
    waiting = sum(queue.waiting for queue in queues)
    said = f"{count(waiting, 'item waits', 'items wait')} for an approval now." if queues else "There is none."
    return Section("queues", "Queues", "Approval queues", parts, said)


def _behind_queue(report: Report, n: int) -> Folded:
    found = report.queues[n]
    rows = [
        (
            report.item(visit.item),
            plain(visit.title),
            day(visit.start, report.zone),
            _until(report, visit),
            duration(visit.waited),
            amount(visit.cost),
        )
        for visit in found.visits[:MOST_BEHIND]
    ]
    names = ("item", "title", "since", "until", "for", "item-days in these weeks")
    table = Table(names, rows, columns(4, 5), more=_more(len(found.visits), "queue", found.name))
    told = f"{found.name}: {count(len(found.visits), 'visit')}"
    return Folded(told, [Lines([(f"Why it is a queue: {found.why}.",)]), table], id=f"queue-{n}")


def _until(report: Report, visit: QueueVisit) -> str:
    if visit.waiting or visit.end is None:
        return f"still waits for {listed(visit.holders)}" if visit.holders else "still waits"
    return "dropped" if visit.withdrawn else day(visit.end, report.zone)


def _stations(report: Report) -> Table:
    """Queues that nobody configured, and where the configuration and the behaviour disagree."""
    rows = [
        (
            station.state,
            station.configured or "nothing",
            station.queue or station.behaves or "",
            station.grade,
            station.reason,
        )
        for station in report.document.stations
        if told_otherwise(station)
    ]
    names = ("state", "configured as", "behaves as", "how sure", "because")
    return Table(names, rows, title="What states look like, whatever they are called")


def _loops(report: Report) -> Section:
    numbers = {found.name: n for n, found in enumerate(report.loops)}
    names = (
        "from",
        "back to",
        "kind",
        "times",
        "items",
        "of those there",
        "item-days",
        "80 % interval",
        "share",
        "how sure",
    )
    rows: list[Sequence[Cell]] = [
        (
            Ref(loop.origin, f"#loop-{numbers[loop_name(loop)]}") if loop_name(loop) in numbers else loop.origin,
            loop.back_to,
            loop.kind,
            str(loop.count),
            str(loop.items),
            share(loop.rate),
            amount(loop.cost),
            "" if loop.low is None else f"{amount(loop.low)} to {amount(loop.high)}",
            share(loop.share),
            loop.grade,
        )
        for loop in report.document.loops
    ]
    number = sum(loop.count for loop in report.document.loops)
    cost = amount(sum(loop.cost for loop in report.document.loops))
    said = f"{count(number, 'return')} in these weeks; what went back cost {cost} item-days until it was made good."
    if not rows:
        said = "Nothing went back."
    parts: list[Part] = [Table(names, rows, columns(3, 4, 5, 6, 8)), *_behind_loops(report)]
    return Section("loops", "Loops", "What comes back", parts, said)


def _behind_loops(report: Report) -> Iterable[Folded]:
    for n, found in enumerate(report.loops):
        rows = [
            (
                report.item(one.item),
                plain(one.title),
                day(one.at, report.zone),
                "still open" if one.until is None else day(one.until, report.zone),
                duration(one.days),
                amount(one.cost),
            )
            for one in found.returns[:MOST_BEHIND]
        ]
        names = ("item", "title", "went back", "made good", "its own days", "item-days in these weeks")
        table = Table(names, rows, columns(4, 5), more=_more(len(found.returns), "loop", found.name))
        yield Folded(f"{found.name}: {_times(report, found)}", [table], id=f"loop-{n}")


def _times(report: Report, loop: ExplainedLoop) -> str:
    """Those that are counted, and those of before that still cost something."""
    before = sum(one.at < report.document.window.start for one in loop.returns)
    earlier = f", and {before} of before that still cost" if before else ""
    return count(len(loop.returns) - before, "return") + earlier
