"""What moved lately: where each item was then, and where it is now."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import polars as pl

from bot.flow.clock import instant
from bot.flow.reconstruct import Reconstruction
from bot.flow.timeline.spans import Outcome


class Way(StrEnum):
    """What became of an item in the meantime."""

    DELIVERED = "delivered"
    ON = "went on"
    BEGUN = "begun"
    BACK = "went back"
    DROPPED = "dropped"


@dataclass(frozen=True)
class Move:
    """An item (by its case) that is not where it was. `before`: the stage it was in then, None if it was in none."""

    case: int
    item: str
    way: Way
    before: str | None
    after: str | None


def moves_since(found: Reconstruction, since: datetime) -> tuple[Move, ...]:
    """The items that moved until the end of the window, in the order of the ways and then of their names.

    What has not passed the trigger has not moved. Of what was delivered the beginning may be unknown.

    An item that went on and came back in between stands where it stood, and is not told.
    """
    then = instant(since)
    stages = {n: stage.name for n, stage in enumerate(found.stream.stages)}
    rows = found.timeline.cases.join(_place_at(found, then), on="case", how="left").join(
        found.timeline.current().select("case", now="position"), on="case", how="left"
    )
    told = (_move(found, row, then, stages) for row in rows.iter_rows(named=True))
    order = list(Way)
    return tuple(sorted((move for move in told if move), key=lambda move: (order.index(move.way), move.item)))


def _place_at(found: Reconstruction, then: int) -> pl.DataFrame:
    """case, place: the position of the stage each was in at that time."""
    there = found.timeline.spans.filter((pl.col("start") <= then) & (pl.col("end") > then))
    return there.group_by("case").agg(place=pl.col("position").last(), there=pl.lit(value=True))


def _move(found: Reconstruction, row: Mapping[str, object], then: int, stages: Mapping[int, str]) -> Move | None:
    way, case = _way(row, then), row["case"]
    if way is None or not isinstance(case, int):
        return None
    before, after = (None if place is None else stages[int(str(place))] for place in (row["place"], row["now"]))
    ended = {Way.DELIVERED: found.stream.end}.get(way)
    return Move(case, found.log.items[case].name, way, before, ended or after)


def _way(row: Mapping[str, object], then: int) -> Way | None:
    start, end, place, now = (row[name] for name in ("start", "end", "place", "now"))
    if not isinstance(start, int) or not isinstance(end, int) or end < then:
        return None
    match row["outcome"]:
        case Outcome.DELIVERED:
            return Way.DELIVERED
        case Outcome.IMPORTED if start < end:
            return Way.DELIVERED
        case Outcome.DROPPED:
            return Way.DROPPED
        case Outcome.OPEN if start >= then and not row["late"]:
            return Way.BEGUN
        case Outcome.OPEN if isinstance(place, int) and isinstance(now, int) and place != now:
            return Way.ON if now > place else Way.BACK
    return None
