"""Survival with competing ends and late entry: the only place for it besides `intervals`."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bot.flow.statistics.intervals import (
    FEWEST_AT_RISK,
    FEWEST_FOR_INTERVAL,
    LEVEL,
    ROUNDING,
    Values,
    beta_share,
    corrected_inflation,
    wilson_share,
)

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Watched:
    """Durations in the order of their starts.

    `durations`: age at which each was last seen; `wanted`: it came to the end that is asked about; `other`: it came to
    another; neither: it still runs; `entered`: age at which it came under observation.
    """

    durations: Values
    wanted: Flags
    other: Flags
    entered: Values


@dataclass(frozen=True)
class Incidence:
    """Cumulative incidence of the wanted end and survival of any end, after each age at which something ended.

    `weight`: sum of d / (n (n - d)) so far, by which Greenwood's variance grows.
    """

    ages: Values
    wanted: npt.NDArray[np.int64]
    share: Values
    surviving: Values
    weight: Values
    n: int

    def reached(self, p: float) -> float | None:
        """The first age by which a share p came to the wanted end; None if it never does."""
        found = np.flatnonzero(self.share >= p - ROUNDING)
        return float(self.ages[found[0]]) if len(found) else None

    def still(self, age: Values | float) -> Values:
        """Share that has come to no end by an age."""
        index = np.searchsorted(self.ages, age, side="right")
        return np.asarray(np.concatenate([[1.0], self.surviving])[index], np.float64)

    def worth(self, age: float) -> float:
        """How many complete durations these are worth at an age.

        The number whose binomial variance is Greenwood's (Cutler and Ederer 1958, doi 10.1016/0021-9681(58)90126-7).
        """
        index = int(np.searchsorted(self.ages, age, side="right"))
        if index == 0:
            return float(self.n)
        alive, weight = float(self.surviving[index - 1]), float(self.weight[index - 1])
        known = alive > 0 and weight > 0 and np.isfinite(weight)
        return min((1 - alive) / (alive * weight), float(self.n)) if known else float(self.n)


def incidence(watched: Watched) -> Incidence:
    """Aalen-Johansen with late entry (Aalen and Johansen 1978); with one kind of end it is 1 - Kaplan-Meier.

    At young ages late entry can leave a handful under observation, and one end would outweigh all that follow: ages at
    which fewer are watched than FEWEST_AT_RISK of the most at any later age are left out.
    """
    seen = watched.entered < watched.durations
    durations, entered = watched.durations[seen], watched.entered[seen]
    wanted, other = watched.wanted[seen], watched.other[seen]
    ages, place = np.unique(durations[wanted | other], return_inverse=True)
    ends = np.bincount(place, minlength=len(ages))
    right = np.bincount(place, weights=wanted[wanted | other], minlength=len(ages)).astype(np.int64)
    started = np.searchsorted(np.sort(entered), ages, side="left")
    at_risk = started - np.searchsorted(np.sort(durations), ages, side="left")
    most_later = np.maximum.accumulate(at_risk[::-1])[::-1]
    heard = at_risk >= FEWEST_AT_RISK * most_later
    ages, ends, right, at_risk = ages[heard], ends[heard], right[heard], at_risk[heard]
    surviving = np.cumprod(1 - ends / np.maximum(at_risk, 1))
    before = np.concatenate([[1.0], surviving[:-1]])
    share = np.cumsum(before * right / np.maximum(at_risk, 1))
    with np.errstate(divide="ignore"):
        weight = np.cumsum(ends / (at_risk * np.maximum(at_risk - ends, 0.0)))
    return Incidence(ages, right, share, surviving, weight, int(seen.sum()))


def effective_visits(watched: Watched, found: Incidence, age: float) -> float:
    """How many independent, complete durations these are worth at an age: Greenwood's worth by their dependence.

    The dependence is the greater of those of {longer than the age} and of the ranks, in the order of the starts: of a
    busy server the first shows too little. Of one that still runs and is younger than the age, its chance to become
    older stands in.
    """
    if found.n < 2:
        return float(found.n)
    running = ~(watched.wanted | watched.other)
    chance = found.still(age) / np.maximum(found.still(np.minimum(watched.durations, age)), ROUNDING)
    longer = np.where(running & (watched.durations <= age), chance, watched.durations > age).astype(np.float64)
    ranks = np.unique(watched.durations, return_inverse=True)[1].astype(np.float64)
    return float(max(found.worth(age) / max(corrected_inflation(longer), corrected_inflation(ranks)), 1.0))


def incidence_interval(found: Incidence, p: float, size: float) -> tuple[float | None, float | None]:
    """80 % interval of the age by which a share p came to the wanted end; None where it is not reached.

    Fractional order statistics (Hutson 1999, doi 10.1080/02664769922458) read off the incidence, with `size`
    independent durations; with nothing but wanted ends it is `intervals.quantile_interval`. Below 5 there is none.
    """
    kept = found.wanted > 0
    ages, share, ends = found.ages[kept], found.share[kept], found.wanted[kept]
    if found.n < FEWEST_FOR_INTERVAL or not len(ages) or found.reached(p) is None:
        return None, None
    step = np.diff(share, prepend=0.0) / ends
    first = share - step * (ends - 1)
    shares = np.stack([first, share], axis=1).ravel() * found.n / (found.n + 1)
    places = np.repeat(ages, 2)
    tail = (1 - LEVEL) / 2
    low, high = (beta_share(size + 1, p, q) for q in (1 - tail, tail))
    lasting = bool(found.surviving[-1] > ROUNDING)
    upper = None if high > shares[-1] and lasting else float(np.interp(high, shares, places))
    return float(np.interp(low, shares, places)), upper


def longer_than(watched: Watched, found: Incidence, limit: float) -> tuple[float, float, float] | None:
    """Chance to run longer than a limit, with its 80 % interval (Wilson with the effective number); None if unknown.

    It is unknown of nothing, and where nothing was watched for so long.
    """
    if not found.n or float(watched.durations.max()) < limit:
        return (
            None if not found.n or found.surviving.min(initial=1.0) > ROUNDING else (0.0, *wilson_share(0.0, found.n))
        )
    chance = float(found.still(limit))
    return chance, *wilson_share(chance, effective_visits(watched, found, limit))
