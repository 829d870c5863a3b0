"""Whether the engine sees changes that were made, in time, and none where nothing changed.

A stream is watched for a year after half a year of baseline.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from bot.demo.truth.run import Part, Run
from bot.demo.truth.scores.engine import Trend, trends

YEAR, BASELINE = 52, 26
AFTER = timedelta(weeks=13)
"""The window of a report after a change, or what would be one."""

TOLD_BY = ("lead_time", "cycle_time", "wait")
"""What a change of the time that something takes must show in: any of these figures or of their parts."""


def false_alarms(run: Run) -> Part | None:
    """Alarms a year and figure while nothing changed."""
    if run.world.truth.changed:
        return None
    watched = [trend for trend in trends(run.told) if trend.weeks > BASELINE]
    alarms = [trend for trend in watched if trend.noticed]
    years = sum((trend.weeks - BASELINE) / YEAR for trend in watched)
    return Part(len(alarms), years, tuple(f"{t.metric} {t.noticed}" for t in alarms)) if years else None


def detected(run: Run) -> Part | None:
    """Whether any alarm tells of a change of the time that something takes, after it was made."""
    changed = run.world.truth.changed
    if changed is None:
        return None
    found = _alarms(run)
    return Part(bool(found), 1, () if found else tuple(f"{t.metric}: {t.noticed}" for t in trends(run.told)))


def delay(run: Run) -> Part | None:
    """Weeks from the change to the first alarm that tells of it."""
    changed, found = run.world.truth.changed, _alarms(run)
    if changed is None or not found:
        return None
    first = min(trend.noticed for trend in found if trend.noticed)
    return Part((first - changed.date()) / timedelta(weeks=1), 1)


def false_differences(run: Run) -> Part | None:
    """Of the figures of an unchanged stream, those said to be better or worse in its last 13 weeks than before."""
    if run.world.truth.changed:
        return None
    world = run.world
    start = world.window.end - AFTER
    later = replace(world, window=world.window.model_copy(update={"start": start}))
    said = [trend for trend in trends(run.look(later, world.told)) if trend.compared]
    wrong = [trend for trend in said if trend.differs]
    return Part(len(wrong), len(said), tuple(t.metric for t in wrong)) if said else None


def _alarms(run: Run) -> Sequence[Trend]:
    changed = run.world.truth.changed
    return [
        trend
        for trend in trends(run.told)
        if trend.noticed and changed and trend.noticed >= changed.date() - timedelta(weeks=1)
        if any(part in trend.metric for part in TOLD_BY)
    ]
