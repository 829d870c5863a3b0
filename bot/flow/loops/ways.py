"""The ways that items go: most go the same, so each way is walked once, and told of every item that went it.

Where nothing goes on beside an item, only the order of its stays decides what is a return, not how long they are. So an
item is the row of its arrivals, each a code of where it came; of a change request, whose turns matter too, the row of
all its stays.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from bot.flow.clock import Instants
from bot.flow.loops.walk import Places, Return, Stay, Walk

PLACE = ("own", "own_state", "turn", "alone", "passed")
"""What of a stay decides a way; of a change request also its turn, and whether it was left as soon as entered."""

NONE, AT_THE_END = -1, -2
"""The number of no return; the step at which one ends that ends with its item."""


@dataclass(frozen=True)
class Way:
    """`returns`: with numbers of steps as times; `owners`: the number among them that each step is spent on."""

    returns: tuple[Return, ...]
    owners: tuple[int, ...]


def walked(walk: Walk, stays: int, over: int | None) -> Way:
    """A walk to its end. `over`: when its item was over; None: not yet."""
    spent = [walk.step(number) for number in range(stays)]
    if over is not None:
        walk.end(over)
    found = sorted(walk.found, key=lambda going: going.found.at)
    numbers = {id(going): number for number, going in enumerate(found)}
    owners = tuple(NONE if going is None else numbers[id(going)] for going in spent)
    return Way(tuple(going.frozen() for going in found), owners)


class Ways:
    """The ways of cases without asides. `stays`: of these alone, in order; `is_open`: of each case, in this order."""

    def __init__(self, places: Places, stays: pl.DataFrame, is_open: npt.NDArray[np.bool_]) -> None:
        self._cases, self._starts = stays["case"].to_numpy(), stays["start"].to_numpy()
        self._steps = np.flatnonzero(_is_step(stays))
        steps = stays[self._steps].with_columns(
            turn=pl.when("alone").then("court"), passed=pl.col("alone") & (pl.col("start") == pl.col("end"))
        )
        kinds = steps.select(PLACE).unique(maintain_order=True)
        codes = steps.join(kinds.with_row_index("code"), on=PLACE, nulls_equal=True, maintain_order="left")["code"]
        self._first = np.flatnonzero(np.diff(steps["case"].to_numpy(), prepend=-1))
        self._ways, self._way_of = _walked_once(places, kinds, codes.to_numpy(), self._first, is_open)

    def owners(self) -> Instants:
        """Of each stay the number among the returns of its case; NONE: no return."""
        lengths = [len(way.owners) for way in self._ways]
        before = np.cumsum([0, *lengths[:-1]], dtype=np.int64)
        every = np.array([owner for way in self._ways for owner in way.owners], np.int64)
        bounds = np.append(self._first, len(self._steps))
        shift = np.repeat(before[self._way_of] - self._first, np.diff(bounds))
        of_steps = every[np.arange(len(self._steps)) + shift]
        last = np.searchsorted(self._steps, np.arange(len(self._cases)), side="right") - 1
        owners: Instants = of_steps[last]
        return owners

    def counts(self) -> Instants:
        """How many returns each case has."""
        return np.array([len(way.returns) for way in self._ways], np.int64)[self._way_of]

    def returns(self, ends: Instants) -> Iterator[tuple[int, list[Return]]]:
        """The number of each case that has any, and its returns. `ends`: when each case was over."""
        at = self._starts[self._steps]
        for number in np.flatnonzero(self.counts()).tolist():
            first, end = int(self._first[number]), int(ends[number])
            case = int(self._cases[self._steps[first]])
            yield number, [_told(one, case, at[first:], end) for one in self._ways[self._way_of[number]].returns]


def _is_step(stays: pl.DataFrame) -> npt.NDArray[np.bool_]:
    """Where the item arrives in a state; of a change request every stay."""
    moved = pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift(1)) for name in ("case", "own_state"))
    return stays.select((moved | pl.col("alone")).fill_null(value=True)).to_series().to_numpy()


def _walked_once(
    places: Places,
    kinds: pl.DataFrame,
    codes: npt.NDArray[np.uint32],
    first: Instants,
    is_open: npt.NDArray[np.bool_],
) -> tuple[list[Way], Instants]:
    """The ways, and the number of that of each case."""
    told, known, size = codes.tobytes(), dict[tuple[bytes, bool], int](), codes.itemsize
    bounds, rows = [*first.tolist(), len(codes)], list(kinds.iter_rows())
    way_of, ways = np.empty(len(first), np.int64), list[Way]()
    for number, still in enumerate(is_open.tolist()):
        begin, end = bounds[number], bounds[number + 1]
        way = told[begin * size : end * size], still
        if way not in known:
            known[way] = len(ways)
            ways.append(_walk(places, [rows[code] for code in codes[begin:end].tolist()], is_open=still))
        way_of[number] = known[way]
    return ways, way_of


def _walk(places: Places, steps: list[tuple[int | None, str, str | None, bool, bool]], *, is_open: bool) -> Way:
    stays = [
        Stay(0, 0, own, state, turn, alone, number, number if passed else number + 1)
        for number, (own, state, turn, alone, passed) in enumerate(steps)
    ]
    return walked(Walk(places, stays, (), is_open=is_open), len(stays), None if is_open else AT_THE_END)


def _told(found: Return, case: int, at: Instants, end: int) -> Return:
    """A return of a way, as that of a case. `at`: when it took each step."""
    until = found.until
    if until is not None:
        until = end if until == AT_THE_END else int(at[until])
    return Return(
        case,
        found.origin,
        found.back_to,
        found.kind,
        found.charged,
        int(at[found.at]),
        until,
        found.nested,
        found.again,
        found.distance,
    )
