"""Little's law on the path of a window: an identity of what came, stood and left, and so a check of the data.

It never forecasts. Definitions: Little 1961 (doi 10.1287/opre.9.3.383); the law on a finite path, Stidham 1974 (doi
10.1287/opre.22.2.417).
"""

from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np
import polars as pl

from bot.flow.clock import instant
from bot.flow.findings.measures import Doubt
from bot.flow.findings.queues import Little, Queue
from bot.flow.model import Window

LOST = "lost exits"
"""Kind of the doubt about items that seem to wait for ever."""

FEWEST_EXITS = 8
COHERENT, TOO_MANY, DRIFTING = (0.9, 1.1), 1.5, 0.1
"""Presence by sojourns of what left: what fits together, and where far more stands than left; drift by arrivals."""

FOR_EVER = 3
"""So many times the wait of 19 of 20: what still waits after it was probably forgotten in the tracker."""


def path_presence(starts: np.ndarray, ends: np.ndarray, first: int, last: int) -> int:
    """Integral of the number present over [first, last), from the path: each arrival and exit is one step of it.

    In item-microseconds; `starts`, `ends`, `first`, `last`: microseconds since 1970.
    """
    at = np.concatenate([starts, ends]).clip(first, last)
    step = np.concatenate([np.ones(len(starts), np.int64), -np.ones(len(ends), np.int64)])
    order = np.argsort(at, kind="stable")
    times = np.concatenate([at[order], [last]])
    return int((np.cumsum(step[order]) * np.diff(times)).sum())


def little(visits: pl.DataFrame, window: Window, names: Sequence[str]) -> Little:
    """Balance of the visits (case, start, end, ended, waited) of one queue. `names`: of the items, by case."""
    first, last = instant(window.start), instant(window.end)
    starts, ends = (visits[name].to_numpy() for name in ("start", "end"))
    gone = visits["ended"].to_numpy() & (ends < last)
    arrivals, exits = int((starts >= first).sum()), int(gone.sum())
    at_start, at_end = int((starts < first).sum()), int((~gone).sum())
    presence = path_presence(starts, ends, first, last)
    sojourns = float((ends - starts)[gone].sum())
    coherence = presence / sojourns if sojourns else None
    drift = (at_end - at_start) / arrivals if arrivals else None
    lost = _lost(visits, gone, names)
    return Little(
        arrivals=arrivals,
        exits=exits,
        at_start=at_start,
        at_end=at_end,
        mean_waiting=presence / (last - first) if last > first else 0.0,
        coherence=coherence,
        drift=drift,
        verdict=_verdict(coherence, drift, exits, found=bool(lost)),
        lost=lost,
    )


def _verdict(
    coherence: float | None, drift: float | None, exits: int, *, found: bool
) -> Literal["stable", "growing", "shrinking", "lost exits"] | None:
    """`found`: some seem to wait for ever. Where neither fits, the data cannot tell."""
    if coherence is None or drift is None or exits < FEWEST_EXITS:
        return None
    if COHERENT[0] <= coherence <= COHERENT[1]:
        return "stable"
    if coherence > COHERENT[1] and drift > DRIFTING:
        return "growing"
    if coherence < COHERENT[0] and drift < -DRIFTING:
        return "shrinking"
    return "lost exits" if coherence > TOO_MANY and abs(drift) <= DRIFTING and found else None


def _lost(visits: pl.DataFrame, gone: np.ndarray, names: Sequence[str]) -> tuple[str, ...]:
    """Items that still wait and have waited many times longer than what left, the longest first."""
    if gone.sum() < FEWEST_EXITS:
        return ()
    waited = visits["waited"].to_numpy()
    usual = float(np.quantile(waited[gone], 0.95))
    stuck = [n for n in np.flatnonzero(~gone) if waited[n] > FOR_EVER * usual]
    return tuple(names[visits["case"][int(n)]] for n in sorted(stuck, key=lambda n: -waited[n]))


def lost_exits(queues: Sequence[Queue]) -> Iterator[Doubt]:
    """Queues in which more seems to wait than comes and goes can explain."""
    for queue in queues:
        if queue.little.verdict == "lost exits":
            yield Doubt(
                kind=LOST,
                detail=f"items in {queue.stage} wait many times longer than all that left; did they leave unrecorded?",
                items=queue.little.lost,
                touches=("wip", "age", "queues", "wastes"),
            )
