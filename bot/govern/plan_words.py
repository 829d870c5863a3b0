"""How a planned change stands, in words that every page uses."""

from collections.abc import Iterator

from bot.govern.plan import Prediction
from bot.govern.plan_part import PlanPart
from bot.govern.realising import typically
from bot.words import count, day


def standing(part: PlanPart, timezone: str) -> str:
    """Where it stands, what it is to bring or brought, and what is wrong; a sentence without a stop."""
    if part.status == "dropped":
        return f"dropped, because {part.dropped}"
    done = part.done_at
    return "; ".join(_going(part, timezone) if done is None else _done(part, day(done, timezone)))


def _done(part: PlanPart, when: str) -> Iterator[str]:
    verdict = "too early to tell" if part.verdict in (None, "too early") else part.verdict
    yield f"done on {when}, {verdict}" + (f": {part.reason}" if part.reason else "")
    if part.prediction and part.prediction.moved is None:
        yield promise(part.prediction)
    if part.beside:
        yield f"made together with {', '.join(part.beside)}"
    yield from (fault for fault in part.faults if fault != f"{part.verdict}: {part.reason}")


def _going(part: PlanPart, timezone: str) -> Iterator[str]:
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
        return f"nothing was predicted ({prediction.reason})"
    least = "at least this: " if prediction.future and prediction.future.at_least else ""
    return f"predicted {least}{typically(moved)}"
