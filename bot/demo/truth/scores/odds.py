"""Whether the odds of key results mean what they say, and what became of those that were continued or stopped."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from bot.demo.truth.results import WEEKS, Series
from bot.demo.truth.run import Part, Run
from bot.govern.key_results import KeyResult, KeyResultPart, Reading, key_results
from bot.govern.verdicts import Verdict

CLASSES = 5
QUARTER, START = "2026-Q1", datetime(2026, 1, 1, tzinfo=UTC)
"""Its 90 days are stretched to thirteen weeks, so that the last value is that of its end."""

Score = Callable[[Run], Part | None]


def brier(week: int) -> Score:
    """Mean of (probability - outcome)² after so many weeks (Brier 1950)."""

    def of(run: Run) -> Part | None:
        said = list(_said(run, week))
        return Part(sum((odds - hit) ** 2 for odds, hit in said), len(said)) if said else None

    return of


def reliability(week: int) -> Score:
    """By fifths of the odds: how far what is said lies from what happens."""

    def of(run: Run) -> Part | None:
        sums = [[0.0, 0.0] for _ in range(CLASSES)]
        for odds, hit in _said(run, week):
            one = sums[min(int(odds * CLASSES), CLASSES - 1)]
            one[0] += odds - hit
            one[1] += 1
        classes = tuple((gap, number) for gap, number in sums)
        return Part(0.0, sum(number for _, number in classes), classes=classes)

    return of


def hits_of(verdict: Verdict, week: int) -> Score:
    """Share of those with a verdict after so many weeks that were reached in the end."""

    def of(run: Run) -> Part | None:
        ends = [one.hit for one in run.world.truth.results if _standing(one, week).verdict == verdict]
        return Part(sum(ends), len(ends)) if ends else None

    return of


def share_of(verdict: Verdict, week: int) -> Score:
    """How often a verdict is given after so many weeks."""

    def of(run: Run) -> Part | None:
        said = [_standing(one, week).verdict for one in run.world.truth.results]
        return Part(said.count(verdict), len(said)) if said else None

    return of


def _said(run: Run, week: int) -> Iterator[tuple[float, bool]]:
    for one in run.world.truth.results:
        odds = _standing(one, week).probability
        if odds is not None:
            yield odds, one.hit


def _standing(one: Series, week: int) -> KeyResultPart:
    """As a person sees it who has configured it."""
    how = {"metric": "lead_time.p85"} if one.looks_back else {"by_hand": True}
    kind = "committed" if one.goal == 1 else "stretch"
    result = KeyResult.model_validate(
        {"objective": "o", "name": "n", "baseline": 1, "target": 0, "quarter": QUARTER, "kind": kind, **how}
    )
    length = (result.span()[1] - START) / WEEKS
    readings = [Reading(at=START + n * length, value=1 - value) for n, value in enumerate(one.weekly[:week], start=1)]
    (part,) = key_results([result], {"n": readings}, START + week * length + timedelta(seconds=1))
    return part
