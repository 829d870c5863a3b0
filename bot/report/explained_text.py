"""The items behind a number, on a terminal."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from bot.flow.findings.explained import (
    Explained,
    ExplainedLoop,
    Listing,
    LoopExplanation,
    QueueExplanation,
    QueueVisit,
    WasteExplanation,
    WastePlace,
)
from bot.flow.findings.loops import Counterfactual, Loop
from bot.flow.findings.queues import CAUSE_WORDS, Queue
from bot.flow.model import Window
from bot.words import amount, count, duration, listed, share

MOST = 15
"""Rows on a terminal; --json has all of them."""


def explained_text(found: Explained) -> RenderableType:
    match found:
        case QueueExplanation():
            return queue_text(found)
        case LoopExplanation():
            return loop_text(found)
        case WasteExplanation():
            return waste_text(found)
        case Listing():
            return listing_text(found)


def listing_text(found: Listing) -> RenderableType:
    """What there is to explain, and how to ask for it."""
    if not found.known:
        return Text(f"There is no {found.of} in this window.")
    table = _table([(known.name, amount(known.cost)) for known in found.known], (found.of, "item-days"))
    return Group(table, Text(f"\nAsk: gemba explain {found.of} NAME", "dim"))


def queue_text(found: QueueExplanation) -> RenderableType:
    """What it is, what its figures say, and its visits."""
    rows = [
        (
            visit.item,
            _day(visit.start, found.window),
            duration(visit.waited),
            _until(visit, found.window),
            visit.title,
        )
        for visit in found.visits
    ]
    columns = ("item", "since", "for", "until", "title")
    return Group(
        _head(f"{found.name}: approval queue", found.window),
        Text(f"Why: {found.why}."),
        *(Text(f"{sentence}.") for sentence in _queue(found.figures)),
        *_rows(rows, columns, "visit"),
    )


def _until(visit: QueueVisit, window: Window) -> str:
    if visit.waiting:
        return f"still waits for {listed(visit.holders)}" if visit.holders else "still waits"
    return "dropped" if visit.withdrawn else _day(visit.end, window)


def loop_text(found: LoopExplanation) -> RenderableType:
    """What each loop costs, and its returns."""
    return Group(*(part for loop in found.loops for part in (*_loop(loop, found.window), Text())))


def waste_text(found: WasteExplanation) -> RenderableType:
    """The rule that booked it, where it was lost, and its items."""
    rows = [(item.item, amount(item.cost), _places(item.places, 1), item.title) for item in found.items]
    parts = [f"Rule: {found.rule}", *(_booked(found) if found.items else ["Nothing is booked on it in this window"])]
    return Group(
        _head(found.waste.value, found.window),
        *(Text(f"{sentence}.") for sentence in parts),
        *_rows(rows, ("item", "item-days", "mostly in", "title"), "item"),
    )


def _booked(found: WasteExplanation) -> Iterator[str]:
    sure = "" if found.low is None else f", {amount(found.low)} to {amount(found.high)}, grade {found.grade}"
    week = f"{amount(found.cost_per_week)} a week{sure}"
    yield f"It cost {amount(found.cost)} item-days ({week}), {share(found.share)} of the days of all items"
    low, high = sorted((found.account.low, found.account.high))
    if amount(low) != amount(high):
        yield f"It is {amount(low)} to {amount(high)} item-days, depending on how far a trace of work reaches"
    yield f"Where: {_places(found.places, MOST)}"


def _queue(queue: Queue) -> Iterator[str]:
    """Counts, wait, cost, causes, rhythm, promise and worth."""
    withdrawn = f", {queue.withdrawn} dropped while they waited" if queue.withdrawn else ""
    still = f"{queue.waiting} still {'waits' if queue.waiting == 1 else 'wait'}"
    yield f"{count(queue.n, 'visit')} ended with a verdict, {still}{withdrawn}"
    yield _wait(queue)
    of_all = f", {share(queue.share)} of the days of all items" if queue.share is not None else ""
    yield f"It cost {amount(queue.cost)} item-days{of_all}"
    spent = sorted(
        ((days, CAUSE_WORDS[name]) for name, days in queue.causes.model_dump().items() if days), reverse=True
    )
    if spent and queue.cost:
        yield f"Spent on {', '.join(f'{words} {share(days / queue.cost)}' for days, words in spent)}"
    if queue.batching:
        yield f"It is emptied on {queue.batching}"
    yield from _promise(queue)
    yield from _worth(queue)


def _wait(queue: Queue) -> str:
    wait, sure = queue.wait, f"grade {queue.grade}, worth {amount(queue.effective_n)} independent visits"
    if wait.p50 is None:
        return f"How long half of them wait cannot be told: {wait.reason or 'too few were answered'}; {sure}"
    over = f"over {duration(wait.low)}" if wait.high is None else f"{duration(wait.low)} to {duration(wait.high)}"
    within = f" (80 % interval {over})" if wait.low is not None else ""
    most = f", 85 % within {duration(wait.p85)}" if wait.p85 is not None else ""
    return f"Half are answered within {duration(wait.p50)}{within}{most}; {sure}"


def _promise(queue: Queue) -> Iterator[str]:
    box, proposed = queue.time_box, queue.proposed_box
    if box:
        low, high = share(box.low), share(box.high)
        chance = f"; {share(box.chance)} break it ({low} to {high})" if box.chance is not None else ""
        yield f"Its time-box of {duration(box.limit)} was broken by {count(box.breaches, 'visit')}{chance}"
    if proposed:
        yield f"It has no time-box; three of four visits kept {duration(proposed.limit)}"


def _worth(queue: Queue) -> Iterator[str]:
    if queue.capacity:
        yield _capital(queue.capacity.reason)
    if queue.discipline:
        yield f"Taken {queue.discipline.words}"
    if queue.stamp:
        stamp = queue.stamp
        yield f"{stamp.changed} of {count(stamp.n, 'verdict')} changed something; at most {share(stamp.upper)} do"
        if stamp.advice:
            yield _capital(stamp.advice)
    if queue.little.verdict in ("growing", "lost exits"):
        yield f"{_capital(queue.little.verdict)}: {queue.little.arrivals} came, {queue.little.exits} left"


def _loop(found: ExplainedLoop, window: Window) -> Iterator[RenderableType]:
    yield _head(f"{found.name}: {found.figures.kind.value}", window)
    yield from (Text(f"{sentence}.") for sentence in _returned(found.figures))
    rows = [
        (
            one.item,
            _day(one.at, window),
            "still open" if one.until is None else _day(one.until, window),
            duration(one.days),
            amount(one.cost),
            one.title,
        )
        for one in found.returns
    ]
    yield from _rows(rows, ("item", "went back", "until", "its own days", "in window", "title"), "return")


def _returned(loop: Loop) -> Iterator[str]:
    """Counts, cost, one return, and what it would be without."""
    still = f", {loop.open} still open" if loop.open else ""
    part = f", {share(loop.rate)} of the items that were there" if loop.rate is not None else ""
    yield f"{count(loop.count, 'return')} in the window{part}{still}"
    interval = f" ({amount(loop.low)} to {amount(loop.high)})" if loop.low is not None else ""
    of_all = f", {share(loop.share)} of the days of all items" if loop.share is not None else ""
    among = f"{count(loop.items, 'item')}, those of earlier returns included"
    yield f"It cost {amount(loop.cost)} item-days{interval}{of_all}; {among}; grade {loop.grade}"
    each = loop.per_return
    if each:
        net = f", {duration(each.net)} without the rest of the wait that it broke off" if each.interrupts else ""
        yield f"One that was made good took {duration(each.gross)} on average{net}"
    yield counterfactual_text(loop.counterfactual)


def counterfactual_text(compared: Counterfactual | None) -> str:
    """How much longer returned items took than others; of what may be chance only the range is said."""
    if compared is None:
        return "What it would be without them cannot be told: too few returned items have others to be compared with"
    others = "others that began in the same month and were as large"
    own = f"returns cost {duration(compared.net)} each by themselves"
    if compared.low <= 0 <= compared.high:
        unsure = f"took longer than {others} cannot be told ({_signed(compared.low)} to {_signed(compared.high)})"
        return f"Whether {count(compared.matched, 'returned item')} {unsure}; their {own}"
    more = "longer" if compared.days > 0 else "shorter"
    low, high = sorted((abs(compared.low), abs(compared.high)))
    taken = f"took {duration(abs(compared.days))} ({duration(low)} to {duration(high)}) {more} than {others}"
    agrees = "which agrees" if compared.agrees else "so they differ in other ways, too"
    return f"{count(compared.matched, 'returned item')} {taken}; their {own}, {agrees}"


def _signed(days: float) -> str:
    return f"-{duration(-days)}" if days < 0 else duration(days)


def _places(places: Sequence[WastePlace], most: int) -> str:
    more = [f"and {len(places) - most} more"] if len(places) > most else []
    return ", ".join([*(f"{p.place} {amount(p.cost)}" for p in places[:most]), *more])


def _rows(rows: Sequence[Sequence[str]], columns: Sequence[str], what: str) -> Iterator[RenderableType]:
    if rows:
        yield Text()
        yield _table(rows[:MOST], columns)
    if len(rows) > MOST:
        yield Text(f"and {count(len(rows) - MOST, f'more {what}')}; --json has all", "dim")


def _table(rows: Iterable[Sequence[str]], columns: Sequence[str]) -> Table:
    """A title takes what room is left; without one a long name is folded, so that no number is cut."""
    titled = "title" in columns
    table = Table(box=None, pad_edge=False, header_style="dim", expand=titled)
    for place, name in enumerate(columns):
        folds = place == 0 and not titled
        ratio = 1 if name == "title" else None
        table.add_column(name, no_wrap=not folds, overflow="fold" if folds else "ellipsis", ratio=ratio)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    return table


def _head(title: str, window: Window) -> Text:
    return Text.assemble((title, "bold"), (f"  {_day(window.start, window)} to {_day(window.end, window)}", "dim"))


def _day(at: datetime | None, window: Window) -> str:
    return f"{at.astimezone(ZoneInfo(window.timezone)):%Y-%m-%d}" if at else ""


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
