"""Everything there is to say about a stream, on a terminal."""

from collections.abc import Iterable, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from bot.flow.queues.discovered import told_otherwise
from bot.govern.document import Document
from bot.govern.metrics import measured
from bot.govern.plan_words import standing
from bot.report.future_text import back_test, futures
from bot.report.map_text import doubts, head, loops, stages
from bot.report.outlook_text import incomparable, outlook, trends
from bot.report.queue_text import interval, judgement, quantiles
from bot.report.signals_text import COLUMNS, signals
from bot.report.sprints_text import sprint_parts
from bot.report.steps_text import steps_parts
from bot.words import amount, count, duration, listed, share

MOST_ITEMS = 8


def analysis_text(document: Document) -> RenderableType:
    """The map's figures, and beside them wastes, queues, open items, key results and plan."""
    return Group(
        head(document),
        Text(_around(document)),
        Text(),
        stages(document),
        *_table("Where all item-days went", ("", "a week", "80 % interval", "share", "mostly"), _wastes(document)),
        *_table(
            "Approval queues",
            ("", "waits", "half within", "80 % interval", "85 % within", "now", "item-days", "who can free them"),
            _queues(document),
        ),
        *_judgements(document),
        *_table(
            "What states look like, whatever they are called",
            ("", "configured as", "behaves as", "how sure", "because"),
            _stations(document),
        ),
        *_table("Oldest open items", ("", "where", "age", "has waited", "who can free it"), _open(document)),
        *_table("Better or worse?", ("", "before", "now", "change", "", "how sure"), trends(document)),
        *([Text(), Text(untold, style="dim")] if (untold := incomparable(document)) else ()),
        *_table("Three signals that it works", COLUMNS, signals(document)),
        Text(),
        Text("What to expect, if things stay as they are", style="bold"),
        *(Text(line) for line in outlook(document)),
        *_table("Key results, of the last four weeks", ("", "now", "target", "way", "odds", ""), _results(document)),
        *_table("Gates", ("", "on", "verdict as it stands", ""), _gates(document)),
        *_table("Plan", ("", "against", "owner", "due", ""), _plan(document)),
        *_future(document),
        *(part for title, columns, rows in sprint_parts(document) for part in _table(title, columns, rows)),
        *(part for title, columns, rows in steps_parts(document) for part in _table(title, columns, rows)),
        *loops(document),
        *doubts(document),
    )


def _around(document: Document) -> str:
    """What surrounds the lead time: cycle time, pace, and what is not counted."""
    cycle, window = document.cycle_time, document.window
    pace = document.items.arrived / window.weeks
    left_out = ", ".join(f"{number} {reason}" for reason, number in document.items.reasons.items())
    worked = f"Cycle time of the {count(cycle.n, 'item')} that were in work"
    told = f"{worked}: half within {duration(cycle.p50)}, 85 % within {duration(cycle.p85)}"
    return f"{told} · {amount(pace)} delivered a week" + (f"\nNot counted: {left_out}" if left_out else "")


def _table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> list[RenderableType]:
    """A titled table; nothing where it has no rows."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in columns:
        table.add_column(name)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    return [Text(), Text(title, style="bold"), table] if table.row_count else []


def _wastes(document: Document) -> Iterable[Sequence[str]]:
    whole = document.ledger
    for part in document.wastes:
        interval, mostly = f"{amount(part.low)} to {amount(part.high)}", ", ".join(e.what for e in part.evidence[:2])
        yield part.waste, amount(part.cost_per_week), interval, share(part.share), mostly
    for name, days in (
        ("work that adds value", whole.value_added),
        ("necessary work", whole.necessary),
        ("thought done, and reopened", whole.done),
    ):
        if days:
            yield name, amount(days / whole.weeks), "", share(days / whole.total), ""


def _queues(document: Document) -> Iterable[Sequence[str]]:
    for queue in document.queues:
        half, most = quantiles(queue)
        yield (
            queue.stage,
            str(queue.n + queue.waiting + queue.withdrawn),
            half,
            interval(queue),
            most,
            str(queue.waiting),
            amount(queue.cost),
            listed(queue.holders),
        )


def _stations(document: Document) -> Iterable[Sequence[str]]:
    """Queues that nobody configured, and where the configuration and the behaviour disagree."""
    for station in document.stations:
        if told_otherwise(station):
            yield (
                station.state,
                station.configured or "nothing",
                station.queue or station.behaves or "",
                station.grade,
                station.reason,
            )


def _judgements(document: Document) -> Iterable[RenderableType]:
    """What the queues come to, under their table."""
    for text in map(judgement, document.queues):
        if text:
            yield Text(text)
    if any(queue.wait.holds_for == "this period" for queue in document.queues):
        yield Text("* of this period only: the queue is full, or what comes and leaves does not balance", style="dim")


def _open(document: Document) -> Iterable[Sequence[str]]:
    for item in document.age.items[:MOST_ITEMS]:
        yield item.item, item.stage or item.state, duration(item.age), duration(item.waited), listed(item.holders)


def _results(document: Document) -> Iterable[Sequence[str]]:
    for part in document.key_results:
        name = part.metric
        told = part.verdict if part.sufficient else part.reason
        values = measured(name, part.value), measured(name, part.target)
        yield part.name, *values, share(part.progress), share(part.probability), told


def _gates(document: Document) -> Iterable[Sequence[str]]:
    for gate in document.gates:
        yield gate.name, f"{gate.day:%Y-%m-%d}", gate.verdict, gate.reason


def _plan(document: Document) -> Iterable[Sequence[str]]:
    for part in document.plan:
        yield part.name, part.waste, part.owner, f"{part.due:%Y-%m-%d}", standing(part, document.window.timezone)


def _future(document: Document) -> list[RenderableType]:
    """What the planned changes would do; nothing where none is planned."""
    if not document.future or not document.back_test:
        return []
    every = (*document.future, *((document.future_together,) if document.future_together else ()))
    return [Text(), Text("What the plan would do", style="bold"), futures(every), Text(back_test(document.back_test))]
