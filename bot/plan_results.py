"""What the engine makes of a plan: what came of the changes that are done, and what others are to bring."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from bot.config import ConfiguredStream
from bot.flow.analyse import read
from bot.flow.findings.future import Moved
from bot.flow.findings.realised import Realised
from bot.flow.future.foresee import foresee
from bot.flow.history.log import Records
from bot.flow.model import Window
from bot.flow.outlook.realised import Made, realised
from bot.flow.reconstruct import Reconstruction, reconstruct
from bot.govern.plan import Course, Prediction
from bot.govern.realising import model_error
from bot.plans import traced

NO_CHANGE = "nothing that could be replayed is planned; write what is done as change"


PROVEN_BY = timedelta(weeks=13)
"""What a change that would help is proven by: the items of so many weeks."""


Errors = Mapping[str, Sequence[tuple[float, float]]]
"""By kind of change: by how much each prediction was wrong beyond chance, and the prediction, in days."""


def outcomes(found: Reconstruction, plan: Iterable[Course]) -> dict[str, Realised]:
    """What came of the changes that are done, by name."""
    told = {}
    for each in plan:
        if each.status == "done" and each.started_at and each.done_at:
            made = Made(each.started_at, each.done_at)
            told[each.item.name] = realised(found.timeline, found.log, found.window, made)
    return told


def lessons(plan: Iterable[Course], came: Mapping[str, Realised]) -> Errors:
    """By kind of change how wrong predictions were, beyond chance; changes that were made together teach nothing."""
    every = list(plan)
    found: dict[str, list[tuple[float, float]]] = {}
    for each in every:
        alone, found_since = not any(each.beside(other) for other in every), came.get(each.item.name)
        if not (alone and found_since and each.prediction and each.item.change):
            continue
        if error := model_error(each.prediction, found_since):
            found.setdefault(next(iter(each.item.change)), []).append(error)
    return found


def predicted(
    stream: ConfiguredStream, found: Reconstruction, course: Course, errors: Errors, now: datetime
) -> Prediction:
    """What a change is said to bring, as known at the end of the window."""
    plan, untraced = traced(stream, [course])
    future = foresee(found, read(found), plan, realised=errors).changes[0] if plan else None
    reason = future.reason if future else untraced.get(course.item.name, NO_CHANGE)
    return Prediction(seen=found.window.end, made=now, future=future, reason=reason)


def best_changes(stream: ConfiguredStream, records: Records, plan: Sequence[Course], now: datetime) -> dict[str, Moved]:
    """By metric, what the change would do to it that helps most of all that are proven to: planned or suggested."""
    window = Window(start=now - PROVEN_BY, end=now, timezone=stream.calendar.timezone)
    found = reconstruct(stream, records, window)
    errors = lessons(plan, outcomes(found, plan))
    state = foresee(found, read(found), traced(stream, plan)[0], suggest=True, realised=errors)
    effects = [each.effect for each in (*state.changes, *state.suggestions) if each.effect]
    effects += [state.together.effect] if state.together and state.together.effect else []
    best = {}
    for figure in ("mean", "p50", "p85"):
        proven = [moved for effect in effects if (moved := getattr(effect, figure)).high < 0]
        if proven:
            best[f"lead_time.{figure}"] = min(proven, key=lambda moved: moved.change)
    return best
