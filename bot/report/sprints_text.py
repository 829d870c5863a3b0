"""Sprints on a terminal, what the work serves, and what gates cost."""

from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

from bot.flow.findings.measures import Portion
from bot.flow.findings.sprints import Served, Serving, Sprint
from bot.govern.document import Document
from bot.words import UNKNOWN, amount, between, share, shortened

Part = tuple[str, Sequence[str], Iterator[Sequence[str]]]
"""A table: title, columns, rows."""

MOST_SPRINTS, LONGEST_GOAL = 8, 40


def sprint_parts(document: Document) -> tuple[Part, ...]:
    """Tables with no rows say nothing."""
    columns = ("", "goal", "began", "committed", "added", "removed", "done", "left over", "serves nothing")
    gates = ("", "preparing", "waiting", "doing again", "of all time", "80 % interval", "sent back")
    waits = ("", "meets", "sprint", "items", "item-days", "till it met", "held at the end")
    served = ("", "finished", "80 % interval", "of the touch")
    return (
        (_title(document), columns, _sprints(document)),
        ("What the work served", served, _served(document.serving)),
        ("Gates, in item-days", gates, _gates(document)),
        (_waiting(document), waits, _waits(document)),
    )


def _title(document: Document) -> str:
    found = document.sprints
    if found is None or found.kept is None or found.carry_over is None:
        return f"Sprints ({found.reason})" if found and found.reason else "Sprints"
    return f"Sprints: {_portion(found.kept)} of what was committed is done, {_portion(found.carry_over)} is left over"


def _portion(portion: Portion) -> str:
    return f"{share(portion.share)} ({share(portion.low)} to {share(portion.high)})"


def _sprints(document: Document) -> Iterator[Sequence[str]]:
    zone = ZoneInfo(document.window.timezone)
    for sprint in document.sprints.sprints[-MOST_SPRINTS:] if document.sprints else ():
        yield (
            sprint.name,
            shortened(sprint.goal or "no goal", LONGEST_GOAL),
            f"{sprint.started.astimezone(zone):%Y-%m-%d}",
            str(sprint.committed),
            str(sprint.added),
            str(sprint.removed),
            str(sprint.done),
            _remaining(sprint),
            _nothing(sprint.serving),
        )


def _remaining(sprint: Sprint) -> str:
    return f"{len(sprint.remaining)}" if sprint.ended else f"{len(sprint.remaining)} to do"


def _nothing(serving: Serving) -> str:
    return UNKNOWN if serving.nothing is None else share(serving.nothing.finished.share)


def _served(serving: Serving | None) -> Iterator[Sequence[str]]:
    for part in serving.key_results if serving else ():
        yield _row(part.key_result, part)
    if serving and serving.nothing:
        yield _row("no key result", serving.nothing)


def _row(name: str, part: Served) -> tuple[str, str, str, str]:
    finished = part.finished
    told = f"{finished.part} of {finished.whole}"
    return name, told, between(finished.low, finished.high), between(part.touch_low, part.touch_high)


def _waiting(document: Document) -> str:
    known = [gate for gate in document.stage_gates if gate.sprint_share is not None]
    shares = [f"{g.gate} {share(g.sprint_share)} ({share(g.sprint_low)} to {share(g.sprint_high)})" for g in known]
    told = f": of the items' time in them, {', '.join(shares)} until it met" if shares else ""
    return f"Where a gate's calendar made sprints wait{told}"


def _gates(document: Document) -> Iterator[Sequence[str]]:
    for gate in document.stage_gates:
        back = gate.sent_back
        yield (
            gate.gate,
            amount(gate.preparation),
            amount(gate.queue),
            amount(gate.rework),
            share(gate.share),
            between(gate.low, gate.high),
            f"{back.part} of {back.whole}",
        )


def _waits(document: Document) -> Iterator[Sequence[str]]:
    for gate in document.stage_gates:
        for one in gate.sprints[-MOST_SPRINTS:]:
            waited, until = amount(one.waited), amount(one.until_appointment)
            yield gate.gate, gate.appointments or "", one.sprint, str(one.items), waited, until, str(len(one.held))
