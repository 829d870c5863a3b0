"""How likely a figure that is on its way reaches its goal by a given time.

Nobody knows by which law a key result moves, so three answers count the same: it follows a line from where it began;
it wanders with the drift it had so far; it wanders with the drift of its recent half. Each is the predictive
distribution of Student's t that its law gives where drift and noise are unknown (Gelman et al., Bayesian Data
Analysis, 3rd ed., 3.2 and 14.2). Equal weights are hard to beat by weights that are estimated from so few values
(Clemen, Combining forecasts, 1989). An effect that has not begun is foreseen by none of them.
"""

from collections.abc import Sequence

import numpy as np

from bot.flow.statistics.intervals import Values

FEWEST = 2
"""Values from which noise can be told at all."""

LEAST_NOISE = 0.02
"""Of the whole way, in a week: figures that look smoother than that are rounded, not certain."""


def probability_of_reaching(
    weeks: Sequence[float], progress: Sequence[float], end: float, goal: float, looks_back: float = 0.0
) -> float | None:
    """That progress is at least `goal` at week `end`, from values in time order at `weeks` (> 0) after its start at 0.

    `looks_back`: so many weeks each value is a mean over; it lags, and neighbours share most of what they rest on, so
    that they are worth fewer. None where fewer than two values are known. At the end what is known then decides.
    """
    from scipy.special import stdtr

    known, values = np.asarray(weeks, np.float64), np.asarray(progress, np.float64)
    if len(known) and known[-1] >= end:
        return float(values[-1] >= goal)
    if len(known) < FEWEST:
        return None
    times, last = _felt(known, looks_back), float(_felt(np.array([end]), looks_back)[0])
    gaps = np.maximum(np.diff(known, prepend=0.0), 1.0)
    laws = (
        _line(times, values, last),
        _drift(times, values, gaps, last, 0),
        _drift(times, values, gaps, last, len(times) // 2),
    )
    freedom = max((len(times) - 1) / max(looks_back, 1.0), 1.0)
    return float(np.mean([stdtr(freedom, (mean - goal) / deviation) for mean, deviation in laws]))


def _felt(weeks: Values, looks_back: float) -> Values:
    """How far a steady change shows in a mean over the last weeks: all of it, less half of them once they are over."""
    if not looks_back:
        return weeks
    return np.where(weeks < looks_back, weeks**2 / (2 * looks_back), weeks - looks_back / 2)


def _line(times: Values, values: Values, end: float) -> tuple[float, float]:
    """Regression through the origin: mean and deviation of the value at `end`."""
    squares = float(np.sum(times**2))
    slope = float(np.sum(times * values)) / squares
    noise = _noise((values - slope * times) ** 2)
    return slope * end, noise * float(np.sqrt(1 + end**2 / squares))


def _drift(times: Values, values: Values, gaps: Values, end: float, since: int) -> tuple[float, float]:
    """A random walk whose drift is that since the value with number `since`, from 0; its noise is that of all steps.

    `gaps`: weeks between the values; what two of one week differ in is the noise of a week.
    """
    felt, way = np.concatenate([[0.0], times]), np.concatenate([[0.0], values])
    usual = way[-1] / felt[-1]
    noise = _noise((np.diff(way) - usual * np.diff(felt)) ** 2 / gaps)
    known, left = float(felt[-1] - felt[since]), end - float(felt[-1])
    drift = float(way[-1] - way[since]) / known
    return float(way[-1]) + drift * left, noise * float(np.sqrt(left * (1 + left / known)))


def _noise(squares: Values) -> float:
    return max(float(np.sqrt(np.sum(squares) / (len(squares) - 1))), LEAST_NOISE)
