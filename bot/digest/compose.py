"""Analysis -> Digest: what is worth a team's minute, in sentences. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from bot.digest.details import details
from bot.digest.digest import CHANGES, COMPARED, GOALS, LOOKING_BACK, NEW, STUCK, WASTES, Choice, Digest
from bot.digest.lines import (
    Line,
    Link,
    Part,
    Section,
    Strong,
    key_result_line,
    line,
    plan_line,
    stuck_line,
    took,
    trend_lines,
)
from bot.digest.memory import Expectation, Told, looking_back, record
from bot.digest.news import SOON_DAYS, news, remembered, stands
from bot.digest.wastes import waste_lines, waste_places
from bot.flow.findings.realised import FINAL_LOOK
from bot.flow.model import NotWaste, Window
from bot.govern.document import Document
from bot.govern.gate_words import when
from bot.govern.plan_part import PlanPart
from bot.govern.remarks import AT, ITEM, PLAN, WASTE, Remarks
from bot.govern.stuck import Stuck, stuck
from bot.words import between, count, day, spelt

MOST_STUCK, MOST_CHANGES, MOST_TAKEN, MOST_NEWS = 3, 3, 3, 3


@dataclass(frozen=True)
class Context:
    """What a digest knows beside the analysis: what the last one said, and what people said of it."""

    told: Told | None = None
    remarks: Remarks = field(default_factory=Remarks)
    not_waste: tuple[NotWaste, ...] = ()
    addresses: Mapping[str, str] = field(default_factory=dict)
    """where items are looked at that are not open any more"""


def compose(document: Document, context: Context = Context()) -> Digest:
    """The digest of a stream for the weeks up to the end of its window."""
    found = _Composed(document, context)
    return Digest(
        title=f"{document.stream.name}: week to {day(document.window.last, document.window.timezone)}",
        subtitle=_figures(document),
        headline=found.headline(),
        sections=tuple(section for section in found.sections() if section.lines),
        footer=_footer(document),
        replies=details(document, found.stuck[MOST_STUCK:], context.addresses),
        choices=tuple(found.choices()),
        stream=document.stream.name,
        quiet=found.quiet,
        alerts=tuple(one.alert for one in found.news) if context.told else (),
    )


def names(document: Document, told: Told | None) -> set[str]:
    """The items that it names beside those that are open."""
    return {*(told.stuck if told else ()), *(name for loop in document.loops for name in loop.examples[:1])}


def memory(document: Document, context: Context) -> Told:
    """What the next digest comes back to."""
    found = _Composed(document, context)
    soon = next((one for one in document.forecast.deliveries if one.weeks == 1), None)
    expected = Expectation(at_least=soon.p85, week=found.today) if soon else None
    return Told(
        end=found.today,
        quiet=found.quiet,
        news=remembered(document, found.stuck, context.told, found.today),
        stuck=tuple(one.item for one in found.stuck[:MOST_STUCK]),
        expected=expected,
        came_true=record(context.told, document),
    )


class _Composed:
    """The parts of one message."""

    def __init__(self, document: Document, context: Context) -> None:
        self._document, self._context = document, context
        self.today = _day_after(document.window)
        self.stuck = stuck(document, context.remarks, context.not_waste, self.today)
        self.news = news(document, self.stuck, context.told, self.today)
        self.quiet = context.told is not None and not self.news

    def headline(self) -> tuple[Part, ...]:
        """What changed and matters most; else how it went."""
        if self._context.told is not None and self.news:
            return self.news[0].sentence
        calm = "A quiet week, nothing changed beyond chance. " if self._context.told else ""
        return calm + _delivered(self._document), *_longest(self.stuck)

    def sections(self) -> Iterator[Section]:
        document, told = self._document, self._context.told
        others = self.news[1 : MOST_NEWS + 1] if told else ()
        still, addresses = [one.item for one in self.stuck], self._context.addresses
        yield Section(NEW, tuple(line(*one.sentence) for one in others))
        yield Section(COMPARED, tuple(trend_lines(document.trend)))
        yield Section(WASTES, tuple(waste_lines(document)))
        yield Section(STUCK, tuple(self._stuck()))
        yield Section(GOALS, (*map(key_result_line, document.key_results), *_gates(document)))
        yield Section(CHANGES, tuple(self._planned()))
        yield Section(LOOKING_BACK, tuple(looking_back(told, document, still, addresses)) if told else ())

    def _stuck(self) -> Iterator[Line]:
        """The rest is counted, and stands in the thread."""
        for one in self.stuck[:MOST_STUCK]:
            yield stuck_line(one, self._taken(ITEM + one.item))
        if rest := self.stuck[MOST_STUCK:]:
            most = spelt(max(one.waited for one in rest))
            yield line(f"{count(len(rest), 'more item is', 'more items are')} stuck, for up to {most}.")

    def _planned(self) -> Iterator[Line]:
        """What is to be done, and what came of it as long as that is news."""
        document = self._document
        parts = _worth_telling(document)
        for part in parts[:MOST_CHANGES]:
            future = next((found for found in document.future if found.name == part.name), None)
            yield plan_line(part, document.window.timezone, future, self._taken(PLAN + part.name))
        if more := parts[MOST_CHANGES:]:
            yield line(f"{count(len(more), 'more change', 'more changes')}: {', '.join(part.name for part in more)}.")

    def _taken(self, subject: str) -> tuple[Part, ...]:
        return took(self._context.remarks.taken(subject), self._document.window.timezone)

    def choices(self) -> Iterator[Choice]:
        """What can be claimed, snoozed, asked for or said to be no waste."""
        taken = self._context.remarks.taken
        for one in self.stuck[:MOST_STUCK]:
            yield Choice(ITEM + one.item, one.item, takes=not taken(ITEM + one.item))
        for part in _worth_telling(self._document)[:MOST_CHANGES]:
            if _wants_somebody(part):
                yield Choice(PLAN + part.name, part.name, takes=not taken(PLAN + part.name))
        for waste, place in waste_places(self._document):
            yield Choice(f"{WASTE}{waste}{AT}{place}", f"{waste} in {place}")


def _day_after(window: Window) -> date:
    """The day after the last that is looked at."""
    return (window.last + timedelta(seconds=1)).astimezone(ZoneInfo(window.timezone)).date()


def _figures(document: Document) -> str:
    ratio = document.value_added_ratio
    weeks = count(round(document.window.weeks), "week")
    added = f"; value was added in {between(ratio.low, ratio.high)} of their working time" if ratio.high else ""
    return f"{count(document.items.arrived, 'item')} delivered in {weeks}, {document.wip} under way{added}"


def _delivered(document: Document) -> str:
    lead, last = document.lead_time, document.throughput[-1] if document.throughput else None
    number = last.items if last and last.complete else document.items.arrived
    when = "last week" if last and last.complete else f"in {count(round(document.window.weeks), 'week')}"
    if not number:
        return f"Nothing was delivered {when}."
    usual = f"; half of what is delivered takes up to {spelt(lead.p50)}" if lead.p50 is not None else ""
    return f"{count(number, 'item was', 'items were')} delivered {when}{usual}."


def _longest(stuck: Sequence[Stuck]) -> tuple[Part, ...]:
    if not stuck:
        return ()
    first = stuck[0]
    told = f"{count(len(stuck), 'item is', 'items are')} stuck{', the longest ' if len(stuck) > 1 else ': '}"
    return f" {told}", Link(first.item, first.url), f" ({spelt(first.waited)}; {first.freed})."


def _gates(document: Document) -> Iterator[Line]:
    """Those that are held within two weeks."""
    for gate in document.gates:
        if 0 <= gate.days_left <= SOON_DAYS:
            yield line(Strong(f"{gate.name}:"), f" {when(gate)}; {stands(gate)}.")


def _worth_telling(document: Document) -> list[PlanPart]:
    """What is done is told until its verdict was final for two weeks."""
    return [part for part in document.plan if part.status != "dropped" and not _is_history(part, document.window)]


def _is_history(part: PlanPart, window: Window) -> bool:
    came = part.realised
    if came is None or came.first_week is None or not came.final:
        return False
    return window.end.date() >= came.first_week + timedelta(weeks=FINAL_LOOK + 2)


def _wants_somebody(part: PlanPart) -> bool:
    """It is not begun and due soon, or late."""
    return part.status == "planned" and part.days_left is not None and part.days_left <= SOON_DAYS


def _footer(document: Document) -> str:
    """What the figures are, and how many doubts there are."""
    doubts = count(len(document.doubts), "doubt") if document.doubts else "No doubts"
    more = "; which, and all queues and loops, in the thread" if document.doubts else ""
    return f"Times count nights and weekends ({document.window.timezone}). {doubts} about the data{more}."
