"""In which order a queue is served, and whether its wait is a matter of capacity or of attention."""

import math
from dataclasses import dataclass, replace
from typing import Literal, Self

import numpy as np
import polars as pl

from bot.flow.clock import MINUTE, WEEK, Instants, WorkClock, instant
from bot.flow.findings.queues import Capacity, Discipline
from bot.flow.model import Window
from bot.flow.statistics.intervals import Values
from bot.flow.statistics.queueing import expected_wait, leaving_ranks, order_index

FEWEST_EXITS = 10
SIGNIFICANT, NOTABLE, STRICT = 0.05, 0.2, 0.6
"""p of an order that is none by chance; index from which it is said, and from which it is called strict."""

FEWEST_SERVICES, CROWDED = 8, 2 / 3
"""Services that tell how long one takes; those with more waiting than at so many others are the crowded ones."""

RECORDED = 15 * MINUTE
"""A service is taken to last at least 15 minutes, for what went before a click is not seen."""

SERVICE_CV2 = 1.0
"""Squared coefficient of variation of how long a service takes: that of an exponential."""

FULL, NOT_CAPACITY = 0.85, 3.0
"""Use above which waits grow out of hand; how many times the explained wait is no matter of capacity any more."""

Z, MEDIAN_ERROR = 1.2816, 1.4427
"""Normal quantile of a one-sided 90 % bound; standard error of median / ln 2 of an exponential, by 1 / sqrt(n)."""


def discipline(visits: pl.DataFrame) -> Discipline | None:
    """The order in which visits left, of ten exits or more that had a choice of three."""
    starts, ends = (visits[name].to_numpy() for name in ("start", "end"))
    left = visits["ended"].to_numpy() & ~visits["withdrawn"].to_numpy()
    ranks, others = leaving_ranks(starts, ends, left)
    if len(ranks) < FEWEST_EXITS:
        return None
    index, p = order_index(ranks, others)
    return Discipline(index=index, p=p, n=len(ranks), words=order_words(index, p))


def order_words(index: float, p: float) -> str:
    if p > SIGNIFICANT or abs(index) < NOTABLE:
        return "in no order"
    return ("" if abs(index) >= STRICT else "rather ") + ("oldest first" if index > 0 else "newest first")


@dataclass(frozen=True)
class _Desk:
    """Those who approve, as a queue with several servers. `service`: working microseconds that an approval takes."""

    utilisation: float
    service: float
    servers: float
    variability: float
    """of what comes: squared coefficient of variation of the times between arrivals"""

    @property
    def explained(self) -> float:
        """Working microseconds from arrival to approval, on average; infinite from full use on."""
        wait = expected_wait(self.utilisation, self.servers, self.service, self.variability, SERVICE_CV2)
        return wait + self.service

    def slower(self, factor: float) -> Self:
        return replace(self, utilisation=self.utilisation * factor, service=self.service * factor)


def capacity(visits: pl.DataFrame, clock: WorkClock, window: Window, order: Discipline | None) -> Capacity | None:
    """Use of the approvers, and the wait that it explains; None where nothing was approved.

    Attention is claimed only where even the upper bound of the use explains no third of the wait, and capacity only
    where items leave in an order: where each leaves after its own time, exits follow each other as at a full desk.

    The time a service takes is read where it shows: between two exits by the same person, the second of which had been
    waiting already. Who comes once a week and then approves one after the other shows minutes, who cannot do more shows
    days. The median / ln 2 is the mean of an exponential with this median, so that a few absences do not count as work.
    """
    first, last = instant(window.start), instant(window.end)
    approved = visits.filter(pl.col("ended") & ~pl.col("withdrawn") & (pl.col("end") >= first))
    worked = clock.between(first, last)
    if not len(approved) or not worked:
        return None
    if approved["by"].null_count() > len(approved) / 2:
        return _unknown("it is not recorded who approves")
    gaps, here = _services(approved, clock)
    if len(gaps) < FEWEST_SERVICES:
        return _unknown("items hardly ever waited behind one another, so it does not show how long an approval takes")
    seen = _service_time(gaps, here)
    arrived = clock.elapsed(visits.filter(pl.col("start") >= first)["start"].sort().to_numpy())
    service, servers = max(seen, RECORDED), _servers(approved)
    desk = _Desk(len(arrived) / worked * service / servers, service, servers, _variability(arrived))
    if desk.utilisation > FULL and seen < RECORDED:
        return _unknown("approvals follow each other too quickly to tell how long one takes")
    observed = float((clock.elapsed(approved["end"].to_numpy()) - clock.elapsed(approved["start"].to_numpy())).mean())
    return _told(desk, observed, 1 + Z * MEDIAN_ERROR / math.sqrt(len(gaps)), order, clock.day)


def _variability(arrived: Instants) -> float:
    gaps = np.diff(arrived).astype(np.float64)
    return float(gaps.var() / gaps.mean() ** 2) if len(gaps) > 1 and gaps.mean() > 0 else 1.0


def _told(desk: _Desk, observed: float, doubtful: float, order: Discipline | None, day: int) -> Capacity:
    """`observed`: mean wait; `doubtful`: by how much slower a service may be than it seems; `day`: a working day."""
    explained = desk.explained
    verdict, reason = _verdict(
        desk.utilisation, observed / desk.slower(doubtful).explained, observed / explained, order
    )
    finite = math.isfinite(explained)
    return Capacity(
        utilisation=desk.utilisation,
        servers=desk.servers,
        service_time=desk.service / day,
        expected=explained / day if finite else None,
        ratio=observed / explained if finite else None,
        verdict=verdict,
        reason=reason,
    )


def _verdict(
    utilisation: float, at_least: float, ratio: float, order: Discipline | None
) -> tuple[Literal["capacity", "attention"] | None, str]:
    """`at_least`, `ratio`: observed by explained wait."""
    if at_least > NOT_CAPACITY and utilisation <= FULL:
        return "attention", f"it waits {ratio:.0f} times longer than the use of the approvers explains"
    if utilisation > FULL and order is not None and abs(order.index) >= STRICT:
        return "capacity", "more comes than the approvers can answer without a queue"
    if utilisation > FULL:
        return None, "the approvers may be full, or each item may just take its time"
    if round(ratio, 1) > 1:
        times = f"it waits {ratio:.1f} times as long as the use of the approvers explains"
        return None, f"{times}: too little, or too uncertain, to say that nobody looks"
    return None, "the wait is no longer than the use of the approvers explains"


def _unknown(reason: str) -> Capacity:
    return Capacity(
        utilisation=None, servers=None, service_time=None, expected=None, ratio=None, verdict=None, reason=reason
    )


def _services(approved: pl.DataFrame, clock: WorkClock) -> tuple[Values, Values]:
    """Working microseconds between two exits by the same person, where the second was waiting at the first.

    And how many were waiting then.
    """
    coming, going = (np.sort(approved[name].to_numpy()) for name in ("start", "end"))
    first = pl.col("end").min().over("by")
    ordered = approved.drop_nulls("by").sort(first, "by", "end", "case")
    ends, starts = ordered["end"].to_numpy(), ordered["start"].to_numpy()
    same = ordered.select(pl.col("by").eq_missing(pl.col("by").shift(1))).to_series().to_numpy()
    here = np.searchsorted(coming, ends, side="right") - np.searchsorted(going, ends, side="right")
    waiting = np.flatnonzero(same[1:] & (starts[1:] <= ends[:-1]))
    gaps = np.diff(clock.elapsed(ends))
    return gaps[waiting].astype(np.float64), here[waiting].astype(np.float64)


def _service_time(gaps: Values, here: Values) -> float:
    """The smaller of the mean and of the median / ln 2, and not more than where the most were waiting.

    Who can do no more is no quicker then; where everything just takes its time, more leave the more there are.
    """
    crowded = gaps[here >= np.quantile(here, CROWDED)]
    chosen = [gaps, crowded] if len(crowded) >= FEWEST_SERVICES else [gaps]
    return min(min(float(some.mean()), float(np.median(some)) / math.log(2)) for some in chosen)


def _servers(approved: pl.DataFrame) -> float:
    """People who approve in a week in which anything is approved."""
    weekly = approved.group_by(pl.col("end") // WEEK).agg(people=pl.col("by").drop_nulls().n_unique())
    mean = weekly["people"].mean()
    return max(float(mean), 1.0) if isinstance(mean, int | float) else 1.0
