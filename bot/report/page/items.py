"""Every item with its timeline: a bar that is to scale, and behind it what each part of it was."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import polars as pl

from bot.flow.timeline.spans import Outcome
from bot.report.kinds import BANDS, kind_of
from bot.report.page.report import Report, plain
from bot.words import UNKNOWN, duration, is_web

MOMENT = 1 / 1440
"""What was over within a minute is left out."""

BAR = 240.0
SHORTEST = 0.6


class Stretch(NamedTuple):
    """Neighbouring spans that read the same."""

    start: datetime
    days: float
    stage: str
    label: str
    again: bool

    @property
    def kind(self) -> str:
        """How it is coloured."""
        return kind_of(self.label)


@dataclass(frozen=True)
class ItemRow:
    """An item as the page lists it; `url`: empty if it leads nowhere; `bar`: the paths of its timeline, by kind."""

    case: int
    item: str
    title: str
    url: str
    where: str
    began: str
    ended: str
    days: str
    active: str
    returns: int
    bar: Sequence[tuple[str, str]]
    stretches: Sequence[tuple[str, str, str, str]]


def item_rows(report: Report, most: int) -> Iterator[ItemRow]:
    """The first so many of the items of the window, open ones before delivered ones, the longest first."""
    chosen = report.listed.head(most)
    spans = stretches(report.spans.join(chosen.select("case"), on="case", how="semi"))
    zone = ZoneInfo(report.zone)
    for row in chosen.iter_rows(named=True):
        mine = spans.get(row["case"], [])
        yield ItemRow(
            case=row["case"],
            item=row["item"],
            title=plain(row["title"]),
            url=row["url"] if is_web(row["url"]) else "",
            where=where(row),
            began=_day(row["start"], zone),
            ended=_day(row["end"], zone),
            days=_tenths(lasted(row)),
            active=_tenths(row["active"]),
            returns=row["returns"],
            bar=list(_bar(mine)),
            stretches=[_told(stretch, zone) for stretch in mine],
        )


def where(row: Mapping[str, Any]) -> str:
    """The stage of an open item; of the others what became of them."""
    return str(row["outcome"] if row["outcome"] != Outcome.OPEN else row["stage"] or row["state"] or UNKNOWN)


def lasted(row: Mapping[str, Any]) -> float | None:
    """Its days; unknown where nobody knows when it began."""
    return None if row["start"] is None else row["days"]


def stretches(spans: pl.DataFrame) -> dict[int, list[Stretch]]:
    """By case, in the order of time."""
    rows = spans.filter(pl.col("days") > MOMENT).select("case", "start", "days", "stage", "label", "again")
    found: dict[int, list[Stretch]] = {}
    for (case, stage, label, again), same in groupby(rows.iter_rows(), key=lambda row: (row[0], *row[3:])):
        every = list(same)
        stretch = Stretch(every[0][1], sum(row[2] for row in every), stage or "no stage", label, again)
        found.setdefault(case, []).append(stretch)
    return found


def _bar(stretches: Sequence[Stretch]) -> Iterator[tuple[str, str]]:
    """A path a kind; what was done again is underlined."""
    whole = sum(stretch.days for stretch in stretches) or 1.0
    paths: dict[str, list[str]] = {}
    x = 0.0
    for stretch in stretches:
        wide = stretch.days / whole * BAR
        shown = max(wide, SHORTEST)
        y, high = BANDS[stretch.kind]
        paths.setdefault(stretch.kind, []).append(f"M{x:.1f} {y}h{shown:.1f}v{high}h-{shown:.1f}z")
        if stretch.again:
            paths.setdefault("again", []).append(f"M{x:.1f} 12h{shown:.1f}v2h-{shown:.1f}z")
        x += wide
    for kind, path in paths.items():
        yield kind, "".join(path)


def _told(stretch: Stretch, zone: ZoneInfo) -> tuple[str, str, str, str]:
    since = f"{stretch.start.astimezone(zone):%d %b %Y %H:%M}"
    again = ", once more" if stretch.again else ""
    return since, duration(stretch.days), stretch.stage, stretch.label.replace(".", ": ") + again


def _tenths(days: float | None) -> str:
    return UNKNOWN if days is None else f"{days:.1f}"


def _day(at: datetime | None, zone: ZoneInfo) -> str:
    return UNKNOWN if at is None else f"{at.astimezone(zone):%Y-%m-%d}"
