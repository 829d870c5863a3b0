"""How a planned change stands, in words that every page uses."""

from collections.abc import Iterator

from bot.flow.findings.future import Moved
from bot.govern.plan import Prediction
from bot.govern.plan_part import PlanPart
from bot.words import NBSP, count, day, signed_days


def standing(part: PlanPart, timezone: str) -> str:
    """Where it stands, what it is to bring or brought, and what is wrong; a sentence without a stop."""
    return "; ".join(_parts(part, timezone))


def _parts(part: PlanPart, timezone: str) -> Iterator[str]:
    if part.status == "dropped":
        yield f"dropped, because {part.dropped}"
        return
    if part.status == "done" and part.done_at:
        yield f"done on {day(part.done_at, timezone)}, {part.verdict or 'too early'}" + (
            f": {part.reason}" if part.reason else ""
        )
        yield from (f"made together with {', '.join(part.beside)}" for _ in part.beside[:1])
        yield from (fault for fault in part.faults if not fault.startswith((part.verdict or "-", "made")))
        return
    since = f"under way since {day(part.started_at, timezone)}" if part.started_at else "planned"
    left = part.days_left or 0
    yield since + (f", due in {count(left, 'day')}" if left > 0 else "" if left else ", due today")
    if part.issue:
        yield f"{part.issue.key} is in {part.issue.state}"
    if part.prediction:
        yield promise(part.prediction)
    yield from part.faults


def promise(prediction: Prediction) -> str:
    """What was predicted when it started."""
    moved = prediction.moved
    if moved is None:
        return f"nothing was predicted: {prediction.reason}"
    of = "half" if prediction.figure == "p50" else f"85{NBSP}%"
    least = "at least " if prediction.future and prediction.future.at_least else ""
    return f"predicted {least}{ranged(moved)} of the lead time within which {of} are delivered"


def ranged(moved: Moved) -> str:
    """A change with its 80 % interval."""
    return f"{signed_days(moved.change)} ({signed_days(moved.low)} to {signed_days(moved.high)})"
