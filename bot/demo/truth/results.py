"""Key results of which it is known how they end: thirteen weekly values, made by one of several laws.

Progress is 0 at the start and 1 at the target. Where it is heading is as likely to be away from the target by half the
way as twice the way beyond the start (uniform), so that about half of them get there. The laws:

- steady: a line, seen with noise;
- wandering: a random walk with drift, seen exactly;
- change of pace: from some week on another line, whose slope has nothing to do with the first, seen with noise;
- late effect: nothing until some week, then the whole effect within weeks, seen with noise.

`looks_back`: so many weeks each value is a mean over, as the figures of an analysis are.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]

WEEKS, DAYS = 13, 7
GOALS = (1.0, 0.7)
"""Committed and stretch."""

A_LAW = 10
"""So many series of each law in one world."""

ELAPSED: Values = np.arange(1, WEEKS * DAYS + 1) / DAYS


@dataclass(frozen=True)
class Series:
    """Progress at the end of each week, and what counts as success."""

    law: str
    weekly: tuple[float, ...]
    goal: float
    looks_back: int

    @property
    def hit(self) -> bool:
        return self.weekly[-1] >= self.goal


def series(seed: int, *, looks_back: int = 0, late: bool = False) -> tuple[Series, ...]:
    """Ten of each law; of the late effect alone, or of the others."""
    random = np.random.default_rng([seed, looks_back, late])
    laws = {"late effect": _late_effect} if late else LAWS
    return tuple(
        Series(name, tuple(_seen(level, noise, looks_back, random).tolist()), GOALS[number % 2], looks_back)
        for name, law in laws.items()
        for number in range(A_LAW)
        for level, noise in [law(random)]
    )


def _seen(level: Values, noise: float, looks_back: int, random: np.random.Generator) -> Values:
    """At the end of each week, or the mean of the last weeks; before the start there was no progress."""
    if not looks_back:
        return level[DAYS - 1 :: DAYS] + random.normal(0, noise, WEEKS)
    before = np.zeros(looks_back - 1)
    weekly = np.concatenate([before, level.reshape(WEEKS, DAYS).mean(axis=1)])
    weekly = weekly + random.normal(0, noise, len(weekly))
    return np.convolve(weekly, np.ones(looks_back) / looks_back, "valid")


def _steady(random: np.random.Generator) -> tuple[Values, float]:
    return _aim(random) * ELAPSED / WEEKS, _noise(random)


def _wandering(random: np.random.Generator) -> tuple[Values, float]:
    days, spread = len(ELAPSED), random.uniform(0.2, 0.6)
    return np.cumsum(random.normal(_aim(random) / days, spread / np.sqrt(days), days)), 0.0


def _change_of_pace(random: np.random.Generator) -> tuple[Values, float]:
    week, first, then = random.uniform(3, 10), _aim(random) / WEEKS, _aim(random) / WEEKS
    return first * np.minimum(ELAPSED, week) + then * np.maximum(ELAPSED - week, 0), _noise(random)


def _late_effect(random: np.random.Generator) -> tuple[Values, float]:
    week, takes, effect = random.uniform(1, 10), random.uniform(1, 5), random.normal(1, 0.4)
    return effect * np.clip((ELAPSED - week) / takes, 0, 1), _noise(random)


def _aim(random: np.random.Generator) -> float:
    """Where a line leads to at the end."""
    return float(random.uniform(-0.5, 2.0))


def _noise(random: np.random.Generator) -> float:
    return float(random.uniform(0.05, 0.20))


LAWS: dict[str, Callable[[np.random.Generator], tuple[Values, float]]] = {
    "steady": _steady,
    "wandering": _wandering,
    "change of pace": _change_of_pace,
}
