"""What stands in the thread under a digest: queues, loops, items, the outlook, doubts and definitions. Pure."""

from collections.abc import Iterator, Mapping, Sequence

from bot.digest.digest import Reply
from bot.digest.lines import Line, Link, Section, Strong, line, stuck_line, title_of
from bot.flow.findings.lead import OpenItem
from bot.flow.findings.loops import Loop
from bot.flow.findings.queues import Queue
from bot.govern.definitions import DEFINITIONS
from bot.govern.document import Document
from bot.govern.stuck import Stuck
from bot.words import NBSP, amount, between, count, share, spelt

FEWEST_FINISHED = 10
"""Finished items from which it is told how many of them serve no goal."""

HELD_UP = 0.05
"""Share of the items' time in sprints that waiting for a gate's day must surely take to be told."""

MOST_OLDEST = 10


def details(document: Document, stuck: Sequence[Stuck], addresses: Mapping[str, str]) -> tuple[Reply, ...]:
    """The replies that have something to say. `stuck`: what the message above does not name."""
    weeks = count(round(document.window.weeks), "week")
    replies = (
        Reply(
            "queues",
            "Queues and loops",
            (
                Section(f"Every queue, in {weeks}", tuple(map(_queue, document.queues))),
                Section(f"What comes back, in {weeks}", tuple(_loop(loop, addresses) for loop in document.loops)),
            ),
        ),
        Reply(
            "items",
            "Items, sprints and what to expect",
            (
                Section("Also stuck", tuple(map(stuck_line, stuck))),
                Section("The oldest", tuple(map(_old, document.age.items[:MOST_OLDEST]))),
                Section("Sprints and signals", tuple(_signals(document))),
                Section("What to expect", tuple(_outlook(document))),
            ),
        ),
        Reply(
            "doubts",
            "Doubts and definitions",
            (
                Section(
                    "What the data do not tell",
                    tuple(_named(d.kind, f"{d.detail}.") for d in document.doubts),
                ),
                Section("What the words mean", tuple(_named(*definition) for definition in DEFINITIONS)),
            ),
        ),
    )
    filled = (Reply(r.name, r.title, tuple(s for s in r.sections if s.lines)) for r in replies)
    return tuple(reply for reply in filled if reply.sections)


def _named(name: str, sentence: str) -> Line:
    return line(Strong(f"{name}:"), f" {sentence}")


def _queue(queue: Queue) -> Line:
    wait = queue.wait
    half = f"half wait up to {spelt(wait.p50)}" if wait.p50 is not None else "how long half wait cannot be told"
    most = f", 85{NBSP}% up to {spelt(wait.p85)}" if wait.p85 is not None else ""
    box = queue.time_box
    broken = f"; {box.breaches} broke the time-box of {spelt(box.limit)}" if box else ""
    rhythm = f"; emptied on {queue.batching}" if queue.batching else ""
    stamp = "; it never changes anything" if queue.rubber_stamp else ""
    cost = f"; {amount(queue.cost)} item-days"
    waiting = f"{count(queue.waiting, 'item waits', 'items wait')} now"
    return line(Strong(f"{queue.stage}:"), f" {half}{most}; {waiting}{cost}{broken}{rhythm}{stamp}.")


def _loop(loop: Loop, addresses: Mapping[str, str]) -> Line:
    back = f"{loop.origin} back to {loop.back_to}" if loop.origin != loop.back_to else f"{loop.origin}, once more"
    part = f", {share(loop.rate)} of those that were there" if loop.rate is not None else ""
    told = f" {count(loop.count, 'time')} by {count(loop.items, 'item')}{part}; {amount(loop.cost)} item-days"
    example = loop.examples[0] if loop.examples else None
    shown = ("; for example ", Link(example, addresses.get(example, ""))) if example else ()
    return line(Strong(f"{back}:"), told, *shown, ".")


def _old(item: OpenItem) -> Line:
    where = f"in {item.stage}" if item.stage else item.state
    return line(Link(item.item, item.url), f" {title_of(item.title)}: {spelt(item.age)} old, now {where}.")


def _outlook(document: Document) -> Iterator[Line]:
    new, some = document.forecast.new_items, document.forecast.deliveries
    if new.p50 is not None and new.p85 is not None:
        half = f"even odds to be delivered within {spelt(new.p50)}, and 85{NBSP}% within {spelt(new.p85)}"
        yield line(Strong("What begins now:"), f" {half}.")
    for one in some:
        yield line(
            Strong(f"Until {one.until:%d %b}:"),
            f" at least {count(one.p85, 'item')} with 85{NBSP}%, {one.p50} with even odds.",
        )


def _signals(document: Document) -> Iterator[Line]:
    """The last sprint that ended in these weeks, work that serves nothing, and signals that say something."""
    ended = [sprint for sprint in (document.sprints.sprints if document.sprints else ()) if sprint.ended]
    if ended and (last := max(ended, key=lambda sprint: (sprint.ended or sprint.started, sprint.name))).kept.whole:
        kept = f"{last.kept.part} of {count(last.kept.whole, 'item')} that were committed are done"
        over = count(len(last.remaining), "is", "are")
        yield line(Strong(f"{last.name}:"), f" {kept}, {last.added} came in between; {over} left over.")
    nothing = document.serving.nothing if document.serving else None
    if nothing and nothing.finished.whole >= FEWEST_FINISHED:
        of = nothing.finished
        told = f"{of.part} of {count(of.whole, 'finished item')} ({between(of.low, of.high)}) serve no key result"
        yield line(Strong("Work without a goal:"), f" {told}.")
    yield from _calendars(document)
    yield from _cascade(document)
    if document.signals.lead_time.verdict in ("better", "confounded"):
        yield line(Strong("Signal:"), f" {document.signals.lead_time.reason}.")
    hours = document.signals.status_meetings
    if hours.verdict in ("better", "worse") and hours.hours:
        before, after = amount(hours.hours.before), amount(hours.hours.after)
        yield line(Strong("Status meetings:"), f" {after} hours a person and week, before {before}.")


def _calendars(document: Document) -> Iterator[Line]:
    """The gate whose calendar surely made sprints wait, and longest."""
    known = [(gate.sprint_share, gate) for gate in document.stage_gates if gate.sprint_share and gate.sprint_low]
    if not known:
        return
    part, gate = max(known, key=lambda pair: (pair[0], pair[1].gate))
    if (gate.sprint_low or 0.0) >= HELD_UP:
        took = f"{share(part)} ({between(gate.sprint_low, gate.sprint_high)}) of the items' time in sprints"
        yield line(Strong(f"{gate.gate}:"), f" {took} was spent until it next met.")


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
    yield line(Strong("Decided, but not begun:"), f" {'; '.join(words for words in told if words)}.")
