"""How much of what is known of a stream its stages account for: the time of its items, and their links."""

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from bot.flow.clock import WorkClock, instant, moment
from bot.flow.findings.lead import LinksPart
from bot.flow.history.log import Log, Records, read_log
from bot.flow.model import Court, Stream
from bot.flow.steps.milestones import first_entries
from bot.flow.timeline.cases import Cases, build_cases
from bot.flow.timeline.courts import read_courts
from bot.flow.timeline.deliveries import with_deliveries
from bot.flow.timeline.spans import item_days
from bot.flow.timeline.sweep import build_timeline
from connectors.records import UNKNOWN

NO_HISTORY = f":{UNKNOWN}"
"""How the state ends of a time of which no history tells."""


@dataclass(frozen=True)
class Unclaimed:
    """A state that no stage claims: its share of the time of all items, how many were in it, since when there are."""

    state: str
    share: float
    items: int
    since: datetime


@dataclass(frozen=True)
class Coverage:
    """`items`: those of the stream, of which `begun` passed its trigger; `unclaimed`: the heaviest state first.

    `untold`: the share of the time of which no history tells; `never`: states of the configuration that no item was
    ever in, by whatever name; `links`: None where there is nothing to link; `anchored`: how many items came to the
    anchor, None where there is none.
    """

    items: int
    begun: int
    unclaimed: tuple[Unclaimed, ...]
    untold: float
    never: tuple[str, ...]
    links: LinksPart | None
    anchored: int | None

    @property
    def share(self) -> float:
        """Of the time of all items, what states take that no stage claims."""
        return sum(one.share for one in self.unclaimed)


def cover(stream: Stream, records: Records, now: datetime) -> Coverage:
    """All that was collected, as the engine reads it."""
    end = instant(now)
    log = read_log(with_deliveries(stream, records), end, stream.ending_states, stream.claims)
    cases = build_cases(stream, log, records.links)
    spans = _spans(stream, log, cases, end)
    total = spans.select(item_days()).item() or 1.0
    untold = spans.filter(pl.col("state").str.ends_with(NO_HISTORY)).select(item_days()).item()
    return Coverage(
        items=len(cases.roots),
        begun=spans["case"].n_unique(),
        unclaimed=_unclaimed(stream, log, cases, spans, total),
        untold=untold / total,
        never=_never(stream, log),
        links=cases.links,
        anchored=len(first_entries(stream, log, stream.anchor)) if stream.anchor else None,
    )


def _spans(stream: Stream, log: Log, cases: Cases, end: int) -> pl.DataFrame:
    """As the timeline has them, with words for states; what is waited for is not asked here."""
    courts = read_courts(log.events, cases.requests)
    clock = WorkClock(stream.calendar, log.begins(end), end)
    spans = build_timeline(stream, log, cases, courts, {}, clock, end).spans
    return spans.with_columns(pl.col("state").cast(pl.String))


def _unclaimed(stream: Stream, log: Log, cases: Cases, spans: pl.DataFrame, total: float) -> tuple[Unclaimed, ...]:
    """Also those that an item was only in before the trigger, after the end, or for no time."""
    own = log.moves.filter(pl.col("item").is_in(cases.roots)).select("state", "item", "at")
    shown = spans.filter(pl.col("position").is_null())
    entries = pl.concat([own, shown.select("state", item="case", at="start")]).filter(
        ~pl.col("state").is_in([*log.claims(stream)]) & ~pl.col("state").str.ends_with(NO_HISTORY)
    )
    found = entries.group_by("state").agg(items=pl.col("item").n_unique(), since=pl.col("at").min())
    weighed = found.join(shown.group_by("state").agg(item_days()), on="state", how="left").with_columns(
        pl.col("days").fill_null(0.0)
    )
    return tuple(
        Unclaimed(state, days / total, items, moment(since))
        for state, items, since, days in weighed.sort("days", "state", descending=[True, False]).iter_rows()
    )


def _never(stream: Stream, log: Log) -> tuple[str, ...]:
    """A turn of a change request may just not have come yet."""
    seen = {*log.moves["state"]}
    named = [state for state in stream.claims if state.partition(":")[2] not in set(Court)]
    return tuple(state for state in named if log.names.get(state, state) not in seen)
