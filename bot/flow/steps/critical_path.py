"""How long a case would take if some of its steps did not wait for each other.

Each case is replayed: a step begins when the last of those that it still waits for is finished, and as long after that
as it really did (its pick-up lag); it takes as long as it took. A step waited in a case for every step that was
finished when it began. Steps of one performer keep their order. Gains are an upper bound where performers are shared
between cases.
"""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from bot.flow.clock import Instants

ORDER = ("start", "finish", "step")


@dataclass(frozen=True)
class Path:
    """Cases by row, their steps by column in the order in which they began; `there` false: no such step."""

    cases: Instants
    start: Instants
    finish: Instants
    step: Instants
    who: Instants
    there: npt.NDArray[np.bool_]

    @property
    def length(self) -> Instants:
        """From the first start to the last finish, in microseconds."""
        return _length(self.start, self.finish, self.there)


def paths(steps: pl.DataFrame, names: Collection[str]) -> Path:
    """case, step, start, finish, who -> the cases as they were; steps by their place among `names`; who: -1 unknown."""
    numbers = {name: n for n, name in enumerate(names)}
    people = {who: n for n, who in enumerate(sorted(steps["who"].drop_nulls().unique()))}
    ordered = steps.with_columns(
        pl.col("step").replace_strict(numbers, return_dtype=pl.Int64),
        pl.col("who").replace_strict(people, default=-1, return_dtype=pl.Int64),
    ).sort("case", *ORDER)
    column = ordered.select(pl.int_range(pl.len()).over("case")).to_series().to_numpy()
    row = (ordered["case"].rle_id()).to_numpy().astype(np.int64)
    shape = (int(row.max()) + 1, int(column.max()) + 1) if len(ordered) else (0, 0)
    start, finish, step, who = (
        _grid(ordered[name].to_numpy(), row, column, shape) for name in ("start", "finish", "step", "who")
    )
    there = _grid(np.ones(len(ordered), np.int64), row, column, shape) > 0
    cases = ordered["case"].unique(maintain_order=True).to_numpy().astype(np.int64)
    return Path(cases, start, finish, step, who, there)


def shortened(path: Path, released: Collection[tuple[int, int]]) -> Instants:
    """How long each case would take if these pairs of steps (by number, either way) did not wait for each other."""
    size = max(int(path.step.max(initial=0)), *(n for pair in released for n in pair), 0) + 1
    free = np.zeros((size, size), np.bool_)
    for a, b in released:
        free[a, b] = free[b, a] = True
    start, finish = path.start.copy(), path.finish.copy()
    for k in range(start.shape[1]):
        before = _last_needed(path, path.finish, k, None)
        needed = _last_needed(path, finish, k, free)
        origin = path.start[:, 0]
        lag = path.start[:, k] - np.maximum(before, origin)
        start[:, k] = np.maximum(needed, origin) + lag
        finish[:, k] = start[:, k] + path.finish[:, k] - path.start[:, k]
    return _length(start, finish, path.there)


def _last_needed(path: Path, finish: Instants, k: int, free: npt.NDArray[np.bool_] | None) -> Instants:
    """When the last of the steps was finished for which step k waited in each case; the earliest instant if none."""
    found = np.full(len(path.cases), np.iinfo(np.int64).min, np.int64)
    for j in range(k):
        waits = path.there[:, j] & path.there[:, k] & (path.finish[:, j] <= path.start[:, k])
        if free is not None:
            one = (path.who[:, j] == path.who[:, k]) & (path.who[:, j] >= 0)
            waits &= ~free[path.step[:, j], path.step[:, k]] | one
        found = np.where(waits, np.maximum(found, finish[:, j]), found)
    return found


def _grid(values: Instants, row: Instants, column: Instants, shape: tuple[int, int]) -> Instants:
    found = np.zeros(shape, np.int64)
    found[row, column] = values
    return found


def _length(start: Instants, finish: Instants, there: npt.NDArray[np.bool_]) -> Instants:
    limits = np.iinfo(np.int64)
    first = np.where(there, start, limits.max).min(axis=1, initial=limits.max)
    last = np.where(there, finish, limits.min).max(axis=1, initial=limits.min)
    length: Instants = np.where(there.any(axis=1), last - first, 0)
    return length
