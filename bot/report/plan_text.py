"""The plan on a terminal."""

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from bot.govern.plan_part import MilestonePart, PlanPart
from bot.govern.plan_words import standing
from bot.words import count, day

NOTHING = "Nothing is planned; add a [[streams.plan]] table, or use `gemba plan add`."


def plan_text(parts: Sequence[PlanPart], timezone: str) -> RenderableType:
    """What is planned, how it stands, and what came of it."""
    if not parts:
        return Text(NOTHING)
    return Group(*(line for part in parts for line in _change(part, timezone)))


def _change(part: PlanPart, timezone: str) -> Iterator[RenderableType]:
    yield Text.assemble((part.name, "bold"), f" · against {part.waste} · {part.owner} · {part.due:%Y-%m-%d}")
    told = standing(part, timezone)
    yield Padding(Text(f"{told[0].upper()}{told[1:]}."), (0, 0, 0, 2))
    for milestone in part.milestones:
        yield Padding(Text(f"– {milestone.name}: {_when(milestone, timezone)}"), (0, 0, 0, 2))
    if part.issue:
        yield Padding(Text(part.issue.url, style="dim"), (0, 0, 0, 2))


def _when(milestone: MilestonePart, timezone: str) -> str:
    if milestone.reached_at:
        return f"reached on {day(milestone.reached_at, timezone)}"
    left = milestone.days_left or 0
    if left < 0:
        return f"{count(-left, 'day')} late"
    return f"due in {count(left, 'day')}" if left else "due today"
