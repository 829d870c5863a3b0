"""What the visits of each state show: how many items, how long, where they came from, whether it is the end."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from bot.flow.clock import days
from bot.flow.findings.stations import Station
from bot.flow.history.log import Log

FEWEST = 10
"""Visits, from which a share of them says something."""
MOSTLY = 0.7
LAST = 0.8
"""Of the visits of a state so many end their item's history: it is the end."""


@dataclass(frozen=True)
class State:
    """One state of a source, named `<kind of source>:<name>`; `here`: items that are in it at the end."""

    name: str
    items: int
    visits: int
    here: int
    median: float | None
    """days of the visits that ended"""
    rank: int | None
    origin: str | None
    """from where it is mostly entered"""
    onward: str | None
    """where items mostly go from it"""
    station: Station | None
    returns: bool
    parking: bool

    @property
    def label(self) -> str:
        return self.name.partition(":")[2]


@dataclass(frozen=True)
class Visits:
    """item, at, state, came, onward, until, spent (microseconds), stays (whether the history ends with it)."""

    frame: pl.DataFrame
    items: int

    @property
    def names(self) -> list[str]:
        return sorted(self.frame["state"].unique())

    def count(self, state: str) -> int:
        return len(self._own(state))

    def stays(self, state: str) -> float:
        """Of the visits, how many end the history of their item."""
        return _share(self._own(state)["stays"])

    @cached_property
    def ends(self) -> dict[str, int]:
        """How many histories end with each state, the commonest first."""
        ended = self.frame.filter("stays")["state"].value_counts(sort=True)
        return {str(name): int(n) for name, n in ended.iter_rows()}

    def share_into(self, state: str, into: frozenset[str]) -> float:
        """Of the visits, how many are followed by one of those."""
        return _share(self._own(state)["onward"].is_in(list(into)).fill_null(value=False))

    def share_from(self, state: str, origins: frozenset[str]) -> float:
        return _share(self._own(state)["came"].drop_nulls().is_in(list(origins)))

    def _own(self, state: str) -> pl.DataFrame:
        return self.frame.filter(pl.col("state") == state)


def read_visits(log: Log, end: int) -> Visits:
    moves = log.moves.select("item", "at", "state").sort("item", maintain_order=True)
    over = pl.col("item")
    frame = moves.with_columns(
        came=pl.col("state").shift(1).over(over),
        onward=pl.col("state").shift(-1).over(over),
        until=pl.col("at").shift(-1).over(over),
    ).with_columns(spent=pl.col("until").fill_null(end) - pl.col("at"), stays=pl.col("until").is_null())
    return Visits(frame, frame["item"].n_unique())


def describe(
    visits: Visits,
    ranks: Mapping[str, int],
    asides: tuple[frozenset[str], frozenset[str]],
    stations: Mapping[str, Station],
) -> list[State]:
    """Every state that any item was in. `asides`: states of returns, and those in which work is parked."""
    returns, parking = asides
    found = []
    for (name,), group in visits.frame.group_by("state", maintain_order=True):
        state = str(name)
        ended = group.filter(~pl.col("stays"))["spent"].median()
        found.append(
            State(
                name=state,
                items=group["item"].n_unique(),
                visits=len(group),
                here=int(group["stays"].sum()),
                median=days(float(ended)) if isinstance(ended, int | float) else None,
                rank=ranks.get(state),
                origin=_commonest(group["came"]),
                onward=_commonest(group["onward"]),
                station=stations.get(state),
                returns=state in returns,
                parking=state in parking,
            )
        )
    return found


def _commonest(names: pl.Series) -> str | None:
    counted = names.drop_nulls().value_counts(sort=True)
    return str(counted.item(0, 0)) if len(counted) else None


def _share(flags: pl.Series) -> float:
    mean = flags.mean()
    return float(mean) if isinstance(mean, int | float) else 0.0
