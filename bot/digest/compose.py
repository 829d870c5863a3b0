"""Analysis -> Digest: what is worth a team's minute, in sentences. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from bot.digest.lines import Line, Section, key_result_line, plan_line, trend_lines
from bot.flow.findings.lead import OpenItem
from bot.flow.findings.realised import FINAL_LOOK
from bot.flow.findings.wastes import WastePart
from bot.flow.model import Waste, Window
from bot.flow.timeline.spans import Label
from bot.govern.document import Document
from bot.govern.plan_part import PlanPart
from bot.words import NBSP, amount, between, count, day, duration, listed, share

MOST_WASTES, MOST_STUCK, MOST_CHANGES, FEWEST_FINISHED = 3, 5, 3, 10
STUCK_ELSEWHERE, LONG_STUCK = 7.0, 91.0
"""An item is stuck when it has waited longer than 85 % of its queue do; elsewhere, longer than a week.

After a quarter it is no news any more.
"""

HELD_UP = 0.05
"""Share of the items' time in sprints that waiting for a gate's day must surely take to be told."""

SOON_DAYS = 14
"""A gate so near is news."""

WASTE_WORDS = {
    Waste.OVERPRODUCTION: "Work that was dropped",
    Waste.WAITING: "Waiting",
    Waste.TRANSPORT: "Hand-offs",
    Waste.OVER_PROCESSING: "Checks that change nothing",
    Waste.INVENTORY: "Lying in the backlog",
    Waste.MOTION: "Started and put aside",
    Waste.DEFECTS: "Doing it again",
}


@dataclass(frozen=True)
class Digest:
    """Everything the message says."""

    title: str
    subtitle: str
    headline: str
    sections: tuple[Section, ...]
    footer: str

    @property
    def text(self) -> str:
        """The notification."""
        return f"{self.title}: {self.headline}"


def compose(document: Document) -> Digest:
    """The digest of a stream for the weeks up to the end of its window."""
    window = document.window
    sections = (
        Section("Better or worse than before", tuple(trend_lines(document.trend))),
        Section("Where the time went", tuple(_waste(part, window.weeks) for part in document.wastes[:MOST_WASTES])),
        Section("Stuck, and who can free it", tuple(_stuck(document))),
        Section("Sprints and signals", tuple(_signals(document))),
        Section("Key results, over these weeks", tuple(key_result_line(part) for part in document.key_results)),
        Section("Gates", tuple(_gates(document))),
        Section("Changes, and what came of them", tuple(_planned(document))),
    )
    return Digest(
        title=f"{document.stream.name}: where the work waits",
        subtitle=f"{_length(window)} to {day(window.last, window.timezone)}",
        headline=_headline(document),
        sections=tuple(s for s in sections if s.lines),
        footer=_footer(document),
    )


def _length(window: Window) -> str:
    days = round(window.weeks * 7)
    return count(days // 7, "week") if days % 7 == 0 else count(days, "day")


def _headline(document: Document) -> str:
    delivered, lead, ratio = document.items.arrived, document.lead_time, document.value_added_ratio
    if not delivered:
        return f"Nothing was delivered; {count(document.wip, 'item')} under way."
    return (
        f"{count(delivered, 'item')} delivered, half within {duration(lead.p50)} "
        f"and 85{NBSP}% within {duration(lead.p85)}; "
        f"{document.wip} under way. Value was added in {between(ratio.low, ratio.high)} of the time."
    )


def _waste(part: WastePart, weeks: float) -> Line:
    whole = part.cost_per_week * weeks
    where = [f"{e.what} {share(e.cost / whole)}" for e in part.evidence[:3]]
    return Line(
        f" {amount(part.cost_per_week)} item-days a week, {share(part.share)} of all time. "
        f"Most of it: {', '.join(where)}.",
        strong=f"{WASTE_WORDS[part.waste]}:",
    )


def _stuck(document: Document) -> Iterator[Line]:
    """The news first; what has been stuck for long is counted."""
    usual = {queue.stage: queue.wait.p85 for queue in document.queues}
    over = {
        item: waited
        for item in document.age.items
        if (waited := _waited(item)) > (usual.get(item.stage or "") or STUCK_ELSEWHERE)
    }
    chosen = sorted(over, key=lambda i: (over[i] > LONG_STUCK, -over[i]))[:MOST_STUCK]
    for item in chosen:
        limit = usual.get(item.stage or "")
        compare = f", 85{NBSP}% wait less than {duration(limit)}" if limit else ""
        who = f"{listed(item.holders)} can free it" if item.holders else "nobody is asked"
        yield Line(
            f" {item.title}: {_place(item)} for {duration(over[item])}{compare}; {who}.", link=item.url, label=item.item
        )
    rest = [waited for item, waited in over.items() if item not in chosen]
    if rest:
        yield Line(f"{count(len(rest), 'more item is', 'more items are')} stuck, for up to {duration(max(rest))}.")


def _waited(item: OpenItem) -> float:
    return item.waited or 0.0 if _waits(item) else 0.0


def _waits(item: OpenItem) -> bool:
    return item.label == Label.BLOCKED or (item.label.startswith("waiting.") and item.label != Label.BACKLOG)


def _place(item: OpenItem) -> str:
    if item.label == Label.BLOCKED:
        return f"blocked in {item.stage}" if item.stage else "blocked"
    return f"in {item.stage}" if item.stage else item.state


def _signals(document: Document) -> Iterator[Line]:
    """The last sprint that ended in these weeks, work that serves nothing, and signals that say something."""
    ended = [sprint for sprint in (document.sprints.sprints if document.sprints else ()) if sprint.ended]
    if ended and (last := max(ended, key=lambda sprint: (sprint.ended or sprint.started, sprint.name))).kept.whole:
        kept = f"{last.kept.part} of {count(last.kept.whole, 'item')} that were committed are done"
        over = count(len(last.remaining), "is", "are")
        yield Line(f" {kept}, {last.added} came in between; {over} left over.", strong=f"{last.name}:")
    nothing = document.serving.nothing if document.serving else None
    if nothing and nothing.finished.whole >= FEWEST_FINISHED:
        of = nothing.finished
        told = f"{of.part} of {count(of.whole, 'finished item')} ({between(of.low, of.high)}) serve no key result"
        yield Line(f" {told}.", strong="Work without a goal:")
    yield from _calendars(document)
    yield from _cascade(document)
    if document.signals.lead_time.verdict in ("better", "confounded"):
        yield Line(f" {document.signals.lead_time.reason}.", strong="Signal:")
    hours = document.signals.status_meetings
    if hours.verdict in ("better", "worse") and hours.hours:
        before, after = amount(hours.hours.before), amount(hours.hours.after)
        yield Line(f" {after} hours a person and week, before {before}.", strong="Status meetings:")


def _calendars(document: Document) -> Iterator[Line]:
    """The gate whose calendar surely made sprints wait, and longest."""
    known = [(gate.sprint_share, gate) for gate in document.stage_gates if gate.sprint_share and gate.sprint_low]
    if not known:
        return
    part, gate = max(known, key=lambda pair: (pair[0], pair[1].gate))
    if (gate.sprint_low or 0.0) >= HELD_UP:
        took = f"{share(part)} ({between(gate.sprint_low, gate.sprint_high)}) of the items' time in sprints"
        yield Line(f" {took} was spent until it next met.", strong=f"{gate.gate}:")


def _cascade(document: Document) -> Iterator[Line]:
    """Initiatives that did not reach the work."""
    found = document.cascade
    if found is None or not (found.without_items or found.never_connected or found.checkpoints_missed.part):
        return
    empty, untouched, missed = len(found.without_items), len(found.never_connected), found.checkpoints_missed
    told = [
        f"{count(empty, 'initiative has', 'initiatives have')} nothing under them" * bool(empty),
        f"on {count(untouched, 'initiative')} nobody worked since" * bool(untouched),
        f"{missed.part} of {count(missed.whole, 'checkpoint')} were missed" * bool(missed.part),
    ]
    yield Line(f" {'; '.join(words for words in told if words)}.", strong="Decided, but not begun:")


def _gates(document: Document) -> Iterator[Line]:
    """Those that are held within two weeks."""
    for gate in document.gates:
        if 0 <= gate.days_left <= SOON_DAYS:
            when = f"in {count(gate.days_left, 'day')}" if gate.days_left else "today"
            yield Line(f" {when}, as it stands {gate.verdict}: {gate.reason}.", strong=f"{gate.name}:")


def _planned(document: Document) -> Iterator[Line]:
    """What is to be done, and what came of it as long as that is news."""
    window = document.window
    news = [part for part in document.plan if _is_news(part, window)]
    for part in news[:MOST_CHANGES]:
        yield plan_line(part, window.timezone, next((f for f in document.future if f.name == part.name), None))
    if more := news[MOST_CHANGES:]:
        yield Line(f"{count(len(more), 'more change', 'more changes')}: {', '.join(part.name for part in more)}.")


def _is_news(part: PlanPart, window: Window) -> bool:
    """What is done is told until its verdict was final for two weeks."""
    if part.status == "dropped":
        return False
    came = part.realised
    if came is None or came.first_week is None or not came.final:
        return True
    return window.end.date() < came.first_week + timedelta(weeks=FINAL_LOOK + 2)


def _footer(document: Document) -> str:
    calendar = f"Elapsed time, {document.window.timezone}; value added in working time."
    if not document.doubts:
        return f"{calendar} No doubts about the data."
    kinds = dict.fromkeys(doubt.kind for doubt in document.doubts)
    return f"{calendar} {count(len(document.doubts), 'doubt')} about the data: {', '.join(kinds)}."
