"""What was found -> HTML. Whatever people wrote is escaped."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from itertools import accumulate
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from bot.flow.findings.explanation import Explanation
from bot.flow.findings.future import Effect, Future, FutureState, Moved
from bot.flow.findings.lead import LeadTime
from bot.flow.findings.wastes import WastePart
from bot.flow.model import Waste
from bot.report.explain_text import MOMENT, label_words, notes, returned, rows, where_now
from bot.report.future_text import back_test
from bot.report.kinds import kind_of
from bot.serve.sliders import Group
from bot.words import UNKNOWN, amount, count, duration, is_web, signed_days, tame

Links = Sequence[tuple[str, str]]
"""(words, address) of other pages."""


@dataclass(frozen=True)
class Row:
    """A stream in the list: until when it was read, and what was found, as far as that is known."""

    name: str
    address: str
    read: str
    studied: str
    figures: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Around:
    """What stands around a page of a stream: its name, other pages, where items are, what is asked of the window."""

    stream: str
    links: Links
    items: str
    asked: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Bar:
    """A part of a strip, in thousandths of its width."""

    x: float
    width: float
    kind: str


@dataclass(frozen=True)
class Compared:
    """A lead time before and after, with its interval, in hundredths of the longest; and in words."""

    before: float
    after: float
    low: float
    high: float
    was: str
    would_be: str
    change: str
    interval: str
    eighty_five: str
    item_days: str


@dataclass(frozen=True)
class Answer:
    """What one change would do, or why that cannot be told."""

    what: str
    waste: str
    items: str
    compared: Compared | None
    reason: str


@dataclass(frozen=True)
class Idea:
    """A change that would help, and the address at which its slider stands for it."""

    answer: Answer
    address: str


@dataclass(frozen=True)
class Told:
    """What is answered. `lost`: what cannot be changed any more; `ideas`: what would help most, if that is asked."""

    answer: Markup
    lost: Sequence[str]
    ideas: Sequence[Idea] | None


def fault_page(title: str, sentence: str) -> str:
    return _page("fault.html", title=title, sentence=sentence, links=())


def sign_in_page(back_to: str, fault: str = "") -> str:
    return _page("sign_in.html", title="Sign in", back_to=back_to, fault=fault, links=())


def streams_page(every: Sequence[Row]) -> str:
    return _page("streams.html", title="Streams", streams=every, links=())


def item_page(found: Explanation, around: Around) -> str:
    """The timeline of an item, span by span."""
    zone = ZoneInfo(found.timezone)
    spans = [span for span in found.spans if span.days > MOMENT]
    totals = sorted(found.totals.items(), key=lambda total: -total[1])
    return _page(
        "item.html",
        title=tame(found.item),
        stream=around.stream,
        about="" if found.title == found.item else tame(found.title),
        url=found.url if is_web(found.url) else "",
        outcome=found.outcome,
        lead_time=duration(found.lead_time),
        timezone=found.timezone,
        joined=[f"{tame(link.item)}, joined by its {link.evidence}" for link in found.links],
        bars=list(_bars(found)),
        rows=[
            (_local(row.start, zone), duration(row.days), row.stage, kind_of(row.label), row.label, tame(row.because))
            for row in rows(spans, [link.item for link in found.links])
        ],
        totals=[(kind_of(label), label_words(label), duration(days)) for label, days in totals if days > MOMENT],
        said=[*where_now(found), *returned(found)],
        notes=[note.replace("--json", "the JSON") for note in notes(found)],
        doubts=found.doubts,
        links=around.links,
        around=around,
    )


def future_page(around: Around, lead: LeadTime, groups: Sequence[Group], at: Mapping[str, int], told: Told) -> str:
    """The sliders where they stand, and what is answered."""
    return _page(
        "future.html",
        title=f"{around.stream}: future state",
        stream=around.stream,
        mean=duration(lead.mean),
        groups=groups,
        at=at,
        told=told,
        links=around.links,
        around=around,
    )


def future_answer(state: FutureState, wastes: Sequence[WastePart]) -> Markup:
    """The part of the page that changes with the sliders; each change with the waste it traces to."""
    costs = _costs(wastes)
    together = state.together or (state.changes[0] if len(state.changes) == 1 else None)
    made = _page(
        "answer.html",
        whole=_answer(together, costs) if together else None,
        each=[_answer(one, costs) for one in state.changes],
        items=count(state.items, "delivered item"),
        back_test=back_test(state.back_test),
        passed=state.back_test.passed,
    )
    return Markup(made)  # noqa: S704 - a template, which escapes


def idea(one: Future, wastes: Sequence[WastePart], address: str) -> Idea:
    return Idea(_answer(one, _costs(wastes)), address)


def asset(name: str) -> bytes:
    """A style or script of the pages."""
    return files("bot.serve").joinpath("static", name).read_bytes()


def _costs(wastes: Sequence[WastePart]) -> dict[Waste, float]:
    return {waste.waste: waste.cost_per_week for waste in wastes}


def _answer(one: Future, costs: Mapping[Waste, float]) -> Answer:
    cost = f", which costs {amount(costs[one.waste])} item-days a week now" if one.waste and one.waste in costs else ""
    return Answer(
        one.what,
        f"{one.waste or 'several wastes'}{cost}",
        count(one.items, "item"),
        _compared(one.effect, at_least=one.at_least) if one.effect else None,
        one.reason,
    )


def _compared(effect: Effect, *, at_least: bool) -> Compared:
    mean = effect.mean
    longest = max(mean.before, mean.after, mean.before + mean.high) or 1.0
    before, after, low, high = (
        max(round(100 * days / longest, 1), 0.0)
        for days in (mean.before, mean.after, mean.before + mean.low, mean.before + mean.high)
    )
    return Compared(
        before=before,
        after=after,
        low=low,
        high=high,
        was=duration(mean.before),
        would_be=duration(mean.after),
        change=("at least " if at_least else "") + signed_days(mean.change),
        interval=_interval(mean),
        eighty_five=f"{duration(effect.p85.before)} → {duration(effect.p85.after)}",
        item_days=amount(effect.item_days_per_week),
    )


def _interval(moved: Moved) -> str:
    return f"{signed_days(moved.low)} to {signed_days(moved.high)}"


def _bars(found: Explanation) -> Iterator[Bar]:
    """Neighbours of one kind are one bar."""
    whole = sum(span.days for span in found.spans) or 1.0
    ends = list(accumulate(span.days for span in found.spans))
    begun = 0.0
    for n, (span, end) in enumerate(zip(found.spans, ends, strict=True)):
        if n + 1 == len(ends) or kind_of(found.spans[n + 1].label) != kind_of(span.label):
            yield Bar(round(1000 * begun / whole, 2), round(1000 * (end - begun) / whole, 2), kind_of(span.label))
            begun = end


def _local(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"


def _page(name: str, **values: Any) -> str:
    return _environment().get_template(name).render(unknown=UNKNOWN, **values)


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("bot.serve"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
