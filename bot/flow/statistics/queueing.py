"""Orders and waits of queues: the only place for them besides `intervals`."""

import math

import numpy as np
import numpy.typing as npt

from bot.flow.clock import Instants
from bot.flow.statistics.intervals import ROUNDING, Values
from bot.flow.statistics.ranges import numbers_below, sums_at

RANDOM_ORDERS = 999
FEWEST_LEFT_BEHIND = 2
FEWEST_ALONE, MOST_TAKEN, RUNS = 10, 0.98, 10
FULLEST, FEWEST_CROWDED = 0.90, 10
FEWEST_HEARD = 10


def leaving_ranks(starts: Instants, ends: Instants, left: npt.NDArray[np.bool_]) -> tuple[Values, Instants]:
    """Place of each that left among those present, by arrival: 0 the oldest, 1 the youngest; and how many it left.

    Of those that came in the same instant half count as older. Only exits that left at least two others behind; those
    that leave in the same instant are not compared.
    """
    going = np.argsort(ends, kind="stable")
    came, gone = starts[going], ends[going]
    left_by_then = np.searchsorted(gone, gone, side="right")
    here = np.searchsorted(np.sort(starts), gone, side="right") - left_by_then
    every = np.full(len(came), len(came))
    ones = np.ones_like(came)
    older = 2 * numbers_below(came, left_by_then, every, came) + sums_at(came, ones, left_by_then, every, came)
    told = left[going] & (here >= FEWEST_LEFT_BEHIND)
    return older[told] / 2 / here[told], here[told]


def order_index(ranks: Values, others: npt.NDArray[np.int64]) -> tuple[float, float]:
    """1 - 2 * mean rank: 1 first in first out, -1 last in first out; and its two-sided permutation p.

    Against exits at which each of those present was as likely to be taken (fixed seed). None is drawn where no draw
    could show as much (Hoeffding 1963, doi 10.1080/01621459.1963.10500830).
    """
    index = float(1 - 2 * ranks.mean())
    if 2 * RANDOM_ORDERS * math.exp(-len(ranks) * index**2 / 2) < ROUNDING:
        return index, 1 / (RANDOM_ORDERS + 1)
    random = np.random.default_rng(0)
    those = others.astype(np.float64)
    places: Values = those + 1
    drawn = np.array([1 - 2 * _random_ranks(random, places, those).mean() for _ in range(RANDOM_ORDERS)])
    return index, float((1 + np.sum(np.abs(drawn) >= abs(index) - ROUNDING)) / (RANDOM_ORDERS + 1))


def _random_ranks(random: np.random.Generator, places: Values, others: Values) -> Values:
    """One of the places for each exit, as a share of the others; made in place."""
    ranks = random.random(len(places))
    np.floor(np.multiply(ranks, places, out=ranks), out=ranks)
    return np.divide(ranks, others, out=ranks)


def expected_wait(utilisation: float, servers: float, service: float, arrivals_cv2: float, service_cv2: float) -> float:
    """Mean wait before service in a queue with several servers, in the unit of `service`; infinite from 1 on.

    Sakasegawa 1977 (doi 10.1007/BF02532803) with the variabilities of Kingman's formula.
    """
    if utilisation >= 1:
        return math.inf
    crowd = utilisation ** (math.sqrt(2 * (servers + 1)) - 1) / (servers * (1 - utilisation))
    return float((arrivals_cv2 + service_cv2) / 2 * crowd * service)


def capacity_of(came: Instants, went: Instants) -> float | None:
    """Exits per unit of time while a place is as full as it is in the fullest tenth of its time.

    None where it never holds two at a time, or hardly anything left it then.
    """
    at, change, inside, full = _inside(came, went)
    crowded = inside >= full
    exits, time = int((crowded[:-1] & (change[1:] < 0)).sum()), int(np.diff(at, append=at[-1:])[crowded].sum())
    return exits / time if full > 1 and exits >= FEWEST_CROWDED and time else None


def _inside(came: Instants, went: Instants) -> tuple[Instants, Instants, Instants, int]:
    """When something comes (1) or goes (-1), which, how many there are then, and in the fullest tenth of the time."""
    at = np.concatenate([came, went])
    change = np.concatenate([np.ones(len(came), np.int64), -np.ones(len(went), np.int64)])
    order = np.lexsort((change, at))
    at, inside = at[order], np.cumsum(change[order])
    lasted = np.diff(at, append=at[-1:])
    by_number = np.argsort(inside, kind="stable")
    share = np.cumsum(lasted[by_number]) / max(int(lasted.sum()), 1)
    full = int(inside[by_number][np.searchsorted(share, FULLEST, side="left").clip(max=len(share) - 1)])
    return at, change[order], inside, full


def until_heard(came: Instants, taken: Instants, entered: Instants, left: Instants) -> float:
    """Mean time from when something came to a buffer until somebody heard of it, were there always room downstream.

    What is taken before the place downstream (of which all entries and exits are given) is first full again waited for
    that only; the rest waited at least so long (exponential times, some of them cut off). 0 where fewer than
    FEWEST_HEARD were taken so.
    """
    at, change, inside, full = _inside(entered, left)
    before = np.append(0, inside)[np.searchsorted(at, came, side="left")]
    fills = np.append(at[(change > 0) & (inside == full)], at[-1])
    until = fills[np.searchsorted(fills, came, side="left").clip(max=len(fills) - 1)]
    room = before < full
    heard = int((room & (taken <= until)).sum())
    waited = np.maximum(np.minimum(taken, until) - came, 0)[room]
    return float(waited.sum()) / heard if heard >= FEWEST_HEARD else 0.0


def one_by_one(came: Instants, rate: float) -> Values:
    """How long each waits that comes to a place from which one leaves after the other, at this rate at most.

    Lindley's recursion for even services, solved: start(i) = max over j <= i of came(j) + (i - j) / rate.
    """
    order = np.argsort(came, kind="stable")
    steps = np.arange(len(came)) / rate
    begins = np.maximum.accumulate(came[order] - steps) + steps
    waits = np.empty(len(came), np.float64)
    waits[order] = begins - came[order]
    return waits


def one_by_one_when_heard(came: Instants, rate: float, heard: Values) -> Values:
    """The same wait of what comes there only when somebody heard of it (mean time of each; fixed seed)."""
    if not heard.any():
        return one_by_one(came, rate)
    random = np.random.default_rng(0)
    drawn = (came + np.rint(random.exponential(heard)).astype(np.int64) for _ in range(RUNS))
    waits: Values = np.mean([one_by_one(at, rate) for at in drawn], axis=0)
    return waits


def relief(utilisation: float, servers: float, load: float) -> float:
    """Mean wait by what it is now, if so much of the load is left; by the same formula, and at most 1."""
    now, then = (expected_wait(rho, servers, 1.0, 1.0, 1.0) for rho in (utilisation, utilisation * load))
    return min(then / now, 1.0) if 0 < now < math.inf else 1.0


def looked_at(came: Instants, went: Instants, times: float, day: int) -> float | None:
    """Mean wait if a queue is looked at so many times as often, by what it is now; both simulated (fixed seed).

    Looks come at random. Their rate is one by the mean wait of what came while nothing waited; each takes at most as
    many as nearly all looks take now (98 %). None where fewer than FEWEST_ALONE came so. Times in any unit;
    `day`: of work; a quarter of it parts two looks.
    """
    order = np.argsort(came, kind="stable")
    arrivals, leaving = came[order], np.sort(went)
    alone = np.searchsorted(leaving, arrivals, side="right") >= np.arange(len(arrivals))
    waits = (went[order] - arrivals)[alone]
    if len(waits) < FEWEST_ALONE or waits.mean() <= 0:
        return None
    sessions = np.concatenate([[0], np.cumsum(np.diff(leaving) > day // 4)])
    most = max(int(np.quantile(np.bincount(sessions), MOST_TAKEN, method="higher")), 1)
    random, every = np.random.default_rng(0), float(waits.mean())
    now, then = (
        float(np.mean([_mean_wait(arrivals, every / speed, most, random) for _ in range(RUNS)]))
        for speed in (1.0, times)
    )
    return min(then / now, 1.0) if now > 0 else None


def _mean_wait(arrivals: Instants, every: float, most: int, random: np.random.Generator) -> float:
    """Of a queue that is looked at at random, until everything has left."""
    span = float(arrivals[-1] - arrivals[0])
    looks = arrivals[0] + np.cumsum(random.exponential(every, int(span / every * 1.2) + len(arrivals) + 50))
    here, left, total = np.searchsorted(arrivals, looks, side="right"), 0, 0.0
    for at, come in zip(looks.tolist(), here.tolist(), strict=True):
        taken = min(come - left, most)
        left, total = left + taken, total + taken * at
        if left == len(arrivals):
            break
    return (total - float(arrivals[:left].sum(dtype=np.float64))) / max(left, 1)
