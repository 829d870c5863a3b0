"""The map in words, for those who cannot see it."""

from collections.abc import Iterator

from bot.flow.findings.lead import StagePart
from bot.govern.document import Document
from bot.report.map_arcs import loop_words
from bot.report.map_layout import Column, Plan
from bot.report.map_parts import facts_of, remarks_of
from bot.words import between, count, duration, tame

KINDS = {"wait": "queue", "done": "queue", "work": "work", "approval": "approval"}


def in_words(document: Document, plan: Plan) -> str:
    """Every stage with its figures, every loop, the constraint and the sums, in sentences."""
    return " ".join((*_whole(document, plan), *map(_stage, plan.columns), *_beside(document, plan)))


def _whole(document: Document, plan: Plan) -> Iterator[str]:
    lead, ratio = document.lead_time, document.value_added_ratio
    yield f"{count(document.items.arrived, 'item')} delivered, {document.wip} under way."
    if lead.mean is None:
        yield "Nothing was delivered with a lead time."
        return
    found = plan.ladder
    yield f"Mean lead time {found.whole.total}: waits {found.whole.waits_told} and works {found.whole.works_told}."
    yield f"Half within {duration(lead.p50)}, 85 % within {duration(lead.p85)}."
    yield f"Value added in {between(ratio.low, ratio.high)} of working time."


def _stage(column: Column) -> str:
    """One sentence a stage."""
    kind = KINDS.get(column.part.kind or "", "stage")
    facts = ", ".join(f"{name} {value}" for name, value, _ in facts_of(column))
    told = "; ".join((facts, *remarks_of(column)))
    worst = "; the constraint: here an item waits the most" if column.worst else ""
    return f"{tame(column.name)} ({kind}): {told}{worst}."


def _beside(document: Document, plan: Plan) -> Iterator[str]:
    yield from (f"{told}." for told in asides(plan))
    yield from (f"{loop_words(loop)}." for loop in document.loops)


def asides(plan: Plan) -> list[str]:
    """Times that are part of the mean lead time and have no place on the map."""
    days = [(part.wait_time or 0.0) + (part.process_time or 0.0) for part in plan.elsewhere]
    told = plan.ladder.split(-1, days) if days else []
    every = [*(column.part for column in plan.columns), *plan.elsewhere]
    most = max((part.wait_time or 0.0 for part in every), default=0.0)
    return [_aside(part, spent, most) for part, spent in zip(plan.elsewhere, told, strict=True)]


def _aside(part: StagePart, spent: str, most: float) -> str:
    more = "; nowhere does it wait longer" if part.wait_time and part.wait_time == most else ""
    if part.name is None:
        return f"Elsewhere: {spent} an item in states that no stage claims{more}"
    return f"Elsewhere: {spent} an item in {tame(part.name)}, before it was taken up again{more}"
