"""Items and their change requests -> cases, with the evidence of each link.

A case is one item of a tracker with every change request that names it; in a stream without a tracker each change
request is a case of its own. Of the keys a change request names only those with the strongest evidence count: a body
says "see also" too often, and a branch back into main carries everybody's commits.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from bot.flow.findings.lead import LinksPart
from bot.flow.findings.measures import Doubt
from bot.flow.history.log import Log
from bot.flow.model import Stream
from bot.frames import Items, link_frame
from connectors.records import EventKind, Link

STRENGTH = {"api": 0, "branch": 0, "title": 0, "commit": 1, "body": 2}
"""Evidence of equal strength counts together."""

LINKS = "implements"
"""Kind of the links that join a change request with an item."""

MEMBERS = {"case": pl.Int64, "item": pl.Int64, "evidence": pl.String}

NAMES_NONE, NOT_COLLECTED, MADE_BY_A_BOT = "name no item", "name an item that was not collected", "were made by a bot"
"""Why a change request belongs to no item."""


@dataclass(frozen=True)
class Cases:
    """`members`: case (the number of its root item), item, evidence (None for the root itself)."""

    roots: tuple[int, ...]
    members: pl.DataFrame
    requests: dict[int, str]
    """number of each change request -> the repository it lives in"""
    links: LinksPart | None
    doubts: tuple[Doubt, ...]

    @property
    def requested(self) -> set[int]:
        """The cases that have a change request, or are one."""
        return set(self.members.filter(pl.col("item").is_in(list(self.requests)))["case"])


def build_cases(stream: Stream, log: Log, links: Sequence[Link]) -> Cases:
    requests = _change_requests(log)
    tracked = log.moves["item"].unique().sort().to_list()
    roots = _roots(stream, log.items, tracked or list(requests))
    own = pl.DataFrame({"case": roots, "item": roots, "evidence": None}, MEMBERS)
    nested = _nested(log.items, roots)
    if not tracked or not requests:
        return Cases(tuple(roots), own, requests, None, tuple(nested))
    mentions = _mentions(log.items, list(requests), tracked, links)
    found = _joined(mentions)
    reasons = _reasons(log, list(requests), mentions, found)
    shown = found.filter(pl.col("case").is_in(roots))
    joined = LinksPart(
        change_requests=len(requests),
        linked=found["item"].n_unique(),
        items_with_change_request=shown["case"].n_unique(),
        evidence=dict(Counter(found.unique("item", keep="first", maintain_order=True)["evidence"].to_list())),
        unlinked=dict(Counter(reasons.values())),
    )
    members = pl.concat([own, shown.select(*MEMBERS)])
    return Cases(tuple(roots), members, requests, joined, (*nested, *_unlinked(log.items, reasons)))


def _roots(stream: Stream, items: Items, numbers: list[int]) -> list[int]:
    if not stream.item_types:
        return numbers
    types = items.frame["type"].gather(numbers)
    return pl.Series(numbers, dtype=pl.Int64).filter(types.is_in(stream.item_types)).to_list()


def _change_requests(log: Log) -> dict[int, str]:
    opened = log.events.filter(pl.col("kind") == EventKind.OPENED)["item"].unique().sort()
    places = log.items.frame.select(pl.concat_str("source", "scope", separator=" ")).to_series().gather(opened)
    return dict(zip(opened.to_list(), places.to_list(), strict=True))


def _mentions(items: Items, requests: list[int], tracked: list[int], links: Sequence[Link]) -> pl.DataFrame:
    """item, other, evidence, case, ours: every name that a change request mentions.

    `case`: null if no item of that name was collected; `ours`: one of its project was.
    """
    calls = items.calls(tracked).rename({"name": "other", "number": "case"})
    projects = calls.select(_project()).to_series().unique()
    told = link_frame(link for link in links if link.kind == LINKS)
    numbers = items.numbered(told.select("source", key="item"))
    mentions = told.select("other", "evidence", item=numbers).filter(pl.col("item").is_in(requests))
    named = mentions.join(calls, on="other", how="left")
    return named.with_columns(ours=_project().is_in(projects.implode()))


def _project() -> pl.Expr:
    """What stands before the number."""
    return pl.col("other").str.replace("-?[^-]*$", "")


def _joined(mentions: pl.DataFrame) -> pl.DataFrame:
    """item, case, evidence, in this order: of each change request the cases it names with the strongest evidence."""
    strength = pl.col("evidence").replace_strict(STRENGTH, return_dtype=pl.Int64)
    known = mentions.drop_nulls("case").with_columns(strength=strength)
    best = known.filter(pl.col("strength") == pl.col("strength").min().over("item"))
    told = best.group_by("item", "case", "other").agg(pl.col("evidence").max())
    return told.select("item", "case", "evidence").unique().sort("item", "case", "evidence")


def _reasons(log: Log, requests: list[int], mentions: pl.DataFrame, found: pl.DataFrame) -> dict[int, str]:
    """Why the other change requests belong to no item."""
    bots = log.events.filter((pl.col("kind") == EventKind.OPENED) & ~pl.col("human"))["item"]
    ours = mentions.filter("ours")["item"]
    reason = (
        pl.when(pl.col("item").is_in(bots.implode()))
        .then(pl.lit(MADE_BY_A_BOT))
        .when(pl.col("item").is_in(ours.implode()))
        .then(pl.lit(NOT_COLLECTED))
        .otherwise(pl.lit(NAMES_NONE))
    )
    others = pl.Series("item", requests, pl.Int64).to_frame().join(found, "item", "anti", maintain_order="left")
    return dict(others.select("item", reason.alias("reason")).iter_rows())


def _unlinked(items: Items, reasons: dict[int, str]) -> list[Doubt]:
    if not reasons:
        return []
    why = ", ".join(f"{count} {reason}" for reason, count in Counter(reasons.values()).most_common())
    return [
        Doubt(
            kind="unlinked change request",
            detail=f"{len(reasons)} change requests could not be joined with an item: {why}",
            items=tuple(items.names[n] for n in reasons),
            touches=("queues", "loops", "value_added_ratio"),
        )
    ]


def _nested(items: Items, roots: Sequence[int]) -> list[Doubt]:
    """An item and its parent in one stream count the same time twice."""
    chosen = items.frame.select("name", "parent")[list(roots)]
    parents = chosen["parent"].filter(chosen["parent"].is_in(chosen["name"].implode())).unique().sort().to_list()
    if not parents:
        return []
    return [
        Doubt(
            kind="nested items",
            detail="these contain other items of the stream, so time counts twice; choose item_types",
            items=tuple(parents),
            touches=("lead_time", "wip", "wastes"),
        )
    ]
