"""Documents -> answers to questions, in lines. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from zoneinfo import ZoneInfo

from bot.asking.questions import ASKED
from bot.digest.compose import Context, compose
from bot.digest.digest import CHANGES, COMPARED, GOALS, Choice
from bot.digest.lines import Line, Link, Strong, line, stuck_line, title_of, took
from bot.flow.explain.names import loop_name
from bot.flow.findings.explained import (
    Explained,
    LoopExplanation,
    QueueExplanation,
    QueueVisit,
    WasteExplanation,
)
from bot.flow.findings.explanation import ExplainedSpan, Explanation
from bot.govern.document import Document
from bot.govern.remarks import ITEM
from bot.govern.stuck import Stuck, stuck
from bot.words import amount, count, listed, moment, share, shortened, spelt, tame

MOST_SPANS, MOST_ITEMS, MOST_DOUBTS, MOST_LETTERS = 6, 5, 3, 80


@dataclass(frozen=True)
class Answer:
    """`title` alone makes sense to a screen reader."""

    title: str
    lines: tuple[Line, ...] = ()
    stream: str = ""
    choices: tuple[Choice, ...] = field(default=())


def help_answer(streams: Sequence[str]) -> Answer:
    """Every question, and of which streams."""
    asked = [line(Strong(f"/gemba {name} {wants}".rstrip()), f" {means}") for name, (wants, means) in ASKED.items()]
    told = line(f"Here you are told of {listed(streams)}. Only you see the answers.")
    return Answer("What you can ask", (*asked, told))


def status_answer(document: Document, context: Context) -> Answer:
    """How the stream stands: what a digest would say today, without its past."""
    digest, wanted = compose(document, context), (COMPARED, GOALS, CHANGES)
    lines = [line for section in digest.sections if section.title in wanted for line in section.lines]
    now = f"{document.stream.name}, on {moment(document.window.end, document.window.timezone)}"
    return Answer(now, (line(*digest.headline), line(f"{digest.subtitle}."), *lines))


def stuck_answer(document: Document, context: Context) -> Answer:
    """Every item that is stuck, and who takes it."""
    window = document.window
    found = stuck(document, context.remarks, context.not_waste, window.end.astimezone(ZoneInfo(window.timezone)).date())
    if not found:
        return Answer(f"{document.stream.name}: nothing is stuck")
    title = f"{document.stream.name}: {count(len(found), 'item is', 'items are')} stuck"
    taken = {one.item: context.remarks.taken(ITEM + one.item) for one in found}
    lines = tuple(stuck_line(one, took(taken[one.item], window.timezone)) for one in found)
    free = [one for one in found if taken[one.item] is None][:MOST_ITEMS]
    return Answer(title, lines, document.stream.name, _free(free))


def _free(found: Sequence[Stuck]) -> tuple[Choice, ...]:
    return tuple(Choice(ITEM + one.item, one.item, takes=True) for one in found)


def item_answer(found: Explanation) -> Answer:
    """Where an item spent its time, the longest first, and who can free it."""
    return Answer(f"{found.item}: why it takes so long", tuple(_item(found)))


def _item(found: Explanation) -> Iterator[Line]:
    going = "is open for" if found.outcome == "open" else f"{found.outcome} after"
    yield line(Link(found.item, found.url), f" {title_of(found.title)}: {going} {spelt(found.lead_time)}.")
    for place, days, visits in _places(found.spans)[:MOST_SPANS]:
        part = f", {share(days / found.lead_time)} of it" if found.lead_time else ""
        often = f", {count(visits, 'time')}" if visits > 1 else ""
        yield line(Strong(f"{place}:"), f" {spelt(days)}{part}{often}.")
    if found.returns:
        yield line(
            f"It went back {count(found.returns, 'time')}; {spelt(found.again)} were spent on doing things again."
        )
    if found.holders:
        yield line(f"{listed(found.holders)} can free it.")
    yield from (line(f"Doubt: {doubt}.") for doubt in found.doubts[:MOST_DOUBTS])


def _places(spans: Sequence[ExplainedSpan]) -> list[tuple[str, float, int]]:
    """Stage and what was done or waited for there, with days and visits; the longest first."""
    named = sorted(((f"{span.stage or span.state}, {_label(span.label)}", span) for span in spans), key=lambda p: p[0])
    grouped = [(name, [span for _, span in some]) for name, some in groupby(named, key=lambda pair: pair[0])]
    found = [(name, sum(s.days for s in some), len({s.visit for s in some})) for name, some in grouped]
    return sorted(found, key=lambda one: (-one[1], one[0]))


def _label(label: str) -> str:
    return label.replace("waiting.", "waiting for ").replace("_", " ")


def why_answer(found: Explained) -> Answer:
    """What is behind a number, and the items that cost most."""
    match found:
        case WasteExplanation():
            return Answer(f"{found.waste.value.capitalize()}: what is behind it", tuple(_waste(found)))
        case QueueExplanation():
            return Answer(f"{found.name}: what is behind the queue", tuple(_queue(found)))
        case LoopExplanation():
            return Answer(f"{found.name}: what comes back", tuple(_loop(found)))
    return Answer("What there is to ask for", (line(f"{', '.join(known.name for known in found.known)}."),))


def nothing_called(name: str, document: Document) -> Answer:
    """What there is to ask for instead."""
    known = (
        ("A waste:", [part.waste.value for part in document.wastes]),
        ("A queue:", [queue.stage for queue in document.queues]),
        ("A loop:", [loop_name(loop) for loop in document.loops]),
    )
    lines = tuple(line(Strong(what), f" {', '.join(names)}.") for what, names in known if names)
    return Answer(f"Nothing is called “{tame(shortened(name, MOST_LETTERS))}”; you can ask for", lines)


def _waste(found: WasteExplanation) -> Iterator[Line]:
    yield line(f"It is {found.rule}.")
    yield line(f"{amount(found.cost_per_week)} item-days a week, {share(found.share)} of all time.")
    yield from (line(Strong(f"{place.place}:"), f" {amount(place.cost)} item-days.") for place in found.places[:3])
    dear = ((Link(item.item, item.url), item.title, item.cost) for item in found.items[:MOST_ITEMS])
    yield from _dearest(dear, len(found.items))


def _queue(found: QueueExplanation) -> Iterator[Line]:
    wait, figures = found.figures.wait, found.figures
    yield line(f"It is a queue because {found.why}.")
    if wait.p50 is not None:
        yield line(f"Half wait up to {spelt(wait.p50)}; {count(figures.waiting, 'item waits', 'items wait')} now.")
    if figures.batching:
        yield line(f"It is emptied on {figures.batching}.")
    waiting = [visit for visit in found.visits if visit.waiting]
    yield from (_visit(visit) for visit in (waiting or found.visits)[:MOST_ITEMS])


def _visit(visit: QueueVisit) -> Line:
    state = "waits" if visit.waiting else "waited"
    who = f"; {listed(visit.holders)} can free it" if visit.holders else ""
    return line(Link(visit.item, visit.url), f" {title_of(visit.title)}: {state} {spelt(visit.waited)}{who}.")


def _loop(found: LoopExplanation) -> Iterator[Line]:
    for loop in found.loops:
        told = f" {count(loop.figures.count, 'time')}, {amount(loop.figures.cost)} item-days."
        yield line(Strong(f"{loop.name}:"), told)
        dear = ((Link(one.item, one.url), one.title, one.cost) for one in loop.returns[:MOST_ITEMS])
        yield from _dearest(dear, len(loop.returns))


def _dearest(items: Iterable[tuple[Link, str, float]], of: int) -> Iterator[Line]:
    for link, title, cost in items:
        yield line(link, f" {title_of(title)}: {amount(cost)} item-days.")
    if of > MOST_ITEMS:
        yield line(f"and {of - MOST_ITEMS} more; “gemba explain” on the command line lists all.")
