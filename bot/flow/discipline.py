"""In which order a queue is served, and whether its wait is a matter of capacity or of attention."""

import math
from collections.abc import Iterator

import numpy as np
import polars as pl

from bot.flow.clock import WorkClock, instant
from bot.flow.findings.queues import Capacity, Discipline
from bot.flow.model import Window
from bot.flow.statistics_queueing import expected_wait, leaving_ranks, order_index

FEWEST_EXITS = 10
SIGNIFICANT, NOTABLE, STRICT = 0.05, 0.2, 0.6

FEWEST_SERVICES = 8
RECORDED = 15 * 60 * 1_000_000
"""Microseconds: a service is taken to last at least 15 minutes, for what went before a click is not seen."""

FULL, NOT_CAPACITY = 0.85, 3.0
"""Use above which waits grow out of hand; how many times the explained wait is no matter of capacity any more."""

WEEK = 7 * 86_400_000_000


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


def capacity(visits: pl.DataFrame, clock: WorkClock, window: Window) -> Capacity | None:
    """Use of the approvers, and the wait that it explains; None where nothing was approved.

    The time a service takes is read where it shows: between two exits by the same person, the second of which had been
    waiting already. Who comes once a week and then approves one after the other shows minutes, who cannot do more shows
    days. It is the smaller of the mean and of the median / ln 2 (the mean of an exponential with this median), so that
    a few absences do not count as work.
    """
    first, last = instant(window.start), instant(window.end)
    approved = visits.filter(pl.col("ended") & ~pl.col("withdrawn") & (pl.col("end") >= first))
    worked = clock.between(first, last)
    if not len(approved) or not worked:
        return None
    if approved["by"].null_count() > len(approved) / 2:
        return _unknown("it is not recorded who approves")
    services = np.array(list(_services(approved, clock)), np.float64)
    if len(services) < FEWEST_SERVICES:
        return _unknown("items hardly ever waited behind one another, so it does not show how long an approval takes")
    seen = min(float(services.mean()), float(np.median(services)) / math.log(2))
    service = max(seen, RECORDED)
    servers = _servers(approved)
    arrived = visits.filter(pl.col("start") >= first)["start"].sort().to_numpy()
    utilisation = len(arrived) / worked * service / servers
    gaps = np.diff(clock.elapsed(arrived)).astype(np.float64)
    variability = float(gaps.var() / gaps.mean() ** 2) if len(gaps) > 1 and gaps.mean() > 0 else 1.0
    explained = expected_wait(utilisation, servers, service, variability, 1.0) + service
    observed = float((clock.elapsed(approved["end"].to_numpy()) - clock.elapsed(approved["start"].to_numpy())).mean())
    if utilisation > FULL and seen < RECORDED:
        return _unknown("approvals follow each other too quickly to tell how long one takes")
    return _judged(utilisation, servers, service / clock.day, explained / clock.day, observed / clock.day)


def _unknown(reason: str) -> Capacity:
    return Capacity(
        utilisation=None, servers=None, service_time=None, expected=None, ratio=None, verdict=None, reason=reason
    )


def _services(approved: pl.DataFrame, clock: WorkClock) -> Iterator[float]:
    """Working microseconds between two exits by the same person, where the second was waiting at the first."""
    for _, group in approved.drop_nulls("by").sort("end", "case").group_by("by", maintain_order=True):
        ends, starts = group["end"].to_numpy(), group["start"].to_numpy()
        waiting = starts[1:] <= ends[:-1]
        yield from np.diff(clock.elapsed(ends))[waiting].astype(np.float64)


def _servers(approved: pl.DataFrame) -> float:
    """People who approve in a week in which anything is approved."""
    weekly = approved.group_by(pl.col("end") // WEEK).agg(people=pl.col("by").drop_nulls().n_unique())
    mean = weekly["people"].mean()
    return max(float(mean), 1.0) if isinstance(mean, int | float) else 1.0


def _judged(utilisation: float, servers: float, service: float, explained: float, observed: float) -> Capacity:
    """All but the use in working days."""
    ratio = observed / explained if math.isfinite(explained) else None
    verdict, reason = None, "the wait is no longer than the use of the approvers explains"
    if ratio is not None and ratio > NOT_CAPACITY:
        verdict = "attention"
        reason = f"it waits {ratio:.0f} times longer than the use of the approvers explains: nobody looks"
    elif utilisation > FULL:
        verdict, reason = "capacity", "more comes than the approvers can answer without a queue"
    return Capacity.model_validate(
        {
            "utilisation": utilisation,
            "servers": servers,
            "service_time": service,
            "expected": explained if math.isfinite(explained) else None,
            "ratio": ratio,
            "verdict": verdict,
            "reason": reason,
        }
    )
