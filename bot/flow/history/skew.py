"""The times that people's own computers tell: git's.

A commit cannot have been made after the server merged it. Where it says so its clock runs ahead: it is taken to be
made when it was merged, and if an account did so in several change requests, all its commits are set back by as much
(at most a day: what is further ahead is a mistake of its own). When a commit was written down again, as rebases do,
tells nothing of a clock. A commit made long before the change request and every
item it names began is no evidence of work on them.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl

from bot.flow.clock import DAY, MINUTE
from bot.flow.findings.measures import Doubt
from bot.flow.history.kinds import CLIENT_TIMES, in_order
from bot.frames import Items, link_frame
from connectors.records import EventKind, Link

OFTEN = 3
"""Change requests in which a clock must run ahead before it is set back."""

LONG_BEFORE = 30 * DAY


def with_server_times(
    events: pl.DataFrame, items: Items, links: Sequence[Link]
) -> tuple[pl.DataFrame, tuple[Doubt, ...]]:
    """The same with commits and pushes no later than their merge; those of long ago are not attended."""
    git = events.with_row_index("row").filter(pl.col("kind").is_in(CLIENT_TIMES))
    if not len(git):
        return events, ()
    merged = events.filter(pl.col("kind") == EventKind.MERGED).group_by("item").agg(seen=pl.col("at").min())
    told = git.join(merged, on="item", how="left", maintain_order="left")
    ahead = told.filter((pl.col("kind") == EventKind.COMMITTED) & (pl.col("at") > pl.col("seen")))
    ahead = ahead.with_columns(ahead=pl.col("at") - pl.col("seen"))
    skews = _skews(ahead)
    set_back = pl.col("at") - pl.col("skew").fill_null(0)
    timed = told.join(skews, on="account", how="left", maintain_order="left").with_columns(
        at=pl.min_horizontal(set_back, "seen")
    )
    began = _began(items, links).gather(timed["item"])
    old = timed.filter(pl.col("at") < began - LONG_BEFORE)
    doubts = (*_ahead(ahead, skews, items), *_old(old, items))
    return _with_times(events, timed, old), doubts


def _skews(ahead: pl.DataFrame) -> pl.DataFrame:
    """account, skew: of the clocks that run ahead often."""
    often = ahead.filter(pl.col("ahead") <= DAY).drop_nulls("account").group_by("account")
    skews = often.agg(skew=pl.col("ahead").max(), requests=pl.col("item").n_unique())
    return skews.filter(pl.col("requests") >= OFTEN).drop("requests")


def _with_times(events: pl.DataFrame, timed: pl.DataFrame, old: pl.DataFrame) -> pl.DataFrame:
    """The events, of which those of the rows that are `timed` were then, and the `old` are not attended; in order."""
    at, attended = (events[name].to_numpy().copy() for name in ("at", "attended"))
    at[timed["row"]], attended[old["row"]] = timed["at"], False
    told = events.with_columns(at=pl.Series(at), attended=pl.Series(attended))
    return in_order(told) if (told["at"] != events["at"]).any() else told


def _began(items: Items, links: Sequence[Link]) -> pl.Series:
    """When each item began, or the earliest of those it names."""
    told = link_frame(links)
    naming = told.select("other", item=items.numbered(told.select("source", key="item"))).drop_nulls("item")
    named = naming.join(items.calls(), left_on="other", right_on="name")
    born = items.frame["created_at"].to_numpy()
    began = born.copy()
    np.minimum.at(began, named["item"].to_numpy(), born[named["number"].to_numpy()])
    return pl.Series(began)


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
