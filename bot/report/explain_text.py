"""An explanation on a terminal."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby, takewhile
from typing import NamedTuple
from zoneinfo import ZoneInfo

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from bot.flow.explain.reasons import CLAIMED, IDLE_WORDS
from bot.flow.findings.explanation import ExplainedSpan, Explanation
from bot.flow.timeline.spans import ACTIVE
from bot.words import amount, count, duration, listed

MOMENT = 1 / 1440
"""Days; what took no minute is told in JSON only."""

COLOURS = {"work": "green", "review": "green", "blocked": "red", "done": "dim", "unmapped": "red"}
SHORT = {CLAIMED: "by its state alone*", **dict.fromkeys(IDLE_WORDS.values(), "no trace of work")}
"""What would stand in every second line is said once, under them."""


class Row(NamedTuple):
    """Neighbours that read the same."""

    start: datetime
    days: float
    stage: str
    label: str
    because: str


def explain_text(explanation: Explanation) -> RenderableType:
    """The spans of an item with their reasons; they sum to the lead time."""
    zone = ZoneInfo(explanation.timezone)
    title = "" if explanation.title == explanation.item else f" {explanation.title}"
    head = Text.assemble((explanation.item, "bold"), title, (f"  {explanation.outcome}", "dim"))
    links = [Text(f"{link.item}, joined by its {link.evidence}", style="dim") for link in explanation.links]
    return Group(
        head,
        *links,
        Text(),
        _table([span for span in explanation.spans if span.days > MOMENT], [e.item for e in explanation.links], zone),
        Text(),
        *_totals(explanation),
        *(Text(words) for words in returned(explanation)),
        *(Text(words, style="bold") for words in where_now(explanation)),
        *(Text(words, style="dim") for words in notes(explanation)),
        *(Text(f"? {doubt}", style="dim") for doubt in explanation.doubts),
    )


def _table(spans: Sequence[ExplainedSpan], requests: Sequence[str], zone: ZoneInfo) -> Table:
    """The year stands above where it is the same."""
    years = {span.start.astimezone(zone).year for span in spans}
    one = len(years) == 1
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in (f"from ({years.pop()})" if one else "from", "for", "stage", "spent on", "because"):
        table.add_column(name, no_wrap=name != "because")
    for row in rows(spans, requests):
        local = row.start.astimezone(zone)
        table.add_row(
            f"{local:%d %b %H:%M}" if one else f"{local:%Y-%m-%d %H:%M}",
            duration(row.days),
            row.stage,
            Text(label_words(row.label), style=COLOURS.get(row.label, "yellow")),
            Text(row.because),
        )
    return table


def rows(spans: Sequence[ExplainedSpan], requests: Sequence[str]) -> Iterator[Row]:
    """Neighbours that read the same are one row."""
    told = [Row(s.start, s.days, s.stage or "?", s.label, _because(s, requests)) for s in spans]
    for _, same in groupby(told, key=lambda row: row[2:]):
        alike = list(same)
        yield alike[0]._replace(days=sum(row.days for row in alike))


def _because(span: ExplainedSpan, requests: Sequence[str]) -> str:
    """The evidence without what the stage says already, and change requests by their number."""
    words = [_short(word, span.stage) for word in span.evidence]
    repositories = {name.partition("#")[0] for name in requests}
    if len(repositories) == 1:
        words = [word.removeprefix(next(iter(repositories))) for word in words]
    return "; ".join(word for word in words if word) or "by its state"


def _short(word: str, stage: str | None) -> str:
    """A state by its name, and not at all where the stage is called so, too."""
    state = word.removeprefix("is in ")
    if stage and word.casefold() == f'is in "{stage}"'.casefold():
        return ""
    return SHORT.get(word, state.replace("after a return: ", "again: ", 1))


def _totals(explanation: Explanation) -> Iterator[RenderableType]:
    """The largest first; waits of all kinds are one, and of work it is said how much of it was in working time."""
    kinds: dict[str, dict[str, float]] = defaultdict(dict)
    worked: dict[str, float] = defaultdict(float)
    for span in explanation.spans:
        worked[span.label] += span.working_days
    for label, days in explanation.totals.items():
        kind, _, what = label.partition(".")
        kinds[kind][what] = days
    yield Text(
        f"{duration(explanation.lead_time)} in all: nights and weekends included, {explanation.timezone}", "bold"
    )
    table = Table.grid(padding=(0, 2))
    table.add_column(justify="right", no_wrap=True)
    table.add_column(no_wrap=True)
    for kind, parts in sorted(kinds.items(), key=lambda part: -sum(part[1].values())):
        inner = [f"{what} {duration(days)}" for what, days in sorted(parts.items(), key=lambda part: -part[1]) if what]
        if kind in ACTIVE:
            inner.append(f"{amount(worked[kind])} working days")
        style = COLOURS.get(kind, "yellow")
        table.add_row(duration(sum(parts.values())), Text(kind, style), Text(", ".join(inner)))
    yield table


def returned(explanation: Explanation) -> Iterator[str]:
    """How often it went back, if it did."""
    if explanation.returns:
        often = count(explanation.returns, "time")
        again = f"; doing it again took {duration(explanation.again)}, waiting included" if explanation.again else ""
        yield f"It went back {often}{again}."


def where_now(explanation: Explanation) -> Iterator[str]:
    """Where it is and who can free it, while it is open."""
    if explanation.outcome != "open" or not explanation.spans:
        return
    last = explanation.spans[-1]
    since = _since(explanation.spans)
    where = f"in {last.stage or last.state} for {duration(since)} ({label_words(last.label)})"
    who = f"{listed(explanation.holders)} can free it" if explanation.holders else "nobody is known who can free it"
    yield f"Now {where}; {who}."


def _since(spans: Sequence[ExplainedSpan]) -> float:
    """Days that the item has been in the stage where it is now."""
    there = takewhile(lambda span: span.stage == spans[-1].stage, reversed(spans))
    return sum(span.days for span in there)


def notes(explanation: Explanation) -> Iterator[str]:
    """What the short words in the table mean, if they stand there."""
    said = {word for span in explanation.spans if span.days > MOMENT for word in span.evidence}
    for spent, words in IDLE_WORDS.items():
        if words in said:
            yield f"{label_words(spent)}: {words}."
    if CLAIMED in said:
        yield f"* {CLAIMED}."
    hidden = sum(0 < span.days <= MOMENT for span in explanation.spans)
    if hidden:
        yield f"{count(hidden, 'span')} of a minute or less {'is' if hidden == 1 else 'are'} in --json only."


def label_words(label: str) -> str:
    """waiting.approval as people say it."""
    return label.replace(".", ": ")
