"""The value stream map on a terminal."""

from collections.abc import Iterable

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from bot.flow.findings.lead import StagePart
from bot.flow.findings.loops import Counterfactual, Loop
from bot.flow.model import StageKind
from bot.govern.document import Document
from bot.words import amount, between, count, day, duration, share

BAR = 16
SIGNS = {StageKind.WAIT: "▽", StageKind.WORK: "■", StageKind.APPROVAL: "◆", StageKind.DONE: "●", StageKind.DROPPED: "✕"}
COLOURS = {StageKind.WORK: "green", StageKind.APPROVAL: "yellow"}
MOST_LOOPS = 8


def map_text(document: Document) -> RenderableType:
    """Stages with what they take, loops and doubts."""
    return Group(head(document), Text(), stages(document), *loops(document), *doubts(document))


def head(document: Document) -> RenderableType:
    """Of which stream, for which time, and how long items take."""
    lead, ratio, window = document.lead_time, document.value_added_ratio, document.window
    name = Text(document.stream.name, style="bold")
    period = f"{day(window.start, window.timezone)} to {day(window.last, window.timezone)}"
    facts = (
        f"{period} · {count(document.items.arrived, 'item')} delivered · {document.wip} under way\n"
        f"Lead time: mean {duration(lead.mean)}, half within {duration(lead.p50)}"
        + (f" (80 % interval {duration(lead.low)} to {duration(lead.high)})" if lead.low is not None else "")
        + f", 85 % within {duration(lead.p85)} · value added {between(ratio.low, ratio.high)}"
        + (" of working time" if ratio.high is not None else "")
    )
    return Group(name, Text(facts))


def stages(document: Document) -> Table:
    """Works and waits sum to the mean lead time."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("stage", no_wrap=True)
    for name in ("works", "waits", "here\nnow", "right\nfirst"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("share of lead time")
    longest = max((_time(part) for part in document.stages), default=0.0)
    for part in document.stages:
        table.add_row(
            _name(part),
            duration(part.process_time),
            duration(part.wait_time),
            str(part.wip),
            share(part.complete_and_accurate),
            _bar(part, longest, document.lead_time.mean),
        )
    table.add_row(
        Text("sum", style="dim"),
        duration(_sum(p.process_time for p in document.stages)),
        duration(_sum(p.wait_time for p in document.stages)),
        "",
        "",
        "",
    )
    return table


def _name(part: StagePart) -> Text:
    if part.kind is None:
        return Text("? in states no stage claims", style="red")
    return Text(f"{SIGNS[part.kind]} {part.name}", style=COLOURS.get(part.kind, ""))


def _bar(part: StagePart, longest: float, mean: float | None) -> Text:
    """The share, and a bar that gives way first where there is no room."""
    if not longest or not mean:
        return Text()
    works, waits = (round(BAR * (value or 0.0) / longest) for value in (part.process_time, part.wait_time))
    said = f"{share(_time(part) / mean):>6} "
    return Text.assemble(said, ("█" * works, "green"), ("█" * waits, "red"), no_wrap=True, overflow="crop")


def loops(document: Document) -> list[RenderableType]:
    """A line each, the most expensive first; of the others, how many they are and what they cost."""
    lines = [
        Text(f"↩ {loop.origin} back to {loop.back_to}: {loop.kind}, {_often(loop)}{_beside(loop)}")
        for loop in document.loops[:MOST_LOOPS]
    ]
    others = document.loops[MOST_LOOPS:]
    if others:
        cost = amount(sum(loop.cost for loop in others))
        lines.append(Text(f"{count(len(others), 'other loop')} cost {cost} item-days: gemba explain loop", style="dim"))
    return [Text(), *lines] if lines else []


def _often(loop: Loop) -> str:
    """Returns of before the window can cost something in it, too."""
    spent = f"{count(loop.items, 'item')} {amount(loop.cost)} item-days"
    if not loop.count:
        return f"not in this window; its returns of before cost {spent}"
    return f"{count(loop.count, 'time')} in this window; it cost {spent}{_of_before(loop)}"


def _of_before(loop: Loop) -> str:
    return ", some returned before" if loop.items > loop.count else ""


def _beside(loop: Loop) -> str:
    """What a return costs without what would have come anyway, and how much longer such items took than others."""
    each, compared, words = loop.per_return, loop.counterfactual, ""
    if each and each.interrupts:
        words += f"; {duration(each.gross)} a return, {duration(each.net)} without the wait it broke off"
    return words + (f"; {_compared(compared)}" if compared else "")


def _compared(found: Counterfactual) -> str:
    """Of what may be chance only the range is said."""
    low, high = found.low, found.high
    if low <= 0 <= high:
        return f"whether such items took longer than others cannot be told ({amount(low)} to {amount(high)} days)"
    more = "longer" if found.days > 0 else "shorter"
    ends = sorted((abs(low), abs(high)))
    took = f"{amount(abs(found.days))} days {more} than others ({amount(ends[0])} to {amount(ends[1])})"
    return f"such items took {took}" + ("" if found.agrees else ", so they differ in other ways, too")


def doubts(document: Document) -> list[RenderableType]:
    """A line each, with how many items it is about."""
    lines = [
        Text(f"? {doubt.detail}" + (f" ({count(len(doubt.items), 'item')})" if doubt.items else ""), style="dim")
        for doubt in document.doubts
    ]
    return [Text(), *lines] if lines else []


def _time(part: StagePart) -> float:
    return (part.process_time or 0.0) + (part.wait_time or 0.0)


def _sum(values: Iterable[float | None]) -> float | None:
    known = [v for v in values if v is not None]
    return sum(known) if known else None
