"""Sprints on a terminal, and what the work serves."""

from collections.abc import Iterator, Sequence

from bot.flow.findings.sprints import Portion, Served, Serving, Sprint
from bot.govern.document import Document
from bot.words import UNKNOWN, between, share, shortened

Part = tuple[str, Sequence[str], Iterator[Sequence[str]]]
"""A table: title, columns, rows."""

MOST_SPRINTS, LONGEST_GOAL = 8, 40


def sprint_parts(document: Document) -> tuple[Part, ...]:
    """Tables with no rows say nothing."""
    columns = ("", "goal", "began", "committed", "added", "removed", "done", "left over", "serves nothing")
    served = ("", "finished", "80 % interval", "of the touch")
    return (
        (_title(document), columns, _sprints(document)),
        ("What the work served", served, _served(document.serving)),
    )


def _title(document: Document) -> str:
    found = document.sprints
    if found is None or found.kept is None or found.carry_over is None:
        return f"Sprints ({found.reason})" if found and found.reason else "Sprints"
    return f"Sprints: {_portion(found.kept)} of what was committed is done, {_portion(found.carry_over)} is left over"


def _portion(portion: Portion) -> str:
    return f"{share(portion.share)} ({share(portion.low)} to {share(portion.high)})"


def _sprints(document: Document) -> Iterator[Sequence[str]]:
    for sprint in document.sprints.sprints[-MOST_SPRINTS:] if document.sprints else ():
        yield (
            sprint.name,
            shortened(sprint.goal or "no goal", LONGEST_GOAL),
            f"{sprint.started:%Y-%m-%d}",
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
