"""The largest wastes in sentences: what each costs, where, why, and what has been in it for longest. Pure."""

from collections.abc import Iterator, Sequence

from bot.digest.lines import Line, Link, Part, Strong, line
from bot.flow.findings.lead import OpenItem
from bot.flow.findings.loops import Loop
from bot.flow.findings.queues import CAUSE_WORDS, Queue
from bot.flow.findings.wastes import Evidence, WastePart
from bot.flow.model import LoopKind, Waste
from bot.flow.timeline.spans import Label
from bot.govern.document import Document
from bot.words import amount, listed, share, spelt

MOST_WASTES, MOST_PLACES, MOST_OLDEST = 3, 2, 1
MAIN_CAUSE, HALF = 0.4, 0.5
"""Share of a queue's wait from which a cause is worth a word, and of a waste from which a place is most of it."""

UNSEEN = "extraneous"
"""The cause that is left where nothing can be seen."""

WASTE_WORDS = {
    Waste.OVERPRODUCTION: "Work that was dropped",
    Waste.WAITING: "Waiting",
    Waste.TRANSPORT: "Hand-offs",
    Waste.OVER_PROCESSING: "Checks that change nothing",
    Waste.INVENTORY: "Lying in the backlog",
    Waste.MOTION: "Started and put aside",
    Waste.DEFECTS: "Doing it again",
}


def waste_lines(document: Document) -> Iterator[Line]:
    """The three that cost most, and that more than a handful of items tell of."""
    for part in _largest(document):
        yield line(Strong(f"{WASTE_WORDS[part.waste]}:"), f" {_cost(part, document)}", *_oldest(part, document))


def waste_places(document: Document) -> Iterator[tuple[Waste, str]]:
    """Where most of each is."""
    for part in _largest(document):
        if part.evidence:
            yield part.waste, part.evidence[0].what


def _largest(document: Document) -> list[WastePart]:
    return [part for part in document.wastes if part.grade != "C"][:MOST_WASTES]


def _cost(part: WastePart, document: Document) -> str:
    """In items at any time, which people see, and in item-days a week, in which everything is counted."""
    at_once = f"{amount(part.cost_per_week / 7)} items at any time ({amount(part.cost_per_week)} item-days a week)"
    return f"{at_once}, {share(part.share)} of all time, {_places(part, document)}."


def _places(part: WastePart, document: Document) -> str:
    whole, first = part.cost_per_week * document.window.weeks, part.evidence[0]
    where = f"most of it in {first.what}" if first.cost > HALF * whole else f"mostly in {_named(part.evidence)}"
    return f"{where}{_cause(part, first, document)}"


def _named(places: Sequence[Evidence]) -> str:
    return " and ".join(place.what for place in places[:MOST_PLACES])


def _cause(part: WastePart, place: Evidence, document: Document) -> str:
    """The loop that costs most, or what a queue there is mostly spent on; nothing where that cannot be seen."""
    if part.waste is Waste.DEFECTS and document.loops:
        return f"; the costliest loop: {_loop(max(document.loops, key=lambda one: (one.cost, one.origin)))}"
    queue = next((one for one in document.queues if one.stage == place.what), None)
    cause = _queue_cause(queue) if part.waste is Waste.WAITING and queue else None
    return f", {cause}" if cause else ""


def _loop(loop: Loop) -> str:
    if loop.kind is LoopKind.REVIEW_ROUND:
        return "reviewers ask for changes"
    return f"{loop.origin} back to {loop.back_to}" if loop.origin != loop.back_to else f"{loop.origin} once more"


def _queue_cause(queue: Queue) -> str | None:
    name, days = max(queue.causes.model_dump().items(), key=lambda pair: pair[1])
    if not queue.cost or days < MAIN_CAUSE * queue.cost or queue.grade == "C" or name == UNSEEN:
        return None
    if name == "batching" and queue.batching:
        return f"which is only emptied on {queue.batching}"
    return f"mostly for {CAUSE_WORDS[name]}"


def _oldest(part: WastePart, document: Document) -> tuple[Part, ...]:
    """Of the items that are in it now."""
    there = [item for item in document.age.items if item.waited is not None and _is_in(item, part.waste)]
    oldest = sorted(there, key=lambda item: (-(item.waited or 0.0), item.item))[:MOST_OLDEST]
    if not oldest:
        return ()
    parts: list[Part] = [" Longest now: "]
    for number, item in enumerate(oldest):
        parts += [", " * bool(number), Link(item.item, item.url), f" for {spelt(item.waited)}{_freed_by(item)}"]
    return (*parts, ".")


def _is_in(item: OpenItem, waste: Waste) -> bool:
    """As far as its present state tells; what is done again, or was put aside, it does not."""
    match waste:
        case Waste.INVENTORY:
            return item.label == Label.BACKLOG
        case Waste.TRANSPORT:
            return item.label == Label.HAND_OFF
        case Waste.WAITING:
            waits = item.label == Label.BLOCKED or item.label.startswith("waiting.")
            return waits and item.label not in (Label.BACKLOG, Label.HAND_OFF)
    return False


def _freed_by(item: OpenItem) -> str:
    return f" ({listed(item.holders)} can free it)" if item.holders else ""
