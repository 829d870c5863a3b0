"""The times that people's own computers tell: git's.

A commit cannot have been made after the server merged it. Where it says so its clock runs ahead: it is taken to be
made when it was merged, and if an account did so in several change requests, all its commits are set back by as much
(at most a day: what is further ahead is a mistake of its own). When a commit was written down again, as rebases do,
tells nothing of a clock. A commit made long before the change request and every
item it names began is no evidence of work on them.
"""

from collections.abc import Iterator, Sequence

import polars as pl

from bot.flow.clock import DAY, MINUTE
from bot.flow.findings.measures import Doubt
from bot.flow.history.kinds import CLIENT_TIMES
from bot.frames import Items
from connectors.records import EventKind, Link

OFTEN = 3
"""Change requests in which a clock must run ahead before it is set back."""

LONG_BEFORE = 30 * DAY


def with_server_times(
    events: pl.DataFrame, items: Items, links: Sequence[Link]
) -> tuple[pl.DataFrame, tuple[Doubt, ...]]:
    """The same with commits and pushes no later than their merge; those of long ago are not attended."""
    if not events["kind"].is_in(CLIENT_TIMES).any():
        return events, ()
    merged = events.filter(pl.col("kind") == EventKind.MERGED).group_by("item").agg(seen=pl.col("at").min())
    told = events.join(merged, on="item", how="left", maintain_order="left").with_columns(
        git=pl.col("kind").is_in(CLIENT_TIMES)
    )
    authored = told.filter(pl.col("kind") == EventKind.COMMITTED)
    ahead = authored.with_columns(ahead=pl.col("at") - pl.col("seen")).filter(pl.col("ahead") > 0)
    often = ahead.filter(pl.col("ahead") <= DAY).group_by("source", "actor")
    skews = often.agg(skew=pl.col("ahead").max(), requests=pl.col("item").n_unique()).drop_nulls("actor")
    skews = skews.filter(pl.col("requests") >= OFTEN).drop("requests")
    set_back = pl.col("at") - pl.col("skew").fill_null(0)
    known = told.join(skews, on=["source", "actor"], how="left", maintain_order="left").with_columns(
        at=pl.when("git").then(pl.min_horizontal(set_back, "seen")).otherwise("at")
    )
    old = pl.col("git") & (pl.col("at") < _began(items, links).gather(known["item"]) - LONG_BEFORE)
    late = known.with_columns(old=old.fill_null(value=False))
    doubts = (*_ahead(ahead, skews, items), *_old(late.filter("old"), items))
    return late.with_columns(attended=pl.col("attended") & ~pl.col("old")).select(events.columns), doubts


def _began(items: Items, links: Sequence[Link]) -> pl.Series:
    """When each item began, or the earliest of those it names."""
    born = items.frame["created_at"].to_list()
    called = {name: born[n] for name, n in items.called.items()}
    earliest = list(born)
    for link in links:
        number = items.numbers.get((link.source, link.item))
        if number is not None and link.other in called:
            earliest[number] = min(earliest[number], called[link.other])
    return pl.Series(earliest, dtype=pl.Int64)


def _ahead(ahead: pl.DataFrame, skews: pl.DataFrame, items: Items) -> Iterator[Doubt]:
    if not len(ahead):
        return
    most = skews["skew"].max()
    clocks = f"; the clocks of {len(skews)} accounts run ahead and were set back, by up to " if len(skews) else ""
    amount = f"{most / MINUTE:.0f} minutes" if isinstance(most, int) else ""
    yield Doubt(
        kind="clock ahead",
        detail=f"{_commits(len(ahead))} made after the merge; they count as made then{clocks}{amount}",
        items=_names(ahead, items),
        touches=("value_added_ratio",),
    )


def _old(old: pl.DataFrame, items: Items) -> Iterator[Doubt]:
    commits = old.filter(pl.col("kind") == EventKind.COMMITTED)
    if len(commits):
        detail = (
            f"{len(commits)} commits were made more than 30 days before the item began; they are no evidence of work"
        )
        yield Doubt(kind="old commits", detail=detail, items=_names(commits, items), touches=("value_added_ratio",))


def _commits(number: int) -> str:
    return f"{number} {'commit says it was' if number == 1 else 'commits say they were'}"


def _names(events: pl.DataFrame, items: Items) -> tuple[str, ...]:
    return tuple(items.names[n] for n in events["item"].unique().sort())
